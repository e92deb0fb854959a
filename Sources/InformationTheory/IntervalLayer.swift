internal import CDiscretization
internal import Randomness

/// A layer whose values have become intervals, block of rows by block of rows: all that several rules need of it.
///
/// Symbols of rows are found by keys of 64 bits. Rows that fit these are their own keys; of any two different others, keys
/// agree by chance with probability at most 2⁻⁶³, so that any of n rows do with at most n²/2⁶⁴: 1.4e-12 for n = 5000.
///
/// Memory: one byte a value, and 8 bytes per row and rule.
final class IntervalLayer {
    private let intervals: CommonIntervals
    private let steps: UnsafeMutablePointer<cd_steps>
    private let rows: Int
    private let columns: Int
    private let withSurprisals: Bool
    /// The rows that have come.
    private var done = 0
    private var extremes = cd_extremes()
    /// Intervals column by column, `stride` apart.
    private let bytes: UnsafeMutablePointer<UInt8>
    private let stride: Int
    /// Rows that become columns next, `pitch` apart, and the same rows as codes of a rule.
    private let block: UnsafeMutablePointer<UInt8>
    private let codes: UnsafeMutablePointer<UInt8>
    private let pitch: Int
    private let rowsPerBlock: Int
    /// For each rule the keys of all rows, and the random words that make them.
    private let keys: UnsafeMutableBufferPointer<UInt64>
    private let words: [UInt64]

    /// - Parameter rows, columns: at least 1.
    init(_ intervals: CommonIntervals, rows: Int, columns: Int, withSurprisals: Bool = true) {
        self.withSurprisals = withSurprisals
        self.intervals = intervals
        self.rows = rows
        self.columns = columns
        steps = .allocate(capacity: 1)
        steps.initialize(to: intervals.steps)
        // Few units: rows lie side by side, and are looked at as one.
        pitch = columns < 48 ? columns : (columns + 63) / 64 * 64
        rowsPerBlock = Self.rowsAtOnce(columns: columns)
        let blockBytes = rowsPerBlock * pitch + 128
        block = .allocate(capacity: blockBytes)
        block.initialize(repeating: 0, count: blockBytes)
        codes = .allocate(capacity: blockBytes)
        codes.initialize(repeating: 0, count: blockBytes)
        // Columns are not to compete for the same lines of the cache where n is a power of two.
        stride = (rows + 63) / 64 * 64 + 64
        // What counts of these is written before.
        bytes = .allocate(capacity: stride * ((columns + 15) / 16 * 16))
        keys = .allocate(capacity: rows * intervals.codes.count)
        var generator = SplitMix64(seed: rowHashSeed)
        words = columns <= 8 ? [] : (0..<cd_word_count(columns)).map { _ in generator.next() }
    }

    deinit {
        steps.deallocate()
        block.deallocate()
        codes.deallocate()
        bytes.deallocate()
        keys.deallocate()
    }

    /// So many rows of bytes fit a core's own cache.
    static func rowsAtOnce(columns: Int) -> Int { columns <= 4096 ? 64 : 16 }

    /// Takes the next rows; best in multiples of `rowsAtOnce(columns:)`.
    func append(_ values: UnsafeBufferPointer<Float>) {
        precondition(values.count % columns == 0 && done + values.count / columns <= rows, "whole rows, and no more")
        guard let base = values.baseAddress, !values.isEmpty else { return }
        var extremes = done == 0 ? cd_extremes(low: base[0], high: base[0], has_other: 0) : self.extremes
        defer { self.extremes = extremes }
        let count = values.count / columns
        for first in Swift.stride(from: 0, to: count, by: rowsPerBlock) {
            let some = min(rowsPerBlock, count - first)
            let start = base + first * columns
            if pitch == columns {
                cd_encode(start, some * columns, steps, block, &extremes)
            } else {
                for row in 0..<some { cd_encode(start + row * columns, columns, steps, block + row * pitch, &extremes) }
            }
            for rule in intervals.codes.indices {
                var (source, kinds) = (UnsafePointer(block), intervals.count)
                if !intervals.areDistinct[rule] {
                    cd_map(block, some * pitch, intervals.codes[rule], codes)
                    (source, kinds) = (UnsafePointer(codes), intervals.codeCounts[rule])
                }
                cd_keys(source, some, columns, pitch, Int32(kinds), words, keys.baseAddress! + rule * rows + done)
            }
            cd_transpose(block, some, columns, pitch, bytes + done, stride)
            done += some
        }
    }

    /// The smallest and the largest value; nil where one is NaN or infinite.
    var range: ValueRange? {
        extremes.has_other == 0 ? ValueRange(low: Double(extremes.low), high: Double(extremes.high)) : nil
    }

