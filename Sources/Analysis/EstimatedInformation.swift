internal import Activations
internal import InformationTheory
internal import LinearAlgebra
internal import Results

/// The numbers of the estimators beside plug-in: corrections of its symbols, and estimators of values. One that has no answer
/// is noted, and the others go on.
extension CellAnalysis {
    /// H(Z), I(X;Z), I(Z;Y) of the symbols by every correction that is asked for, and the GIB terms of targets that are
    /// counts.
    func appendCorrected(
        _ layer: DiscretizedLayer, _ shared: SharedSamples, binning: AnalysisPlan.Binning, flags: Flags,
        to outcome: inout UnitOutcome
    ) {
        let latent = layer.symbols
        for estimator in plan.request.symbolEstimators {
            guard case .counts(let correction) = estimator.method, correction != .plugIn else { continue }
            let z = Variable.symbols(latent)
            for quantity in AnalysisPlan.informationQuantities(of: estimator) {
                // X tells all its samples apart by design: what its own uniqueness flags is not about the layer.
                let ignored: Flags = quantity == .inputInformation ? [.undersampled, .saturated] : []
                append(
                    plan.key(quantity, of: unit, by: estimator, binning: binning), flags: flags, ignoring: ignored,
                    to: &outcome
                ) { () throws(InformationError) in
                    switch quantity {
                    case .layerEntropy:
                        try estimator.entropy(of: z, seed: resamplingSeed, errorBars: plan.request.errorBars)
                    case .inputInformation:
                        try estimator.information(
                            z, .symbols(shared.inputs), seed: resamplingSeed, errorBars: plan.request.errorBars)
                    default:
                        try estimator.information(
                            z, .symbols(labels), seed: resamplingSeed, errorBars: plan.request.errorBars)
                    }
                }
            }
            guard binning.hasGIB, let features = shared.features else { continue }
            for target in plan.request.targets(of: estimator) {
                do throws(InformationError) {
                    let (terms, errors) = try gibTerms(
                        inputs: features, latent: latent, labels: labels, target: target, by: correction,
                        seed: resamplingSeed, errorBars: plan.request.errorBars)
                    append(
                        TargetTerms(terms: terms, errors: errors), target, by: estimator, of: features,
                        binning: binning, flags: flags, to: &outcome)
                } catch {
                    outcome.failures.append(failure(error))
                }
            }
        }
    }

    /// What the estimators of values give of the layer's values as they are.
    func appendEstimates(_ layer: SampleMatrix, _ shared: SharedSamples, to outcome: inout UnitOutcome) {
        guard !unit.valueEstimators.isEmpty else { return }
        let values = layer.asDouble()
        let flags: Flags = values.values.allSatisfy { $0 == 0 } ? .dead : []
        // One pass over the distances for all bounds and all quantities.
        let bounds = unit.valueEstimators.compactMap(\.pairwiseBound)
        let boundEstimates = Result { () throws(InformationError) in
            try pairwiseEstimates(
                of: values, with: [shared.inputs, labels], bounds: bounds, seed: resamplingSeed,
                errorBars: plan.request.errorBars)
        }
        var nextBound = 0
        for estimator in unit.valueEstimators {
            let quantities = plan.valueQuantities(of: estimator, unit: unit)
            if estimator.pairwiseBound != nil {
                switch boundEstimates {
                case .success(let found):
                    let estimates = [found[nextBound].entropy] + found[nextBound].information
                    for (quantity, estimate) in zip(quantities, estimates) {
                        append(estimate, plan.key(quantity, of: unit, by: estimator), flags: flags, to: &outcome)
                    }
                case .failure(let error):
                    outcome.failures.append(failure(error))
                }
                nextBound += 1
                continue
            }
            for quantity in quantities {
                let takesInputs = quantity == .inputInformation && estimator.takesInputValues
                let isNarrow = takesInputs && shared.inputValues?.areOfNarrowKernel == true
                append(
                    plan.key(quantity, of: unit, by: estimator), flags: isNarrow ? flags.union(.narrowKernel) : flags,
                    to: &outcome
                ) { () throws(InformationError) in
                    switch quantity {
                    case .differentialEntropy:
                        try estimator.entropy(
                            of: .values(values), seed: resamplingSeed, errorBars: plan.request.errorBars)
                    case .inputInformation:
                        try estimator.information(
                            .values(values), shared.inputValues.map { .values($0.matrix) } ?? .symbols(shared.inputs),
                            seed: resamplingSeed, errorBars: plan.request.errorBars)
                    default:
                        try estimator.information(
                            .values(values), label(for: estimator, shared), seed: resamplingSeed,
                            errorBars: plan.request.errorBars)
                    }
                }
            }
        }
    }

    /// Real labels as they are where the estimator takes them so, else as symbols.
    private func label(for estimator: Estimator, _ shared: SharedSamples) -> Variable {
        guard estimator.takesInputValues, let values = shared.labelValues else { return .symbols(labels) }
        return .values(values)
    }

    private func append(
        _ key: Measurement.Key, flags: Flags, ignoring ignored: Flags = [], to outcome: inout UnitOutcome,
        _ estimate: () throws(InformationError) -> Estimate
    ) {
        do throws(InformationError) {
            var estimate = try estimate()
            estimate.flags.subtract(ignored)
            append(estimate, key, flags: flags, to: &outcome)
        } catch {
            outcome.failures.append(failure(error))
        }
    }

    private func append(_ estimate: Estimate, _ key: Measurement.Key, flags: Flags, to outcome: inout UnitOutcome) {
        outcome.measurements.append(
            Measurement(
                key: key, value: estimate.value, standardError: estimate.standardError, ceiling: estimate.ceiling,
                flags: flags.union(estimate.flags).names))
    }

    private func failure(_ error: InformationError) -> AnalysisError {
        AnalysisError(place: place, sentence: error.description)
    }
}
