/// What libhdf5 refused, with everything that it said about it.
public struct HDF5Error: Error, Sendable, Hashable, CustomStringConvertible {
    /// What was tried: "open the file", "read the data set".
    public let operation: String
    /// File path, and for an object inside it a colon and the object's path.
    public let place: String
    /// The error stack of libhdf5 at that moment, from the public call inwards; or the one reason why we refused.
    public let causes: [String]

    /// What to do, where that follows from the reason.
    public let remedy: String?

    init(operation: String, place: String, causes: [String], remedy: String? = nil) {
        self.operation = operation
        self.place = place
        self.causes = causes
        self.remedy = remedy
    }

    /// The innermost cause, which usually names the real reason; of a failed system call, the system's own words.
    public var reason: String {
        guard let cause = causes.last else { return "no reason given" }
        // "file write failed: time = …, error message = 'No space left on device', buf = 0x…"
        let parts = cause.split(separator: "error message = '", maxSplits: 1)
        guard parts.count == 2, let words = parts[1].split(separator: "'", maxSplits: 1).first else { return cause }
        return String(words)
    }

    /// Where, what was tried, the innermost cause; and what to do, where that is known.
    public var description: String {
        "\(place): could not \(operation): \(reason).\(remedy.map { " \($0)" } ?? "")"
    }

    /// Whether some cause contains `text`.
    public func mentions(_ text: String) -> Bool { causes.contains { $0.contains(text) } }
}
