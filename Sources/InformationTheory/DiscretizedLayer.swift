public import LinearAlgebra
internal import Randomness

#if canImport(Darwin)
    internal import Darwin
#else
    internal import Glibc
#endif

/// One record of a layer (n samples × d units) as symbols.
public struct DiscretizedLayer: Sendable {
    /// The symbol of each sample: its whole row of bins.
    public let symbols: Symbols
    /// The plug-in entropy H(Z_j) of each unit in bits; for `argmax`, whose Z is one index, that single entropy.
    public let unitEntropies: [Double]
    /// Σ_j log2(1/p(z_sj)) of each sample in bits, p the plug-in probability of its unit's symbol: the mean over samples is
    /// the sum of `unitEntropies`. Empty where they were not asked for.
    public let unitSurprisals: [Double]
    /// Whether a value lay outside of the range of the rule (`Flags.outOfRange`): possible for `@[lo,hi]`, for `idnns`
    /// presets, and where a caller gives a range that is not the range of these values.
    public let hasValuesOutsideRange: Bool
    /// Whether every unit is 0 for every sample (`Flags.dead`).
    public let isDead: Bool
}

extension Discretization {
    /// Turns a layer record into symbols.
    ///
    /// `layer` is n × d. `range` is what `width` divides for the extents `run`, `epoch` and `network` (`fixed` brings its
    /// own, the other rules have none); `unitRanges` has the range of each unit for `@unit`, and nil stands for the
    /// ranges of these rows: give them where fewer samples than the whole split are analyzed.
    ///
    /// The symbol of a row is found by a 64-bit hash. For values of Float32 and rules of up to 256 bins it is that of
    /// `IntervalLayer`. Else it is a sum over units of a random word times the bin: two different rows agree by chance with
    /// probability at most (K − 1)/2⁶⁴, K the most bins of a unit, so that any of n rows do with at most
    /// n²/2 · (K − 1)/2⁶⁴: 2e-11 for n = 5000 and 30 bins. The words are the same in every run.
    ///
    /// Bins are those of the formulas in Float64, whatever type the values have. O(n·d); `width` takes some seven times
    /// as long for values of Float64 as for Float32 (measured), `quantile` and `exact` three to four times as long as that.
    ///
    /// - Throws: `.empty`, `.notFinite`, `.invalidRange`, `.quotientOverflow`.
    public func apply<S: BinaryFloatingPoint>(
        to layer: Matrix<S>, range: ValueRange?, unitRanges: [ValueRange]?
    ) throws(InformationError) -> DiscretizedLayer {
        if let layer = layer as? Matrix<Float> {
            return try Self.apply([(self, range)], to: layer, unitRanges: unitRanges)[0]
        }
        if let layer = layer as? Matrix<Double> {
            return try discretizeByColumn(layer, range: range, unitRanges: unitRanges)
        }
        let values = layer.values.map { Double($0) }
        return try discretizeByColumn(
            Matrix(rows: layer.rows, columns: layer.columns, values: values), range: range, unitRanges: unitRanges)
    }

    /// Turns a layer record into symbols by several rules, each with its range, with one look at every value where that is
    /// possible: what `apply(to:range:unitRanges:)` gives for each, to the bit.
    public static func apply(
        _ rules: [(discretization: Discretization, range: ValueRange?)], to layer: Matrix<Float>,
        unitRanges: [ValueRange]?
    ) throws(InformationError) -> [DiscretizedLayer] {
        guard layer.rows > 0, layer.columns > 0 else { throw .empty(rows: layer.rows, columns: layer.columns) }
        var found = [DiscretizedLayer?](repeating: nil, count: rules.count)
        layer.values.withUnsafeBufferPointer { values in
            for group in intervalGroups(of: rules, extremes: { extremes(of: values) }) {
                let intervals = IntervalLayer(group.intervals, rows: layer.rows, columns: layer.columns)
                intervals.append(values)
                // The other way says where it lies.
                guard intervals.range != nil else { return }
                for (rule, discretized) in zip(group.rules, intervals.discretized()) { found[rule] = discretized }
            }
        }
        var all: [DiscretizedLayer] = []
        for (rule, discretized) in zip(rules, found) {
            if let discretized {
                all.append(discretized)
            } else {
                all.append(
                    try rule.discretization.discretizeByColumn(layer, range: rule.range, unitRanges: unitRanges))
            }
        }
        return all
    }

    /// Unit by unit: for rules that depend on the unit, have more bins than a byte counts, or values of Float64.
    func discretizeByColumn<S: BinaryFloatingPoint>(
        _ layer: Matrix<S>, range: ValueRange?, unitRanges: [ValueRange]?
    ) throws(InformationError) -> DiscretizedLayer {
        if rule == .argmax { return try largestUnits(of: layer) }
        precondition(unitRanges.map { $0.count == layer.columns } ?? true, "one range per unit is needed")
        var coder = ColumnCoder(rule, range: range, unitRanges: unitRanges, samples: layer.rows)
        var words = SplitMix64(seed: rowHashSeed)
        var hashes = [UInt64](repeating: 0, count: layer.rows)
        var histogram = Histogram()
        var surprisals = Surprisals(samples: layer.rows)
        var entropies: [Double] = []
        entropies.reserveCapacity(layer.columns)
        try forEachColumn(of: layer) { (column, unit, codes) throws(InformationError) in
            let bins = try coder.code(column, unit: unit, into: codes)
            let word = words.next()
            hashes.withUnsafeMutableBufferPointer { hashes in
                for sample in 0..<hashes.count {
                    hashes[sample] &+= word &* UInt64(truncatingIfNeeded: codes[sample])
                }
            }
            let counts = histogram.count(codes, bins: bins)
            entropies.append(plugInEntropy(of: CountProfile(counts)))
            surprisals.add(codes, counts: counts)
        }
        return DiscretizedLayer(
            symbols: Symbols(keys: hashes), unitEntropies: entropies, unitSurprisals: surprisals.sums,
            hasValuesOutsideRange: coder.sawValueOutside,
            isDead: layer.values.allSatisfy { $0 == 0 })
    }

