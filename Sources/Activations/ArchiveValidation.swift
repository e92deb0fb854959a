internal import HDF5

/// What is to be found of an archive: its structure, what is in it, and on demand whether its bytes are those that were
/// recorded.
///
/// Every finding belongs to an ``ArchiveRule``. Each record is read once, in blocks, so that memory does not grow with
/// the archive. Where the structure is broken, its findings are all there is: what lies behind it is not read.
public struct ArchiveValidation: Sendable {
    /// How much is read.
    public enum Depth: Sendable, Hashable {
        /// Structure, provenance, labels and ids.
        case structure
        /// Also every record of inputs and layers.
        case contents
        /// Also the digests of all bytes.
        case digests
    }

    /// The gravest first.
    public let findings: [ArchiveError.Finding]
    /// Whether all was checked that was asked for: false after a stop, and where the structure is broken.
    public let isComplete: Bool

    /// The gravity of the gravest finding.
    public var severity: ArchiveRule.Severity? { findings.map(\.severity).max() }

    private init(_ findings: [ArchiveError.Finding], isComplete: Bool) {
        let severities = ArchiveRule.Severity.allCases.sorted(by: >)
        self.findings = severities.flatMap { severity in findings.filter { $0.severity == severity } }
        self.isComplete = isComplete
    }

    /// Validates a file.
    ///
    /// - Parameters:
    ///   - path: the file.
    ///   - depth: how much of it is read.
    ///   - trust: what the file may make us do beyond reading it; only for files whose writer you know.
    ///   - progress: called with how many records are done, of how many, and which is next.
    ///   - shouldStop: asked at every block; then what was found in whole layers is returned.
    /// - Throws: where the file is not there or may not be read. A damaged or foreign file has findings.
    public init(
        of path: String, depth: Depth = .contents, trusting trust: Trust = [],
        progress: (_ done: Int, _ total: Int, _ note: String) -> Void = { _, _, _ in },
        shouldStop: () -> Bool = { false }
    ) throws(ArchiveError) {
        let file: File
        let contents: ArchiveContents
        do {
            let isCutOff: Bool
            (file, isCutOff) = try FileAccess.openForReading(path, trusting: trust.ofFile)
            contents = try ArchiveValidator.contents(
                of: file, fileSize: FileAccess.size(of: path), isCutOff: isCutOff)
        } catch {
            guard error.kind != .inaccessible else { throw error }
            self.init(error.findings, isComplete: depth == .structure)
            return
        }
        var scan = ArchiveScan(contents, of: file, depth: depth)
        let isComplete = scan.run(progress: progress, shouldStop: shouldStop)
        self.init(scan.findings, isComplete: isComplete)
    }
}

/// One walk through an archive whose structure is sound.
private struct ArchiveScan {
    let contents: ArchiveContents
    let file: File
    let depth: ArchiveValidation.Depth
    var findings: [ArchiveError.Finding] = []
    private var done = 0
    private let total: Int

    init(_ contents: ArchiveContents, of file: File, depth: ArchiveValidation.Depth) {
        self.contents = contents
        self.file = file
        self.depth = depth
        total = contents.splits.reduce(0) { sum, split in
            let records = contents.committed
            return sum + split.layers.count * records + (split.info.inputs.perEpoch ? records : 1)
        }
    }

    /// - Returns: whether it came to its end.
    mutating func run(progress: (Int, Int, String) -> Void, shouldStop: () -> Bool) -> Bool {
        attempt { scan throws(HDF5Error) in
            scan.apply(FileRules.all, to: try FileFacts(scan.contents, of: scan.file), at: scan.file.path)
        }
        attempt { scan throws(HDF5Error) in try scan.findUnknownObjects() }
        var inputs: [[UInt64]?] = []
        for split in contents.splits {
            guard depth != .structure else {
                inputs.append(nil)
                continue
            }
            progress(done, total, "\(split.info.name)/inputs")
            guard let hashes = scanInputs(of: split, shouldStop: shouldStop) else { return false }
            inputs.append(hashes.isEmpty ? nil : hashes)
        }
        checkSamples(inputs)
        for (split, inputs) in zip(contents.splits, inputs) {
            for layer in split.layers {
                attempt { scan throws(HDF5Error) in try scan.checkStorage(of: layer.values) }
                guard depth != .structure else { continue }
                let isDone = scanLayer(layer, of: split, inputs: inputs, progress: progress, shouldStop: shouldStop)
                guard isDone else { return false }
            }
        }
        return true
    }

