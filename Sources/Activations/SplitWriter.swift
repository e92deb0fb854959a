internal import HDF5

/// The data sets of one split that is being written.
final class SplitWriter {
    let name: String
    let layers: [String: RecordSeries]
    let perEpochInputs: RecordSeries?

    init(_ split: SplitDescription, in group: Group, options: WriterOptions) throws(HDF5Error) {
        name = ArchiveLayout.stored(split.name)
        let samples = split.labels.count
        perEpochInputs = try Self.writeInputs(of: split, samples: samples, to: group, options: options)
        try Self.writeLabels(split.labels, to: group)
        let ids = try group.write(split.sampleIDs, to: "sample_ids")
        try ids.setAttribute("sha256", to: .string(Digest.of(.int64(split.sampleIDs.map(Int64.init))).hexadecimal))

        let layersGroup = try group.createGroup("layers")
        let ranges = try group.createGroup("ranges")
        let digests = try group.createGroup("digests")
        var layers: [String: RecordSeries] = [:]
        for layer in split.layers {
            let name = ArchiveLayout.stored(layer.name)
            let series = try RecordSeries(
                named: name, in: layersGroup, type: layer.elementType, samples: samples, unitShape: layer.unitShape,
                options: options,
                ranges: Series(named: name, in: ranges, of: .float64, width: 2),
                digests: Series(named: name, in: digests, of: .uint8, width: 32))
            try series.dataset.setAttribute("order", to: .int64(Int64(layer.order)))
            try series.dataset.setAttribute("kind", to: .string(layer.kind.rawValue))
            let texts = [
                ("activation", layer.activation), ("module", layer.module), ("pooling", layer.pooling),
            ]
            for case (let name, let text?) in texts { try series.dataset.setAttribute(name, to: .string(text)) }
            layers[name] = series
        }
        self.layers = layers
    }

    /// The split of an archive that is there, whose description is the same.
    init(continuing split: SplitDescription, in group: Group) throws(HDF5Error) {
        name = ArchiveLayout.stored(split.name)
        let samples = split.labels.count
        if case .perEpoch(let shape, let type) = split.inputs {
            perEpochInputs = try RecordSeries(
                of: group.dataset("inputs"), type: type, samples: samples, unitShape: shape,
                ranges: nil,
                digests: Series(of: group.dataset("input_digests")))
        } else {
            perEpochInputs = nil
        }
        let (layersGroup, ranges, digests) = try (group.group("layers"), group.group("ranges"), group.group("digests"))
        var layers: [String: RecordSeries] = [:]
        for layer in split.layers {
            let name = ArchiveLayout.stored(layer.name)
            layers[name] = try RecordSeries(
                of: layersGroup.dataset(name), type: layer.elementType, samples: samples,
                unitShape: layer.unitShape, ranges: Series(of: ranges.dataset(name)),
                digests: Series(of: digests.dataset(name)))
        }
        self.layers = layers
    }

    private static func writeInputs(
        of split: SplitDescription, samples: Int, to group: Group, options: WriterOptions
    ) throws(HDF5Error) -> RecordSeries? {
        switch split.inputs {
        case .fixed(let cell):
            let shape = [cell.samples] + cell.unitShape
            let rows = ArchiveLayout.samplesPerChunk(
                samples: cell.samples, bytesPerSample: cell.units * cell.values.elementType.size)
            let inputs = try group.createDataset(
                "inputs", of: cell.values.elementType.stored, shape: shape,
                chunk: options.deflate == nil ? nil : [rows] + cell.unitShape, deflate: options.deflate)
            try inputs.writeElements(cell.values, start: shape.map { _ in 0 }, count: shape)
            try inputs.setAttribute("per_epoch", to: .uint8(0))
            try inputs.setAttribute("sha256", to: .string(Digest.of(cell.values).hexadecimal))
            return nil
        case .perEpoch(let shape, let type):
            let series = try RecordSeries(
                named: "inputs", in: group, type: type, samples: samples, unitShape: shape, options: options,
                ranges: nil, digests: Series(named: "input_digests", in: group, of: .uint8, width: 32))
            try series.dataset.setAttribute("per_epoch", to: .uint8(1))
            return series
        }
    }

