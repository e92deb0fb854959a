internal import CLinearAlgebra

#if canImport(Darwin)
    internal import Darwin
#else
    internal import Glibc
#endif

/// A symmetric operator A of which only products with blocks of vectors are known.
public protocol SymmetricOperator {
    /// n: the operator is n × n.
    var dimension: Int { get }

    /// Writes A·v for `count` vectors: vector i is the n numbers from `vectors + i·n`, its product those from `products + i·n`.
    ///
    /// The result is a function of the vectors, bit by bit: on it rests that of `topEigenpairs`.
    func multiply(_ vectors: UnsafePointer<Double>, count: Int, into products: UnsafeMutablePointer<Double>)
}

/// Returns the `count` algebraically largest eigenvalues of a symmetric operator with their vectors, by block Lanczos iteration.
///
/// A basis V of the Krylov space of a random block grows by one block for each product with A, is kept orthonormal to rounding
/// (every block against the whole basis), and its Ritz pairs, the eigenpairs of VᵀAV, converge from the ends of the spectrum.
/// Where the space is exhausted, fresh random vectors enter in the place of the missing ones, so that copies of repeated
/// eigenvalues are found however many they are. Where the basis is as large as the memory for it, it is replaced by its leading
/// Ritz vectors (thick restart).
///
/// Pair i has converged where ‖Av − λv‖ ≤ max(10⁻¹²·|λ|, `rounding`). In the end the residuals are computed from A itself, and must
/// be below 10⁻¹⁰‖A‖.
///
/// **When to distrust it.** A Krylov space holds at most `block` independent vectors of each eigenspace before it is exhausted.
/// So once all pairs have converged, the iteration starts anew from a random block in their complement, for some 100 products;
/// where these show an eigenvalue above the smallest of those found, it goes on. An eigenvalue that is missed and within about
/// one percent of the smallest returned one (relative to the spread of the spectrum) can stay unseen.
///
/// The result is a function of the arguments, bit by bit, for any number of jobs.
///
/// - Parameters:
///   - a: A.
///   - count: how many pairs, 1 ... n.
///   - block: the number of vectors in a product. More serve an operator whose products share work, and need a larger basis.
///   - rounding: the size of the error of A·v for a vector of length 1: smaller residuals are not to be had.
///   - jobs: the number of threads for the work on the basis.
///   - normal: gives independent standard normal numbers, from a seeded generator.
///   - progress: called after each block with the number of products so far.
/// - Throws: ``LinearAlgebraError/notConverged(routine:converged:asked:)`` after ten times as many products as the basis holds vectors,
///   ``LinearAlgebraError/residualTooLarge(index:residual:tolerance:)``, ``LinearAlgebraError/failed(routine:code:)``.
/// - Complexity: some 10 to 20 products for each pair; O(n·m²) for a basis of m vectors; ``basisCapacity(dimension:count:block:)``·n
///   numbers of memory.
///
/// Source: Golub, Underwood, "The Block Lanczos Method for Computing Eigenvalues", Mathematical Software III, 1977; Wu, Simon,
/// "Thick-Restart Lanczos Method for Large Symmetric Eigenvalue Problems", SIAM J. Matrix Anal. Appl. 22(2), 2000.
public func topEigenpairs(
    of a: some SymmetricOperator, count: Int, block: Int, rounding: Double = 0, jobs: Int = 1,
    normal: () -> Double, progress: (_ products: Int) -> Void = { _ in }
) throws(LinearAlgebraError) -> Eigenpairs {
    let n = a.dimension
    precondition(count > 0 && count <= n, "1 to \(n) eigenpairs can be asked for, not \(count)")
    precondition(block > 0 && rounding >= 0, "a block has vectors, and rounding a size")
    BLASThreads.prepare()
    var iteration = BlockKrylov(of: a, count: count, block: min(block, n), rounding: rounding, jobs: jobs)
    let pairs = try iteration.run(normal: normal, progress: progress)
    let tolerance = relativeResidualLimit * iteration.size
    // Written so that NaN is a failure.
    if let index = pairs.residuals.firstIndex(where: { !($0 <= tolerance) }) {
        throw .residualTooLarge(index: index, residual: pairs.residuals[index], tolerance: tolerance)
    }
    return pairs
}

/// The number of vectors that ``topEigenpairs(of:count:block:rounding:jobs:normal:progress:)`` holds at most, two blocks for
/// products included. In the end all `count` are multiplied at once, in the place of vectors of the basis.
public func basisCapacity(dimension n: Int, count: Int, block: Int) -> Int {
    greatestBasis(dimension: n, count: count, block: block) + 2 * block
}

/// Twenty vectors for each pair, which few spectra need: a restart costs products.
private func greatestBasis(dimension n: Int, count: Int, block: Int) -> Int {
    min(n, max(20 * count, 10 * block, 200))
}

