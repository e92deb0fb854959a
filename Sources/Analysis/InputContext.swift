internal import Activations
internal import InformationTheory
internal import KernelMethods
internal import LinearAlgebra

/// What the cells of one record share: the labels, the inputs as symbols, and the features of the GIB terms. Each is
/// computed once, when the first cell asks for it, and kept while cells of its record can still ask.
actor InputContexts {
    private let reader: CellReader
    private let plan: AnalysisPlan
    private let jobs: Int
    private var labels = Recent<Symbols>()
    private var inputs = Recent<Symbols>()
    private var features = Recent<InputFeatures>()
    private var bases = Recent<KernelPCA>()

    private struct Key: Hashable {
        let split: String
        let record: Int
    }

    /// Results by key, the last few: as many as cells in flight can need, the current record and the one before it.
    private struct Recent<Value: Sendable> {
        private(set) var entries: [(key: Key, task: Task<Result<Value, AnalysisError>, Never>)] = []
        private static var kept: Int { 2 }

        mutating func task(
            for key: Key, _ compute: @escaping @Sendable () async throws(AnalysisError) -> Value
        ) -> Task<Result<Value, AnalysisError>, Never> {
            if let known = entries.first(where: { $0.key == key }) { return known.task }
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

    init(reader: CellReader, plan: AnalysisPlan, jobs: Int) {
        self.reader = reader
        self.plan = plan
        self.jobs = jobs
    }

    /// Y.
    func labels(of unit: AnalysisPlan.Unit) async throws(AnalysisError) -> Symbols {
        let (reader, binning) = (reader, plan.request.labelBinning)
        return try await labels.task(for: Key(split: unit.split.name, record: 0)) { () throws(AnalysisError) in
            try reader.labels(of: unit.split, samples: unit.samples, binning: binning)
        }.value.get()
    }

    /// X: the distinct raw input rows.
    func inputs(of unit: AnalysisPlan.Unit) async throws(AnalysisError) -> Symbols {
        let (reader, key) = (reader, key(of: unit))
        return try await inputs.task(for: key) { () throws(AnalysisError) in
            let rows = try reader.inputs(of: unit.split, record: key.record, samples: unit.samples)
            return try informing(about: reader.place(ofInputs: unit.split)) { () throws(InformationError) in
                try rows.rowSymbols()
            }
        }.value.get()
    }

    /// The binned, where asked for reduced, input features.
    ///
    /// Ranges of raw features are those of the whole split; those of reduced features are those of the analyzed samples,
    /// because projecting a whole split costs as much as fitting it.
    func features(of unit: AnalysisPlan.Unit) async throws(AnalysisError) -> InputFeatures {
        let (reader, request, key) = (reader, plan.request, key(of: unit))
        return try await features.task(for: key) { () async throws(AnalysisError) in
            let rows = try reader.inputs(of: unit.split, record: key.record, samples: unit.samples)
            var source = rows
            var ranges: [ValueRange]?
            if request.inputReduction != nil {
                source = .double(try await self.reduced(rows, of: unit))
            } else if request.inputBinning.isOverUnit {
                ranges = try reader.inputRanges(of: unit.split, record: key.record, samples: unit.samples)
            }
            return try informing(about: reader.place(ofInputs: unit.split)) { () throws(InformationError) in
                try source.features(binning: request.inputBinning, unitRanges: ranges)
            }
        }.value.get()
    }

    /// The reductions that were fitted, for the results.
    func fittedBases() async -> [(split: String, basis: KernelPCA)] {
        var fitted: [(String, KernelPCA)] = []
        for (key, task) in bases.entries {
            if case .success(let basis) = await task.value { fitted.append((key.split, basis)) }
        }
        return fitted
    }

    private func key(of unit: AnalysisPlan.Unit) -> Key {
        Key(split: unit.split.name, record: unit.split.inputs.perEpoch ? unit.record : 0)
    }

    /// The inputs in the coordinates of the fitted basis.
    private func reduced(
        _ inputs: SampleMatrix, of unit: AnalysisPlan.Unit
    ) async throws(AnalysisError) -> Matrix<Double> {
        guard let reduction = plan.request.inputReduction else { preconditionFailure("no reduction was asked for") }
        let (reader, jobs) = (reader, jobs)
        let (fitted, samples) = plan.fittedSamples(for: unit.split, among: reader.archive.splits)
        let basis = try await bases.task(for: Key(split: fitted.name, record: 0)) { () throws(AnalysisError) in
            let rows = try reader.inputs(of: fitted, record: 0, samples: samples)
            return try reducing(reader.place(ofInputs: fitted)) { () throws(KernelError) in
                try KernelPCA.fit(
                    rows.asDouble, kernel: reduction.kernel, components: reduction.components, jobs: jobs)
            }
        }.value.get()
        // The samples that fitted the basis have their scores already.
        if fitted.name == unit.split.name, !fitted.inputs.perEpoch { return basis.scores }
        return try reducing(reader.place(ofInputs: unit.split)) { () throws(KernelError) in
            try basis.project(inputs.asDouble, jobs: jobs)
        }
    }
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
