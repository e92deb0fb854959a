public import InformationTheory
public import Randomness

/// Samples of variables whose information or entropy is known.
public struct KnownCase: Sendable {
    /// What is known of them.
    public enum Quantity: String, Sendable {
        /// I(X;Y).
        case information = "I(X;Y)"
        /// The entropy of symbols.
        case entropy = "H(X)"
        /// The differential entropy of real values.
        case differentialEntropy = "h(X)"
        /// I(X;T) where T is the value with the noise of a pairwise bound.
        case noisyInformation = "I(X;X+noise)"
    }

    /// A short name with its parameters.
    public let name: String
    /// What is known.
    public let quantity: Quantity
    /// The known value in bits; infinite where one variable is a function of the other and both are continuous.
    public let truth: Double
    /// The estimators that fit the variables.
    public let estimators: [Estimator]
    /// Draws n samples of X and, for an information, of Y.
    public let sample: @Sendable (_ count: Int, _ generator: inout SplitMix64) -> (x: Variable, y: Variable?)
}
