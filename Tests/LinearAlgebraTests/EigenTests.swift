import Foundation
import LinearAlgebra
import Randomness
import Testing

/// The n × n matrix with 2 on the diagonal and −1 beside it; its eigenvalues are 2 − 2 cos(jπ/(n+1)), j = 1 ... n.
private func secondDifference(_ n: Int) -> Matrix<Double> {
    var matrix = Matrix(rows: n, columns: n, repeating: 0.0)
    for i in 0..<n {
        matrix[i, i] = 2
        if i > 0 {
            matrix[i, i - 1] = -1
            matrix[i - 1, i] = -1
        }
    }
    return matrix
}

/// The adjacency matrix of the `bits`-dimensional hypercube: the eigenvalue bits − 2j has multiplicity `bits` over j.
private func hypercube(bits: Int) -> Matrix<Double> {
    let n = 1 << bits
    var matrix = Matrix(rows: n, columns: n, repeating: 0.0)
    for i in 0..<n {
        for bit in 0..<bits { matrix[i, i ^ (1 << bit)] = 1 }
    }
    return matrix
}

private func normal(_ count: Int, seed: UInt64) -> [Double] {
    var generator = SplitMix64(seed: seed)
    return (0..<count).map { _ in generator.nextNormal() }
}

/// X·Xᵀ of normal X, with as many columns as rows: positive definite, distinct eigenvalues.
private func randomGram(_ n: Int, seed: UInt64) -> Matrix<Double> {
    let x = Matrix(rows: n, columns: n, values: normal(n * n, seed: seed))
    var gram = Matrix.product(x, x, transposingSecond: true)
    for i in 0..<n {
        for j in 0..<i { gram[j, i] = gram[i, j] }
    }
    return gram
}

@Suite struct EigenTests {
    @Test func `A symmetric 2 by 2 matrix by hand`() throws {
        let pairs = try eigenpairs(of: Matrix(rows: 2, columns: 2, values: [2, 1, 1, 2]))
        // Rounding: a few ulp of the largest eigenvalue.
        #expect(abs(pairs.values[0] - 3) < 1e-14 && abs(pairs.values[1] - 1) < 1e-14)
        #expect(abs(abs(pairs.vectors[0, 0]) - 0.5.squareRoot()) < 1e-14)
        #expect(pairs.vectors[0, 0] * pairs.vectors[1, 0] > 0 && pairs.vectors[0, 1] * pairs.vectors[1, 1] < 0)
    }

