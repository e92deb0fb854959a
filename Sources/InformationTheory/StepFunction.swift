/// A rule as a function of Float32 values that is constant between thresholds, where it is one with few of them.
///
/// Every threshold is the smallest Float32 that the formula of the rule, in Float64, puts behind it: so that comparing with
/// thresholds gives the bins of the formula, to the bit.
struct StepFunction {
    /// Ascending, all different and finite.
    private(set) var thresholds: [Float] = []
    /// The code of the values before the first threshold, and of those from each threshold on.
    private(set) var codes: [UInt8]
    /// An exclusive bound of the codes.
    let codeCount: Int
    /// Values outside of this range are flagged; nil where the rule has none.
    let range: ValueRange?

    /// The most thresholds that intervals of one byte have.
    static let mostThresholds = 255

    /// - Parameters:
    ///   - range: what `width` divides.
    ///   - extremes: the smallest and the largest value; `step` has thresholds between them only.
    /// - Returns: nil where the rule depends on the unit, has more thresholds, or its parameters are to be refused.
    init?(_ rule: Discretization.Rule, range: ValueRange?, extremes: () -> ValueRange) {
        switch rule {
        case .width(_, .unit), .quantile, .exact, .argmax: return nil
        case .width(let bins, let extent):
            var divided = range
            if case .fixed(let low, let high) = extent { divided = ValueRange(low: low, high: high) }
            guard let divided, divided.isUsable, bins - 1 <= Self.mostThresholds else { return nil }
            self.range = divided
            codeCount = bins
            codes = [0]
            let length = divided.high - divided.low
            guard length > 0 else { return }
            for bin in 1..<bins {
                let guess = divided.low + length * (Double(bin) / Double(bins))
                add(code: UInt8(bin), near: guess) { (Double($0) - divided.low) / length * Double(bins) >= Double(bin) }
            }
        case .step(let step):
            let extremes = extremes()
            let lowest = (extremes.low / step).rounded(.down)
            let highest = (extremes.high / step).rounded(.down)
            // What an archive says of its extremes can be anything.
            guard (0...Double(Self.mostThresholds)).contains(highest - lowest), abs(lowest) <= 0x1p50,
                abs(highest) <= 0x1p50
            else { return nil }
            self.range = nil
            codeCount = Int(highest - lowest) + 1
            codes = [0]
            for code in 1..<codeCount {
                let multiple = lowest + Double(code)
                add(code: UInt8(code), near: multiple * step) { Double($0) / step >= multiple }
            }
        case .digitize(let edges):
            self.range = ValueRange(low: -1, high: 1)
            codeCount = edges
            codes = [UInt8(edges - 1)]
            for (index, edge) in Discretization.edges(edges).enumerated() {
                add(code: UInt8(index), near: edge) { Double($0) >= edge }
            }
        }
    }

    /// Adds the first value for which `isReached` holds, which holds for all after it; nothing where there is none.
    private mutating func add(code: UInt8, near guess: Double, where isReached: (Float) -> Bool) {
        guard let threshold = firstFloat(near: guess, where: isReached) else { return }
        if threshold == thresholds.last {
            codes[codes.count - 1] = code
        } else {
            thresholds.append(threshold)
            codes.append(code)
        }
    }
}

/// The smallest finite Float for which `isReached` holds, where it holds for all larger ones; nil for none. Doubling steps
/// away from the guess, then halving: a guess within an ulp takes three looks.
private func firstFloat(near guess: Double, where isReached: (Float) -> Bool) -> Float? {
    let greatest = rank(of: .greatestFiniteMagnitude)
    let start = Float(guess)
    let centre = start.isFinite ? rank(of: start) : start < 0 ? -greatest : greatest
    var (below, reached): (Int32?, Int32?)
    var (place, step) = (centre, Int32(1))
    if isReached(float(at: centre)) {
        reached = centre
        while below == nil {
            guard place > -greatest else { return float(at: -greatest) }
            place = place > -greatest + step ? place - step : -greatest
            if isReached(float(at: place)) { reached = place } else { below = place }
            step = step > 1 << 28 ? step : 2 * step
        }
    } else {
        below = centre
        while reached == nil {
            guard place < greatest else { return nil }
            place = place < greatest - step ? place + step : greatest
            if isReached(float(at: place)) { reached = place } else { below = place }
            step = step > 1 << 28 ? step : 2 * step
        }
    }
    guard var low = below, var high = reached else { return nil }
    while high - low > 1 {
        let middle = low + (high - low) / 2
        if isReached(float(at: middle)) { high = middle } else { low = middle }
    }
    return float(at: high)
}

/// Where a finite value stands among all of them: 0 for both zeros.
private func rank(of value: Float) -> Int32 {
    let magnitude = Int32(value.magnitude.bitPattern)
    return value < 0 ? -magnitude : magnitude
}

private func float(at rank: Int32) -> Float {
    let magnitude = Float(bitPattern: UInt32(rank.magnitude))
    return rank < 0 ? -magnitude : magnitude
}
