#if canImport(Darwin)
    internal import Darwin
#else
    internal import Glibc
#endif

/// What the file system says of a file: a change is seen by it without opening the file, which takes far longer.
public struct FileStamp: Sendable, Hashable {
    private let device: Int
    private let inode: Int
    private let size: Int
    private let seconds: Int
    private let nanoseconds: Int
    /// Whether the file was last written more than two seconds before it was looked at. Only then does every later change
    /// give another stamp: clocks of file systems tick as slowly as that (FAT; others with every tick of the kernel).
    public let isSettled: Bool

    /// Looks at a file; nil where there is none.
    public init?(of path: String) {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        #if canImport(Darwin)
            let modified = status.st_mtimespec
        #else
            let modified = status.st_mtim
        #endif
        (device, inode, size) = (Int(status.st_dev), Int(status.st_ino), Int(status.st_size))
        (seconds, nanoseconds) = (Int(modified.tv_sec), Int(modified.tv_nsec))
        isSettled = Int(time(nil)) - seconds > 2
    }
}
