internal import Randomness

/// How inputs are changed to mislead the network, by at most ε per input and never outside the data's valid range.
///
/// Gradients are those of each sample's loss for its true label, at the network's present parameters. Where the network
/// is so sure that its gradient underflows to 0, the gradient attacks leave the input as it is: a high accuracy under
/// attack is then not robustness.
public struct Adversary: Sendable, Hashable, Codable {
    /// The way of the change.
    public enum Attack: Sendable, Hashable, Codable {
        /// x + ε·sign(∇ₓ loss). Source: Goodfellow, Shlens, Szegedy, arXiv:1412.6572, section 4.
        case fgsm
        /// `steps` times x + `stepSize`·sign(∇ₓ loss), each time brought back to within ε of the sample, from a uniform
        /// random start within ε. Source: Madry et al., arXiv:1706.06083, section 2.1.
        case pgd(steps: Int, stepSize: Double)
        /// Each input moved by +ε or −ε with equal chance: the size of FGSM without knowledge of the network, its control.
        case noise
    }

    /// The samples that are attacked for the recorded split.
    public enum Target: String, Sendable, Hashable, Codable {
        /// The recorded training samples: the split `train-fgsm` stands beside `train`, sample for sample, and there
        /// is one in every run.
        case train
        /// The recorded test samples: the accuracy is the robustness that publications report.
        case test
    }

    /// The way of the change.
    public let attack: Attack

    /// ε: the largest change of one input, in units of the inputs as the network sees them.
    public let epsilon: Double

    /// The samples that are attacked for the recorded split.
    public let target: Target

    /// Creates an adversary; `TrainingRequest` says what numbers are possible.
    public init(_ attack: Attack, epsilon: Double, target: Target = .train) {
        self.attack = attack
        self.epsilon = epsilon
        self.target = target
    }

    /// `fgsm`, `pgd` or `noise`.
    public var name: String {
        switch attack {
        case .fgsm: "fgsm"
        case .pgd: "pgd"
        case .noise: "noise"
        }
    }

    /// The name of the recorded split: `train-fgsm`, `test-pgd`, ...
    public var splitName: String { "\(target.rawValue)-\(name)" }

    /// The name of the metric where the adversary is only measured: `test_fgsm_accuracy`, `test_pgd_accuracy`, ...
    public var metricName: String { "\(target.rawValue)_\(name)_accuracy" }

    /// All its numbers in words: `pgd, epsilon 0.1, 10 steps of 0.025`.
    var summary: String {
        guard case .pgd(let steps, let stepSize) = attack else { return "\(name), epsilon \(epsilon)" }
        return "\(name), epsilon \(epsilon), \(steps) steps of \(stepSize)"
    }

    /// Whether the other changes inputs in the same way, whatever samples either is meant for.
    func changesInputs(as other: Adversary?) -> Bool { attack == other?.attack && epsilon == other?.epsilon }

    /// Changes the inputs of `pass` in place; `generator` gives the random sequence of a row, so that the result does
    /// not depend on how samples are divided among passes.
    func apply(
        to pass: NetworkPass, parameters: UnsafePointer<Float>, bounds: InputBounds, clean: UnsafeMutablePointer<Float>,
        generator: (_ row: Int) -> SplitMix64
    ) {
        let width = pass.widths[0]
        let epsilon = Float(epsilon)
        switch attack {
        case .fgsm:
            follow(pass, parameters, bounds, step: epsilon) { _, x in x }
        case .pgd(let steps, let stepSize):
            clean.update(from: pass.inputs, count: pass.rows * width)
            for row in 0..<pass.rows {
                var random = generator(row)
                for column in 0..<width {
                    let i = row * width + column
                    let start = clean[i] + epsilon * Float(2 * random.nextUniform() - 1)
                    pass.inputs[i] = bounds.clip(start, column)
                }
            }
            for _ in 0..<steps {
                follow(pass, parameters, bounds, step: Float(stepSize)) { i, x in
                    min(max(x, clean[i] - epsilon), clean[i] + epsilon)
                }
            }
        case .noise:
            for row in 0..<pass.rows {
                var random = generator(row)
                var bits: UInt64 = 0
                for column in 0..<width {
                    if column % 64 == 0 { bits = random.next() }
                    let i = row * width + column
                    pass.inputs[i] = bounds.clip(pass.inputs[i] + (bits & 1 == 1 ? epsilon : -epsilon), column)
                    bits >>= 1
                }
            }
        }
    }

    /// One step along the sign of the gradient, then `limit`, then the valid range.
    @inline(__always)
    private func follow(
        _ pass: NetworkPass, _ parameters: UnsafePointer<Float>, _ bounds: InputBounds, step: Float,
        limit: (_ index: Int, _ value: Float) -> Float
    ) {
        pass.forward(parameters, keepingSlopes: true)
        pass.backward(parameters, scale: 1, forParameters: false, forInputs: true)
        let width = pass.widths[0]
        for row in 0..<pass.rows {
            for column in 0..<width {
                let i = row * width + column
                let slope = pass.inputGradient[i]
                let sign: Float = slope > 0 ? 1 : (slope < 0 ? -1 : 0)
                pass.inputs[i] = bounds.clip(limit(i, pass.inputs[i] + step * sign), column)
            }
        }
    }
}
