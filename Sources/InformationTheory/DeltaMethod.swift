internal import CDiscretization

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
/// 0 on saturated layers: see `Flags.saturated`. Nil for fewer than two samples. O(distinct counts).
///
/// Source: Basharin, "On a Statistical Estimate for the Entropy of a Sequence of Independent Random Variables", 1959.
public func standardErrorOfEntropy(_ z: Symbols) -> Double? {
    let samples = z.sampleCount
    guard samples > 1 else { return nil }
    let bits = entropy(of: z)
    var squares = CompensatedSum()
    for (count, symbols) in z.profile.entries {
        let deviation = log2(Double(samples) / Double(count)) - bits
        squares.add(Double(count) * deviation * deviation, times: symbols)
    }
    return (squares.value / Double(samples - 1) / Double(samples)).squareRoot()
}

/// Returns the standard error of the plug-in total correlation of a layer in bits, by the delta method: the standard error
/// of the mean over samples of Σ_j log2(1/p(z_sj)) − log2(1/p(z_s)).
///
/// For `argmax`, whose Z is one index, it is 0 as the total correlation is. Nil for fewer than two samples. O(n).
public func standardErrorOfTotalCorrelation(_ layer: DiscretizedLayer) -> Double? {
    let z = layer.symbols
    let table = CountSurprisals.of(samples: z.sampleCount)
    precondition(layer.unitSurprisals.count == z.sampleCount, "the layer was discretized with its surprisals")
    let differences = [Double](unsafeUninitializedCapacity: z.sampleCount) { differences, initialized in
        let ofSymbol = z.occurrences.map { table.bits[$0] }
        ofSymbol.withUnsafeBufferPointer { ofSymbol in
            z.ids.withUnsafeBufferPointer { ids in
                layer.unitSurprisals.withUnsafeBufferPointer { ofUnits in
                    for sample in ids.indices {
                        differences[sample] = ofUnits[sample] - ofSymbol[Int(truncatingIfNeeded: ids[sample])]
                    }
                }
            }
        }
        initialized = z.sampleCount
    }
    return standardErrorOfMean(differences)
}

/// Returns sd(values)/√n with the unbiased sd; nil for fewer than two values.
func standardErrorOfMean(_ values: [Double]) -> Double? {
    let count = Double(values.count)
    guard count > 1 else { return nil }
    var centre = compensatedSum(of: values, squaresAround: nil) / count
    let squares = compensatedSum(of: values, squaresAround: &centre)
    return (squares / (count - 1) / count).squareRoot()
}

/// The sum of the values, or of their squared distances from a centre. What it leaves out, some 2⁻¹⁰⁰ of it, does not depend on the
/// order.
private func compensatedSum(of values: [Double], squaresAround centre: UnsafePointer<Double>?) -> Double {
    let whole = values.count / 8 * 8
    var (sums, lost) = (SIMD8<Double>.zero, SIMD8<Double>.zero)
    withUnsafeMutableBytes(of: &sums) { sums in
        withUnsafeMutableBytes(of: &lost) { lost in
            cd_sum(
                values, whole, centre, sums.baseAddress!.assumingMemoryBound(to: Double.self),
                lost.baseAddress!.assumingMemoryBound(to: Double.self))
        }
    }
    var total = CompensatedSum()
    for lane in 0..<8 { total.add(sums[lane]) }
    for lane in 0..<8 { total.add(lost[lane]) }
    for value in values[whole...] {
        guard let centre = centre?.pointee else {
            total.add(value)
            continue
        }
        total.add((value - centre) * (value - centre))
    }
    return total.value
}
