internal import CLinearAlgebra
internal import Synchronization

/// ARPACK keeps the state of its iteration in static memory: one run at a time in the process.
private let arpack = Mutex(())

/// ARPACK stops where its estimate of each ‖Av − λv‖ is below this share of |λ|.
///
/// Not 0, which stands for ε: there the iteration runs into rounding, takes it for an invariant subspace, and goes on from a
/// random vector whose seed outlives the run. It also takes twice as many products (measured, second difference of order
/// 200).
private let relativeTolerance = 1e-13

/// Returns the `count` algebraically largest eigenvalues of a dense symmetric matrix with their vectors, by ARPACK.
///
/// For large A and few pairs: each step costs one product A·v. See ``topEigenpairs(dimension:count:start:probe:apply:)``
/// for the arguments, the errors and when to distrust it.
///
/// - Complexity: O(n²) for each of a few hundred steps, (2·count + 1)·n numbers of memory beside the matrix.
public func topEigenpairs(
    of matrix: Matrix<Double>, count: Int, start: [Double], probe: [Double]
) throws(LinearAlgebraError) -> Eigenpairs {
    let n = matrix.rows
    precondition(matrix.columns == n && matrix.isWhole, "a symmetric matrix is square")
    if let index = matrix.values.firstIndex(where: { !$0.isFinite }) {
        throw .notFinite(row: index / n, column: index % n)
    }
    BLASThreads.prepare()
    return try topEigenpairs(dimension: n, count: count, start: start, probe: probe) { v, product in
        matrix.values.withUnsafeBufferPointer { a in
            cblas_dsymv(
                CblasColMajor, CblasUpper, Int32(n), 1, a.baseAddress, Int32(n), v.baseAddress, 1, 0,
                product.baseAddress, 1)
        }
    }
}

/// Returns the `count` algebraically largest eigenvalues of a symmetric operator A with their vectors, by ARPACK's
/// implicitly restarted Lanczos iteration.
///
/// Converged to rounding: ‖Av − λv‖ ≤ 10⁻¹⁰‖A‖ is checked for each pair, else an error is thrown.
///
/// **When to distrust it.** A Krylov method sees one vector of each eigenspace; further copies of a repeated eigenvalue
/// enter by rounding only, and may be missed. Two things are done about it: where ARPACK meets an invariant subspace (and
/// would go on from a random vector that depends on earlier runs in the process), and where some 60 Lanczos steps from
/// `probe`, off the vectors that were found, see an eigenvalue above the smallest of them, the answer is
/// ``LinearAlgebraError/repeatedEigenvalues``. A missed eigenvalue that is within about one percent of the smallest
/// returned one can stay unseen.
///
/// The result is a function of the arguments, bit by bit. Runs wait for each other: ARPACK is not re-entrant. `apply` must
/// not call this function.
///
/// - Parameters:
///   - dimension: n.
///   - count: 1 ..< n.
///   - start: the vector from which the iteration starts, n finite numbers, not all 0: draw it from a seeded generator.
///   - probe: a second such vector, independent of the first.
///   - apply: writes A·v, n numbers, to its second argument.
/// - Throws: ``LinearAlgebraError/notConverged(routine:converged:asked:)``, ``LinearAlgebraError/repeatedEigenvalues``,
///   ``LinearAlgebraError/residualTooLarge(index:residual:tolerance:)``, ``LinearAlgebraError/failed(routine:code:)``.
///
/// Source: Lehoucq, Sorensen, Yang, "ARPACK Users' Guide", SIAM, 1998; ARPACK-NG `dsaupd`, `dseupd`.
public func topEigenpairs(
    dimension n: Int, count: Int, start: [Double], probe: [Double],
    apply: (UnsafeBufferPointer<Double>, UnsafeMutableBufferPointer<Double>) -> Void
) throws(LinearAlgebraError) -> Eigenpairs {
    precondition(count > 0 && count < n, "ARPACK finds 1 to \(n - 1) eigenpairs, not \(count)")
    precondition(start.count == n && probe.count == n, "a start vector has one number for each dimension")
    precondition(start.contains { $0 != 0 } && probe.contains { $0 != 0 }, "a start vector is not zero")
    BLASThreads.prepare()
    let basis = try lanczosBasis(dimension: n, count: count, start: start, apply: apply)

    // ‖A·probe‖/‖probe‖ counts too: the largest eigenvalues do not tell the size of A where others are far below zero.
    var image = [Double](repeating: 0, count: n)
    probe.withUnsafeBufferPointer { v in image.withUnsafeMutableBufferPointer { apply(v, $0) } }
    let size = cblas_dnrm2(Int32(n), image, 1) / cblas_dnrm2(Int32(n), probe, 1)
    let scale = basis.ascending.reduce(size) { max($0, abs($1)) }
    let pairs = try residualsChecked(
        ascending: basis.ascending, columns: basis.vectors, dimension: n, scale: scale, apply: apply)

    let remaining = largestRemaining(
        dimension: n, basis: basis.vectors, count: count, probe: probe, scale: scale, apply: apply)
    if let remaining, remaining > basis.ascending[0] + relativeResidualLimit * scale {
        throw .repeatedEigenvalues
    }
    return pairs
}

