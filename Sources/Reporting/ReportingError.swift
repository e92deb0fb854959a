/// Why a report could not be made: where, what is wrong, and what to do.
public struct ReportingError: Error, Sendable, Hashable, CustomStringConvertible {
    /// What it concerns.
    public let place: String
    /// What is wrong; what was expected.
    public let problem: String
    /// What to do about it.
    public let remedy: String

    /// The sentence.
    public var description: String { "\(place): \(problem). \(remedy)" }
}
