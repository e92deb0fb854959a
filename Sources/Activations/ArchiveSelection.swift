internal import Spelling

/// What of an archive a subset keeps. What is nil is kept whole.
public struct ArchiveSelection: Sendable, Hashable {
    /// Names of splits, or patterns with `*` and `?`.
    public var splits: [String]?
    /// Names of layers, or patterns with `*` and `?`.
    public var layers: [String]?
    /// Indices of records, ascending.
    public var records: [Int]?
    /// The first samples of every split; a split with fewer is kept whole.
    public var samples: Int?
    /// What layers are converted to, rounded to nearest; inputs and labels stay as they are.
    public var elementType: NumberType?

    /// Everything.
    public init() {}
}

/// What a selection comes to in one archive.
struct ResolvedSelection {
    struct Split {
        let info: SplitInfo
        let samples: Int
        let layers: [LayerInfo]
    }

    let splits: [Split]
    let records: [Int]

    /// - Throws: every name that is not there, and choices that leave nothing.
    init(_ selection: ArchiveSelection, of archive: ActivationArchive) throws(ArchiveError) {
        let path = archive.path
        var findings: [ArchiveError.Finding] = []
        func add(_ object: String, _ problem: String, _ remedy: String) {
            findings.append(ArchiveError.Finding(location: path + object, problem: problem, remedy: remedy))
        }
        func chosen(_ texts: [String]?, among names: [String], _ noun: String) -> Set<String> {
            guard let texts else { return Set(names) }
            if texts.isEmpty { add("", "no \(noun) is chosen", "Choose at least one.") }
            var found: Set<String> = []
            for text in texts {
                let pattern = NamePattern(ArchiveLayout.stored(text))
                let matching = names.filter { $0 == pattern.description || pattern.matches($0) }
                found.formUnion(matching)
                guard matching.isEmpty else { continue }
                let hint = pattern.isGlob ? nil : nearest(to: pattern.description, among: names)
                add(
                    ":/splits",
                    pattern.isGlob
                        ? "no \(noun) matches “\(text)”; there are \(listed(names))"
                        : "there is no \(noun) “\(text)”; there are \(listed(names))",
                    hint.map { "Did you mean “\($0)”?" } ?? "Name one of these.")
            }
            return found
        }
        let splitNames = chosen(selection.splits, among: archive.splits.map(\.name), "split")
        let candidates = archive.splits.filter { splitNames.contains($0.name) }
        var names: [String] = []
        for layer in candidates.flatMap(\.layers) where !names.contains(layer.name) { names.append(layer.name) }
        let layerNames = names.isEmpty ? [] : chosen(selection.layers, among: names, "layer")
        if let type = selection.elementType, !type.isFloatingPoint {
            add("", "layers cannot be \(type.rawValue)", "Choose float16, float32 or float64.")
        }
        if let samples = selection.samples, samples < 1 {
            add("", "\(samples) samples are chosen", "Choose at least one.")
        }
        var splits: [Split] = []
        for info in candidates {
            let layers = info.layers.filter { layerNames.contains($0.name) }
            if layers.isEmpty, findings.isEmpty {
                add(":/splits/\(info.name)", "the split has none of the chosen layers", "Leave the split out, too.")
            }
            splits.append(
                Split(info: info, samples: min(selection.samples ?? info.sampleCount, info.sampleCount), layers: layers)
            )
        }
        records = selection.records ?? Array(0..<archive.committedRecords)
        if archive.committedRecords == 0 {
            add("", "no record is committed", "There is nothing to copy.")
        } else if records.isEmpty {
            add(
                ":/epoch",
                "no record is chosen; \(counted(archive.committedRecords, "record")) from epoch "
                    + "\(archive.epochs[0]) to \(archive.epochs[archive.committedRecords - 1])",
                "Choose others.")
        } else if let record = records.first(where: { !(0..<archive.committedRecords).contains($0) }) {
            add(
                ":/epoch", "there is no record \(record), \(archive.committedRecords) are committed",
                "Count records from 0.")
        } else if zip(records, records.dropFirst()).contains(where: { $0 >= $1 }) {
            add(":/epoch", "the chosen records do not ascend", "Name each once, in order.")
        }
        guard findings.isEmpty else { throw ArchiveError(.unknown, findings: findings) }
        self.splits = splits
    }
}
