/// What the GIB terms I(X_i;Q) and I(X_{-i};Q) are about: the options for Q, and the controls beside them.
///
/// The publication (arXiv:2509.26327) speaks of a "PMI-weighted target distribution" that should "focus on correct
/// predictions" and leaves Q open; each case is one precise reading of it. Below, z and y are the latent symbol and the
/// label of a sample, p(y|z) = c(z,y)/c(z) over the analyzed samples, PMI(z;y) = log2(p(y|z)/p(y)), w_s the weights of
/// `PointwiseInformation`, |Y| the number of labels that occur. C is the complexity
/// 1/(2N)·Σ_i [ I(X_i;Q) + I(X_{-i};Q) ] in bits. With one label only, every target but `latent` gives 0.
///
/// A hard target has one Q per sample; a soft one has a distribution over labels that depends on z alone, so that
/// X → Z → Q is a Markov chain under uniform samples and the data processing inequality bounds C.
public enum Target: String, CaseIterable, Sendable, CustomStringConvertible {
    /// Q = Y, every sample with weight w_s (the default).
    ///
    /// C ≤ H_w(Y) ≤ log2|Y|. C ≤ I(X;Z) only if Z determines Y and the labels are balanced: the weights change the
    /// measure, not only the target. Weight goes to rare labels. Zero total weight: 0. Stems from arXiv:2509.26327.
    case pmiLabel = "pmi-label"
    /// Unweighted; P(Q = y|z) ∝ p(y|z)·max(0, PMI(z;y)), and p(y) where no PMI of z is positive.
    ///
    /// C ≤ I(Z;Q) ≤ min(H(Z), log2|Y|), always. It does not go to 0 with I(Z;Y): for two labels Q is the label that z
    /// speaks for, be p(y|z) a little or far above p(y). Zero total weight: Q is p(y) everywhere, hence 0. Stems from
    /// arXiv:2509.26327.
    case pmiSoft = "pmi-soft"
    /// Unweighted; P(Q = y|z) = p(y|z)·max(0, PMI(z;y)) / max_y log2(1/p(y)); the rest is one extra symbol, "erased".
    ///
    /// C ≤ I(Z;Q) ≤ min(H(Z), log2(|Y|+1)); goes to 0 with I(Z;Y), which `pmiSoft` does not. Smaller throughout for
    /// unbalanced labels, because of the one normalization. Zero total weight: all is erased, 0. Stems from arXiv:2509.26327.
    case pmiErasure = "pmi-erasure"
    /// Q = Z, every sample with weight w_s.
    ///
    /// C ≤ H_w(Z). Not finite for continuous nets as bins shrink: saturates at log2 of the number of samples with positive
    /// weight. Zero total weight: 0. Stems from arXiv:2509.26327.
    case pmiLatent = "pmi-latent"
    /// Q = (Z, Y), every sample with weight w_s.
    ///
    /// C ≤ H_w(Z,Y). Equals `pmiLatent` for two labels, where one symbol has positive PMI with at most one label.
    /// Saturates as `pmiLatent`. Zero total weight: 0. Stems from arXiv:2509.26327.
    case pmiJoint = "pmi-joint"
    /// P(x, y) ∝ p(x)·p(y|z)·max(0, PMI(z;y)): inputs are weighted too.
    ///
    /// C ≤ log2|Y|. Close to `pmiLabel`: the same total weight, spread over all samples of z instead of given to those
    /// with the label y. Zero total weight: 0. Stems from arXiv:2509.26327.
    case pmiSoftJoint = "pmi-soft-joint"
    /// Q = Y, unweighted: what the inputs say of the label, whatever the network does (control of `pmiLabel`).
    ///
    /// C ≤ H(Y) ≤ log2|Y|.
    case label = "label"
    /// Q = Z, unweighted (control of `pmiLatent`).
    ///
    /// C ≤ H(Z) ≤ log2 n; saturates as I(X;Z) does.
    case latent = "latent"
    /// Unweighted; P(Q = y|z) = p(y|z) (control of `pmiSoft`).
    ///
    /// C ≤ I(Z;Q) = I(Z;Y) ≤ min(H(Z), H(Y)).
    case softLabel = "soft-label"

    /// Finds the target with this name.
    ///
    /// - Throws: `InformationError.unknownName` with the nearest name.
    public init(named name: String) throws(InformationError) {
        guard let target = Target(rawValue: name) else {
            throw .unknownName(
                kind: "target", text: name, nearest: nearest(to: name, among: Target.allCases.map(\.rawValue)))
        }
        self = target
    }

    /// The name, as options and results have it.
    public var description: String { rawValue }

    /// Whether every sample has one Q and a PMI weight: the targets that have a shuffled-weight control.
    public var isWeightedHard: Bool {
        switch self {
        case .pmiLabel, .pmiLatent, .pmiJoint: true
        case .pmiSoft, .pmiErasure, .pmiSoftJoint, .label, .latent, .softLabel: false
        }
    }
}
