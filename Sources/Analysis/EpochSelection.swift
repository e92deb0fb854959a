/// Which of the recorded epochs to analyze, written `all`, `every:10`, `last`, as a range
/// `10-50` or as a list `0,1,5,100`.
public enum EpochSelection: Sendable, Hashable, CustomStringConvertible {
    /// Every recorded epoch.
    case all
    /// The recorded epochs whose number is a multiple.
    case every(Int)
    /// The last recorded epoch.
    case last
    /// The recorded epochs from one number to another, both included.
    case range(ClosedRange<Int>)
    /// These epochs; each must have been recorded.
    case list([Int])

    /// Reads the text form.
    ///
    /// - Throws: where the text is none of the forms.
    public init(_ text: String) throws(AnalysisError) {
        let malformed = AnalysisError(
            place: "epochs '\(text)'", problem: "not a choice of epochs; expected all, last, every:K, A-B or a list",
            remedy: "Write all, last, every:10, 10-50 or 0,1,5,100.")
        switch text {
        case "all": self = .all
        case "last": self = .last
        case let text where text.hasPrefix("every:"):
            guard let step = Int(text.dropFirst(6)), step > 0 else { throw malformed }
            self = .every(step)
        case let text where text.contains("-") && !text.contains(","):
            let ends = text.split(separator: "-", omittingEmptySubsequences: false).map { Int($0) }
            guard ends.count == 2, let first = ends[0], let last = ends[1], first <= last else { throw malformed }
            self = .range(first...last)
        default:
            var epochs: [Int] = []
            for part in text.split(separator: ",", omittingEmptySubsequences: false) {
                guard let epoch = Int(part), epoch >= 0 else { throw malformed }
                epochs.append(epoch)
            }
            self = .list(epochs)
        }
    }

    /// The text form.
    public var description: String {
        switch self {
        case .all: "all"
        case .every(let step): "every:\(step)"
        case .last: "last"
        case .range(let epochs): "\(epochs.lowerBound)-\(epochs.upperBound)"
        case .list(let epochs): epochs.map(String.init).joined(separator: ",")
        }
    }

    /// Returns the indices of the chosen records, in recorded order.
    ///
    /// - Throws: where a listed epoch was not recorded.
    public func records(of epochs: [Int], in archive: String) throws(AnalysisError) -> [Int] {
        switch self {
        case .all: return Array(epochs.indices)
        case .every(let step): return epochs.indices.filter { epochs[$0].isMultiple(of: step) }
        case .last: return epochs.isEmpty ? [] : [epochs.count - 1]
        case .range(let wanted): return epochs.indices.filter { wanted.contains(epochs[$0]) }
        case .list(let wanted):
            for epoch in wanted where !epochs.contains(epoch) {
                let near = epochs.min { abs($0 - epoch) < abs($1 - epoch) }
                throw AnalysisError(
                    place: archive,
                    problem: "epoch \(epoch) was not recorded; \(epochs.count) records, the nearest "
                        + "is epoch \(near.map(String.init) ?? "none")",
                    remedy: "infoplane inspect lists the recorded epochs.")
            }
            return epochs.indices.filter { wanted.contains(epochs[$0]) }
        }
    }
}