    private mutating func apply<Facts>(_ rules: [ContentRule<Facts>], to facts: Facts, at location: String) {
        findings += rules.compactMap { $0.finding(of: facts, at: location) }
    }

    /// Runs `body`; a failure of libhdf5 becomes a finding.
    private mutating func attempt(_ body: (inout ArchiveScan) throws(HDF5Error) -> Void) {
        do throws(HDF5Error) {
            try body(&self)
        } catch {
            add(error)
        }
    }

    private mutating func add(_ error: HDF5Error, _ place: String = "") {
        findings.append(
            ArchiveError.Finding(
                .damaged, location: error.place, problem: "could not \(error.operation)\(place) (\(error.reason))",
                remedy: "The file is damaged, or the disk failed: copy it again from its source."))
    }

    // MARK: The file

    private mutating func checkStorage(of dataset: Dataset) throws(HDF5Error) {
        guard let facts = try StorageFacts(dataset) else { return }
        apply(StorageRules.all, to: facts, at: dataset.location)
    }

    /// What a newer or a foreign writer has put beside the objects of the format.
    private mutating func findUnknownObjects() throws(HDF5Error) {
        try findUnknownObjects(in: file.root, pattern: "")
        let splits = try file.root.group("splits")
        for split in contents.splits {
            try findUnknownObjects(in: try splits.group(split.info.name), pattern: "/splits/<split>")
        }
    }

    private mutating func findUnknownObjects(in group: Group, pattern: String) throws(HDF5Error) {
        let unknown = try group.names().filter { ArchiveSchema.version1.rule("\(pattern)/\($0)") == nil }
        guard !unknown.isEmpty else { return }
        let names = listed(Array(unknown.prefix(5))) + (unknown.count > 5 ? ", …" : "")
        findings.append(
            ArchiveError.Finding(
                .unknownObject, location: group.location,
                problem: "\(counted(unknown.count, "object")) that the format does not know: \(names)",
                remedy: "Readers ignore this; a newer InfoPlane may know it."))
    }

    // MARK: Samples

    private mutating func checkSamples(_ inputs: [[UInt64]?]) {
        var known: [SplitFacts] = []
        for (split, inputs) in zip(contents.splits, inputs) {
            attempt { scan throws(HDF5Error) in
                let ids: [Int] = try split.sampleIDs.read()
                let labels: Labels =
                    switch split.info.labels {
                    case .classes(let names): .classes(try split.labels.read(), names: names)
                    case .values(let width): .values(try split.labels.read(), width: width)
                    }
                try scan.check(labels, of: split)
                let facts = SplitFacts(name: split.info.name, labels: labels, ids: ids, inputs: inputs)
                scan.apply(SplitRules.all, to: facts, at: split.labels.location)
                for other in known {
                    guard let pair = SplitPair(other, facts) else { continue }
                    scan.apply(SplitPairRules.all, to: pair, at: split.labels.location)
                }
                known.append(facts)
            }
        }
    }

    /// Labels and ids are small, so that their digests are checked always.
    private mutating func check(_ labels: Labels, of split: SplitContents) throws(HDF5Error) {
        if case .values(let values, let width) = labels,
            let (index, text) = ElementArray.float64(values).firstNotFinite
        {
            findings.append(
                ArchiveError.Finding(
                    .notFinite, location: split.labels.location,
                    problem: "\(text) at sample \(index / width), column \(index % width); expected finite numbers",
                    remedy: "Leave samples out whose label is not known, and record this split again."))
        }
        for piece in split.labelPieces where try piece.hasItsDigest(shouldStop: { false }) == false {
            addChanged([piece.record], at: piece.dataset)
        }
    }

