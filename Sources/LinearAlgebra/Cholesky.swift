internal import CLinearAlgebra

/// Returns the lower triangular L with positive diagonal and A = L·Lᵀ, zero above the diagonal.
///
/// - Parameter matrix: A, square and positive definite; only its lower triangle is read. Where the caller gives up its copy,
///   no second one is made.
/// - Throws: ``LinearAlgebraError/notPositiveDefinite(order:)``, ``LinearAlgebraError/notFinite(row:column:)``.
/// - Complexity: O(n³/3).
///
/// Source: LAPACK `dpotrf`.
public func choleskyFactor(of matrix: consuming Matrix<Double>) throws(LinearAlgebraError) -> Matrix<Double> {
    let n = matrix.rows
    precondition(matrix.columns == n && matrix.isWhole, "a symmetric matrix is square")
    guard n > 0 else { return matrix }
    for row in 0..<n {
        for column in 0...row where !matrix.values[row * n + column].isFinite {
            throw .notFinite(row: row, column: column)
        }
    }
    BLASThreads.prepare()
    // Row-major lower is column-major upper, so nothing is transposed.
    let code = matrix.values.withUnsafeMutableBufferPointer { a in
        LAPACKE_dpotrf(LAPACK_COL_MAJOR, CChar(UInt8(ascii: "U")), Int32(n), a.baseAddress, Int32(n))
    }
    if code > 0 { throw .notPositiveDefinite(order: Int(code)) }
    guard code == 0 else { throw .failed(routine: "dpotrf", code: Int(code)) }
    for row in 0..<n {
        for column in row + 1..<max(n, row + 1) { matrix.values[row * n + column] = 0 }
    }
    return matrix
}
