internal import CHDF5
internal import Dispatch
internal import Synchronization

#if canImport(Darwin)
    internal import Darwin
#else
    internal import Glibc
#endif

/// Reading past libhdf5, which only says where the bytes lie: no lock is held while bytes are read and inflated, and the
/// chunks of one read are decoded side by side. What is read is, bit for bit, what `H5Dread` reads.
struct DirectReading {
    let dataset: Dataset
    let storage: Storage
    let bytes: FileBytes
    let operation: String

    /// Reads a block of a data set of this `shape`, row-major.
    ///
    /// - Returns: false where libhdf5 reads it as well, or it alone can.
    func read(
        start: [Int], count: [Int], of shape: [Int], into destination: UnsafeMutableRawBufferPointer
    ) throws(HDF5Error) -> Bool {
        guard let elementSize = storage.elementType?.size, let filters = storage.filters, let fill = storage.fill else {
            return false
        }
        switch storage.layout {
        case .compact, .elsewhere: return false
        case .contiguous:
            return try readContiguous(start: start, count: count, of: shape, elementSize, into: destination)
        case .chunks(let chunk):
            guard let block = ChunkedBlock(start: start, count: count, chunk: chunk, elementSize: elementSize) else {
                return false
            }
            let reading = ChunkReading(
                reading: self, block: block, chunk: chunk, shape: shape, filters: filters, fill: fill,
                destination: destination)
            // libhdf5 keeps small chunks without filters, and copies large ones no slower than their places are found.
            let wanted = destination.count / block.chunkCount
            if filters.isEmpty, !reading.isWorthFinding(block.part(block.chunkCount - 1), bytes: wanted) {
                return false
            }
            // Copying alone is no faster on several threads (measured): the system has one lock for the memory of all.
            let (inflated, overflow) = block.chunkCount.multipliedReportingOverflow(
                by: filters.isEmpty ? 0 : block.chunkBytes)
            try inParallel(block.chunkCount, bytes: overflow ? .max : inflated) { index, decoder in
                reading.read(block.part(index), with: &decoder)
            }
            return true
        }
    }

    /// Below this libhdf5 reads as fast, or faster because it reads ahead.
    private static let leastContiguousBytes = 1 << 16

    private func readContiguous(
        start: [Int], count: [Int], of shape: [Int], _ elementSize: Int,
        into destination: UnsafeMutableRawBufferPointer
    ) throws(HDF5Error) -> Bool {
        guard bytes.hasPlainAddresses, destination.count >= Self.leastContiguousBytes,
            let whole = ChunkedBlock(start: start, count: count, chunk: shape, elementSize: elementSize),
            whole.part(0).isOneRun
        else { return false }
        let address = Library.locked { H5Dget_offset(dataset.handle.id) }
        // What was never written has no place.
        guard address != chdf5_undefined_address(), let address = Int(exactly: address) else { return false }
        let (from, overflow) = address.addingReportingOverflow(whole.part(0).offsetInChunk)
        guard !overflow else { throw damage("it should lie at byte \(address)") }
        if let reason = bytes.read(into: destination, at: from) { throw damage(reason) }
        return true
    }

    /// Bytes of a piece: with what is made of it, less than a core's own cache.
    fileprivate static let pieceBytes = 1 << 18

