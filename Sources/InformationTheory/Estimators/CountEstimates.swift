#if canImport(Darwin)
    internal import Darwin
#else
    internal import Glibc
#endif

/// Estimates the entropy of the symbols in bits, with what qualifies it.
///
/// The standard error is that of the delta method for `plugIn` (`standardErrorOfEntropy`), else of the delete-group
/// jackknife over at most 20 groups drawn by the seed. The ceiling is log2 n. Flags: those of `Flags.ofSymbols`;
/// `boundViolated` where a correction leaves [0, log2 n]; `unconverged` where the mean estimate on halves of the samples
/// differs from the whole by more than the standard error. Without error bars there is neither standard error nor curve, and
/// `unconverged` is set, because nothing tells.
///
/// About 25 times the cost of `entropy(of:by:)`. Source: as there.
public func entropyEstimate(
    of z: Symbols, by correction: EntropyCorrection, seed: UInt64, errorBars: Bool = true
) -> Estimate {
    let resampling = Resampling(samples: z.sampleCount, seed: seed, errorBars: errorBars)
    let values = PartCounts(z, resampling).profiles.map { $0.entropy(by: correction) }
    var estimate = Estimate(
        values, of: resampling, ceiling: largestEntropy(ofSamples: z.sampleCount))
    if correction == .plugIn {
        estimate.value = entropy(of: z)
        if errorBars { estimate.standardError = standardErrorOfEntropy(z) }
    }
    estimate.flags.formUnion(Flags.ofSymbols(z))
    return estimate
}

/// Estimates I(A;B) in bits, with what qualifies it; see `entropyEstimate` for the standard error, which for `plugIn` is that
/// of the mean PMI.
///
/// The ceiling is the smaller of both entropies by the same correction. Flags: `constant`; `saturated` where either variable
/// is; `undersampled` where fewer than 5 samples share a pair on average; `boundViolated`; `unconverged`.
public func mutualInformationEstimate(
    _ a: Symbols, _ b: Symbols, by correction: EntropyCorrection, seed: UInt64, errorBars: Bool = true
) -> Estimate {
    let pairs = joint(a, b)
    let resampling = Resampling(samples: a.sampleCount, seed: seed, errorBars: errorBars)
    let parts = zip(PartCounts(a, resampling).profiles, PartCounts(b, resampling).profiles)
    let values = zip(parts, PartCounts(pairs, resampling).profiles).map { parts, joint in
        (parts.0.entropy(by: correction) + parts.1.entropy(by: correction)) - joint.entropy(by: correction)
    }
    var estimate = Estimate(
        values, of: resampling, ceiling: min(entropy(of: a, by: correction), entropy(of: b, by: correction)))
    if correction == .plugIn {
        let information = PointwiseInformation(latent: a, labels: b)
        estimate.value = information.mean
        if errorBars { estimate.standardError = information.standardError }
    }
    let variables = Flags.ofSymbols(a).union(.ofSymbols(b)).intersection([.saturated, .constant])
    estimate.flags.formUnion(variables.union(Flags.ofSymbols(pairs).intersection(.undersampled)))
    return estimate
}

/// Computes the GIB terms of a target that is counts, every entropy by one correction: I(X_i;Q) = H(X_i) + H(Q) − H(X_i,Q),
/// and so on. `plugIn` agrees with `gibTerms(inputs:latent:labels:target:seed:shuffles:)`.
///
/// Corrected terms may be negative, and I(X_{-i};Q) above I(X;Q); distrust them where `Flags.saturatedInputs` holds, because
/// nothing corrects counts of 1.
///
/// - Returns: the terms, and with `errorBars` their standard errors by the delete-group jackknife over at most ten groups drawn by
///   the seed.
/// - Throws: `.notEstimable` for every target but `label` and `latent`: the others weigh samples or share them out, and only
///   counts can be corrected.
/// - Complexity: O(N·n), about 30 times the cost of the plug-in terms.
public func gibTerms(
    inputs: InputFeatures, latent: Symbols, labels: Symbols, target: Target, by correction: EntropyCorrection,
    seed: UInt64, errorBars: Bool = true
) throws(InformationError) -> (terms: GIBTerms, errors: GIBStandardErrors?) {
    let symbols: Symbols
    switch target {
    case .label: symbols = labels
    case .latent: symbols = latent
    case .pmiLabel, .pmiSoft, .pmiErasure, .pmiLatent, .pmiJoint, .pmiSoftJoint, .softLabel:
        throw .notEstimable(
            estimator: correction.rawValue, problem: "the target \(target) weighs samples; a correction needs counts",
            remedy: "Take the target label or latent, or the plug-in estimator.")
    }
    let resampling =
        errorBars
        ? Resampling(samples: inputs.sampleCount, seed: seed, groups: 10) : Resampling(wholeOf: inputs.sampleCount)
    let parts = 1 + resampling.withoutGroup.count
    let targetEntropies = PartCounts(symbols, resampling).profiles.prefix(parts).map { $0.entropy(by: correction) }
    /// I(V;Q) of all samples, then without each group.
    func information(_ variable: Symbols) -> [Double] {
        let own = PartCounts(variable, resampling).profiles
        let both = PartCounts(joint(variable, symbols), resampling).profiles
        return (0..<parts).map { part in
            (own[part].entropy(by: correction) + targetEntropies[part]) - both[part].entropy(by: correction)
        }
    }
    let features = 0..<inputs.featureCount
    let single = features.map { information(inputs.feature($0)) }
    let remaining = features.map { feature in
        features.count == 1 ? [Double](repeating: 0, count: parts) : information(inputs.remaining(without: feature))
    }
    let all = information(inputs.rows)
    let replicates = (0..<parts).map { part in
        GIBTerms(
            single: single.map { $0[part] }, remaining: remaining.map { $0[part] }, joint: all[part],
            targetEntropy: targetEntropies[part])
    }
    return (replicates[0], GIBStandardErrors(Array(replicates.dropFirst())))
}

/// The counts of symbols in every part of a resampling.
private struct PartCounts {
    /// In the order of `Resampling.parts`.
    let profiles: [CountProfile]

    init(_ z: Symbols, _ resampling: Resampling) {
        func counts(_ part: Resampling.Part) -> [Int] {
            var counts = [Int](repeating: 0, count: z.count)
            for piece in part {
                for place in piece { counts[Int(z.ids[resampling.order[place]])] += 1 }
            }
            return counts
        }
        // Without a group: what all have less what the group has.
        let withoutGroup = zip(resampling.groups, resampling.withoutGroup).map { group, _ in
            var counts = z.occurrences
            for place in group { counts[Int(z.ids[resampling.order[place]])] -= 1 }
            return counts
        }
        profiles =
            ([z.occurrences] + withoutGroup + resampling.halves.map(counts) + resampling.quarters.map(counts))
            .map { CountProfile($0) }
    }
}
