internal import LinearAlgebra

#if canImport(Glibc)
    internal import Glibc
#endif

/// The centred kernel matrix K̃ = (I − 1/n) K (I − 1/n) of n samples as an operator: for products with blocks of vectors.
///
/// K is computed tile by tile, see ``KernelTiles``; its tiles are not centred, but the vectors before and after the product.
struct CentredKernelMatrix: SymmetricOperator {
    let means: KernelMeans

    private let tiles: KernelTiles

    var dimension: Int { tiles.samples.matrix.rows }

    /// Computes the tiles once, for what is known of K as a whole; `nil` where kernel values are not finite.
    init?(_ kernel: Kernel, of samples: KernelSamples, holdingTiles: Bool, jobs: Int) {
        let tiles = KernelTiles(kernel, of: samples, areHeld: holdingTiles, jobs: jobs)
        self.tiles = tiles
        let n = samples.matrix.rows
        var sums = [Double](repeating: 0, count: n)
        var diagonal = [Double](repeating: 0, count: n)
        // For each row of tiles, so that no two threads of a round write the same.
        var maxima = [Double](repeating: 0, count: tiles.ranges.count)
        sums.withUnsafeMutableBufferPointer { sums in
            diagonal.withUnsafeMutableBufferPointer { diagonal in
                maxima.withUnsafeMutableBufferPointer { maxima in
                    let sums = SharedMemory(sums.baseAddress!)
                    let diagonal = SharedMemory(diagonal.baseAddress!)
                    let maxima = SharedMemory(maxima.baseAddress!)
                    tiles.forEach(filling: true) { row, column, tile in
                        let (rows, columns) = (tiles.ranges[row], tiles.ranges[column])
                        let isDiagonal = row == column
                        var largest = maxima.base[row]
                        for i in 0..<rows.count {
                            let line = tile + i * columns.count
                            var sum = 0.0
                            for j in 0..<columns.count {
                                sum += line[j]
                                largest = max(largest, line[j].magnitude)
                                if !isDiagonal { sums.base[columns.lowerBound + j] += line[j] }
                            }
                            sums.base[rows.lowerBound + i] += sum
                            if isDiagonal { diagonal.base[rows.lowerBound + i] = line[i] }
                        }
                        maxima.base[row] = largest
                    }
                }
            }
        }
        guard let means = KernelMeans(rowSums: sums, diagonal: diagonal, largest: maxima.reduce(0, max)) else {
            return nil
        }
        self.means = means
    }

    func multiply(_ vectors: UnsafePointer<Double>, count: Int, into products: UnsafeMutablePointer<Double>) {
        let n = dimension
        let lanes = VectorLanes.width
        let groups = (count + lanes - 1) / lanes
        // The numbers of up to eight vectors side by side, as the product of a tile wants them.
        var interleaved = [Double](repeating: 0, count: groups * n * lanes)
        var sums = [Double](repeating: 0, count: groups * n * lanes)
        // K̃v = C(K(Cv)) with C = I − 1/n, which subtracts the mean.
        for vector in 0..<count {
            let source = vectors + vector * n
            let mean = KernelMeans.mean(source, count: n, stride: 1)
            let start = vector / lanes * n * lanes + vector % lanes
            for i in 0..<n { interleaved[start + i * lanes] = source[i] - mean }
        }
        interleaved.withUnsafeMutableBufferPointer { v in
            sums.withUnsafeMutableBufferPointer { w in
                let (v, w) = (SharedMemory(v.baseAddress!), SharedMemory(w.baseAddress!))
                tiles.forEach(filling: false) { row, column, tile in
                    let (rows, columns) = (tiles.ranges[row], tiles.ranges[column])
                    for group in 0..<groups {
                        let (v, w) = (v.base + group * n * lanes, w.base + group * n * lanes)
                        VectorLanes.addProduct(
                            tile, rows: rows.count, columns: columns.count, isDiagonal: row == column,
                            rowVectors: v + rows.lowerBound * lanes, columnVectors: v + columns.lowerBound * lanes,
                            rowSums: w + rows.lowerBound * lanes, columnSums: w + columns.lowerBound * lanes)
                    }
                }
                for vector in 0..<count {
                    let source = w.base + vector / lanes * n * lanes + vector % lanes
                    let mean = KernelMeans.mean(source, count: n, stride: lanes)
                    for i in 0..<n { products[vector * n + i] = source[i * lanes] - mean }
                }
            }
        }
    }
}

