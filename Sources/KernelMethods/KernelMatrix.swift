internal import LinearAlgebra

#if canImport(Darwin)
    internal import Darwin
#else
    internal import Glibc
#endif

/// The side of the square tiles in which kernel matrices are computed: fixed, because the bits of a product depend on its
/// shape; 512 KB a tile, so that it stays in the cache between product, kernel function and use.
let tileSide = 256

/// The tile-wise ranges that cover 0 ..< `count`.
func tileRanges(_ count: Int) -> [Range<Int>] {
    stride(from: 0, to: count, by: tileSide).map { $0..<min($0 + tileSide, count) }
}

/// Samples, with what a kernel needs to know of each of them alone.
struct KernelSamples: Sendable {
    let matrix: Matrix<Double>

    /// ‖x‖², or ‖x‖ for `cosine`; empty for kernels that need neither.
    let norms: [Double]

    init(_ matrix: Matrix<Double>, for kernel: Kernel, jobs: Int) {
        self.matrix = matrix
        norms =
            switch kernel {
            case .rbf: KernelSamples.squaredNorms(matrix, jobs: jobs)
            case .cosine: KernelSamples.squaredNorms(matrix, jobs: jobs).map { $0.squareRoot() }
            case .linear, .polynomial, .sigmoid: []
            }
    }

    private static func squaredNorms(_ matrix: Matrix<Double>, jobs: Int) -> [Double] {
        var norms = [Double](repeating: 0, count: matrix.rows)
        let ranges = tileRanges(matrix.rows)
        norms.withUnsafeMutableBufferPointer { norms in
            guard let base = norms.baseAddress else { return }
            let target = SharedMemory(base)
            concurrently(ranges.count, jobs: jobs) { index in
                let own = LinearAlgebra.squaredNorms(matrix, rows: ranges[index])
                (target.base + ranges[index].lowerBound).update(from: own, count: own.count)
            }
        }
        return norms
    }
}

extension Kernel {
    /// Writes k(aᵢ, bⱼ) of some rows of `a` and some of `b` into a block of a larger matrix. All parameters are resolved.
    func fill(
        _ a: KernelSamples, rows aRows: Range<Int>, _ b: KernelSamples, rows bRows: Range<Int>,
        into target: UnsafeMutablePointer<Double>, stride: Int
    ) {
        innerProducts(a.matrix, rows: aRows, b.matrix, rows: bRows, into: target, stride: stride)
        apply(a, rows: aRows, b, rows: bRows, to: target, stride: stride)
    }

    /// Makes of each inner product k(aᵢ, bⱼ).
    private func apply(
        _ a: KernelSamples, rows aRows: Range<Int>, _ b: KernelSamples, rows bRows: Range<Int>,
        to target: UnsafeMutablePointer<Double>, stride: Int
    ) {
        func transform(_ function: (_ inner: Double, _ aNorm: Double, _ bNorm: Double) -> Double) {
            a.norms.withUnsafeBufferPointer { aNorms in
                b.norms.withUnsafeBufferPointer { bNorms in
                    let isNormed = !aNorms.isEmpty
                    for (i, aRow) in aRows.enumerated() {
                        let row = target + i * stride
                        let aNorm = isNormed ? aNorms[aRow] : 0
                        for j in 0..<bRows.count {
                            row[j] = function(row[j], aNorm, isNormed ? bNorms[bRows.lowerBound + j] : 0)
                        }
                    }
                }
            }
        }
        switch self {
        case .linear:
            break
        case .rbf(let gamma):
            b.norms.withUnsafeBufferPointer { bNorms in
                for (i, aRow) in aRows.enumerated() {
                    gaussians(
                        ofProducts: target + i * stride, into: target + i * stride, count: bRows.count,
                        norms: bNorms.baseAddress! + bRows.lowerBound, norm: a.norms[aRow], factor: -gamma!)
                }
            }
        case .polynomial(let degree, let gamma, let coefficient):
            transform { inner, _, _ in pow(gamma! * inner + coefficient, Double(degree)) }
        case .sigmoid(let gamma, let coefficient):
            transform { inner, _, _ in tanh(gamma! * inner + coefficient) }
        case .cosine:
            transform { $0 / ($1 * $2) }
        }
    }

    /// Writes the tile of a symmetric matrix k(xᵢ, xⱼ), j ≤ i; equal bit by bit across the diagonal.
    func fillTile(
        _ samples: KernelSamples, rows: Range<Int>, columns: Range<Int>, into target: UnsafeMutablePointer<Double>,
        stride: Int
    ) {
        guard rows == columns else {
            fill(samples, rows: rows, samples, rows: columns, into: target, stride: stride)
            return
        }
        innerProducts(among: rows, of: samples.matrix, into: target, stride: stride)
        apply(samples, rows: rows, samples, rows: rows, to: target, stride: stride)
    }

    /// Returns the symmetric matrix k(xᵢ, xⱼ), equal bit by bit across the diagonal, for any number of jobs.
    func gram(of samples: KernelSamples, jobs: Int) -> Matrix<Double> {
        let n = samples.matrix.rows
        var gram = Matrix(rows: n, columns: n, repeating: 0.0)
        let ranges = tileRanges(n)
        let pairs = ranges.indices.flatMap { row in (0...row).map { (ranges[row], ranges[$0]) } }
        gram.values.withUnsafeMutableBufferPointer { values in
            let target = SharedMemory(values.baseAddress!)
            concurrently(pairs.count, jobs: jobs) { index in
                let (rows, columns) = pairs[index]
                fillTile(
                    samples, rows: rows, columns: columns,
                    into: target.base + rows.lowerBound * n + columns.lowerBound, stride: n)
                guard rows != columns else { return }
                for i in rows {
                    for j in columns { target.base[j * n + i] = target.base[i * n + j] }
                }
            }
        }
        return gram
    }
}
