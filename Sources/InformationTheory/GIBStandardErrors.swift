internal import LinearAlgebra
internal import Synchronization

/// The standard errors of the GIB terms of one input, layer and target, in bits.
public struct GIBStandardErrors: Sendable, Equatable {
    /// That of I(X;Q).
    public let joint: Double
    /// That of the mean of I(X_i;Q).
    public let meanSingle: Double
    /// That of the mean of I(X_{-i};Q).
    public let meanRemaining: Double
    /// That of C.
    public let complexity: Double
    /// That of the average interaction information.
    public let averageInteraction: Double
}

/// Estimates the standard errors of GIB terms by the delete-group jackknife: without each of G = min(10, n) groups of
/// samples, drawn by the seed, the PMI, its weights and all terms are taken anew;
/// SE = sqrt( (G − 1)/G · Σ_g (θ_g − mean θ)² ).
///
/// It is the error of sampling and knows nothing of bias: distrust it where `Flags.saturatedInputs` or `Flags.undersampled`
/// hold. With ten groups it is itself uncertain by a quarter. The arguments are those of `gibTerms`. Nil for fewer than two
/// samples.
///
/// G times the cost of `gibTerms` without shuffles, on as many threads as `jobs` says, which changes no bit.
///
/// Source: Wolter, "Introduction to Variance Estimation", 2nd edition 2007, eq. 4.2.5.
public func gibStandardErrors(
    inputs: InputFeatures, latent: Symbols, labels: Symbols, target: Target, seed: UInt64, jobs: Int = 1
) -> GIBStandardErrors? {
    let measure = TargetMeasure(target, inputs: inputs, latent: latent, labels: labels)
    let resampling = Resampling(samples: inputs.sampleCount, seed: seed, groups: 10)
    let parts = resampling.withoutGroup
    let replicates = Mutex([GIBTerms?](repeating: nil, count: parts.count))
    concurrently(parts.count, jobs: jobs) { index in
        // In the order of the samples, so that equal parts give equal bits.
        let samples = resampling.samples(of: parts[index]).sorted()
        let terms = GIBTerms(CouplingTerms(measure.coupling(ofSamples: samples), inputs))
        replicates.withLock { $0[index] = terms }
    }
    return GIBStandardErrors(replicates.withLock { $0.compactMap(\.self) })
}

extension GIBStandardErrors {
    /// The jackknife over the terms without each group; nil for fewer than two groups.
    init?(_ replicates: [GIBTerms]) {
        func standardError(_ term: (GIBTerms) -> Double) -> Double? {
            jackknifeStandardError(replicates.map(term))
        }
        guard let joint = standardError(\.joint), let meanSingle = standardError(\.meanSingle),
            let meanRemaining = standardError(\.meanRemaining), let complexity = standardError(\.complexity),
            let averageInteraction = standardError(\.averageInteraction)
        else { return nil }
        self.init(
            joint: joint, meanSingle: meanSingle, meanRemaining: meanRemaining, complexity: complexity,
            averageInteraction: averageInteraction)
    }
}
