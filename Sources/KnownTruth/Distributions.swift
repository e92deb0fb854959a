#if canImport(Darwin)
    internal import Darwin
#else
    internal import Glibc
#endif

/// φ(x), the standard normal density.
func normalDensity(_ x: Double) -> Double { exp(-x * x / 2) / (2 * .pi).squareRoot() }

/// Φ(x), the standard normal distribution.
func normalDistribution(_ x: Double) -> Double { erfc(-x / 2.0.squareRoot()) / 2 }

/// Returns ∫ f over [low, high] by Simpson's rule on 2·`steps` intervals; its error falls as steps⁻⁴ for smooth f.
func integral(_ low: Double, _ high: Double, steps: Int = 1000, _ f: (Double) -> Double) -> Double {
    let width = (high - low) / Double(2 * steps)
    var sum = f(low) + f(high)
    for step in 1..<2 * steps { sum += (step.isMultiple(of: 2) ? 2 : 4) * f(low + Double(step) * width) }
    return sum * width / 3
}

/// Returns Σ p·log2(1/p).
func bits(_ probabilities: [Double]) -> Double {
    probabilities.reduce(0) { $1 > 0 ? $0 - $1 * log2($1) : $0 }
}

/// Returns the t that a variable of Student's distribution exceeds in size with probability `tail`, by bisection of the
/// integrated density.
func studentQuantile(tail: Double, degrees: Double) -> Double {
    var sign: Int32 = 0
    let constant = exp(lgamma_r((degrees + 1) / 2, &sign) - lgamma_r(degrees / 2, &sign)) / (degrees * .pi).squareRoot()
    func upperTail(_ t: Double) -> Double {
        // With u = 1/x the tail is an integral over 0 ... 1/t.
        constant
            * integral(0, 1 / t, steps: 200) { u in
                u == 0 ? 0 : pow(1 + 1 / (degrees * u * u), -(degrees + 1) / 2) / (u * u)
            }
    }
    var (low, high) = (0.1, 1e6)
    for _ in 0..<100 {
        let middle = (low * high).squareRoot()
        if upperTail(middle) > tail / 2 { low = middle } else { high = middle }
    }
    return (low * high).squareRoot()
}
