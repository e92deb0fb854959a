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

    init(path: String?) throws {
        self.path = path
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
