#if canImport(Darwin)
    internal import Darwin
#else
    internal import Glibc
#endif

/// The epochs at which a run is recorded. Record 0, the network before training, is part of every schedule.
///
/// As text: `every:5`, `log:30`, or the epochs themselves, `0,1,2,5,10`.
public enum EpochSchedule: Sendable, Hashable, CustomStringConvertible {
    /// Every multiple of `interval`. The last epoch is recorded only when it is one of them.
    case every(interval: Int)
    /// `count` different epochs, spaced as evenly on a logarithmic scale as whole numbers allow, the last one included;
    /// all epochs where the run has no more than `count`.
    case logarithmic(count: Int)
    /// These epochs.
    case list([Int])

    /// Reads a schedule from its text.
    public init(_ text: String) throws(TrainingError) {
        func number(after prefix: String) -> Int? {
            guard text.hasPrefix(prefix), let value = Int(text.dropFirst(prefix.count)), value >= 1 else { return nil }
            return value
        }
        if let interval = number(after: "every:") {
            self = .every(interval: interval)
        } else if let count = number(after: "log:") {
            self = .logarithmic(count: count)
        } else {
            let parts = text.split(separator: ",", omittingEmptySubsequences: false)
            let epochs = parts.compactMap { Int($0) }.filter { $0 >= 0 }
            guard epochs.count == parts.count else {
                throw TrainingError(
                    .request,
                    "schedule: “\(text)” is not a schedule; expected every:K or log:M with a whole number from 1, "
                        + "or epochs such as 0,1,2,5,10. Write one of these.")
            }
            self = .list(epochs)
        }
    }

    /// The text that `init(_:)` reads.
    public var description: String {
        switch self {
        case .every(let interval): "every:\(interval)"
        case .logarithmic(let count): "log:\(count)"
        case .list(let epochs): epochs.map(String.init).joined(separator: ",")
        }
    }

    /// Returns the recorded epochs of a run of `epochs` epochs: ascending, each once, beginning with 0.
    ///
    /// The logarithmic epochs go from e to the whole number nearest to e·(E/e)^(1/r), and at least to e + 1, where E is
    /// the last epoch and r the number still to choose; so none is lost to rounding. O(result).
    ///
    /// - Throws: an error of kind `request` for an interval or count below 1, or an epoch that the run does not reach.
    public func epochs(upTo epochs: Int) throws(TrainingError) -> [Int] {
        switch self {
        case .every(let interval):
            guard interval >= 1 else { throw Self.tooSmall("every", interval) }
            return Array(stride(from: 0, through: epochs, by: interval))
        case .logarithmic(let count):
            guard count >= 1 else { throw Self.tooSmall("log", count) }
            guard epochs > count else { return Array(0...epochs) }
            guard count > 1 else { return [0, epochs] }
            var chosen = [0, 1]
            for remaining in stride(from: count - 1, to: 0, by: -1) {
                let last = chosen[chosen.count - 1]
                let ratio = pow(Double(epochs) / Double(last), 1 / Double(remaining))
                chosen.append(max(last + 1, Int((Double(last) * ratio).rounded())))
            }
            return chosen
        case .list(let list):
            let chosen = Set(list).union([0]).sorted()
            guard let first = chosen.first, let last = chosen.last, first >= 0, last <= epochs else {
                let wrong = list.first { $0 < 0 || $0 > epochs } ?? 0
                throw TrainingError(
                    .request,
                    "schedule: epoch \(wrong) is never reached; expected epochs from 0 to \(epochs). "
                        + "Train for more epochs, or leave it out.")
            }
            return chosen
        }
    }

    private static func tooSmall(_ name: String, _ value: Int) -> TrainingError {
        TrainingError(.request, "schedule: \(name):\(value) records nothing; expected a whole number from 1. Raise it.")
    }
}

extension EpochSchedule: Codable {
    /// Reads the schedule from its text.
    public init(from decoder: any Decoder) throws {
        try self.init(decoder.singleValueContainer().decode(String.self))
    }

    /// Writes the schedule as its text.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}