/// A pair has converged where its residual is below this share of its eigenvalue.
private let relativeTolerance = 1e-12

/// After how many products for each vector that the basis can hold the iteration gives up.
private let productsPerBasis = 10

/// How many products look for missed eigenvalues in the complement of those found.
private let probingProducts = 96

private struct BlockKrylov<Operator: SymmetricOperator> {
    private let a: Operator
    private let n: Int
    private let count: Int
    private let block: Int
    private let rounding: Double
    private let jobs: Int
    private let capacity: Int

    /// The orthonormal vectors, one after the other: `held` of them with their products in `projected`, then `width` of the
    /// next block. Grows into memory that most spectra leave untouched.
    private var basis: [Double] = []
    private var held = 0
    private var width = 0
    /// A times the next block has parts that are not small in the vectors from this one on only.
    private var coupled = 0
    /// VᵀAV of the held vectors, in the first rows and columns.
    private var projected: Matrix<Double>
    /// A times the last block less its part in the basis is the next block times this: column j is that of vector j, `width` numbers.
    private var coupling: [Double] = []
    private var products: [Double]
    private var productCount = 0

    /// The size of A, as far as it is known.
    private(set) var size = 0.0

    init(of a: Operator, count: Int, block: Int, rounding: Double, jobs: Int) {
        self.a = a
        self.n = a.dimension
        self.count = count
        self.block = block
        self.rounding = rounding
        self.jobs = jobs
        capacity = greatestBasis(dimension: n, count: count, block: block)
        basis.reserveCapacity((capacity + block) * n)
        products = [Double](repeating: 0, count: block * n)
        projected = Matrix(rows: capacity, columns: capacity, repeating: 0)
    }

    mutating func run(
        normal: () -> Double, progress: (Int) -> Void
    ) throws(LinearAlgebraError) -> Eigenpairs {
        let mostProducts = productsPerBasis * capacity
        // The smallest eigenvalue found, while the iteration looks for larger ones in the complement of the vectors.
        var smallest: Double?
        var check = min(capacity, 2 * count + block)
        var last: (held: Int, excess: Double)?
        enter(normal)
        while true {
            step(normal)
            let isFull = held + width > capacity
            guard width == 0 || held >= check || isFull else {
                progress(productCount)
                continue
            }
            progress(productCount)
            let ritz = try eigenpairs(of: leading(held), top: min(held, isFull ? keptCount : count))
            size = max(size, ritz.values.reduce(0) { max($0, abs($1)) })
            if let known = smallest, held >= count, ritz.values[count - 1] > known + tolerance(for: known) {
                smallest = nil
            }
            let excesses = residualExcesses(ritz)
            let converged = excesses.count { $0 <= 1 }
            let excess = excesses.count < count ? .infinity : excesses.reduce(0, max)
            if excess <= 1 {
                if width == 0 || smallest != nil { return try finished(ritz) }
                smallest = ritz.values[count - 1]
                restart(from: ritz, keeping: count)
                width = 0
                enter(normal)
                check = min(capacity, count + probingProducts)
                last = nil
                continue
            }
            guard productCount < mostProducts else {
                throw .notConverged(routine: "block Lanczos", converged: converged, asked: count)
            }
            // The residuals fall by a factor that grows with the basis, so that the next check comes before the line through the
            // last two meets the tolerance.
            var next = held / 4
            if let last, excess < last.excess, excess.isFinite {
                let slope = log(last.excess / excess) / Double(held - last.held)
                next = min(held / 2, Int(0.7 * log(excess) / slope))
            }
            last = excess.isFinite ? (held, excess) : nil
            if isFull {
                restart(from: ritz, keeping: min(held, keptCount))
                last = nil
                next = held
            }
            check = min(capacity, held + max(block, next))
        }
    }

    /// How many Ritz vectors survive a restart: those beyond the pairs that are sought speed them up.
    private var keptCount: Int { max(2 * count, capacity / 4) }

    /// The first rows and columns of VᵀAV.
    private func leading(_ extent: Int) -> Matrix<Double> {
        var values: [Double] = []
        values.reserveCapacity(extent * extent)
        for row in 0..<extent {
            values += projected.values[row * capacity..<row * capacity + extent]
        }
        return Matrix(rows: extent, columns: extent, values: values)
    }

    /// The size of rounding in a product with a vector of length 1.
    private var noise: Double { max(rounding, 16 * .ulpOfOne * size) }

    private func tolerance(for value: Double) -> Double { max(relativeTolerance * abs(value), noise) }

