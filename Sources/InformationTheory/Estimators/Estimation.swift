public import LinearAlgebra
internal import Synchronization

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
    ///   - errorBars: whether there is a standard error and a curve; without, `unconverged` is set, because nothing tells.
    ///   - jobs: the number of threads of those estimators that take several, which changes no bit.
    /// - Throws: `.notEstimable` where the estimator does not fit the variables, saying which does, or has no answer.
    public func information(
        _ x: Variable, _ y: Variable, seed: UInt64, errorBars: Bool = true, jobs: Int = 1
    ) throws(InformationError) -> Estimate {
        switch (method, x, y) {
        case (.counts(let correction), .symbols(let a), .symbols(let b)):
            guard a.sampleCount == b.sampleCount else { throw differing(a.sampleCount, b.sampleCount) }
            guard a.sampleCount > 0 else { throw .empty(rows: 0, columns: 1) }
            return mutualInformationEstimate(a, b, by: correction, seed: seed, errorBars: errorBars)
        case (.ksg(let variant, let k), .values(let a), .values(let b)):
            return try ksgInformation(
                a, b, variant: variant, neighbours: k, seed: seed, errorBars: errorBars, jobs: jobs)
        case (.ross(let k), .values(let a), .symbols(let b)), (.ross(let k), .symbols(let b), .values(let a)):
            return try rossInformation(a, labels: b, neighbours: k, seed: seed, errorBars: errorBars, jobs: jobs)
        case (.gaussianCopula, .values(let a), .values(let b)):
            return try gaussianCopulaInformation(a, b, seed: seed, errorBars: errorBars)
        case (.gaussianCopula, .values(let a), .symbols(let b)), (.gaussianCopula, .symbols(let b), .values(let a)):
            return try gaussianCopulaInformation(a, labels: b, seed: seed, errorBars: errorBars)
        case (.pairwise(let bound, let variance), .values(let a), .symbols(let b)),
            (.pairwise(let bound, let variance), .symbols(let b), .values(let a)):
            return try pairwiseEstimates(
                of: a, with: [b], bounds: [(bound, variance)], seed: seed, errorBars: errorBars, jobs: jobs)[0]
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
    public func entropy(
        of x: Variable, seed: UInt64, errorBars: Bool = true, jobs: Int = 1
    ) throws(InformationError) -> Estimate {
        switch (method, x) {
        case (.counts(let correction), .symbols(let z)):
            guard z.sampleCount > 0 else { throw .empty(rows: 0, columns: 1) }
            return entropyEstimate(of: z, by: correction, seed: seed, errorBars: errorBars)
        case (.kozachenkoLeonenko(let k), .values(let z)):
            return try kozachenkoLeonenkoEntropy(of: z, neighbours: k, seed: seed, errorBars: errorBars, jobs: jobs)
        case (.pairwise(let bound, let variance), .values(let z)):
            return try pairwiseEstimates(
                of: z, with: [], bounds: [(bound, variance)], seed: seed, errorBars: errorBars, jobs: jobs)[0].entropy
        default:
            throw .notEstimable(
                estimator: description, problem: "it gives no entropy of \(x.kind)",
                remedy: "Real values have kozachenko-leonenko:k=3, symbols have plug-in and its corrections.")
        }
    }

    /// Estimates the information of each of several variables with one, as ``information(_:_:seed:errorBars:jobs:)`` does one by
    /// one, to the bit: several at a time, and what they share of Y is made ready once.
    public func information(
        ofEach xs: [Variable], _ y: Variable, seed: UInt64, errorBars: Bool = true, jobs: Int = 1
    ) -> [Result<Estimate, InformationError>] {
        let target: KSGTarget? =
            if case .ksg(let variant, let k) = method, case .values(let values) = y {
                // What is wrong with Y is said of each X.
                try? KSGTarget(values, variant: variant, neighbours: k, seed: seed, errorBars: errorBars)
            } else {
                nil
            }
        let found = Mutex([Result<Estimate, InformationError>?](repeating: nil, count: xs.count))
        // Threads that are left over help within.
        let within = max(1, jobs / max(1, xs.count))
        concurrently(xs.count, jobs: jobs) { place in
            let result = Result { () throws(InformationError) in
                if let target, case .values(let values) = xs[place] {
                    return try target.information(values, jobs: within)
                }
                return try information(xs[place], y, seed: seed, errorBars: errorBars, jobs: within)
            }
            found.withLock { $0[place] = result }
        }
        return found.withLock { $0 }.map { $0! }
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
