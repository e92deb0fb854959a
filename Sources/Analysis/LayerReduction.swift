public import Activations
internal import KernelMethods
internal import LinearAlgebra
internal import Results

/// Kernel PCA of the inputs or of a layer of an archive, written to a file of its own.
///
/// The basis is fitted on the samples of the split `train` (else of the first chosen split); other splits are projected.
/// A layer has a basis of its own in every record; inputs that change per epoch keep the basis of the first record.
public struct LayerReduction: Sendable {
    /// What is reduced.
    public enum Source: Sendable, Hashable {
        /// The inputs of the network.
        case inputs
        /// The activations of this layer.
        case layer(String)
    }

    private let archive: ActivationArchive
    private let reader: CellReader
    private let source: Source
    private let reduction: InputReduction
    private let units: [String: [AnalysisPlan.Unit]]
    private let splits: [SplitInfo]
    private let fitted: SplitInfo
    private let epochs: [Int]
    private let samples: Int?

    /// Plans the reduction.
    ///
    /// - Parameters:
    ///   - source: the inputs or a layer.
    ///   - reduction: the number of components and the kernel.
    ///   - request: chooses splits, epochs and samples as for an analysis.
    ///   - archive: what is read.
    /// - Throws: where a name or an epoch is not in the archive.
    public init(
        of source: Source, by reduction: InputReduction, _ request: AnalysisRequest, in archive: ActivationArchive
    ) throws(AnalysisError) {
        var request = request
        if case .layer(let name) = source { request.layers = [name] }
        let plan = try AnalysisPlan(request, of: archive)
        let cells = plan.units.filter { $0.layer != nil }
        self.archive = archive
        reader = CellReader(archive: archive)
        self.source = source
        self.reduction = reduction
        units = Dictionary(grouping: cells, by: \.split.name)
        let names = Set(units.keys)
        splits = archive.splits.filter { names.contains($0.name) }
        fitted = AnalysisPlan.fittedSamples(for: splits[0], among: archive.splits, request).split
        epochs = plan.epochs
        samples = request.samples
    }

    /// The bytes that one fit takes at its peak, predicted, if it may take `memory`; above that where there is no way with less.
    public func predictedBytes(memory: Int) -> Int {
        KernelPCA.predictedBytes(
            samples: fittedSamples, features: features, components: reduction.components, kernel: reduction.kernel,
            memory: memory)
    }

    /// Writes the reduction.
    ///
    /// - Parameters:
    ///   - path: the file to write.
    ///   - memory: the bytes that a fit may take; no question of the numbers.
    ///   - jobs: the number of threads; no question of the numbers.
    ///   - progress: called with the records done and to do, and from time to time with the products of a kernel matrix with a vector
    ///     that the record at work has taken so far.
    ///   - shouldStop: asked before every record; a stopped reduction leaves no file.
    /// - Returns: the spectrum of the last record, and whether its kernel was narrow (see `KernelPCA.isNarrow`); nil where it was stopped.
    public func write(
        to path: String, memory: Int = .max, jobs: Int = 1,
        progress: (_ done: Int, _ total: Int, _ products: Int) -> Void = { _, _, _ in },
        shouldStop: () -> Bool = { false }
    ) throws -> (eigenvalues: [Double], residuals: [Double], isNarrow: Bool)? {
        let sourceName: String
        switch source {
        case .inputs: sourceName = "inputs"
        case .layer(let name): sourceName = name
        }
        let file = try ReductionFile(
            creating: path,
            attributes: [
                ("archive", archive.info.id), ("source", sourceName), ("fitted_split", fitted.name),
            ],
            splits: try splits.map { split in
                let count = min(samples ?? split.sampleCount, split.sampleCount)
                return (split.name, count, try labels(of: split, samples: count))
            },
            components: reduction.components)
        do {
            guard
                let spectrum = try fill(
                    file, memory: memory, jobs: jobs, progress: progress, shouldStop: shouldStop)
            else {
                file.discard()
                return nil
            }
            try file.close()
            return spectrum
        } catch {
            file.discard()
            throw error
        }
    }

    private func fill(
        _ file: ReductionFile, memory: Int, jobs: Int, progress: (Int, Int, Int) -> Void, shouldStop: () -> Bool
    ) throws -> (eigenvalues: [Double], residuals: [Double], isNarrow: Bool)? {
        var basis: KernelPCA?
        let records = self.records
        for (index, record) in records.enumerated() {
            if shouldStop() { return nil }
            progress(index, records.count, 0)
            if basis == nil || !isInput {
                basis = try KernelPCA.fit(
                    try matrix(of: fitted, record: isInput ? 0 : record, samples: fittedSamples, jobs: jobs),
                    kernel: reduction.kernel, components: reduction.components, memory: memory, jobs: jobs,
                    progress: { progress(index, records.count, $0) })
            }
            guard let basis else { preconditionFailure("the first record fits a basis") }
            var scores: [String: [Double]] = [:]
            for split in splits {
                let count = min(samples ?? split.sampleCount, split.sampleCount)
                let isFitted = split.name == fitted.name && (!isInput || !split.inputs.perEpoch || record == 0)
                scores[split.name] =
                    isFitted
                    ? basis.scores.values
                    : try basis.project(try matrix(of: split, record: record, samples: count, jobs: jobs), jobs: jobs)
                        .values
            }
            try file.append(
                epoch: isConstant ? nil : epochs[record], kernel: basis.kernel.description,
                eigenvalues: basis.eigenvalues, residuals: basis.residuals,
                negatives: basis.negativeEigenvalues?.count, scores: scores)
        }
        progress(records.count, records.count, 0)
        return basis.map { ($0.eigenvalues, $0.residuals, $0.isNarrow) }
    }

    private func labels(of split: SplitInfo, samples: Int) throws -> ReducedLabels {
        switch try archive.labels(split: split.name) {
        case .classes(let ids, _): .classes(Array(ids.prefix(samples)))
        case .values(let values, let width): .values(Array(values.prefix(samples * width)), width: width)
        }
    }

    private var isInput: Bool { source == .inputs }

    /// Whether one record says everything: inputs that stay the same.
    private var isConstant: Bool { isInput && !splits.contains { $0.inputs.perEpoch } }

    private var records: [Int] {
        let all = Set(units.values.flatMap { $0.map(\.record) }).sorted()
        return isConstant ? Array(all.prefix(1)) : all
    }

    private var fittedSamples: Int { min(samples ?? fitted.sampleCount, fitted.sampleCount) }

    private var features: Int {
        switch source {
        case .inputs: fitted.inputs.shape.reduce(1, *)
        case .layer(let name): fitted.layers.first { $0.name == name }?.unitShape.reduce(1, *) ?? 0
        }
    }

    private func matrix(of split: SplitInfo, record: Int, samples: Int, jobs: Int) throws(AnalysisError) -> Matrix<
        Double
    > {
        guard case .layer(let name) = source else {
            return try reader.inputs(of: split, record: record, samples: samples).asDouble(jobs: jobs)
        }
        guard let layer = split.layers.first(where: { $0.name == name }) else {
            throw AnalysisError(
                place: "\(archive.path):/splits/\(split.name)", problem: "the layer \(name) was not recorded there",
                remedy: "Choose splits that hold it with --split.")
        }
        let unit = AnalysisPlan.Unit(
            split: split, layer: layer, record: record, samples: samples, binnings: [], valueEstimators: [])
        let values = try reader.activations(of: unit, layer: layer)
        try reader.checkFinite(values, of: unit)
        return values.asDouble(jobs: jobs)
    }
}