    /// Reads a block piece by piece, in order, on this thread.
    ///
    /// - Returns: false, and nothing is read, where bytes go through filters, or lie in any other way than run after run.
    func forEachPiece(
        start: [Int], count: [Int], of shape: [Int], unitBytes: Int, _ body: (UnsafeRawBufferPointer) -> Void
    ) throws(HDF5Error) -> Bool {
        guard bytes.hasPlainAddresses, storage.filters?.isEmpty == true, let fill = storage.fill,
            let elementSize = storage.elementType?.size
        else { return false }
        var runs: [(address: Int, bytes: Int)] = []
        var decoder = ChunkDecoder()
        switch storage.layout {
        case .compact, .elsewhere: return false
        case .contiguous:
            guard let whole = ChunkedBlock(start: start, count: count, chunk: shape, elementSize: elementSize),
                whole.part(0).isOneRun
            else { return false }
            let address = Library.locked { H5Dget_offset(dataset.handle.id) }
            guard address != chdf5_undefined_address(), let address = Int(exactly: address) else { return false }
            runs = [(address &+ whole.part(0).offsetInChunk, whole.part(0).runBytes)]
        case .chunks(let chunk):
            guard let block = ChunkedBlock(start: start, count: count, chunk: chunk, elementSize: elementSize) else {
                return false
            }
            let nowhere = UnsafeMutableRawBufferPointer(start: nil, count: 0)
            let reading = ChunkReading(
                reading: self, block: block, chunk: chunk, shape: shape, filters: [], fill: fill, destination: nowhere)
            if let piece = reading.smallChunk(with: &decoder) {
                body(piece)
                return true
            }
            var offset = 0
            for index in 0..<block.chunkCount {
                let part = block.part(index)
                guard part.isOneRun, part.offsetInBlock == offset, reading.isWorthFinding(part, bytes: part.runBytes),
                    let address = reading.address(of: part)
                else { return false }
                runs.append((address, part.runBytes))
                offset += part.runBytes
            }
        }
        let pieceBytes = min(
            max(1, Self.pieceBytes / unitBytes) * unitBytes, runs.reduce(1) { max($0, $1.bytes) })
        let room = UnsafeMutableRawBufferPointer.allocate(byteCount: pieceBytes, alignment: 16)
        defer { room.deallocate() }
        for run in runs {
            for offset in stride(from: 0, to: run.bytes, by: pieceBytes) {
                let piece = UnsafeMutableRawBufferPointer(rebasing: room[..<min(pieceBytes, run.bytes - offset)])
                if let reason = bytes.read(into: piece, at: run.address &+ offset) { throw damage(reason) }
                body(UnsafeRawBufferPointer(piece))
            }
        }
        return true
    }

    /// The most threads that one read takes: beyond, memory is what it waits for.
    private static let mostThreads = 8
    /// Less than this is not worth a thread.
    private static let leastBytesPerThread = 1 << 18

    /// Calls `body` for every index below `count` on a few threads, each with a decoder of its own.
    ///
    /// - Parameter body: says what went wrong, nil for nothing. The failure of the lowest index is thrown: indices are
    ///   handed out in order, so that it is the same for any number of threads.
    private func inParallel(
        _ count: Int, bytes: Int, _ body: @Sendable (Int, inout ChunkDecoder) -> String?
    ) throws(HDF5Error) {
        let threads = min(Self.cores, Self.mostThreads, count, max(1, bytes / Self.leastBytesPerThread))
        let next = Atomic(0)
        let failure = Mutex<(index: Int, reason: String)?>(nil)
        @Sendable func work() {
            var decoder = ChunkDecoder()
            while true {
                let index = next.add(1, ordering: .relaxed).oldValue
                guard index < count else { return }
                guard let reason = body(index, &decoder) else { continue }
                failure.withLock { if index < $0?.index ?? .max { $0 = (index, reason) } }
                next.store(count, ordering: .relaxed)
            }
        }
        if threads == 1 { work() } else { DispatchQueue.concurrentPerform(iterations: threads) { _ in work() } }
        if let failure = failure.withLock({ $0 }) { throw damage(failure.reason) }
    }

    private func damage(_ reason: String) -> HDF5Error {
        HDF5Error(
            operation: operation, place: dataset.location, causes: [reason],
            remedy: "Copy the file again from its source, or record again.")
    }

    private static let cores = max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN)))
}

/// Memory that threads fill, each a part of its own.
private struct Target: @unchecked Sendable { let bytes: UnsafeMutableRawBufferPointer }

/// One read of a chunked data set.
private struct ChunkReading: Sendable {
    private let dataset: Dataset
    private let bytes: FileBytes
    private let leavesEdgesUnfiltered: Bool
    private let block: ChunkedBlock
    private let chunk: [Int]
    private let shape: [Int]
    private let filters: [ChunkFilter]
    private let fill: [UInt8]
    private let destination: Target

    init(
        reading: DirectReading, block: ChunkedBlock, chunk: [Int], shape: [Int], filters: [ChunkFilter],
        fill: [UInt8], destination: UnsafeMutableRawBufferPointer
    ) {
        dataset = reading.dataset
        bytes = reading.bytes
        leavesEdgesUnfiltered = reading.storage.leavesEdgesUnfiltered
        self.block = block
        self.chunk = chunk
        self.shape = shape
        self.filters = filters
        self.fill = fill
        self.destination = Target(bytes: destination)
    }

