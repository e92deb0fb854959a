import Foundation
import HDF5
import Testing

/// What is read past libhdf5, against `H5Dread`: a file that is open for writing is read by nothing else.
@Suite struct DirectReadingTests {
    /// SplitMix64 (Steele, Lea, Flood 2014).
    private struct Random {
        var state: UInt64

        mutating func next() -> UInt64 {
            state &+= 0x9E37_79B9_7F4A_7C15
            var z = state
            z = (z ^ z >> 30) &* 0xBF58_476D_1CE4_E5B9
            z = (z ^ z >> 27) &* 0x94D0_49BB_1331_11EB
            return z ^ z >> 31
        }

        mutating func number(_ range: ClosedRange<Int>) -> Int {
            range.lowerBound + Int(next() % UInt64(range.count))
        }

        mutating func chance(_ oneIn: Int) -> Bool { next() % UInt64(oneIn) == 0 }

        mutating func shuffled<T>(_ values: [T]) -> [T] {
            var values = values
            for index in values.indices.dropFirst().reversed() { values.swapAt(index, number(0...index)) }
            return values
        }

        mutating func block(in shape: [Int]) -> (start: [Int], count: [Int]) {
            let start = shape.map { number(0...$0 - 1) }
            return (start, shape.indices.map { number(1...shape[$0] - start[$0]) })
        }

        /// Few values, so that deflate has something to do.
        mutating func bytes(_ count: Int) -> [UInt8] { (0..<count).map { _ in UInt8(truncatingIfNeeded: next() & 7) } }
    }

    private func bytes<T: Element>(
        _ dataset: Dataset, _: T.Type, _ block: (start: [Int], count: [Int])
    ) throws -> [UInt8] {
        try dataset.read(T.self, start: block.start, count: block.count).withUnsafeBytes { Array($0) }
    }

