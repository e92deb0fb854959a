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
    /// one record of a layer.
    ///
    /// - Parameters:
    ///   - progress: called with the records checked so far and all.
    ///   - shouldStop: asked before every record; on true nothing is changed.
    /// - Returns: nil where it was stopped.
    /// - Throws: where the structure cannot be read, a program holds the file, or it cannot be written.
    public static func repair(
        _ path: String, progress: (_ done: Int, _ total: Int) -> Void = { _, _ in }, shouldStop: () -> Bool = { false }
    ) throws(ArchiveError) -> ArchiveRepair? {
        guard !ActivationArchive.isHeld(path) else { throw inUse(path) }
        guard let found = try check(path, progress: progress, shouldStop: shouldStop) else { return nil }
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

    private static func inUse(_ path: String) -> ArchiveError {
        ArchiveError(
            .inaccessible, at: path, "a program is recording to this file or reading it",
            "Wait until it has ended; a file that is being recorded needs no repair.")
    }

    /// The archive is let go of on return, so that its file can be changed.
    private static func check(
        _ path: String, progress: (Int, Int) -> Void, shouldStop: () -> Bool
    ) throws(ArchiveError) -> (committed: Int, whole: Int, isClosed: Bool, damages: [ArchiveError.Finding])? {
        let archive = try ActivationArchive(opening: path)
        var damages: [ArchiveError.Finding] = []
        var whole = archive.committedRecords
        func add(_ location: String, _ what: String) {
            damages.append(
                ArchiveError.Finding(
                    location: location, problem: "\(what): the bytes are not those that were recorded",
                    remedy: "Copy the file again from its source, if there is one."))
        }
        for split in archive.splits {
            let object = "\(path):/splits/\(split.name)"
            if !split.inputs.perEpoch, try !archive.inputDigestMatches(split: split.name, record: 0) {
                add("\(object)/inputs", "inputs")
                whole = 0
            }
            if try !archive.labelDigestsMatch(split: split.name) {
                add(object, "labels or sample ids")
                whole = 0
            }
        }
        for record in 0..<archive.committedRecords {
            guard !shouldStop() else { return nil }
            for split in archive.splits {
                // A record that cannot be read at all is lost as one that reads wrong is.
                let lost: [String]
                do throws(ArchiveError) {
                    lost = try archive.damages(of: record, in: split)
                } catch {
                    lost = error.findings.map(\.location)
                }
                for location in lost {
                    add(location, "record \(record), epoch \(archive.epochs[record])")
                    whole = min(whole, record)
                }
            }
            progress(record + 1, archive.committedRecords)
        }
        return (archive.committedRecords, whole, archive.info.isClosed, damages)
    }
}
