public import LinearAlgebra

#if canImport(Darwin)
    internal import Darwin
#else
    internal import Glibc
#endif

/// What the pairwise distances of a layer's values say of them with Gaussian noise added, in bits.
public struct PairwiseEstimates: Sendable {
    /// The differential entropy h(T) of T = Z + noise.
    public let entropy: Estimate
    /// I(T;V) with each of the variables that were given, in their order.
    public let information: [Estimate]
}

/// Bounds the entropy of T = Z + N(0, σ²I), where Z is one of the n recorded vectors, by the distances of their pairs, and
/// estimates I(T;V) with variables V of the same samples.
///
/// With S_i = Σ_j exp(−‖z_i − z_j‖²/(cσ²)) over all samples, c = 2 for the upper bound (Kullback–Leibler divergences of the
/// components) and c = 8 for the lower (Bhattacharyya distances), and S_i^v the same sum over the samples with the value v of
/// sample i, n_v of them:
///
/// h(T) = (d/2)·log2(2πeσ²) − (1/n)·Σ_i log2(S_i/n),  I(T;V) = (1/n)·Σ_i [ log2(S_i^v/n_v) − log2(S_i/n) ].
///
/// For V = X, all inputs different and the net deterministic, I(T;X) is the first term alone, a bound of the information that
/// T has about which of the n samples it is: at most log2 n. With labels it is the difference of two bounds of one kind, as
/// published, and bounds nothing; so `upperBound` and `lowerBound` stand on h(T) and on variables whose values all differ.
///
/// **When to distrust it.** It is about the noise as much as about the layer: as σ² falls both bounds go to log2 n
/// (`saturated` above 0.9 log2 n), as it grows to 0. Units of another scale want another σ².
///
/// - Parameters:
///   - z: n × d, finite.
///   - variables: each with the samples of `z`.
///   - bound: the upper or the lower one.
///   - noiseVariance: σ² of every unit, positive.
///   - seed: of the groups of the delete-group jackknife, which gives the standard errors.
/// - Returns: h(T), without a ceiling, and I(T;V), whose ceiling is the plug-in H(V).
/// - Throws: `.notFinite`, `.empty`, `.notEstimable` for other numbers of samples.
/// - Complexity: O(n²·d) by matrix products, and n² exponentials; memory O(n·d) and 256 rows of distances.
///
/// Source: Kolchinsky, Tracey, "Estimating Mixture Entropy with Pairwise Distances", 2017, arXiv:1706.02419, eq. 10, 13 and
/// section 5; with labels: Saxe et al., "On the Information Bottleneck Theory of Deep Learning", 2018, appendix C.
public func pairwiseEstimates(
    of z: Matrix<Double>, with variables: [Symbols], bound: PairwiseBound, noiseVariance: Double, seed: UInt64
) throws(InformationError) -> PairwiseEstimates {
    try pairwiseEstimates(of: z, with: variables, bounds: [(bound, noiseVariance)], seed: seed)[0]
}

/// Gives several bounds from one pass over the distances, each as `pairwiseEstimates(of:with:bound:noiseVariance:seed:)` gives it,
/// to the bit.
public func pairwiseEstimates(
    of z: Matrix<Double>, with variables: [Symbols], bounds: [(bound: PairwiseBound, noiseVariance: Double)],
    seed: UInt64
) throws(InformationError) -> [PairwiseEstimates] {
    precondition(
        bounds.allSatisfy { $0.noiseVariance > 0 && $0.noiseVariance.isFinite }, "noise has a positive variance")
    guard let first = bounds.first else { return [] }
    let name = Estimator(.pairwise(first.bound, noiseVariance: first.noiseVariance)).description
    try checkNeighbours(0, of: [z], name)
    for variable in variables where variable.sampleCount != z.rows {
        throw .notEstimable(
            estimator: name, problem: "\(z.rows) samples of one variable and \(variable.sampleCount) of the other",
            remedy: "Give both for the same samples.")
    }
    let rows = try Symbols(rowsOf: z)
    let resampling = Resampling(samples: z.rows, seed: seed)
    let scales = bounds.map { bound, noiseVariance in (bound == .upper ? 2 : 8) * noiseVariance }
    let means = KernelSums(z, rows, variables, resampling).means(scales: scales)
    return zip(bounds, means).map { choice, means in
        estimates(means, choice.bound, noiseVariance: choice.noiseVariance, z, rows, variables, resampling)
    }
}

