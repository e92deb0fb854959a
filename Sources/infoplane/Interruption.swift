import Synchronization

#if canImport(Darwin)
    import Darwin
#else
    import Glibc
#endif

/// Ctrl-C and a polite kill: the first asks long work to stop and save, the second ends the process.
enum Interruption {
    private static let requests = Atomic<Int>(0)

    /// From now on, SIGINT and SIGTERM ask for a stop.
    static func watch() {
        for number in [SIGINT, SIGTERM] {
            signal(number) { number in
                if Interruption.requests.add(1, ordering: .relaxed).newValue > 1 { _exit(128 + number) }
            }
        }
    }

    /// Whether a stop was asked for.
    static var isRequested: Bool { requests.load(ordering: .relaxed) > 0 }
}
