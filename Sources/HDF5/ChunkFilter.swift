internal import CDeflate
internal import CHDF5

#if canImport(Darwin)
    internal import Darwin
#else
    internal import Glibc
#endif

/// The filters that archives use, as libhdf5 has them.
enum ChunkFilter: Sendable, Hashable {
    /// A zlib stream (RFC 1950).
    case deflate
    /// All first bytes of the elements, then all second bytes, and so on; what fills no element stands behind.
    case shuffle(elementSize: Int)
    /// Four bytes behind the chunk.
    case fletcher32

    init?(identifier: H5Z_filter_t, values: ArraySlice<UInt32>) {
        switch identifier {
        case H5Z_filter_t(H5Z_FILTER_DEFLATE): self = .deflate
        case H5Z_filter_t(H5Z_FILTER_FLETCHER32): self = .fletcher32
        case H5Z_filter_t(H5Z_FILTER_SHUFFLE):
            guard let size = values.first, size > 0 else { return nil }
            self = .shuffle(elementSize: Int(size))
        default: return nil
        }
    }

    /// Deflate cannot shrink anything by more (zlib's documentation, "Maximum Compression Factor").
    static let largestDeflateFactor = 1032
}

/// What one thread needs to decode chunks, kept from one to the next: at most the stored bytes of a chunk and two chunks.
struct ChunkDecoder: ~Copyable {
    /// Memory that is grown, never zeroed, and not trapped on where there is none.
    private struct Buffer {
        private(set) var bytes = UnsafeMutableRawBufferPointer(start: nil, count: 0)

        /// Makes room for `count` bytes, and forgets what was there.
        mutating func reserve(_ count: Int) -> Bool {
            if bytes.count >= count { return true }
            free(bytes.baseAddress)
            let memory = malloc(count)
            bytes = UnsafeMutableRawBufferPointer(start: memory, count: memory == nil ? 0 : count)
            return memory != nil
        }
    }

    private var front = Buffer()
    private var back = Buffer()
    private var decompressor: OpaquePointer?

    init() {}

    deinit {
        free(front.bytes.baseAddress)
        free(back.bytes.baseAddress)
        libdeflate_free_decompressor(decompressor)
    }

    static let noMemory = "there is no memory to decode it"

    /// Memory for the stored bytes of the next chunk; nil where there is none.
    mutating func room(for count: Int) -> UnsafeMutableRawBufferPointer? {
        front.reserve(count) ? UnsafeMutableRawBufferPointer(rebasing: front.bytes[..<count]) : nil
    }

    /// What came of decoding.
    enum Outcome {
        /// The chunk, until the decoder is used again.
        case chunk(UnsafeRawBufferPointer)
        /// It was decoded into the target.
        case inTarget
        /// Why it could not be decoded.
        case failure(String)
    }

    /// Undoes the filters of the chunk whose `stored` bytes were put into `room(for:)`.
    ///
    /// Nothing that the bytes claim is believed: the result has `size` bytes, or there is none.
    ///
    /// - Parameters:
    ///   - filters: in the order in which the chunk passed them.
    ///   - target: memory of `size` bytes where the chunk may go at once; nil for none.
    mutating func decode(
        stored: Int, through filters: [ChunkFilter], size: Int, into target: UnsafeMutableRawBufferPointer?
    ) -> Outcome {
        // The bytes that entered each filter; none but deflate changes their number otherwise than by a checksum.
        var entering: [Int] = []
        var entered = size
        for filter in filters {
            entering.append(entered)
            if filter == .fletcher32 { entered += 4 }
        }
        var count = stored
        for (index, filter) in filters.enumerated().reversed() {
            let input = UnsafeRawBufferPointer(rebasing: front.bytes[..<count])
            if filter == .fletcher32 {
                guard count >= 4, Fletcher32.isValid(input) else {
                    return .failure("its checksum (fletcher32) is wrong")
                }
                count -= 4
                continue
            }
            let produced = filter == .deflate ? entering[index] : count
            let goesToTarget = index == 0 && produced == size && target != nil
            if filter == .deflate, count <= (produced - 1) / ChunkFilter.largestDeflateFactor {
                return .failure("its \(count) bytes cannot inflate to the \(produced) of a chunk")
            }
            guard goesToTarget || back.reserve(produced) else { return .failure(Self.noMemory) }
            let output = goesToTarget ? target! : UnsafeMutableRawBufferPointer(rebasing: back.bytes[..<produced])
            switch filter {
            case .deflate:
                if let reason = inflate(input, into: output) { return .failure(reason) }
            case .shuffle(let elementSize): unshuffle(input, elementSize: elementSize, into: output)
            case .fletcher32: break
            }
            if goesToTarget { return .inTarget }
            swap(&front, &back)
            count = produced
        }
        guard count == size else { return .failure("it has \(count) bytes, expected are \(size)") }
        return .chunk(UnsafeRawBufferPointer(rebasing: front.bytes[..<count]))
    }

