/// Codes the values of one unit at a time as whole numbers 0 ..< K: equal bins, and only these, get equal codes.
///
/// Every rule is computed here, once, for layers and for input features alike. Scratch memory is kept between units.
struct ColumnCoder: ~Copyable {
    private let rule: Discretization.Rule
    private let range: ValueRange?
    private let unitRanges: [ValueRange]?
    private let edges: [Double]
    /// Numbers what has no small dense code: distinct values, far-apart multiples of a step.
    private var table: SymbolTable
    /// Orders the values of a unit, for quantiles.
    private var sorter: KeySorter
    /// Whether a value lay outside of the range of its rule.
    private(set) var sawValueOutside = false

    init(_ rule: Discretization.Rule, range: ValueRange?, unitRanges: [ValueRange]?, samples: Int) {
        self.rule = rule
        self.unitRanges = unitRanges
        switch rule {
        case .width(_, .fixed(let low, let high)): self.range = ValueRange(low: low, high: high)
        default: self.range = range
        }
        edges = if case .digitize(let count) = rule { Discretization.edges(count) } else { [] }
        table = SymbolTable(capacity: samples)
        sorter = KeySorter(count: samples)
    }

    /// Writes the code of every value of unit `unit` and returns K, an exclusive bound of the codes.
    mutating func code<S: BinaryFloatingPoint>(
        _ values: UnsafeBufferPointer<S>, unit: Int, into codes: UnsafeMutableBufferPointer<Int32>
    ) throws(InformationError) -> Int {
        switch rule {
        case .width(let bins, .unit):
            let range = unitRanges.map { $0[unit] } ?? extremes(of: values)
            return try codeEqualBins(values, bins: bins, range: range, into: codes)
        case .width(let bins, _):
            guard let range else { preconditionFailure("\(rule) needs a range") }
            return try codeEqualBins(values, bins: bins, range: range, into: codes)
        case .step(let step): return try codeMultiples(values, step: step, into: codes)
        case .quantile(let bins): return codeQuantiles(values, bins: bins, into: codes)
        case .exact: return codeDistinct(values, into: codes)
        case .digitize: return try codeByEdges(values, into: codes)
        case .argmax: preconditionFailure("argmax has no bins of single units")
        }
    }

    /// Codes distinct values in order of first appearance, or returns nil where there are more than `limit`.
    mutating func codeFewValues<S: BinaryFloatingPoint>(
        _ values: UnsafeBufferPointer<S>, limit: Int, into codes: UnsafeMutableBufferPointer<Int32>
    ) -> Int? {
        table.removeAll()
        for sample in values.indices {
            codes[sample] = table.number(of: pattern(of: Double(values[sample])))
            if table.count > limit { return nil }
        }
        return table.count
    }

    /// min(B − 1, floor((a − lo) / (hi − lo) · B)), below lo 0, over a range of length zero 0.
    ///
    /// The quotient is clamped to [0, B − 1] before the floor, which gives the same bins, and the floor is taken by
    /// adding 2^52, where the spacing of Float64 is 1, and correcting the rounding: exact for 0 ≤ q < 2^52, and the
    /// compiler turns it into vector instructions.
    private mutating func codeEqualBins<S: BinaryFloatingPoint>(
        _ values: UnsafeBufferPointer<S>, bins: Int, range: ValueRange, into codes: UnsafeMutableBufferPointer<Int32>
    ) throws(InformationError) -> Int {
        guard range.isUsable else { throw .invalidRange(range) }
        let low = range.low
        let high = range.high
        let length = high - low
        let scale = Double(bins)
        let top = Double(bins - 1)
        let unitSpacing = 0x1p52
        var outside: Int32 = 0
        if length == 0 {
            for sample in values.indices {
                codes[sample] = 0
                outside |= Double(values[sample]) != low ? 1 : 0
            }
        } else {
            for sample in values.indices {
                let value = Double(values[sample])
                var quotient = (value - low) / length * scale
                quotient = quotient > 0 ? quotient : 0
                quotient = quotient < top ? quotient : top
                let shifted = quotient + unitSpacing
                let roundedUp: Int32 = shifted - unitSpacing > quotient ? 1 : 0
                codes[sample] = Int32(truncatingIfNeeded: shifted.bitPattern) &- roundedUp
                outside |= (value < low ? 1 : 0) | (value > high ? 1 : 0)
            }
        }
        if outside != 0 { sawValueOutside = true }
        return bins
    }

