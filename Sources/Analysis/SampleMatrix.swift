internal import Activations
internal import InformationTheory
internal import LinearAlgebra

/// A cell's values as the estimators take them: Float32 where that is exact, else Float64.
enum SampleMatrix: Sendable {
    case single(Matrix<Float>)
    case double(Matrix<Double>)

    /// Converts a cell; every element type but int64 beyond 2^53 converts exactly.
    init(_ cell: Cell) {
        switch cell.values {
        case .uint8, .float16, .float32:
            self = .single(Matrix(rows: cell.samples, columns: cell.units, values: cell.values.asFloat()))
        case .int32, .int64, .float64:
            self = .double(Matrix(rows: cell.samples, columns: cell.units, values: cell.values.asDouble()))
        }
    }

    var columns: Int {
        switch self {
        case .single(let matrix): matrix.columns
        case .double(let matrix): matrix.columns
        }
    }

    /// The values as Float64; with several jobs, these take turns at blocks of a megabyte: fresh memory costs more than converting.
    func asDouble(jobs: Int = 1) -> Matrix<Double> {
        let matrix: Matrix<Float>
        switch self {
        case .double(let matrix): return matrix
        case .single(let single): matrix = single
        }
        let count = matrix.values.count
        let block = 1 << 17
        let values = [Double](unsafeUninitializedCapacity: count) { buffer, initialized in
            guard let base = buffer.baseAddress else { return }
            let memory = SharedMemory(base)
            concurrently((count + block - 1) / block, jobs: jobs) { index in
                matrix.values.withUnsafeBufferPointer { source in
                    for place in index * block..<min(count, (index + 1) * block) {
                        memory.base[place] = Double(source[place])
                    }
                }
            }
            initialized = count
        }
        return Matrix(rows: matrix.rows, columns: matrix.columns, values: values)
    }

    /// The values as symbols by each of the rules.
    func discretized(
        by rules: [(discretization: Discretization, range: ValueRange?)], unitRanges: [ValueRange]?
    ) throws(InformationError) -> [DiscretizedLayer] {
        switch self {
        case .single(let matrix): return try Discretization.apply(rules, to: matrix, unitRanges: unitRanges)
        case .double(let matrix):
            var all: [DiscretizedLayer] = []
            for rule in rules {
                all.append(try rule.discretization.apply(to: matrix, range: rule.range, unitRanges: unitRanges))
            }
            return all
        }
    }

    /// One symbol per distinct row.
    func rowSymbols() throws(InformationError) -> Symbols {
        switch self {
        case .single(let matrix): try Symbols(rowsOf: matrix)
        case .double(let matrix): try Symbols(rowsOf: matrix)
        }
    }

    func features(
        binning: Discretization, unitRanges: [ValueRange]?
    ) throws(InformationError) -> InputFeatures {
        switch self {
        case .single(let matrix): try InputFeatures(binning: matrix, by: binning, unitRanges: unitRanges)
        case .double(let matrix): try InputFeatures(binning: matrix, by: binning, unitRanges: unitRanges)
        }
    }

    /// The row and column of the first value that is NaN or infinite; nil where all are finite. O(nd).
    var firstNonFinite: (row: Int, column: Int)? {
        func first<S: BinaryFloatingPoint>(_ matrix: Matrix<S>) -> (row: Int, column: Int)? {
            matrix.values.withUnsafeBufferPointer { values in
                // x − x is 0 for every finite x and NaN for the others. Bits are gathered, because a sum of numbers has one
                // order and does not vectorize.
                var found: UInt32 = 0
                for value in values { found |= value - value == 0 ? 0 : 1 }
                guard found != 0, let index = values.firstIndex(where: { !$0.isFinite }) else { return nil }
                return (index / matrix.columns, index % matrix.columns)
            }
        }
        switch self {
        case .single(let matrix): return first(matrix)
        case .double(let matrix): return first(matrix)
        }
    }

    /// Widens the ranges of the columns to those of these rows.
    func widen(_ ranges: inout [ValueRange]) {
        func widen<S: BinaryFloatingPoint>(_ matrix: Matrix<S>) {
            var lows = ranges.map(\.low)
            var highs = ranges.map(\.high)
            matrix.values.withUnsafeBufferPointer { values in
                for row in 0..<matrix.rows {
                    for column in 0..<matrix.columns {
                        let value = Double(values[row * matrix.columns + column])
                        if value < lows[column] { lows[column] = value }
                        if value > highs[column] { highs[column] = value }
                    }
                }
            }
            ranges = zip(lows, highs).map { ValueRange(low: $0, high: $1) }
        }
        switch self {
        case .single(let matrix): widen(matrix)
        case .double(let matrix): widen(matrix)
        }
    }
}
