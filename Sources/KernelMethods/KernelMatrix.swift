internal import Dispatch
internal import LinearAlgebra

#if canImport(Darwin)
    internal import Darwin
#else
    internal import Glibc
#endif

/// The side of the square tiles in which kernel matrices are computed: fixed, because the bits of a product depend on its
/// shape, and 2 MB a tile, so that it stays in the cache between product and kernel function.
private let tileSide = 512

/// The tile-wise ranges that cover 0 ..< `count`.
func tiles(_ count: Int) -> [Range<Int>] {
    stride(from: 0, to: count, by: tileSide).map { $0..<min($0 + tileSide, count) }
}

/// Memory into which several threads write, each to parts of its own.
struct SharedTarget: @unchecked Sendable {
    let base: UnsafeMutablePointer<Double>
}

extension Kernel {
    /// Writes k(aᵢ, bⱼ) of some rows of `a` and some of `b` into a block of a larger matrix. All parameters are resolved.
    func fill(
        _ a: Matrix<Double>, rows aRows: Range<Int>, _ b: Matrix<Double>, rows bRows: Range<Int>,
        into target: UnsafeMutablePointer<Double>, stride: Int
    ) {
        func transform(_ function: (Double) -> Double) {
            for i in 0..<aRows.count {
                let row = target + i * stride
                for j in 0..<bRows.count { row[j] = function(row[j]) }
            }
        }
        if case .rbf(let gamma) = self {
            squaredDistances(a, rows: aRows, b, rows: bRows, into: target, stride: stride)
            transform { exp(-gamma! * $0) }
            return
        }
        innerProducts(a, rows: aRows, b, rows: bRows, into: target, stride: stride)
        switch self {
        case .linear, .rbf:
            break
        case .polynomial(let degree, let gamma, let coefficient):
            transform { pow(gamma! * $0 + coefficient, Double(degree)) }
        case .sigmoid(let gamma, let coefficient):
            transform { tanh(gamma! * $0 + coefficient) }
        case .cosine:
            let aNorms = squaredNorms(a, rows: aRows).map { $0.squareRoot() }
            let bNorms = squaredNorms(b, rows: bRows).map { $0.squareRoot() }
            for i in aNorms.indices {
                for j in bNorms.indices { target[i * stride + j] /= aNorms[i] * bNorms[j] }
            }
        }
    }

    /// Returns the symmetric matrix k(xᵢ, xⱼ), equal bit by bit across the diagonal, for any number of jobs.
    func gram(of samples: Matrix<Double>, jobs: Int) -> Matrix<Double> {
        let n = samples.rows
        var gram = Matrix(rows: n, columns: n, repeating: 0.0)
        let ranges = tiles(n)
        let pairs = ranges.indices.flatMap { row in (0...row).map { (ranges[row], ranges[$0]) } }
        gram.values.withUnsafeMutableBufferPointer { values in
            let target = SharedTarget(base: values.baseAddress!)
            concurrently(pairs.count, jobs: jobs) { index in
                let (rows, columns) = pairs[index]
                let corner = target.base + rows.lowerBound * n + columns.lowerBound
                fill(samples, rows: rows, samples, rows: columns, into: corner, stride: n)
                // The lower triangle is the truth; on the diagonal tile the product itself may differ across it.
                for i in rows {
                    for j in columns.lowerBound..<min(columns.upperBound, i) {
                        target.base[j * n + i] = target.base[i * n + j]
                    }
                }
            }
        }
        return gram
    }
}

/// Calls `body` with 0 ..< `count`, on at most `jobs` threads at a time.
func concurrently(_ count: Int, jobs: Int, _ body: @Sendable (Int) -> Void) {
    let jobs = max(1, min(jobs, count))
    guard jobs > 1 else {
        for index in 0..<count { body(index) }
        return
    }
    DispatchQueue.concurrentPerform(iterations: jobs) { job in
        for index in stride(from: job, to: count, by: jobs) { body(index) }
    }
}
