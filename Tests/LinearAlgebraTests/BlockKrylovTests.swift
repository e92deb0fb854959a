import Foundation
import LinearAlgebra
import Randomness
import Testing

/// A matrix as an operator, one product at a time.
private struct DenseOperator: SymmetricOperator {
    let matrix: Matrix<Double>
    var dimension: Int { matrix.rows }

    func multiply(_ vectors: UnsafePointer<Double>, count: Int, into products: UnsafeMutablePointer<Double>) {
        let n = dimension
        matrix.values.withUnsafeBufferPointer {
            Double.multiply(
                rows: count, columns: n, inner: n, alpha: 1, vectors, stride: n, transposed: false,
                $0.baseAddress!, stride: n, transposed: false, beta: 0, into: products, stride: n)
        }
    }
}

/// A diagonal matrix.
private struct DiagonalOperator: SymmetricOperator {
    let values: [Double]
    var dimension: Int { values.count }

    func multiply(_ vectors: UnsafePointer<Double>, count: Int, into products: UnsafeMutablePointer<Double>) {
        for index in 0..<count * dimension { products[index] = values[index % dimension] * vectors[index] }
    }
}

private func top(
    _ count: Int, of a: some SymmetricOperator, block: Int = 4, seed: UInt64 = 1, jobs: Int = 1,
    progress: (Int) -> Void = { _ in }
) throws -> Eigenpairs {
    var generator = SplitMix64(seed: seed)
    return try topEigenpairs(
        of: a, count: count, block: block, jobs: jobs, normal: { generator.nextNormal() }, progress: progress)
}

/// ‖VᵀV − I‖, entry by entry.
private func orthonormalityError(_ vectors: Matrix<Double>) -> Double {
    let inner = Matrix.product(vectors, vectors, transposingFirst: true)
    return inner.values.indices.reduce(0) {
        max($0, abs(inner.values[$1] - ($1 / inner.columns == $1 % inner.columns ? 1 : 0)))
    }
}

