internal import CLinearAlgebra

/// Samples and a point in one space under the maximum norm: a distance is the largest |difference| of two numbers, to the last bit.
///
/// Samples stand column by column, each column `stride` numbers after the one before; up to seven numbers behind the last sample
/// of each column are read, whatever they are. Samples that are farther than asked in the first columns are given up there: put
/// columns of wide spread first.
public struct MaximumNorm {
    private let space: ci_space

    /// The memory is that of the caller, who keeps it.
    public init(
        samples: UnsafePointer<Double>, columns: Int, stride: Int, point: UnsafePointer<Double>
    ) {
        space = ci_space(columns: columns, stride: stride, values: samples, point: point)
    }

    /// Writes the places and distances of the samples of a range nearer to the point than `bound`, up to all of them, and returns
    /// how many there are. O(range · columns) at most.
    ///
    /// Of the same samples in both spaces, `nearest`, which is ascending and has `neighbours` numbers, keeps the least of what
    /// stands there and of their distances in the joint space, which are the larger of the two.
    public func findNear(
        in range: Range<Int>, bound: Double, places: UnsafeMutablePointer<Int32>,
        distances: UnsafeMutablePointer<Double>,
        joint other: MaximumNorm? = nil, neighbours: Int = 0, nearest: UnsafeMutablePointer<Double>? = nil
    ) -> Int {
        precondition(space.columns > 0, "a distance has columns")
        precondition(neighbours == 0 || nearest != nil, "neighbours are kept in a list")
        let nothing = ci_space(columns: 0, stride: 0, values: nil, point: nil)
        return ci_find_near(
            space, other?.space ?? nothing, range.lowerBound, range.upperBound, bound, places, distances, neighbours,
            nearest)
    }

    /// Where, in an ascending range of numbers, stand those whose |difference| to `centre`, as rounded, is below a positive bound.
    /// O(log n).
    public static func window(
        in range: Range<Int>, of values: UnsafePointer<Double>, about centre: Double, nearerThan bound: Double
    ) -> Range<Int> {
        var (lower, upper) = (0, 0)
        ci_window(range.count, values + range.lowerBound, centre, bound, &lower, &upper)
        return range.lowerBound + lower..<range.lowerBound + upper
    }
}