private func estimates(
    _ sums: KernelMeans, _ bound: PairwiseBound, noiseVariance: Double, _ z: Matrix<Double>, _ rows: Symbols,
    _ variables: [Symbols], _ resampling: Resampling
) -> PairwiseEstimates {
    let side: Flags = bound == .upper ? .upperBound : .lowerBound
    let constant: Flags = rows.count == 1 ? .constant : []
    let logSamples = largestEntropy(ofSamples: z.rows)
    let noise = Double(z.columns) / 2 * log2(2 * .pi * exp(1) * noiseVariance)
    var entropy = Estimate(sums.entropies, of: resampling, ceiling: nil)
    if entropy.value > 0.9 * logSamples { entropy.flags.insert(.saturated) }
    entropy.value += noise
    entropy.curve?.quarter += noise
    entropy.curve?.half += noise
    entropy.flags.formUnion(constant.union(side))
    let information = variables.enumerated().map { index, variable in
        let ceiling = plugInEntropy(counts: variable.occurrences, total: z.rows)
        var estimate = Estimate(sums.information[index], of: resampling, ceiling: ceiling)
        if variable.count == z.rows { estimate.flags.insert(side) }
        if z.rows > 1, sums.entropies[0] ?? 0 > 0.9 * logSamples { estimate.flags.insert(.saturated) }
        if variable.count == 1 { estimate.flags.insert(.constant) }
        estimate.flags.formUnion(constant)
        return estimate
    }
    return PairwiseEstimates(entropy: entropy, information: information)
}

/// The means over the samples of every part of a resampling, of −log2(S_i/n) and of log2(S_i^v/n_v) − log2(S_i/n).
private struct KernelMeans {
    /// Part by part; nil for parts without samples.
    var entropies: [Double?]
    /// Variable by variable, then part by part.
    var information: [[Double?]]
}

/// The sums of the kernel over the samples of each group, for every sample, of which the sums over all parts are made.
///
/// In square tiles of two groups, or of pieces of them; each pair of tiles across the diagonal is computed once, and gives the
/// sums over its columns to its rows, and those over its rows to its columns.
private struct KernelSums {
    private let samples: Matrix<Double>
    private let norms: [Double]
    private let resampling: Resampling
    private let tiles: [Tile]
    /// Equal rows, then the variables: the symbol of each place.
    private let rows: Members
    private let variables: [Members]

    /// The most rows of a tile: with its columns, 512 KB.
    private static let side = 256

    /// A piece of a group.
    private struct Tile {
        var group: Int
        var range: Range<Int>
    }

    /// The samples of every tile in the order of a symbol.
    private struct Members {
        let ids: [Int32]
        let count: Int
        private let order: [Int]

        init(_ symbols: Symbols, _ places: [Int], _ tiles: [Tile]) {
            let ids = places.map { Int32(symbols.ids[$0]) }
            self.ids = ids
            count = symbols.count
            order = tiles.flatMap { tile in
                tile.range.sorted { ids[$0] != ids[$1] ? ids[$0] < ids[$1] : $0 < $1 }
            }
        }

        /// Calls `body` with every place in one range and every place in another that have the same symbol.
        func forEachPair(_ a: Range<Int>, _ b: Range<Int>, _ body: (Int, Int) -> Void) {
            var (first, second) = (a.lowerBound, b.lowerBound)
            while first < a.upperBound, second < b.upperBound {
                let (own, other) = (ids[order[first]], ids[order[second]])
                if own < other {
                    first += 1
                } else if own > other {
                    second += 1
                } else {
                    var place = second
                    while place < b.upperBound, ids[order[place]] == own {
                        body(order[first], order[place])
                        place += 1
                    }
                    first += 1
                }
            }
        }
    }

    init(_ z: Matrix<Double>, _ rows: Symbols, _ variables: [Symbols], _ resampling: Resampling) {
        // One sample has no groups.
        let groups = resampling.groups.isEmpty ? resampling.whole : resampling.groups
        let tiles = groups.enumerated().flatMap { group, range in
            stride(from: range.lowerBound, to: range.upperBound, by: Self.side).map {
                Tile(group: group, range: $0..<min($0 + Self.side, range.upperBound))
            }
        }
        self.tiles = tiles
        self.resampling = resampling
        self.rows = Members(rows, resampling.order, tiles)
        self.variables = variables.map { Members($0, resampling.order, tiles) }
        samples = Self.centred(z.rows(resampling.order))
        norms = squaredNorms(samples, rows: 0..<samples.rows)
    }

    /// The kernel is exp(−‖z_i − z_j‖²/scale). O(n²·d) for all scales together, and n²/2 exponentials for each.
    func means(scales: [Double]) -> [KernelMeans] {
        let n = samples.rows
        let groups = (tiles.last?.group ?? 0) + 1
        // By place, then by group.
        var all = scales.map { _ in [Double](repeating: 0, count: n * groups) }
        var own = scales.map { _ in variables.map { _ in [Double](repeating: 0, count: n * groups) } }
        var products = [Double](repeating: 0, count: Self.side * Self.side)
        var kernel = products
        for (index, first) in tiles.enumerated() {
            for second in tiles[...index] {
                let width = second.range.count
                products.withUnsafeMutableBufferPointer {
                    innerProducts(
                        samples, rows: first.range, samples, rows: second.range, into: $0.baseAddress!, stride: width)
                }
                for (choice, scale) in scales.enumerated() {
                    kernel.withUnsafeMutableBufferPointer { kernel in
                        fill(kernel, products, first.range, second.range, scale)
                        addSums(of: kernel, first, second, groups, to: &all[choice])
                        for (variable, members) in variables.enumerated() {
                            own[choice][variable].withUnsafeMutableBufferPointer { own in
                                members.forEachPair(first.range, second.range) { i, j in
                                    let value = kernel[
                                        (i - first.range.lowerBound) * width + j - second.range.lowerBound]
                                    own[i * groups + second.group] += value
                                    if first.range != second.range { own[j * groups + first.group] += value }
                                }
                            }
                        }
                    }
                }
            }
        }
        return scales.indices.map { means(all[$0], own[$0], groups) }
    }

