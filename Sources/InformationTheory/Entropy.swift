#if canImport(Darwin)
    internal import Darwin
#else
    internal import Glibc
#endif

/// Returns the plug-in entropy H(Z) = Σ_z p(z)·log2(1/p(z)) of the symbols, in bits.
///
/// Between 0 (one symbol) and log2 n (all differ). The estimate is biased downwards, by about (count − 1)/(2n ln 2) bits
/// while n is large against the count, and says log2 n rather than H(Z) once most symbols are unique: see
/// `Flags.saturated`. Its bits do not depend on the order of the samples. O(distinct counts); no samples: 0.
///
/// Source: Shannon, "A Mathematical Theory of Communication", 1948, section 6; the bias: Miller, 1955.
public func entropy(of z: Symbols) -> Double { plugInEntropy(of: z.profile) }

/// Returns log2 n, the largest entropy that n samples can show, in bits, by the sum that `entropy(of:)` takes where all
/// symbols differ: so that a saturated entropy equals its ceiling to the last bit. O(1); no samples: 0.
public func largestEntropy(ofSamples n: Int) -> Double {
    n > 0 ? Double(n) * log2(Double(n)) / Double(n) : 0
}

/// Returns the plug-in conditional entropy H(Z|X) = Σ_{x,z} p(x,z)·log2(p(x)/p(x,z)), in bits.
///
/// Exactly 0 when X determines Z. Meaningless where few samples share an x: then 0 is all that it can say. O(n).
public func conditionalEntropy(of z: Symbols, given x: Symbols) -> Double {
    let pairs = Pairs(x, z)
    var sum = CompensatedSum()
    for pair in pairs.counts.indices {
        let both = Double(pairs.counts[pair])
        sum.add(both * log2(Double(x.occurrences[pairs.first[pair]]) / both))
    }
    return sum.value / Double(max(z.sampleCount, 1))
}

/// Returns the plug-in mutual information I(A;B) = Σ_{a,b} p(a,b)·log2( p(a,b) / (p(a)·p(b)) ), in bits.
///
/// Each logarithm is of one ratio of whole numbers, n·c(a,b) / (c(a)·c(b)), so that independent counts give exactly 0,
/// and the result is the same bits for (a, b) and (b, a). Rounding noise in (−1e-12, 0) becomes 0, because mutual
/// information is never negative; anything lower would be an error of this function and stops the program. Biased
/// upwards, by about (|A|−1)(|B|−1)/(2n ln 2) bits; at most min(H(A), H(B)). O(n).
///
/// Source: Cover, Thomas, "Elements of Information Theory", 2nd edition, eq. 2.28.
public func mutualInformation(_ a: Symbols, _ b: Symbols) -> Double {
    let pairs = Pairs(a, b)
    let samples = a.sampleCount
    var logarithms = RatioLogarithms()
    var sum = CompensatedSum()
    for pair in pairs.counts.indices {
        let both = pairs.counts[pair]
        let apart = a.occurrences[pairs.first[pair]] * b.occurrences[pairs.second[pair]]
        sum.add(Double(both) * logarithms.bits(samples * both, apart))
    }
    return nonNegative(sum.value / Double(max(samples, 1)), noise: 1e-12)
}

/// Returns the total correlation Σ_j H(Z_j) − H(Z) of the units of a layer, in bits.
///
/// 0 if and only if the units are independent; at most Σ_j H(Z_j) − max_j H(Z_j). Where `Flags.saturated` holds, H(Z) is
/// log2 n and the difference grows with every unit, dependent or not. Rounding noise below 0 becomes 0. O(units).
///
/// Source: Watanabe, "Information Theoretical Analysis of Multivariate Correlation", 1960.
public func totalCorrelation(of layer: DiscretizedLayer) -> Double {
    var sum = CompensatedSum()
    for bits in layer.unitEntropies { sum.add(bits) }
    let parts = sum.value
    return nonNegative(parts - entropy(of: layer.symbols), noise: 1e-12 * max(1, parts))
}

/// log2 of ratios of whole numbers, each computed once while it is among the last ones: counts repeat, and a logarithm costs
/// as much as all else of a term.
struct RatioLogarithms {
    private var ratios = [SIMD2<Int>](repeating: .zero, count: Self.slots)
    private var bits = [Double](repeating: 0, count: Self.slots)
    private static let slots = 256

    /// log2(Double(numerator) / Double(denominator)), both positive.
    mutating func bits(_ numerator: Int, _ denominator: Int) -> Double {
        let ratio = SIMD2(numerator, denominator)
        let slot = (numerator &* 31 &+ denominator) & (Self.slots &- 1)
        if ratios[slot] != ratio {
            ratios[slot] = ratio
            bits[slot] = log2(Double(numerator) / Double(denominator))
        }
        return bits[slot]
    }
}

/// The sum of many terms with the error of a few (Neumaier's variant of Kahan's summation).
struct CompensatedSum {
    private var sum = 0.0
    private var lost = 0.0

    mutating func add(_ term: Double) {
        let next = sum + term
        lost += abs(sum) >= abs(term) ? (sum - next) + term : (term - next) + sum
        sum = next
    }

    /// Adds a term `times` times. The product is not rounded, so that the sum is what as many single additions give, but for
    /// what both leave out, some 2⁻¹⁰⁰ of it.
    mutating func add(_ term: Double, times: Int) {
        let times = Double(times)
        let product = times * term
        add(product)
        add((-product).addingProduct(times, term))
    }

    var value: Double { sum + lost }
}

/// Returns the mean of some numbers.
func mean(_ values: [Double]) -> Double {
    var sum = CompensatedSum()
    for value in values { sum.add(value) }
    return sum.value / Double(values.count)
}

/// Returns Σ (c/n)·log2(n/c) over the counts, in bits, summed from the smallest count to the largest, so that the bits of the
/// result depend on nothing but the multiset of counts. One logarithm per distinct count; no samples: 0.
func plugInEntropy(of counts: CountProfile) -> Double {
    let total = Double(counts.samples)
    var sum = CompensatedSum()
    for (count, symbols) in counts.entries { sum.add(Double(symbols * count) * log2(total / Double(count))) }
    return sum.value / Double(max(counts.samples, 1))
}

/// Returns `bits`, or 0 where it lies below 0 by no more than the rounding `noise`, for quantities that a theorem bounds
/// by 0 from below.
func nonNegative(_ bits: Double, noise: Double) -> Double {
    precondition(bits > -noise, "a quantity that is never negative came out as \(bits) bits")
    return bits > 0 ? bits : 0
}
