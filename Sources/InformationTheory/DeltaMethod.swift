#if canImport(Darwin)
    internal import Darwin
#else
    internal import Glibc
#endif

/// Returns the standard error of the plug-in entropy H(Z) in bits, by the delta method: H is the mean of the surprisals
/// log2(1/p(z_s)), and its standard error is sd(surprisals)/√n with the unbiased sd (n − 1).
///
/// It is the error of sampling alone and knows nothing of the bias; where all symbols are equally frequent the first order
/// vanishes and it is 0, though the entropy of another sample would differ by about √(2(count − 1))/(2n ln 2) bits. So it is
/// 0 on saturated layers: see `Flags.saturated`. Nil for fewer than two samples. O(count).
///
/// Source: Basharin, "On a Statistical Estimate for the Entropy of a Sequence of Independent Random Variables", 1959.
public func standardErrorOfEntropy(_ z: Symbols) -> Double? {
    let samples = z.sampleCount
    guard samples > 1 else { return nil }
    let bits = entropy(of: z)
    var logarithms = RatioLogarithms()
    var squares = CompensatedSum()
    for occurrences in z.occurrences {
        let deviation = logarithms.bits(samples, occurrences) - bits
        squares.add(Double(occurrences) * deviation * deviation)
    }
    return (squares.value / Double(samples - 1) / Double(samples)).squareRoot()
}

/// Returns the standard error of the plug-in total correlation of a layer in bits, by the delta method: the standard error
/// of the mean over samples of Σ_j log2(1/p(z_sj)) − log2(1/p(z_s)).
///
/// For `argmax`, whose Z is one index, it is 0 as the total correlation is. Nil for fewer than two samples. O(n).
public func standardErrorOfTotalCorrelation(_ layer: DiscretizedLayer) -> Double? {
    let z = layer.symbols
    var logarithms = RatioLogarithms()
    let surprisal = z.occurrences.map { logarithms.bits(z.sampleCount, $0) }
    return standardErrorOfMean(zip(layer.unitSurprisals, z.ids).map { $0 - surprisal[Int($1)] })
}

/// Returns sd(values)/√n with the unbiased sd; nil for fewer than two values.
func standardErrorOfMean(_ values: [Double]) -> Double? {
    let count = Double(values.count)
    guard count > 1 else { return nil }
    let centre = mean(values)
    var squares = CompensatedSum()
    for value in values { squares.add((value - centre) * (value - centre)) }
    return (squares.value / (count - 1) / count).squareRoot()
}
