#if canImport(Darwin)
    internal import Darwin
#else
    internal import Glibc
#endif

/// Files that others read while we write: they meet the old one or the new one, never half of one.
enum WholeFile {
    /// Replaces a file by one with this text.
    ///
    /// - Throws: in the system's words, where there is no space, no permission or a quota is used up.
    static func write(_ text: String, to path: String) throws(ClusterError) {
        let temporary = path + ".tmp"
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o666)
        guard descriptor >= 0 else { throw failure(path) }
        var isOpen = true
        var bytes = Array(text.utf8)[...]
        while !bytes.isEmpty {
            let count = bytes.withUnsafeBytes { send(descriptor, $0) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return try giveUp() }
            bytes = bytes.dropFirst(count)
        }
        // Quotas of network file systems are told at the end.
        guard fsync(descriptor) == 0 else { return try giveUp() }
        isOpen = false
        guard close(descriptor) == 0, rename(temporary, path) == 0 else { return try giveUp() }

        func giveUp() throws(ClusterError) {
            let error = failure(path)
            if isOpen { close(descriptor) }
            unlink(temporary)
            throw error
        }
    }

    /// Makes a folder and those above it; one that is there is left as it is.
    static func makeFolder(_ path: String) throws(ClusterError) {
        var made = ""
        for name in path.split(separator: "/") {
            made += "/" + name
            if mkdir(made, 0o777) != 0, errno != EEXIST {
                // Above ours there may be folders that nobody can write to, and that are there.
                let reason = errno
                guard access(made, F_OK) != 0 else { continue }
                errno = reason
                throw failure(path)
            }
        }
    }

    private static func send(_ descriptor: Int32, _ bytes: UnsafeRawBufferPointer) -> Int {
        #if canImport(Darwin)
            Darwin.write(descriptor, bytes.baseAddress!, bytes.count)
        #else
            Glibc.write(descriptor, bytes.baseAddress!, bytes.count)
        #endif
    }

    private static func failure(_ path: String) -> ClusterError {
        ClusterError(
            place: path, problem: "could not be written: \(String(cString: strerror(errno)).lowercased())",
            remedy: "Check the space, your quota and the permissions of its folder, or choose another place with -o.")
    }
}