    private mutating func addChanged(_ records: [Int?], at dataset: Dataset) {
        if let finding = DigestFindings.changed(records, contents.epochs, at: dataset.location) {
            findings.append(finding)
        }
    }

    // MARK: Records

    /// - Returns: a hash of every sample's inputs, none where they change per epoch or cannot be read; nil after a stop.
    private mutating func scanInputs(of split: SplitContents, shouldStop: () -> Bool) -> [UInt64]? {
        let (info, values) = (split.info.inputs, split.inputs)
        var hashes: [UInt64] = []
        var notFinite: String?
        var changed: [Int?] = []
        var failures: [(record: Int?, error: HDF5Error)] = []
        if info.perEpoch { attempt { scan throws(HDF5Error) in try scan.checkStorage(of: values) } }
        for piece in split.inputPieces(records: contents.committed) {
            var start = 0
            do throws(HDF5Error) {
                let isWhole = try piece.hasItsDigest(isHashed: depth == .digests, shouldStop: shouldStop) { block in
                    let units = info.shape.reduce(1, *)
                    if !info.perEpoch { hashes += block.rowHashes(units: units) }
                    if notFinite == nil, let (index, text) = block.firstNotFinite {
                        notFinite =
                            "\(text) at " + (piece.record.map { "epoch \(contents.epochs[$0]), " } ?? "")
                            + "sample \(start + index / units), feature \(index % units); expected finite numbers"
                    }
                    start += block.count / max(1, units)
                }
                guard let isWhole else { return nil }
                if !isWhole { changed.append(piece.record) }
            } catch {
                failures.append((piece.record, error))
                hashes = []
            }
            done += 1
        }
        addUnreadable(failures)
        if let notFinite {
            findings.append(
                ArchiveError.Finding(
                    .notFinite, location: values.location, problem: notFinite,
                    remedy: "Clean the inputs, and record this split again."))
        }
        addChanged(changed, at: values)
        return hashes
    }

    private mutating func addUnreadable(_ failures: [(record: Int?, error: HDF5Error)]) {
        if let finding = DigestFindings.unreadable(failures, contents.epochs) { findings.append(finding) }
    }

    /// - Returns: false after a stop.
    private mutating func scanLayer(
        _ layer: LayerContents, of split: SplitContents, inputs: [UInt64]?, progress: (Int, Int, String) -> Void,
        shouldStop: () -> Bool
    ) -> Bool {
        var records: [(Int, RecordFacts)] = []
        var failures: [(record: Int?, error: HDF5Error)] = []
        for record in 0..<contents.committed {
            progress(done, total, layer.values.path)
            do throws(HDF5Error) {
                let piece = split.piece(of: layer, record: record)
                guard let facts = try facts(of: piece, layer, inputs: inputs, shouldStop: shouldStop) else {
                    return false
                }
                records.append((record, facts))
            } catch {
                failures.append((record, error))
            }
            done += 1
        }
        progress(done, total, layer.values.path)
        addUnreadable(failures)
        apply(
            LayerRules.all, to: LayerFacts(info: layer.info, epochs: contents.epochs, records: records),
            at: layer.values.location)
        return true
    }

    private func facts(
        of piece: DigestedPiece, _ layer: LayerContents, inputs: [UInt64]?, shouldStop: () -> Bool
    ) throws(HDF5Error) -> RecordFacts? {
        // Taken when the first block is there: what a file claims beyond its size is refused by the read.
        var facts: RecordFacts?
        let isWhole = try piece.hasItsDigest(isHashed: depth == .digests, shouldStop: shouldStop) { block in
            if facts == nil { facts = RecordFacts(units: layer.info.units) }
            facts?.add(block, inputs: inputs)
        }
        guard let isWhole, var facts, let record = piece.record else { return nil }
        facts.finish()
        facts.hasStoredDigest = isWhole
        let range = try layer.ranges.read(Double.self, start: [record, 0], count: [1, 2])
        facts.storedRange = (range[0], range[1])
        return facts
    }
}
