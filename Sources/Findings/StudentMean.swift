#if canImport(Darwin)
    internal import Darwin
#else
    internal import Glibc
#endif

/// The mean of one quantity over repeated runs, such as seeds, and its 95% interval.
///
/// mean ± t·s/√n, with s² = Σ(v − mean)²/(n − 1) and t the 0.975 quantile of Student's distribution with n − 1 degrees of
/// freedom. It holds for runs that are independent draws of about normal values: with two or three runs it is wide, and
/// rightly so. It knows nothing of what all runs share, such as the bias of the estimator.
public struct StudentMean: Sendable, Hashable {
    /// The mean.
    public let mean: Double
    /// The interval; nil for a single value, which says nothing of the spread, and where a square overflows.
    public let interval: ClosedRange<Double>?

    /// Takes the mean.
    ///
    /// - Parameter values: one per run, finite, at least one.
    /// - Complexity: O(n).
    public init(of values: [Double]) {
        precondition(!values.isEmpty, "a mean needs a value")
        let count = Double(values.count)
        let mean = values.reduce(0, +) / count
        self.mean = mean
        guard values.count > 1 else {
            interval = nil
            return
        }
        let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
        let error = Self.quantile975(degrees: values.count - 1) * (squares / (count - 1) / count).squareRoot()
        interval = error.isFinite && mean.isFinite ? mean - error...mean + error : nil
    }

    /// The 0.975 quantile of Student's distribution with this many degrees of freedom, by bisection to the last bits.
    static func quantile975(degrees: Int) -> Double {
        var (low, high) = (0.0, 13.0)
        for _ in 0..<100 {
            let middle = (low + high) / 2
            if centralMass(middle, degrees: degrees) < 0.95 { low = middle } else { high = middle }
        }
        return (low + high) / 2
    }

    /// P(|T| < t), by the finite sums of Abramowitz and Stegun 26.7.3 and 26.7.4. O(degrees).
    private static func centralMass(_ t: Double, degrees: Int) -> Double {
        let angle = atan(t / Double(degrees).squareRoot())
        let square = cos(angle) * cos(angle)
        let isOdd = degrees % 2 == 1
        var term = isOdd ? cos(angle) : 1
        var sum = 0.0
        for power in stride(from: isOdd ? 1 : 0, through: degrees - 2, by: 2) {
            sum += term
            term *= square * Double(power + 1) / Double(power + 2)
        }
        return isOdd ? 2 / Double.pi * (angle + sin(angle) * sum) : sin(angle) * sum
    }
}
