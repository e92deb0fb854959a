/// Why a configuration file could not be read: the file and line, what is wrong, and what to do.
public struct ConfigurationError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The file, and the line where there is one.
    public let place: String
    /// What is wrong; what was expected and found.
    public let problem: String
    /// What to do about it.
    public let remedy: String

    /// Creates an error.
    public init(place: String, problem: String, remedy: String) {
        self.place = place
        self.problem = problem
        self.remedy = remedy
    }

    /// The sentence.
    public var description: String { remedy.isEmpty ? "\(place): \(problem)" : "\(place): \(problem). \(remedy)" }
}