/// Runs ARPACK; returns the eigenvalues in ascending order and their vectors one after the other.
private func lanczosBasis(
    dimension n: Int, count: Int, start: [Double],
    apply: (UnsafeBufferPointer<Double>, UnsafeMutableBufferPointer<Double>) -> Void
) throws(LinearAlgebraError) -> (ascending: [Double], vectors: [Double]) {
    let basisCount = min(n, max(2 * count + 1, 20))
    let workCount = basisCount * (basisCount + 8)
    let dimension = Int32(n)
    // Exact shifts, at most 10 n restarts, blocks of one, standard problem (mode 1).
    var parameters: [Int32] = [1, 0, Int32(clamping: 10 * n), 1, 0, 0, 1, 0, 0, 0, 0]
    var pointers = [Int32](repeating: 0, count: 11)
    var residual = start
    var vectors = [Double](repeating: 0, count: n * basisCount)
    var steps = [Double](repeating: 0, count: 3 * n)
    var work = [Double](repeating: 0, count: workCount)
    var ascending = [Double](repeating: 0, count: count)

    let outcome: Result<Void, LinearAlgebraError> = arpack.withLock { _ in
        var request: Int32 = 0
        var code: Int32 = 1  // The start vector is given.
        while true {
            dsaupd_c(
                &request, "I", dimension, "LA", Int32(count), relativeTolerance, &residual, Int32(basisCount), &vectors,
                dimension,
                &parameters, &pointers, &steps, &work, Int32(workCount), &code)
            guard request == 1 || request == -1 else { break }
            steps.withUnsafeMutableBufferPointer { steps in
                let (source, target) = (Int(pointers[0]) - 1, Int(pointers[1]) - 1)
                apply(
                    UnsafeBufferPointer(rebasing: steps[source..<source + n]),
                    UnsafeMutableBufferPointer(rebasing: steps[target..<target + n]))
            }
        }
        if arpack_random_restarts() > 0 { return .failure(.repeatedEigenvalues) }
        if code == 1 || code == 3 {
            return .failure(.notConverged(routine: "dsaupd", converged: Int(parameters[4]), asked: count))
        }
        guard code == 0 else { return .failure(.failed(routine: "dsaupd", code: Int(code))) }

        let selection = [Int32](repeating: 0, count: basisCount)
        // The eigenvectors take the place of the first columns of the basis: dseupd allows it.
        vectors.withUnsafeMutableBufferPointer { v in
            dseupd_c(
                1, "A", selection, &ascending, v.baseAddress, dimension, 0, "I", dimension, "LA", Int32(count),
                relativeTolerance,
                &residual, Int32(basisCount), v.baseAddress, dimension, &parameters, &pointers, &steps, &work,
                Int32(workCount), &code)
        }
        return code == 0 ? .success(()) : .failure(.failed(routine: "dseupd", code: Int(code)))
    }
    try outcome.get()
    vectors.removeLast((basisCount - count) * n)
    return (ascending, vectors)
}

/// Returns the largest Ritz value after some Lanczos steps from `probe` in the complement of the vectors in `basis`: up to
/// rounding a lower bound of the largest eigenvalue there, and close to it. `nil` where the complement holds nothing.
///
/// Without reorthogonalization among the steps: that costs copies, not accuracy, of the extreme Ritz values.
///
/// Source: Kuczyński, Woźniakowski, "Estimating the Largest Eigenvalue by the Power and Lanczos Algorithms with a Random
/// Start", SIAM J. Matrix Anal. Appl. 13(4), 1992, theorem 3.2; Paige, "Error Analysis of the Lanczos Algorithm for
/// Tridiagonalizing a Symmetric Matrix", J. Inst. Maths Applics 18, 1976.
private func largestRemaining(
    dimension n: Int, basis: [Double], count: Int, probe: [Double], scale: Double,
    apply: (UnsafeBufferPointer<Double>, UnsafeMutableBufferPointer<Double>) -> Void
) -> Double? {
    let steps = min(n - count, 60)
    let length = Int32(n)
    var coefficients = [Double](repeating: 0, count: count)
    func project(_ v: inout [Double]) {
        // Twice is enough (Kahan).
        for _ in 0..<2 {
            cblas_dgemv(
                CblasRowMajor, CblasNoTrans, Int32(count), length, 1, basis, length, v, 1, 0, &coefficients, 1)
            cblas_dgemv(
                CblasRowMajor, CblasTrans, Int32(count), length, -1, basis, length, coefficients, 1, 1, &v, 1)
        }
    }

    var current = probe
    project(&current)
    var norm = cblas_dnrm2(length, current, 1)
    guard norm > 1e-8 * cblas_dnrm2(length, probe, 1) else { return nil }
    cblas_dscal(length, 1 / norm, &current, 1)
    var previous = [Double](repeating: 0, count: n)
    var next = [Double](repeating: 0, count: n)
    var diagonal: [Double] = []
    var offDiagonal: [Double] = []
    norm = 0
    for _ in 0..<steps {
        current.withUnsafeBufferPointer { v in next.withUnsafeMutableBufferPointer { apply(v, $0) } }
        project(&next)
        let alpha = cblas_ddot(length, current, 1, next, 1)
        cblas_daxpy(length, -alpha, current, 1, &next, 1)
        cblas_daxpy(length, -norm, previous, 1, &next, 1)
        diagonal.append(alpha)
        norm = cblas_dnrm2(length, next, 1)
        offDiagonal.append(norm)
        guard norm > relativeResidualLimit * scale else { break }
        cblas_dscal(length, 1 / norm, &next, 1)
        (previous, current, next) = (current, next, previous)
    }
    let code = LAPACKE_dsterf(Int32(diagonal.count), &diagonal, &offDiagonal)
    return code == 0 ? diagonal.last : nil
}