    /// Where a chunk is.
    private enum Place {
        /// Never written.
        case nowhere
        case inFile(at: Int, bytes: Int, mask: UInt32)
        /// Read already, into the decoder's room.
        case inRoom(bytes: Int, mask: UInt32)
    }

    private struct Failure: Error { let reason: String }

    /// libhdf5 1.10 finds the place of a chunk by passing all chunks before it, at some 0.05 µs each (measured), under
    /// its lock. That is to cost no more than copying `bytes`, which others may do meanwhile.
    func isWorthFinding(_ part: ChunkedBlock.Part, bytes wanted: Int) -> Bool {
        guard bytes.hasPlainAddresses else { return false }
        var before = 0.0
        for axis in shape.indices {
            let chunks = ((Double(shape[axis]) + Double(chunk[axis]) - 1) / Double(chunk[axis])).rounded(.down)
            before = before * chunks + Double(part.corner[axis] / chunk[axis])
        }
        return Double(wanted) >= 512 * (before + 1)
    }

    /// Reads a part into its place; says why where that fails.
    func read(_ part: ChunkedBlock.Part, with decoder: inout ChunkDecoder) -> String? {
        do throws(Failure) {
            try decode(part, with: &decoder)
            return nil
        } catch {
            return "the chunk at \(part.corner) is damaged: \(error.reason)"
        }
    }

    private func decode(_ part: ChunkedBlock.Part, with decoder: inout ChunkDecoder) throws(Failure) {
        let place = try find(part, with: &decoder)
        let mask: UInt32
        switch place {
        case .nowhere: return fillGap(part)
        case .inFile(_, _, let bits), .inRoom(_, let bits): mask = bits
        }
        let target = UnsafeMutableRawBufferPointer(
            rebasing: destination.bytes[part.offsetInBlock..<part.offsetInBlock + part.runBytes])
        var passed = filters.indices.filter { mask & 1 << UInt32($0) == 0 }.map { filters[$0] }
        if leavesEdgesUnfiltered, reachesBeyond(part) { passed = [] }
        if passed.isEmpty, case .inFile(let address, let stored, _) = place {
            guard stored == block.chunkBytes else {
                throw Failure(reason: "it has \(stored) bytes, expected are \(block.chunkBytes)")
            }
            let (from, overflow) = address.addingReportingOverflow(part.offsetInChunk)
            guard !overflow else { throw Failure(reason: "it should lie at byte \(address)") }
            if part.isOneRun { return try readBytes(into: target, at: from) }
            let span = part.spanInChunk
            guard span <= bytes.count - from, let room = decoder.room(for: span) else {
                throw Failure(reason: "it should lie at byte \(address), but the file has \(bytes.count)")
            }
            try readBytes(into: room, at: from)
            return copy(UnsafeRawBufferPointer(room), part)
        }
        let stored: Int
        switch place {
        case .nowhere: return
        case .inRoom(let count, _): stored = count
        case .inFile(let address, let count, _):
            stored = count
            // Its claim is looked at before memory is taken.
            let size = bytes.count
            guard count <= size, address <= size - count else {
                throw Failure(
                    reason: "it should lie at bytes \(address) to \(address) + \(count), but the file has \(size)")
            }
            guard let room = decoder.room(for: count) else { throw Failure(reason: ChunkDecoder.noMemory) }
            try readBytes(into: room, at: address)
        }
        let goesStraight = part.isWhole && part.isOneRun
        let outcome = decoder.decode(
            stored: stored, through: passed, size: block.chunkBytes, into: goesStraight ? target : nil)
        switch outcome {
        case .inTarget: break
        case .failure(let reason): throw Failure(reason: reason)
        case .chunk(let decoded):
            let span = part.offsetInChunk..<part.offsetInChunk + part.spanInChunk
            copy(UnsafeRawBufferPointer(rebasing: decoded[span]), part)
        }
    }

