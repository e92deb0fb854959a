internal import HDF5

/// What a writer that goes on must know of an archive, and the check that it may.
struct Continuation {
    /// Records that are committed.
    let records: Int
    let last: (epoch: Int, step: Int?)?
    let metricNames: [String]

    /// - Throws: every contradiction between the description and the archive at once; a damaged last record.
    init(of path: String, with description: ArchiveDescription) throws(ArchiveError) {
        let archive = try ActivationArchive(opening: path)
        var findings = DescriptionCheck.findings(in: description, path: path)
        if findings.isEmpty { findings = try Self.contradictions(between: description, and: archive) }
        guard findings.isEmpty else { throw ArchiveError(.refused, findings: findings) }
        records = archive.committedRecords
        last = archive.epochs.last.map { ($0, archive.steps?.last) }
        metricNames = archive.metrics.map(\.name)
        guard records > 0 else { return }
        guard let damage = archive.damages(of: records - 1).first else { return }
        throw ArchiveError(
            .malformed, at: damage.location,
            "record \(records - 1) is damaged: its bytes are not those that were recorded",
            "See what is whole with “infoplane repair”.")
    }

    private static func contradictions(
        between description: ArchiveDescription, and archive: ActivationArchive
    ) throws(ArchiveError) -> [ArchiveError.Finding] {
        var findings: [ArchiveError.Finding] = []
        func compare<T: Equatable>(_ object: String, _ what: String, _ new: T, _ stored: T) {
            guard new != stored else { return }
            findings.append(
                ArchiveError.Finding(
                    location: "\(archive.path):\(object)",
                    problem: "\(what): the archive has \(words(stored)), to be recorded is \(words(new))",
                    remedy: "Go on with what was recorded, or record to a new archive."))
        }
        compare("/step", "steps", description.hasSteps, archive.steps != nil)
        if let names = description.metricNames {
            compare(
                "/metrics", "metrics", names.map(ArchiveLayout.stored).sorted(), archive.metrics.map(\.name).sorted())
        }
        compare(
            "/splits", "splits", description.splits.map { ArchiveLayout.stored($0.name) }.sorted(),
            archive.splits.map(\.name).sorted())
        for split in description.splits {
            let name = ArchiveLayout.stored(split.name)
            guard let stored = archive.splits.first(where: { $0.name == name }) else { continue }
            let object = "/splits/\(name)"
            switch split.inputs {
            case .fixed(let cell):
                compare("\(object)/inputs", "whether inputs change per record", false, stored.inputs.perEpoch)
                compare("\(object)/inputs", "shape of a sample", cell.unitShape, stored.inputs.shape)
                compare(
                    "\(object)/inputs", "type", cell.values.elementType.rawValue, stored.inputs.elementType.rawValue)
                if !stored.inputs.perEpoch {
                    compare(
                        "\(object)/inputs", "SHA-256", Digest.of(cell.values).hexadecimal,
                        try archive.storedInputDigest(split: name, record: 0))
                }
            case .perEpoch(let shape, let type):
                compare("\(object)/inputs", "whether inputs change per record", true, stored.inputs.perEpoch)
                compare("\(object)/inputs", "shape of a sample", shape, stored.inputs.shape)
                compare("\(object)/inputs", "type", type.rawValue, stored.inputs.elementType.rawValue)
            }
            compare("\(object)/labels", "labels", split.labels, try archive.labels(split: name))
            compare("\(object)/sample_ids", "sample ids", split.sampleIDs, try archive.sampleIDs(split: name))
            let layers = split.layers.map { LayerInfo($0, samples: split.labels.count) }.sorted { $0.order < $1.order }
            compare("\(object)/layers", "layers", layers.map(\.name), stored.layers.map(\.name))
            for layer in layers {
                guard let known = stored.layers.first(where: { $0.name == layer.name }) else { continue }
                compare("\(object)/layers/\(layer.name)", "layer", layer, known)
            }
        }
        return findings
    }

    /// A value for a sentence; what would fill a page is told by its size.
    private static func words<T>(_ value: T) -> String {
        switch value {
        case let flag as Bool: flag ? "yes" : "no"
        case let names as [String]: names.isEmpty ? "none" : names.joined(separator: ", ")
        case let labels as Labels: "\(counted(labels.count, "label")) (SHA-256 \(labels.digest.prefix(12))…)"
        case let numbers as [Int] where numbers.count > 8: "\(numbers.count) numbers other than these"
        case let layer as LayerInfo:
            "\(layer.elementType.rawValue) \(layer.unitShape), order \(layer.order), kind \(layer.kind.rawValue), "
                + "activation \(layer.activation ?? "none"), module \(layer.module ?? "none"), "
                + "pooling \(layer.pooling ?? "none")"
        default: "\(value)"
        }
    }
}

extension LayerInfo {
    fileprivate init(_ layer: LayerDescription, samples: Int) {
        self.init(
            name: ArchiveLayout.stored(layer.name), order: layer.order, kind: layer.kind, activation: layer.activation,
            module: layer.module, pooling: layer.pooling, unitShape: layer.unitShape, elementType: layer.elementType,
            sampleCount: samples)
    }
}

extension Labels {
    /// SHA-256 in hexadecimal digits.
    fileprivate var digest: String {
        switch self {
        case .classes(let ids, _): Digest.of(.int64(ids.map(Int64.init))).hexadecimal
        case .values(let values, _): Digest.of(.float64(values)).hexadecimal
        }
    }
}
