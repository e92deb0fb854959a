/// The plug-in I(Z;Y) in bits with its standard error by the delta method: what `PointwiseInformation` gives, without the values
/// of single samples.
///
/// Sums are over the pairs of symbols that occur, with their counts. The bits are those of the sums over samples but for cases
/// in 2⁴⁰: both leave out some 2⁻¹⁰⁰ before they are rounded.
public struct PairInformation: Sendable {
    /// The mean PMI, which is I(Z;Y), in bits.
    public let mean: Double
    /// sd(PMI)/√n with the unbiased sd (n − 1), in bits; nil for fewer than two samples.
    public let standardError: Double?

    /// O(n), and O(distinct counts) where one side tells all samples apart.
    public init(_ z: Symbols, _ y: Symbols) {
        let samples = z.sampleCount
        var terms = Terms(samples: samples)
        terms.addPairs(z, y)
        mean = nonNegative(terms.sum.value / Double(max(samples, 1)), noise: 1e-12)
        guard samples > 1 else {
            standardError = nil
            return
        }
        var clamped = CompensatedSum()
        for (bits, samples) in terms.values { clamped.add(bits, times: samples) }
        let centre = clamped.value / Double(samples)
        var squares = CompensatedSum()
        for (bits, samples) in terms.values { squares.add((bits - centre) * (bits - centre), times: samples) }
        standardError = (squares.value / Double(samples - 1) / Double(samples)).squareRoot()
    }
}

/// The terms of the sum, and the PMI of all samples.
private struct Terms {
    let samples: Int
    private(set) var sum = CompensatedSum()
    /// PMI in bits, what rounding leaves within 1e-12 of 0 as 0, and how many samples have it.
    private(set) var values: [(bits: Double, samples: Int)] = []
    private var logarithms = RatioLogarithms()

    init(samples: Int) { self.samples = samples }

    /// A table of all pairs is counted up to this size, which a cache of 256 KiB holds.
    private static let mostCells = 1 << 16

    mutating func addPairs(_ z: Symbols, _ y: Symbols) {
        if y.count == samples {
            for (count, symbols) in z.profile.entries { add(1, of: count, and: 1, pairs: count * symbols) }
        } else if z.count == samples {
            for (count, symbols) in y.profile.entries { add(1, of: 1, and: count, pairs: count * symbols) }
        } else if z.count * y.count <= Self.mostCells {
            addTable(z, y)
        } else {
            let pairs = Pairs(z, y)
            for (pair, together) in pairs.counts.enumerated() {
                add(together, of: z.occurrences[pairs.first[pair]], and: y.occurrences[pairs.second[pair]], pairs: 1)
            }
        }
    }

    /// Symbols of fewer samples than this are counted before their terms are added.
    private static let fewSamples = 16

    private mutating func addTable(_ z: Symbols, _ y: Symbols) {
        let (symbols, labels) = (z.count, y.count)
        // One label after the other, so that the symbols of a label lie side by side.
        var cells = [Int32](repeating: 0, count: symbols * labels)
        // Symbols of one sample are many where there are many symbols, and those with one label have the same PMI.
        var alone = [Int](repeating: 0, count: labels)
        let repeated = z.repeated
        cells.withUnsafeMutableBufferPointer { cells in
            z.ids.withUnsafeBufferPointer { z in
                y.ids.withUnsafeBufferPointer { y in
                    for sample in 0..<samples {
                        cells[Int(truncatingIfNeeded: y[sample]) &* symbols &+ Int(truncatingIfNeeded: z[sample])] &+= 1
                    }
                }
            }
            for label in 0..<labels {
                alone[label] = y.occurrences[label]
                for symbol in repeated { alone[label] &-= Int(cells[label &* symbols &+ Int(symbol)]) }
            }
            // So have symbols of as many samples, as many of them with the label; those of few samples are many.
            let few = Self.fewSamples
            var alike = [Int32](repeating: 0, count: few * few)
            for label in 0..<labels {
                let ofLabel = cells.baseAddress! + label * symbols
                for symbol in repeated {
                    let (occurrences, together) = (z.occurrences[Int(symbol)], Int(ofLabel[Int(symbol)]))
                    if occurrences < few {
                        alike[occurrences &* few &+ together] &+= 1
                    } else if together > 0 {
                        add(together, of: occurrences, and: y.occurrences[label], pairs: 1)
                    }
                }
                for occurrences in 2..<few {
                    for together in 1...occurrences {
                        let pairs = Int(alike[occurrences * few + together])
                        if pairs > 0 { add(together, of: occurrences, and: y.occurrences[label], pairs: pairs) }
                    }
                }
                alike.withUnsafeMutableBufferPointer { $0.update(repeating: 0) }
            }
        }
        for (label, pairs) in alone.enumerated() where pairs > 0 {
            add(1, of: 1, and: y.occurrences[label], pairs: pairs)
        }
    }

    /// Adds some pairs: each has `together` samples, its symbols have `first` and `second`.
    private mutating func add(_ together: Int, of first: Int, and second: Int, pairs: Int) {
        let (joint, apart) = (samples * together, first * second)
        let bits = logarithms.bits(joint, apart)
        sum.add(Double(together) * bits, times: pairs)
        values.append((joint == apart || abs(bits) <= 1e-12 ? 0 : bits, together * pairs))
    }
}
