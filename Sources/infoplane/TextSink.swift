#if canImport(Darwin)
    import Darwin
#else
    import Glibc
#endif

/// The system's close, which the name of ours would hide.
private func shut(_ descriptor: Int32) -> Bool {
    close(descriptor) == 0
}

/// Takes text in small pieces and writes it in large ones, to a file or to standard output.
///
/// A file appears under its name when it is complete.
struct TextSink {
    private let path: String?
    private let temporary: String
    private let descriptor: Int32
    private var buffer = ""

    private static let size = 1 << 16

    /// - Parameter inputs: the files that the command reads, which it must not replace.
    /// - Throws: where the path is one of these, is an HDF5 file (an archive, results), or cannot be written.
    init(path: String?, inputs: [String] = []) throws {
        self.path = path
        if let path { try Self.checkReplaceable(path, inputs: inputs) }
        temporary = path.map { "\($0).\(getpid()).tmp" } ?? ""
        descriptor = path == nil ? STDOUT_FILENO : open(temporary, O_WRONLY | O_CREAT | O_TRUNC, 0o666)
        if descriptor < 0 { throw failure() }
    }

    mutating func write(_ text: String) throws {
        buffer += text
        if buffer.utf8.count >= Self.size { try flush() }
    }

    mutating func close() throws {
        try flush()
        guard let path else { return }
        guard shut(descriptor), rename(temporary, path) == 0 else { throw failure() }
    }

    private static func checkReplaceable(_ path: String, inputs: [String]) throws {
        guard let file = fopen(path, "rb") else { return }
        defer { fclose(file) }
        // The first bytes of every HDF5 file.
        let signature: [UInt8] = [0x89, 0x48, 0x44, 0x46, 0x0D, 0x0A, 0x1A, 0x0A]
        var start = [UInt8](repeating: 0, count: signature.count)
        let isHDF5 = fread(&start, 1, start.count, file) == start.count && start == signature
        if isHDF5 || inputs.contains(where: { isSame($0, path) }) {
            throw Terminal.failure(
                "\(path): an archive, results or an input of this command; nothing was overwritten. "
                    + "Choose another file with -o.")
        }
    }

    private static func isSame(_ a: String, _ b: String) -> Bool {
        var (first, second) = (stat(), stat())
        return stat(a, &first) == 0 && stat(b, &second) == 0 && first.st_dev == second.st_dev
            && first.st_ino == second.st_ino
    }

    private mutating func flush() throws {
        guard Terminal.writeAll(buffer, to: descriptor) else { throw failure() }
        buffer = ""
    }

    private func failure() -> any Error {
        let reason = String(cString: strerror(errno))
        if path != nil { unlink(temporary) }
        return Terminal.failure(
            "\(path ?? "standard output"): could not be written: \(reason). Nothing was replaced; choose another place."
        )
    }
}
