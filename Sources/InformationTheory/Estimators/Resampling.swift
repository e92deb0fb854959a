internal import Randomness

/// How the samples are split for the standard error and the subsampling curve of estimators that have neither in closed
/// form: one seeded order of the samples, in which every part is made of contiguous pieces.
///
/// - All samples: the estimate.
/// - All but one of G = min(20, n) groups (or another number): the delete-group jackknife, whose standard error is
///   sqrt( (G − 1)/G · Σ_g (θ_g − mean θ)² ).
/// - Two halves, four quarters: the subsampling curve, whose points are means over disjoint parts.
///
/// The estimate must not depend on the order of the samples. Source of the jackknife: Wolter, "Introduction to Variance
/// Estimation", 2nd edition 2007, eq. 4.2.5 (as many samples in each group as can be).
struct Resampling: Sendable {
    /// A part of the samples: one or two contiguous pieces of `order`.
    typealias Part = [Range<Int>]

    /// The samples in seeded random order.
    let order: [Int]
    /// All samples.
    let whole: Part
    /// The groups: pieces of `order`.
    let groups: [Range<Int>]
    /// All samples but those of one group, group by group.
    let withoutGroup: [Part]
    /// Two disjoint halves; none for fewer than 2 samples.
    let halves: [Part]
    /// Four disjoint quarters; none for fewer than 4 samples.
    let quarters: [Part]

    /// Every part, in the order in which `summary` takes their estimates.
    var parts: [Part] { [whole] + withoutGroup + halves + quarters }

    /// How many samples each part has.
    var sizes: [Int] { parts.map { $0.reduce(0) { $0 + $1.count } } }

    /// The groups of which each part is made, one bit for each: with 20 groups, or one for each sample, halves and quarters are
    /// made of whole groups.
    var groupSets: [UInt32] {
        precondition(groups.count <= 32, "a set has 32 bits")
        return parts.map { part in
            let members = groups.indices.filter { group in part.contains { $0.contains(groups[group].lowerBound) } }
            precondition(
                members.reduce(0) { $0 + groups[$1].count } == part.reduce(0) { $0 + $1.count },
                "a part cuts a group")
            return members.reduce(0) { $0 | 1 << UInt32($1) }
        }
    }

    /// The rows of each group.
    var members: [[Int]] { groups.map { Array(order[$0]) } }

    /// Where each sample stands in `order`.
    var placesByRow: [Int] {
        var places = [Int](repeating: 0, count: order.count)
        for (place, row) in order.enumerated() { places[row] = place }
        return places
    }

    /// The whole in one group, without error bars and curve.
    init(wholeOf samples: Int) {
        order = Array(0..<samples)
        whole = [0..<samples]
        groups = samples < 2 ? [] : [0..<samples]
        (withoutGroup, halves, quarters) = ([], [], [])
    }

    /// With everything, or without error bars and curve.
    init(samples: Int, seed: UInt64, errorBars: Bool) {
        self = errorBars ? Self(samples: samples, seed: seed) : Self(wholeOf: samples)
    }

    init(samples: Int, seed: UInt64, groups: Int = 20) {
        var generator = SplitMix64(seed: seed)
        order = generator.permutation(of: samples)
        whole = [0..<samples]
        func pieces(_ count: Int) -> [Range<Int>] {
            (0..<count).map { $0 * samples / count..<($0 + 1) * samples / count }
        }
        self.groups = samples < 2 ? [] : pieces(min(groups, samples))
        withoutGroup = self.groups.map { group in
            [0..<group.lowerBound, group.upperBound..<samples].filter { !$0.isEmpty }
        }
        halves = samples < 2 ? [] : pieces(2).map { [$0] }
        quarters = samples < 4 ? [] : pieces(4).map { [$0] }
    }

    /// The original indices of the samples of a part.
    func samples(of part: Part) -> [Int] { part.flatMap { order[$0] } }
}

/// What the estimates on all parts of a `Resampling` say together, in bits.
struct ResampledEstimate {
    /// The estimate on all samples.
    let value: Double
    /// The standard error by the delete-group jackknife; nil for fewer than two groups, or where the estimator could not
    /// estimate without one of them.
    let standardError: Double?
    /// Nil where a part has too few samples for the estimator.
    let curve: SubsamplingCurve?

    /// - Parameter values: one estimate per part, in the order of `Resampling.parts`; nil where a part is too small.
    init(_ values: [Double?], of resampling: Resampling) {
        precondition(values.count == resampling.parts.count, "one estimate per part")
        guard let whole = values[0] else { preconditionFailure("all samples have an estimate") }
        value = whole
        let groups = resampling.withoutGroup.count
        let replicates = values[1..<1 + groups].compactMap(\.self)
        standardError = replicates.count == groups ? jackknifeStandardError(replicates) : nil
        let rest = values[(1 + groups)...].compactMap(\.self)
        curve =
            rest.count == 6 && values.count == 7 + groups
            ? SubsamplingCurve(quarter: mean(Array(rest[2...])), half: mean(Array(rest[..<2]))) : nil
    }

    /// Whether the number would still move with more samples: from n/2 to n it moved by more than its standard error, or
    /// that cannot be told. Means over disjoint parts differ from the whole by bias alone to first order, so that the
    /// standard error is a generous yardstick.
    var isUnconverged: Bool {
        guard let curve, let standardError else { return true }
        return abs(value - curve.half) > standardError + 1e-9
    }
}

/// Returns the delete-group jackknife's standard error from the estimates without each of G groups; nil for G < 2.
func jackknifeStandardError(_ replicates: [Double]) -> Double? {
    let groups = Double(replicates.count)
    guard groups > 1 else { return nil }
    let centre = mean(replicates)
    var squares = CompensatedSum()
    for replicate in replicates { squares.add((replicate - centre) * (replicate - centre)) }
    return (squares.value * (groups - 1) / groups).squareRoot()
}

extension Estimate {
    /// The estimate that the estimates on all parts of a resampling make together: its standard error by the jackknife,
    /// `unconverged` by the subsampling curve, `boundViolated` outside of 0 ... `ceiling` where there is one.
    init(_ values: [Double?], of resampling: Resampling, ceiling: Double?) {
        let resampled = ResampledEstimate(values, of: resampling)
        self.init(value: resampled.value, standardError: resampled.standardError, ceiling: ceiling)
        curve = resampled.curve
        if resampled.isUnconverged { flags.insert(.unconverged) }
        if let ceiling { flags.formUnion(.ofCorrected(value, ceiling: ceiling)) }
    }
}
