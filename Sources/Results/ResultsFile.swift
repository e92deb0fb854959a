internal import FoundationEssentials
internal import HDF5

#if canImport(Darwin)
    internal import Darwin
#else
    internal import Glibc
#endif

/// A results file: HDF5, format version 1 (`schemas/results-v1.json`), always whole.
///
/// Writing replaces the file atomically (temporary file beside it, fsync, rename), so that a reader or a killed process
/// never meets half a file. Where another process has changed the file since it was read, its rows are merged into the
/// results that are written; a lock on the folder keeps two writers apart from the check to the replacement.
public struct ResultsFile: Sendable {
    /// The file's path.
    public let path: String
    private var seen: Identity?

    /// Names the file; it need not exist.
    public init(_ path: String) {
        self.path = path
    }

    /// Whether there is a file of this name.
    public var exists: Bool { Identity(of: path) != nil }

    /// Reads the whole file. O(size).
    ///
    /// - Throws: where it is missing, is something else, is damaged, or was written by a newer major version.
    public mutating func read() throws(ResultsError) -> ResultSet {
        let identity = Identity(of: path)
        let results = try ResultsDecoder(path: path).decode()
        seen = identity
        return results
    }

    /// Says before hours of work whether a file can be made where this one is to be: makes one, and removes it.
    ///
    /// - Throws: where it cannot.
    public func checkWritable() throws(ResultsError) {
        let temporary = Place(of: path).temporary
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_CLOEXEC, 0o666)
        guard descriptor >= 0 else {
            throw unwritable(String(cString: strerror(errno)))
        }
        close(descriptor)
        unlink(temporary)
    }

    private func unwritable(_ reason: String) -> ResultsError {
        ResultsError(
            place: path, problem: "could not be written: \(reason.lowercasedFirst)",
            remedy: "Check the space and the permissions of its folder, or choose another place with -o; "
                + "nothing was overwritten.")
    }

    /// Where a file lies behind symbolic links, and under which name its replacement is made.
    private struct Place {
        let path: String
        /// With a slash at its end; empty for the working folder.
        let directory: String
        let temporary: String

        init(of path: String) {
            let path = ResultsFile.resolved(path)
            self.path = path
            directory = path.lastIndex(of: "/").map { String(path[...$0]) } ?? ""
            // By machine and process: on a shared file system another machine may have a process of this number.
            let name = path.dropFirst(directory.count)
            temporary = "\(directory).\(name).\(ResultsFile.machine).\(getpid()).tmp"
        }
    }

    /// Replaces the file by one that holds `results`. O(size).
    ///
    /// - Parameter results: what to write; rows that another process added to the file are added to it.
    /// - Throws: where it cannot be written, or contradicts what another process wrote; then the file is as it was.
    public mutating func write(_ results: inout ResultSet) throws(ResultsError) {
        // A link stays a link: what it points to is replaced.
        let place = Place(of: path)
        let (path, directory, temporary) = (place.path, place.directory, place.temporary)
        let lock = Self.lock(directory.isEmpty ? "." : directory)
        defer { if lock >= 0 { close(lock) } }
        if let current = Identity(of: path), current != seen {
            try results.merge(try read(), from: path)
        }
        do throws(HDF5Error) {
            try ResultsEncoder(results).write(to: temporary)
        } catch {
            unlink(temporary)
            throw unwritable(error.reason)
        }
        guard Self.synchronize(temporary), rename(temporary, path) == 0 else {
            let reason = String(cString: strerror(errno))
            unlink(temporary)
            throw ResultsError(
                place: self.path, problem: "could not be replaced: \(reason.lowercasedFirst)",
                remedy: "Check the space and the permissions of its folder; nothing was overwritten.")
        }
        _ = Self.synchronize(directory.isEmpty ? "." : directory)
        seen = Identity(of: path)
    }

    /// The path behind symbolic links; the path itself where nothing is there yet.
    private static func resolved(_ path: String) -> String {
        guard let real = realpath(path, nil) else { return path }
        defer { free(real) }
        return String(cString: real)
    }

    /// The name of this machine; empty where it has none.
    private static let machine: String = {
        var name = [CChar](repeating: 0, count: 256)
        guard gethostname(&name, name.count - 1) == 0 else { return "" }
        return String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }()

    /// Waits until no other process replaces a file of this folder. Closing the descriptor lets go; −1 where the file
    /// system has no locks.
    private static func lock(_ folder: String) -> Int32 {
        let descriptor = open(folder, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0, flock(descriptor, LOCK_EX) == 0 else {
            if descriptor >= 0 { close(descriptor) }
            return -1
        }
        return descriptor
    }

    private static func synchronize(_ path: String) -> Bool {
        let descriptor = open(path, O_RDONLY)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        return fsync(descriptor) == 0
    }

    /// What tells one state of a file from another.
    private struct Identity: Sendable, Equatable {
        let inode: UInt64
        let size: Int64
        let modified: Int64

        init?(of path: String) {
            var status = stat()
            guard stat(path, &status) == 0 else { return nil }
            inode = UInt64(status.st_ino)
            size = Int64(status.st_size)
            #if canImport(Darwin)
                let time = status.st_mtimespec
            #else
                let time = status.st_mtim
            #endif
            modified = Int64(time.tv_sec) &* 1_000_000_000 &+ Int64(time.tv_nsec)
        }
    }
}

/// The names of the format, shared by writing and reading.
enum ResultsLayout {
    static let format = "infoplane-results"
    static let version = "1.0"
    static let textColumns = [
        "archive", "split", "layer", "quantity", "estimator", "discretization", "range", "target", "parameters",
        "flags",
    ]
    static let rowsPerChunk = 16384
    static let deflateLevel = 1
    /// Stands for "does not apply" in the integer columns order and epoch.
    static let notApplicable: Int64 = -1
}
