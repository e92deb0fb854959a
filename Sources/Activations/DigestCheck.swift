internal import HDF5

extension ActivationArchive {
    /// A piece of an archive whose bytes are not those that were recorded.
    public struct Damage: Sendable, Hashable {
        /// What has a digest of its own.
        public enum Content: Sendable, Hashable {
            case inputs, labels, sampleIDs
            case layer(String)
        }

        /// The split that it belongs to.
        public let split: String
        /// What it is.
        public let content: Content
        /// nil for what is the same in all records.
        public let record: Int?
        /// File and data set.
        public let location: String
        /// What libhdf5 said of a piece that cannot be read; nil where it was read, and has another digest.
        let failure: HDF5Error?
    }

    /// Reads every byte that has a digest, once, and says what is not as it was recorded: inputs first, then labels and
    /// sample ids, then layers, each in the order of records.
    ///
    /// A piece that cannot be read is lost as one that reads wrong is. O(bytes of the archive); memory of one block of at
    /// most 128 MiB.
    ///
    /// - Parameters:
    ///   - progress: called with how many pieces are done, of how many, and which is next.
    ///   - shouldStop: asked at every block.
    /// - Returns: nil where it was stopped.
    public func damages(
        progress: (_ done: Int, _ total: Int, _ note: String) -> Void = { _, _, _ in },
        shouldStop: () -> Bool = { false }
    ) -> [Damage]? {
        Self.damages(of: contents.digestedPieces, progress: progress, shouldStop: shouldStop)
    }

    /// The same of one record alone.
    func damages(of record: Int) -> [Damage] {
        Self.damages(
            of: contents.digestedPieces.filter { $0.record == record }, progress: { _, _, _ in }, shouldStop: { false })
            ?? []
    }

    private static func damages(
        of pieces: [DigestedPiece], progress: (Int, Int, String) -> Void, shouldStop: () -> Bool
    ) -> [Damage]? {
        var damages: [Damage] = []
        for (done, piece) in pieces.enumerated() {
            progress(done, pieces.count, piece.dataset.path)
            do throws(HDF5Error) {
                guard let isWhole = try piece.hasItsDigest(shouldStop: shouldStop) else { return nil }
                if !isWhole { damages.append(piece.damage(nil)) }
            } catch {
                damages.append(piece.damage(error))
            }
        }
        progress(pieces.count, pieces.count, "")
        return damages
    }

    /// One finding for each data set with damages, in the words of ``ArchiveValidation``.
    public func findings(of damages: [Damage]) -> [ArchiveError.Finding] {
        var locations: [String] = []
        for damage in damages where !locations.contains(damage.location) { locations.append(damage.location) }
        let findings = locations.flatMap { location in
            let here = damages.filter { $0.location == location }
            let failures = here.compactMap { piece in piece.failure.map { (piece.record, $0) } }
            return [
                DigestFindings.unreadable(failures, epochs),
                DigestFindings.changed(here.filter { $0.failure == nil }.map(\.record), epochs, at: location),
            ].compactMap(\.self)
        }
        return findings.filter { $0.severity == .critical } + findings.filter { $0.severity != .critical }
    }
}

/// What is said of data sets that are not as they were recorded.
enum DigestFindings {
    static func trouble(_ records: [Int?], _ epochs: [Int]) -> Trouble? {
        guard !records.isEmpty else { return nil }
        let place = words(records, epochs).map { " of \($0)" } ?? ""
        return Trouble(
            "the values\(place) do not have the digest that was stored with them",
            "They were changed after recording, or the disk failed: copy the archive again from its source.")
    }

    /// - Parameter records: those that have another digest; nil for what is the same in all records.
    static func changed(_ records: [Int?], _ epochs: [Int], at location: String) -> ArchiveError.Finding? {
        trouble(records, epochs).map {
            ArchiveError.Finding(.digestDiffers, location: location, problem: $0.problem, remedy: $0.remedy)
        }
    }

    static func unreadable(_ failures: [(record: Int?, error: HDF5Error)], _ epochs: [Int]) -> ArchiveError.Finding? {
        guard let error = failures.first?.error else { return nil }
        let place = words(failures.map(\.record), epochs).map { " at \($0)" } ?? ""
        return ArchiveError.Finding(
            .damaged, location: error.place, problem: "could not \(error.operation)\(place) (\(error.reason))",
            remedy: error.remedy ?? "The file is damaged, or the disk failed: copy it again from its source.")
    }

