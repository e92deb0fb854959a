/// How an information quantity is estimated from samples, and the name under which the user asked for it.
///
/// | text | what it takes | gives |
/// |---|---|---|
/// | `plug-in`, `miller-madow`, `chao-shen`, `grassberger`, `jackknife`, `shrinkage`, `nsb` | symbols | H, I |
/// | `pairwise-upper:variance=V`, `pairwise-lower:variance=V` | real vectors | H(Z + noise), I with input or label |
/// | `ksg1:k=K`, `ksg2:k=K` | two real vectors | I |
/// | `kozachenko-leonenko:k=K` | a real vector | differential entropy |
/// | `ross:k=K` | a real vector and a label | I |
/// | `gaussian-copula` | real vectors, or a real vector and a label | I |
///
/// Presets keep their names: `saxe-upper-0.001`, `saxe-lower-0.001`, `saxe-upper-0.1`, `saxe-lower-0.1` (the noise
/// variances of Saxe et al. 2018). Without parameters, V is 0.001 and K is 3.
public struct Estimator: Hashable, Sendable, CustomStringConvertible {
    /// What is done with the samples.
    public enum Method: Hashable, Sendable {
        /// From the counts of symbols.
        case counts(EntropyCorrection)
        /// Kolchinsky and Tracey 2017: a bound on the entropy of samples plus Gaussian noise.
        case pairwise(PairwiseBound, noiseVariance: Double)
        /// Kraskov, Stögbauer, Grassberger 2004, their estimator 1 or 2.
        case ksg(KSGVariant, neighbours: Int)
        /// Kozachenko and Leonenko 1987.
        case kozachenkoLeonenko(neighbours: Int)
        /// Ross 2014.
        case ross(neighbours: Int)
        /// Ince et al. 2017.
        case gaussianCopula
    }

    /// What is done with the samples.
    public let method: Method
    /// The canonical text: reading it gives an equal estimator, and a preset keeps its own name.
    public let description: String

    /// The plug-in estimator, the default.
    public static let plugIn = Estimator(.counts(.plugIn))
    /// The names of the presets.
    public static let presets = presetMethods.map(\.name)
    /// The names that a text may begin with, without the presets.
    public static let names =
        EntropyCorrection.allCases.map(\.rawValue)
        + ["pairwise-upper", "pairwise-lower", "ksg1", "ksg2", "kozachenko-leonenko", "ross", "gaussian-copula"]

    /// Creates the estimator of a method, under its canonical text.
    ///
    /// Programmer error: parameters that no text can name.
    public init(_ method: Method) {
        precondition(method.isValid, "\(method) is no valid method")
        self.method = method
        description = method.text
    }

    /// Reads one of the text forms above or the name of a preset.
    ///
    /// - Throws: `.unknownName` with the nearest name; `.invalidEstimator` with what was expected.
    public init(_ text: String) throws(InformationError) {
        if let preset = Self.presetMethods.first(where: { $0.name == text }) {
            method = preset.method
            description = text
            return
        }
        let method = try Method(text: text)
        self.method = method
        description = method.text
    }

    /// Whether it works on symbols, so that real values must be binned first.
    public var takesSymbols: Bool {
        if case .counts = method { return true }
        return false
    }

    /// What ``pairwiseEstimates(of:with:bounds:seed:errorBars:jobs:)`` takes, which gives several at once; nil for other
    /// estimators.
    public var pairwiseBound: (bound: PairwiseBound, noiseVariance: Double)? {
        guard case .pairwise(let bound, let noiseVariance) = method else { return nil }
        return (bound, noiseVariance)
    }

    private static let presetMethods: [(name: String, method: Method)] = [
        ("saxe-upper-0.001", .pairwise(.upper, noiseVariance: 0.001)),
        ("saxe-lower-0.001", .pairwise(.lower, noiseVariance: 0.001)),
        ("saxe-upper-0.1", .pairwise(.upper, noiseVariance: 0.1)),
        ("saxe-lower-0.1", .pairwise(.lower, noiseVariance: 0.1)),
    ]
}

