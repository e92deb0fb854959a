#if canImport(Darwin)
    internal import Darwin
#else
    internal import Glibc
#endif

/// The entropy of Nemenman, Shafee and Bialek: with K symbols, a Dirichlet prior of concentration β has the mean entropy
/// ξ(β) = ψ(Kβ + 1) − ψ(β + 1), narrowly; the prior dξ on β makes entropies nearly uniform between 0 and ln K.
///
/// ⟨H⟩ = ∫ ⟨H⟩_β ρ(β) dξ / ∫ ρ(β) dξ with ρ(β) = Γ(Kβ)/Γ(n + Kβ) · Π_k Γ(c_k + β)/Γ(β) and
/// ⟨H⟩_β = ψ(n + Kβ + 1) − Σ_k (c_k + β)/(n + Kβ) · ψ(c_k + β + 1). K is the number of occupied symbols, because the number
/// of possible ones is not known of a layer: entropy in unseen symbols is missed.
///
/// Integrated over t = ln β. Source: arXiv:physics/0108025, eq. 6–10.
extension CountProfile {
    /// ⟨H⟩ in nats.
    var nsb: Double {
        let mode = likeliest
        // Beyond 45 nats below the mode lies less than e^-45 of the mass per unit of t, over some tens of units.
        let low = edge(from: mode, by: -1)
        let high = edge(from: mode, by: 1)
        let peak = logDensity(mode)
        var total = (mass: 0.0, entropy: 0.0)
        let width = max(1e-6, min(mode - low, high - mode))
        // Panels that grow away from the mode: the density is narrow there and has a long tail e^-t to the right.
        for side in [-1.0, 1.0] {
            let end = side < 0 ? mode - low : high - mode
            var from = 0.0
            var step = width / 16
            while from < end {
                let to = min(end, from + step)
                let centre = mode + side * (from + to) / 2
                let half = (to - from) / 2
                for (node, weight) in GaussLegendre.rule {
                    let t = centre + half * node
                    let mass = weight * half * exp(logDensity(t) - peak)
                    total.mass += mass
                    total.entropy += mass * meanEntropy(exp(t))
                }
                from = to
                step *= 1.3
            }
        }
        return total.entropy / total.mass
    }

    private static let range = -60.0...60.0

    /// The t with the largest density: a scan, then golden sections around its best point.
    private var likeliest: Double {
        let scan = stride(from: Self.range.lowerBound, through: Self.range.upperBound, by: 0.5).map {
            ($0, logDensity($0))
        }
        let best = scan.max { $0.1 < $1.1 }!.0
        var (low, high) = (best - 0.5, best + 0.5)
        let ratio = (5.0.squareRoot() - 1) / 2
        for _ in 0..<60 {
            let (left, right) = (high - ratio * (high - low), low + ratio * (high - low))
            if logDensity(left) < logDensity(right) { low = left } else { high = right }
        }
        return (low + high) / 2
    }

    /// Where the density has fallen by 45 nats on one side of the mode, to a hundredth.
    private func edge(from mode: Double, by sign: Double) -> Double {
        let peak = logDensity(mode)
        var distance = 0.01
        while distance < 100, logDensity(mode + sign * distance) > peak - 45 { distance *= 1.5 }
        return mode + sign * distance
    }

    /// ln( ρ(β)·dξ/dβ·β ) at t = ln β, up to a constant.
    private func logDensity(_ t: Double) -> Double {
        let beta = exp(t)
        let k = Double(symbols)
        var sum = CompensatedSum()
        sum.add(-logRising(k * beta, by: samples))
        for (count, symbols) in entries { sum.add(Double(symbols) * logRising(beta, by: count)) }
        return sum.value + log(priorSlope(beta)) + t
    }

    /// dξ/dβ = K·ψ₁(Kβ + 1) − ψ₁(β + 1), by its series where the terms cancel.
    private func priorSlope(_ beta: Double) -> Double {
        let k = Double(symbols)
        if beta < 1000 { return k * trigamma(k * beta + 1) - trigamma(beta + 1) }
        let s = 1 / beta
        let r = 1 / k
        return s * s * ((1 - r) / 2 - s * (1 - r * r) / 6 + s * s * s * (1 - r * r * r * r) / 30)
    }

    /// ⟨H⟩_β in nats.
    private func meanEntropy(_ beta: Double) -> Double {
        let total = Double(samples) + Double(symbols) * beta
        let last = digamma(total + 1)
        // Σ (c + β)/(n + Kβ) is 1: differences of ψ keep their digits where β is large.
        return sum { count in
            let own = Double(count) + beta
            return own / total * (last - digamma(own + 1))
        }
    }
}

/// Returns ln Γ(x + n) − ln Γ(x) for x > 0, also where both are huge.
private func logRising(_ x: Double, by n: Int) -> Double {
    let n = Double(n)
    if x < 1000 { return logGamma(x + n) - logGamma(x) }
    // Stirling's series of both, Abramowitz and Stegun 6.1.41, with what is common taken out.
    func rest(_ x: Double) -> Double { 1 / (12 * x) - 1 / (360 * x * x * x) }
    return (x - 0.5) * log1p(n / x) + n * log(x + n) - n + rest(x + n) - rest(x)
}

private func logGamma(_ x: Double) -> Double {
    var sign: Int32 = 0
    return lgamma_r(x, &sign)
}

/// Returns ψ₁(x), the derivative of digamma, for x > 0; Abramowitz and Stegun 6.4.6 and 6.4.12, to a few roundings.
private func trigamma(_ x: Double) -> Double {
    var x = x
    var shift = 0.0
    while x < 12 {
        shift += 1 / (x * x)
        x += 1
    }
    let s = 1 / (x * x)
    return shift + 1 / x + s / 2 + s / x * (1 / 6.0 - s * (1 / 30.0 - s * (1 / 42.0 - s * (1 / 30.0 - s * 5 / 66.0))))
}