    /// "epoch 10", "epoch 10 and 3 other records".
    private static func words(_ records: [Int?], _ epochs: [Int]) -> String? {
        guard let first = records.first, let record = first else { return nil }
        return "epoch \(epochs[record])"
            + (records.count > 1 ? " and \(counted(records.count - 1, "other record"))" : "")
    }
}

/// A data set, or its share of one record, with the digest that was stored with it.
struct DigestedPiece {
    let split: String
    let content: ActivationArchive.Damage.Content
    let dataset: Dataset
    let record: Int?
    let samples: Int
    /// The shape of one sample.
    let shape: [Int]
    let type: NumberType
    /// One row per record; nil: the attribute `sha256` of the data set.
    let digests: Dataset?

    func damage(_ failure: HDF5Error?) -> ActivationArchive.Damage {
        ActivationArchive.Damage(
            split: split, content: content, record: record, location: dataset.location, failure: failure)
    }

    /// Reads the piece and compares its digest: the one place where recorded bytes are hashed after they were recorded.
    ///
    /// - Parameters:
    ///   - isHashed: where false, the bytes are read and not compared.
    ///   - body: gets the samples in order, block by block.
    /// - Returns: nil where it was stopped.
    func hasItsDigest(
        isHashed: Bool = true, shouldStop: () -> Bool, _ body: (ElementArray) -> Void = { _ in }
    ) throws(HDF5Error) -> Bool? {
        var digest = Digest()
        let rows = try blockRows()
        var start = 0
        while start < samples {
            if shouldStop() { return nil }
            let count = min(rows, samples - start)
            let block = try dataset.readElements(
                type, start: (record.map { [$0] } ?? []) + [start] + shape.map { _ in 0 },
                count: (record == nil ? [] : [1]) + [count] + shape)
            if isHashed { block.withUnsafeBytes { digest.add($0) } }
            body(block)
            start += count
        }
        guard isHashed else { return true }
        return try stored() == digest.finish().hexadecimal
    }

    private func stored() throws(HDF5Error) -> String {
        if let digests, let record {
            return try digests.read(UInt8.self, start: [record, 0], count: [1, 32]).hexadecimal
        }
        guard case .string(let text)? = try dataset.attribute("sha256") else { return "" }
        return text
    }

    /// Bytes of a block; the chunks of a layer have at most as many.
    private static let blockBytes = ArchiveLayout.chunkBytes

    /// A chunk is read as a whole where it has a filter, so it should be read once: blocks are of whole chunks.
    private func blockRows() throws(HDF5Error) -> Int {
        let sampleBytes = max(1, shape.reduce(type.size, *))
        let rows = max(1, min(samples, Self.blockBytes / sampleBytes))
        guard let chunk = try dataset.chunk?.dropFirst(record == nil ? 0 : 1).first, chunk > 0 else { return rows }
        let whole = max(chunk, rows / chunk * chunk)
        let (bytes, overflow) = whole.multipliedReportingOverflow(by: sampleBytes)
        return overflow || bytes > 8 * Self.blockBytes ? rows : whole
    }
}

extension ArchiveContents {
    /// All that has a digest: inputs, then labels and sample ids, then layers.
    var digestedPieces: [DigestedPiece] {
        splits.flatMap { $0.inputPieces(records: committed) } + splits.flatMap(\.labelPieces)
            + splits.flatMap { split in
                split.layers.flatMap { layer in (0..<committed).map { split.piece(of: layer, record: $0) } }
            }
    }
}

extension SplitContents {
    func inputPieces(records: Int) -> [DigestedPiece] {
        (info.inputs.perEpoch ? (0..<records).map { $0 } : [nil]).map { record in
            DigestedPiece(
                split: info.name, content: .inputs, dataset: inputs, record: record, samples: info.sampleCount,
                shape: info.inputs.shape, type: info.inputs.elementType, digests: inputDigests)
        }
    }

    var labelPieces: [DigestedPiece] {
        let type: NumberType
        if case .classes = info.labels { type = .int64 } else { type = .float64 }
        return [
            DigestedPiece(
                split: info.name, content: .labels, dataset: labels, record: nil, samples: info.sampleCount,
                shape: labelUnitShape, type: type, digests: nil),
            DigestedPiece(
                split: info.name, content: .sampleIDs, dataset: sampleIDs, record: nil, samples: info.sampleCount,
                shape: [], type: .int64, digests: nil),
        ]
    }

    func piece(of layer: LayerContents, record: Int) -> DigestedPiece {
        DigestedPiece(
            split: info.name, content: .layer(layer.info.name), dataset: layer.values, record: record,
            samples: layer.info.sampleCount, shape: layer.info.unitShape, type: layer.info.elementType,
            digests: layer.digests)
    }
}