    /// Inflates to just the bytes of `output`.
    private mutating func inflate(
        _ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer
    ) -> String? {
        if decompressor == nil { decompressor = libdeflate_alloc_decompressor() }
        guard let decompressor else { return Self.noMemory }
        let status = libdeflate_zlib_decompress(
            decompressor, input.baseAddress, input.count, output.baseAddress, output.count, nil)
        switch status {
        case LIBDEFLATE_SUCCESS: return nil
        case LIBDEFLATE_INSUFFICIENT_SPACE: return "it inflates to more than the \(output.count) bytes of a chunk"
        case LIBDEFLATE_SHORT_OUTPUT: return "it inflates to fewer than the \(output.count) bytes of a chunk"
        default: return "it is no whole deflate stream"
        }
    }
}

/// Brings the bytes of each element together again.
func unshuffle(_ input: UnsafeRawBufferPointer, elementSize: Int, into output: UnsafeMutableRawBufferPointer) {
    let elements = input.count / elementSize
    guard elements > 1, let from = input.baseAddress, let to = output.baseAddress else {
        output.copyMemory(from: input)
        return
    }
    func plane(_ index: Int) -> UnsafePointer<UInt8> {
        (from + index * elements).assumingMemoryBound(to: UInt8.self)
    }
    // One store per element, which the compiler turns into vectors.
    switch elementSize {
    case 2:
        let (a, b) = (plane(0), plane(1))
        for i in 0..<elements {
            to.storeBytes(of: UInt16(a[i]) | UInt16(b[i]) << 8, toByteOffset: 2 * i, as: UInt16.self)
        }
    case 4:
        let (a, b, c, d) = (plane(0), plane(1), plane(2), plane(3))
        for i in 0..<elements {
            let low = UInt32(a[i]) | UInt32(b[i]) << 8
            to.storeBytes(
                of: low | UInt32(c[i]) << 16 | UInt32(d[i]) << 24, toByteOffset: 4 * i, as: UInt32.self)
        }
    case 8:
        for half in 0..<2 {
            let (a, b, c, d) = (plane(4 * half), plane(4 * half + 1), plane(4 * half + 2), plane(4 * half + 3))
            for i in 0..<elements {
                let low = UInt32(a[i]) | UInt32(b[i]) << 8
                to.storeBytes(
                    of: low | UInt32(c[i]) << 16 | UInt32(d[i]) << 24, toByteOffset: 8 * i + 4 * half, as: UInt32.self)
            }
        }
    default:
        let bytes = to.assumingMemoryBound(to: UInt8.self)
        for index in 0..<elementSize {
            let plane = plane(index)
            for i in 0..<elements { bytes[i * elementSize + index] = plane[i] }
        }
    }
    let whole = elements * elementSize
    if whole < input.count { memcpy(to + whole, from + whole, input.count - whole) }
}

/// The checksum of Fletcher over 16-bit words, as libhdf5 has it: the first byte of a word is the higher one, an odd byte at
/// the end is a higher one too, and the sums are folded, so that 65535 does not become 0.
enum Fletcher32 {
    /// Whether the last four bytes are the checksum of those before. Libraries before 1.6.3 stored it with the bytes of each
    /// half exchanged.
    static func isValid(_ bytes: UnsafeRawBufferPointer) -> Bool {
        let count = bytes.count - 4
        let stored = UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: count, as: UInt32.self))
        let sum = checksum(of: UnsafeRawBufferPointer(rebasing: bytes[..<count]))
        return stored == sum || stored == (sum & 0x00FF_00FF) << 8 | (sum & 0xFF00_FF00) >> 8
    }

    static func checksum(of bytes: UnsafeRawBufferPointer) -> UInt32 {
        var (first, second) = (UInt32(0), UInt32(0))
        func fold(_ sum: UInt32) -> UInt32 { sum & 0xFFFF + sum >> 16 }
        let words = bytes.count / 2
        var word = 0
        while word < words {
            // 360 words are the most that cannot overflow the second sum.
            let end = min(word + 360, words)
            while word < end {
                first &+= UInt32(UInt16(bigEndian: bytes.loadUnaligned(fromByteOffset: 2 * word, as: UInt16.self)))
                second &+= first
                word += 1
            }
            (first, second) = (fold(first), fold(second))
        }
        if bytes.count % 2 == 1 {
            first &+= UInt32(bytes[bytes.count - 1]) << 8
            second &+= first
            (first, second) = (fold(first), fold(second))
        }
        return fold(second) << 16 | fold(first)
    }
}
