internal import Activations

#if canImport(Darwin)
    internal import Darwin
#else
    internal import Glibc
#endif

/// The archive that a new one replaces: it waits in the same folder under another name until the new one is created.
struct ReplacedArchive {
    private let path: String
    private let aside: String

    /// Refuses a file that is no activation archive: nobody means to replace results or a table by a recording.
    static func check(_ path: String) throws(TrainingError) {
        do throws(ArchiveError) {
            try ActivationArchive.checkFormat(of: path)
        } catch {
            let reason = error.findings[0].problem
            throw TrainingError(
                .archive,
                "\(path): is not replaced: \(reason); expected an activation archive. "
                    + "Give another name, or remove the file yourself.")
        }
    }

    /// Renames the archive at `path`; nil where there is none.
    init?(movingAside path: String) throws(TrainingError) {
        guard Self.exists(path) else { return nil }
        try Self.check(path)
        self.path = path
        let names = sequence(first: 1) { $0 + 1 }.lazy.map { "\(path).replaced\($0 == 1 ? "" : "-\($0)")" }
        aside = names.first { !Self.exists($0) }!
        guard rename(path, aside) == 0 else {
            throw TrainingError(
                .archive, "\(path): cannot be replaced: \(Self.systemReason). Give another name.")
        }
    }

    /// Puts the archive back in its place; what there is to say where that fails, to be added to another error.
    func restore() -> String {
        guard rename(aside, path) != 0 else { return "" }
        return "\n\(aside): is the archive that was to be replaced; its name could not be given back "
            + "(\(Self.systemReason)). Rename it."
    }

    /// Removes the archive, now that another one has its place.
    func remove() throws(TrainingError) {
        guard unlink(aside) != 0 else { return }
        throw TrainingError(
            .archive, "\(aside): the replaced archive cannot be removed: \(Self.systemReason). Remove it yourself.")
    }

    private static func exists(_ path: String) -> Bool {
        var status = stat()
        return lstat(path, &status) == 0
    }

    private static var systemReason: String { String(cString: strerror(errno)) }
}