/// Which side of the entropy of a mixture a pairwise-distance estimate bounds.
public enum PairwiseBound: String, Sendable {
    /// From above, by Kullback–Leibler divergences.
    case upper
    /// From below, by Bhattacharyya distances.
    case lower
}

/// The two estimators of Kraskov, Stögbauer and Grassberger 2004.
public enum KSGVariant: Int, Sendable {
    /// Their eq. 8: one radius for both marginals, from the joint space.
    case one = 1
    /// Their eq. 9: a radius of its own for each marginal.
    case two = 2
}

extension Estimator.Method {
    private static let mostNeighbours = 10_000

    fileprivate var isValid: Bool {
        switch self {
        case .counts, .gaussianCopula: true
        case .pairwise(_, let variance): variance > 0 && variance.isFinite
        case .ksg(_, let k), .kozachenkoLeonenko(let k), .ross(let k): 1...Self.mostNeighbours ~= k
        }
    }

    fileprivate var text: String {
        switch self {
        case .counts(let correction): correction.rawValue
        case .pairwise(let bound, let variance): "pairwise-\(bound.rawValue):variance=\(shortest(variance))"
        case .ksg(let variant, let k): "ksg\(variant.rawValue):k=\(k)"
        case .kozachenkoLeonenko(let k): "kozachenko-leonenko:k=\(k)"
        case .ross(let k): "ross:k=\(k)"
        case .gaussianCopula: "gaussian-copula"
        }
    }

    fileprivate init(text: String) throws(InformationError) {
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        let name = parts[0]
        let parameter = parts.count == 2 ? parts[1] : nil
        switch name {
        case "pairwise-upper": self = .pairwise(.upper, noiseVariance: try Self.variance(parameter, of: text))
        case "pairwise-lower": self = .pairwise(.lower, noiseVariance: try Self.variance(parameter, of: text))
        case "ksg1": self = .ksg(.one, neighbours: try Self.neighbours(parameter, of: text))
        case "ksg2": self = .ksg(.two, neighbours: try Self.neighbours(parameter, of: text))
        case "kozachenko-leonenko": self = .kozachenkoLeonenko(neighbours: try Self.neighbours(parameter, of: text))
        case "ross": self = .ross(neighbours: try Self.neighbours(parameter, of: text))
        case "gaussian-copula": self = .gaussianCopula
        default:
            guard let correction = EntropyCorrection(rawValue: name) else {
                let known = Estimator.names + Estimator.presets
                throw .unknownName(kind: "estimator", text: text, nearest: nearest(to: name, among: known))
            }
            self = .counts(correction)
        }
        switch self {
        case .counts, .gaussianCopula:
            if parameter != nil { throw .invalidEstimator(text: text, expected: "\(name) without parameters") }
        case .pairwise, .ksg, .kozachenkoLeonenko, .ross: break
        }
    }

    private static func neighbours(_ parameter: String?, of text: String) throws(InformationError) -> Int {
        guard let parameter else { return 3 }
        guard parameter.hasPrefix("k="), let k = Int(parameter.dropFirst(2)), 1...mostNeighbours ~= k else {
            throw .invalidEstimator(text: text, expected: "a number of neighbours such as k=3, 1 ... \(mostNeighbours)")
        }
        return k
    }

    private static func variance(_ parameter: String?, of text: String) throws(InformationError) -> Double {
        guard let parameter else { return 0.001 }
        let prefix = "variance="
        guard parameter.hasPrefix(prefix), let variance = Double(parameter.dropFirst(prefix.count)), variance > 0,
            variance.isFinite
        else { throw .invalidEstimator(text: text, expected: "a positive noise variance such as variance=0.001") }
        return variance
    }
}
