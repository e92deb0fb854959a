internal import Spelling

/// A kernel function k(x, y) of two samples of N features, with the parameters and defaults of scikit-learn.
///
/// As text: `rbf`, `rbf:gamma=0.1`, `linear`, `polynomial:degree=3,gamma=0.5,coefficient=1`,
/// `sigmoid:gamma=0.01,coefficient=0`, `cosine`; a parameter that is left out has its default.
public enum Kernel: Hashable, Sendable {
    /// exp(−γ‖x − y‖²); γ > 0, `nil` means 1/N.
    case rbf(gamma: Double? = nil)

    /// x·y.
    case linear

    /// (γ x·y + c)^degree; degree ≥ 1, γ > 0, `nil` means 1/N. Positive semidefinite for c ≥ 0.
    case polynomial(degree: Int = 3, gamma: Double? = nil, coefficient: Double = 1)

    /// tanh(γ x·y + c); γ > 0, `nil` means 1/N. In general not positive semidefinite, so that it has negative eigenvalues.
    case sigmoid(gamma: Double? = nil, coefficient: Double = 1)

    /// x·y / (‖x‖‖y‖); undefined for a sample whose features all are 0.
    case cosine

    /// The names that a kernel's text can begin with.
    public static let names = ["rbf", "linear", "polynomial", "sigmoid", "cosine"]

    /// Whether theory excludes negative eigenvalues of this kernel's matrices (Mercer's condition).
    public var isPositiveSemidefinite: Bool {
        switch self {
        case .rbf, .linear, .cosine: true
        case .polynomial(_, _, let coefficient): coefficient >= 0
        case .sigmoid: false
        }
    }

    /// Checks the parameters: γ finite and above 0, the coefficient finite, the degree at least 1.
    ///
    /// - Throws: ``KernelError/invalidParameter(kernel:name:expected:found:)``.
    public func validate() throws(KernelError) {
        switch self {
        case .linear, .cosine:
            break
        case .rbf(let gamma):
            try validate(gamma: gamma)
        case .polynomial(let degree, let gamma, let coefficient):
            guard degree >= 1 else {
                throw invalid("degree", expected: "a whole number of at least 1", found: String(degree))
            }
            try validate(gamma: gamma)
            try validate(coefficient: coefficient)
        case .sigmoid(let gamma, let coefficient):
            try validate(gamma: gamma)
            try validate(coefficient: coefficient)
        }
    }

    private func validate(gamma: Double?) throws(KernelError) {
        if let gamma, !(gamma > 0 && gamma.isFinite) {
            throw invalid("gamma", expected: "a finite number above 0", found: shortest(gamma))
        }
    }

    private func validate(coefficient: Double) throws(KernelError) {
        guard coefficient.isFinite else {
            throw invalid("coefficient", expected: "a finite number", found: shortest(coefficient))
        }
    }

    private func invalid(_ name: String, expected: String, found: String) -> KernelError {
        .invalidParameter(kernel: self.name, name: name, expected: expected, found: found)
    }

    var name: String {
        switch self {
        case .rbf: "rbf"
        case .linear: "linear"
        case .polynomial: "polynomial"
        case .sigmoid: "sigmoid"
        case .cosine: "cosine"
        }
    }

    /// This kernel with γ = 1/N in the place of a γ that was left out.
    func resolved(features: Int) -> Kernel {
        let standard = 1 / Double(features)
        return switch self {
        case .rbf(let gamma): .rbf(gamma: gamma ?? standard)
        case .polynomial(let degree, let gamma, let coefficient):
            .polynomial(degree: degree, gamma: gamma ?? standard, coefficient: coefficient)
        case .sigmoid(let gamma, let coefficient): .sigmoid(gamma: gamma ?? standard, coefficient: coefficient)
        case .linear, .cosine: self
        }
    }
}

extension Kernel: CustomStringConvertible {
    /// The kernel as text that ``init(_:)`` reads back: a γ of 1/N is left out, degree and coefficient are written.
    public var description: String {
        var parameters: [String] = []
        func add(_ name: String, _ value: Double?) {
            if let value { parameters.append("\(name)=\(shortest(value))") }
        }
        switch self {
        case .linear, .cosine:
            break
        case .rbf(let gamma):
            add("gamma", gamma)
        case .polynomial(let degree, let gamma, let coefficient):
            parameters.append("degree=\(degree)")
            add("gamma", gamma)
            add("coefficient", coefficient)
        case .sigmoid(let gamma, let coefficient):
            add("gamma", gamma)
            add("coefficient", coefficient)
        }
        return parameters.isEmpty ? name : name + ":" + parameters.joined(separator: ",")
    }

    /// Reads a kernel from text such as `rbf` or `polynomial:degree=2,coefficient=0`.
    ///
    /// - Throws: ``KernelError/unknownKernel(_:nearest:)``, ``KernelError/unknownParameter(kernel:text:known:)``,
    ///   ``KernelError/invalidParameter(kernel:name:expected:found:)``.
    public init(_ text: String) throws(KernelError) {
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        let name = parts[0]
        guard let standard = Kernel.standard[name] else {
            throw .unknownKernel(name, nearest: nearest(to: name, among: Kernel.names))
        }
        var given: [String: String] = [:]
        if parts.count > 1 {
            for assignment in parts[1].split(separator: ",", omittingEmptySubsequences: false) {
                let sides = assignment.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
                    .map(String.init)
                guard sides.count == 2, standard.parameters.contains(sides[0]), given[sides[0]] == nil else {
                    throw .unknownParameter(kernel: name, text: String(assignment), known: standard.parameters)
                }
                given[sides[0]] = sides[1]
            }
        }
        func number(_ parameter: String, expected: String) throws(KernelError) -> Double? {
            guard let text = given[parameter] else { return nil }
            guard let value = Double(text) else {
                throw .invalidParameter(kernel: name, name: parameter, expected: expected, found: text)
            }
            return value
        }
        let gamma = try number("gamma", expected: "a finite number above 0")
        let coefficient = try number("coefficient", expected: "a finite number") ?? 1
        switch standard.kernel {
        case .linear, .cosine:
            self = standard.kernel
        case .rbf:
            self = .rbf(gamma: gamma)
        case .sigmoid:
            self = .sigmoid(gamma: gamma, coefficient: coefficient)
        case .polynomial(let standardDegree, _, _):
            var degree = standardDegree
            if let text = given["degree"] {
                guard let value = Int(text) else {
                    throw .invalidParameter(
                        kernel: name, name: "degree", expected: "a whole number of at least 1", found: text)
                }
                degree = value
            }
            self = .polynomial(degree: degree, gamma: gamma, coefficient: coefficient)
        }
        try validate()
    }

    /// Each kernel with its default parameters, and the names of the parameters that its text may set.
    private static let standard: [String: (kernel: Kernel, parameters: [String])] = [
        "rbf": (.rbf(), ["gamma"]),
        "linear": (.linear, []),
        "polynomial": (.polynomial(), ["degree", "gamma", "coefficient"]),
        "sigmoid": (.sigmoid(), ["gamma", "coefficient"]),
        "cosine": (.cosine, []),
    ]
}

/// The shortest decimal that reads back to the same number, whole numbers without a point.
private func shortest(_ value: Double) -> String {
    let text = "\(value)"
    return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
}

/// The name that `text` begins, or else the nearest, however far.
private func nearest(to text: String, among names: [String]) -> String {
    if !text.isEmpty, let match = names.first(where: { $0.hasPrefix(text) }) { return match }
    guard let (word, _) = closest(to: text, among: names) else { preconditionFailure("there are kernels") }
    return word
}
