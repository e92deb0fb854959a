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
/// - Complexity: O(n²·d) by matrix products, and n² exponentials; memory O(n·d), and 16 n numbers for each bound and variable.
///
/// Source: Kolchinsky, Tracey, "Estimating Mixture Entropy with Pairwise Distances", 2017, arXiv:1706.02419, eq. 10, 13 and
/// section 5; with labels: Saxe et al., "On the Information Bottleneck Theory of Deep Learning", 2018, appendix C.
public func pairwiseEstimates(
    of z: Matrix<Double>, with variables: [Symbols], bound: PairwiseBound, noiseVariance: Double, seed: UInt64
) throws(InformationError) -> PairwiseEstimates {
    try pairwiseEstimates(of: z, with: variables, bounds: [(bound, noiseVariance)], seed: seed)[0]
}

/// Gives several bounds from one pass over the distances, each as `pairwiseEstimates(of:with:bound:noiseVariance:seed:)` gives it,
/// to the bit, on any number of threads. Without error bars there is neither standard error nor curve, and `unconverged` is set,
/// because nothing tells.
public func pairwiseEstimates(
    of z: Matrix<Double>, with variables: [Symbols], bounds: [(bound: PairwiseBound, noiseVariance: Double)],
    seed: UInt64, errorBars: Bool = true, jobs: Int = 1
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
    let resampling = Resampling(samples: z.rows, seed: seed, errorBars: errorBars)
    let scales = bounds.map { bound, noiseVariance in (bound == .upper ? 2 : 8) * noiseVariance }
    let means = KernelSums(z, rows, variables, resampling).means(scales: scales, jobs: jobs)
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
        let ceiling = plugInEntropy(of: variable.profile)
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
/// sums over its columns to its rows, and those over its rows to its columns. Threads take pairs of some rows of tiles at a time;
/// what these give is added in the order of the tiles.
private struct KernelSums: Sendable {
    private let samples: Matrix<Double>
    private let norms: [Double]
    private let resampling: Resampling
    private let tiles: [Tile]
    /// Equal rows, then the variables: the symbol of each place.
    private let rows: Members
    private let variables: [Members]

    /// The most rows of a tile: with its columns, 512 KB.
    private static let side = 256
    /// How many rows of tiles threads share.
    private static let band = 8

    /// A piece of a group.
    private struct Tile: Sendable {
        var group: Int
        var range: Range<Int>
    }

    /// The samples of every tile in the order of a symbol.
    private struct Members: Sendable {
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
    func means(scales: [Double], jobs: Int) -> [KernelMeans] {
        let n = samples.rows
        let groups = (tiles.last?.group ?? 0) + 1
        // For every scale: all samples, then those with the same value of each variable; by place, then by group.
        let kinds = 1 + variables.count
        var sums = [Double](repeating: 0, count: scales.count * kinds * n * groups)
        // Of a band: what each row of tiles gives to its own rows, tile by tile, and to those of the tiles before.
        let side = Self.side
        let extent = tiles.count * side
        var parts = [Double](repeating: 0, count: 2 * scales.count * kinds * Self.band * extent)
        parts.withUnsafeMutableBufferPointer { parts in
            let shared = SharedMemory(parts.baseAddress!)
            @Sendable func part(_ isColumn: Bool, _ choice: Int, _ kind: Int, _ line: Int, _ tile: Int)
                -> UnsafeMutablePointer<Double>
            {
                let block = ((isColumn ? scales.count : 0) + choice) * kinds + kind
                return shared.base + (block * Self.band + line) * extent + tile * side
            }
            for start in stride(from: 0, to: tiles.count, by: Self.band) {
                let band = start..<min(start + Self.band, tiles.count)
                let pairs = band.flatMap { first in (0...first).map { (first: first, second: $0) } }
                concurrently(pairs.count, jobs: jobs) { index in
                    let (first, second) = pairs[index]
                    let (rows, columns) = (tiles[first].range, tiles[second].range)
                    let kernel = KernelTile(samples, rows, columns)
                    for (choice, scale) in scales.enumerated() {
                        fill(kernel, rows, columns, scale)
                        kernel.writeSums(
                            ofRows: part(false, choice, 0, first - start, second),
                            columns: part(true, choice, 0, first - start, second))
                        for (variable, members) in variables.enumerated() {
                            let own = part(false, choice, 1 + variable, first - start, second)
                            let other = part(true, choice, 1 + variable, first - start, second)
                            own.update(repeating: 0, count: rows.count)
                            other.update(repeating: 0, count: columns.count)
                            members.forEachPair(rows, columns) { i, j in
                                let (row, column) = (i - rows.lowerBound, j - columns.lowerBound)
                                let value = kernel.values[row * columns.count + column]
                                own[row] += value
                                other[column] += value
                            }
                        }
                    }
                }
                for (first, second) in pairs {
                    for choice in scales.indices {
                        for kind in 0..<kinds {
                            let block = (choice * kinds + kind) * n * groups
                            let own = part(false, choice, kind, first - start, second)
                            for (row, place) in tiles[first].range.enumerated() {
                                sums[block + place * groups + tiles[second].group] += own[row]
                            }
                            guard first != second else { continue }
                            let other = part(true, choice, kind, first - start, second)
                            for (column, place) in tiles[second].range.enumerated() {
                                sums[block + place * groups + tiles[first].group] += other[column]
                            }
                        }
                    }
                }
            }
        }
        return scales.indices.map { choice in
            let found = (0..<kinds).map { kind in
                let block = (choice * kinds + kind) * n * groups
                return Array(sums[block..<block + n * groups])
            }
            return means(found[0], Array(found.dropFirst()), groups)
        }
    }

    private func fill(_ kernel: KernelTile, _ rows: Range<Int>, _ columns: Range<Int>, _ scale: Double) {
        let width = columns.count
        norms.withUnsafeBufferPointer { norms in
            for (line, row) in rows.enumerated() {
                gaussians(
                    ofProducts: kernel.products + line * width, into: kernel.values + line * width, count: width,
                    norms: norms.baseAddress! + columns.lowerBound, norm: norms[row], factor: -1 / scale)
            }
        }
        // Equal rows are exactly 0 apart, whatever the product left.
        self.rows.forEachPair(rows, columns) { i, j in
            kernel.values[(i - rows.lowerBound) * width + j - columns.lowerBound] = 1
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

/// The kernel between the samples of two tiles.
private final class KernelTile {
    /// Inner products, and then the values of the kernel, row after row.
    let products: UnsafeMutablePointer<Double>
    let values: UnsafeMutablePointer<Double>
    private let rows: Int
    private let columns: Int

    init(_ samples: Matrix<Double>, _ rows: Range<Int>, _ columns: Range<Int>) {
        (self.rows, self.columns) = (rows.count, columns.count)
        products = .allocate(capacity: rows.count * columns.count)
        values = .allocate(capacity: rows.count * columns.count)
        innerProducts(samples, rows: rows, samples, rows: columns, into: products, stride: columns.count)
    }

    deinit {
        products.deallocate()
        values.deallocate()
    }

    /// Writes the sums of the rows and of the columns.
    func writeSums(ofRows own: UnsafeMutablePointer<Double>, columns other: UnsafeMutablePointer<Double>) {
        var sums = [SIMD8<Double>](repeating: .zero, count: (columns + 7) / 8)
        sums.withUnsafeMutableBufferPointer { sums in
            for row in 0..<rows {
                let line = values + row * columns
                let bytes = UnsafeRawPointer(line)
                var sum = SIMD8<Double>.zero
                for block in 0..<columns / 8 {
                    let eight = bytes.loadUnaligned(fromByteOffset: block * 64, as: SIMD8<Double>.self)
                    sum += eight
                    sums[block] += eight
                }
                var rest = SIMD8<Double>.zero
                for lane in 0..<columns % 8 { rest[lane] = line[columns / 8 * 8 + lane] }
                if columns % 8 > 0 { sums[columns / 8] += rest }
                own[row] = (sum + rest).sum()
            }
            for column in 0..<columns { other[column] = sums[column / 8][column % 8] }
        }
    }
}
