/// What a measurement measures. All quantities are in bits.
///
/// The cases stand in the order in which tables list them. Definitions stand in the
/// module InformationTheory; X is the input, Z the discretized layer, Y the label, Q the target of the Generalized
/// Information Bottleneck (GIB, arXiv 2509.26327).
public enum Quantity: String, CaseIterable, Sendable, Codable, Comparable {
    /// H(Z), the entropy of the layer's symbols. Ceiling: log2 of the number of samples.
    case layerEntropy = "H(Z)"
    /// H(Y), the entropy of the labels; one row per split.
    case labelEntropy = "H(Y)"
    /// h(Z), the differential entropy of the layer's values; with a pairwise bound, of the values plus noise. May be
    /// negative, and changes with the scale of the units.
    case differentialEntropy = "h(Z)"
    /// I(X;Z) = H(Z) − H(Z|X), the IB complexity.
    case inputInformation = "I(X;Z)"
    /// I(Z;Y), the relevance term of both objectives.
    case labelInformation = "I(Z;Y)"
    /// Σ_j H(Z_j) − H(Z) over the units j of the layer.
    case totalCorrelation = "total correlation"
    /// I(X;Q) under the measure of the target Q.
    case targetInformation = "I(X;Q)"
    /// (1/N) Σ_i I(X_i;Q) over the N input features.
    case meanSingle = "mean I(X_i;Q)"
    /// (1/N) Σ_i I(X_{-i};Q), each feature left out once.
    case meanRemaining = "mean I(X_-i;Q)"
    /// C = 1/(2N) Σ_i [I(X_i;Q) + I(X_{-i};Q)].
    case complexity = "GIB complexity"
    /// The control of `complexity`: its mean over seeded permutations of the PMI weights over the samples.
    case shuffledComplexity = "GIB complexity (shuffled weights)"
    /// I(X;Q) − (1/N) Σ_i [I(X_i;Q) + I(X_{-i};Q)]; positive = synergy.
    case averageInteraction = "average interaction information"
    /// I(Z;Y) − I(X;Z)/β, derived on reading.
    case ibObjective = "IB objective"
    /// I(Z;Y) − C/β, derived on reading.
    case gibObjective = "GIB objective"

    /// The order of tables.
    public static func < (a: Quantity, b: Quantity) -> Bool { a.rank < b.rank }

    private static let ranks = Dictionary(uniqueKeysWithValues: allCases.enumerated().map { ($1, $0) })
    private var rank: Int { Self.ranks[self]! }
}
