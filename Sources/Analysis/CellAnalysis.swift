internal import Activations
internal import InformationTheory
internal import Results

#if canImport(Darwin)
    internal import Darwin
#else
    internal import Glibc
#endif

/// What one unit of the plan gave.
struct UnitOutcome: Sendable {
    var measurements: [Measurement] = []
    var featureTerms: [(Measurement.Key, FeatureTerms)] = []
    var pointwise: [(Measurement.Key, [Double])] = []
}

/// The numbers of one cell: pure, a function of the cell's values and of what its record shares.
struct CellAnalysis {
    let plan: AnalysisPlan
    let unit: AnalysisPlan.Unit
    let context: InputContext

    /// The row of a split's labels: H(Y) in bits, at its own ceiling.
    func labels() -> UnitOutcome {
        var outcome = UnitOutcome()
        outcome.measurements.append(
            Measurement(
                key: plan.key(.labelEntropy, of: unit), value: context.labelEntropy, ceiling: context.labelEntropy,
                flags: labelFlags.names))
        return outcome
    }

    /// IB terms for every discretization of the unit, GIB terms where they are asked for.
    ///
    /// - Parameters:
    ///   - layer: n × d activations, finite.
    ///   - unitRanges: the range of each unit over the whole split; nil where these rows are the whole split.
    func cell(_ layer: SampleMatrix, unitRanges: [ValueRange]?) throws(InformationError) -> UnitOutcome {
        var outcome = UnitOutcome()
        for binning in unit.binnings {
            let discretized = try layer.discretized(
                by: binning.discretization, range: binning.range, unitRanges: unitRanges)
            let flags = Flags.ofLayer(discretized)
            appendInformation(of: discretized, binning: binning, flags: flags, to: &outcome)
            if binning.hasGIB {
                for target in plan.request.targets {
                    appendTerms(target, latent: discretized.symbols, binning: binning, flags: flags, to: &outcome)
                }
            }
        }
        return outcome
    }

    private func appendInformation(
        of layer: DiscretizedLayer, binning: AnalysisPlan.Binning, flags: Flags, to outcome: inout UnitOutcome
    ) {
        let logSamples = log2(Double(unit.samples))
        let latent = layer.symbols
        let latentEntropy = entropy(of: latent)
        let relevance = PointwiseInformation(latent: latent, labels: context.labels)
        let rows: [(Quantity, Double, Double?)] = [
            (.layerEntropy, latentEntropy, logSamples),
            (.inputInformation, mutualInformation(latent, context.inputs), logSamples),
            (.labelInformation, relevance.mean, context.labelEntropy),
            (.totalCorrelation, totalCorrelation(of: layer), nil),
        ]
        for (quantity, value, ceiling) in rows {
            outcome.measurements.append(
                Measurement(
                    key: plan.key(quantity, of: unit, binning: binning), value: value, ceiling: ceiling,
                    flags: flags.names))
        }
        if binning.keepsArrays {
            outcome.pointwise.append((plan.key(.labelInformation, of: unit, binning: binning), relevance.values))
        }
    }

    private func appendTerms(
        _ target: Target, latent: Symbols, binning: AnalysisPlan.Binning, flags: Flags, to outcome: inout UnitOutcome
    ) {
        guard let features = context.features else { preconditionFailure("GIB terms were asked for without features") }
        let terms = gibTerms(
            inputs: features, latent: latent, labels: context.labels, target: target, seed: plan.request.seed)
        // The control `label` knows nothing of the layer; every other target stands on its symbols.
        let flags = (target == .label ? labelFlags : flags).union(.ofInputs(features))
        var rows: [(Quantity, Double)] = [
            (.targetInformation, terms.joint),
            (.meanSingle, terms.meanSingle),
            (.meanRemaining, terms.meanRemaining),
            (.complexity, terms.complexity),
            (.averageInteraction, terms.averageInteraction),
        ]
        if let shuffled = terms.shuffledComplexity { rows.append((.shuffledComplexity, shuffled)) }
        for (quantity, value) in rows {
            outcome.measurements.append(
                Measurement(
                    key: plan.key(quantity, of: unit, binning: binning, target: target), value: value,
                    ceiling: terms.targetEntropy, flags: flags.names))
        }
        if binning.keepsArrays {
            outcome.featureTerms.append(
                (
                    plan.key(.complexity, of: unit, binning: binning, target: target),
                    FeatureTerms(single: terms.single, remaining: terms.remaining)
                ))
        }
    }

    /// Flags of numbers that depend on the labels only.
    private var labelFlags: Flags {
        Flags.ofSymbols(context.labels).intersection([.constant, .undersampled])
    }
}
