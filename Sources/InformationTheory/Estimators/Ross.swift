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
/// **When to distrust it.** As `ksgInformation`; many small classes make it coarse. Never `saturated`: it comes near its ceiling
/// only where the neighbours of most samples are of their own class, which is what is asked; labels that have nothing to do with X
/// have about 0 on however few samples and in however many columns.
///
/// - Parameters:
///   - x: n × d, finite.
///   - labels: the label of each sample.
///   - k: how many neighbours, at least 1.
///   - seed: of the groups of the delete-group jackknife, which gives the standard error.
///   - errorBars: as in `ksgInformation`.
///   - jobs: the number of threads, which changes no bit.
/// - Returns: the estimate; 0 and `constant` for one label or one distinct row. The ceiling is H(Y) by the same ψ,
///   ψ(n) − ⟨ψ(n_y)⟩, which classes that do not overlap have: above the plug-in H(Y) by about (classes − 1)/(2n ln 2).
/// - Throws: `.notEstimable` where no class has two samples, or numbers of samples differ; `.notFinite`, `.empty`.
/// - Complexity: O(n²·d), memory O(n·d).
///
/// Source: Ross, "Mutual Information between Discrete and Continuous Data Sets", 2014, eq. 4; small classes as in
/// scikit-learn.
public func rossInformation(
    _ x: Matrix<Double>, labels: Symbols, neighbours k: Int, seed: UInt64, errorBars: Bool = true, jobs: Int = 1
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
    let resampling = Resampling(samples: samples, seed: seed, errorBars: errorBars)
    let space = try NeighbourSpace(x.rows(kept), resampling)
    let (values, radii) = ClassSearch(space, classes, resampling).estimates(neighbours: k, jobs: jobs)
    var estimate = Estimate(values, of: resampling, ceiling: ceiling(of: classes))
    if isCoarse(medianRadius: median(of: radii), spread: x.largestDeviation) { estimate.flags.insert(.unconverged) }
    if rows.count < x.rows { estimate.flags.insert(.ties) }
    return estimate
}

/// ψ(n) − ⟨ψ(n_y)⟩ in bits. O(classes).
private func ceiling(of classes: Symbols) -> Double {
    let samples = Double(classes.sampleCount)
    let sum = classes.occurrences.reduce(0.0) { $0 + Double($1) * digamma(Double($1)) }
    return (digamma(samples) - sum / samples) / log(2)
}

/// The neighbours of each sample within its class, in every part of a resampling, by one search.
private struct ClassSearch {
    private let x: NeighbourSpace
    private let classes: Symbols
    private let resampling: Resampling

    init(_ x: NeighbourSpace, _ classes: Symbols, _ resampling: Resampling) {
        self.x = x
        self.classes = classes
        self.resampling = resampling
    }

    /// The estimate in bits on every part, and the radius of every sample in the whole. The number of threads changes no bit.
    func estimates(neighbours k: Int, jobs: Int) -> (values: [Double?], radii: [Double]) {
        let sets = resampling.groupSets
        let members = resampling.members
        let label = classes.ids.map(Int.init)
        let psi = DigammaTable(upTo: label.count)
        // By part, then by class.
        let sizes = resampling.parts.map { part in
            var counts = [Int](repeating: 0, count: classes.count)
            for sample in resampling.samples(of: part) { counts[label[sample]] += 1 }
            return counts
        }
        let hasLoners = sizes.map { $0.contains(1) }
        // By class, then by part.
        let neighbours = (0..<classes.count).map { value in sizes.map { max(0, min(k, $0[value] - 1)) } }
        let parts = members.indices.map { group in sets.indices.filter { sets[$0] >> UInt32(group) & 1 == 1 } }
        let indexes = indexes(members, label)
        let all: NeighbourIndex =
            switch x.counted {
            case .index(let index): index
            case .column(let column): NeighbourIndex(column.matrix, members: members)
            }
        // Class by class, each in the order of its index.
        let order = indexes.flatMap { index in
            (0..<index.count).map { (Int(index.samples[$0]), Int(index.sources[$0])) }
        }
        let places = resampling.placesByRow
        var terms = [Double](repeating: 0, count: label.count * sets.count)
        var radii = [Double](repeating: 0, count: label.count)
        terms.withUnsafeMutableBufferPointer { terms in
            radii.withUnsafeMutableBufferPointer { radii in
                let (terms, radii) = (SharedMemory(terms.baseAddress!), SharedMemory(radii.baseAddress!))
                inBlocks(of: order.count, jobs: jobs) { block in
                    let counts = NeighbourCounts(x.counted, groups: members.count, sets: sets)
                    let list = NeighbourList(all, groups: members.count, sets: sets)
                    defer { withExtendedLifetime((counts, list)) {} }
                    var search: (own: Int, scan: NeighbourScan)?
                    for (sample, group) in order[block] {
                        let own = label[sample]
                        if search?.own != own {
                            let most = min(k, classes.occurrences[own] - 1)
                            search = (
                                own,
                                NeighbourScan(
                                    indexes[own], other: nil, groups: members.count, sets: sets, most: most)
                            )
                        }
                        guard let scan = search?.scan else { continue }
                        scan.search(about: sample, in: group, neighbours: neighbours[own])
                        counts.ask(about: sample, upTo: scan.largest.nextUp)
                        list.ask(about: sample, upTo: scan.largest.nextUp)
                        radii.base[places[sample]] = scan.radii[0]
                        for part in parts[group] where sizes[part][own] > 1 {
                            let radius = scan.radii[part]
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
                            terms.base[places[sample] * sets.count + part] =
                                psi[nearest] - psi[sizes[part][own]] - psi[near]
                        }
                    }
                }
            }
        }
        var sums = sets.map { _ in CompensatedSum() }
        var used = sets.map { _ in 0 }
        for (group, range) in resampling.groups.enumerated() {
            for place in range {
                let own = label[resampling.order[place]]
                for part in parts[group] where sizes[part][own] > 1 {
                    sums[part].add(terms[place * sets.count + part])
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
    private func indexes(_ members: [[Int]], _ label: [Int]) -> [NeighbourIndex] {
        var own = [[[Int]]](repeating: members.map { _ in [] }, count: classes.count)
        for (group, samples) in members.enumerated() {
            for sample in samples { own[label[sample]][group].append(sample) }
        }
        return own.map { NeighbourIndex(x.matrix, members: $0) }
    }
}