    /// The residuals of the leading Ritz pairs in units of their tolerance: a pair with at most 1 has converged.
    private func residualExcesses(_ ritz: Eigenpairs) -> [Double] {
        let columns = width > 0 ? coupling.count / width : 0
        return ritz.values.prefix(count).indices.map { index in
            var sum = 0.0
            for row in 0..<width {
                var component = 0.0
                for column in 0..<columns {
                    component += coupling[column * width + row] * ritz.vectors[held - columns + column, index]
                }
                sum += component * component
            }
            return sum.squareRoot() / tolerance(for: ritz.values[index])
        }
    }

    /// Multiplies the next block, adds it to the basis, and makes its product the block after it.
    private mutating func step(_ normal: () -> Double) {
        let (a, n, first, columns) = (a, n, held, width)
        basis.withUnsafeBufferPointer { v in
            products.withUnsafeMutableBufferPointer { w in
                a.multiply(v.baseAddress! + first * n, count: columns, into: w.baseAddress!)
            }
        }
        productCount += columns
        held += columns
        size = max(size, (0..<columns).map(norm(ofProduct:)).max() ?? 0)
        // First the large parts, which lie in a few vectors; then those that rounding leaves in all the others. One pass alone
        // multiplies the errors of the basis in each step.
        let near = removeBasis(rows: coupled..<held, count: columns)
        coupled = first
        let before = (0..<columns).map(norm(ofProduct:))
        var parts = removeBasis(rows: 0..<held, count: columns)
        for index in near.indices { parts[parts.count - near.count + index] += near[index] }
        for i in 0..<held {
            for j in 0..<columns {
                projected.values[i * capacity + first + j] = parts[i * columns + j]
                projected.values[(first + j) * capacity + i] = parts[i * columns + j]
            }
        }
        // The product inside the block is symmetric up to rounding; both triangles get the mean.
        for i in 0..<columns {
            for j in 0..<i {
                let mean = (parts[(first + i) * columns + j] + parts[(first + j) * columns + i]) / 2
                projected.values[(first + i) * capacity + first + j] = mean
                projected.values[(first + j) * capacity + first + i] = mean
            }
        }
        // Where most of a product lay in the basis, what is left of it is orthogonal to fewer digits: once more (Kahan).
        let after = (0..<columns).map(norm(ofProduct:))
        if zip(after, before).contains(where: { $0 < 0.01 * $1 }) { _ = removeBasis(rows: 0..<held, count: columns) }
        width = 0
        let target = min(block, n - held)
        var triangle = [Double](repeating: 0, count: target * columns)
        for column in 0..<columns {
            // The parts in the vectors of this block, twice; these are the coupling.
            for _ in 0..<2 {
                for row in 0..<width {
                    triangle[column * target + row] += removeBasisVector(held + row, fromProduct: column)
                }
            }
            // What is left of a product that lay in the space is rounding, and no direction.
            let norm = norm(ofProduct: column)
            guard width < target, norm > noise else { continue }
            triangle[column * target + width] = norm
            if norm < 0.01 * after[column] { _ = removeBasis(rows: 0..<held + width, first: column, count: 1) }
            append(product: column)
        }
        let directions = width
        if width < target { enter(normal) }
        coupling = [Double](repeating: 0, count: width * columns)
        for column in 0..<columns {
            for row in 0..<directions { coupling[column * width + row] = triangle[column * target + row] }
        }
    }

    /// Fills up the next block with random vectors, orthonormal and orthogonal to the basis.
    private mutating func enter(_ normal: () -> Double) {
        while width < min(block, n - held) {
            for i in 0..<n { products[i] = normal() }
            // Twice is enough (Kahan).
            for _ in 0..<2 { _ = removeBasis(rows: 0..<held + width, count: 1) }
            append(product: 0)
        }
    }

    /// Adds a product, made a unit vector, to the next block.
    private mutating func append(product column: Int) {
        let factor = 1 / norm(ofProduct: column)
        growBasis(to: held + width + 1)
        for i in 0..<n { basis[(held + width) * n + i] = factor * products[column * n + i] }
        width += 1
    }

    private mutating func growBasis(to count: Int) {
        let missing = count * n - basis.count
        if missing > 0 { basis.append(contentsOf: repeatElement(0, count: missing)) }
    }

    private func norm(ofProduct column: Int) -> Double {
        products.withUnsafeBufferPointer { cblas_dnrm2(Int32(n), $0.baseAddress! + column * n, 1) }
    }

    /// Subtracts from a product its part in one vector of the basis, and returns that part.
    private mutating func removeBasisVector(_ row: Int, fromProduct column: Int) -> Double {
        let n = n
        return basis.withUnsafeBufferPointer { v in
            products.withUnsafeMutableBufferPointer { w in
                let (vector, product) = (v.baseAddress! + row * n, w.baseAddress! + column * n)
                let part = cblas_ddot(Int32(n), vector, 1, product, 1)
                cblas_daxpy(Int32(n), -part, vector, 1, product, 1)
                return part
            }
        }
    }

