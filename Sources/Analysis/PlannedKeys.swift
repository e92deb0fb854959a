internal import Activations
internal import InformationTheory
public import Results

extension AnalysisPlan {
    /// The key under which a number of this unit is stored.
    func key(
        _ quantity: Quantity, of unit: Unit, by estimator: Estimator = .plugIn, binning: Binning? = nil,
        target: Target? = nil
    ) -> Measurement.Key {
        Measurement.Key(
            archive: archiveID, split: unit.split.name, layer: unit.layer?.name ?? "", order: unit.layer?.order,
            epoch: unit.layer == nil ? nil : epochs[unit.record], quantity: quantity,
            estimator: estimator.description, discretization: binning?.discretization.description ?? "",
            range: binning?.resolvedText ?? "",
            target: target?.rawValue ?? "",
            parameters: parameters(of: quantity, unit: unit, estimator: estimator, target: target),
            samples: unit.samples)
    }

    /// Every key that the unit fills.
    func keys(of unit: Unit) -> [Measurement.Key] {
        guard unit.layer != nil else { return [key(.labelEntropy, of: unit)] }
        return unit.binnings.flatMap { keys(of: unit, binning: $0) }
            + unit.valueEstimators.flatMap { keys(of: unit, by: $0) }
    }

    func keys(of unit: Unit, binning: Binning) -> [Measurement.Key] {
        request.symbolEstimators.flatMap { estimator in
            let terms = Self.informationQuantities(of: estimator).map {
                key($0, of: unit, by: estimator, binning: binning)
            }
            guard binning.hasGIB else { return terms }
            return terms
                + request.targets(of: estimator).flatMap { target in
                    targetQuantities(of: target).map {
                        key($0, of: unit, by: estimator, binning: binning, target: target)
                    }
                }
        }
    }

    /// The keys of an estimator that works on values.
    func keys(of unit: Unit, by estimator: Estimator) -> [Measurement.Key] {
        valueQuantities(of: estimator, unit: unit).map { key($0, of: unit, by: estimator) }
    }

    /// What an estimator on symbols gives of every discretization.
    static func informationQuantities(of estimator: Estimator) -> [Quantity] {
        let corrected: [Quantity] = [.layerEntropy, .inputInformation, .labelInformation]
        return estimator == .plugIn ? corrected + [.totalCorrelation] : corrected
    }

    /// What an estimator on values gives of every cell.
    func valueQuantities(of estimator: Estimator, unit: Unit) -> [Quantity] {
        switch estimator.method {
        case .counts: []
        case .pairwise: [.differentialEntropy, .inputInformation, .labelInformation]
        // Between values and classes there is `ross`.
        case .ksg: unit.split.labels.areValues ? [.inputInformation, .labelInformation] : [.inputInformation]
        case .kozachenkoLeonenko: [.differentialEntropy]
        case .ross: [.labelInformation]
        case .gaussianCopula: [.inputInformation, .labelInformation]
        }
    }

    /// What is computed for a GIB target.
    func targetQuantities(of target: Target) -> [Quantity] {
        let terms: [Quantity] = [
            .targetInformation, .meanSingle, .meanRemaining, .complexity, .averageInteraction,
        ]
        return target.isWeightedHard && request.shuffles > 0 ? terms + [.shuffledComplexity] : terms
    }

    /// How many numbers the whole plan has.
    public var measurementCount: Int { units.reduce(0) { $0 + keys(of: $1).count } }

    /// The keys of the plan that the results do not hold yet.
    public func missingKeys(in results: ResultSet) -> Set<Measurement.Key> {
        Set(units.flatMap { keys(of: $0) }.filter { results[$0] == nil })
    }

    /// Returns what the results do not hold yet: units with the discretizations that lack a number or a kept array.
    public func missing(from results: ResultSet) -> [Unit] {
        guard !results.measurements.isEmpty else { return units }
        return units.compactMap { unit in
            guard unit.layer != nil else {
                return results[key(.labelEntropy, of: unit)] == nil ? unit : nil
            }
            let open = unit.binnings.filter { binning in
                keys(of: unit, binning: binning).contains { results[$0] == nil }
                    || keptKeys(of: unit, binning: binning).contains {
                        results.pointwise[$0] == nil && results.featureTerms[$0] == nil
                    }
            }
            let estimators = unit.valueEstimators.filter { estimator in
                keys(of: unit, by: estimator).contains { results[$0] == nil }
            }
            guard !open.isEmpty || !estimators.isEmpty else { return nil }
            return Unit(
                split: unit.split, layer: unit.layer, record: unit.record, samples: unit.samples, binnings: open,
                valueEstimators: estimators, recorded: unit.recorded)
        }
    }

    /// The keys that have an array beside their measurement.
    private func keptKeys(of unit: Unit, binning: Binning) -> [Measurement.Key] {
        guard binning.keepsArrays, request.estimators.contains(.plugIn) else { return [] }
        let complexities = request.targets.map { key(.complexity, of: unit, binning: binning, target: $0) }
        return [key(.labelInformation, of: unit, binning: binning)] + (binning.hasGIB ? complexities : [])
    }