    @Test(arguments: [1, 2, 17, 200])
    func `The second difference has its known eigenvalues, all and the largest`(n: Int) throws {
        let truth = (1...n).map { 2 - 2 * cos(Double($0) * .pi / Double(n + 1)) }.sorted(by: >)
        for count in Set([n, (n + 2) / 3]) {
            let pairs = try eigenpairs(of: secondDifference(n), top: count)
            #expect(pairs.values.count == count)
            // Backward stability: n · ulp · ‖A‖ = 200 · 2.2e-16 · 4 = 1.8e-13.
            for (value, expected) in zip(pairs.values, truth) { #expect(abs(value - expected) < 2e-13) }
        }
    }

    @Test(arguments: [20, 200])
    func `ARPACK finds the known eigenvalues of the second difference`(n: Int) throws {
        let truth = (1...n).map { 2 - 2 * cos(Double($0) * .pi / Double(n + 1)) }.sorted(by: >)
        let pairs = try topEigenpairs(
            of: secondDifference(n), count: 5, start: normal(n, seed: 1), probe: normal(n, seed: 2))
        // As for LAPACK, and ARPACK stops at a residual of 1e-13 · λ, where λ is off by its square.
        for (value, expected) in zip(pairs.values, truth) { #expect(abs(value - expected) < 4e-13) }
    }

    @Test(arguments: 0..<8)
    func `ARPACK and LAPACK agree, and their vectors are orthonormal`(seed: Int) throws {
        let n = 60 + 30 * seed
        let gram = randomGram(n, seed: UInt64(seed))
        let exact = try eigenpairs(of: gram, top: 12)
        let fast = try topEigenpairs(
            of: gram, count: 12, start: normal(n, seed: UInt64(100 + seed)), probe: normal(n, seed: UInt64(200 + seed)))
        for (a, b) in zip(exact.values, fast.values) { #expect(abs(a - b) <= 1e-8 * a) }
        for pairs in [exact, fast] {
            #expect(pairs.values == pairs.values.sorted(by: >))
            let inner = Matrix.product(pairs.vectors, pairs.vectors, transposingFirst: true)
            // Orthonormal to n · ulp = 6e-14, in both libraries' own terms.
            for i in 0..<12 {
                for j in 0..<12 { #expect(abs(inner[i, j] - (i == j ? 1 : 0)) < 1e-12) }
            }
            // ‖Av − λv‖ within n · ulp · ‖A‖ (‖A‖ < 4n here: 270 · 2.2e-16 · 1080 = 6e-11).
            #expect(pairs.residuals.allSatisfy { $0 < 1e-10 })
        }
    }

    @Test func `ARPACK gives the same bits each time, whatever ran before`() throws {
        let gram = randomGram(150, seed: 5)
        let (start, probe) = (normal(150, seed: 6), normal(150, seed: 7))
        let first = try topEigenpairs(of: gram, count: 7, start: start, probe: probe)
        _ = try? topEigenpairs(
            of: hypercube(bits: 6), count: 20, start: normal(64, seed: 8), probe: normal(64, seed: 9))
        let second = try topEigenpairs(of: gram, count: 7, start: start, probe: probe)
        #expect(first.values == second.values && first.vectors == second.vectors)
    }

    @Test func `Runs of ARPACK on several threads do not disturb each other`() async throws {
        let gram = randomGram(80, seed: 15)
        let (start, probe) = (normal(80, seed: 16), normal(80, seed: 17))
        let alone = try topEigenpairs(of: gram, count: 5, start: start, probe: probe)
        try await withThrowingTaskGroup(of: Eigenpairs.self) { group in
            for _ in 0..<16 {
                group.addTask { try topEigenpairs(of: gram, count: 5, start: start, probe: probe) }
            }
            for try await pairs in group { #expect(pairs.vectors == alone.vectors) }
        }
    }

    @Test(arguments: [4, 6, 8], [3, 9])
    func `Repeated eigenvalues are found or refused, never lost`(bits: Int, count: Int) throws {
        let n = 1 << bits
        // bits, then `bits` copies of bits − 2: with 9 of them from 4 bits, 4 copies of 0 as well.
        let truth = Array(
            ([Double(bits)] + Array(repeating: Double(bits - 2), count: bits)
                + Array(repeating: Double(bits - 4), count: bits * (bits - 1) / 2)).prefix(count))
        let exact = try eigenpairs(of: hypercube(bits: bits), top: count)
        for (value, expected) in zip(exact.values, truth) { #expect(abs(value - expected) < 1e-12) }
        do {
            let fast = try topEigenpairs(
                of: hypercube(bits: bits), count: count, start: normal(n, seed: 3), probe: normal(n, seed: 4))
            for (value, expected) in zip(fast.values, truth) { #expect(abs(value - expected) < 1e-12) }
        } catch {
            #expect(error == .repeatedEigenvalues)
        }
    }

    @Test func `An eigenvector that the start vector does not contain is noticed`() {
        // A diagonal operator: a start vector without the first coordinate never leaves its complement.
        let n = 100
        var start = normal(n, seed: 31)
        start[0] = 0
        #expect(throws: LinearAlgebraError.repeatedEigenvalues) {
            try topEigenpairs(dimension: n, count: 4, start: start, probe: normal(n, seed: 32)) { v, product in
                for i in 0..<n { product[i] = Double(n - i) * v[i] }
            }
        }
    }

    @Test func `Only negative eigenvalues are found as well as positive ones`() throws {
        let n = 100
        let pairs = try topEigenpairs(
            dimension: n, count: 3, start: normal(n, seed: 33), probe: normal(n, seed: 34)
        ) { v, product in
            for i in 0..<n { product[i] = -Double(n - i) * v[i] }
        }
        // ARPACK stops at a residual of 1e-13 · λ; rounding is n · ulp · ‖A‖ = 2e-12.
        for (value, expected) in zip(pairs.values, [-1.0, -2, -3]) { #expect(abs(value - expected) < 4e-12) }
    }

    @Test func `A matrix of low rank is refused by ARPACK rather than filled from its own random vectors`() throws {
        // Rank 3: the Krylov space of any vector has dimension 4 at most.
        let x = Matrix(rows: 50, columns: 3, values: normal(150, seed: 21))
        let gram = Matrix.product(x, x, transposingSecond: true)
        do {
            let pairs = try topEigenpairs(
                of: gram, count: 10, start: normal(50, seed: 22), probe: normal(50, seed: 23))
            // If it converged in spite of that, then to the truth: the rest is 0 to n · ulp · ‖A‖.
            #expect(pairs.values[3...].allSatisfy { abs($0) < 1e-11 })
        } catch {
            #expect(error == .repeatedEigenvalues)
        }
    }

    @Test func `An element that is not finite is named`() {
        var matrix = secondDifference(30)
        matrix[3, 7] = .nan
        #expect(throws: LinearAlgebraError.notFinite(row: 3, column: 7)) { try eigenpairs(of: matrix) }
        #expect(throws: LinearAlgebraError.notFinite(row: 3, column: 7)) {
            try topEigenpairs(of: matrix, count: 2, start: normal(30, seed: 1), probe: normal(30, seed: 2))
        }
    }

    @Test func `The caller's matrix stays as it was`() throws {
        let matrix = randomGram(30, seed: 3)
        let copy = matrix
        _ = try eigenpairs(of: matrix, top: 4)
        _ = try choleskyFactor(of: matrix)
        #expect(matrix == copy)
    }
}

@Suite struct CholeskyTests {
    @Test func `A factor by hand`() throws {
        let factor = try choleskyFactor(of: Matrix(rows: 2, columns: 2, values: [4, 2, 2, 5]))
        #expect(factor == Matrix(rows: 2, columns: 2, values: [2, 0, 1, 2]))
    }

    @Test(arguments: 1..<12)
    func `The factor times its transpose is the matrix`(seed: Int) throws {
        let n = 5 * seed
        let gram = randomGram(n, seed: UInt64(seed))
        let factor = try choleskyFactor(of: gram)
        let product = Matrix.product(factor, factor, transposingSecond: true)
        let largest = gram.values.max()!
        // (n + 1) · ulp · the largest diagonal element (Higham, theorem 10.3).
        for (a, b) in zip(gram.values, product.values) {
            #expect(abs(a - b) <= Double(n + 1) * .ulpOfOne * largest)
        }
        for i in 0..<n {
            #expect(factor[i, i] > 0)
            for j in i + 1..<max(n, i + 1) { #expect(factor[i, j] == 0) }
        }
    }

    @Test func `A matrix that is not positive definite is refused with the order of the minor`() {
        let matrix = Matrix<Double>(rows: 3, columns: 3, values: [1, 0, 0, 0, -1, 0, 0, 0, 1])
        #expect(throws: LinearAlgebraError.notPositiveDefinite(order: 2)) { try choleskyFactor(of: matrix) }
    }
}

@Suite struct DistanceTests {
    @Test func `A distance by hand`() {
        let a = Matrix<Double>(rows: 2, columns: 2, values: [0, 0, 3, 4])
        #expect(squaredDistances(a, a).values == [0, 25, 25, 0])
    }

    @Test(arguments: 0..<10)
    func `Distances agree with the sum of the definition and are never negative`(seed: Int) {
        let d = 1 + 7 * seed
        let a = Matrix(rows: 23, columns: d, values: normal(23 * d, seed: UInt64(seed)))
        // Half of the rows of b are rows of a, where cancellation is complete.
        var b = Matrix(rows: 30, columns: d, values: normal(30 * d, seed: UInt64(50 + seed)))
        b.values.replaceSubrange(0..<15 * d, with: a.values[..<(15 * d)])
        let distances = squaredDistances(a, b)
        for i in 0..<23 {
            for j in 0..<30 {
                var (truth, aNorm, bNorm) = (0.0, 0.0, 0.0)
                for m in 0..<d {
                    truth += (a[i, m] - b[j, m]) * (a[i, m] - b[j, m])
                    aNorm += a[i, m] * a[i, m]
                    bNorm += b[j, m] * b[j, m]
                }
                let size = aNorm.squareRoot() + bNorm.squareRoot()
                #expect(abs(distances[i, j] - truth) <= Double(d + 2) * .ulpOfOne * size * size)
                #expect(distances[i, j] >= 0)
            }
        }
    }

    @Test func `Rows without columns have the distance 0`() {
        let a = Matrix<Double>(rows: 2, columns: 0, values: [])
        #expect(squaredDistances(a, a).values == [0, 0, 0, 0])
    }
}
