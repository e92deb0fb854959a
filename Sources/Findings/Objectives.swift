internal import InformationTheory
public import Results

/// The objectives that trade relevance against complexity, derived from stored measurements for any β.
///
/// IB objective: I(Z;Y) − I(X;Z)/β (Tishby, Pereira, Bialek 1999, with the multiplier on the complexity).
/// GIB objective: I(Z;Y) − C/β (arXiv 2509.26327). Both are linear in stored rows, so they are never stored themselves.
public struct Objectives: Sendable {
    /// The trade-off parameters, each positive.
    public let betas: [Double]

    /// Creates the derivation for these β.
    ///
    /// - Throws: where a β is not a positive finite number.
    public init(betas: [Double]) throws(FindingsError) {
        for beta in betas where !(beta > 0 && beta.isFinite) {
            throw FindingsError(
                place: "beta \(beta)", problem: "β divides the complexity; expected a positive finite number",
                remedy: "Give one or more such as 0.5,1,2.")
        }
        self.betas = betas
    }

    /// Returns the objectives of every layer record: one row per β for each I(X;Z) and for each GIB complexity that has an
    /// I(Z;Y) of the same layer, epoch, estimator, discretization and samples.
    ///
    /// β stands in the parameters as `beta=…`; the shuffles of null hypotheses do not, because the objective has none. The
    /// flags are those of both terms together. The standard error is SE(I(Z;Y)) + SE(complexity)/β, an upper bound: the
    /// terms come from the same samples, and their correlation is not known. O(m).
    public func derived(from results: ResultSet) -> [Measurement] {
        var relevance: [Measurement.Key: [Measurement]] = [:]
        for row in results.measurements where row.key.quantity == .labelInformation {
            relevance[Self.cell(row.key), default: []].append(row)
        }
        var derived: [Measurement] = []
        var seen: Set<Measurement.Key> = []
        for row in results.measurements {
            let objective: Quantity
            switch row.key.quantity {
            case .inputInformation: objective = .ibObjective
            case .complexity: objective = .gibObjective
            default: continue
            }
            for relevant in relevance[Self.cell(row.key)] ?? [] where Self.share(row.key, relevant.key) {
                // What I(Z;Y) depends on, the complexity depends on too, except for I(X;Z), which knows no labels.
                let added = Self.parameters(relevant.key).filter { !Self.parameters(row.key).contains($0) }
                let flags = Flags.allNames.filter { relevant.flags.contains($0) || row.flags.contains($0) }
                for beta in betas {
                    var key = row.key
                    key.quantity = objective
                    key.parameters = (Self.parameters(row.key) + added + ["beta=" + Self.text(beta)]).joined(
                        separator: ";")
                    // Rows that differ in their shuffles alone have one objective.
                    guard seen.insert(key).inserted else { continue }
                    let error = relevant.standardError.flatMap { own in row.standardError.map { own + $0 / beta } }
                    derived.append(
                        Measurement(
                            key: key, value: relevant.value - row.value / beta, standardError: error, flags: flags))
                }
            }
        }
        return derived
    }

    /// What both terms of an objective have in common, whatever their parameters.
    private static func cell(_ key: Measurement.Key) -> Measurement.Key {
        var cell = key
        cell.quantity = .labelInformation
        cell.target = ""
        cell.parameters = ""
        return cell
    }

    /// Whether no parameter that both terms have differs: the binning of real labels, the step; and both have error bars, or none.
    private static func share(_ a: Measurement.Key, _ b: Measurement.Key) -> Bool {
        guard parameters(a).contains("errors=none") == parameters(b).contains("errors=none") else { return false }
        return ["labels=", "step="].allSatisfy { name in
            let mine = parameters(a).first { $0.hasPrefix(name) }
            let theirs = parameters(b).first { $0.hasPrefix(name) }
            return mine == nil || theirs == nil || mine == theirs
        }
    }

    /// The parameters that the value depends on.
    private static func parameters(_ key: Measurement.Key) -> [String] {
        key.parameters.split(separator: ";").map(String.init).filter { parameter in
            !["permutations=", "shuffles=", "seed="].contains { parameter.hasPrefix($0) }
        }
    }

    /// 2 rather than 2.0, 0.5 as 0.5.
    private static func text(_ beta: Double) -> String {
        let text = beta.description
        return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
    }
}
