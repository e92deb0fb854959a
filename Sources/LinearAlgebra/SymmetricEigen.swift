internal import CLinearAlgebra

/// Eigenpairs of a real symmetric matrix A: A vᵢ = λᵢ vᵢ with orthonormal vᵢ.
public struct Eigenpairs: Sendable {
    /// λᵢ, descending.
    public let values: [Double]

    /// vᵢ as column i: dimension × count. The sign of a column is the solver's choice, and within a repeated eigenvalue so
    /// is the basis.
    public let vectors: Matrix<Double>

    /// ‖A vᵢ − λᵢ vᵢ‖₂, computed afterwards from A itself. Some eigenvalue of A lies within this distance of λᵢ.
    public let residuals: [Double]
}

/// How far ‖Av − λv‖ may be from 0, relative to the size of A.
///
/// Both solvers are backward stable: a residual is a few n·ε‖A‖, 10⁻¹¹‖A‖ for n = 10⁴. A larger one means a pair that did
/// not converge.
let relativeResidualLimit = 1e-10

/// The largest dimension that LAPACK's 32-bit indices can count.
private let greatestExtent = Int(Int32.max)

/// Returns the `count` largest eigenvalues of a dense symmetric matrix with their vectors, by LAPACK; `nil` means all.
///
/// Direct and exact up to rounding (|error of λ| a few n·ε‖A‖), repeated eigenvalues included. Only where A is large and
/// `count` small is ``topEigenpairs(of:count:block:rounding:jobs:normal:progress:)`` much faster.
///
/// - Parameters:
///   - matrix: A, square and symmetric; of each pair of elements that should be equal, either may be read. Where the caller
///     gives up its copy, no second one is made.
///   - count: 1 ... dimension.
/// - Throws: ``LinearAlgebraError/notFinite(row:column:)``, ``LinearAlgebraError/failed(routine:code:)``,
///   ``LinearAlgebraError/residualTooLarge(index:residual:tolerance:)``.
/// - Complexity: O(n³) time, the matrix + n·count numbers of memory.
///
/// Source: LAPACK `dsyevr` (Dhillon, Parlett, Vömel, "The Design and Implementation of the MRRR Algorithm", ACM TOMS 32(4),
/// 2006).
public func eigenpairs(
    of matrix: consuming Matrix<Double>, top count: Int? = nil
) throws(LinearAlgebraError) -> Eigenpairs {
    let n = matrix.rows
    let count = count ?? n
    precondition(matrix.columns == n && n > 0 && n <= greatestExtent, "a symmetric matrix is square and not empty")
    precondition(matrix.isWhole, "a matrix has another number of elements than its shape says")
    precondition(count > 0 && count <= n, "1 to \(n) eigenpairs can be asked for, not \(count)")
    if let index = matrix.values.firstIndex(where: { !$0.isFinite }) {
        throw .notFinite(row: index / n, column: index % n)
    }
    BLASThreads.prepare()
    var ascending = [Double](repeating: 0, count: n)
    var vectors = [Double](repeating: 0, count: n * count)
    var found: Int32 = 0
    var support = [Int32](repeating: 0, count: 2 * count)
    let diagonal = (0..<n).map { matrix.values[$0 * n + $0] }
    let frobenius = squaredNorms(matrix, rows: 0..<n).reduce(0, +).squareRoot()

    let code = matrix.values.withUnsafeMutableBufferPointer { a in
        LAPACKE_dsyevr(
            LAPACK_COL_MAJOR, CChar(UInt8(ascii: "V")), CChar(UInt8(ascii: "I")), CChar(UInt8(ascii: "L")),
            Int32(n), a.baseAddress, Int32(n), 0, 0, Int32(n - count + 1), Int32(n), 0, &found,
            &ascending, &vectors, Int32(n), &support)
    }
    guard code == 0 else { throw .failed(routine: "dsyevr", code: Int(code)) }
    guard found == count else { throw .notConverged(routine: "dsyevr", converged: Int(found), asked: count) }

    // LAPACK used up one triangle and the diagonal; with the diagonal back, the other triangle still is A.
    for i in 0..<n { matrix.values[i * n + i] = diagonal[i] }
    return try residualsChecked(
        ascending: Array(ascending[..<count]), columns: vectors, dimension: n, scale: frobenius
    ) { v, product in
        matrix.values.withUnsafeBufferPointer { a in
            cblas_dsymv(
                CblasColMajor, CblasUpper, Int32(n), 1, a.baseAddress, Int32(n), v.baseAddress, 1, 0,
                product.baseAddress, 1)
        }
    }
}

/// Returns all eigenvalues of a dense symmetric matrix in ascending order, by LAPACK, without their vectors.
///
/// As ``eigenpairs(of:top:)`` in arguments, errors and accuracy, at a fraction of its time.
public func eigenvalues(of matrix: consuming Matrix<Double>) throws(LinearAlgebraError) -> [Double] {
    let n = matrix.rows
    precondition(matrix.columns == n && n > 0 && n <= greatestExtent, "a symmetric matrix is square and not empty")
    precondition(matrix.isWhole, "a matrix has another number of elements than its shape says")
    if let index = matrix.values.firstIndex(where: { !$0.isFinite }) {
        throw .notFinite(row: index / n, column: index % n)
    }
    BLASThreads.prepare()
    var ascending = [Double](repeating: 0, count: n)
    var found: Int32 = 0
    let code = matrix.values.withUnsafeMutableBufferPointer { a in
        LAPACKE_dsyevr(
            LAPACK_COL_MAJOR, CChar(UInt8(ascii: "N")), CChar(UInt8(ascii: "A")), CChar(UInt8(ascii: "L")),
            Int32(n), a.baseAddress, Int32(n), 0, 0, 0, 0, 0, &found, &ascending, nil, 1, nil)
    }
    guard code == 0 else { throw .failed(routine: "dsyevr", code: Int(code)) }
    return ascending
}

/// Turns ascending pairs with contiguous vectors into descending pairs with vectors as columns, and checks the residuals.
func residualsChecked(
    ascending: [Double], columns: [Double], dimension n: Int, scale: Double,
    apply: (UnsafeBufferPointer<Double>, UnsafeMutableBufferPointer<Double>) -> Void
) throws(LinearAlgebraError) -> Eigenpairs {
    let count = ascending.count
    let values = Array(ascending.reversed())
    var vectors = [Double](repeating: 0, count: n * count)
    var residuals = [Double](repeating: 0, count: count)
    var product = [Double](repeating: 0, count: n)
    columns.withUnsafeBufferPointer { columns in
        product.withUnsafeMutableBufferPointer { product in
            for index in 0..<count {
                let source = count - 1 - index
                let v = UnsafeBufferPointer(rebasing: columns[source * n..<(source + 1) * n])
                apply(v, product)
                cblas_daxpy(Int32(n), -values[index], v.baseAddress, 1, product.baseAddress, 1)
                residuals[index] = cblas_dnrm2(Int32(n), product.baseAddress, 1)
                for row in 0..<n { vectors[row * count + index] = v[row] }
            }
        }
    }
    let tolerance = relativeResidualLimit * scale
    // Written so that NaN is a failure.
    if let index = residuals.firstIndex(where: { !($0 <= tolerance) }) {
        throw .residualTooLarge(index: index, residual: residuals[index], tolerance: tolerance)
    }
    return Eigenpairs(
        values: values, vectors: Matrix(rows: n, columns: count, values: vectors), residuals: residuals)
}
