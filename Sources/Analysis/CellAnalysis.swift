internal import Activations
internal import InformationTheory
internal import Results

/// What one unit of the plan gave.
struct UnitOutcome: Sendable {
    var measurements: [Measurement] = []
    var featureTerms: [(Measurement.Key, FeatureTerms)] = []
    var pointwise: [(Measurement.Key, [Double])] = []
    /// Why the GIB terms could not be computed beside the others.
    var failure: AnalysisError?
}

/// The numbers of one cell: pure, a function of the cell's values and of what its record shares.
struct CellAnalysis {
    private let plan: AnalysisPlan
    private let unit: AnalysisPlan.Unit
    private let labels: Symbols
    private let labelEntropy: Double
    private let labelFlags: Flags

    init(plan: AnalysisPlan, unit: AnalysisPlan.Unit, labels: Symbols) {
        self.plan = plan
        self.unit = unit
        self.labels = labels
        labelEntropy = entropy(of: labels)
        // `saturated` is a word about layers.
        labelFlags = Flags.ofSymbols(labels).intersection([.constant, .undersampled])
    }

    /// The row of a split's labels: H(Y) in bits, at its own ceiling.
    func labelOutcome() -> UnitOutcome {
        var outcome = UnitOutcome()
        outcome.measurements.append(
            Measurement(
                key: plan.key(.labelEntropy, of: unit), value: labelEntropy, ceiling: labelEntropy,
                flags: labelFlags.names))
        return outcome
    }

    /// IB terms for every discretization of the unit, GIB terms where they are asked for.
    ///
    /// - Parameters:
    ///   - layer: n × d activations, finite.
    ///   - unitRanges: the range of each unit over the whole split; nil where these rows are the whole split.
    ///   - inputs: X, the distinct raw input rows.
    ///   - features: the input features of the GIB terms; nil for none of them.
    /// - Throws: where a value lies outside the range that the archive recorded for it.
    func cellOutcome(
        _ layer: SampleMatrix, unitRanges: [ValueRange]?, inputs: Symbols, features: InputFeatures?
    ) throws(AnalysisError) -> UnitOutcome {
        var outcome = UnitOutcome()
        for binning in unit.binnings {
            let discretized: DiscretizedLayer
            do throws(InformationError) {
                discretized = try layer.discretized(
                    by: binning.discretization, range: binning.range, unitRanges: unitRanges)
            } catch {
                throw AnalysisError(
                    place: "\(unit.name), epoch \(plan.epochs[unit.record])", sentence: error.description)
            }
            if discretized.hasValuesOutsideRange, binning.discretization.isOverRecordedRange {
                throw AnalysisError(
                    place: "\(unit.name), epoch \(plan.epochs[unit.record])",
                    problem:
                        "values lie outside the recorded range \(binning.resolvedText) under \(binning.discretization)",
                    remedy: "The archive is damaged: copy it again from its source, or record again.")
            }
            let flags = Flags.ofLayer(discretized)
            appendInformation(of: discretized, inputs: inputs, binning: binning, flags: flags, to: &outcome)
            guard binning.hasGIB, let features else { continue }
            for target in plan.request.targets {
                appendTerms(
                    target, of: features, latent: discretized.symbols, binning: binning, flags: flags, to: &outcome)
            }
        }
        return outcome
    }

    private func appendInformation(
        of layer: DiscretizedLayer, inputs: Symbols, binning: AnalysisPlan.Binning, flags: Flags,
        to outcome: inout UnitOutcome
    ) {
        let logSamples = largestEntropy(ofSamples: unit.samples)
        let latent = layer.symbols
        let latentEntropy = entropy(of: latent)
        let relevance = PointwiseInformation(latent: latent, labels: labels)
        let rows: [(Quantity, Double, Double?, Flags)] = [
            (.layerEntropy, latentEntropy, logSamples, flags),
            (.inputInformation, mutualInformation(latent, inputs), logSamples, flags),
            (.labelInformation, relevance.mean, labelEntropy, flags.union(labelFlags)),
            (.totalCorrelation, totalCorrelation(of: layer), nil, flags),
        ]
        for (quantity, value, ceiling, flags) in rows {
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
        _ target: Target, of features: InputFeatures, latent: Symbols, binning: AnalysisPlan.Binning, flags: Flags,
        to outcome: inout UnitOutcome
    ) {
        let terms = gibTerms(inputs: features, latent: latent, labels: labels, target: target, seed: plan.request.seed)
        // The control `label` knows nothing of the layer, `latent` nothing of the labels; every other target stands on both.
        let sources: Flags =
            switch target {
            case .label: labelFlags
            case .latent: flags
            default: flags.union(labelFlags)
            }
        let ceiling = terms.targetEntropy
        var rows: [(Quantity, Double, Double?)] = [
            (.targetInformation, terms.joint, ceiling),
            (.meanSingle, terms.meanSingle, ceiling),
            (.meanRemaining, terms.meanRemaining, ceiling),
            (.complexity, terms.complexity, ceiling),
            (.averageInteraction, terms.averageInteraction, ceiling),
        ]
        // Every permutation of the weights has its own H(Q), so that their mean has no one ceiling.
        if let shuffled = terms.shuffledComplexity { rows.append((.shuffledComplexity, shuffled, nil)) }
        for (quantity, value, ceiling) in rows {
            outcome.measurements.append(
                Measurement(
                    key: plan.key(quantity, of: unit, binning: binning, target: target), value: value,
                    ceiling: ceiling, flags: sources.union(.ofInputs(features)).names))
        }
        if binning.keepsArrays {
            outcome.featureTerms.append(
                (
                    plan.key(.complexity, of: unit, binning: binning, target: target),
                    FeatureTerms(single: terms.single, remaining: terms.remaining)
                ))
        }
    }
}
