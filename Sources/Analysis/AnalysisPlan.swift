public import Activations
public import InformationTheory
internal import Results
internal import Spelling

/// What an analysis computes: the cells in order, every discretization resolved, every key known before the first
/// number is computed. Made from a request and an archive without reading activations.
public struct AnalysisPlan: Sendable {
    /// One discretization of a cell, with the range that it resolves to.
    public struct Binning: Sendable, Hashable {
        /// The discretization.
        public let discretization: Discretization
        /// The range for `width` over run, epoch or network; nil where the rule finds its own.
        public let range: ValueRange?
        /// Whether GIB terms are computed for it.
        public let hasGIB: Bool
        /// Whether the arrays beside its measurements are kept.
        public let keepsArrays: Bool
    }

    /// One piece of work: the labels of a split, or a cell (split × layer × record).
    public struct Unit: Sendable {
        /// The split.
        public let split: SplitInfo
        /// The layer; nil for the labels of the split.
        public let layer: LayerInfo?
        /// The record's index; 0 for the labels of the split.
        public let record: Int
        /// How many samples, the first ones.
        public let samples: Int
        /// The discretizations; none for the labels of the split.
        public let binnings: [Binning]
        /// The estimators that work on the values as they are; none for the labels of the split.
        public let valueEstimators: [Estimator]
        /// The smallest and the largest value of the record as the archive states them; nil for the labels of the split.
        var recorded: ValueRange?

        /// `split/layer`, for people.
        public var name: String { layer.map { "\(split.name)/\($0.name)" } ?? split.name }
    }

    /// The archive's id.
    public let archiveID: String
    /// The epoch of each record.
    public let epochs: [Int]
    /// The step within the epoch of each record, where the recorder noted it.
    let steps: [Int]?
    /// All splits of the archive.
    let splits: [SplitInfo]
    /// The request that the plan resolves.
    public let request: AnalysisRequest
    /// The work, in order: split by split, record by record, layer by layer.
    public let units: [Unit]

    /// Resolves a request against an archive.
    ///
    /// Ranges `@run` and `@network` are those of all committed records; `@epoch` that of the record.
    ///
    /// - Throws: where a split, layer or epoch is not in the archive (names the nearest), or nothing is left to do.
    /// - Complexity: O(splits × layers × records); reads the ranges, no activations.
    public init(_ request: AnalysisRequest, of archive: ActivationArchive) throws(AnalysisError) {
        try request.validate()
        self.request = request
        archiveID = archive.info.id
        epochs = archive.epochs
        steps = archive.steps
        splits = archive.splits
        guard archive.committedRecords > 0 else {
            throw AnalysisError(
                place: archive.path, problem: "the archive holds no committed record; expected at least one",
                remedy: "Wait until the recorder has written one, or record again.")
        }
        let records = try request.epochs.records(of: archive.epochs, in: archive.path)
        guard !records.isEmpty else {
            throw AnalysisError(
                place: archive.path,
                problem: "none of its \(archive.epochs.count) records matches epochs "
                    + "\(request.epochs)", remedy: "infoplane inspect lists the recorded epochs.")
        }
        let binnings = request.resolvedBinnings
        var units: [Unit] = []
        for split in try Self.splits(request.splits, of: archive) {
            let layers = try Self.layers(request.layers, of: split, in: archive)
            let ranges = try LayerRanges(of: split, in: archive)
            let counts = try Self.sampleCounts(request, of: split, in: archive)
            try Self.checkReduction(request, of: split, in: archive)
            for samples in counts {
                units.append(
                    Unit(split: split, layer: nil, record: 0, samples: samples, binnings: [], valueEstimators: []))
                for record in records {
                    for layer in layers {
                        let resolved = binnings.enumerated().map { index, binning in
                            let keepsArrays = request.keep == .all || (request.keep == .headline && index == 0)
                            return Binning(
                                discretization: binning.discretization,
                                range: ranges.range(for: binning.discretization, layer: layer.name, record: record),
                                hasGIB: binning.hasGIB, keepsArrays: keepsArrays && samples == counts[0])
                        }
                        units.append(
                            Unit(
                                split: split, layer: layer, record: record, samples: samples, binnings: resolved,
                                valueEstimators: request.valueEstimators,
                                recorded: ranges.recorded(layer: layer.name, record: record)))
                    }
                }
            }
        }
        self.units = units
    }