    private func bytes(_ dataset: Dataset, _ block: (start: [Int], count: [Int])) throws -> [UInt8] {
        switch try #require(try dataset.elementType) {
        case .uint8: try bytes(dataset, UInt8.self, block)
        case .int32: try bytes(dataset, Int32.self, block)
        case .int64: try bytes(dataset, Int64.self, block)
        case .uint64: try bytes(dataset, UInt64.self, block)
        case .float16: try bytes(dataset, UInt16.self, block)
        case .float32: try bytes(dataset, Float.self, block)
        case .float64: try bytes(dataset, Double.self, block)
        }
    }

    /// The same block piece by piece, each a multiple of `unit` elements but the last ones of chunks.
    private func pieces<T: Element>(
        _ dataset: Dataset, _: T.Type, _ block: (start: [Int], count: [Int]), unit: Int
    ) throws -> [UInt8] {
        var bytes: [UInt8] = []
        try dataset.forEachPiece(T.self, start: block.start, count: block.count, unit: unit) {
            bytes += Array(UnsafeRawBufferPointer($0))
        }
        return bytes
    }

    private func pieces(_ dataset: Dataset, _ block: (start: [Int], count: [Int]), unit: Int) throws -> [UInt8] {
        switch try #require(try dataset.elementType) {
        case .uint8: try pieces(dataset, UInt8.self, block, unit: unit)
        case .int32: try pieces(dataset, Int32.self, block, unit: unit)
        case .int64: try pieces(dataset, Int64.self, block, unit: unit)
        case .uint64: try pieces(dataset, UInt64.self, block, unit: unit)
        case .float16: try pieces(dataset, UInt16.self, block, unit: unit)
        case .float32: try pieces(dataset, Float.self, block, unit: unit)
        case .float64: try pieces(dataset, Double.self, block, unit: unit)
        }
    }

    /// A data set of any kind: `rows` more on the first axis make it large.
    private func anyDataset(_ random: inout Random, rows: Int) -> ForeignDataset {
        let rank = random.number(1...4)
        var shape = (0..<rank).map { _ in random.number(1...(rows > 0 ? 3 : 9)) }
        shape[0] += rows
        let types: [ElementType] = [.uint8, .int32, .int64, .uint64, .float32, .float64]
        var dataset = ForeignDataset(type: types[random.number(0...types.count - 1)], shape: shape)
        dataset.isOldFormat = random.chance(3)
        if random.chance(4) { dataset.userBlock = 512 }
        if random.chance(2) {
            dataset.fill = random.bytes(dataset.type.size)
        }
        guard !random.chance(6) else { return dataset }
        dataset.growable = random.chance(2)
        // Some chunks reach beyond the data set, which a fixed shape does not allow.
        dataset.chunk = shape.indices.map { axis in
            dataset.growable && axis == 0 ? random.number(1...shape[0] + 3) : random.number(1...shape[axis])
        }
        let filters = random.shuffled([ForeignDataset.Filter.deflate, .shuffle, .fletcher32])
        dataset.filters = Array(filters.prefix(random.number(0...3)))
        dataset.leavesEdgesUnfiltered = !dataset.isOldFormat && random.chance(3)
        dataset.isAllocatedEarly = dataset.filters.isEmpty && random.chance(3)
        return dataset
    }

    private func check(_ dataset: ForeignDataset, _ random: inout Random, seed: Int, isWhole: Bool) throws {
        let temporary = try TemporaryFile()
        let blocks = (0..<(isWhole ? 1 : random.number(0...4))).map { _ in
            let block =
                isWhole
                ? (start: dataset.shape.map { _ in 0 }, count: dataset.shape) : random.block(in: dataset.shape)
            return ForeignDataset.Block(
                start: block.start, count: block.count,
                bytes: random.bytes(block.count.reduce(dataset.type.size, *)))
        }
        dataset.write(blocks, to: temporary.path)
        let selections =
            [(dataset.shape.map { _ in 0 }, dataset.shape)] + (0..<6).map { _ in random.block(in: dataset.shape) }
        let file = try File(opening: temporary.path)
        let read = try selections.map { try bytes(try file.root.dataset("x"), $0) }
        for (selection, read) in zip(selections, read) {
            let pieces = try pieces(try file.root.dataset("x"), selection, unit: random.number(1...70_000))
            #expect(pieces == read, "seed \(seed): pieces of \(selection) of \(dataset)")
        }
        try file.close()
        let oracle = try File(opening: temporary.path, .readWrite)
        for (selection, read) in zip(selections, read) {
            let expected = try bytes(try oracle.root.dataset("x"), selection)
            #expect(read == expected, "seed \(seed): \(selection) of \(dataset)")
        }
        try oracle.close()
    }

    @Test(arguments: 0..<8)
    func `every block of every kind of data set is what H5Dread reads`(batch: Int) throws {
        for seed in batch * 25..<(batch + 1) * 25 {
            var random = Random(state: UInt64(seed))
            try check(anyDataset(&random, rows: 0), &random, seed: seed, isWhole: false)
        }
    }

    /// Several threads, and chunks and contiguous blocks without a filter that are read past libhdf5. All of it is written:
    /// more than 1 MB that is not stored is refused.
    @Test(arguments: 1000..<1016)
    func `large data sets are what H5Dread reads`(seed: Int) throws {
        var random = Random(state: UInt64(seed))
        var dataset = anyDataset(&random, rows: random.number(20_000...60_000))
        if let chunk = dataset.chunk { dataset.chunk?[0] = max(chunk[0], 4000) }
        try check(dataset, &random, seed: seed, isWhole: true)
    }

    @Test func `a chunk that a filter could not shrink, and was stored without it, is read`() throws {
        let temporary = try TemporaryFile()
        let dataset = ForeignDataset(type: .uint8, shape: [2, 100], chunk: [1, 100], filters: [.shuffle, .deflate])
        var random = Random(state: 5)
        let plain = random.bytes(100)
        // Its second filter, deflate, was left out.
        dataset.write([], raw: [.init(corner: [1, 0], mask: 0b10, bytes: plain)], to: temporary.path)
        let read = try File(opening: temporary.path).root.dataset("x").read(UInt8.self)
        #expect(read == Array(repeating: 0, count: 100) + plain)
    }

    @Test func `records of a killed writer are read`() throws {
        let temporary = try TemporaryFile()
        let writer = try File(creating: temporary.path)
        let rows = try writer.root.createDataset(
            "rows", of: .float32, shape: [0, 5000], growable: true, chunk: [1, 5000], deflate: 1)
        try writer.startSWMRWriting()
        var random = Random(state: 7)
        var written: [Float] = []
        for row in 0..<3 {
            let values = (0..<5000).map { _ in Float(random.number(0...99)) }
            try rows.extend(toRows: row + 1)
            try rows.write(values, start: [row, 0], count: [1, 5000])
            try writer.flush()
            written += values
        }
        // A row that was never written.
        try rows.extend(toRows: 4)
        try writer.flush()
        let copy = temporary.path + ".copy"
        try FileManager.default.copyItem(atPath: temporary.path, toPath: copy)
        let read = try File(opening: copy, .readOnlyWhileWritten).root.dataset("rows").read(Float.self)
        #expect(read == written + Array(repeating: 0, count: 5000))
        // This process has more than the file: libhdf5 reads.
        try rows.write(written.suffix(5000), start: [3, 0], count: [1, 5000])
        let inside = try File(opening: temporary.path, .readOnlyWhileWritten).root.dataset("rows")
        #expect(try inside.read(Float.self, start: [3, 0], count: [1, 5000]) == written.suffix(5000))
        try writer.close()
    }

    @Test func `many tasks read and inflate at once`() async throws {
        let temporary = try TemporaryFile()
        let values = (0..<200_000).map { Int32($0 / 3) }
        do {
            let file = try File(creating: temporary.path)
            try file.root.write(values, to: "x", shape: [20, 10_000], chunk: [3, 7000], deflate: 1)
            try file.close()
        }
        let dataset = try File(opening: temporary.path).root.dataset("x")
        try await withThrowingTaskGroup(of: Void.self) { group in
            for task in 0..<40 {
                group.addTask {
                    let row = task % 19
                    let read = try dataset.read(Int32.self, start: [row, 1], count: [2, 9999])
                    #expect(read[..<9999] == values[row * 10_000 + 1..<(row + 1) * 10_000])
                    #expect(read[9999...] == values[(row + 1) * 10_000 + 1..<(row + 2) * 10_000])
                }
            }
            try await group.waitForAll()
        }
    }

    // MARK: Damage

    /// What reading a data set says of which one chunk is stored as given.
    private func refusal(
        _ dataset: ForeignDataset, _ chunk: ForeignDataset.RawChunk, at path: String
    ) throws -> String {
        var random = Random(state: 3)
        let whole = ForeignDataset.Block(
            start: dataset.shape.map { _ in 0 }, count: dataset.shape,
            bytes: random.bytes(dataset.shape.reduce(dataset.type.size, *)))
        dataset.write([whole], raw: [chunk], to: path)
        return try refusal(at: path)
    }

    private func refusal(at path: String) throws -> String {
        let dataset = try File(opening: path).root.dataset("x")
        let error = #expect(throws: HDF5Error.self) { try dataset.read(Float.self) }
        #expect(error?.remedy == "Copy the file again from its source, or record again.")
        return error?.reason ?? ""
    }

    private let eight = ForeignDataset(shape: [8, 1000], chunk: [1, 1000], filters: [.deflate, .fletcher32])

    /// The only chunk of a data set of so many values, as it is stored.
    private func stored(_ values: Int, _ filters: [ForeignDataset.Filter]) throws -> [UInt8] {
        let temporary = try TemporaryFile()
        let dataset = ForeignDataset(shape: [1, values], chunk: [1, values], filters: filters)
        var random = Random(state: 11)
        dataset.write([.init(start: [0, 0], count: [1, values], bytes: random.bytes(4 * values))], to: temporary.path)
        return ForeignDataset.chunk(at: [0, 0], in: temporary.path).bytes
    }

    @Test func `a chunk with a changed byte is refused where it has a checksum`() throws {
        let temporary = try TemporaryFile()
        var bytes = try stored(1000, eight.filters)
        bytes[bytes.count / 2] ^= 0x10
        #expect(
            try refusal(eight, .init(corner: [5, 0], bytes: bytes), at: temporary.path)
                == "the chunk at [5, 0] is damaged: its checksum (fletcher32) is wrong")
        let other = try File(opening: temporary.path).root.dataset("x")
        #expect(try other.read(Float.self, start: [0, 0], count: [5, 1000]).count == 5000)
    }

    @Test func `a stream that ends early, one that is too short and a bomb are refused`() throws {
        let temporary = try TemporaryFile()
        var deflated = eight
        deflated.filters = [.deflate]
        func refusal(_ bytes: [UInt8]) throws -> String {
            try self.refusal(deflated, .init(corner: [2, 0], bytes: bytes), at: temporary.path)
        }
        let start = "the chunk at [2, 0] is damaged: "
        let whole = try stored(1000, [.deflate])
        #expect(try refusal(whole.dropLast(whole.count / 2)) == start + "it is no whole deflate stream")
        // The sum at its end (Adler-32).
        #expect(try refusal(whole.dropLast() + [whole[whole.count - 1] ^ 1]) == start + "it is no whole deflate stream")
        #expect(
            try refusal(try stored(999, [.deflate])) == start + "it inflates to fewer than the 4000 bytes of a chunk")
        #expect(
            try refusal(try stored(1 << 22, [.deflate])) == start + "it inflates to more than the 4000 bytes of a chunk"
        )
        #expect(try refusal([1, 2, 3]) == start + "its 3 bytes cannot inflate to the 4000 of a chunk")
        // The mask says that deflate was left out.
        #expect(
            try self.refusal(deflated, .init(corner: [2, 0], mask: 1, bytes: [1, 2, 3]), at: temporary.path)
                == start + "it has 3 bytes, expected are 4000")
    }

    @Test(arguments: [[], [ForeignDataset.Filter.deflate]])
    func `a chunk that should lie beyond the file is refused`(filters: [ForeignDataset.Filter]) throws {
        let temporary = try TemporaryFile()
        // The oldest format has no checksum over its tree of chunks.
        var dataset = ForeignDataset(shape: [8, 100_000], chunk: [1, 100_000], filters: filters)
        dataset.isOldFormat = true
        var random = Random(state: 1)
        dataset.write([.init(start: [0, 0], count: [8, 100_000], bytes: random.bytes(3_200_000))], to: temporary.path)
        let address = ForeignDataset.chunk(at: [6, 0], in: temporary.path).address
        var file = [UInt8](try Data(contentsOf: URL(fileURLWithPath: temporary.path)))
        let known = withUnsafeBytes(of: UInt64(address).littleEndian) { Array($0) }
        let place = try #require(file.indices.dropLast(8).first { Array(file[$0..<$0 + 8]) == known })
        let moved = file.count - 10
        file.replaceSubrange(place..<place + 8, with: withUnsafeBytes(of: UInt64(moved).littleEndian) { Array($0) })
        try Data(file).write(to: URL(fileURLWithPath: temporary.path))
        let reason = try refusal(at: temporary.path)
        #expect(reason.hasPrefix("the chunk at [6, 0] is damaged: "), "\(reason)")
        #expect(reason.contains("\(moved)") && reason.contains("but the file has \(file.count)"), "\(reason)")
    }

    @Test func `a filter that stands twice is refused`() throws {
        let temporary = try TemporaryFile()
        ForeignDataset(shape: [100], chunk: [100], filters: [.deflate, .deflate]).write([], to: temporary.path)
        let dataset = try File(opening: temporary.path).root.dataset("x")
        let error = #expect(throws: HDF5Error.self) { try dataset.read(Float.self) }
        #expect(error?.reason.contains("“deflate (twice)”") == true, "\(error as Any)")
    }
}
