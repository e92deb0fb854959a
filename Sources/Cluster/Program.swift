internal import FoundationEssentials

#if canImport(Darwin)
    internal import Darwin
#else
    internal import Glibc
#endif

/// A program of the system that is run for its words.
enum Program {
    struct Output: Sendable {
        /// The exit code; 128 plus the signal where one ended it.
        let code: Int32
        let out: String
        let error: String
    }

    /// Runs a program that the search path leads to, and waits for its end. Its standard input is empty.
    ///
    /// - Parameters:
    ///   - arguments: the program's name and what it is given.
    ///   - isKept: which variables of the environment it gets.
    /// - Returns: what it said; nil where there is no such program.
    static func run(_ arguments: [String], variables isKept: (String) -> Bool = { _ in true }) -> Output? {
        // Files, not pipes: a program that says much on one of two pipes would wait for us on the other.
        guard let out = temporaryFile(), let error = temporaryFile() else { return nil }
        defer {
            close(out)
            close(error)
        }
        #if canImport(Darwin)
            var actions: posix_spawn_file_actions_t?
        #else
            var actions = posix_spawn_file_actions_t()
        #endif
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_adddup2(&actions, out, 1)
        posix_spawn_file_actions_adddup2(&actions, error, 2)
        let environment = ProcessInfo.processInfo.environment.filter { isKept($0.key) }.map { "\($0.key)=\($0.value)" }
        var process = pid_t()
        let isRunning = withTexts(arguments) { arguments in
            withTexts(environment) { posix_spawnp(&process, arguments[0]!, &actions, nil, arguments, $0) == 0 }
        }
        guard isRunning else { return nil }
        var status: Int32 = 0
        while waitpid(process, &status, 0) < 0, errno == EINTR {}
        let signal = status & 0x7F
        let code = signal == 0 ? (status >> 8) & 0xFF : 128 + signal
        // A spawn that fails in the child is reported so by older systems.
        if code == 127 { return nil }
        return Output(code: code, out: text(of: out), error: text(of: error))
    }

    /// A file without a name.
    private static func temporaryFile() -> Int32? {
        let folder = ProcessInfo.processInfo.environment["TMPDIR"] ?? "/tmp"
        var template = Array("\(folder)/infoplane.XXXXXX".utf8CString)
        let descriptor = mkstemp(&template)
        guard descriptor >= 0 else { return nil }
        unlink(template)
        _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
        return descriptor
    }

    private static func text(of descriptor: Int32) -> String {
        var bytes: [UInt8] = []
        var block = [UInt8](repeating: 0, count: 65536)
        while true {
            let count = pread(descriptor, &block, block.count, off_t(bytes.count))
            guard count > 0 else { break }
            bytes += block[..<count]
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func withTexts<T>(_ texts: [String], _ body: ([UnsafeMutablePointer<CChar>?]) -> T) -> T {
        let copies = texts.map { strdup($0) }
        defer { for copy in copies { free(copy) } }
        return body(copies + [nil])
    }
}