    private func fill(
        _ kernel: UnsafeMutableBufferPointer<Double>, _ products: [Double], _ rows: Range<Int>, _ columns: Range<Int>,
        _ scale: Double
    ) {
        let width = columns.count
        guard let target = kernel.baseAddress else { return }
        products.withUnsafeBufferPointer { products in
            target.update(from: products.baseAddress!, count: rows.count * width)
        }
        norms.withUnsafeBufferPointer { norms in
            for (line, row) in rows.enumerated() {
                replaceByGaussians(
                    target + line * width, count: width, norms: norms.baseAddress! + columns.lowerBound,
                    norm: norms[row], factor: -1 / scale)
            }
        }
        // Equal rows are exactly 0 apart, whatever the product left.
        self.rows.forEachPair(rows, columns) { i, j in
            target[(i - rows.lowerBound) * width + j - columns.lowerBound] = 1
        }
    }

    /// Adds the sums of the rows of a tile, and, where it is not on the diagonal, those of its columns.
    private func addSums(
        of kernel: UnsafeMutableBufferPointer<Double>, _ first: Tile, _ second: Tile, _ groups: Int,
        to all: inout [Double]
    ) {
        let width = second.range.count
        var columns = [SIMD8<Double>](repeating: .zero, count: (width + 7) / 8)
        columns.withUnsafeMutableBufferPointer { columns in
            for (line, row) in first.range.enumerated() {
                let values = UnsafeRawPointer(kernel.baseAddress! + line * width)
                var sum = SIMD8<Double>.zero
                for block in 0..<width / 8 {
                    let eight = values.loadUnaligned(fromByteOffset: block * 64, as: SIMD8<Double>.self)
                    sum += eight
                    columns[block] += eight
                }
                var rest = SIMD8<Double>.zero
                for lane in 0..<width % 8 { rest[lane] = kernel[line * width + width / 8 * 8 + lane] }
                if width % 8 > 0 { columns[width / 8] += rest }
                all[row * groups + second.group] += (sum + rest).sum()
            }
            guard first.range != second.range else { return }
            for (column, place) in second.range.enumerated() {
                all[place * groups + first.group] += columns[column / 8][column % 8]
            }
        }
    }

    private func means(_ all: [Double], _ own: [[Double]], _ groups: Int) -> KernelMeans {
        let parts = resampling.parts
        let sizes = resampling.sizes.map(Double.init)
        // One sample is a group of its own.
        let sets = resampling.groups.isEmpty ? [1] : resampling.groupSets
        let members = sets.map { set in (0..<groups).filter { set >> UInt32($0) & 1 == 1 } }
        // n_v of every part.
        let valueSizes = variables.map { variable in
            parts.map { part in
                var counts = [Double](repeating: 0, count: variable.count)
                for piece in part { for place in piece { counts[Int(variable.ids[place])] += 1 } }
                return counts
            }
        }
        var entropySums = parts.map { _ in CompensatedSum() }
        var informationSums = variables.map { _ in parts.map { _ in CompensatedSum() } }
        for tile in tiles {
            let own = (sums: own, parts: parts.indices.filter { sets[$0] >> UInt32(tile.group) & 1 == 1 })
            for place in tile.range {
                for part in own.parts {
                    func sum(_ sums: [Double]) -> Double {
                        members[part].reduce(0) { $0 + sums[place * groups + $1] }
                    }
                    let whole = log2(sum(all) / sizes[part])
                    entropySums[part].add(-whole)
                    for (index, variable) in variables.enumerated() {
                        let count = valueSizes[index][part][Int(variable.ids[place])]
                        informationSums[index][part].add(log2(sum(own.sums[index]) / count) - whole)
                    }
                }
            }
        }
        func means(_ sums: [CompensatedSum]) -> [Double?] {
            zip(sums, sizes).map { $1 > 0 ? $0.value / $1 : nil }
        }
        return KernelMeans(entropies: means(entropySums), information: informationSums.map(means))
    }

    /// The rows less their mean: distances keep their digits near the origin.
    private static func centred(_ z: Matrix<Double>) -> Matrix<Double> {
        var sums = [CompensatedSum](repeating: CompensatedSum(), count: z.columns)
        for row in 0..<z.rows {
            for column in 0..<z.columns { sums[column].add(z.values[row * z.columns + column]) }
        }
        let centre = sums.map { $0.value / Double(z.rows) }
        var z = z
        for row in 0..<z.rows {
            for column in 0..<z.columns { z.values[row * z.columns + column] -= centre[column] }
        }
        return z
    }
}
