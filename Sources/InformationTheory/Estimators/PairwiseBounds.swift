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
    precondition(noiseVariance > 0 && noiseVariance.isFinite, "noise has a positive variance")
    let name = Estimator(.pairwise(bound, noiseVariance: noiseVariance)).description
    try checkNeighbours(0, of: [z], name)
    for variable in variables where variable.sampleCount != z.rows {
        throw .notEstimable(
            estimator: name, problem: "\(z.rows) samples of one variable and \(variable.sampleCount) of the other",
            remedy: "Give both for the same samples.")
    }
    let rows = try Symbols(rowsOf: z)
    let resampling = Resampling(samples: z.rows, seed: seed)
    let scale = (bound == .upper ? 2 : 8) * noiseVariance
    let sums = KernelSums(z, rows, scale: scale, variables, resampling)
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

/// The means over the samples of every part of −log2(S_i/n) and of log2(S_i^v/n_v) − log2(S_i/n), in one pass over the
/// kernel.
private struct KernelSums {
    /// Part by part; nil for parts without samples.
    private(set) var entropies: [Double?] = []
    /// Variable by variable, then part by part.
    private(set) var information: [[Double?]] = []

    private static let rowsPerTile = 256

    init(_ z: Matrix<Double>, _ rows: Symbols, scale: Double, _ variables: [Symbols], _ resampling: Resampling) {
        let n = z.rows
        let ordered = Self.centred(z.rows(resampling.order))
        let ids = resampling.order.map { rows.ids[$0] }
        let values = variables.map { variable in resampling.order.map { variable.ids[$0] } }
        let parts = resampling.parts
        let pieces = Pieces(parts, samples: n)
        // n and n_v of every part.
        let sizes = resampling.sizes.map(Double.init)
        let valueSizes = zip(variables, values).map { variable, values in
            parts.map { part in
                var counts = [Double](repeating: 0, count: variable.count)
                for piece in part { for place in piece { counts[Int(values[place])] += 1 } }
                return counts
            }
        }
        var entropySums = parts.map { _ in CompensatedSum() }
        var informationSums = variables.map { _ in parts.map { _ in CompensatedSum() } }
        var tile = [Double](repeating: 0, count: min(Self.rowsPerTile, n) * n)
        for first in stride(from: 0, to: n, by: Self.rowsPerTile) {
            let range = first..<min(first + Self.rowsPerTile, n)
            tile.withUnsafeMutableBufferPointer { tile in
                squaredDistances(ordered, rows: range, ordered, rows: 0..<n, into: tile.baseAddress!, stride: n)
                for place in range {
                    let line = UnsafeMutableBufferPointer(rebasing: tile[(place - first) * n..<(place - first + 1) * n])
                    for other in 0..<n {
                        // Equal rows are exactly 0 apart, whatever the product left.
                        line[other] = ids[other] == ids[place] ? 1 : exp(-line[other] / scale)
                    }
                    let all = pieces.sums { line[$0] }
                    let own = values.map { values in
                        pieces.sums { values[$0] == values[place] ? line[$0] : 0 }
                    }
                    for part in pieces.parts(of: place) {
                        let whole = log2(pieces.sum(all, over: part) / sizes[part])
                        entropySums[part].add(-whole)
                        for variable in values.indices {
                            let count = valueSizes[variable][part][Int(values[variable][place])]
                            informationSums[variable][part].add(
                                log2(pieces.sum(own[variable], over: part) / count) - whole)
                        }
                    }
                }
            }
        }
        func means(_ sums: [CompensatedSum]) -> [Double?] {
            zip(sums, sizes).map { $1 > 0 ? $0.value / $1 : nil }
        }
        entropies = means(entropySums)
        information = informationSums.map(means)
    }

    /// The rows less their mean: distances keep their digits near the origin.
    private static func centred(_ z: Matrix<Double>) -> Matrix<Double> {
        var z = z
        for column in 0..<z.columns {
            let centre = mean((0..<z.rows).map { z.values[$0 * z.columns + column] })
            for row in 0..<z.rows { z.values[row * z.columns + column] -= centre }
        }
        return z
    }
}

/// The pieces into which the ends of all parts cut the samples, so that a sum over a part is one over a few pieces.
private struct Pieces {
    private let pieces: [Range<Int>]
    private let piecesOfPart: [[Int]]
    private let partsOfPiece: [[Int]]
    private let pieceOfPlace: [Int]

    init(_ parts: [Resampling.Part], samples: Int) {
        let ends = Set(parts.flatMap { $0.flatMap { [$0.lowerBound, $0.upperBound] } }).sorted()
        let pieces = zip(ends, ends.dropFirst()).map { $0..<$1 }
        self.pieces = pieces
        piecesOfPart = parts.map { part in
            pieces.indices.filter { piece in part.contains { $0.contains(pieces[piece].lowerBound) } }
        }
        let piecesOfPart = piecesOfPart
        partsOfPiece = pieces.indices.map { piece in parts.indices.filter { piecesOfPart[$0].contains(piece) } }
        pieceOfPlace = pieces.enumerated().flatMap { index, piece in piece.map { _ in index } }
    }

    func sums(_ value: (Int) -> Double) -> [Double] {
        pieces.map { piece in
            var sum = 0.0
            for place in piece { sum += value(place) }
            return sum
        }
    }

    func sum(_ sums: [Double], over part: Int) -> Double {
        piecesOfPart[part].reduce(0) { $0 + sums[$1] }
    }

    func parts(of place: Int) -> [Int] { partsOfPiece[pieceOfPlace[place]] }
}
