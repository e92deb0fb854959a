public import Results

/// Whether a quantity of a layer falls below its maximum during training, and how sure that is.
public struct Verdict: Sendable, Hashable {
    /// The answer to "does it compress?".
    public enum Answer: String, Sendable, Hashable {
        /// The final value lies below the maximum by more than chance, and by enough to matter.
        case compresses = "compresses"
        /// A fall that would matter can be excluded.
        case doesNotCompress = "does not compress"
        /// The recording does not tell.
        case undecided = "cannot be decided"
    }

    /// One way of estimating: a series over epochs.
    public struct Method: Sendable, Hashable {
        /// The estimator, such as `plug-in`.
        public var estimator: String
        /// The discretization; empty where there is none.
        public var discretization: String
        /// How many samples were analyzed.
        public var samples: Int
        /// The answer of this method alone.
        public var answer: Answer
        /// Why it does not count; nil where it does.
        public var exclusion: String?
        /// The largest value that is not saturated, in bits, and its epoch.
        public var peak: Double
        /// The epoch of the largest value.
        public var peakEpoch: Int
        /// The last value, in bits.
        public var final: Double
        /// (peak − final)/peak.
        public var fall: Double
        /// The interval of the fall, simultaneous over all epochs and layers that the peak could have been.
        public var interval: ClosedRange<Double>?
        /// The p-value of "the final value is the largest", adjusted for the choice of the peak.
        public var pValue: Double?
        /// The same, adjusted for the false discovery rate over all layers, quantities and methods of the run.
        public var adjustedPValue: Double?
        /// The flags of the peak and of the final value.
        public var flags: [String]

        /// `estimator discretization`.
        public var name: String { discretization.isEmpty ? estimator : "\(estimator) \(discretization)" }
    }

    /// The archive's id.
    public var archive: String
    /// The split's name.
    public var split: String
    /// The layer's name.
    public var layer: String
    /// The layer's place in the network.
    public var order: Int?
    /// What may fall.
    public var quantity: Quantity
    /// The GIB target; empty for quantities without one.
    public var target: String
    /// The answer.
    public var answer: Answer
    /// Why, in words.
    public var reason: String
    /// Every method with the largest number of samples, the headline first.
    public var methods: [Method]
    /// What the controls say, in words; empty where there is none.
    public var control: String

    /// The methods that count.
    public var usable: [Method] { methods.filter { $0.exclusion == nil } }
    /// The first method that counts.
    public var headline: Method? { usable.first }
}

/// Asks of every layer and quantity of some results whether it compresses.
///
/// With samples from one split and several numbers of them (`--subsampling`) the largest decides, and an answer that another
/// number contradicts is none.
///
/// Per method the fall is R = (max − final)/max over the epochs whose values are not `saturated`. With standard errors s_p
/// and s_f of the peak p and the final value f, SE(R) = √( (s_f/p)² + (f·s_p/p²)² ), and the interval is R ± c·SE(R), where c is the
/// normal quantile of 1 − level/(2m) and m the number of (epoch, final) pairs of all layers of the split: whichever epoch is
/// the largest, its interval holds (Bonferroni). Errors of two epochs on the same samples are positively correlated as a rule,
/// and are taken as independent, so that intervals are too wide rather than too narrow. They know nothing of bias.
///
/// A method says `compresses` where its interval lies above 0, the fall is at least `smallestFall`, and its p-value, adjusted
/// for the choice of the peak and for the false discovery rate, is at most `level`; `does not compress` where the interval
/// lies below `smallestFall`; else nothing. It does not count where its final value is saturated, constant or out of bounds,
/// where standard errors are missing or zero, or where fewer than two epochs are left.
///
/// All methods that count, and say something, must agree, and more than half must say it.
public struct CompressionTest: Sendable {
    /// The error level of intervals and p-values, such as 0.05.
    public let level: Double
    /// The smallest relative fall that matters, such as 0.05.
    public let smallestFall: Double

    /// The quantities that are asked about. The GIB target `label` is left out: it knows nothing of the layer.
    public static let quantities: [Quantity] = [.inputInformation, .labelInformation, .complexity]

    /// Creates the test.
    ///
    /// - Throws: where a parameter does not lie between 0 and 1.
    public init(level: Double = 0.05, smallestFall: Double = 0.05) throws(FindingsError) {
        for (name, value) in [("level", level), ("smallest fall", smallestFall)] where !(value > 0 && value < 1) {
            throw FindingsError(
                place: "\(name) \(value)", problem: "expected a number between 0 and 1",
                remedy: "Give one such as 0.05.")
        }
        self.level = level
        self.smallestFall = smallestFall
    }

