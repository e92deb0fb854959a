internal import CDeflate

#if canImport(Darwin)
    internal import Darwin
#else
    internal import Glibc
#endif

/// The whole content of a data file, decompressed where its first bytes say gzip.
public enum FileBytes {
    /// Reads the file at `path` into memory, and refuses folders and devices.
    public static func contents(of path: String) throws(SampleFileError) -> [UInt8] {
        let bytes = try stored(at: path)
        return bytes.count >= 2 && bytes[0] == 0x1F && bytes[1] == 0x8B ? try inflate(bytes, path) : bytes
    }

    /// Whether something exists at `path`, and whether it is a folder.
    public static func exists(_ path: String) -> (something: Bool, folder: Bool) {
        var status = stat()
        guard stat(path, &status) == 0 else { return (false, false) }
        return (true, status.st_mode & S_IFMT == S_IFDIR)
    }

    private static func stored(at path: String) throws(SampleFileError) -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw SampleFileError(
                "\(path): cannot be opened: \(String(cString: strerror(errno))). Check the path and its rights.")
        }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            throw SampleFileError("\(path): not a file; expected a data file. Give the file itself.")
        }
        let size = Int(status.st_size)
        var failure: Int32 = 0
        let bytes = [UInt8](unsafeUninitializedCapacity: size) { buffer, filled in
            while filled < size {
                let count = read(descriptor, buffer.baseAddress! + filled, size - filled)
                if count < 0 && errno == EINTR { continue }
                if count < 0 { failure = errno }
                if count <= 0 { break }
                filled += count
            }
        }
        guard failure == 0, bytes.count == size else {
            let reason = failure == 0 ? "it became shorter meanwhile" : String(cString: strerror(failure))
            throw SampleFileError("\(path): cannot be read: \(reason). Read it again when nothing changes it.")
        }
        return bytes
    }

    /// Decompresses all members of a gzip file.
    ///
    /// The size that the file claims is only where the search for the true one begins: DEFLATE makes at most 1032 bytes
    /// of one, so a false claim costs no more memory than the data could need.
    private static func inflate(_ bytes: [UInt8], _ path: String) throws(SampleFileError) -> [UInt8] {
        guard let decompressor = libdeflate_alloc_decompressor() else {
            throw SampleFileError("\(path): no memory to decompress it. Free some memory.")
        }
        defer { libdeflate_free_decompressor(decompressor) }
        var result: [UInt8] = []
        var consumed = 0
        while consumed < bytes.count {
            let rest = bytes.count - consumed
            let claim = bytes.suffix(4).reversed().reduce(0) { $0 << 8 | Int($1) }
            var capacity = min(max(claim, 1), 32 * rest + 1024)
            let limit = 1032 * rest + 1024
            var status = LIBDEFLATE_INSUFFICIENT_SPACE
            var used = 0
            while status == LIBDEFLATE_INSUFFICIENT_SPACE {
                let member = [UInt8](unsafeUninitializedCapacity: capacity) { buffer, filled in
                    var written = 0
                    status = bytes.withUnsafeBytes {
                        libdeflate_gzip_decompress_ex(
                            decompressor, $0.baseAddress! + consumed, rest, buffer.baseAddress!, capacity, &used,
                            &written)
                    }
                    filled = status == LIBDEFLATE_SUCCESS ? written : 0
                }
                if status == LIBDEFLATE_SUCCESS {
                    if result.isEmpty { result = member } else { result += member }
                } else if status == LIBDEFLATE_INSUFFICIENT_SPACE, capacity < limit {
                    capacity = min(2 * capacity, limit)
                } else {
                    throw SampleFileError(
                        "\(path): damaged or truncated gzip data; expected a whole member at byte \(consumed), "
                            + "found it broken. Fetch the file again.")
                }
            }
            consumed += used
        }
        return result
    }
}
