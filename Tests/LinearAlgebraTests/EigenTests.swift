import Foundation
import LinearAlgebra
import Randomness
import Testing

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

    @Test func `An element that is not finite is named`() {
        var matrix = secondDifference(30)
        matrix[3, 7] = .nan
        #expect(throws: LinearAlgebraError.notFinite(row: 3, column: 7)) { try eigenpairs(of: matrix) }
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

    @Test(arguments: [0, 1, 5, 130], [1, 2, 17, 64])
    func `Products of rows among themselves are those of every pair, equal across the diagonal`(d: Int, count: Int) {
        let a = Matrix(rows: count + 5, columns: d, values: normal((count + 5) * d, seed: UInt64(d)))
        // Every row with three numbers behind it that belong to others, and memory that holds no number.
        var among = [Double](repeating: .nan, count: count * (count + 3))
        innerProducts(among: 2..<count + 2, of: a, into: &among, stride: count + 3)
        for i in 0..<count {
            for j in 0..<count {
                let truth = (0..<d).reduce(0.0) { $0 + a[i + 2, $1] * a[j + 2, $1] }
                let size = (0..<d).reduce(0.0) { $0 + abs(a[i + 2, $1] * a[j + 2, $1]) }
                // Either order of the sum is within d · ulp / 2 of the truth, relative to the sum of the magnitudes.
                #expect(abs(among[i * (count + 3) + j] - truth) <= Double(d) * .ulpOfOne * size)
                #expect(among[i * (count + 3) + j] == among[j * (count + 3) + i])
            }
            #expect(among[i * (count + 3) + count..<(i + 1) * (count + 3)].allSatisfy { $0.isNaN })
        }
    }

    @Test func `Rows without columns have the distance 0`() {
        let a = Matrix<Double>(rows: 2, columns: 0, values: [])
        #expect(squaredDistances(a, a).values == [0, 0, 0, 0])
    }
}
