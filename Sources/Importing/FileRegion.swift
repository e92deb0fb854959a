#if canImport(Darwin)
    internal import Darwin
#else
    internal import Glibc
#endif

/// An open regular file of which parts are read.
final class FileRegion {
    let path: String
    /// Bytes.
    let size: Int
    private let descriptor: Int32

    init(_ path: String) throws(ImportError) {
        self.path = path
        // A pipe without a writer would wait for ever.
        descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else {
            throw ImportError(
                "\(path): cannot be opened: \(String(cString: strerror(errno))). Check the path and its rights.")
        }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            close(descriptor)
            throw ImportError("\(path): is no regular file. Give a file on a disk.")
        }
        size = Int(status.st_size)
    }

    deinit { close(descriptor) }

    /// Reads bytes that lie within the file.
    func read(_ range: Range<Int>) throws(ImportError) -> [UInt8] {
        precondition(range.lowerBound >= 0 && range.upperBound <= size, "the range lies in the file")
        var failure: Int32 = 0
        let bytes = [UInt8](unsafeUninitializedCapacity: range.count) { buffer, filled in
            while filled < range.count {
                let count = pread(
                    descriptor, buffer.baseAddress! + filled, range.count - filled, off_t(range.lowerBound + filled))
                if count < 0, errno == EINTR { continue }
                if count < 0 { failure = errno }
                if count <= 0 { break }
                filled += count
            }
        }
        guard bytes.count == range.count else {
            let reason = failure == 0 ? "it became shorter meanwhile" : String(cString: strerror(failure))
            throw ImportError("\(path): cannot be read: \(reason). Import again when nothing changes it.")
        }
        return bytes
    }
}
