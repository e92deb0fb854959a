internal import Randomness

/// The 2N + 1 terms of the Generalized Information Bottleneck for one input, layer and target.
///
/// C = 1/(2N)·Σ_i [ I(X_i;Q) + I(X_{-i};Q) ]. All terms are under the measure of the target; see `Target` for the bounds.
/// With `Flags.saturatedInputs`, I(X_{-i};Q) is I(X;Q) for most samples, and C says nothing of synergy.
///
/// Source: arXiv:2509.26327.
public struct GIBTerms: Sendable, Equatable {
    /// I(X_i;Q) of each feature, in bits.
    public let single: [Double]
    /// I(X_{-i};Q) of each feature, in bits; 0 where N = 1, because nothing remains then.
    public let remaining: [Double]
    /// I(X;Q) in bits.
    public let joint: Double
    /// H(Q) in bits: the ceiling of every term.
    public let targetEntropy: Double
    /// The complexity after each permutation of the weights over the samples, in bits: what C is when the weights say
    /// nothing of the samples. Empty for targets without sample weights (see `Target.isWeightedHard`).
    public let shuffledComplexities: [Double]

    init(
        single: [Double], remaining: [Double], joint: Double, targetEntropy: Double,
        shuffledComplexities: [Double] = []
    ) {
        self.single = single
        self.remaining = remaining
        self.joint = joint
        self.targetEntropy = targetEntropy
        self.shuffledComplexities = shuffledComplexities
    }

    /// The mean of `shuffledComplexities` in bits; nil where there is none.
    public var shuffledComplexity: Double? { shuffledComplexities.isEmpty ? nil : mean(shuffledComplexities) }

    /// The standard error of `shuffledComplexity` in bits: sd over the permutations by their square root, the error of
    /// drawing so few; nil for fewer than two.
    public var shuffledStandardError: Double? { standardErrorOfMean(shuffledComplexities) }

    /// The mean of I(X_i;Q) in bits.
    public var meanSingle: Double { mean(single) }
    /// The mean of I(X_{-i};Q) in bits.
    public var meanRemaining: Double { mean(remaining) }
    /// C in bits.
    public var complexity: Double { (meanSingle + meanRemaining) / 2 }
    /// The average interaction information I(X;Q) − 1/N·Σ_i [ I(X_i;Q) + I(X_{-i};Q) ] in bits: positive for synergy (XOR
    /// has +1), negative for redundancy.
    public var averageInteraction: Double { joint - (meanSingle + meanRemaining) }
}

/// Computes the GIB terms of one layer record.
///
/// `latent` and `labels` have the samples of `inputs`, in the same order. `seed` draws the permutations of the
/// shuffled-weight control, of which there are `shuffles` (0: no control). The same arguments give the same bits.
///
/// Conditional entropies carry the computation: I(X_{-i};Q) = I(X;Q) − Σ_g ΔH_g, where ΔH_g ≥ 0 is what is lost of Q in a
/// group g of rows that differ in feature i alone. So rows that are unique without feature i cost nothing, and the loss
/// of uniform bits under a deterministic Q = Y is the influence of bit i, exactly.
///
/// O(N·(n + B·|Q|)) for few target symbols; for as many target symbols as samples (`latent`) a few times more.
public func gibTerms(
    inputs: InputFeatures, latent: Symbols, labels: Symbols, target: Target, seed: UInt64, shuffles: Int = 10
) -> GIBTerms {
    precondition(latent.sampleCount == inputs.sampleCount, "the latent symbols need the samples of the inputs")
    precondition(labels.sampleCount == inputs.sampleCount, "the labels need the samples of the inputs")
    precondition(shuffles >= 0, "a number of permutations is not negative")
    let measure = TargetMeasure(target, inputs: inputs, latent: latent, labels: labels)
    let terms = CouplingTerms(measure.coupling, inputs)
    guard target.isWeightedHard else { return GIBTerms(terms, shuffledComplexities: []) }
    let weights = PointwiseInformation(latent: latent, labels: labels).weights
    var generator = SplitMix64(seed: seed)
    let shuffled = (0..<shuffles).map { _ in
        let order = generator.permutation(of: weights.count)
        return CouplingTerms(measure.weighted(by: order.map { weights[$0] }), inputs).complexity
    }
    return GIBTerms(terms, shuffledComplexities: shuffled)
}

extension GIBTerms {
    init(_ terms: CouplingTerms, shuffledComplexities: [Double] = []) {
        self.init(
            single: terms.single, remaining: terms.remaining, joint: terms.joint, targetEntropy: terms.targetEntropy,
            shuffledComplexities: shuffledComplexities)
    }
}

extension CouplingTerms {
    var complexity: Double { (mean(single) + mean(remaining)) / 2 }
}

/// The measure over input rows and target symbols under which the terms of a target are taken, for all samples or some.
struct TargetMeasure: Sendable {
    private let target: Target
    private let inputs: InputFeatures
    private let latent: Symbols
    private let labels: Symbols
    /// The cells of a target that has one symbol per sample.
    private let hard: HardCoupling?

    init(_ target: Target, inputs: InputFeatures, latent: Symbols, labels: Symbols) {
        self.target = target
        self.inputs = inputs
        self.latent = latent
        self.labels = labels
        hard =
            switch target {
            case .label, .pmiLabel: HardCoupling(rows: inputs.rows, target: labels)
            case .latent, .pmiLatent: HardCoupling(rows: inputs.rows, target: latent)
            case .pmiJoint: HardCoupling(rows: inputs.rows, target: joint(latent, labels))
            case .pmiSoft, .pmiErasure, .pmiSoftJoint, .softLabel: nil
            }
    }

    /// The measure of all samples.
    var coupling: Coupling {
        guard let hard else { return soft(rows: inputs.rows.ids, latent, labels) }
        guard target.isWeightedHard else { return hard.unweighted }
        return hard.weighted(by: PointwiseInformation(latent: latent, labels: labels).weights)
    }

    /// The measure of some samples, as if there were no others: PMI and its weights are theirs too.
    func coupling(ofSamples kept: [Int]) -> Coupling {
        let keptLatent = latent.restricted(to: kept)
        let keptLabels = labels.restricted(to: kept)
        guard let hard else { return soft(rows: kept.map { inputs.rows.ids[$0] }, keptLatent, keptLabels) }
        var masses = [Double](repeating: 0, count: inputs.sampleCount)
        if target.isWeightedHard {
            let weights = PointwiseInformation(latent: keptLatent, labels: keptLabels).weights
            for (place, sample) in kept.enumerated() { masses[sample] = weights[place] }
        } else {
            for sample in kept { masses[sample] = 1 }
        }
        return hard.weighted(by: masses)
    }

    /// The measure of a hard target with any masses of the samples.
    func weighted(by masses: [Double]) -> Coupling {
        guard let hard else { preconditionFailure("\(target) has no weights of samples") }
        return hard.weighted(by: masses)
    }

    private func soft(rows: [Int32], _ latent: Symbols, _ labels: Symbols) -> Coupling {
        let soft = SoftTarget(target, latent: latent, labels: labels)
        return Coupling(rows: rows, rowCount: inputs.rows.count, latent: latent, soft: soft)
    }
}
