internal import LinearAlgebra

/// What is known of a kernel matrix K as a whole.
struct KernelMeans: Sendable {
    /// The means of its rows.
    let rows: [Double]

    /// The mean of all its elements.
    let all: Double

    /// The largest |k(x, y)|.
    let largest: Double

    /// The sum of the eigenvalues of the centred matrix.
    let trace: Double

    static func mean(_ values: UnsafePointer<Double>, count: Int, stride: Int) -> Double {
        var sum = 0.0
        for index in 0..<count { sum += values[index * stride] }
        return sum / Double(count)
    }

    /// `nil` where a sum is not finite: one over an element that is infinite is infinite or NaN.
    init?(rowSums: [Double], diagonal: [Double], largest: Double) {
        guard rowSums.allSatisfy(\.isFinite) else { return nil }
        rows = rowSums.map { $0 / Double(rowSums.count) }
        all = rows.reduce(0, +) / Double(rowSums.count)
        self.largest = largest
        trace = diagonal.reduce(0, +) - Double(rowSums.count) * all
    }

    /// Looks at a symmetric matrix and centres it in place; `nil` as above.
    init?(centring gram: inout Matrix<Double>) {
        let n = gram.rows
        let largest = gram.values.reduce(0) { max($0, $1.magnitude) }
        let sums = gram.values.withUnsafeBufferPointer { values in
            (0..<n).map { row in
                var sum = 0.0
                for column in 0..<n { sum += values[row * n + column] }
                return sum
            }
        }
        let diagonal = (0..<n).map { gram.values[$0 * n + $0] }
        self.init(rowSums: sums, diagonal: diagonal, largest: largest)
        gram.values.withUnsafeMutableBufferPointer { values in
            for row in 0..<n {
                for column in 0..<n {
                    // The means are added first, so that the matrix stays symmetric bit by bit.
                    values[row * n + column] = values[row * n + column] - (rows[row] + rows[column]) + all
                }
            }
        }
    }
}
