public import LinearAlgebra

#if canImport(Darwin)
    internal import Darwin
#else
    internal import Glibc
#endif

/// Estimates I(X;Y) of a real vector and a label in bits from nearest neighbours, under the maximum norm.
///
/// For each sample, d is the distance of its k-th neighbour with the same label and m the number of samples nearer than d
/// with any label, itself included: ψ(n) + ψ(k) − ⟨ψ(n_y)⟩ − ⟨ψ(m)⟩ in nats, n_y the samples with its label. In a class of
/// k samples or fewer, k is one less than its size; a sample that is alone in its class is left out, as if it had not been
/// recorded. Not cut at 0.
///
/// **Ties.** Where d is 0 its term takes the equal rows, itself included: ψ(k̃) − ψ(n_y) − ψ(m̃), the plug-in estimate of atoms;
/// `ties` where rows are repeated.
///
/// **When to distrust it.** As `ksgInformation`; many small classes make it coarse. `saturated` above 0.9 H(Y).
///
/// - Parameters:
///   - x: n × d, finite.
///   - labels: the label of each sample.
///   - k: how many neighbours, at least 1.
///   - seed: of the groups of the delete-group jackknife, which gives the standard error.
/// - Returns: the estimate, its ceiling the plug-in H(Y); 0 and `constant` for one label or one distinct row.
/// - Throws: `.notEstimable` where no class has two samples, or numbers of samples differ; `.notFinite`, `.empty`.
/// - Complexity: O(n²·d), memory O(n·d).
///
/// Source: Ross, "Mutual Information between Discrete and Continuous Data Sets", 2014, eq. 4; small classes as in
/// scikit-learn.
public func rossInformation(
    _ x: Matrix<Double>, labels: Symbols, neighbours k: Int, seed: UInt64
) throws(InformationError) -> Estimate {
    let name = Estimator(.ross(neighbours: k)).description
    guard x.rows == labels.sampleCount else {
        throw .notEstimable(
            estimator: name, problem: "\(x.rows) samples and \(labels.sampleCount) labels",
            remedy: "Give both for the same samples.")
    }
    try checkNeighbours(0, of: [x], name)
    let rows = try Symbols(rowsOf: x)
    if labels.count <= 1 || rows.count == 1 {
        return Estimate(value: 0, standardError: 0, ceiling: 0, flags: .constant)
    }
    let kept = (0..<x.rows).filter { labels.occurrences[Int(labels.ids[$0])] > 1 }
    guard !kept.isEmpty else {
        throw .notEstimable(
            estimator: name, problem: "every one of \(x.rows) samples has a label of its own",
            remedy: "Give labels that samples share, or bin them.")
    }
    let classes = labels.restricted(to: kept)
    let samples = kept.count
    let resampling = Resampling(samples: samples, seed: seed)
    let search = ClassSearch(x.rows(kept), classes, resampling)
    let psi = DigammaTable(upTo: samples)
    let (values, radii) = search.estimates(neighbours: k, psi)
    var estimate = Estimate(values, of: resampling, ceiling: entropy(of: labels))
    if NeighbourSearch([x], resampling).isCoarse(radii) { estimate.flags.insert(.unconverged) }
    if rows.count < x.rows { estimate.flags.insert(.ties) }
    if estimate.value > 0.9 * entropy(of: labels) { estimate.flags.insert(.saturated) }
    return estimate
}

/// The neighbours of each sample within its class, in every part of a resampling, by one search.
private struct ClassSearch {
    private let x: Matrix<Double>
    private let classes: Symbols
    private let resampling: Resampling

    init(_ x: Matrix<Double>, _ classes: Symbols, _ resampling: Resampling) {
        self.x = x
        self.classes = classes
        self.resampling = resampling
    }

    /// The estimate in bits on every part, and the radius of every sample in the whole.
    func estimates(neighbours k: Int, _ psi: DigammaTable) -> (values: [Double?], radii: [Double]) {
        let sets = resampling.groupSets
        let members = resampling.groups.map { resampling.order[$0].map { $0 } }
        let label = classes.ids.map(Int.init)
        // By part, then by class.
        let sizes = resampling.parts.map { part in
            var counts = [Int](repeating: 0, count: classes.count)
            for sample in resampling.samples(of: part) { counts[label[sample]] += 1 }
            return counts
        }
        let hasLoners = sizes.map { $0.contains(1) }
        let searches = searches(members, label, sets, most: k)
        // By class, then by part.
        let neighbours = (0..<classes.count).map { value in sizes.map { max(0, min(k, $0[value] - 1)) } }
        let counts = NeighbourCounts(x, members: members, sets: sets)
        let list = NeighbourList(x, members: members, sets: sets)
        var sums = sets.map { _ in CompensatedSum() }
        var used = sets.map { _ in 0 }
        var radii: [Double] = []
        for (group, samples) in members.enumerated() {
            let parts = sets.indices.filter { sets[$0] >> UInt32(group) & 1 == 1 }
            for sample in samples {
                let own = label[sample]
                let search = searches[own]
                search.search(about: sample, in: group, neighbours: neighbours[own])
                counts.ask(about: sample, upTo: search.largest.nextUp)
                list.ask(about: sample, upTo: search.largest.nextUp)
                for part in parts where sizes[part][own] > 1 {
                    let radius = search.radii[part]
                    if part == 0 { radii.append(radius) }
                    let bound = radius == 0 ? radius.nextUp : radius
                    var (near, nearest) = (0, neighbours[own][part])
                    if radius > 0, !hasLoners[part] {
                        near = counts.count(nearer: bound, inPart: part)
                    } else {
                        let all = list.near
                        var equals = 0
                        for entry in 0..<all.found.count
                        where all.found.distance(entry) < bound && all.isIn(part: part, entry) {
                            let other = label[all.sample(entry)]
                            // Samples alone in their class in this part are left out of it.
                            if sizes[part][other] > 1 { near += 1 }
                            if other == own { equals += 1 }
                        }
                        if radius == 0 { nearest = equals }
                    }
                    sums[part].add(psi[nearest] - psi[sizes[part][own]] - psi[near])
                    used[part] += 1
                }
            }
        }
        let values = sets.indices.map { part -> Double? in
            let size = used[part]
            return size > 0 ? (sums[part].value / Double(size) + psi[size]) / log(2) : nil
        }
        return (values, radii)
    }

    /// Class by class.
    private func searches(_ members: [[Int]], _ label: [Int], _ sets: [UInt32], most k: Int) -> [NeighbourScan] {
        var own = [[[Int]]](repeating: members.map { _ in [] }, count: classes.count)
        for (group, samples) in members.enumerated() {
            for sample in samples { own[label[sample]][group].append(sample) }
        }
        return own.enumerated().map { value, members in
            NeighbourScan([x], members: members, sets: sets, most: min(k, classes.occurrences[value] - 1))
        }
    }
}
