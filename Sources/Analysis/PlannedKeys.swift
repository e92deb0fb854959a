internal import InformationTheory
public import Results

extension AnalysisPlan {
    /// The key under which a number of this unit is stored.
    func key(
        _ quantity: Quantity, of unit: Unit, binning: Binning? = nil, target: Target? = nil
    ) -> Measurement.Key {
        Measurement.Key(
            archive: archiveID, split: unit.split.name, layer: unit.layer?.name ?? "", order: unit.layer?.order,
            epoch: unit.layer == nil ? nil : epochs[unit.record], quantity: quantity,
            discretization: binning?.discretization.description ?? "", range: binning?.resolvedText ?? "",
            target: target?.rawValue ?? "", parameters: parameters(of: quantity, unit: unit), samples: unit.samples)
    }

    /// Every key that the unit fills.
    func keys(of unit: Unit) -> [Measurement.Key] {
        guard unit.layer != nil else { return [key(.labelEntropy, of: unit)] }
        return unit.binnings.flatMap { keys(of: unit, binning: $0) }
    }

    func keys(of unit: Unit, binning: Binning) -> [Measurement.Key] {
        let terms = Self.informationQuantities.map { key($0, of: unit, binning: binning) }
        guard binning.hasGIB else { return terms }
        return terms + request.targets.flatMap { target in keys(of: unit, binning: binning, target: target) }
    }

    func keys(of unit: Unit, binning: Binning, target: Target) -> [Measurement.Key] {
        Self.targetQuantities(of: target).map { key($0, of: unit, binning: binning, target: target) }
    }

    static let informationQuantities: [Quantity] = [
        .layerEntropy, .inputInformation, .labelInformation, .totalCorrelation,
    ]

    static func targetQuantities(of target: Target) -> [Quantity] {
        let terms: [Quantity] = [
            .targetInformation, .meanSingle, .meanRemaining, .complexity, .averageInteraction,
        ]
        return target.isWeightedHard ? terms + [.shuffledComplexity] : terms
    }

    /// How many numbers the whole plan has.
    public var measurementCount: Int { units.reduce(0) { $0 + keys(of: $1).count } }

    /// The keys of the plan that the results do not hold yet.
    public func missingKeys(in results: ResultSet) -> Set<Measurement.Key> {
        Set(units.flatMap { keys(of: $0) }.filter { results[$0] == nil })
    }

    /// Returns what the results do not hold yet: units with the discretizations that lack a number or a kept array.
    public func missing(from results: ResultSet) -> [Unit] {
        units.compactMap { unit in
            guard unit.layer != nil else {
                return results[key(.labelEntropy, of: unit)] == nil ? unit : nil
            }
            let open = unit.binnings.filter { binning in
                keys(of: unit, binning: binning).contains { results[$0] == nil }
                    || keptKeys(of: unit, binning: binning).contains {
                        results.pointwise[$0] == nil && results.featureTerms[$0] == nil
                    }
            }
            guard !open.isEmpty else { return nil }
            return Unit(
                split: unit.split, layer: unit.layer, record: unit.record, samples: unit.samples, binnings: open)
        }
    }

    /// The keys that have an array beside their measurement.
    private func keptKeys(of unit: Unit, binning: Binning) -> [Measurement.Key] {
        guard binning.keepsArrays else { return [] }
        let complexities = request.targets.map { key(.complexity, of: unit, binning: binning, target: $0) }
        return [key(.labelInformation, of: unit, binning: binning)] + (binning.hasGIB ? complexities : [])
    }

    /// Returns whether a stored row was binned over a range that the archive, grown since, no longer has.
    ///
    /// Rows of one key but another range contradict the plan; they are dropped and computed anew.
    public func staleRange() -> (Measurement.Key) -> Bool {
        var current: [RangeIdentity: String] = [:]
        for unit in units {
            guard let layer = unit.layer else { continue }
            for binning in unit.binnings where !binning.resolvedText.isEmpty {
                let identity = RangeIdentity(
                    split: unit.split.name, layer: layer.name,
                    epoch: binning.isOverEpoch ? epochs[unit.record] : nil,
                    discretization: binning.discretization.description)
                current[identity] = binning.resolvedText
            }
        }
        let archiveID = archiveID
        return { key in
            guard key.archive == archiveID, !key.range.isEmpty else { return false }
            for epoch in [nil, key.epoch] {
                let identity = RangeIdentity(
                    split: key.split, layer: key.layer, epoch: epoch, discretization: key.discretization)
                if let range = current[identity] { return range != key.range }
            }
            return false
        }
    }

    private struct RangeIdentity: Hashable {
        let split: String
        let layer: String
        let epoch: Int?
        let discretization: String
    }

    private func parameters(of quantity: Quantity, unit: Unit) -> String {
        var parameters: [String] = []
        switch quantity {
        case .layerEntropy, .inputInformation, .totalCorrelation: return ""
        case .labelEntropy, .labelInformation: break
        default: parameters.append("input=\(request.inputBinning)")
        }
        if unit.split.labels.areValues { parameters.append("labels=\(request.labelBinning)") }
        if let reduction = request.inputReduction, !parameters.isEmpty, parameters[0].hasPrefix("input=") {
            parameters.append("reduce=\(reduction)")
        }
        if quantity == .shuffledComplexity { parameters.append("seed=\(request.seed)") }
        return parameters.joined(separator: ";")
    }
}

extension AnalysisPlan.Binning {
    /// The resolved range as text; empty where the discretization has none, or names it itself.
    var resolvedText: String {
        if case .width(_, .fixed) = discretization.rule { return "" }
        return range?.description ?? ""
    }

    /// Whether every unit has its own range.
    var isOverUnit: Bool {
        if case .width(_, .unit) = discretization.rule { return true }
        return false
    }

    var isOverEpoch: Bool {
        if case .width(_, .epoch) = discretization.rule { return true }
        return false
    }
}
