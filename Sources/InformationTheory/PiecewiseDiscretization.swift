/// Discretizes a layer whose rows come piece by piece, by several rules at once: what `Discretization.apply` makes of all rows, to
/// the bit, without having them in memory together.
///
/// Memory: one byte a value and group of rules, of which there are at most three.
public final class PiecewiseDiscretization {
    private let ruleCount: Int
    private let groups: [(layer: IntervalLayer, rules: [Int])]
    /// What `step` rules rely on; nil where there are none.
    private let recorded: ValueRange?
    /// Pieces of multiples of so many rows are fastest.
    public let rowsAtOnce: Int

    private static let mostGroups = 3

    /// - Parameters:
    ///   - rules: the discretizations with their ranges.
    ///   - rows: the samples of the layer, at least one.
    ///   - columns: its units, at least one.
    ///   - recorded: the smallest and the largest value that will come, or what is believed of them.
    ///   - withSurprisals: whether the layers get `unitSurprisals`, which their standard errors take.
    /// - Returns: nil where a rule needs all values of a unit, has more than 256 bins, or is to be refused.
    public init?(
        _ rules: [(discretization: Discretization, range: ValueRange?)], rows: Int, columns: Int, recorded: ValueRange,
        withSurprisals: Bool = true
    ) {
        guard rows > 0, columns > 0 else { return nil }
        let groups = intervalGroups(of: rules) { recorded }
        guard groups.reduce(0, { $0 + $1.rules.count }) == rules.count, groups.count <= Self.mostGroups else {
            return nil
        }
        ruleCount = rules.count
        self.groups = groups.map {
            (IntervalLayer($0.intervals, rows: rows, columns: columns, withSurprisals: withSurprisals), $0.rules)
        }
        let hasSteps = rules.contains { if case .step = $0.discretization.rule { true } else { false } }
        self.recorded = hasSteps ? recorded : nil
        rowsAtOnce = IntervalLayer.rowsAtOnce(columns: columns)
    }

    /// Takes the next rows, whole ones.
    public func append(_ values: UnsafeBufferPointer<Float>) {
        for group in groups { group.layer.append(values) }
    }

    /// What each rule makes of the layer, once all rows have come; nil where a value is NaN or infinite, or lies outside of a range
    /// that a rule had to believe.
    public func layers() -> [DiscretizedLayer]? {
        var found = [DiscretizedLayer?](repeating: nil, count: ruleCount)
        for group in groups {
            guard let range = group.layer.range else { return nil }
            if let recorded, range.low < recorded.low || range.high > recorded.high { return nil }
            for (rule, discretized) in zip(group.rules, group.layer.discretized()) { found[rule] = discretized }
        }
        return found.compactMap { $0 }
    }
}