    /// Returns one verdict per archive, split, layer and quantity (and GIB target), in the order of tables. O(m log m).
    public func verdicts(from results: ResultSet) -> [Verdict] {
        var groups: [Subject: [Series]] = [:]
        for series in Series.all(of: results) { groups[series.subject, default: []].append(series) }
        let subjects = groups.keys.sorted()
        var layers: [String: Set<String>] = [:]
        for subject in subjects { layers[subject.run, default: []].insert(subject.layer) }
        var verdicts = subjects.map { subject -> Verdict in
            let family = layers[subject.run]?.count ?? 1
            let methods = (groups[subject] ?? []).map { $0.method(level: level, layers: family) }
            return Verdict(
                archive: subject.archive, split: subject.split, layer: subject.layer, order: subject.order,
                quantity: subject.quantity, target: subject.target, answer: .undecided, reason: "", methods: methods,
                control: "")
        }
        adjust(&verdicts)
        let controls = Controls(results, groups)
        for index in verdicts.indices { decide(&verdicts[index], subjects[index], controls) }
        return verdicts
    }

    /// The false discovery rate over all methods of a run, and what each says.
    private func adjust(_ verdicts: inout [Verdict]) {
        let runs = Dictionary(grouping: verdicts.indices) { "\(verdicts[$0].archive)/\(verdicts[$0].split)" }
        for members in runs.values {
            let places = members.sorted().flatMap { verdict in
                verdicts[verdict].methods.indices.filter { verdicts[verdict].methods[$0].pValue != nil }.map {
                    (verdict, $0)
                }
            }
            let adjusted = MultipleTesting.benjaminiHochberg(
                places.map { verdicts[$0.0].methods[$0.1].pValue ?? 1 })
            for (place, value) in zip(places, adjusted) {
                verdicts[place.0].methods[place.1].adjustedPValue = value
            }
        }
        for verdict in verdicts.indices {
            for method in verdicts[verdict].methods.indices {
                verdicts[verdict].methods[method].answer = answer(of: verdicts[verdict].methods[method])
            }
        }
    }

    private func answer(of method: Verdict.Method) -> Verdict.Answer {
        guard method.exclusion == nil, let interval = method.interval, let p = method.adjustedPValue else {
            return .undecided
        }
        if interval.lowerBound > 0, method.fall >= smallestFall, p <= level { return .compresses }
        return interval.upperBound < smallestFall ? .doesNotCompress : .undecided
    }

    private func decide(_ verdict: inout Verdict, _ subject: Subject, _ controls: Controls) {
        let most = verdict.methods.map(\.samples).max() ?? 0
        let smaller = Dictionary(grouping: verdict.methods.filter { $0.samples < most }, by: \.samples)
        verdict.methods.removeAll { $0.samples < most }
        (verdict.answer, verdict.reason) = joined(verdict.methods)
        verdict.control = controls.words(for: subject, verdict.headline)
        if verdict.answer != .undecided, let objection = controls.objection(to: verdict, subject, level: level) {
            (verdict.answer, verdict.reason, verdict.control) = (.undecided, objection, "")
        }
        for (samples, methods) in smaller.sorted(by: { $0.key > $1.key }) where verdict.answer != .undecided {
            let (answer, _) = joined(methods)
            if answer != .undecided, answer != verdict.answer {
                verdict.reason = "the answer depends on the sample size: \(answer.rawValue) at n = \(samples)"
                verdict.answer = .undecided
            }
        }
    }

    /// What methods say together, and why.
    private func joined(_ methods: [Verdict.Method]) -> (Verdict.Answer, String) {
        let usable = methods.filter { $0.exclusion == nil }
        guard !usable.isEmpty else {
            let reasons = Dictionary(grouping: methods.compactMap(\.exclusion)) { $0 }
                .sorted { $0.value.count != $1.value.count ? $0.value.count > $1.value.count : $0.key < $1.key }
            let words = reasons.map { reason, all in
                (all.count == methods.count ? "every method: " : "in \(all.count) of \(methods.count) methods: ")
                    + reason
            }
            return (.undecided, words.joined(separator: "; "))
        }
        let yes = usable.count { $0.answer == .compresses }
        let no = usable.count { $0.answer == .doesNotCompress }
        let open = usable.count - yes - no
        if no == 0, 2 * yes > usable.count {
            return (.compresses, "said by \(yes) of \(usable.count) usable methods, the contrary by none")
        }
        if yes == 0, 2 * no > usable.count {
            return (
                .doesNotCompress,
                "a fall of \(percent(smallestFall)) is excluded by \(no) of \(usable.count) usable methods"
            )
        }
        if yes > 0, no > 0 {
            return (
                .undecided,
                "the methods disagree: of \(usable.count) usable, \(yes) say compresses, \(no) does not, \(open) neither"
            )
        }
        return (
            .undecided,
            "the intervals of \(open) of \(usable.count) usable methods hold both no fall and one of \(percent(smallestFall))"
        )
    }
}

/// A share as per cent.
func percent(_ share: Double) -> String {
    let rounded = (share * 1000).rounded() / 10
    let text = "\(rounded)"
    return (text.hasSuffix(".0") ? String(text.dropLast(2)) : text) + "%"
}
