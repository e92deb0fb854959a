internal import HDF5

/// A recorded run, read-only: the committed records that were there when it was opened.
///
/// Opening checks the whole structure and reads no activations, so it takes milliseconds however large the file is.
/// A file that is being written, or whose writer was killed, is opened as it lies. Every method may be called from
/// several tasks, which read and inflate side by side.
public final class ActivationArchive: Sendable {
    /// The path as given.
    public let path: String
    let contents: ArchiveContents

    /// Opens an archive.
    ///
    /// - Parameters:
    ///   - path: the file.
    ///   - trust: what the file may make us do beyond reading it; only for files whose writer you know.
    /// - Throws: one finding where the file cannot be opened, and all findings where its structure is broken.
    public init(opening path: String, trusting trust: Trust = []) throws(ArchiveError) {
        self.path = path
        let (file, isCutOff) = try FileAccess.openForReading(path, trusting: trust.ofFile)
        contents = try ArchiveValidator.contents(of: file, fileSize: FileAccess.size(of: path), isCutOff: isCutOff)
    }

    init(path: String, contents: ArchiveContents) {
        self.path = path
        self.contents = contents
    }

    /// Looks only at what the file says it is: an archive of any version passes, however broken its structure.
    ///
    /// - Throws: one finding where the file cannot be opened or says that it is something else.
    public static func checkFormat(of path: String) throws(ArchiveError) {
        try ArchiveValidator.checkFormat(of: try FileAccess.openForReading(path).file)
    }

    /// Whether a living program holds the archive: its recorder, or a reader at this instant. A recorder that was killed
    /// holds it no more, whatever the file says.
    public static func isHeld(_ path: String) -> Bool { File.isLocked(path) }

    /// What the archive says about itself.
    public var info: ArchiveInfo { contents.info }
    /// Records that can be read, numbered from 0.
    public var committedRecords: Int { contents.committed }
    /// The epoch of each record, ascending; 0 = before training.
    public var epochs: [Int] { contents.epochs }
    /// The training step of each record, where recorded.
    public var steps: [Int]? { contents.steps }
    /// By name.
    public var metrics: [Metric] { contents.metrics }
    /// By name.
    public var splits: [SplitInfo] { contents.splits.map(\.info) }

    // MARK: Data

    /// Reads rows of one record of a layer, in one piece.
    public func activations(
        split: String, layer: String, record: Int, samples: Range<Int>
    ) throws(ArchiveError) -> Cell {
        let found = try contents(ofLayer: layer, in: split)
        try check(record: record, samples: samples, of: found.info.sampleCount, at: found.values)
        return try read(
            found.values, record: record, samples: samples, shape: found.info.unitShape, type: found.info.elementType)
    }

    /// Reads rows of a layer in one record that is stored as Float32, and hands them on in order, some whole rows at a time: a
    /// multiple of `rows` but for the last ones of a chunk.
    public func forEachPiece(
        split: String, layer: String, record: Int, samples: Range<Int>, rows: Int,
        _ body: (UnsafeBufferPointer<Float>) -> Void
    ) throws(ArchiveError) {
        let found = try contents(ofLayer: layer, in: split)
        try check(record: record, samples: samples, of: found.info.sampleCount, at: found.values)
        let shape = found.info.unitShape
        try reading { () throws(HDF5Error) in
            try found.values.forEachPiece(
                Float.self, start: [record, samples.lowerBound] + shape.map { _ in 0 },
                count: [1, samples.count] + shape,
                unit: rows * shape.reduce(1, *), body)
        }
    }

    /// Reads rows of the inputs that the network got at a record.
    ///
    /// - Parameters:
    ///   - split: its name.
    ///   - record: ignored where the inputs do not change from record to record.
    ///   - samples: the rows.
    public func inputs(split: String, record: Int, samples: Range<Int>) throws(ArchiveError) -> Cell {
        let found = try contents(ofSplit: split)
        let inputs = found.info.inputs
        try check(
            record: inputs.perEpoch ? record : nil, samples: samples, of: found.info.sampleCount, at: found.inputs)
        return try read(
            found.inputs, record: inputs.perEpoch ? record : nil, samples: samples, shape: inputs.shape,
            type: inputs.elementType)
    }

    /// Reads the labels of all samples of a split.
    ///
    /// - Throws: also where a class id has no name, and others have.
    public func labels(split: String) throws(ArchiveError) -> Labels {
        let found = try contents(ofSplit: split)
        let labels: Labels = try reading { () throws(HDF5Error) in
            switch found.info.labels {
            case .classes(let names): .classes(try found.labels.read(), names: names)
            case .values(let width): .values(try found.labels.read(), width: width)
            }
        }
        if case .classes(let ids, let names) = labels, !names.isEmpty,
            let sample = ids.firstIndex(where: { !names.indices.contains($0) })
        {
            throw ArchiveError(
                .malformed, at: found.labels.location,
                "sample \(sample) has class \(ids[sample]), but there \(names.count == 1 ? "is" : "are") "
                    + counted(names.count, "class name"),
                "Record this split again.")
        }
        return labels
    }

