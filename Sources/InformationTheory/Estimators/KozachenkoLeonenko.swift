public import LinearAlgebra

#if canImport(Darwin)
    internal import Darwin
#else
    internal import Glibc
#endif

/// Estimates the differential entropy h(X) of a real vector in bits from the k nearest neighbours of each sample, under the
/// maximum norm: ψ(n) − ψ(k) + d·⟨ln 2ε⟩ in nats, ε the distance of the k-th neighbour.
///
/// It may be negative, changes with the scale of the columns (h(aX) = h(X) + d·log2|a|) and has no ceiling. `ties` where rows
/// are repeated; `unconverged` as in `ksgInformation`.
///
/// - Parameters: as in `ksgInformation`.
/// - Throws: `.notEstimable` for k ≥ n, and where k other rows are equal to some sample's: then the density has an atom, and
///   h is −∞. `.notFinite`, `.empty`.
/// - Complexity: O(n²·d) at most; in few columns less.
///
/// Source: Kozachenko, Leonenko, 1987, as in Kraskov, Stögbauer, Grassberger 2004, eq. 20.
public func kozachenkoLeonenkoEntropy(
    of x: Matrix<Double>, neighbours k: Int, seed: UInt64, errorBars: Bool = true, jobs: Int = 1
) throws(InformationError) -> Estimate {
    let name = Estimator(.kozachenkoLeonenko(neighbours: k)).description
    try checkNeighbours(k, of: [x], name)
    let samples = x.rows
    let rows = try Symbols(rowsOf: x)
    let crowded = rows.occurrences.filter { $0 > k }.reduce(0, +)
    guard crowded == 0 else {
        throw .notEstimable(
            estimator: name,
            problem:
                "\(crowded) of \(samples) rows are equal to \(k) others or more, so that the differential entropy is "
                + "minus infinity",
            remedy:
                "Take the plug-in entropy of symbols (exact, or bins), or a bound with noise such as pairwise-upper.")
    }
    let resampling = Resampling(samples: samples, seed: seed, errorBars: errorBars)
    let space = try NeighbourSpace(x, resampling)
    let psi = DigammaTable(upTo: samples)
    let sizes = resampling.sizes
    let found = NeighbourSearch([space], resampling).means(neighbours: k, jobs: jobs) { _, neighbourhood in
        log(2 * neighbourhood.radius)
    }
    let values = found.means.enumerated().map { part, mean in
        mean.map { (psi[sizes[part]] - psi[k] + Double(x.columns) * $0) / log(2) }
    }
    var estimate = Estimate(values, of: resampling, ceiling: nil)
    if isCoarse(medianRadius: median(of: found.radii), spread: space.spread) { estimate.flags.insert(.unconverged) }
    if rows.count < samples { estimate.flags.insert(.ties) }
    return estimate
}
