/// Why work could not be given to a cluster, or not be taken back.
///
/// The description is one sentence for the reader of a terminal: where, what is wrong, and what to do.
public struct ClusterError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The program, or the file.
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
    public var description: String { "\(place): \(problem). \(remedy)" }
}