    private init(_ plan: AnalysisPlan, units: [Unit]) {
        archiveID = plan.archiveID
        epochs = plan.epochs
        steps = plan.steps
        splits = plan.splits
        request = plan.request
        self.units = units
    }

    /// The cell that a failure of the unit is noted of.
    func cell(of unit: Unit) -> ResultSet.Cell {
        ResultSet.Cell(
            archive: archiveID, split: unit.split.name, layer: unit.layer?.name ?? "",
            epoch: unit.layer == nil ? nil : epochs[unit.record])
    }

    /// A part of the plan.
    func part(_ range: Range<Int>) -> AnalysisPlan {
        AnalysisPlan(self, units: Array(units[range]))
    }

    /// The bytes of activations that the plan reads.
    public var bytesToRead: Int {
        units.reduce(0) { sum, unit in
            guard let layer = unit.layer else { return sum }
            return sum + layer.bytesPerRecord / max(1, unit.split.sampleCount) * unit.samples
        }
    }

    /// How many samples are analyzed: all that were asked for, and with subsampling half and a quarter of them.
    private static func sampleCounts(
        _ request: AnalysisRequest, of split: SplitInfo, in archive: ActivationArchive
    ) throws(AnalysisError) -> [Int] {
        let samples = min(request.samples ?? split.sampleCount, split.sampleCount)
        let place = "\(archive.path):/splits/\(split.name)"
        guard samples > 0 else {
            throw AnalysisError(
                place: place, problem: "the split has no samples", remedy: "Choose another with --split.")
        }
        guard request.subsampling else { return [samples] }
        guard samples >= 4 else {
            throw AnalysisError(
                place: place, problem: "\(samples) samples have no quarter; expected at least 4",
                remedy: "Leave --subsampling out.")
        }
        return [samples, samples / 2, samples / 4]
    }

    /// Refuses a reduction to more components than its samples can have, before anything is computed.
    private static func checkReduction(
        _ request: AnalysisRequest, of split: SplitInfo, in archive: ActivationArchive
    ) throws(AnalysisError) {
        guard let reduction = request.inputReduction, !request.targets.isEmpty else { return }
        let (fitted, samples) = fittedSamples(for: split, among: archive.splits, request)
        guard reduction.components >= samples else { return }
        throw AnalysisError(
            place: "\(archive.path):/splits/\(fitted.name)/inputs",
            problem: "\(reduction) asks for \(reduction.components) components of \(samples) samples; expected at most "
                + "\(samples - 1)", remedy: "Ask for fewer components, or analyze more samples.")
    }

    // MARK: Names

    private static func splits(_ names: [String]?, of archive: ActivationArchive) throws(AnalysisError) -> [SplitInfo] {
        guard let names else {
            if let all = archive.splits.first(where: { $0.name == "all" }) { return [all] }
            return archive.splits
        }
        var chosen: [SplitInfo] = []
        for name in names {
            guard let split = archive.splits.first(where: { $0.name == name }) else {
                throw unknown("split", name, among: archive.splits.map(\.name), in: archive.path)
            }
            if !chosen.contains(where: { $0.name == name }) { chosen.append(split) }
        }
        return chosen
    }

    private static func layers(
        _ names: [String]?, of split: SplitInfo, in archive: ActivationArchive
    ) throws(AnalysisError) -> [LayerInfo] {
        guard let names else { return split.layers }
        for name in names where !split.layers.contains(where: { $0.name == name }) {
            throw unknown("layer", name, among: split.layers.map(\.name), in: "\(archive.path):/splits/\(split.name)")
        }
        return split.layers.filter { names.contains($0.name) }
    }

    private static func unknown(
        _ kind: String, _ name: String, among names: [String], in place: String
    ) -> AnalysisError {
        let hint = nearest(to: name, among: names).map { "Did you mean \($0)? There" } ?? "There"
        return AnalysisError(
            place: place, problem: "no \(kind) is named '\(name)'",
            remedy: "\(hint) \(names.count == 1 ? "is" : "are") \(names.joined(separator: ", ")).")
    }
}

extension AnalysisError {
    /// The words of the results file, one level up.
    init(_ error: ResultsError) {
        self.init(place: error.place, problem: error.problem, remedy: error.remedy)
    }

    /// The archive's own words, one level up.
    init(_ error: ArchiveError) {
        let finding = error.findings[0]
        self.init(place: finding.location, problem: finding.problem, remedy: finding.remedy)
    }
}