    /// floor(a / w): as the distance from the smallest multiple where the multiples of a unit lie close together, by
    /// numbering the distinct multiples where they do not.
    private mutating func codeMultiples<S: BinaryFloatingPoint>(
        _ values: UnsafeBufferPointer<S>, step: Double, into codes: UnsafeMutableBufferPointer<Int32>
    ) throws(InformationError) -> Int {
        // Division by a positive number and floor are monotone, so the extreme values have the extreme multiples.
        let range = extremes(of: values)
        let lowest = (range.low / step).rounded(.down)
        let highest = (range.high / step).rounded(.down)
        guard lowest.isFinite, highest.isFinite else {
            throw .quotientOverflow(value: lowest.isFinite ? range.high : range.low, step: step)
        }
        if lowest >= -0x1p50, highest <= 0x1p50, highest - lowest < 65536 {
            // As in `codeEqualBins`; the spacing of Float64 is 1 from 2^52 to 2^53, around this number.
            let unitSpacing = 0x1.8p52
            for sample in values.indices {
                let quotient = Double(values[sample]) / step
                let rounded = (quotient + unitSpacing) - unitSpacing
                let multiple = rounded > quotient ? rounded - 1 : rounded
                codes[sample] = Int32(truncatingIfNeeded: (multiple - lowest + unitSpacing).bitPattern)
            }
            return Int(highest - lowest) + 1
        }
        table.removeAll()
        for sample in values.indices {
            codes[sample] = table.number(of: pattern(of: (Double(values[sample]) / step).rounded(.down)))
        }
        return table.count
    }

    /// floor(B · (values strictly smaller) / n), in whole numbers.
    private mutating func codeQuantiles<S: BinaryFloatingPoint>(
        _ values: UnsafeBufferPointer<S>, bins: Int, into codes: UnsafeMutableBufferPointer<Int32>
    ) -> Int {
        sorter.sort { sample in orderedKey(of: Double(values[sample])) }
        var smaller = 0
        for place in 0..<values.count {
            if place > 0, sorter.keys[place] != sorter.keys[place - 1] { smaller = place }
            codes[Int(sorter.order[place])] = Int32(bins * smaller / values.count)
        }
        return bins
    }

    private mutating func codeDistinct<S: BinaryFloatingPoint>(
        _ values: UnsafeBufferPointer<S>, into codes: UnsafeMutableBufferPointer<Int32>
    ) -> Int {
        table.removeAll()
        for sample in values.indices {
            codes[sample] = table.number(of: pattern(of: Double(values[sample])))
        }
        return table.count
    }

    /// (The number of edges ≤ a) − 1, below the first edge the last index; see the `idnns` presets.
    private mutating func codeByEdges<S: BinaryFloatingPoint>(
        _ values: UnsafeBufferPointer<S>, into codes: UnsafeMutableBufferPointer<Int32>
    ) throws(InformationError) -> Int {
        let last = edges.count - 1
        // A guess by equal widths, corrected against the edges themselves. The guess leaves out the upper bound's own bin
        // (index `last`), which the correction reaches.
        _ = try codeEqualBins(values, bins: last, range: ValueRange(low: -1, high: 1), into: codes)
        edges.withUnsafeBufferPointer { edges in
            for sample in values.indices {
                let value = Double(values[sample])
                var index = Int(codes[sample])
                while index < last, value >= edges[index + 1] { index += 1 }
                while index >= 0, value < edges[index] { index -= 1 }
                codes[sample] = Int32(truncatingIfNeeded: index < 0 ? last : index)
            }
        }
        return edges.count
    }
}

extension Discretization {
    /// `numpy.linspace(-1, 1, count).astype("float32")`, the edges of the `idnns` presets.
    static func edges(_ count: Int) -> [Double] {
        let step = 2 / Double(count - 1)
        return (0..<count).map { $0 == count - 1 ? 1 : Double(Float(Double($0) * step + -1)) }
    }
}

/// The smallest and the largest of the values (at least one, all finite).
private func extremes<S: BinaryFloatingPoint>(of values: UnsafeBufferPointer<S>) -> ValueRange {
    // Four pairs, so that no comparison waits for the one before.
    var low = (values[0], values[0], values[0], values[0])
    var high = low
    var sample = 0
    while sample + 4 <= values.count {
        let (a, b, c, d) = (values[sample], values[sample + 1], values[sample + 2], values[sample + 3])
        low = (a < low.0 ? a : low.0, b < low.1 ? b : low.1, c < low.2 ? c : low.2, d < low.3 ? d : low.3)
        high = (a > high.0 ? a : high.0, b > high.1 ? b : high.1, c > high.2 ? c : high.2, d > high.3 ? d : high.3)
        sample += 4
    }
    for value in values[sample...] {
        low.0 = min(low.0, value)
        high.0 = max(high.0, value)
    }
    return ValueRange(
        low: Double(min(low.0, low.1, low.2, low.3)), high: Double(max(high.0, high.1, high.2, high.3)))
}

/// The bits of a value, those of 0 for −0: equal values, and only these, have equal patterns.
@inline(__always)
private func pattern(of value: Double) -> UInt64 {
    (value + 0).bitPattern
}

/// The pattern of a value, mapped so that keys are ordered as the values are.
@inline(__always)
private func orderedKey(of value: Double) -> UInt64 {
    let bits = pattern(of: value)
    return bits >> 63 == 0 ? bits | 1 << 63 : ~bits
}
