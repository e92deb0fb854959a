#if canImport(Darwin)
    import Darwin
#else
    import Glibc
#endif

/// Where this process is, in words that hold on other machines too.
enum WorkingFolder {
    /// The absolute path of the working folder: as the shell has it, with links, where that is true. The path behind the
    /// links may be known on this machine only.
    static let path: String = {
        var here = stat()
        var there = stat()
        if let shells = getenv("PWD").map({ String(cString: $0) }), shells.hasPrefix("/"), stat(".", &here) == 0,
            stat(shells, &there) == 0, here.st_ino == there.st_ino, here.st_dev == there.st_dev
        {
            return shells
        }
        guard let path = getcwd(nil, 0) else { return "/" }
        defer { free(path) }
        return String(cString: path)
    }()

    /// The absolute path of the running program; nil where the system does not tell it.
    static let ownProgram: String? = {
        #if canImport(Darwin)
            var size: UInt32 = 4096
            var bytes = [CChar](repeating: 0, count: Int(size))
            guard _NSGetExecutablePath(&bytes, &size) == 0, let path = realpath(bytes, nil) else { return nil }
        #else
            guard let path = realpath("/proc/self/exe", nil) else { return nil }
        #endif
        defer { free(path) }
        return String(cString: path)
    }()

    /// The path as every machine that sees the same file systems can follow it.
    static func absolute(_ path: String) -> String {
        path.hasPrefix("/") ? path : self.path + "/" + path
    }
}
