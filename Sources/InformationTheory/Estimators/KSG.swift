public import LinearAlgebra

#if canImport(Darwin)
    internal import Darwin
#else
    internal import Glibc
#endif

/// Estimates I(X;Y) of two real vectors in bits from the k nearest neighbours of each sample, under the maximum norm.
///
/// With ε the distance of the k-th neighbour in the joint space and n_x, n_y the other samples nearer than ε in each space,
/// variant 1 is ψ(k) − ⟨ψ(n_x + 1) + ψ(n_y + 1)⟩ + ψ(n); variant 2 takes the extents ε_x, ε_y of the k neighbours in each
/// space, counts the samples as near as these, and is ψ(k) − 1/k − ⟨ψ(n_x) + ψ(n_y)⟩ + ψ(n), all in nats. Not cut at 0, no
/// noise added, nothing scaled: spaces of very different scale want to be standardized first.
///
/// **Ties.** Where k other rows are equal to a sample's, the density has an atom there, and its term is
/// ψ(k̃) − ψ(ñ_x) − ψ(ñ_y) + ψ(n), the counts of equal rows, itself included: the plug-in estimate of the discrete part. So
/// censored values (ReLU) have a finite and consistent estimate; `ties` says that rows are repeated in X or in Y.
///
/// **When to distrust it.** If Y is a function of X, I is infinite and the estimate grows with n (`saturated` near the ceiling
/// ψ(n) − ψ(k), `unconverged`). In many dimensions the neighbours are far away, the density is not constant among them and the
/// estimate too small: `unconverged` where the median ε exceeds half the largest standard deviation of the columns of X or
/// of Y, or where halves of the samples give another number than all by more than the standard error.
///
/// - Parameters:
///   - x: n × d_x, finite.
///   - y: n × d_y, finite.
///   - k: how many neighbours, at least 1.
///   - variant: which of the two estimators.
///   - seed: of the groups of the delete-group jackknife, which gives the standard error.
///   - errorBars: whether there is a standard error and a curve. Without, it takes about a third of the time, and `unconverged`
///     is set, because nothing tells.
///   - jobs: the number of threads, which changes no bit.
/// - Throws: `.notEstimable` for k ≥ n, `.notFinite`, `.empty`.
/// - Complexity: O(n²·(d_x + d_y)) at most; in few columns less, in one and one about O(n^1.5). Memory O(n·(d_x + d_y)), and with
///   error bars 27 n numbers.
///
/// Source: Kraskov, Stögbauer, Grassberger, "Estimating Mutual Information", 2004, eq. 8 and 9; ties: Gao, Kannan, Oh,
/// Viswanath, "Estimating Mutual Information for Discrete-Continuous Mixtures", 2017, algorithm 1.
public func ksgInformation(
    _ x: Matrix<Double>, _ y: Matrix<Double>, variant: KSGVariant, neighbours k: Int, seed: UInt64,
    errorBars: Bool = true, jobs: Int = 1
) throws(InformationError) -> Estimate {
    try checkNeighbours(k, of: [x, y], Estimator(.ksg(variant, neighbours: k)).description)
    return try KSGTarget(y, variant: variant, neighbours: k, seed: seed, errorBars: errorBars).information(
        x, jobs: jobs)
}

/// One variable Y, made ready once for the estimates of ``ksgInformation(_:_:variant:neighbours:seed:errorBars:jobs:)`` with several
/// others, which are the same to the bit.
public struct KSGTarget: Sendable {
    private let variant: KSGVariant
    private let k: Int
    private let resampling: Resampling
    private let y: NeighbourSpace
    private let psi: DigammaTable

    /// Takes the variable and what all estimates share. O(n·d_y).
    public init(
        _ y: Matrix<Double>, variant: KSGVariant, neighbours k: Int, seed: UInt64, errorBars: Bool = true
    ) throws(InformationError) {
        try checkNeighbours(k, of: [y], Estimator(.ksg(variant, neighbours: k)).description)
        self.variant = variant
        self.k = k
        resampling = Resampling(samples: y.rows, seed: seed, errorBars: errorBars)
        self.y = try NeighbourSpace(y, resampling)
        psi = DigammaTable(upTo: y.rows)
    }

    /// Estimates I(X;Y) of a variable of the same samples.
    public func information(_ x: Matrix<Double>, jobs: Int = 1) throws(InformationError) -> Estimate {
        try checkNeighbours(k, of: [y.matrix, x], Estimator(.ksg(variant, neighbours: k)).description)
        let samples = x.rows
        let x = try NeighbourSpace(x, resampling)
        if x.distinctRows == 1 || y.distinctRows == 1 {
            return Estimate(value: 0, standardError: 0, ceiling: 0, flags: .constant)
        }
        let (k, psi, variant, table) = (k, psi.values, variant, psi)
        defer { withExtendedLifetime(table) {} }
        let base = psi[k] - (variant == .two ? 1 / Double(k) : 0)
        let found = NeighbourSearch([x, y], resampling).means(neighbours: k, jobs: jobs) { part, neighbourhood in
            let radius = neighbourhood.radius
            if radius == 0 {
                return psi[neighbourhood.equals]
                    - (psi[neighbourhood.count(within: 0, inSpace: 0, inclusive: true)]
                        + psi[neighbourhood.count(within: 0, inSpace: 1, inclusive: true)])
            }
            switch variant {
            case .one:
                // The sample itself is counted, which makes the + 1.
                return base
                    - (psi[neighbourhood.count(within: radius, inSpace: 0, inclusive: false)]
                        + psi[neighbourhood.count(within: radius, inSpace: 1, inclusive: false)])
            case .two:
                let extents = neighbourhood.extents
                return base
                    - (psi[neighbourhood.count(within: extents.0, inSpace: 0, inclusive: true) - 1]
                        + psi[neighbourhood.count(within: extents.1, inSpace: 1, inclusive: true) - 1])
            }
        }
        let sizes = resampling.sizes
        let values = found.means.enumerated().map { part, mean in mean.map { ($0 + psi[sizes[part]]) / log(2) } }
        let ceiling = (psi[samples] + base - 2 * psi[k]) / log(2)
        var estimate = Estimate(values, of: resampling, ceiling: ceiling)
        let radius = median(of: found.radii)
        if isCoarse(medianRadius: radius, spread: x.spread) || isCoarse(medianRadius: radius, spread: y.spread) {
            estimate.flags.insert(.unconverged)
        }
        if x.distinctRows < samples || y.distinctRows < samples { estimate.flags.insert(.ties) }
        if estimate.value > 0.9 * ceiling { estimate.flags.insert(.saturated) }
        return estimate
    }
}

/// Refuses what no nearest-neighbour estimator can take: other numbers of samples, too few of them, values that are not
/// finite.
func checkNeighbours(_ k: Int, of spaces: [Matrix<Double>], _ name: String) throws(InformationError) {
    let samples = spaces[0].rows
    for space in spaces {
        guard space.rows == samples else {
            throw .notEstimable(
                estimator: name, problem: "\(samples) samples of one variable and \(space.rows) of the other",
                remedy: "Give both for the same samples.")
        }
        guard space.rows > 0, space.columns > 0 else { throw .empty(rows: space.rows, columns: space.columns) }
        if let place = space.values.firstIndex(where: { !$0.isFinite }) {
            throw .notFinite(sample: place / space.columns, unit: place % space.columns)
        }
    }
    guard k < samples else {
        throw .notEstimable(
            estimator: name,
            problem: "\(k) neighbours of each of \(samples) samples; expected at least \(k + 1) samples",
            remedy: "Take fewer neighbours or more samples.")
    }
}
