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
    /// The weights of the samples, sum 1; all 0 where no PMI is positive, which is where I(Z;Y) = 0. O(n).
    public var weights: [Double] {
        totalPositive > 0
            ? values.map { max(0, $0) / totalPositive } : [Double](repeating: 0, count: values.count)
    }
    /// The standard error of `mean` in bits, by the delta method: sd(values)/√n with the unbiased sd (n − 1); nil for fewer
    /// than two samples. It knows nothing of the bias, and is 0 where every sample has the same PMI.
    public var standardError: Double? { standardErrorOfMean(values) }
    /// Σ_s max(0, PMI_s) in bits.
    public let totalPositive: Double

    /// Computes the PMI of every sample. O(n).
    public init(latent: Symbols, labels: Symbols) {
        let table = PointwiseTable(latent: latent, labels: labels)
        values = table.pairs.ofSample.map { table.information[Int($0)] }
        mean = table.mean
        var sum = CompensatedSum()
        for value in values where value > 0 { sum.add(value) }
        totalPositive = sum.value
    }
}

/// PMI of every pair of a latent symbol and a label that occurs.
struct PointwiseTable {
    let pairs: Pairs
    /// PMI of each pair in bits.
    let information: [Double]
    /// The mean over samples in bits, as `mutualInformation` has it.
    let mean: Double

    init(latent: Symbols, labels: Symbols) {
        let pairs = Pairs(latent, labels)
        let samples = latent.sampleCount
        var logarithms = RatioLogarithms()
        var sum = CompensatedSum()
        self.pairs = pairs
        information = pairs.counts.indices.map { pair in
            let together = samples * pairs.counts[pair]
            let apart = latent.occurrences[pairs.first[pair]] * labels.occurrences[pairs.second[pair]]
            let bits = logarithms.bits(together, apart)
            sum.add(Double(pairs.counts[pair]) * bits)
            return together == apart || abs(bits) <= 1e-12 ? 0 : bits
        }
        mean = nonNegative(sum.value / Double(max(samples, 1)), noise: 1e-12)
    }
}
