/// How the values of a layer become symbols: a rule, and the name under which the user asked for it.
///
/// A plug-in number depends on this choice, so it is part of every result. The text forms, for a value a of unit j:
///
/// | text | bin of a |
/// |---|---|
/// | `width:B@run` | one of B equal bins over the layer's range in all committed records of the split |
/// | `width:B@epoch` | the same over the range of this record |
/// | `width:B@unit` | the same over the unit's own range in this record |
/// | `width:B@network` | the same over one range of all hidden layers in all records |
/// | `width:B@[lo,hi]` | the same over a fixed range; values outside go to the end bins, and are flagged |
/// | `step:w` | floor(a/w) |
/// | `quantile:B@unit` | floor(B·(values of the unit strictly smaller than a)/n): ties share a bin |
/// | `exact` | a itself |
/// | `argmax` | no bins: the symbol of a row is the index of its largest unit, the smallest on ties |
///
/// A `width` bin is min(B − 1, floor((a − lo) / (hi − lo) · B)), computed in Float64 in this order; below lo it is 0, over
/// a range of length zero it is 0, and −0 equals 0. B is 2 ... 65536.
///
/// Presets reproduce published choices, and keep their names:
/// - `idnns-30`, `idnns-100` (Shwartz-Ziv & Tishby 2017, arXiv:1703.00810, their code IDNNs): E = 30 or 100 edges
///   `numpy.linspace(-1, 1, E).astype("float32")`, symbol `numpy.digitize(a, edges) - 1` used as an index into the edges.
///   So the symbol is (the number of edges ≤ a) − 1, except that below −1 the index is −1, which Python reads as the last
///   edge: such a value shares the symbol E − 1 with everything from exactly +1 upwards. For values of tanh only +1 itself
///   has that symbol; for values of ReLU everything above 1 has. Values outside [−1, 1] are flagged.
/// - `saxe-0.07`, `saxe-0.5` (Saxe et al. 2018): `step:0.07` and `step:0.5`.
/// - `lorenzen-30`, `lorenzen-100`, `lorenzen-256` (Lorenzen et al. 2022, arXiv:2106.12912): `width:B@network`.
public struct Discretization: Hashable, Sendable, CustomStringConvertible {
    /// What is done with a value.
    public enum Rule: Hashable, Sendable {
        /// `bins` equal bins over a range.
        case width(bins: Int, over: Extent)
        /// Whole multiples of a positive step.
        case step(Double)
        /// `bins` bins of about equally many samples, per unit.
        case quantile(bins: Int)
        /// Every distinct value.
        case exact
        /// The index of the largest unit of the row.
        case argmax
        /// Edges over [−1, 1] in Float32, with the wrap of the `idnns` presets.
        case digitize(edges: Int)
    }

    /// The values whose range a `width` rule divides.
    public enum Extent: Hashable, Sendable {
        /// The layer's, in all committed records of the split.
        case run
        /// The layer's, in this record.
        case epoch
        /// Each unit's own, in this record.
        case unit
        /// All hidden layers', in all records.
        case network
        /// From the first to the second number.
        case fixed(Double, Double)
    }

    /// What is done with a value.
    public let rule: Rule
    /// The canonical text: reading it gives an equal discretization, and a preset keeps its own name.
    public let description: String

    /// The names of the presets.
    public static let presets = presetRules.map(\.name)

    /// `exact`: every distinct value is a symbol.
    public static let exact = Discretization(.exact)
    /// `argmax`: the index of the largest unit is the symbol, for a softmax or logits layer the prediction.
    public static let argmax = Discretization(.argmax)

    /// Creates the discretization of a rule, under the canonical text of that rule (see the type).
    ///
    /// Programmer error: parameters that no text can name.
    public init(_ rule: Rule) {
        precondition(rule.isValid, "\(rule) is no valid rule")
        self.rule = rule
        description = rule.text
    }

    /// Reads one of the text forms above or the name of a preset.
    ///
    /// - Throws: `.unknownName` with the nearest name; `.invalidParameter` with what was expected.
    public init(_ text: String) throws(InformationError) {
        let preset = Self.presetRules.first { $0.name == text }
        let rule = if let preset { preset.rule } else { try Rule(text: text) }
        self.rule = rule
        description = preset?.name ?? rule.text
    }

    private static let presetRules: [(name: String, rule: Rule)] = [
        ("idnns-30", .digitize(edges: 30)), ("idnns-100", .digitize(edges: 100)),
        ("saxe-0.07", .step(0.07)), ("saxe-0.5", .step(0.5)),
        ("lorenzen-30", .width(bins: 30, over: .network)), ("lorenzen-100", .width(bins: 100, over: .network)),
        ("lorenzen-256", .width(bins: 256, over: .network)),
    ]
}

