#if canImport(Darwin)
    internal import Darwin
#else
    internal import Glibc
#endif

/// The standard normal distribution.
enum Normal {
    /// Returns 1 − Φ(z).
    static func upperTail(_ z: Double) -> Double { erfc(z / 2.0.squareRoot()) / 2 }

    /// Returns the z with Φ(z) = p, for 0 < p < 1, by bisection to the last bits.
    static func quantile(_ p: Double) -> Double {
        var (low, high) = (-40.0, 40.0)
        for _ in 0..<200 {
            let middle = (low + high) / 2
            // The smaller tail keeps its digits.
            let isBelow = p < 0.5 ? upperTail(-middle) < p : upperTail(middle) > 1 - p
            if isBelow { low = middle } else { high = middle }
        }
        return (low + high) / 2
    }
}
