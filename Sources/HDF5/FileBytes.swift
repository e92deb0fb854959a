#if canImport(Darwin)
    internal import Darwin
#else
    internal import Glibc
#endif

/// The bytes of a file that is open for reading, read past libhdf5: any number of threads at once, and no lock held.
///
/// The descriptor is our own, so that libhdf5 may close its file while a read is under way; it holds no lock on the file.
final class FileBytes: Sendable {
    private let descriptor: Int32
    /// Whether an address is a place in the file. Behind a user block, that depends on the version of libhdf5.
    let hasPlainAddresses: Bool

    /// Opens the file once more.
    ///
    /// - Returns: nil where `path` no longer names the file that `descriptor` has open.
    init?(_ path: String, openAs other: Int32, hasPlainAddresses: Bool) {
        descriptor = open(path, O_RDONLY | O_CLOEXEC)
        self.hasPlainAddresses = hasPlainAddresses
        guard descriptor >= 0 else { return nil }
        var (ours, theirs) = (stat(), stat())
        guard fstat(descriptor, &ours) == 0, fstat(other, &theirs) == 0, ours.st_dev == theirs.st_dev,
            ours.st_ino == theirs.st_ino
        else { return nil }
    }

    deinit { if descriptor >= 0 { File.closeDescriptor(descriptor) } }

    /// How many there are now: a file that is being written grows.
    var count: Int {
        var status = stat()
        return fstat(descriptor, &status) == 0 ? Int(status.st_size) : 0
    }

    /// Fills `buffer` with the bytes from `offset` on.
    ///
    /// - Returns: why that was not possible; nil when it was.
    func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) -> String? {
        let (end, overflow) = offset.addingReportingOverflow(buffer.count)
        guard !overflow, offset >= 0, end <= count else {
            return "it should lie at bytes \(offset) to \(overflow ? Int.max : end), but the file has \(count)"
        }
        var done = 0
        while done < buffer.count {
            let got = pread(descriptor, buffer.baseAddress! + done, buffer.count - done, off_t(offset + done))
            if got < 0, errno == EINTR { continue }
            if got < 0 { return String(cString: strerror(errno)) }
            if got == 0 { return "the file ends at byte \(offset + done), within it" }
            done += got
        }
        return nil
    }
}
