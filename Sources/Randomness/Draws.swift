#if canImport(Darwin)
    internal import Darwin
#else
    internal import Glibc
#endif

extension RandomNumberGenerator {
    /// Returns a number uniform over the 2^53 multiples of 2^-53 in [0, 1).
    public mutating func nextUniform() -> Double {
        Double(next() >> 11) * 0x1p-53
    }

    /// Returns a whole number uniform over 0 ..< `bound`, without bias.
    ///
    /// Source: Lemire, "Fast Random Integer Generation in an Interval", ACM TOMACS 29(1), 2019, algorithm 5.
    public mutating func nextIndex(below bound: Int) -> Int {
        precondition(bound > 0, "an index needs a positive bound")
        let range = UInt64(bound)
        var product = next().multipliedFullWidth(by: range)
        if product.low < range {
            let threshold = (0 &- range) % range
            while product.low < threshold {
                product = next().multipliedFullWidth(by: range)
            }
        }
        return Int(product.high)
    }

    /// Returns one draw of the standard normal distribution.
    ///
    /// Source: Box, Muller, "A Note on the Generation of Random Normal Deviates", Ann. Math. Stat. 29(2), 1958, eq. 1
    /// (the cosine branch only, so that the generator carries no hidden state).
    public mutating func nextNormal() -> Double {
        let radius = (-2 * log(1 - nextUniform())).squareRoot()
        return radius * cos(2 * .pi * nextUniform())
    }

    /// Returns a uniformly drawn order of 0 ..< `count` (Fisher–Yates). O(count).
    public mutating func permutation(of count: Int) -> [Int] {
        var order = Array(0..<count)
        for last in stride(from: count - 1, to: 0, by: -1) {
            order.swapAt(last, nextIndex(below: last + 1))
        }
        return order
    }
}