@Suite struct BlockKrylovTests {
    @Test(arguments: [1, 2, 17, 200], [1, 4, 50])
    func `It finds the known eigenvalues of the second difference`(n: Int, block: Int) throws {
        let truth = (1...n).map { 2 - 2 * cos(Double($0) * .pi / Double(n + 1)) }.sorted(by: >)
        for count in Set([1, (n + 2) / 3, n]) {
            let pairs = try top(count, of: DenseOperator(matrix: secondDifference(n)), block: block)
            #expect(pairs.values.count == count)
            // n · ulp · ‖A‖ = 200 · 2.2e-16 · 4 = 1.8e-13, and a residual of 1e-12 · 4, of which the square over a gap enters,
            // but which counts in full where eigenvalues are as close as at the end of this spectrum.
            for (value, expected) in zip(pairs.values, truth) { #expect(abs(value - expected) < 5e-12) }
            #expect(orthonormalityError(pairs.vectors) < 1e-12)
        }
    }

    @Test(arguments: 0..<8)
    func `It agrees with LAPACK, and its vectors are orthonormal`(seed: Int) throws {
        let n = 60 + 30 * seed
        let gram = randomGram(n, seed: UInt64(seed))
        let exact = try eigenpairs(of: gram, top: 12)
        let fast = try top(12, of: DenseOperator(matrix: gram), block: 1 + seed, seed: UInt64(100 + seed))
        for pairs in [exact, fast] {
            #expect(pairs.values == pairs.values.sorted(by: >))
            // Orthonormal to n · ulp = 6e-14, in both algorithms' own terms.
            #expect(orthonormalityError(pairs.vectors) < 1e-12)
            // ‖A‖ < 4n here: n · ulp · ‖A‖ = 270 · 2.2e-16 · 1080 = 6e-11, and the iteration stops at 1e-12 · λ = 1e-9.
            #expect(pairs.residuals.allSatisfy { $0 < 2e-9 })
        }
        // An eigenvalue is exact to within the residual of its pair.
        for (a, b) in zip(exact.values, fast.values) { #expect(abs(a - b) < 4e-9) }
    }

    @Test func `The bits do not depend on the number of jobs, or on the run`() throws {
        let gram = randomGram(150, seed: 5)
        let first = try top(7, of: DenseOperator(matrix: gram))
        for jobs in [1, 2, 5] {
            let again = try top(7, of: DenseOperator(matrix: gram), jobs: jobs)
            #expect(first.values == again.values && first.vectors == again.vectors)
            #expect(first.residuals == again.residuals)
        }
    }

    @Test(arguments: [4, 6, 8], [3, 9, 16])
    func `Repeated eigenvalues are found in full`(bits: Int, count: Int) throws {
        // bits, then `bits` copies of bits − 2, and so on: more copies than the block has vectors.
        let truth = (0...bits).flatMap { order in
            let copies = (0..<order).reduce(1) { $0 * (bits - $1) / ($1 + 1) }
            return [Double](repeating: Double(bits - 2 * order), count: copies)
        }
        let pairs = try top(count, of: DenseOperator(matrix: hypercube(bits: bits)), block: 2)
        // Residuals of at most 1e-12 · 8, and n · ulp · 8 = 5e-13.
        for (value, expected) in zip(pairs.values, truth) { #expect(abs(value - expected) < 1e-11) }
        #expect(orthonormalityError(pairs.vectors) < 1e-12)
    }

    @Test func `Copies of an eigenvalue are found inside of a spectrum that no Krylov space exhausts`() throws {
        // 10, seven times, and 400 different eigenvalues below: a block of 2 sees 2 copies at a time.
        let values = [Double](repeating: 10, count: 7) + (0..<400).map { 9 * Double($0) / 400 }
        let pairs = try top(9, of: DiagonalOperator(values: values), block: 2)
        let truth = values.sorted(by: >)
        for (value, expected) in zip(pairs.values, truth) { #expect(abs(value - expected) < 2e-11) }
    }

    @Test func `Restarts reach the same eigenvalues`() throws {
        // The top of this spectrum is so dense that 200 vectors, the largest basis here, are not enough.
        let n = 1000
        let values = (0..<n).map { 1 - Double($0) / Double(n) }
        var products = 0
        let pairs = try top(2, of: DiagonalOperator(values: values), block: 2, progress: { products = $0 })
        #expect(products > 300)
        // An eigenvalue lies within the residual, 1e-12.
        for (value, expected) in zip(pairs.values, values) { #expect(abs(value - expected) < 2e-12) }
    }

    @Test func `Only negative eigenvalues are found as well as positive ones`() throws {
        let pairs = try top(3, of: DiagonalOperator(values: (1...100).map { -Double($0) }))
        // Residuals of 16 · ulp · ‖A‖ = 4e-13, and of 1e-12 · 3.
        for (value, expected) in zip(pairs.values, [-1.0, -2, -3]) { #expect(abs(value - expected) < 5e-12) }
    }

    @Test func `A matrix of low rank has zeros behind its eigenvalues`() throws {
        let x = Matrix(rows: 50, columns: 3, values: normal(150, seed: 21))
        let gram = Matrix.product(x, x, transposingSecond: true)
        let pairs = try top(10, of: DenseOperator(matrix: gram))
        let exact = try eigenpairs(of: gram, top: 3)
        // n · ulp · ‖A‖ = 50 · 2.2e-16 · 100 = 1e-12.
        for (value, expected) in zip(pairs.values, exact.values) {
            #expect(abs(value - expected) < 1e-11 * exact.values[0])
        }
        #expect(pairs.values[3...].allSatisfy { abs($0) < 1e-11 })
        #expect(orthonormalityError(pairs.vectors) < 1e-12)
    }

    @Test func `Zero has zeros`() throws {
        let pairs = try top(3, of: DiagonalOperator(values: [Double](repeating: 0, count: 20)))
        #expect(pairs.values == [0, 0, 0] && pairs.residuals == [0, 0, 0])
    }

    @Test func `A product that is not finite is no answer`() {
        #expect(throws: LinearAlgebraError.self) {
            try top(3, of: DiagonalOperator(values: [1, 2, .nan] + [Double](repeating: 1, count: 30)))
        }
    }
}
