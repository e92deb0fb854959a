internal import HDF5

#if canImport(Darwin)
    internal import Darwin
#else
    internal import Glibc
#endif

/// Opening and creating files, with a sentence for everything that can be in the way.
enum FileAccess {
    static func create(_ path: String) throws(ArchiveError) -> File {
        var status = stat()
        let wasThere = stat(path, &status) == 0
        do throws(HDF5Error) {
            return try File(creating: path)
        } catch {
            // A file that the disk had no room for is ours, and holds nothing.
            if !wasThere, !error.mentions("File exists") { remove(path) }
            if wasThere || error.mentions("File exists") {
                throw ArchiveError(
                    .exists, at: path, "there is such a file already", "Choose another path, or remove the file.")
            }
            switch true {
            case error.mentions("No such file"):
                throw ArchiveError(.inaccessible, at: path, "there is no such directory", "Create it first.")
            case error.mentions("Permission denied"), error.mentions("Read-only file system"):
                throw ArchiveError(
                    .inaccessible, at: path, "there is no permission to write here", "Choose another directory.")
            case error.mentions("No space left"):
                throw ArchiveError(
                    .inaccessible, at: path, "could not create the file (No space left on device)",
                    "Make room and record again.")
            case hasNoLocks(error):
                throw ArchiveError(
                    .inaccessible, at: path, "this file system has no locks, which safe writing needs",
                    "Record to a local disk and move the file when it is closed.")
            default: throw ArchiveError(writing: error)
            }
        }
    }

    /// Bytes of a file now, 0 where there is none.
    static func size(of path: String) -> Int {
        var status = stat()
        return stat(path, &status) == 0 ? Int(status.st_size) : 0
    }

    /// Removes a file that we have just created and could not fill.
    static func remove(_ path: String) { unlink(path) }

    /// Opens for reading: as one reader of many, behind a writer where one holds the file or died while it did, and
    /// without locks where there are none.
    ///
    /// - Parameter isDamaged: whether a file that is cut off is opened, too; what is beyond its end reads as zeros.
    /// - Returns: the file, and whether it is shorter than its writer meant it to be, as a full disk leaves it.
    static func openForReading(
        _ path: String, trusting trust: File.Trust = [], isDamaged: Bool = false
    ) throws(ArchiveError) -> (file: File, isCutOff: Bool) {
        try checkContents(of: path)
        var locking = true
        var isCutOff = false
        do throws(HDF5Error) {
            return (try File(opening: path, ignoringEnd: isDamaged, trusting: trust), false)
        } catch let error where hasNoLocks(error) {
            locking = false
        } catch let error where isLeftByWriter(error) {
            isCutOff = error.mentions("truncated file")
        } catch {
            throw refusal(error, path)
        }
        if !locking {
            do throws(HDF5Error) {
                return (
                    try File(opening: path, locking: false, ignoringEnd: isDamaged, trusting: trust), false
                )
            } catch let error where isLeftByWriter(error) {
                isCutOff = error.mentions("truncated file")
            } catch {
                throw refusal(error, path)
            }
        }
        do throws(HDF5Error) {
            return (
                try File(
                    opening: path, .readOnlyWhileWritten, locking: locking, ignoringEnd: isDamaged, trusting: trust),
                isCutOff
            )
        } catch let error where error.mentions("not already open for SWMR") && hasMark(path) {
            throw ArchiveError(
                .malformed, at: path, "its writer died before it let readers in, or holds the file for itself alone",
                "Wait for the writer, or record again: there is no record to be read.")
        } catch {
            throw refusal(error, path)
        }
    }

    /// Whether a reader that follows the writer could do better. A file that a full disk cut short is among these: its
    /// committed records may all be there.
    private static func isLeftByWriter(_ error: HDF5Error) -> Bool {
        error.mentions("already open for") || error.mentions("truncated file")
    }

    private static func hasMark(_ path: String) -> Bool { (try? File.hasWriterMark(path)) ?? false }

    private static func hasNoLocks(_ error: HDF5Error) -> Bool {
        error.mentions("No locks available") || error.mentions("Function not implemented")
            || error.mentions("Operation not supported")
    }

    /// What to do with a file of which a part is lost: the end of a sentence.
    static func wayOut(of path: String) -> String {
        "save what is whole of it: infoplane repair \(path) -o NEW."
    }

    private static func refusal(_ error: HDF5Error, _ path: String) -> ArchiveError {
        switch true {
        case error.mentions("Resource temporarily unavailable"):
            ArchiveError(
                .inaccessible, at: path, "a program holds the file and has not let readers in yet",
                "Wait until its first record is written, or close that program.")
        case error.mentions("truncated file"), error.mentions("not already open for SWMR"):
            ArchiveError(
                .malformed, at: path, "the file is cut off",
                "Copy it again, whole, from its source, or \(wayOut(of: path))", rule: .cutOff)
        case error.mentions("already open for"):
            ArchiveError(
                .malformed, at: path, "its writer died before the first record, or holds it without sharing",
                "Wait for the writer, or record again.")
        default:
            ArchiveError(
                .malformed, at: error.place, "the HDF5 file is damaged (\(error.reason))",
                error.remedy ?? "Copy it again from its source, or record again.")
        }
    }

    /// Looks at the first bytes, because libhdf5 says the same of everything that is not HDF5.
    private static func checkContents(of path: String) throws(ArchiveError) {
        var status = stat()
        guard stat(path, &status) == 0 else {
            if errno == EACCES { throw noPermission(path) }
            throw ArchiveError(.inaccessible, at: path, "there is no such file", "Check the path.")
        }
        guard status.st_mode & S_IFMT != S_IFDIR else {
            throw ArchiveError(.inaccessible, at: path, "this is a directory", "Name an archive in it.")
        }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw ArchiveError(.inaccessible, at: path, "this is no regular file", "Name an archive on a disk.")
        }
        let descriptor = open(path, O_RDONLY)
        guard descriptor >= 0 else { throw noPermission(path) }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: 8)
        let count = read(descriptor, &bytes, bytes.count)
        guard count > 0 else { throw ArchiveError(.foreign, at: path, "the file is empty", "Record again.") }
        guard bytes != [0x89, 0x48, 0x44, 0x46, 0x0D, 0x0A, 0x1A, 0x0A] else { return }
        let known: [(start: [UInt8], name: String)] = [
            ([0x50, 0x4B, 0x03, 0x04], "a zip archive, perhaps NumPy's npz or a PyTorch checkpoint"),
            ([0x93, 0x4E, 0x55, 0x4D, 0x50, 0x59], "a NumPy array"), ([0x1F, 0x8B], "a gzip file"),
            ([0x80, 0x02], "a Python pickle"), ([0x80, 0x03], "a Python pickle"),
            ([0x80, 0x04], "a Python pickle"), ([0x80, 0x05], "a Python pickle"),
        ]
        let guess = known.first { bytes.starts(with: $0.start) }.map { "; it looks like \($0.name)" } ?? ""
        throw ArchiveError(
            .foreign, at: path, "this is not an HDF5 file\(guess)", "Name an archive that a recorder wrote.")
    }

    private static func noPermission(_ path: String) -> ArchiveError {
        ArchiveError(.inaccessible, at: path, "there is no permission to read it", "Ask its owner, or copy it.")
    }
}
