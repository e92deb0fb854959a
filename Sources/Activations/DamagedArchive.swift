internal import HDF5
internal import Spelling

/// What of a damaged archive is not even looked at.
struct LeftOut {
    /// Names of splits, or patterns with `*` and `?`.
    var splits: [String] = []
    /// The same of layers, in every split.
    var layers: [String] = []

    static func contains(_ name: String, _ texts: [String]) -> Bool {
        texts.contains { text in
            let pattern = NamePattern(ArchiveLayout.stored(text))
            return pattern.description == name || pattern.matches(name)
        }
    }
}

/// What can be read of a damaged archive: the first of its committed records, as many as every data set reaches, whether or
/// not their bytes are right.
struct DamagedArchive {
    let archive: ActivationArchive
    /// Records that the archive counts as committed.
    let claimedRecords: Int
    /// Data sets that have fewer, or whose later rows lie beyond the end of the file.
    let shortfalls: [(object: String, records: Int)]
    /// Paths of the splits and layers that were left out.
    let leftOut: [String]

    /// - Throws: where the structure cannot be read, also without what is left out.
    init(opening path: String, leavingOut leftOut: LeftOut, trusting trust: Trust) throws(ArchiveError) {
        let file = try FileAccess.openForReading(path, trusting: trust.ofFile, isDamaged: true).file
        let found: ArchiveValidator.Reached
        do throws(ArchiveError) {
            found = try ArchiveValidator.reached(in: file, fileSize: FileAccess.size(of: path), leavingOut: leftOut)
        } catch {
            throw Self.withWaysOut(error, of: path)
        }
        archive = ActivationArchive(path: path, contents: found.contents)
        claimedRecords = found.claimed
        shortfalls = found.shortfalls
        self.leftOut = found.leftOut
        for (texts, noun) in [(leftOut.splits, "split"), (leftOut.layers, "layer")] {
            let depth = noun == "split" ? 2 : 4
            let names = found.leftOut.map { $0.split(separator: "/").map(String.init) }.filter { $0.count == depth }
                .map { $0[depth - 1] }
            guard let text = texts.first(where: { text in !names.contains { LeftOut.contains($0, [text]) } }) else {
                continue
            }
            let others =
                noun == "split" ? archive.splits.map(\.name) : archive.splits.flatMap { $0.layers.map(\.name) }
            throw ArchiveError(
                .unknown, at: path, "there is no \(noun) “\(text)”; there are \(listed(others.uniqued))",
                nearest(to: text, among: others).map { "Did you mean “\($0)”?" } ?? "Name one of these.")
        }
    }

    /// What is broken inside a layer or a split can be left out.
    private static func withWaysOut(_ error: ArchiveError, of path: String) -> ArchiveError {
        ArchiveError(
            error.kind,
            findings: error.findings.map { finding in
                ArchiveError.Finding(
                    location: finding.location, problem: finding.problem,
                    remedy: wayOut(of: finding.location, in: path) ?? finding.remedy, code: finding.code,
                    severity: finding.severity)
            })
    }

    /// How to do without what lies at `location`; nil where that is part of no split.
    ///
    /// - Parameter bySplit: whether the whole split must go, also for a layer.
    static func wayOut(of location: String, in path: String, bySplit: Bool = false) -> String? {
        guard location.hasPrefix(path + ":") else { return nil }
        let names = location.dropFirst(path.count + 1).split(separator: "/")
        guard names.count > 1, names[0] == "splits" else { return nil }
        return names.count > 3 && !bySplit
            ? "Leave this layer out: --drop-layers \(names[3])." : "Leave this split out: --drop-splits \(names[1])."
    }
}

extension [String] {
    fileprivate var uniqued: [String] {
        var seen: Set<String> = []
        return filter { seen.insert($0).inserted }
    }
}
