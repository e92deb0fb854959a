#if canImport(Darwin)
    internal import Darwin
#else
    internal import Glibc
#endif

/// The function that a hidden layer applies to each unit's weighted sum z.
public enum Activation: String, Sendable, Hashable, Codable, CaseIterable {
    /// tanh z.
    case tanh
    /// max(0, z); its slope at 0 is taken as 0.
    case relu
    /// z for z > 0, else z/100 (PyTorch's default slope).
    case leakyReLU = "leaky-relu"
    /// 1 / (1 + exp(−z)).
    case sigmoid
    /// log(1 + exp z).
    case softplus
    /// z·Φ(z) with the distribution function Φ of the standard normal, exact by erf.
    ///
    /// Source: Hendrycks, Gimpel, arXiv:1606.08415, section 2.
    case gelu
    /// z.
    case identity

    /// Reads an activation by its name.
    public init(named name: String) throws(TrainingError) {
        guard let activation = Activation(rawValue: name) else {
            let known = Activation.allCases.map(\.rawValue).joined(separator: ", ")
            throw TrainingError(
                .request, "activation: “\(name)” is not known; expected one of \(known). Choose one of these.")
        }
        self = activation
    }

    /// The factor k of the initial weights' variance k / (units below): 2 for the rectifying functions, which pass on
    /// half of the variance, 1 for the others.
    ///
    /// Source: He et al., arXiv:1502.01852, eq. 10; LeCun et al., "Efficient BackProp", 1998, section 4.6.
    var varianceGain: Float {
        switch self {
        case .relu, .leakyReLU, .gelu: 2
        case .tanh, .sigmoid, .softplus, .identity: 1
        }
    }

    /// Replaces the sums z by their activations and, where `slopes` is given, writes the derivatives there.
    ///
    /// One loop per function without branches on the case inside. O(count).
    func apply(to z: UnsafeMutableBufferPointer<Float>, slopes: UnsafeMutableBufferPointer<Float>?) {
        switch self {
        case .tanh:
            Self.map(z, slopes) { z in
                let a = tanhf(z)
                return (a, 1 - a * a)
            }
        case .relu: Self.map(z, slopes) { z in z > 0 ? (z, 1) : (z.isNaN ? z : 0, 0) }
        case .leakyReLU: Self.map(z, slopes) { z in z > 0 ? (z, 1) : (0.01 * z, 0.01) }
        case .sigmoid:
            Self.map(z, slopes) { z in
                let a = 1 / (1 + expf(-z))
                return (a, a * (1 - a))
            }
        case .softplus:
            Self.map(z, slopes) { z in
                let tail = expf(-abs(z))
                return (max(z, 0) + log1pf(tail), z >= 0 ? 1 / (1 + tail) : tail / (1 + tail))
            }
        case .gelu:
            Self.map(z, slopes) { z in
                let distribution = 0.5 * (1 + erff(z * Float(0.5).squareRoot()))
                let density = expf(-0.5 * z * z) * (0.5 / Float.pi).squareRoot()
                return (z * distribution, distribution + z * density)
            }
        case .identity: Self.map(z, slopes) { z in (z, 1) }
        }
    }

    @inline(__always)
    private static func map(
        _ values: UnsafeMutableBufferPointer<Float>, _ slopes: UnsafeMutableBufferPointer<Float>?,
        _ function: (Float) -> (value: Float, slope: Float)
    ) {
        if let slopes {
            for i in values.indices { (values[i], slopes[i]) = function(values[i]) }
        } else {
            for i in values.indices { values[i] = function(values[i]).value }
        }
    }
}
