internal import CDiscretization

/// The intervals between all thresholds of several rules: what one look at a value gives all of them.
struct CommonIntervals {
    /// How many intervals there are, 256 at most.
    let count: Int
    /// For each rule, the code of each interval; 256 places.
    let codes: [[UInt8]]
    /// For each rule, its neighbouring intervals of one code.
    let runs: [[Run]]
    /// For each rule, an exclusive bound of its codes.
    let codeCounts: [Int]
    /// For each rule, whether different intervals have different codes.
    let areDistinct: [Bool]
    /// For each rule, the range outside of which values are flagged.
    let ranges: [ValueRange?]
    /// How the interval of a value is found.
    let steps: cd_steps

    /// Intervals `first` ..< `end`, which have one code.
    struct Run {
        let first: Int
        let end: Int
        let code: Int
    }

    /// The most rules that are looked up side by side.
    static let mostRules = 8

    /// - Returns: nil where they have too many thresholds together, or too close ones.
    init?(of rules: [StepFunction]) {
        guard rules.count <= Self.mostRules else { return nil }
        var all = rules[0].thresholds
        for rule in rules.dropFirst() { all = union(all, rule.thresholds) }
        guard all.count <= StepFunction.mostThresholds else { return nil }
        var steps = cd_steps()
        guard cd_make_steps(all, Int32(all.count), &steps) != 0 else { return nil }
        self.steps = steps
        count = all.count + 1
        codeCounts = rules.map(\.codeCount)
        ranges = rules.map(\.range)
        areDistinct = rules.map { $0.thresholds.count == all.count && Set($0.codes).count == $0.codes.count }
        let intervals = all.count + 1
        let codes = rules.map { rule in
            var codes = [UInt8](repeating: 0, count: 256)
            var passed = 0
            codes[0] = rule.codes[0]
            for (index, threshold) in all.enumerated() {
                if passed < rule.thresholds.count, rule.thresholds[passed] == threshold { passed += 1 }
                codes[index + 1] = rule.codes[passed]
            }
            return codes
        }
        self.codes = codes
        runs = codes.map { codes in
            let starts = (0..<intervals).filter { $0 == 0 || codes[$0] != codes[$0 - 1] }
            return zip(starts, starts.dropFirst() + [intervals]).map {
                Run(first: $0, end: $1, code: Int(codes[$0]))
            }
        }
    }
}

/// Puts rules that have common intervals together, as many as there can be in their order; leaves out those that have none.
///
/// - Parameter extremes: the smallest and the largest value, NaN where one is not finite.
func intervalGroups(
    of rules: [(discretization: Discretization, range: ValueRange?)], extremes: () -> ValueRange
) -> [(intervals: CommonIntervals, rules: [Int])] {
    var groups: [(intervals: CommonIntervals, rules: [Int])] = []
    var functions: [StepFunction] = []
    for (index, rule) in rules.enumerated() {
        guard let function = StepFunction(rule.discretization.rule, range: rule.range, extremes: extremes) else {
            continue
        }
        if !functions.isEmpty, let intervals = CommonIntervals(of: functions + [function]) {
            functions.append(function)
            groups[groups.count - 1].intervals = intervals
            groups[groups.count - 1].rules.append(index)
        } else if let intervals = CommonIntervals(of: [function]) {
            functions = [function]
            groups.append((intervals, [index]))
        }
    }
    return groups
}

/// The smallest and the largest of the values (at least one); NaN where one is not finite.
func extremes(of values: UnsafeBufferPointer<Float>) -> ValueRange {
    var extremes = cd_extremes(low: values[0], high: values[0], has_other: 0)
    cd_widen(values.baseAddress, values.count, &extremes)
    return extremes.has_other == 0
        ? ValueRange(low: Double(extremes.low), high: Double(extremes.high)) : ValueRange(low: .nan, high: .nan)
}

/// The numbers of two ascending lists, each once.
private func union(_ a: [Float], _ b: [Float]) -> [Float] {
    var all: [Float] = []
    all.reserveCapacity(a.count + b.count)
    var (i, j) = (0, 0)
    while i < a.count || j < b.count {
        if j == b.count || i < a.count && a[i] < b[j] {
            all.append(a[i])
            i += 1
        } else {
            if i < a.count, a[i] == b[j] { i += 1 }
            all.append(b[j])
            j += 1
        }
    }
    return all
}
