internal import HDF5

/// What is whole in an archive whose recorder may have been killed, and what was done about its mark.
public struct ArchiveRepair: Sendable {
    /// Records that the archive counts as committed.
    public let committedRecords: Int
    /// The first records that are whole: all of them where nothing is damaged.
    public let wholeRecords: Int
    /// What is not as it was recorded.
    public let damages: [ArchiveError.Finding]
    /// Whether the recorder closed the archive.
    public let isClosed: Bool
    /// Whether a killed recorder's mark kept other programs from opening the file.
    public let hadMark: Bool
    /// Whether the mark has been cleared now.
    public let clearedMark: Bool

    /// Checks the bytes of every committed record against their digests; where all are right, clears the mark of a killed
    /// recorder, so that every program can open the file again.
    ///
    /// What lies beyond the committed records stays, and readers ignore it. The archive goes on saying that its recorder
    /// did not close it, because that is so. A file that is damaged is left as it lies. O(bytes of the archive); memory of
    /// one block.
    ///
    /// - Parameters:
    ///   - path: the archive.
    ///   - trust: what the file may make us do beyond reading it; only for files whose writer you know.
    ///   - progress: called with the pieces checked so far and all.
    ///   - shouldStop: asked at every block; on true nothing is changed.
    /// - Returns: nil where it was stopped.
    /// - Throws: where the structure cannot be read, a program holds the file, or it cannot be written.
    public static func repair(
        _ path: String, trusting trust: Trust = [],
        progress: (_ done: Int, _ total: Int) -> Void = { _, _ in }, shouldStop: () -> Bool = { false }
    ) throws(ArchiveError) -> ArchiveRepair? {
        guard !ActivationArchive.isHeld(path) else { throw inUse(path) }
        let found = try check(path, trusting: trust, progress: progress, shouldStop: shouldStop)
        guard let found else { return nil }
        let hadMark: Bool
        do throws(HDF5Error) {
            hadMark = try File.hasWriterMark(path)
            if hadMark, found.damages.isEmpty { try File.clearWriterMark(of: path) }
        } catch {
            guard !ActivationArchive.isHeld(path) else { throw inUse(path) }
            throw ArchiveError(
                .inaccessible, at: path, "could not \(error.operation) (\(error.reason))",
                "Make the file writable, or repair a copy of it.")
        }
        return ArchiveRepair(
            committedRecords: found.committed, wholeRecords: found.whole, damages: found.damages,
            isClosed: found.isClosed, hadMark: hadMark, clearedMark: hadMark && found.damages.isEmpty)
    }

    static func inUse(_ path: String) -> ArchiveError {
        ArchiveError(
            .inaccessible, at: path, "a program is recording to this file or reading it",
            "Wait until it has ended; a file that is being recorded needs no repair.")
    }

    /// The archive is let go of on return, so that its file can be changed.
    private static func check(
        _ path: String, trusting trust: Trust, progress: (Int, Int) -> Void, shouldStop: () -> Bool
    ) throws(ArchiveError) -> (committed: Int, whole: Int, isClosed: Bool, damages: [ArchiveError.Finding])? {
        let archive = try ActivationArchive(opening: path, trusting: trust)
        let found = archive.damages(progress: { done, total, _ in progress(done, total) }, shouldStop: shouldStop)
        guard let found else { return nil }
        return (
            archive.committedRecords, archive.wholeRecords(but: found), archive.info.isClosed,
            archive.repairFindings(of: found)
        )
    }
}

extension ActivationArchive {
    /// How many of the first records are whole.
    func wholeRecords(but damages: [Damage]) -> Int {
        damages.map { $0.record ?? 0 }.min() ?? committedRecords
    }

    /// One finding for each piece: what all records share first, then record by record.
    func repairFindings(of damages: [Damage]) -> [ArchiveError.Finding] {
        let places = Dictionary(uniqueKeysWithValues: splits.enumerated().map { ($1.name, $0) })
        let ordered = damages.enumerated().sorted { one, other in
            func key(_ index: Int, _ damage: Damage) -> (Int, Int, Int) {
                (damage.record ?? -1, places[damage.split] ?? 0, index)
            }
            return key(one.offset, one.element) < key(other.offset, other.element)
        }
        var findings: [ArchiveError.Finding] = []
        for (_, damage) in ordered {
            let isLabel = damage.content == .labels || damage.content == .sampleIDs
            let shared = isLabel ? "labels or sample ids" : "inputs"
            let what = damage.record.map { "record \($0), epoch \(epochs[$0])" } ?? shared
            let finding = ArchiveError.Finding(
                location: isLabel ? "\(path):/splits/\(damage.split)" : damage.location,
                problem: "\(what): the bytes are not those that were recorded",
                remedy: "Copy the file again from its source, if there is one.")
            if findings.last != finding { findings.append(finding) }
        }
        return findings
    }
}
