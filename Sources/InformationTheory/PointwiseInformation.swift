#if canImport(Darwin)
    internal import Darwin
#else
    internal import Glibc
#endif

/// What each sample's latent symbol says about that sample's label: pointwise mutual information, and the weights made
/// of it.
///
/// PMI_s = log2( n·c(z_s,y_s) / (c(z_s)·c(y_s)) ) in bits: positive where the layer's symbol speaks for the sample's own
/// label, negative where it speaks against it. w_s = max(0, PMI_s) / Σ_t max(0, PMI_t).
///
/// Where most symbols are unique (`Flags.saturated`), PMI_s is log2(n/c(y_s)): it says how rare the label is, and nothing
/// of the layer.
///
/// Source: Church, Hanks, "Word Association Norms, Mutual Information, and Lexicography", 1990; the weights:
/// arXiv:2509.26327.
public struct PointwiseInformation: Sendable {
    /// PMI_s of each sample in bits. Exactly 0 where the counts are independent; what rounding leaves within 1e-12 of 0
    /// is 0.
    public let values: [Double]
    /// The mean over samples, which is I(Z;Y), in bits.
    public let mean: Double
    /// The weights of the samples, sum 1; all 0 where no PMI is positive, which is where I(Z;Y) = 0.
    public let weights: [Double]
    /// The standard error of `mean` in bits, by the delta method: sd(values)/√n with the unbiased sd (n − 1); nil for fewer
    /// than two samples. It knows nothing of the bias, and is 0 where every sample has the same PMI.
    public var standardError: Double? { standardErrorOfMean(values) }
    /// Σ_s max(0, PMI_s) in bits.
    public let totalPositive: Double

    /// Computes the PMI of every sample. O(n).
    public init(latent: Symbols, labels: Symbols) {
        let table = PointwiseTable(latent: latent, labels: labels)
        values = table.pairOfSample.map { table.information[Int($0)] }
        mean = mutualInformation(latent, labels)
        var sum = CompensatedSum()
        for value in values where value > 0 { sum.add(value) }
        let total = sum.value
        totalPositive = total
        weights = total > 0 ? values.map { max(0, $0) / total } : [Double](repeating: 0, count: values.count)
    }
}

/// PMI of every pair of a latent symbol and a label that occurs.
struct PointwiseTable {
    let pairs: Pairs
    /// The pair of each sample.
    let pairOfSample: [Int32]
    /// PMI of each pair in bits.
    let information: [Double]

    init(latent: Symbols, labels: Symbols) {
        let pairs = Pairs(latent, labels)
        let samples = latent.sampleCount
        self.pairs = pairs
        pairOfSample = joint(latent, labels).ids
        information = pairs.counts.indices.map { pair in
            let together = samples * pairs.counts[pair]
            let apart = latent.occurrences[pairs.first[pair]] * labels.occurrences[pairs.second[pair]]
            if together == apart { return 0 }
            let bits = log2(Double(together) / Double(apart))
            return abs(bits) <= 1e-12 ? 0 : bits
        }
    }
}