    /// Reads the index that each sample of a split has in the original data set.
    public func sampleIDs(split: String) throws(ArchiveError) -> [Int] {
        let found = try contents(ofSplit: split)
        return try reading { () throws(HDF5Error) in try found.sampleIDs.read() }
    }

    /// The smallest and the largest value of a layer in one record, over all samples and units.
    public func range(split: String, layer: String, record: Int) throws(ArchiveError) -> (low: Double, high: Double) {
        let found = try contents(ofLayer: layer, in: split)
        try check(record: record, samples: 0..<0, of: 0, at: found.ranges)
        let pair = try reading { () throws(HDF5Error) in
            try found.ranges.read(Double.self, start: [record, 0], count: [1, 2])
        }
        return (pair[0], pair[1])
    }

    /// The smallest and the largest value of a layer in every committed record.
    public func ranges(split: String, layer: String) throws(ArchiveError) -> [(low: Double, high: Double)] {
        let found = try contents(ofLayer: layer, in: split)
        let pairs = try reading { () throws(HDF5Error) in
            try found.ranges.read(Double.self, start: [0, 0], count: [committedRecords, 2])
        }
        return (0..<committedRecords).map { (pairs[2 * $0], pairs[2 * $0 + 1]) }
    }

    /// Bytes that a layer takes up in the file. O(chunks).
    public func storageSize(split: String, layer: String) throws(ArchiveError) -> Int {
        try contents(ofLayer: layer, in: split).values.storageSize
    }

    /// Whether layers are stored through the deflate filter.
    var isDeflated: Bool {
        get throws(ArchiveError) {
            let layers = contents.splits.flatMap(\.layers)
            return try reading { () throws(HDF5Error) in
                for layer in layers where try layer.values.filters.contains("deflate") { return true }
                return false
            }
        }
    }

    // MARK: Digests

    /// Names what is recorded: SHA-256 over the names, types, shapes and stored digests of the committed records.
    ///
    /// Two archives with the same data have the same content digest, however chunked or compressed; provenance and
    /// metrics do not count. `schemas/activation-archive-v1.md` says what is hashed. Reads the digests only.
    public func contentDigest() throws(ArchiveError) -> String {
        var digest = Digest()
        for line in try digestedLines() {
            digest.add(line.map { "\($0.utf8.count):\($0)" }.joined(separator: " ") + "\n")
        }
        return digest.finish().hexadecimal
    }

    private func digestedLines() throws(ArchiveError) -> [[String]] {
        var lines = [
            ["activation-archive", "1"], ["epochs"] + epochs.map(String.init),
            ["steps"] + (steps ?? []).map(String.init),
        ]
        for split in contents.splits {
            let (info, inputs) = (split.info, split.info.inputs)
            lines.append(["split", info.name, "\(info.sampleCount)"])
            lines.append(
                ["inputs", inputs.elementType.rawValue] + inputs.shape.map(String.init)
                    + (try inputDigests(of: split)))
            let width: [String]
            if case .values(let count) = info.labels { width = ["float64", "\(count)"] } else { width = ["int64"] }
            lines.append(["labels"] + width + [try storedDigest(of: split.labels)])
            lines.append(["sample_ids", try storedDigest(of: split.sampleIDs)])
            for layer in split.layers.sorted(by: { $0.info.name.utf8.lexicographicallyPrecedes($1.info.name.utf8) }) {
                lines.append(
                    ["layer", layer.info.name, layer.info.elementType.rawValue]
                        + layer.info.unitShape.map(String.init) + (try storedDigests(in: layer.digests)))
            }
        }
        return lines
    }

    private func inputDigests(of split: SplitContents) throws(ArchiveError) -> [String] {
        guard let digests = split.inputDigests else { return [try storedDigest(of: split.inputs)] }
        return try storedDigests(in: digests)
    }

    /// The digests of the committed records, in hexadecimal digits.
    private func storedDigests(in dataset: Dataset) throws(ArchiveError) -> [String] {
        let bytes = try reading { () throws(HDF5Error) in
            try dataset.read(UInt8.self, start: [0, 0], count: [committedRecords, 32])
        }
        return (0..<committedRecords).map { Array(bytes[32 * $0..<32 * $0 + 32]).hexadecimal }
    }