/// The tiles of the lower half of a kernel matrix: held, 4n² bytes, or computed again for each pass, for which one tile for
/// each job is enough. The bits are the same.
///
/// The tiles of a round have no row and no column in common, so that threads add to sums of their own, and each sum grows in the
/// order of the rounds: the bits do not depend on the number of jobs.
private struct KernelTiles: Sendable {
    let kernel: Kernel
    let samples: KernelSamples
    let jobs: Int
    /// The samples of each row and column of tiles.
    let ranges: [Range<Int>]
    private let rounds: [[(row: Int, column: Int)]]
    private let held: HeldTiles?

    init(_ kernel: Kernel, of samples: KernelSamples, areHeld: Bool, jobs: Int) {
        self.kernel = kernel
        self.samples = samples
        self.jobs = jobs
        ranges = tileRanges(samples.matrix.rows)
        let count = ranges.count
        // row + column = round modulo the number of tiles: a row has one partner in each round.
        rounds = (0..<count).map { round in
            (0..<count).compactMap { row in
                let column = (round - row + count) % count
                return column <= row ? (row, column) : nil
            }
        }
        held = areHeld ? HeldTiles(samples: samples.matrix.rows) : nil
    }

    /// Calls `body` with each tile, its elements row after row, and where it stands. The first pass must be `filling`.
    func forEach(
        filling: Bool, _ body: @Sendable (_ row: Int, _ column: Int, _ tile: UnsafeMutablePointer<Double>) -> Void
    ) {
        if filling, let held {
            // No sums: no rounds, at whose ends threads wait for each other.
            let all = rounds.flatMap(\.self)
            concurrently(all.count, jobs: jobs) { index in
                let (rows, columns) = (ranges[all[index].row], ranges[all[index].column])
                kernel.fillTile(
                    samples, rows: rows, columns: columns, into: held.tile(rows: rows, columns: columns),
                    stride: columns.count)
            }
        }
        for round in rounds {
            concurrently(round.count, jobs: jobs) { index in
                let (row, column) = round[index]
                let (rows, columns) = (ranges[row], ranges[column])
                let tile =
                    held?.tile(rows: rows, columns: columns) ?? .allocate(capacity: rows.count * columns.count)
                defer { if held == nil { tile.deallocate() } }
                if held == nil {
                    kernel.fillTile(samples, rows: rows, columns: columns, into: tile, stride: columns.count)
                }
                body(row, column, tile)
            }
        }
    }
}

/// Memory for the tiles of the lower half of a symmetric matrix.
final class HeldTiles: Sendable {
    private let memory: SharedMemory

    init(samples n: Int) {
        let bytes = 8 * HeldTiles.count(samples: n)
        let start = UnsafeMutableRawPointer.allocate(byteCount: bytes, alignment: 2 << 20)
        #if canImport(Glibc)
            // Pages of 2 MB: of 4 KB, the first touch of each takes longer than a pass over the tiles (measured).
            madvise(start, bytes, MADV_HUGEPAGE)
        #endif
        memory = SharedMemory(start.bindMemory(to: Double.self, capacity: bytes / 8))
    }

    deinit {
        memory.base.deallocate()
    }

    /// How many numbers they are: a row of tiles ends with its diagonal tile.
    static func count(samples n: Int) -> Int {
        tileRanges(n).reduce(0) { $0 + $1.count * $1.upperBound }
    }

    func tile(rows: Range<Int>, columns: Range<Int>) -> UnsafeMutablePointer<Double> {
        // The rows of tiles above are complete.
        let above = HeldTiles.count(samples: rows.lowerBound)
        return memory.base + above + rows.count * columns.lowerBound
    }
}
