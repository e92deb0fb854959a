public import InformationTheory
internal import Randomness

/// The estimators against cases whose truth is known, on this machine.
public struct SelfTest: Sendable {
    /// What a line says.
    public enum Outcome: String, Sendable {
        /// The truth lies within the error bar.
        case right
        /// It does not, and a flag says so.
        case flagged
        /// It does not, and nothing says so.
        case wrong = "WRONG"
        /// The estimator refused, in words.
        case refused
    }

    /// One estimator on one case.
    public struct Line: Sendable {
        /// The case.
        public let name: String
        /// What is estimated.
        public let quantity: KnownCase.Quantity
        /// In bits; may be infinite.
        public let truth: Double
        /// The estimator.
        public let estimator: Estimator
        /// Nil where it refused.
        public let estimate: Estimate?
        /// Half the width of the simultaneous error bar, in bits.
        public let bar: Double?
        /// What comes of it.
        public let outcome: Outcome
        /// Why it refused.
        public let reason: String?
    }

    /// How often intervals hold the truth.
    public struct Coverage: Sendable {
        /// The case.
        public let name: String
        /// The estimator.
        public let estimator: Estimator
        /// The share of repetitions whose 95% interval (Student's t) holds the truth.
        public let share: Double
        /// The mean of estimate − truth, in bits.
        public let bias: Double
        /// The standard deviation of the estimates over the repetitions, in bits.
        public let deviation: Double
        /// The mean of the standard errors, in bits: it should be the deviation.
        public let meanStandardError: Double
        /// The share of repetitions with a flag.
        public let flagged: Double
    }

    /// All cases.
    public static let cases = KnownCase.normals + KnownCase.layers

    /// How many samples are drawn of each case.
    public let samples: Int
    /// Starts every case's generator.
    public let seed: UInt64

    /// Creates the test of `samples` ≥ 2 samples a case.
    public init(samples: Int, seed: UInt64) {
        precondition(samples > 1, "a test needs samples")
        self.samples = samples
        self.seed = seed
    }

    /// The number of lines.
    public static var lineCount: Int { cases.reduce(0) { $0 + $1.estimators.count } }

    /// Runs every line, and calls `progress` with each.
    ///
    /// The error bar is simultaneous: t·SE with t the quantile of Student's distribution (19 degrees of freedom, the groups of
    /// the jackknife less one) for 1% over all lines. Correct estimators leave no bar by chance in 99 of 100 seeds. A line
    /// outside of its bar is `flagged` where the estimate has `unconverged`, `undersampled`, `saturated`, `ties`,
    /// `bound-violated` or `normal-model`, or lies on the side that its bound allows; else `wrong`.
    public func lines(progress: (Line) -> Void = { _ in }) -> [Line] {
        let t = studentQuantile(tail: 0.01 / Double(Self.lineCount), degrees: 19)
        var lines: [Line] = []
        for (index, known) in Self.cases.enumerated() {
            var generator = SplitMix64(seed: SplitMix64.mix(seed &+ UInt64(index)))
            let (x, y) = known.sample(samples, &generator)
            for estimator in known.estimators {
                let line = Self.line(known, estimator, x, y, t)
                lines.append(line)
                progress(line)
            }
        }
        return lines
    }

    private static func line(
        _ known: KnownCase, _ estimator: Estimator, _ x: Variable, _ y: Variable?, _ t: Double
    ) -> Line {
        do throws(InformationError) {
            let estimate = try estimate(estimator, x, y)
            let bar = (estimate.standardError ?? 0) * t + 1e-9
            return Line(
                name: known.name, quantity: known.quantity, truth: known.truth, estimator: estimator,
                estimate: estimate,
                bar: bar, outcome: outcome(of: estimate, truth: known.truth, bar: bar), reason: nil)
        } catch {
            return Line(
                name: known.name, quantity: known.quantity, truth: known.truth, estimator: estimator, estimate: nil,
                bar: nil, outcome: .refused, reason: error.description)
        }
    }

    private static func estimate(
        _ estimator: Estimator, _ x: Variable, _ y: Variable?
    ) throws(InformationError) -> Estimate {
        guard let y else { return try estimator.entropy(of: x, seed: 0) }
        return try estimator.information(x, y, seed: 0)
    }

    private static func outcome(of estimate: Estimate, truth: Double, bar: Double) -> Outcome {
        if abs(estimate.value - truth) <= bar { return .right }
        let doubts: Flags = [.unconverged, .undersampled, .saturated, .ties, .boundViolated, .normalModel]
        if !estimate.flags.isDisjoint(with: doubts) { return .flagged }
        if estimate.flags.contains(.lowerBound), estimate.value < truth { return .flagged }
        if estimate.flags.contains(.upperBound), estimate.value > truth { return .flagged }
        return .wrong
    }

    /// Repeats every line with other samples, and says how often the 95% interval holds the truth; cases with an infinite
    /// truth are left out, as are repetitions that were refused.
    public func coverage(repetitions: Int, progress: (Int) -> Void = { _ in }) -> [Coverage] {
        let t = studentQuantile(tail: 0.05, degrees: 19)
        var coverages: [Coverage] = []
        for (index, known) in Self.cases.enumerated() where known.truth.isFinite {
            var estimates = known.estimators.map { _ in [Estimate]() }
            for repetition in 0..<repetitions {
                var generator = SplitMix64(
                    seed: SplitMix64.mix(seed &+ UInt64(index)) &+ SplitMix64.mix(UInt64(repetition)))
                let (x, y) = known.sample(samples, &generator)
                for (place, estimator) in known.estimators.enumerated() {
                    if let estimate = try? Self.estimate(estimator, x, y) { estimates[place].append(estimate) }
                }
            }
            for (estimator, estimates) in zip(known.estimators, estimates) where estimates.count > 1 {
                coverages.append(Coverage(known, estimator, estimates, t))
            }
            progress(index + 1)
        }
        return coverages
    }
}

extension SelfTest.Coverage {
    fileprivate init(_ known: KnownCase, _ estimator: Estimator, _ estimates: [Estimate], _ t: Double) {
        let count = Double(estimates.count)
        let centre = estimates.reduce(0) { $0 + $1.value } / count
        name = known.name
        self.estimator = estimator
        share =
            Double(estimates.count { abs($0.value - known.truth) <= t * ($0.standardError ?? 0) + 1e-9 }) / count
        bias = centre - known.truth
        deviation =
            (estimates.reduce(0) { $0 + ($1.value - centre) * ($1.value - centre) } / (count - 1)).squareRoot()
        meanStandardError = estimates.reduce(0) { $0 + ($1.standardError ?? 0) } / count
        flagged = Double(estimates.count { !$0.flags.isEmpty }) / count
    }
}
