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
    /// β stands in the parameters as `beta=…`; the flags are those of both terms together. O(m).
    public func derived(from results: ResultSet) -> [Measurement] {
        var relevance: [Measurement.Key: Measurement] = [:]
        for row in results.measurements where row.key.quantity == .labelInformation {
            relevance[Self.pairing(row.key)] = row
        }
        var derived: [Measurement] = []
        for row in results.measurements {
            let objective: Quantity
            switch row.key.quantity {
            case .inputInformation: objective = .ibObjective
            case .complexity: objective = .gibObjective
            default: continue
            }
            guard let relevant = relevance[Self.pairing(row.key)] else { continue }
            for beta in betas {
                var key = row.key
                key.quantity = objective
                key.parameters += (key.parameters.isEmpty ? "" : ";") + "beta=" + Self.text(beta)
                let flags = relevant.flags + row.flags.filter { !relevant.flags.contains($0) }
                derived.append(Measurement(key: key, value: relevant.value - row.value / beta, flags: flags))
            }
        }
        return derived
    }

    /// What an objective's two terms share; the parameters of I(Z;Y) are a part of those of every complexity.
    private static func pairing(_ key: Measurement.Key) -> Measurement.Key {
        var pairing = key
        pairing.quantity = .labelInformation
        pairing.target = ""
        pairing.parameters = key.parameters.split(separator: ";").filter { $0.hasPrefix("labels=") }.joined()
        return pairing
    }

    /// 2 rather than 2.0, 0.5 as 0.5.
    private static func text(_ beta: Double) -> String {
        let text = beta.description
        return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
    }
}
