#if canImport(Darwin)
    internal import Darwin
#else
    internal import Glibc
#endif

/// The place of a new archive that gets its name only when it is complete: until then its bytes lie beside under another.
///
/// What is not published is removed when the value goes away. Nothing that exists is overwritten.
public struct UnfinishedArchive: ~Copyable {
    /// The name that it will have.
    public let path: String
    /// Where to write it.
    public let temporaryPath: String

    /// - Throws: where there is something at `path` already.
    public init(for path: String) throws(ArchiveError) {
        self.path = path
        temporaryPath = "\(path).\(getpid()).tmp"
        try Self.checkFree(path)
    }

    deinit { unlink(temporaryPath) }

    /// Gives the closed archive its name, after its bytes have reached the disk.
    public consuming func publish() throws(ArchiveError) {
        let descriptor = open(temporaryPath, O_RDONLY)
        guard descriptor >= 0, fsync(descriptor) == 0 else {
            let reason = String(cString: strerror(errno))
            if descriptor >= 0 { close(descriptor) }
            throw ArchiveError(
                .system, at: path, "its bytes could not be forced to the disk (\(reason))",
                "Make room, or choose another disk.")
        }
        close(descriptor)
        // A link is refused where the name is taken; a rename would replace a file that came meanwhile.
        if link(temporaryPath, path) == 0 { return }
        guard errno != EEXIST else { throw Self.taken(path) }
        try Self.checkFree(path)
        guard rename(temporaryPath, path) == 0 else {
            throw ArchiveError(
                .system, at: path, "the complete archive could not get its name (\(String(cString: strerror(errno))))",
                "Choose another directory.")
        }
    }

    /// The error as its reader must see it: of the file that is to be, not of the temporary one.
    public func renamed(_ error: ArchiveError) -> ArchiveError {
        ArchiveError(
            error.kind,
            findings: error.findings.map { finding in
                guard finding.location.hasPrefix(temporaryPath) else { return finding }
                return ArchiveError.Finding(
                    location: path + finding.location.dropFirst(temporaryPath.count), problem: finding.problem,
                    remedy: error.kind == .system
                        ? "Nothing was kept: make room, or choose another disk." : finding.remedy)
            })
    }

    private static func checkFree(_ path: String) throws(ArchiveError) {
        var status = stat()
        if lstat(path, &status) == 0 { throw taken(path) }
    }

    private static func taken(_ path: String) -> ArchiveError {
        ArchiveError(
            .exists, at: path, "there is such a file already; nothing was overwritten",
            "Choose another path, or remove the file.")
    }
}
