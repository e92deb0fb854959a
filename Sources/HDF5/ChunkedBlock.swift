/// A block of a data set as the chunks that it lies in.
struct ChunkedBlock: Sendable {
    private let start: [Int]
    private let count: [Int]
    private let chunk: [Int]
    private let elementSize: Int
    /// The first chunk, and how many there are, per axis.
    private let first: [Int]
    private let grid: [Int]
    private let chunkStrides: [Int]
    private let blockStrides: [Int]
    /// How many chunks the block touches.
    let chunkCount: Int
    /// Bytes of a whole chunk.
    let chunkBytes: Int

    /// Returns nil where no chunk can have this shape.
    init?(start: [Int], count: [Int], chunk: [Int], elementSize: Int) {
        guard chunk.count == count.count, !count.contains(0), chunk.allSatisfy({ $0 > 0 }) else { return nil }
        self.start = start
        self.count = count
        self.chunk = chunk
        self.elementSize = elementSize
        var bytes = elementSize
        var strides = chunk
        for axis in chunk.indices.reversed() {
            strides[axis] = bytes
            let (product, overflow) = bytes.multipliedReportingOverflow(by: chunk[axis])
            guard !overflow else { return nil }
            bytes = product
        }
        chunkBytes = bytes
        chunkStrides = strides
        bytes = elementSize
        for axis in count.indices.reversed() {
            strides[axis] = bytes
            bytes *= count[axis]
        }
        blockStrides = strides
        first = zip(start, chunk).map { $0 / $1 }
        grid = chunk.indices.map { (start[$0] + count[$0] - 1) / chunk[$0] - start[$0] / chunk[$0] + 1 }
        chunkCount = grid.reduce(1, *)
    }

    /// What the block has of one of its chunks, counted row-major.
    func part(_ index: Int) -> Part {
        var corner = first
        var rest = index
        for axis in grid.indices.reversed() {
            corner[axis] = (first[axis] + rest % grid[axis]) * chunk[axis]
            rest /= grid[axis]
        }
        var (inChunk, inBlock) = (0, 0)
        var extents = count
        for axis in corner.indices {
            let from = max(start[axis], corner[axis])
            // In this order nothing overflows: a chunk may reach beyond the largest data set.
            extents[axis] = min(start[axis] + count[axis] - from, chunk[axis] - (from - corner[axis]))
            inChunk += (from - corner[axis]) * chunkStrides[axis]
            inBlock += (from - start[axis]) * blockStrides[axis]
        }
        // Axes at the end that are whole in the chunk and in the block make one run.
        var axis = corner.count - 1
        var run = elementSize
        while axis >= 0 {
            run *= extents[axis]
            guard extents[axis] == chunk[axis], extents[axis] == count[axis] else { break }
            axis -= 1
        }
        let outer = max(axis, 0)
        return Part(
            corner: corner, isWhole: extents == chunk, offsetInChunk: inChunk, offsetInBlock: inBlock, runBytes: run,
            extents: Array(extents[..<outer]), chunkStrides: Array(chunkStrides[..<outer]),
            blockStrides: Array(blockStrides[..<outer]))
    }

    /// What a block has of one chunk: runs of bytes that lie together in both.
    struct Part: Sendable {
        /// The first element of the chunk.
        let corner: [Int]
        /// Whether it is the whole chunk.
        let isWhole: Bool
        /// Bytes before the first run.
        let offsetInChunk: Int
        let offsetInBlock: Int
        /// Bytes of every run.
        let runBytes: Int
        /// How many runs follow one another on each outer axis, and how far apart they are.
        let extents: [Int]
        let chunkStrides: [Int]
        let blockStrides: [Int]

        /// Whether there is one run.
        var isOneRun: Bool { extents.allSatisfy { $0 == 1 } }

        /// Bytes of the chunk from the first run to the end of the last.
        var spanInChunk: Int { zip(extents, chunkStrides).reduce(runBytes) { $0 + ($1.0 - 1) * $1.1 } }

        /// Calls `body` with every run's distance from the first one in the chunk and in the block.
        func forEachRun(_ body: (_ inChunk: Int, _ inBlock: Int) -> Void) {
            var position = extents.map { _ in 0 }
            var (inChunk, inBlock) = (0, 0)
            while true {
                body(inChunk, inBlock)
                var axis = extents.count - 1
                while axis >= 0 {
                    position[axis] += 1
                    inChunk += chunkStrides[axis]
                    inBlock += blockStrides[axis]
                    if position[axis] < extents[axis] { break }
                    inChunk -= extents[axis] * chunkStrides[axis]
                    inBlock -= extents[axis] * blockStrides[axis]
                    position[axis] = 0
                    axis -= 1
                }
                if axis < 0 { return }
            }
        }
    }
}