    /// Finds a chunk, or has libhdf5 read its bytes where finding it would take longer.
    private func find(_ part: ChunkedBlock.Part, with decoder: inout ChunkDecoder) throws(Failure) -> Place {
        let corner = part.corner.map { hsize_t($0) }
        return try Library.locked { () throws(Failure) in
            var stored: hsize_t = 0
            guard H5Dget_chunk_storage_size(dataset.handle.id, corner, &stored) >= 0 else {
                let causes = Library.takeErrorStack()
                // libhdf5 1.10; later ones say 0 bytes.
                if causes.contains(where: { $0.contains("not allocated") }) { return .nowhere }
                throw Failure(reason: causes.last ?? "libhdf5 does not find it")
            }
            guard stored > 0 else { return .nowhere }
            let size = bytes.count
            guard let count = Int(exactly: stored), count <= size else {
                throw Failure(reason: "it claims \(stored) bytes, but the file has \(size)")
            }
            var mask: UInt32 = 0
            if isWorthFinding(part, bytes: count) {
                var address: haddr_t = 0
                guard H5Dget_chunk_info_by_coord(dataset.handle.id, corner, &mask, &address, &stored) >= 0,
                    address != chdf5_undefined_address(), let from = Int(exactly: address),
                    let count = Int(exactly: stored)
                else { throw Failure(reason: Library.takeErrorStack().last ?? "libhdf5 does not find it") }
                return .inFile(at: from, bytes: count, mask: mask)
            }
            // The size is that of the chunk that libhdf5 has found last, and so that of the one that it reads now.
            guard let room = decoder.room(for: count) else { throw Failure(reason: ChunkDecoder.noMemory) }
            guard H5Dread_chunk(dataset.handle.id, hid_t(H5P_DEFAULT), corner, &mask, room.baseAddress) >= 0 else {
                throw Failure(reason: Library.takeErrorStack().last ?? "libhdf5 does not read it")
            }
            return .inRoom(bytes: count, mask: mask)
        }
    }

    private func readBytes(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws(Failure) {
        if let reason = bytes.read(into: buffer, at: offset) { throw Failure(reason: reason) }
    }

    /// The block where it is one small chunk, whole and as it is stored, that is sooner read than found; else nil.
    func smallChunk(with decoder: inout ChunkDecoder) -> UnsafeRawBufferPointer? {
        guard filters.isEmpty, block.chunkCount == 1, block.chunkBytes <= DirectReading.pieceBytes else { return nil }
        let part = block.part(0)
        guard part.isWhole, part.isOneRun, !isWorthFinding(part, bytes: block.chunkBytes),
            case .inRoom(let stored, 0)? = try? find(part, with: &decoder), stored == block.chunkBytes
        else { return nil }
        return decoder.room(for: stored).map { UnsafeRawBufferPointer($0) }
    }

    /// Where the bytes of a part lie that is stored as it is; nil where that is not so, or cannot be found.
    func address(of part: ChunkedBlock.Part) -> Int? {
        var decoder = ChunkDecoder()
        guard case .inFile(let address, let stored, 0)? = try? find(part, with: &decoder), stored == block.chunkBytes
        else { return nil }
        let (from, overflow) = address.addingReportingOverflow(part.offsetInChunk)
        return overflow ? nil : from
    }

    /// Whether the chunk reaches beyond the data set.
    private func reachesBeyond(_ part: ChunkedBlock.Part) -> Bool {
        shape.indices.contains { shape[$0] - part.corner[$0] < chunk[$0] }
    }

    /// Copies the runs; `decoded` begins with the first of them.
    private func copy(_ decoded: UnsafeRawBufferPointer, _ part: ChunkedBlock.Part) {
        guard let from = decoded.baseAddress, let to = destination.bytes.baseAddress else { return }
        part.forEachRun { inChunk, inBlock in
            memcpy(to + part.offsetInBlock + inBlock, from + inChunk, part.runBytes)
        }
    }

    private func fillGap(_ part: ChunkedBlock.Part) {
        guard let to = destination.bytes.baseAddress else { return }
        let isZero = fill.allSatisfy { $0 == 0 }
        part.forEachRun { _, inBlock in
            let run = to + part.offsetInBlock + inBlock
            if isZero {
                memset(run, 0, part.runBytes)
            } else {
                for offset in stride(from: 0, to: part.runBytes, by: fill.count) {
                    memcpy(run + offset, fill, fill.count)
                }
            }
        }
    }
}
