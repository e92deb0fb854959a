/// The rule that turns a gradient g into the next parameters w, with learning rate η.
public enum Optimizer: Sendable, Hashable, Codable {
    /// Stochastic gradient descent: v ← `momentum`·v + g; w ← w − η·v. Without momentum v = g.
    case sgd(momentum: Double)
    /// Adam with bias correction (β₁ 0.9, β₂ 0.999, ε 1e-8).
    ///
    /// Source: Kingma, Ba, arXiv:1412.6980, algorithm 1.
    case adam

    /// The name in requests and provenance: `sgd` or `adam`.
    public var name: String {
        switch self {
        case .sgd: "sgd"
        case .adam: "adam"
        }
    }
}

/// An optimizer with its memory of past gradients, for one vector of parameters.
struct OptimizerState {
    private let optimizer: Optimizer
    private let learningRate: Double
    private var first: [Float]
    private var second: [Float]
    private var steps = 0

    init(_ optimizer: Optimizer, learningRate: Double, parameters: Int) {
        self.optimizer = optimizer
        self.learningRate = learningRate
        first = Array(repeating: 0, count: parameters)
        second = optimizer == .adam ? first : []
    }

    /// Moves `parameters` one step against `gradient`, both of the count given at creation. O(count), no allocation.
    mutating func step(_ parameters: inout [Float], gradient: UnsafePointer<Float>) {
        steps += 1
        let count = parameters.count
        switch optimizer {
        case .sgd(let momentum):
            let (rate, momentum) = (Float(learningRate), Float(momentum))
            parameters.withUnsafeMutableBufferPointer { w in
                first.withUnsafeMutableBufferPointer { v in
                    for i in 0..<count {
                        v[i] = momentum * v[i] + gradient[i]
                        w[i] -= rate * v[i]
                    }
                }
            }
        case .adam:
            let (beta1, beta2, epsilon): (Float, Float, Float) = (0.9, 0.999, 1e-8)
            let rate = Float(learningRate / (1 - power(0.9, steps)))
            let secondCorrection = Float(1 / (1 - power(0.999, steps)))
            parameters.withUnsafeMutableBufferPointer { w in
                first.withUnsafeMutableBufferPointer { m in
                    second.withUnsafeMutableBufferPointer { v in
                        for i in 0..<count {
                            let g = gradient[i]
                            m[i] = beta1 * m[i] + (1 - beta1) * g
                            v[i] = beta2 * v[i] + (1 - beta2) * g * g
                            w[i] -= rate * m[i] / ((v[i] * secondCorrection).squareRoot() + epsilon)
                        }
                    }
                }
            }
        }
    }

    /// `base` to a whole power, by squaring.
    private func power(_ base: Double, _ exponent: Int) -> Double {
        var (result, square, rest) = (1.0, base, exponent)
        while rest > 0 {
            if rest & 1 == 1 { result *= square }
            square *= square
            rest >>= 1
        }
        return result
    }
}
