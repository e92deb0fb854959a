/// Why an analysis could not be planned or a cell could not be analyzed: where, what is wrong, and what to do.
public struct AnalysisError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The file or the cell.
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

    /// Adds the place to a sentence that says already what is wrong and what to do.
    init(place: String, sentence: String) {
        self.init(place: place, problem: sentence, remedy: "")
    }

    /// The sentence.
    public var description: String { remedy.isEmpty ? "\(place): \(problem)" : "\(place): \(problem). \(remedy)" }
}