    private func storedDigest(of dataset: Dataset) throws(ArchiveError) -> String {
        try reading { () throws(HDF5Error) in
            guard case .string(let text)? = try dataset.attribute("sha256") else { return "" }
            return text
        }
    }

    /// Whether a record of a layer consists of just these numbers, by its digest; reads no activations.
    public func holds(_ values: ElementArray, split: String, layer: String, record: Int) throws(ArchiveError) -> Bool {
        Digest.of(values) == (try storedDigest(split: split, layer: layer, record: record))
    }

    /// Reads a record of a layer and says whether its bytes are those that were recorded.
    public func digestMatches(split: String, layer: String, record: Int) throws(ArchiveError) -> Bool {
        let found = try contents(ofLayer: layer, in: split)
        let cell = try activations(split: split, layer: layer, record: record, samples: 0..<found.info.sampleCount)
        return try holds(cell.values, split: split, layer: layer, record: record)
    }

    func storedDigest(split: String, layer: String, record: Int) throws(ArchiveError) -> [UInt8] {
        let found = try contents(ofLayer: layer, in: split)
        try check(record: record, samples: 0..<0, of: 0, at: found.digests)
        return try reading { () throws(HDF5Error) in
            try found.digests.read(UInt8.self, start: [record, 0], count: [1, 32])
        }
    }

    func storedInputDigest(split: String, record: Int) throws(ArchiveError) -> String {
        let found = try contents(ofSplit: split)
        return try inputDigests(of: found)[found.info.inputs.perEpoch ? record : 0]
    }

    /// Reads the inputs of a record and says whether their bytes are those that were recorded.
    public func inputDigestMatches(split: String, record: Int) throws(ArchiveError) -> Bool {
        let found = try contents(ofSplit: split)
        let cell = try inputs(split: split, record: record, samples: 0..<found.info.sampleCount)
        return Digest.of(cell.values).hexadecimal == (try storedInputDigest(split: split, record: record))
    }

    /// Reads labels and sample ids and says whether their bytes are those that were recorded.
    public func labelDigestsMatch(split: String) throws(ArchiveError) -> Bool {
        let found = try contents(ofSplit: split)
        let elements: ElementArray =
            switch try labels(split: split) {
            case .classes(let ids, _): .int64(ids.map(Int64.init))
            case .values(let values, _): .float64(values)
            }
        let ids = ElementArray.int64(try sampleIDs(split: split).map(Int64.init))
        let storedLabels = try storedDigest(of: found.labels)
        let storedIDs = try storedDigest(of: found.sampleIDs)
        return Digest.of(elements).hexadecimal == storedLabels && Digest.of(ids).hexadecimal == storedIDs
    }

    // MARK: Finding and reading

    private func contents(ofSplit name: String) throws(ArchiveError) -> SplitContents {
        guard let split = contents.splits.first(where: { $0.info.name == name }) else {
            throw Unknown.split(name, among: contents.splits.map(\.info.name), in: path)
        }
        return split
    }

    private func contents(ofLayer name: String, in splitName: String) throws(ArchiveError) -> LayerContents {
        let split = try contents(ofSplit: splitName)
        guard let layer = split.layers.first(where: { $0.info.name == name }) else {
            throw Unknown.layer(name, of: splitName, among: split.layers.map(\.info.name), in: path)
        }
        return layer
    }

    private func check(record: Int?, samples: Range<Int>, of count: Int, at dataset: Dataset) throws(ArchiveError) {
        if let record, !(0..<committedRecords).contains(record) {
            throw ArchiveError(
                .unknown, at: dataset.location,
                "there is no record \(record), \(committedRecords) \(committedRecords == 1 ? "is" : "are") committed",
                "Count records from 0.")
        }
        guard samples.lowerBound >= 0, samples.upperBound <= count else {
            throw ArchiveError(
                .unknown, at: dataset.location, "there are no samples \(samples), the split has \(count)",
                "Count samples from 0.")
        }
    }

    /// One hyperslab: the rows of one record, or of a data set without records.
    private func read(
        _ dataset: Dataset, record: Int?, samples: Range<Int>, shape: [Int], type: NumberType
    ) throws(ArchiveError) -> Cell {
        let values = try reading { () throws(HDF5Error) in
            try dataset.readElements(
                type,
                start: (record.map { [$0] } ?? []) + [samples.lowerBound] + shape.map { _ in 0 },
                count: (record == nil ? [] : [1]) + [samples.count] + shape)
        }
        return Cell(samples: samples.count, unitShape: shape, values: values)
    }

    private func reading<Result>(_ body: () throws(HDF5Error) -> Result) throws(ArchiveError) -> Result {
        do throws(HDF5Error) {
            return try body()
        } catch {
            throw ArchiveError(reading: error)
        }
    }
}
