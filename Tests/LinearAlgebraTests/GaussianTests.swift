import Foundation
import LinearAlgebra
import Randomness
import Testing

/// The results for ‖a‖² = 0 and ‖b‖² = −x: exp(x).
private func exponentials(_ arguments: [Double]) -> [Double] {
    var values = arguments.map { $0 / 2 }
    let norms = [Double](repeating: 0, count: values.count)
    values.withUnsafeMutableBufferPointer {
        gaussians(
            ofProducts: $0.baseAddress!, into: $0.baseAddress!, count: $0.count, norms: norms, norm: 0, factor: -1)
    }
    return values
}

@Suite struct GaussianTests {
    @Test(arguments: [1.0, 30, 708], 0..<4)
    func `Exponentials agree with the C library's`(range: Double, seed: Int) {
        var generator = SplitMix64(seed: UInt64(seed))
        // Lengths that leave 0 to 7 numbers behind the last eight.
        for count in 1...40 {
            let arguments = (0..<count).map { _ in -range * Double(generator.next() >> 11) * 0x1p-53 }
            for (value, argument) in zip(exponentials(arguments), arguments) {
                // 1.5 ulp for ours, and 1 for the other.
                #expect(abs(value - exp(argument)) <= 2.5 * exp(argument).ulp)
            }
        }
    }

    @Test func `The ends of the range are exact`() {
        #expect(exponentials([0, -0.0, -5000, -.infinity, -746]) == [1, 1, 0, 0, 0])
        #expect(exponentials([.nan])[0].isNaN)
        // Subnormal numbers, whose ulp is the least number there is.
        for argument in [-708.5, -720, -740, -744, -745.1] {
            #expect(abs(exponentials([argument])[0] - exp(argument)) <= 2 * exp(argument).ulp)
        }
    }

    @Test func `Distances below zero count as zero, and infinite norms as nothing`() {
        var values = [1.0 + .ulpOfOne, 0.5, .infinity]
        let products = values
        gaussians(ofProducts: products, into: &values, count: 3, norms: [1, 1, .infinity], norm: 1, factor: -2)
        #expect(values[0] == 1 && abs(values[1] - exp(-2)) < 1e-16 && values[2].isNaN)
    }
}

@Suite struct VectorLanesTests {
    @Test(arguments: [1, 2, 7, 8, 9, 40], [1, 3, 8, 33])
    func `A tile and its mirror image are multiplied as BLAS does`(rows: Int, columns: Int) {
        let width = VectorLanes.width
        let tile = Matrix(rows: rows, columns: columns, values: normal(rows * columns, seed: 1))
        let above = Matrix(rows: rows, columns: width, values: normal(rows * width, seed: 2))
        let beside = Matrix(rows: columns, columns: width, values: normal(columns * width, seed: 3))
        var rowSums = Matrix(rows: rows, columns: width, values: normal(rows * width, seed: 4))
        var columnSums = Matrix(rows: columns, columns: width, values: normal(columns * width, seed: 5))
        var (expectedRows, expectedColumns) = (rowSums, columnSums)
        expectedRows.setToProduct(tile, beside, beta: 1)
        expectedColumns.setToProduct(tile, above, transposingFirst: true, beta: 1)
        VectorLanes.addProduct(
            tile.values, rows: rows, columns: columns, isDiagonal: false, rowVectors: above.values,
            columnVectors: beside.values, rowSums: &rowSums.values, columnSums: &columnSums.values)
        for (sums, expected) in [(rowSums, expectedRows), (columnSums, expectedColumns)] {
            // m + 1 terms of at most 5 · 5 in magnitude: m · ulp · 25 · m, m ≤ 41.
            for (a, b) in zip(sums.values, expected.values) { #expect(abs(a - b) < 41 * 41 * 25 * .ulpOfOne) }
        }
    }

    @Test func `On the diagonal, each product is added once`() {
        let tile = Matrix<Double>(rows: 2, columns: 2, values: [1, 2, 2, 3])
        let ones = [Double](repeating: 1, count: 16)
        var sums = [Double](repeating: 0, count: 16)
        sums.withUnsafeMutableBufferPointer {
            VectorLanes.addProduct(
                tile.values, rows: 2, columns: 2, isDiagonal: true, rowVectors: ones, columnVectors: ones,
                rowSums: $0.baseAddress!, columnSums: $0.baseAddress!)
        }
        #expect(sums == [Double](repeating: 3, count: 8) + [Double](repeating: 5, count: 8))
    }
}
