internal import Spelling

/// What can be wrong with a request to this module. The place (layer, epoch, flag) is added by the caller.
public enum InformationError: Error, Hashable, Sendable, CustomStringConvertible {
    /// A name that is none of the known ones; `nearest` is the known one with the fewest edits.
    case unknownName(kind: String, text: String, nearest: String)
    /// A rule whose name is known and whose parameters are not acceptable.
    case invalidParameter(text: String, expected: String)
    /// An estimator whose name is known and whose parameters are not acceptable.
    case invalidEstimator(text: String, expected: String)
    /// Samples on which an estimator has no finite or no meaningful answer.
    case notEstimable(estimator: String, problem: String, remedy: String)
    /// A range that is reversed, not finite, or so wide that its length is not finite in Float64.
    case invalidRange(ValueRange)
    /// A value whose quotient by the step is beyond Float64.
    case quotientOverflow(value: Double, step: Double)
    /// NaN or an infinity; `sample` and `unit` count from 0.
    case notFinite(sample: Int, unit: Int)
    /// A matrix without samples or without units.
    case empty(rows: Int, columns: Int)
    /// A rule that makes one symbol of a whole row, where one symbol per feature is needed.
    case notPerFeature(String)

    /// One sentence that says what is wrong, what was expected, and what to do.
    public var description: String {
        switch self {
        case .unknownName(let kind, let text, let nearest):
            "\(text): no such \(kind). Did you mean \(nearest)?"
        case .invalidParameter(let text, let expected):
            "\(text): not a valid discretization; expected \(expected)."
        case .invalidEstimator(let text, let expected):
            "\(text): not a valid estimator; expected \(expected)."
        case .notEstimable(let estimator, let problem, let remedy):
            "\(estimator): \(problem). \(remedy)"
        case .invalidRange(let range):
            "\(range): not a usable range; expected finite ends in ascending order and a finite length."
        case .quotientOverflow(let value, let step):
            "step:\(shortest(step)): the value \(shortest(value)) has no finite quotient by it. Use a larger step."
        case .notFinite(let sample, let unit):
            "sample \(sample), unit \(unit): NaN or infinity; expected a finite value. Record this epoch again."
        case .empty(let rows, let columns):
            "\(rows) samples of \(columns) units: nothing to discretize; expected at least one of each."
        case .notPerFeature(let text):
            "\(text): gives one symbol for a whole row; expected a rule for single features, such as width:30@unit."
        }
    }
}

/// Returns the candidate nearest to `text`, however far.
func nearest(to text: String, among candidates: [String]) -> String {
    guard let (word, _) = closest(to: text, among: candidates) else {
        preconditionFailure("a nearest name needs candidates")
    }
    return word
}