    private static func writeLabels(_ labels: Labels, to group: Group) throws(HDF5Error) {
        let dataset: Dataset
        let elements: ElementArray
        switch labels {
        case .classes(let ids, let names):
            dataset = try group.write(ids, to: "labels")
            elements = .int64(ids.map(Int64.init))
            if !names.isEmpty { try dataset.setAttribute("class_names", to: .strings(names)) }
        case .values(let values, let width):
            dataset = try group.write(values, to: "labels", shape: width == 1 ? nil : [labels.count, width])
            elements = .float64(values)
        }
        try dataset.setAttribute("sha256", to: .string(Digest.of(elements).hexadecimal))
    }

    /// The paths of what the record still lacks.
    var missing: [String] {
        let all = Array(layers.values) + (perEpochInputs.map { [$0] } ?? [])
        return all.filter { !$0.isWritten }.map(\.dataset.path)
    }

    func forgetRecord() {
        for series in layers.values { series.isWritten = false }
        perEpochInputs?.isWritten = false
    }
}

/// A data set with all samples per record, and its ranges and digests.
final class RecordSeries {
    let dataset: Dataset
    /// Whether the record that is begun has been written.
    var isWritten = false
    private let type: NumberType
    private let samples: Int
    private let unitShape: [Int]
    private let ranges: Series?
    private let digests: Series

    init(
        named name: String, in group: Group, type: NumberType, samples: Int, unitShape: [Int], options: WriterOptions,
        ranges: Series?, digests: Series
    ) throws(HDF5Error) {
        self.type = type
        self.samples = samples
        self.unitShape = unitShape
        self.ranges = ranges
        self.digests = digests
        let rows = ArchiveLayout.samplesPerChunk(
            samples: samples, bytesPerSample: unitShape.reduce(type.size, *))
        dataset = try group.createDataset(
            name, of: type.stored, shape: [0, samples] + unitShape, growable: true, chunk: [1, rows] + unitShape,
            deflate: options.deflate)
    }

    /// A data set that is there.
    init(
        of dataset: Dataset, type: NumberType, samples: Int, unitShape: [Int], ranges: Series?,
        digests: Series
    ) throws(HDF5Error) {
        self.dataset = dataset
        self.type = type
        self.samples = samples
        self.unitShape = unitShape
        self.ranges = ranges
        self.digests = digests
    }

    /// The values as they will be stored, after all checks.
    func accept(_ values: ElementArray, epoch: Int) throws(ArchiveError) -> ElementArray {
        let units = unitShape.reduce(1, *)
        guard values.count == samples * units else {
            throw ArchiveError(
                .refused, at: dataset.location,
                "\(counted(values.count, "value")) at epoch \(epoch), expected \(samples * units) (\(counted(samples, "sample")) of \(units))",
                "Write all samples of the split in one call, row by row.")
        }
        func place(_ index: Int) -> String { "epoch \(epoch), sample \(index / units), unit \(index % units)" }
        if let (index, text) = values.firstNotFinite {
            throw ArchiveError(
                .refused, at: dataset.location, "\(text) at \(place(index)); expected finite numbers",
                "Look at the loss and the learning rate; nothing of this epoch is kept.")
        }
        if values.elementType == type { return values }
        guard type == .float16, case .float32(let floats) = values else {
            throw ArchiveError(
                .refused, at: dataset.location,
                "\(values.elementType.rawValue) values at epoch \(epoch), expected \(type.rawValue)",
                "Write the type that the archive was created with.")
        }
        if let index = floats.firstIndex(where: { $0.magnitude > Half.greatestFiniteMagnitude }) {
            throw ArchiveError(
                .refused, at: dataset.location,
                "\(floats[index]) at \(place(index)); float16 reaches to 65504", "Record this layer as float32.")
        }
        return .float16(floats.map { Half.bits($0) })
    }

    func write(_ values: ElementArray, record: Int) throws(HDF5Error) {
        let axes = [samples] + unitShape
        try dataset.makeRoom(for: record)
        try dataset.writeElements(values, start: [record] + axes.map { _ in 0 }, count: [1] + axes)
        if let ranges, let (low, high) = values.extremes { try ranges.write([low, high], record: record) }
        try digests.write(Digest.of(values), record: record)
        isWritten = true
    }
}
