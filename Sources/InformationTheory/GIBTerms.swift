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
    /// The mean complexity after the weights were permuted over the samples, in bits: what C is when the weights say
    /// nothing of the samples. Nil for targets without sample weights (see `Target.isWeightedHard`).
    public let shuffledComplexity: Double?

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
    let rows = inputs.rows
    switch target {
    case .label:
        return GIBTerms(CouplingTerms(HardCoupling(rows: rows, target: labels).unweighted, inputs))
    case .latent:
        return GIBTerms(CouplingTerms(HardCoupling(rows: rows, target: latent).unweighted, inputs))
    case .pmiSoft, .pmiErasure, .pmiSoftJoint, .softLabel:
        let soft = SoftTarget(target, latent: latent, labels: labels)
        return GIBTerms(CouplingTerms(Coupling(rows: rows, latent: latent, soft: soft), inputs))
    case .pmiLabel, .pmiLatent, .pmiJoint:
        let weights = PointwiseInformation(latent: latent, labels: labels).weights
        let symbols = target == .pmiLabel ? labels : target == .pmiLatent ? latent : joint(latent, labels)
        let coupling = HardCoupling(rows: rows, target: symbols)
        let terms = CouplingTerms(coupling.weighted(by: weights), inputs)
        if shuffles == 0 { return GIBTerms(terms) }
        var generator = SplitMix64(seed: seed)
        var shuffled: [Double] = []
        for _ in 0..<shuffles {
            let order = generator.permutation(of: weights.count)
            let permuted = CouplingTerms(coupling.weighted(by: order.map { weights[$0] }), inputs)
            shuffled.append((mean(permuted.single) + mean(permuted.remaining)) / 2)
        }
        return GIBTerms(terms, shuffledComplexity: mean(shuffled))
    }
}

extension GIBTerms {
    fileprivate init(_ terms: CouplingTerms, shuffledComplexity: Double? = nil) {
        single = terms.single
        remaining = terms.remaining
        joint = terms.joint
        targetEntropy = terms.targetEntropy
        self.shuffledComplexity = shuffledComplexity
    }
}
