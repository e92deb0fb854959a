internal import CLinearAlgebra

/// Returns the squared Euclidean distance of each row of `a` to each row of `b`: element (i, j) is ‖aᵢ − bⱼ‖².
///
/// Computed as ‖aᵢ‖² + ‖bⱼ‖² − 2 aᵢ·bⱼ by one matrix product, and never negative: where rounding would give a number below
/// zero, it is 0.
///
/// **When to distrust it.** The absolute error is up to about (d + 2)·ε·(‖aᵢ‖ + ‖bⱼ‖)², so the small distances of rows that
/// lie far from the origin have few digits, and equal rows need not have the distance 0 exactly. Move the origin into the
/// data (subtract the mean row) first.
///
/// Shapes: both have d columns (else a programming error); the result is a.rows × b.rows. O(a.rows · b.rows · d).
public func squaredDistances(_ a: Matrix<Double>, _ b: Matrix<Double>) -> Matrix<Double> {
    var result = Matrix(rows: a.rows, columns: b.rows, repeating: 0.0)
    guard b.rows > 0 else { return result }
    result.values.withUnsafeMutableBufferPointer { values in
        guard let target = values.baseAddress else { return }
        squaredDistances(a, rows: 0..<a.rows, b, rows: 0..<b.rows, into: target, stride: b.rows)
    }
    return result
}

/// Writes the squared distances of some rows of `a` to some rows of `b` into a block of a larger row-major matrix, whose
/// rows are `stride` apart; see ``squaredDistances(_:_:)``.
public func squaredDistances(
    _ a: Matrix<Double>, rows aRows: Range<Int>, _ b: Matrix<Double>, rows bRows: Range<Int>,
    into target: UnsafeMutablePointer<Double>, stride: Int
) {
    innerProducts(a, rows: aRows, b, rows: bRows, into: target, stride: stride)
    let aNorms = squaredNorms(a, rows: aRows)
    let bNorms = squaredNorms(b, rows: bRows)
    for i in aNorms.indices {
        let row = target + i * stride
        for j in bNorms.indices {
            row[j] = max(0, aNorms[i] + bNorms[j] - 2 * row[j])
        }
    }
}

/// Writes the inner products of some rows of `a` with some rows of `b` into a block of a larger row-major matrix, whose rows
/// are `stride` apart.
///
/// Shapes: both have d columns (else a programming error). O(aRows.count · bRows.count · d).
public func innerProducts(
    _ a: Matrix<Double>, rows aRows: Range<Int>, _ b: Matrix<Double>, rows bRows: Range<Int>,
    into target: UnsafeMutablePointer<Double>, stride: Int
) {
    let d = a.columns
    precondition(b.columns == d, "rows of \(d) and of \(b.columns) numbers have no inner product")
    precondition(aRows.lowerBound >= 0 && aRows.upperBound <= a.rows, "rows \(aRows) lie outside \(a.rows)")
    precondition(bRows.lowerBound >= 0 && bRows.upperBound <= b.rows, "rows \(bRows) lie outside \(b.rows)")
    precondition(a.isWhole && b.isWhole, "a matrix has another number of elements than its shape says")
    precondition(stride >= bRows.count, "the rows of the target overlap")
    a.values.withUnsafeBufferPointer { aElements in
        b.values.withUnsafeBufferPointer { bElements in
            guard d > 0, let a = aElements.baseAddress, let b = bElements.baseAddress else {
                for i in 0..<aRows.count { (target + i * stride).update(repeating: 0, count: bRows.count) }
                return
            }
            Double.multiply(
                rows: aRows.count, columns: bRows.count, inner: d, alpha: 1,
                a + aRows.lowerBound * d, stride: d, transposed: false,
                b + bRows.lowerBound * d, stride: d, transposed: true,
                beta: 0, into: target, stride: stride)
        }
    }
}

/// Writes the inner products of some rows of a matrix with each other into a block of a larger row-major matrix, whose rows are
/// `stride` apart: equal bit by bit across the diagonal.
///
/// As ``innerProducts(_:rows:_:rows:into:stride:)``, in half the time. Source: BLAS `dsyrk`.
public func innerProducts(
    among rows: Range<Int>, of matrix: Matrix<Double>, into target: UnsafeMutablePointer<Double>, stride: Int
) {
    let d = matrix.columns
    precondition(rows.lowerBound >= 0 && rows.upperBound <= matrix.rows, "rows \(rows) lie outside \(matrix.rows)")
    precondition(matrix.isWhole, "a matrix has another number of elements than its shape says")
    precondition(stride >= rows.count, "the rows of the target overlap")
    guard d > 0, !rows.isEmpty else {
        for i in 0..<rows.count { (target + i * stride).update(repeating: 0, count: rows.count) }
        return
    }
    BLASThreads.prepare()
    matrix.values.withUnsafeBufferPointer { elements in
        cblas_dsyrk(
            CblasRowMajor, CblasLower, CblasNoTrans, Int32(rows.count), Int32(d), 1,
            elements.baseAddress! + rows.lowerBound * d, Int32(d), 0, target, Int32(stride))
    }
    for i in 0..<rows.count {
        for j in 0..<i { target[j * stride + i] = target[i * stride + j] }
    }
}

/// Returns ‖row‖² of some rows of a matrix. O(rows · columns).
public func squaredNorms(_ matrix: Matrix<Double>, rows: Range<Int>) -> [Double] {
    let d = matrix.columns
    return matrix.values.withUnsafeBufferPointer { values in
        rows.map { row in
            var sum = 0.0
            for index in row * d..<(row + 1) * d { sum += values[index] * values[index] }
            return sum
        }
    }
}