    /// Subtracts from `count` products their parts in some vectors of the basis; returns these, a row for each vector.
    private mutating func removeBasis(rows range: Range<Int>, first: Int = 0, count columns: Int) -> [Double] {
        let (n, jobs, held) = (n, jobs, range.count)
        var parts = [Double](repeating: 0, count: held * columns)
        guard held > 0 else { return parts }
        basis.withUnsafeMutableBufferPointer { v in
            products.withUnsafeMutableBufferPointer { w in
                parts.withUnsafeMutableBufferPointer { h in
                    let v = SharedMemory(v.baseAddress! + range.lowerBound * n)
                    let w = SharedMemory(w.baseAddress! + first * n)
                    let h = SharedMemory(h.baseAddress!)
                    let rows = stretches(of: held, length: 64)
                    concurrently(rows.count, jobs: jobs) { index in
                        let rows = rows[index]
                        Double.multiply(
                            rows: rows.count, columns: columns, inner: n, alpha: 1,
                            v.base + rows.lowerBound * n, stride: n, transposed: false, w.base, stride: n,
                            transposed: true,
                            beta: 0, into: h.base + rows.lowerBound * columns, stride: columns)
                    }
                    let coordinates = stretches(of: n, length: 1024)
                    concurrently(coordinates.count, jobs: jobs) { index in
                        let range = coordinates[index]
                        Double.multiply(
                            rows: columns, columns: range.count, inner: held, alpha: -1,
                            h.base, stride: columns, transposed: true, v.base + range.lowerBound, stride: n,
                            transposed: false,
                            beta: 1, into: w.base + range.lowerBound, stride: n)
                    }
                }
            }
        }
        return parts
    }

    /// Replaces the basis by its leading Ritz vectors. The next block stays: A times them is in the space of both.
    private mutating func restart(from ritz: Eigenpairs, keeping kept: Int) {
        rotate(by: ritz.vectors, columns: kept)
        for row in 0..<width {
            for i in 0..<n { basis[(kept + row) * n + i] = basis[(held + row) * n + i] }
        }
        for row in 0..<kept {
            for column in 0..<kept {
                projected.values[row * capacity + column] = row == column ? ritz.values[row] : 0
            }
        }
        held = kept
        coupled = 0
    }

    /// Replaces the first vectors of the basis by the first Ritz vectors.
    private mutating func rotate(by vectors: Matrix<Double>, columns: Int) {
        let (n, held, jobs) = (n, held, jobs)
        basis.withUnsafeMutableBufferPointer { v in
            let v = SharedMemory(v.baseAddress!)
            let coordinates = stretches(of: n, length: 1024)
            concurrently(coordinates.count, jobs: jobs) { index in
                let range = coordinates[index]
                var rotated = [Double](repeating: 0, count: columns * range.count)
                rotated.withUnsafeMutableBufferPointer { rotated in
                    vectors.values.withUnsafeBufferPointer { s in
                        Double.multiply(
                            rows: columns, columns: range.count, inner: held, alpha: 1,
                            s.baseAddress!, stride: vectors.columns, transposed: true, v.base + range.lowerBound,
                            stride: n,
                            transposed: false,
                            beta: 0, into: rotated.baseAddress!, stride: range.count)
                    }
                    for row in 0..<columns {
                        (v.base + row * n + range.lowerBound).update(
                            from: rotated.baseAddress! + row * range.count, count: range.count)
                    }
                }
            }
        }
    }

    /// The leading Ritz pairs, with the residuals that A itself gives.
    private mutating func finished(_ ritz: Eigenpairs) throws(LinearAlgebraError) -> Eigenpairs {
        rotate(by: ritz.vectors, columns: count)
        // All products at once, in the place of vectors that are not needed any more.
        growBasis(to: 2 * count)
        let (a, n, count) = (a, n, count)
        let residuals = basis.withUnsafeMutableBufferPointer { v in
            let (vectors, products) = (v.baseAddress!, v.baseAddress! + count * n)
            a.multiply(vectors, count: count, into: products)
            return (0..<count).map { column in
                let product = products + column * n
                cblas_daxpy(Int32(n), -ritz.values[column], vectors + column * n, 1, product, 1)
                return cblas_dnrm2(Int32(n), product, 1)
            }
        }
        var vectors = Matrix(rows: n, columns: count, repeating: 0.0)
        for column in 0..<count {
            for row in 0..<n { vectors.values[row * count + column] = basis[column * n + row] }
        }
        return Eigenpairs(values: Array(ritz.values[..<count]), vectors: vectors, residuals: residuals)
    }
}

/// The ranges of a fixed length that cover 0 ..< `count`, the last one shorter.
func stretches(of count: Int, length: Int) -> [Range<Int>] {
    stride(from: 0, to: count, by: length).map { $0..<min($0 + length, count) }
}