    /// Returns the stored rows that were binned over a range which the archive, grown since, no longer has: they contradict
    /// the plan, are dropped and computed anew.
    ///
    /// - Throws: where such rows are not all in the plan, because dropping them would lose what this plan does not compute.
    func outgrownKeys(in results: ResultSet, of archive: ActivationArchive) throws(AnalysisError) -> Set<
        Measurement.Key
    > {
        var ranges: [String: LayerRanges] = [:]
        var binnings: [String: Discretization] = [:]
        var outgrown: [Measurement.Key] = []
        for row in results.measurements where row.key.archive == archiveID && !row.key.range.isEmpty {
            let key = row.key
            guard let split = splits.first(where: { $0.name == key.split }) else { continue }
            if ranges[key.split] == nil { ranges[key.split] = try LayerRanges(of: split, in: archive) }
            if binnings[key.discretization] == nil {
                binnings[key.discretization] = try? Discretization(key.discretization)
            }
            guard let binning = binnings[key.discretization], !binning.isOverEpoch,
                let current = ranges[key.split]?.range(for: binning, layer: key.layer, record: 0)
            else { continue }
            if current.description != key.range { outgrown.append(key) }
        }
        guard !outgrown.isEmpty else { return [] }
        let planned = Set(units.flatMap { keys(of: $0) }.map(\.withoutRange))
        let lost = outgrown.filter { !planned.contains($0.withoutRange) }
        guard lost.isEmpty else {
            let names = Set(lost.map(\.discretization)).sorted().joined(separator: ", ")
            throw AnalysisError(
                place: archive.path,
                problem: "the archive has grown, and with it the ranges under \(outgrown.count) stored numbers; this "
                    + "request does not compute \(lost.count) of them again (\(names))",
                remedy: "Repeat the whole earlier request, or write to another file with -o.")
        }
        return Set(outgrown)
    }

    /// What else the number depends on: the binning of inputs (GIB terms) and of real labels, the reduction of inputs with
    /// the number of samples that fitted it where the row's own number does not say it, the shuffles of its null
    /// hypothesis with their seed, `errors=none` where error bars are left out, and the step within the epoch where records have
    /// one.
    private func parameters(
        of quantity: Quantity, unit: Unit, estimator: Estimator, target: Target?
    ) -> String {
        let takesValues = !estimator.takesSymbols
        let hasFeatures = target != nil
        let takesInputValues = quantity == .inputInformation && estimator.takesInputValues
        let hasLabels = hasFeatures || quantity == .labelEntropy || quantity == .labelInformation
        var parameters: [String] = []
        if hasFeatures { parameters.append("input=\(request.inputBinning)") }
        if hasLabels, unit.split.labels.areValues, !(takesValues && estimator.takesInputValues) {
            parameters.append("labels=\(request.labelBinning)")
        }
        if hasFeatures || takesInputValues, let reduction = request.inputReduction {
            parameters.append("reduce=\(reduction)")
            let fitted = fittedSamples(for: unit.split, among: splits).samples
            if fitted != unit.samples { parameters.append("fit=\(fitted)") }
        }
        if quantity == .labelInformation, estimator == .plugIn, request.permutations > 0 {
            parameters.append("permutations=\(request.permutations);seed=\(request.seed)")
        }
        let isShuffled = quantity == .shuffledComplexity || (quantity == .complexity && target?.isWeightedHard == true)
        if isShuffled, estimator == .plugIn, request.shuffles > 0 {
            parameters.append("shuffles=\(request.shuffles);seed=\(request.seed)")
        }
        if !request.errorBars, quantity != .shuffledComplexity { parameters.append("errors=none") }
        if let steps, unit.layer != nil { parameters.append("step=\(steps[unit.record])") }
        return parameters.joined(separator: ";")
    }
}

extension AnalysisRequest {
    /// The targets whose GIB terms the estimator has: every one by plug-in; by a correction those without weights, because
    /// only counts can be corrected.
    func targets(of estimator: Estimator) -> [Target] {
        estimator == .plugIn ? targets : targets.filter { $0 == .label || $0 == .latent }
    }
}

extension Estimator {
    /// Whether it takes the values of inputs and of real labels, where others take them as symbols.
    var takesInputValues: Bool {
        switch method {
        case .ksg, .gaussianCopula: true
        case .counts, .pairwise, .kozachenkoLeonenko, .ross: false
        }
    }
}

extension AnalysisPlan.Binning {
    /// The resolved range as text; empty where the discretization has none, or names it itself.
    var resolvedText: String {
        if case .width(_, .fixed) = discretization.rule { return "" }
        return range?.description ?? ""
    }
}

extension Discretization {
    /// Whether every unit has its own range.
    var isOverUnit: Bool {
        if case .width(_, .unit) = rule { return true }
        return false
    }

    /// Whether the range is that of the record.
    var isOverEpoch: Bool {
        if case .width(_, .epoch) = rule { return true }
        return false
    }

    /// Whether the range is one that the archive holds for this layer, so that no value can lie outside it. The range of
    /// the network is that of its hidden layers: logits may lie outside.
    var isOverRecordedRange: Bool {
        switch rule {
        case .width(_, .run), .width(_, .epoch): true
        default: false
        }
    }
}

extension Measurement.Key {
    /// The key without the range that it was resolved to.
    fileprivate var withoutRange: Self {
        var key = self
        key.range = ""
        return key
    }
}
