public import LinearAlgebra

/// One variable of some samples, as estimators take it.
public enum Variable: Sendable {
    /// n × d real values.
    case values(Matrix<Double>)
    /// One symbol per sample: a label, or binned values.
    case symbols(Symbols)
}

extension Estimator {
    /// Estimates the information between two variables of the same samples, in bits.
    ///
    /// Estimators of symbols take two `symbols`; `ksg1` and `ksg2` two `values`; `ross` and the pairwise bounds `values` and
    /// `symbols`, in any order; `gaussian-copula` two `values`, or `values` and `symbols`. The formulas and when to distrust
    /// them stand at `mutualInformationEstimate`, `ksgInformation`, `rossInformation`, `pairwiseEstimates` and
    /// `gaussianCopulaInformation`.
    ///
    /// - Parameters:
    ///   - x: one variable.
    ///   - y: the other, of the same samples.
    ///   - seed: of the groups of the delete-group jackknife.
    /// - Throws: `.notEstimable` where the estimator does not fit the variables, saying which does, or has no answer.
    public func information(
        _ x: Variable, _ y: Variable, seed: UInt64
    ) throws(InformationError) -> Estimate {
        switch (method, x, y) {
        case (.counts(let correction), .symbols(let a), .symbols(let b)):
            guard a.sampleCount == b.sampleCount else { throw differing(a.sampleCount, b.sampleCount) }
            guard a.sampleCount > 0 else { throw .empty(rows: 0, columns: 1) }
            return mutualInformationEstimate(a, b, by: correction, seed: seed)
        case (.ksg(let variant, let k), .values(let a), .values(let b)):
            return try ksgInformation(a, b, variant: variant, neighbours: k, seed: seed)
        case (.ross(let k), .values(let a), .symbols(let b)), (.ross(let k), .symbols(let b), .values(let a)):
            return try rossInformation(a, labels: b, neighbours: k, seed: seed)
        case (.gaussianCopula, .values(let a), .values(let b)):
            return try gaussianCopulaInformation(a, b, seed: seed)
        case (.gaussianCopula, .values(let a), .symbols(let b)), (.gaussianCopula, .symbols(let b), .values(let a)):
            return try gaussianCopulaInformation(a, labels: b, seed: seed)
        case (.pairwise(let bound, let variance), .values(let a), .symbols(let b)),
            (.pairwise(let bound, let variance), .symbols(let b), .values(let a)):
            return try pairwiseEstimates(of: a, with: [b], bound: bound, noiseVariance: variance, seed: seed)
                .information[0]
        default:
            throw .notEstimable(
                estimator: description, problem: "it takes \(wanted) for an information, not \(x.kind) and \(y.kind)",
                remedy: remedy(x, y))
        }
    }

    /// Estimates the entropy of a variable in bits: H of `symbols`, the differential entropy h of `values` (with a pairwise
    /// bound, h of the values plus noise).
    ///
    /// - Throws: `.notEstimable` where the estimator gives no entropy of the variable, or has no answer.
    public func entropy(of x: Variable, seed: UInt64) throws(InformationError) -> Estimate {
        switch (method, x) {
        case (.counts(let correction), .symbols(let z)):
            guard z.sampleCount > 0 else { throw .empty(rows: 0, columns: 1) }
            return entropyEstimate(of: z, by: correction, seed: seed)
        case (.kozachenkoLeonenko(let k), .values(let z)):
            return try kozachenkoLeonenkoEntropy(of: z, neighbours: k, seed: seed)
        case (.pairwise(let bound, let variance), .values(let z)):
            return try pairwiseEstimates(of: z, with: [], bound: bound, noiseVariance: variance, seed: seed).entropy
        default:
            throw .notEstimable(
                estimator: description, problem: "it gives no entropy of \(x.kind)",
                remedy: "Real values have kozachenko-leonenko:k=3, symbols have plug-in and its corrections.")
        }
    }

    private var wanted: String {
        switch method {
        case .counts: "symbols and symbols"
        case .ksg: "real values and real values"
        case .ross, .pairwise: "real values and a label"
        case .gaussianCopula: "real values and real values or a label"
        case .kozachenkoLeonenko: "real values alone, for an entropy, and nothing"
        }
    }

    private func remedy(_ x: Variable, _ y: Variable) -> String {
        switch (x, y) {
        case (.values, .values): "Between real values there are ksg1:k=3, ksg2:k=3 and gaussian-copula."
        case (.symbols, .symbols): "Between symbols there are plug-in and its corrections."
        default: "Between real values and a label there are ross:k=3, gaussian-copula and the pairwise bounds."
        }
    }

    private func differing(_ a: Int, _ b: Int) -> InformationError {
        .notEstimable(
            estimator: description, problem: "\(a) samples of one variable and \(b) of the other",
            remedy: "Give both for the same samples.")
    }
}

extension Variable {
    fileprivate var kind: String {
        switch self {
        case .values: "real values"
        case .symbols: "symbols"
        }
    }
}
