/// The closed range of values [low, high] that a `width` rule divides into bins.
///
/// A range is data (it comes from an archive), so any two numbers can be stored; `Discretization.apply` refuses what is
/// reversed or not finite.
public struct ValueRange: Hashable, Sendable, CustomStringConvertible {
    /// The smallest value.
    public let low: Double
    /// The largest value.
    public let high: Double

    /// Creates the range from `low` to `high`.
    public init(low: Double, high: Double) {
        self.low = low
        self.high = high
    }

    /// `[low,high]` in the shortest decimals that read back to the same Float64.
    public var description: String {
        "[\(shortest(low)),\(shortest(high))]"
    }

    /// Whether the bins of this range are defined: finite ends in ascending order, and a finite length.
    var isUsable: Bool {
        low <= high && (high - low).isFinite
    }
}

/// Returns the shortest decimal that reads back to the same Float64, whole numbers without a fraction.
func shortest(_ value: Double) -> String {
    let text = "\(value == 0 ? 0 : value)"
    return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
}