    private func largestUnits<S: BinaryFloatingPoint>(of layer: Matrix<S>) throws(InformationError) -> DiscretizedLayer
    {
        var largest = [UInt64](repeating: 0, count: layer.rows)
        var best: [S] = []
        try forEachColumn(of: layer) { (column, unit, _) throws(InformationError) in
            if unit == 0 { best = Array(column) }
            for sample in column.indices where column[sample] > best[sample] {
                best[sample] = column[sample]
                largest[sample] = UInt64(unit)
            }
        }
        let symbols = Symbols(keys: largest)
        return DiscretizedLayer(
            symbols: symbols, unitEntropies: [entropy(of: symbols)],
            unitSurprisals: symbols.ids.map { log2(Double(layer.rows) / Double(symbols.occurrences[Int($0)])) },
            hasValuesOutsideRange: false,
            isDead: layer.values.allSatisfy { $0 == 0 })
    }
}

/// Sums log2(n/c) over the units of each sample, c the count of the sample's code in the unit. One logarithm per code.
private struct Surprisals {
    private(set) var sums: [Double]
    private var bits: [Double] = []

    init(samples: Int) {
        sums = [Double](repeating: 0, count: samples)
    }

    mutating func add(_ codes: UnsafeMutableBufferPointer<Int32>, counts: ArraySlice<Int>) {
        let samples = Double(sums.count)
        if bits.count < counts.count { bits = [Double](repeating: 0, count: counts.count) }
        for (code, count) in counts.enumerated() where count > 0 { bits[code] = log2(samples / Double(count)) }
        bits.withUnsafeBufferPointer { bits in
            sums.withUnsafeMutableBufferPointer { sums in
                for sample in sums.indices { sums[sample] += bits[Int(truncatingIfNeeded: codes[sample])] }
            }
        }
    }
}

/// Starts the random words of the row hashes; fixed, so that results do not depend on any seed of the user.
let rowHashSeed: UInt64 = 0x1F0_9A7E

/// Calls `body` with the values of each column, contiguous and finite, and memory for their codes.
///
/// Columns are copied out of the row-major matrix in tiles of 64 columns, 16 rows at a time: to stride through a wide
/// matrix for each column misses the cache at every value, and costs many times as much.
func forEachColumn<S: BinaryFloatingPoint>(
    of matrix: Matrix<S>,
    _ body: (UnsafeBufferPointer<S>, Int, UnsafeMutableBufferPointer<Int32>) throws(InformationError) -> Void
) throws(InformationError) {
    let (rows, columns) = (matrix.rows, matrix.columns)
    guard rows > 0, columns > 0 else { throw .empty(rows: rows, columns: columns) }
    let tileWidth = min(columns, 64)
    // The padding keeps the columns of a tile from competing for the same lines of the cache when n is a power of two.
    let stride = rows + 40
    let tile = UnsafeMutableBufferPointer<S>.allocate(capacity: tileWidth * stride)
    tile.initialize(repeating: 0)
    let codes = UnsafeMutableBufferPointer<Int32>.allocate(capacity: rows)
    codes.initialize(repeating: 0)
    defer {
        tile.deallocate()
        codes.deallocate()
    }
    for first in Swift.stride(from: 0, to: columns, by: tileWidth) {
        let width = min(tileWidth, columns - first)
        matrix.values.withUnsafeBufferPointer { values in
            for block in Swift.stride(from: 0, to: rows, by: 16) {
                let end = min(block + 16, rows)
                for column in 0..<width {
                    for row in block..<end {
                        tile[column &* stride &+ row] = values[row &* columns &+ first &+ column]
                    }
                }
            }
        }
        for column in 0..<width {
            let values = UnsafeBufferPointer(rebasing: tile[column * stride..<column * stride + rows])
            if !allFinite(values) {
                let sample = values.firstIndex { !$0.isFinite }!
                throw .notFinite(sample: sample, unit: first + column)
            }
            try body(values, first + column, codes)
        }
    }
}

private func allFinite<S: BinaryFloatingPoint>(_ values: UnsafeBufferPointer<S>) -> Bool {
    // Counting, not stopping at the first, is what the compiler turns into vector instructions.
    var bad = 0
    for value in values { bad &+= value - value == 0 ? 0 : 1 }
    return bad == 0
}

/// Counts codes; memory is kept between calls.
struct Histogram {
    private var counts: [Int] = []

    /// Returns how often each code 0 ..< `bins` occurs.
    mutating func count(_ codes: UnsafeMutableBufferPointer<Int32>, bins: Int) -> ArraySlice<Int> {
        // Four counts per bin, because one that many samples in a row share would wait for its own last increment.
        let copies = bins <= 4096 ? 4 : 1
        let needed = copies * bins
        if counts.count < needed { counts = [Int](repeating: 0, count: needed) }
        counts.withUnsafeMutableBufferPointer { counts in
            counts[..<needed].update(repeating: 0)
            for sample in codes.indices {
                let copy = copies == 4 ? (sample & 3) &* bins : 0
                counts[copy &+ Int(truncatingIfNeeded: codes[sample])] &+= 1
            }
            for copy in 1..<copies {
                for bin in 0..<bins { counts[bin] += counts[copy * bins + bin] }
            }
        }
        return counts[..<bins]
    }
}
