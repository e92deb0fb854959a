public import LinearAlgebra

/// Why a kernel or a kernel PCA cannot be had.
public enum KernelError: Error, Hashable, Sendable, CustomStringConvertible {
    /// No kernel has this name; `nearest` is the one that was probably meant.
    case unknownKernel(String, nearest: String)

    /// Part of a kernel's text that sets none of its parameters, or one for the second time.
    case unknownParameter(kernel: String, text: String, known: [String])

    /// A parameter outside its range.
    case invalidParameter(kernel: String, name: String, expected: String, found: String)

    /// Fewer than 2 samples, or samples without features.
    case tooSmall(samples: Int, features: Int)

    /// All samples are equal: there is no variance to decompose.
    case constantSamples(count: Int)

    /// A value that is NaN or infinite.
    case notFinite(sample: Int, feature: Int)

    /// A sample whose features all are 0 has no direction, and so no cosine.
    case zeroSample(Int)

    /// Kernel values beyond the range of Float64.
    case overflow(kernel: String)

    /// No two samples are alike to the kernel, so that all components have the same eigenvalue and mean nothing.
    case noLikeness(kernel: String)

    /// Not 1 ... `most` components, as many as the samples and the kernel can have.
    case componentCount(asked: Int, most: Int)

    /// More components than the centred kernel matrix has eigenvalues above rounding. `rank` of them were found.
    case rankTooLow(asked: Int, rank: Int)

    /// Samples to project have another number of features than the fitted ones.
    case featureCount(expected: Int, found: Int)

    /// The eigenvalues could not be computed.
    case eigenvalues(LinearAlgebraError)

    /// The error as one or two sentences: what is wrong, what was expected and found, what to do.
    public var description: String {
        switch self {
        case .unknownKernel(let name, let nearest):
            "kernel '\(name)': unknown; expected one of \(Kernel.names.joined(separator: ", ")). "
                + "Did you mean '\(nearest)'?"
        case .unknownParameter(let kernel, let text, let known):
            known.isEmpty
                ? "kernel \(kernel): '\(text)' is not understood; this kernel has no parameters. "
                    + "Write '\(kernel)' alone."
                : "kernel \(kernel): '\(text)' is not understood; expected \(known.joined(separator: ", ")), "
                    + "each at most once. Write for example '\(kernel):\(known[0])=2'."
        case .invalidParameter(let kernel, let name, let expected, let found):
            "kernel \(kernel): \(name) is out of range; expected \(expected), found \(found). Choose another \(name)."
        case .tooSmall(let samples, let features):
            "kernel PCA: too little to decompose; expected at least 2 samples of at least 1 feature, "
                + "found \(samples) of \(features). Analyze more."
        case .constantSamples(let count):
            "kernel PCA: all \(count) samples are equal, so that no component has any variance. "
                + "Choose inputs that vary, or leave out the reduction."
        case .notFinite(let sample, let feature):
            "kernel PCA: the value of sample \(sample), feature \(feature) is not finite. Record finite inputs."
        case .zeroSample(let sample):
            "kernel cosine: sample \(sample) has only zeros, and so no direction. "
                + "Leave this sample out, or choose another kernel."
        case .overflow(let kernel):
            "kernel \(kernel): values beyond the range of Float64. Scale the inputs, or lower degree or gamma."
        case .noLikeness(let kernel):
            "kernel \(kernel): no two samples are alike, k(x, x') is 0 for all of them, and components mean nothing. Give a "
                + "smaller gamma, or scale the features: the default, 1/features, expects unit scale."
        case .componentCount(let asked, let most):
            "kernel PCA: \(asked) components are not possible; expected 1 to \(most) for these samples and this kernel. "
                + "Ask for at most \(most)."
        case .rankTooLow(let asked, let rank):
            "kernel PCA: \(asked) components asked, but only \(rank) have an eigenvalue above rounding. "
                + (rank > 0 ? "Ask for at most \(rank)." : "Choose another kernel or gamma.")
        case .featureCount(let expected, let found):
            "kernel PCA: the samples have another number of features than the fitted ones; "
                + "expected \(expected), found \(found). Fit the basis on inputs of this shape."
        case .eigenvalues(let error):
            "kernel PCA: \(error)"
        }
    }
}
