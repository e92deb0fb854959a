/// Why a decomposition has no result.
public enum LinearAlgebraError: Error, Hashable, Sendable, CustomStringConvertible {
    /// An element that has to be finite is NaN or infinite.
    case notFinite(row: Int, column: Int)

    /// A Cholesky factor was asked for, but the leading minor of this order is not positive.
    case notPositiveDefinite(order: Int)

    /// An iteration ended before all pairs converged.
    case notConverged(routine: String, converged: Int, asked: Int)

    /// ‖Av − λv‖ of the pair at `index` is above what rounding explains.
    case residualTooLarge(index: Int, residual: Double, tolerance: Double)

    /// A library routine failed with a code that its documentation leaves to its authors.
    case failed(routine: String, code: Int)

    /// The error as one sentence, or two, that say what is wrong and what to do.
    public var description: String {
        switch self {
        case .notFinite(let row, let column):
            "matrix: the element in row \(row), column \(column) is not finite. Look for NaN or overflow in the data."
        case .notPositiveDefinite(let order):
            "Cholesky: the matrix is not positive definite; its leading minor of order \(order) is not positive. "
                + "Add a positive number to the diagonal, or use the symmetric eigenvalues."
        case .notConverged(let routine, let converged, let asked):
            "\(routine): \(converged) of \(asked) eigenpairs converged. Use the LAPACK solver."
        case .residualTooLarge(let index, let residual, let tolerance):
            "eigenpair \(index): the residual is \(residual); at most \(tolerance) expected. Use the LAPACK solver."
        case .failed(let routine, let code):
            "\(routine): failed with code \(code). Report this with the matrix."
        }
    }
}
