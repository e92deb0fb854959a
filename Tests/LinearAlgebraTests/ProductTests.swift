import LinearAlgebra
import Randomness
import Testing

@Suite struct ProductTests {
    /// The sum over the inner index, element by element, in the order of the definition.
    func slowProduct<S: BLASScalar>(
        _ a: Matrix<S>, _ b: Matrix<S>, transposingFirst: Bool, transposingSecond: Bool
    ) -> Matrix<S> {
        let rows = transposingFirst ? a.columns : a.rows
        let inner = transposingFirst ? a.rows : a.columns
        let columns = transposingSecond ? b.rows : b.columns
        var c = Matrix<S>(rows: rows, columns: columns, repeating: 0)
        for i in 0..<rows {
            for j in 0..<columns {
                for m in 0..<inner {
                    c[i, j] += (transposingFirst ? a[m, i] : a[i, m]) * (transposingSecond ? b[j, m] : b[m, j])
                }
            }
        }
        return c
    }

    func uniform<S: BLASScalar>(_ rows: Int, _ columns: Int, _ generator: inout SplitMix64, of: S.Type) -> Matrix<S> {
        Matrix(
            rows: rows, columns: columns,
            values: (0..<rows * columns).map { _ in S(2 * generator.nextUniform() - 1) })
    }

    @Test func `A product by hand`() {
        let a = Matrix<Double>(rows: 2, columns: 3, values: [1, 2, 3, 4, 5, 6])
        let b = Matrix<Double>(rows: 3, columns: 2, values: [7, 8, 9, 10, 11, 12])
        #expect(Matrix.product(a, b) == Matrix(rows: 2, columns: 2, values: [58, 64, 139, 154]))
        #expect(
            Matrix.product(a, a, transposingSecond: true) == Matrix(rows: 2, columns: 2, values: [14, 32, 32, 77]))
        #expect(
            Matrix.product(b, b, transposingFirst: true) == Matrix(rows: 2, columns: 2, values: [251, 278, 278, 308]))
    }

    @Test(arguments: 0..<20)
    func `Every transposition agrees with the sum of the definition`(seed: Int) {
        check(seed: seed, of: Double.self)
        check(seed: seed, of: Float.self)
    }

    func check<S: BLASScalar>(seed: Int, of type: S.Type) {
        var generator = SplitMix64(seed: UInt64(seed))
        let (rows, inner, columns) = (
            1 + generator.nextIndex(below: 40), 1 + generator.nextIndex(below: 40), 1 + generator.nextIndex(below: 40)
        )
        for (first, second) in [(false, false), (false, true), (true, false), (true, true)] {
            let a = uniform(first ? inner : rows, first ? rows : inner, &generator, of: type)
            let b = uniform(second ? columns : inner, second ? inner : columns, &generator, of: type)
            let old = uniform(rows, columns, &generator, of: type)
            var c = old
            c.setToProduct(a, b, transposingFirst: first, transposingSecond: second, alpha: 2, beta: -3)
            let truth = slowProduct(a, b, transposingFirst: first, transposingSecond: second)
            // Factors are below 1, so either order of the sum is within inner · inner · ulp(1) / 2 of the truth; twice
            // that for the two of them, twice again for alpha, and an ulp of 2 · inner + 3 for the rest.
            let tolerance = S(2 * inner * inner + 2 * inner + 3) * S.ulpOfOne
            for index in c.values.indices {
                #expect(abs(c.values[index] - (2 * truth.values[index] - 3 * old.values[index])) <= tolerance)
            }
        }
    }

    @Test func `A product in place uses the memory that is there`() {
        let a = Matrix<Float>(rows: 64, columns: 64, repeating: 1)
        var c = Matrix<Float>(rows: 64, columns: 64, repeating: .nan)
        let before = c.values.withUnsafeBufferPointer { $0.baseAddress }
        c.setToProduct(a, a)
        c.setToProduct(a, a, beta: 1)
        #expect(c.values.withUnsafeBufferPointer { $0.baseAddress } == before)
        #expect(c.values.allSatisfy { $0 == 128 })
    }

    @Test func `Setting elements uses the memory that is there`() {
        var matrix = Matrix<Double>(rows: 100, columns: 100, repeating: 0)
        let before = matrix.values.withUnsafeBufferPointer { $0.baseAddress }
        for index in 0..<100 {
            matrix[index, index] = 1
            matrix.values[index] += 1
        }
        #expect(matrix.values.withUnsafeBufferPointer { $0.baseAddress } == before)
        #expect(matrix.values.reduce(0, +) == 200)
    }

    @Test func `An empty inner extent leaves beta times the old content`() {
        let a = Matrix<Double>(rows: 2, columns: 0, values: [])
        let b = Matrix<Double>(rows: 0, columns: 1, values: [])
        var c = Matrix<Double>(rows: 2, columns: 1, values: [1, 2])
        c.setToProduct(a, b, beta: 3)
        #expect(c.values == [3, 6])
        #expect(Matrix.product(a, b).values == [0, 0])
    }

    @Test func `OpenBLAS starts with one thread`() {
        #expect(BLASThreads.count == 1)
    }
}
