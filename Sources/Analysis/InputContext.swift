internal import Activations
internal import InformationTheory
internal import KernelMethods
internal import LinearAlgebra
internal import Results

/// What the cells of one record share: the labels, the inputs as symbols, and the features of the GIB terms. Each is
/// computed once, when the first cell asks for it, and kept while cells of its record can still ask.
actor InputContexts {
    private let reader: CellReader
    private let plan: AnalysisPlan
    private let jobs: Int
    private let memory: Int
    private var labels = Recent<Symbols>()
    private var inputs = Recent<Symbols>()
    private var readings = Recent<InputReading>()
    private var inputValues = Recent<InputValues>()
    private var labelValues = Recent<Matrix<Double>>()
    private var permutations = Recent<LabelPermutations>()
    private var labelTerms = Recent<TargetTerms>()
    private var bases = Recent<KernelPCA>()
    private var spectra: [String: Reduction] = [:]

    /// What one reading of the inputs gives where the GIB terms need it. The symbols stand where the features fail.
    private struct InputReading: Sendable {
        let symbols: Result<Symbols, AnalysisError>
        let features: Result<InputFeatures, AnalysisError>
    }

    private struct Key: Hashable {
        let split: String
        let record: Int
        let samples: Int
    }

    /// Results by key, the last few: as many as cells in flight can need, the current record and the one before it.
    private struct Recent<Value: Sendable> {
        private(set) var entries: [(key: Key, task: Task<Result<Value, AnalysisError>, Never>)] = []
        private static var kept: Int { 2 }

        func known(_ key: Key) -> Task<Result<Value, AnalysisError>, Never>? {
            entries.first { $0.key == key }?.task
        }

        mutating func task(
            for key: Key, _ compute: @escaping @Sendable () async throws(AnalysisError) -> Value
        ) -> Task<Result<Value, AnalysisError>, Never> {
            if let known = known(key) { return known }
            let task = Task { () async -> Result<Value, AnalysisError> in
                do throws(AnalysisError) {
                    return .success(try await compute())
                } catch {
                    return .failure(error)
                }
            }
            entries.append((key, task))
            if entries.count > Self.kept { entries.removeFirst() }
            return task
        }
    }

    init(reader: CellReader, plan: AnalysisPlan, jobs: Int, memory: Int) {
        self.reader = reader
        self.plan = plan
        self.jobs = jobs
        self.memory = memory
    }

    /// Y.
    func labels(of unit: AnalysisPlan.Unit) async throws(AnalysisError) -> Symbols {
        let (reader, binning) = (reader, plan.request.labelBinning)
        return try await labels.task(for: labelKey(of: unit)) { () throws(AnalysisError) in
            try reader.labels(of: unit.split, samples: unit.samples, binning: binning)
        }.value.get()
    }

    /// The shuffles of Y; nil where none are asked for.
    func permutations(of unit: AnalysisPlan.Unit) async throws(AnalysisError) -> LabelPermutations? {
        let request = plan.request
        guard request.permutations > 0, request.estimators.contains(.plugIn) else { return nil }
        return try await permutations.task(for: labelKey(of: unit)) { () async throws(AnalysisError) in
            LabelPermutations(of: try await self.labels(of: unit), count: request.permutations, seed: request.seed)
        }.value.get()
    }

    /// The GIB terms of the target `label`, which every layer of a record has in common; nil where it is not asked for.
    func labelTerms(of unit: AnalysisPlan.Unit) async throws(AnalysisError) -> TargetTerms? {
        let (request, jobs) = (plan.request, jobs)
        guard request.targets.contains(.label), request.estimators.contains(.plugIn) else { return nil }
        return try await labelTerms.task(for: key(of: unit)) { () async throws(AnalysisError) in
            let labels = try await self.labels(of: unit)
            // The latent symbols have no part in this target.
            return TargetTerms(
                .label, of: try await self.features(of: unit), latent: labels, labels: labels, request, jobs: jobs)
        }.value.get()
    }

    /// X: the distinct raw input rows.
    func inputs(of unit: AnalysisPlan.Unit) async throws(AnalysisError) -> Symbols {
        let (reader, key) = (reader, key(of: unit))
        // Where the features were asked for, the inputs have been read already.
        if let reading = readings.known(key) { return try await reading.value.get().symbols.get() }
        return try await inputs.task(for: key) { () throws(AnalysisError) in
            let rows = try reader.inputs(of: unit.split, record: key.record, samples: unit.samples)
            return try symbols(ofInputs: rows, at: reader.place(ofInputs: unit.split))
        }.value.get()
    }

    /// The inputs as real values, where asked for reduced; nil where no estimator takes them so.
    func inputValues(of unit: AnalysisPlan.Unit) async throws(AnalysisError) -> InputValues? {
        guard unit.valueEstimators.contains(where: \.takesInputValues) else { return nil }
        let (reader, key) = (reader, key(of: unit))
        return try await inputValues.task(for: key) { () async throws(AnalysisError) in
            let rows = try reader.inputs(of: unit.split, record: key.record, samples: unit.samples)
            if self.plan.request.inputReduction == nil {
                return InputValues(matrix: rows.asDouble(), areOfNarrowKernel: false)
            }
            let reduced = try await self.reduced(rows, of: unit)
            return InputValues(matrix: reduced.scores, areOfNarrowKernel: reduced.isNarrow)
        }.value.get()
    }

    /// Real labels as they are; nil for classes, and where no estimator takes them so.
    func labelValues(of unit: AnalysisPlan.Unit) async throws(AnalysisError) -> Matrix<Double>? {
        guard unit.split.labels.areValues, unit.valueEstimators.contains(where: \.takesInputValues) else { return nil }
        let reader = reader
        return try await labelValues.task(for: labelKey(of: unit)) { () throws(AnalysisError) in
            try reader.labelValues(of: unit.split, samples: unit.samples).first
        }.value.get()
    }

    /// The binned, where asked for reduced, input features.
    ///
    /// Ranges of raw features are those of the whole split; those of reduced features are those of the analyzed samples,
    /// because projecting a whole split costs as much as fitting it.
    func features(of unit: AnalysisPlan.Unit) async throws(AnalysisError) -> InputFeatures {
        let (reader, key) = (reader, key(of: unit))
        return try await readings.task(for: key) { () async throws(AnalysisError) in
            let rows = try reader.inputs(of: unit.split, record: key.record, samples: unit.samples)
            let distinct = Result { () throws(AnalysisError) in
                try symbols(ofInputs: rows, at: reader.place(ofInputs: unit.split))
            }
            do throws(AnalysisError) {
                return InputReading(
                    symbols: distinct, features: .success(try await self.features(of: rows, unit, record: key.record)))
            } catch {
                return InputReading(symbols: distinct, features: .failure(error))
            }
        }.value.get().features.get()
    }

    private nonisolated func features(
        of rows: SampleMatrix, _ unit: AnalysisPlan.Unit, record: Int
    ) async throws(AnalysisError) -> InputFeatures {
        let (reader, request) = (reader, plan.request)
        var source = rows
        var ranges: [ValueRange]?
        var isNarrow = false
        if request.inputReduction != nil {
            let reduced = try await reduced(rows, of: unit)
            source = .double(reduced.scores)
            isNarrow = reduced.isNarrow
        } else if request.inputBinning.isOverUnit {
            ranges = try reader.inputRanges(of: unit.split, record: record, samples: unit.samples)
        }
        return try informing(about: reader.place(ofInputs: unit.split)) { () throws(InformationError) in
            var features = try source.features(binning: request.inputBinning, unitRanges: ranges)
            features.areOfNarrowKernel = isNarrow
            return features
        }
    }

    /// The reductions that were fitted, for the results.
    var reductions: [Reduction] { spectra.values.sorted { $0.fittedSplit < $1.fittedSplit } }

    private func key(of unit: AnalysisPlan.Unit) -> Key {
        Key(
            split: unit.split.name, record: unit.split.inputs.perEpoch ? unit.record : 0, samples: unit.samples)
    }

    private func labelKey(of unit: AnalysisPlan.Unit) -> Key {
        Key(split: unit.split.name, record: 0, samples: unit.samples)
    }

    /// The inputs in the coordinates of the fitted basis, and whether its kernel sees no likeness between samples.
    private func reduced(
        _ inputs: SampleMatrix, of unit: AnalysisPlan.Unit
    ) async throws(AnalysisError) -> (scores: Matrix<Double>, isNarrow: Bool) {
        guard let reduction = plan.request.inputReduction else { preconditionFailure("no reduction was asked for") }
        let (reader, jobs, memory) = (reader, jobs, memory)
        let (fitted, samples) = plan.fittedSamples(for: unit.split, among: reader.archive.splits)
        let basis = try await bases.task(for: Key(split: fitted.name, record: 0, samples: samples)) {
            () throws(AnalysisError) in
            let rows = try reader.inputs(of: fitted, record: 0, samples: samples)
            return try reducing(reader.place(ofInputs: fitted)) { () throws(KernelError) in
                try KernelPCA.fit(
                    rows.asDouble(jobs: jobs), kernel: reduction.kernel, components: reduction.components,
                    memory: memory, jobs: jobs)
            }
        }.value.get()
        spectra[fitted.name] = Reduction(
            archive: plan.archiveID, name: reduction.description, fittedSplit: fitted.name, samples: samples,
            eigenvalues: basis.eigenvalues, residuals: basis.residuals)
        // The samples that fitted the basis have their scores already.
        if fitted.name == unit.split.name, !fitted.inputs.perEpoch, unit.samples <= samples {
            let scores = basis.scores
            let analyzed = Matrix(
                rows: unit.samples, columns: scores.columns,
                values: Array(scores.values.prefix(unit.samples * scores.columns)))
            return (analyzed, basis.isNarrow)
        }
        let projected = try reducing(reader.place(ofInputs: unit.split)) { () throws(KernelError) in
            try basis.project(inputs.asDouble(jobs: jobs), jobs: jobs)
        }
        return (projected, basis.isNarrow)
    }
}

private func symbols(ofInputs rows: SampleMatrix, at place: String) throws(AnalysisError) -> Symbols {
    try informing(about: place) { () throws(InformationError) in try rows.rowSymbols() }
}

private func informing<T>(
    about place: String, _ compute: () throws(InformationError) -> T
) throws(AnalysisError) -> T {
    do throws(InformationError) {
        return try compute()
    } catch {
        throw AnalysisError(place: place, sentence: error.description)
    }
}

private func reducing<T>(_ place: String, _ compute: () throws(KernelError) -> T) throws(AnalysisError) -> T {
    do throws(KernelError) {
        return try compute()
    } catch {
        throw AnalysisError(place: place, sentence: error.description)
    }
}
