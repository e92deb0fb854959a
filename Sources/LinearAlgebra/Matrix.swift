/// A dense matrix in row-major order: rows are samples, columns are features.
///
/// Element (i, j) is `values[i * columns + j]`. Loops that matter go through `values.withUnsafeBufferPointer`.
public struct Matrix<Scalar: Sendable>: Sendable {
    /// The number of rows (samples).
    public let rows: Int

    /// The number of columns (features).
    public let columns: Int

    /// The elements, row after row.
    ///
    /// Replace elements, never change how many there are: a matrix of another number is a programming error, found where it is
    /// used. (An observer here would copy the whole array at each assignment to an element, measured.)
    public var values: [Scalar]

    /// Creates a matrix of `rows` × `columns` from its elements, row after row.
    public init(rows: Int, columns: Int, values: [Scalar]) {
        precondition(rows >= 0 && columns >= 0, "a matrix has no negative extent")
        precondition(values.count == rows * columns, "\(rows) × \(columns) elements are needed, not \(values.count)")
        self.rows = rows
        self.columns = columns
        self.values = values
    }

    /// Creates a matrix of `rows` × `columns` whose elements all are `value`.
    public init(rows: Int, columns: Int, repeating value: Scalar) {
        self.init(rows: rows, columns: columns, values: Array(repeating: value, count: rows * columns))
    }

    /// The element in `row` and `column`, both from 0.
    public subscript(row: Int, column: Int) -> Scalar {
        get {
            precondition(contains(row: row, column: column), "(\(row), \(column)) lies outside \(rows) × \(columns)")
            return values[row * columns + column]
        }
        set {
            precondition(contains(row: row, column: column), "(\(row), \(column)) lies outside \(rows) × \(columns)")
            values[row * columns + column] = newValue
        }
    }

    /// Whether there are as many elements as the shape says; asked before memory goes to a C library.
    var isWhole: Bool {
        values.count == rows * columns
    }

    private func contains(row: Int, column: Int) -> Bool {
        row >= 0 && row < rows && column >= 0 && column < columns
    }
}

extension Matrix: Equatable where Scalar: Equatable {}
extension Matrix: Hashable where Scalar: Hashable {}