    /// What each rule makes of the layer, once all rows have come and all values are finite.
    func discretized() -> [DiscretizedLayer] {
        precondition(done == rows, "\(done) of \(rows) rows have come")
        guard let range else { preconditionFailure("the values are finite") }
        let (entropies, surprisals) = unitTerms()
        return intervals.codes.indices.map { rule in
            let limits = intervals.ranges[rule]
            return DiscretizedLayer(
                symbols: Symbols(keys: UnsafeBufferPointer(rebasing: keys[rule * rows..<(rule + 1) * rows])),
                unitEntropies: entropies[rule], unitSurprisals: surprisals[rule],
                hasValuesOutsideRange: limits.map { range.low < $0.low || range.high > $0.high } ?? false,
                isDead: range.low == 0 && range.high == 0)
        }
    }

    /// For each rule, the entropy of each unit, and the sum of the surprisals of each sample's units, the first unit first; none of
    /// these where nobody asked for them.
    private func unitTerms() -> (entropies: [[Double]], surprisals: [[Double]]) {
        let rules = intervals.codes.count
        // Eight numbers side by side for several rules.
        let lanes = rules == 1 ? 1 : CommonIntervals.mostRules
        let table = CountSurprisals.of(samples: rows)
        let entropy = CountEntropy(table)
        let sumMemory = VectorMemory(withSurprisals ? rows * lanes : 0)
        let tableMemory = VectorMemory(Self.unitsAtOnce * 256 * lanes)
        let (sums, tables) = (sumMemory.numbers, tableMemory.numbers)
        let counts = UnsafeMutableBufferPointer<UInt32>.allocate(capacity: 769)
        counts.initialize(repeating: 0)
        defer {
            sumMemory.deallocate()
            tableMemory.deallocate()
            counts.deallocate()
        }
        let codeCounts = UnsafeMutableBufferPointer(rebasing: counts[256..<512])
        let before = UnsafeMutableBufferPointer(rebasing: counts[512...])
        var entropies = [[Double]](repeating: [Double](repeating: 0, count: columns), count: rules)
        for first in Swift.stride(from: 0, to: columns, by: Self.unitsAtOnce) {
            let some = min(Self.unitsAtOnce, columns - first)
            for unit in 0..<some {
                let column = bytes + (first + unit) * stride
                cd_count(column, rows, Int32(intervals.count), counts.baseAddress)
                // How many values lie before each interval: a difference of two is the count of a run.
                for interval in 0..<intervals.count { before[interval + 1] = before[interval] &+ counts[interval] }
                let place = tables + unit * 256 * lanes
                for rule in 0..<rules {
                    intervals.runs[rule].withUnsafeBufferPointer { runs in
                        let kinds = intervals.codeCounts[rule]
                        codeCounts[..<kinds].update(repeating: 0)
                        for run in runs { codeCounts[run.code] &+= before[run.end] &- before[run.first] }
                        entropies[rule][first + unit] = entropy.bits(
                            of: UnsafeBufferPointer(rebasing: codeCounts[..<kinds]))
                        guard withSurprisals else { return }
                        table.bits.withUnsafeBufferPointer { bits in
                            for run in runs {
                                let surprisal = bits[Int(truncatingIfNeeded: codeCounts[run.code])]
                                for interval in run.first..<run.end { place[interval &* lanes &+ rule] = surprisal }
                            }
                        }
                    }
                }
            }
            guard withSurprisals else { continue }
            let columns = bytes + first * stride
            if lanes == 1 {
                cd_add_one(columns, stride, Int32(some), rows, Int32(intervals.count), tables, sums)
            } else {
                cd_add_eight(columns, stride, Int32(some), rows, tables, sums)
            }
        }
        let surprisals = (0..<rules).map { rule -> [Double] in
            guard withSurprisals else { return [] }
            return [Double](unsafeUninitializedCapacity: rows) { surprisals, initialized in
                for row in 0..<rows { surprisals[row] = sums[row &* lanes &+ rule] }
                initialized = rows
            }
        }
        return (entropies, surprisals)
    }

    /// How many units are looked up together: their sums are then loaded and stored once.
    private static let unitsAtOnce = 4
}

/// Zeros for whole vectors, on a boundary of 64 bytes within memory that has none: the C library of Debian 12 does not find room that
/// was asked for with a boundary again, and takes new room every time (0.2 MB a cell, measured).
private struct VectorMemory {
    private let memory: UnsafeMutableRawPointer
    let numbers: UnsafeMutablePointer<Double>

    init(_ count: Int) {
        memory = .allocate(byteCount: count * 8 + 64, alignment: 16)
        numbers = memory.alignedUp(toMultipleOf: 64).bindMemory(to: Double.self, capacity: count)
        numbers.initialize(repeating: 0, count: count)
    }

    func deallocate() { memory.deallocate() }
}
