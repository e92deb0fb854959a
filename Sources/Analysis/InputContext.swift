internal import Activations
internal import InformationTheory
internal import KernelMethods
internal import LinearAlgebra

/// What all layers of one record share: the inputs as symbols, the labels, and the features of the GIB terms.
struct InputContext: Sendable {
    /// X: the distinct raw input rows.
    let inputs: Symbols
    /// Y.
    let labels: Symbols
    let labelEntropy: Double
    /// The binned features, where GIB terms are asked for.
    let features: InputFeatures?
}

/// Computes contexts once for all cells that share them, and keeps the last few.
actor InputContexts {
    private let reader: CellReader
    private let request: AnalysisRequest
    private let jobs: Int
    private var contexts: [(key: Key, task: Task<Result<InputContext, AnalysisError>, Never>)] = []
    private var bases: [(key: Key, task: Task<Result<KernelPCA, AnalysisError>, Never>)] = []

    private struct Key: Hashable {
        let split: String
        let record: Int
    }

    /// As many as cells in flight can need: the current record and the one before it.
    private static let kept = 2

    init(reader: CellReader, request: AnalysisRequest, jobs: Int) {
        self.reader = reader
        self.request = request
        self.jobs = jobs
    }

    func context(of unit: AnalysisPlan.Unit) async throws(AnalysisError) -> InputContext {
        let record = unit.split.inputs.perEpoch ? unit.record : 0
        let key = Key(split: unit.split.name, record: record)
        let task: Task<Result<InputContext, AnalysisError>, Never>
        if let known = contexts.first(where: { $0.key == key }) {
            task = known.task
        } else {
            task = Task { await self.makeContext(split: unit.split, record: record, samples: unit.samples) }
            contexts.append((key, task))
            if contexts.count > Self.kept { contexts.removeFirst() }
        }
        return try await task.value.get()
    }

    /// The reductions that were fitted, for the results.
    func fittedBases() async -> [(split: String, samples: Int, basis: KernelPCA)] {
        var fitted: [(String, Int, KernelPCA)] = []
        for (key, task) in bases {
            if case .success(let basis) = await task.value { fitted.append((key.split, basis.scores.rows, basis)) }
        }
        return fitted
    }

    private nonisolated func makeContext(
        split: SplitInfo, record: Int, samples: Int
    ) async -> Result<InputContext, AnalysisError> {
        do throws(AnalysisError) {
            let inputs = try reader.inputs(of: split, record: record, samples: samples)
            let labels = try reader.labels(of: split, samples: samples, binning: request.labelBinning)
            let raw = try informing(about: split) { () throws(InformationError) in
                try inputs.rowSymbols()
            }
            var features: InputFeatures?
            if !request.targets.isEmpty {
                let source: SampleMatrix
                var ranges: [ValueRange]?
                if request.inputReduction != nil {
                    source = .double(try await reduced(inputs, of: split, samples: samples))
                } else {
                    source = inputs
                    ranges = try reader.inputRanges(of: split, record: record, samples: samples)
                }
                features = try informing(about: split) { () throws(InformationError) in
                    try source.features(binning: request.inputBinning, unitRanges: ranges)
                }
            }
            return .success(
                InputContext(inputs: raw, labels: labels, labelEntropy: entropy(of: labels), features: features))
        } catch {
            return .failure(error)
        }
    }

    private nonisolated func informing<T>(
        about split: SplitInfo, _ compute: () throws(InformationError) -> T
    ) throws(AnalysisError) -> T {
        do throws(InformationError) {
            return try compute()
        } catch {
            throw AnalysisError(error, at: "\(reader.archive.path):/splits/\(split.name)/inputs")
        }
    }

    /// The inputs in the coordinates of the fitted basis.
    private func reduced(
        _ inputs: SampleMatrix, of split: SplitInfo, samples: Int
    ) async throws(AnalysisError) -> Matrix<Double> {
        let fitted = InputReduction.fittedSplit(of: reader.archive) ?? split
        let isFitted = fitted.name == split.name && !split.inputs.perEpoch
        let basis = try await basis(of: fitted, samples: min(samples, fitted.sampleCount)).get()
        guard !isFitted || basis.scores.rows != inputs.rows else { return basis.scores }
        do throws(KernelError) {
            return try basis.project(inputs.asDouble)
        } catch {
            throw AnalysisError(
                place: "\(reader.archive.path):/splits/\(split.name)/inputs", problem: String(describing: error),
                remedy: "Analyze without --reduce-inputs, or choose another kernel.")
        }
    }

    private func basis(of split: SplitInfo, samples: Int) async -> Result<KernelPCA, AnalysisError> {
        let key = Key(split: split.name, record: 0)
        if let known = bases.first(where: { $0.key == key }) { return await known.task.value }
        let task = Task { self.fitBasis(of: split, samples: samples) }
        bases.append((key, task))
        return await task.value
    }

    private nonisolated func fitBasis(of split: SplitInfo, samples: Int) -> Result<KernelPCA, AnalysisError> {
        guard let reduction = request.inputReduction else { preconditionFailure("no reduction was asked for") }
        do throws(AnalysisError) {
            let inputs = try reader.inputs(of: split, record: 0, samples: samples)
            do throws(KernelError) {
                return .success(
                    try KernelPCA.fit(
                        inputs.asDouble, kernel: reduction.kernel, components: reduction.components,
                        jobs: jobs)
                )
            } catch {
                throw AnalysisError(
                    place: "\(reader.archive.path):/splits/\(split.name)/inputs", problem: String(describing: error),
                    remedy: "Ask for fewer components, or choose another kernel.")
            }
        } catch {
            return .failure(error)
        }
    }
}
