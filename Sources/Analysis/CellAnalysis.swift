internal import Activations
internal import InformationTheory
internal import LinearAlgebra
internal import Results

/// What one unit of the plan gave.
struct UnitOutcome: Sendable {
    var measurements: [Measurement] = []
    var featureTerms: [(Measurement.Key, FeatureTerms)] = []
    var pointwise: [(Measurement.Key, [Double])] = []
    var nulls: [(Measurement.Key, [Double])] = []
    /// Why some of the numbers could not be computed beside the others.
    var failures: [AnalysisError] = []
}

/// What the cells of one record share.
struct SharedSamples: Sendable {
    /// X, the distinct raw input rows.
    let inputs: Symbols
    /// The shuffles of the labels; nil for none.
    let permutations: LabelPermutations?
    /// The input features of the GIB terms; nil for none of them.
    let features: InputFeatures?
    /// The values of the inputs, and of real labels, for the estimators that take them; nil for none.
    let inputValues: InputValues?
    let labelValues: Matrix<Double>?
    /// The GIB terms of the target `label`, which know nothing of the layer; nil where they are not asked for.
    let labelTerms: TargetTerms?
}

/// The inputs as real values, where asked for reduced.
struct InputValues: Sendable {
    let matrix: Matrix<Double>
    /// See `Flags.narrowKernel`.
    let areOfNarrowKernel: Bool
}

/// The GIB terms of one target with their standard errors.
struct TargetTerms: Sendable {
    let terms: GIBTerms
    let errors: GIBStandardErrors?

    init(terms: GIBTerms, errors: GIBStandardErrors?) {
        self.terms = terms
        self.errors = errors
    }

    init(
        _ target: Target, of features: InputFeatures, latent: Symbols, labels: Symbols, _ request: AnalysisRequest,
        jobs: Int = 1
    ) {
        terms = gibTerms(
            inputs: features, latent: latent, labels: labels, target: target, seed: request.seed,
            shuffles: request.shuffles)
        errors =
            request.errorBars
            ? gibStandardErrors(
                inputs: features, latent: latent, labels: labels, target: target, seed: resamplingSeed, jobs: jobs)
            : nil
    }
}

/// The seed of the groups of samples that standard errors are taken over. Not the user's, so that a row's standard error
/// depends on nothing that its key does not say.
let resamplingSeed: UInt64 = 0

/// The numbers of one cell: pure, a function of the cell's values and of what its record shares.
struct CellAnalysis {
    let plan: AnalysisPlan
    let unit: AnalysisPlan.Unit
    let labels: Symbols
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

    /// The cell, for people.
    var place: String { "\(unit.name), epoch \(plan.epochs[unit.record])" }

    /// The row of a split's labels: H(Y) in bits, at its own ceiling.
    func labelOutcome() -> UnitOutcome {
        var outcome = UnitOutcome()
        outcome.measurements.append(
            Measurement(
                key: plan.key(.labelEntropy, of: unit), value: labelEntropy,
                standardError: errorBar(standardErrorOfEntropy(labels)), ceiling: labelEntropy, flags: labelFlags.names)
        )
        return outcome
    }

    /// IB terms for every discretization of the unit, GIB terms where they are asked for.
    ///
    /// - Parameters:
    ///   - layers: the layer as each discretization has it.
    ///   - values: n × d activations, finite; nil where no estimator takes them.
    ///   - shared: what the cells of the record share.
    /// - Throws: where a value lies outside the range that the archive recorded for it.
    func cellOutcome(
        _ layers: [DiscretizedLayer], values: SampleMatrix?, _ shared: SharedSamples
    ) throws(AnalysisError) -> UnitOutcome {
        var outcome = UnitOutcome()
        for (binning, discretized) in zip(unit.binnings, layers) {
            if discretized.hasValuesOutsideRange, binning.discretization.isOverRecordedRange {
                throw AnalysisError(
                    place: place,
                    problem:
                        "values lie outside the recorded range \(binning.resolvedText) under \(binning.discretization)",
                    remedy: "The archive is damaged: copy it again from its source, or record again.")
            }
            let flags = Flags.ofLayer(discretized)
            appendCorrected(discretized, shared, binning: binning, flags: flags, to: &outcome)
            guard plan.request.estimators.contains(.plugIn) else { continue }
            appendInformation(of: discretized, shared, binning: binning, flags: flags, to: &outcome)
            guard binning.hasGIB, let features = shared.features else { continue }
            for target in plan.request.targets {
                let terms =
                    target == .label && shared.labelTerms != nil
                    ? shared.labelTerms!
                    : TargetTerms(
                        target, of: features, latent: discretized.symbols, labels: labels, plan.request)
                append(terms, target, by: .plugIn, of: features, binning: binning, flags: flags, to: &outcome)
            }
        }
        if let values { appendEstimates(values, shared, to: &outcome) }
        return outcome
    }

