#if canImport(Darwin)
    internal import Darwin
#else
    internal import Glibc
#endif

/// Returns ψ(x), the derivative of ln Γ, for x > 0.
///
/// Shifted by ψ(x) = ψ(x + 1) − 1/x to x ≥ 10, where the asymptotic series to x^−16 leaves less than 2e-17; so the error is
/// that of a few roundings: relative 1e-14 away from the zero at 1.4616, absolute 1e-15 near it.
///
/// Source: Abramowitz, Stegun, "Handbook of Mathematical Functions", eq. 6.3.5 and 6.3.18.
func digamma(_ x: Double) -> Double {
    precondition(x > 0, "digamma is used for positive numbers")
    var x = x
    var shift = 0.0
    while x < 10 {
        shift -= 1 / x
        x += 1
    }
    let s = 1 / (x * x)
    let series =
        s
        * (1 / 12.0 - s
            * (1 / 120.0 - s * (1 / 252.0 - s * (1 / 240.0 - s * (1 / 132.0 - s * (691 / 32760.0 - s / 12))))))
    return shift + log(x) - 0.5 / x - series
}
