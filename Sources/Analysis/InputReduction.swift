public import Activations
public import KernelMethods

/// How inputs with many features become few before the GIB terms, written `kpca:50` or `kpca:50@polynomial:degree=2`.
///
/// The basis is fitted on the analyzed samples of the split `train` (else of the analyzed split; of the first record
/// where inputs change per epoch); other samples are projected onto it.
public struct InputReduction: Sendable, Hashable, CustomStringConvertible {
    /// How many components are kept.
    public let components: Int
    /// The kernel.
    public let kernel: Kernel

    /// Reads the text form.
    ///
    /// - Throws: where the text is not of this form, or names no kernel.
    public init(_ text: String) throws(AnalysisError) {
        let parts = text.split(separator: "@", maxSplits: 1)
        guard let head = parts.first, head.hasPrefix("kpca:"), let components = Int(head.dropFirst(5)), components > 0
        else {
            throw AnalysisError(
                place: "reduction '\(text)'", problem: "not a reduction; expected kpca:K or kpca:K@KERNEL",
                remedy: "Write kpca:50, or kpca:50@linear for another kernel than rbf.")
        }
        self.components = components
        do throws(KernelError) {
            kernel = try Kernel(parts.count > 1 ? String(parts[1]) : "rbf")
        } catch {
            throw AnalysisError(
                place: "reduction '\(text)'", sentence: error.description)
        }
    }

    /// The text form; the default kernel is left out.
    public var description: String {
        kernel == .rbf(gamma: nil) ? "kpca:\(components)" : "kpca:\(components)@\(kernel)"
    }
}

extension AnalysisPlan {
    /// The split that fits the basis of reduced inputs, and how many of its samples do: the analyzed samples of `train`
    /// where there is one, whatever other splits are analyzed, else of the analyzed split.
    func fittedSamples(for split: SplitInfo, among splits: [SplitInfo]) -> (split: SplitInfo, samples: Int) {
        Self.fittedSamples(for: split, among: splits, request)
    }

    static func fittedSamples(
        for split: SplitInfo, among splits: [SplitInfo], _ request: AnalysisRequest
    ) -> (split: SplitInfo, samples: Int) {
        let fitted = splits.first { $0.name == "train" } ?? split
        return (fitted, min(request.samples ?? fitted.sampleCount, fitted.sampleCount))
    }

    /// The memory in bytes that fitting the basis of reduced inputs takes if it may take `memory`, predicted; 0 where inputs are
    /// not reduced.
    public func reductionBytes(in archive: ActivationArchive, memory: Int) -> Int {
        guard let reduction = request.inputReduction, !request.targets.isEmpty, let analyzed = units.first?.split else {
            return 0
        }
        let (split, samples) = fittedSamples(for: analyzed, among: archive.splits)
        return KernelPCA.predictedBytes(
            samples: samples, features: split.inputs.shape.reduce(1, *), components: reduction.components,
            kernel: reduction.kernel, memory: memory)
    }
}