    /// A standard error, where they are asked for.
    private func errorBar(_ standardError: @autoclosure () -> Double?) -> Double? {
        plan.request.errorBars ? standardError() : nil
    }

    private func appendInformation(
        of layer: DiscretizedLayer, _ shared: SharedSamples, binning: AnalysisPlan.Binning, flags: Flags,
        to outcome: inout UnitOutcome
    ) {
        let logSamples = largestEntropy(ofSamples: unit.samples)
        let latent = layer.symbols
        let complexity = PairInformation(latent, shared.inputs)
        let relevance = PairInformation(latent, labels)
        let null = shared.permutations?.information(with: latent) ?? []
        let test = null.isEmpty ? nil : PermutationTest(observed: relevance.mean, null: null)
        outcome.measurements += [
            Measurement(
                key: plan.key(.layerEntropy, of: unit, binning: binning), value: entropy(of: latent),
                standardError: errorBar(standardErrorOfEntropy(latent)), ceiling: logSamples, flags: flags.names),
            Measurement(
                key: plan.key(.inputInformation, of: unit, binning: binning), value: complexity.mean,
                standardError: errorBar(complexity.standardError), ceiling: logSamples, flags: flags.names),
            Measurement(
                key: plan.key(.labelInformation, of: unit, binning: binning), value: relevance.mean,
                standardError: errorBar(relevance.standardError), nullMean: test?.nullMean, pValue: test?.pValue,
                ceiling: labelEntropy, flags: flags.union(labelFlags).names),
            Measurement(
                key: plan.key(.totalCorrelation, of: unit, binning: binning), value: totalCorrelation(of: layer),
                standardError: errorBar(standardErrorOfTotalCorrelation(layer)), flags: flags.names),
        ]
        let key = plan.key(.labelInformation, of: unit, binning: binning)
        if test != nil { outcome.nulls.append((key, null)) }
        if binning.keepsArrays {
            outcome.pointwise.append((key, PointwiseInformation(latent: latent, labels: labels).values))
        }
    }

    func append(
        _ target: TargetTerms, _ name: Target, by estimator: Estimator, of features: InputFeatures,
        binning: AnalysisPlan.Binning, flags: Flags, to outcome: inout UnitOutcome
    ) {
        let (terms, errors) = (target.terms, target.errors)
        // The control `label` knows nothing of the layer, `latent` nothing of the labels; every other target stands on both.
        let sources: Flags =
            switch name {
            case .label: labelFlags
            case .latent: flags
            default: flags.union(labelFlags)
            }
        let flags = sources.union(.ofInputs(features)).names
        func key(_ quantity: Quantity) -> Measurement.Key {
            plan.key(quantity, of: unit, by: estimator, binning: binning, target: name)
        }
        let rows: [(Quantity, Double, Double?)] = [
            (.targetInformation, terms.joint, errors?.joint),
            (.meanSingle, terms.meanSingle, errors?.meanSingle),
            (.meanRemaining, terms.meanRemaining, errors?.meanRemaining),
            (.averageInteraction, terms.averageInteraction, errors?.averageInteraction),
        ]
        for (quantity, value, error) in rows {
            outcome.measurements.append(
                Measurement(
                    key: key(quantity), value: value, standardError: error, ceiling: terms.targetEntropy, flags: flags))
        }
        let null = terms.shuffledComplexities
        let test = null.isEmpty ? nil : PermutationTest(twoSided: terms.complexity, null: null)
        outcome.measurements.append(
            Measurement(
                key: key(.complexity), value: terms.complexity, standardError: errors?.complexity,
                nullMean: test?.nullMean, pValue: test?.pValue, ceiling: terms.targetEntropy, flags: flags))
        if let shuffled = terms.shuffledComplexity {
            // Every permutation of the weights has its own H(Q), so that their mean has no one ceiling.
            outcome.measurements.append(
                Measurement(
                    key: key(.shuffledComplexity), value: shuffled, standardError: terms.shuffledStandardError,
                    flags: flags))
            outcome.nulls.append((key(.complexity), null))
        }
        if binning.keepsArrays, estimator == .plugIn {
            outcome.featureTerms.append(
                (key(.complexity), FeatureTerms(single: terms.single, remaining: terms.remaining)))
        }
    }
}