extension Discretization.Rule {
    /// The most bins of a `width` or `quantile` rule.
    private static let mostBins = 65536

    fileprivate var isValid: Bool {
        switch self {
        case .width(let bins, .fixed(let low, let high)):
            2...Self.mostBins ~= bins && low < high && ValueRange(low: low, high: high).isUsable
        case .width(let bins, _), .quantile(let bins): 2...Self.mostBins ~= bins
        case .step(let step): step > 0 && step.isFinite
        case .digitize(let edges): edges == 30 || edges == 100
        case .exact, .argmax: true
        }
    }

    fileprivate var text: String {
        switch self {
        case .width(let bins, .fixed(let low, let high)): "width:\(bins)@\(ValueRange(low: low, high: high))"
        case .width(let bins, let extent): "width:\(bins)@\(extent)"
        case .step(let step): "step:\(shortest(step))"
        case .quantile(let bins): "quantile:\(bins)@unit"
        case .exact: "exact"
        case .argmax: "argmax"
        case .digitize(let edges): "idnns-\(edges)"
        }
    }

    fileprivate init(text: String) throws(InformationError) {
        let (name, rest) = Self.split(text, at: ":")
        switch (name, rest) {
        case ("exact", nil): self = .exact
        case ("argmax", nil): self = .argmax
        case ("step", let rest?):
            guard let step = Double(rest) else { throw Self.expected("step:w with a positive number w", text) }
            self = .step(step)
            if !isValid { throw Self.expected("step:w with a positive number w", text) }
        case ("quantile", let rest?):
            let (count, extent) = Self.split(rest, at: "@")
            guard let bins = Int(count), extent == "unit" else {
                throw Self.expected("quantile:B@unit with B = 2 ... \(Self.mostBins)", text)
            }
            self = .quantile(bins: bins)
            if !isValid { throw Self.expected("quantile:B@unit with B = 2 ... \(Self.mostBins)", text) }
        case ("width", let rest?):
            let (count, extent) = Self.split(rest, at: "@")
            guard let bins = Int(count), let extent else {
                throw Self.expected("width:B@EXTENT with B = 2 ... \(Self.mostBins), such as width:30@run", text)
            }
            self = .width(bins: bins, over: try Discretization.Extent(text: extent, of: text))
            if !isValid {
                throw Self.expected("B = 2 ... \(Self.mostBins), and finite lo < hi in width:B@[lo,hi]", text)
            }
        case ("exact", _), ("argmax", _): throw Self.expected("\(name) without parameters", text)
        case ("width", nil): throw Self.expected("width:B@EXTENT, such as width:30@run", text)
        case ("step", nil): throw Self.expected("step:w, such as step:0.07", text)
        case ("quantile", nil): throw Self.expected("quantile:B@unit, such as quantile:30@unit", text)
        default:
            let whole = InformationTheory.nearest(to: text, among: Discretization.presets + ["exact", "argmax"])
            let rule = InformationTheory.nearest(to: name, among: ["width", "step", "quantile"])
            let suggestion = rest.map { "\(rule):\($0)" } ?? whole
            throw .unknownName(kind: "discretization", text: text, nearest: suggestion)
        }
    }

    private static func expected(_ expectation: String, _ text: String) -> InformationError {
        .invalidParameter(text: text, expected: expectation)
    }

    /// The parts before and after the first separator; nil where there is none.
    private static func split(_ text: String, at separator: Character) -> (String, String?) {
        guard let place = text.firstIndex(of: separator) else { return (text, nil) }
        return (String(text[..<place]), String(text[text.index(after: place)...]))
    }
}

extension Discretization.Extent {
    fileprivate init(text: String, of whole: String) throws(InformationError) {
        switch text {
        case "run": self = .run
        case "epoch": self = .epoch
        case "unit": self = .unit
        case "network": self = .network
        default:
            if text.hasPrefix("["), text.hasSuffix("]") {
                let ends = text.dropFirst().dropLast().split(separator: ",", omittingEmptySubsequences: false)
                if ends.count == 2, let low = Double(ends[0]), let high = Double(ends[1]) {
                    self = .fixed(low == 0 ? 0 : low, high == 0 ? 0 : high)
                    return
                }
                throw .invalidParameter(text: whole, expected: "a range [lo,hi] of two numbers")
            }
            let name = nearest(to: text, among: ["run", "epoch", "unit", "network"])
            throw .unknownName(kind: "extent of a width rule", text: text, nearest: "@\(name) or @[lo,hi]")
        }
    }
}
