#if canImport(Darwin)
    internal import Darwin
#else
    internal import Glibc
#endif

/// The first 48 bytes of a file of libhdf5 1.10 (superblock version 3; HDF5 File Format Specification, section II.A).
///
/// Read and written without libhdf5, which cannot mend a killed writer's file safely: such a file says that it ends where
/// it ended at the writer's last flush, while chunks and their index may already lie beyond. Opened for writing as it is,
/// libhdf5 would put new data on top of them.
struct Superblock {
    private static let signature: [UInt8] = [0x89, 0x48, 0x44, 0x46, 0x0D, 0x0A, 0x1A, 0x0A]
    private static let size = 48

    private var bytes: [UInt8]

    /// nil where the bytes are no whole, right superblock of this version with 8-byte addresses.
    init?(_ bytes: [UInt8]) {
        guard bytes.count >= Self.size, bytes.starts(with: Self.signature), bytes[8] == 3, bytes[9] == 8, bytes[10] == 8
        else { return nil }
        self.bytes = Array(bytes.prefix(Self.size))
        guard number(at: 44, count: 4) == UInt64(Self.checksum(self.bytes[..<44])) else { return nil }
    }

    /// Whether a writer has marked the file as its own: it lives, or was killed.
    var isMarked: Bool { bytes[11] != 0 }

    /// Where the file ends by its own account, in bytes.
    var endOfFile: UInt64 { number(at: 28, count: 8) }

    /// The same without the writer's mark, and with the file ending at `end`.
    func closed(endingAt end: UInt64) -> [UInt8] {
        var closed = bytes
        closed[11] = 0
        for index in 0..<8 { closed[28 + index] = UInt8(truncatingIfNeeded: end >> (8 * index)) }
        let sum = Self.checksum(closed[..<44])
        for index in 0..<4 { closed[44 + index] = UInt8(truncatingIfNeeded: sum >> (8 * index)) }
        return closed
    }

    private func number(at start: Int, count: Int) -> UInt64 {
        (0..<count).reduce(0) { $0 | UInt64(bytes[start + $1]) << (8 * $1) }
    }

    /// Bob Jenkins's lookup3 (hashlittle) with the initial value 0, the checksum of all metadata of HDF5.
    static func checksum(_ bytes: ArraySlice<UInt8>) -> UInt32 {
        func rotate(_ x: UInt32, _ k: UInt32) -> UInt32 { x << k | x >> (32 - k) }
        var (a, b, c) = (0xDEAD_BEEF &+ UInt32(bytes.count), UInt32(0), UInt32(0))
        (b, c) = (a, a)
        var rest = bytes
        func word(_ index: Int) -> UInt32 {
            (0..<4).reduce(0) { sum, byte in
                let position = rest.startIndex + 4 * index + byte
                return position < rest.endIndex ? sum | UInt32(rest[position]) << UInt32(8 * byte) : sum
            }
        }
        while rest.count > 12 {
            a &+= word(0)
            b &+= word(1)
            c &+= word(2)
            a = (a &- c) ^ rotate(c, 4)
            c &+= b
            b = (b &- a) ^ rotate(a, 6)
            a &+= c
            c = (c &- b) ^ rotate(b, 8)
            b &+= a
            a = (a &- c) ^ rotate(c, 16)
            c &+= b
            b = (b &- a) ^ rotate(a, 19)
            a &+= c
            c = (c &- b) ^ rotate(b, 4)
            b &+= a
            rest = rest.dropFirst(12)
        }
        guard !rest.isEmpty else { return c }
        a &+= word(0)
        b &+= word(1)
        c &+= word(2)
        c = (c ^ b) &- rotate(b, 14)
        a = (a ^ c) &- rotate(c, 11)
        b = (b ^ a) &- rotate(a, 25)
        c = (c ^ b) &- rotate(b, 16)
        a = (a ^ c) &- rotate(c, 4)
        b = (b ^ a) &- rotate(a, 14)
        c = (c ^ b) &- rotate(b, 24)
        return c
    }
}

extension File {
    /// Whether the file carries the mark of a writer, which lives or was killed.
    public static func hasWriterMark(_ path: String) throws(HDF5Error) -> Bool {
        let descriptor = try openDescriptor(path, O_RDONLY, "look for the writer's mark")
        defer { closeDescriptor(descriptor) }
        return readSuperblock(descriptor)?.isMarked ?? false
    }

    /// Clears the mark that a killed writer leaves in the file, so that any program can open it again, also to write.
    ///
    /// One write of 48 bytes in one page: killed itself, it leaves the file as it was or mended. A file without a mark is
    /// left alone.
    ///
    /// - Throws: where a program holds the file, its superblock is damaged, or it cannot be written.
    public static func clearWriterMark(of path: String) throws(HDF5Error) {
        let operation = "clear the writer's mark"
        let descriptor = try openDescriptor(path, O_RDWR, operation)
        defer { closeDescriptor(descriptor) }
        func failure(_ reason: String) -> HDF5Error { HDF5Error(operation: operation, place: path, causes: [reason]) }
        func systemFailure() -> HDF5Error { failure(String(cString: strerror(errno))) }
        let isFree = try withExclusiveLock(on: descriptor) { () throws(HDF5Error) in
            guard let superblock = readSuperblock(descriptor) else {
                throw failure("its first 48 bytes are damaged, or of another version of HDF5")
            }
            guard superblock.isMarked else { return }
            var status = stat()
            guard fstat(descriptor, &status) == 0 else { throw systemFailure() }
            let page = UInt64(pageSize)
            let end = (max(superblock.endOfFile, UInt64(status.st_size)) + page - 1) / page * page
            guard ftruncate(descriptor, off_t(end)) == 0 else { throw systemFailure() }
            let bytes = superblock.closed(endingAt: end)
            guard pwrite(descriptor, bytes, bytes.count, 0) == bytes.count, fsync(descriptor) == 0 else {
                throw systemFailure()
            }
        }
        guard isFree else { throw failure("a program is using the file") }
    }

    private static func openDescriptor(_ path: String, _ flags: Int32, _ operation: String) throws(HDF5Error) -> Int32 {
        let descriptor = open(path, flags | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw HDF5Error(operation: operation, place: path, causes: [String(cString: strerror(errno))])
        }
        return descriptor
    }

    private static func readSuperblock(_ descriptor: Int32) -> Superblock? {
        var bytes = [UInt8](repeating: 0, count: 48)
        guard pread(descriptor, &bytes, bytes.count, 0) == bytes.count else { return nil }
        return Superblock(bytes)
    }
}
