internal import CLinearAlgebra

/// Searches among samples under the maximum norm: the largest |difference| of two numbers, to the last bit.
///
/// Samples stand column by column, each column `stride` numbers after the one before; up to seven numbers behind the last sample
/// of each column are read, whatever they are. A sample that is farther than asked in the first columns is given up there: put
/// columns of wide spread first. O(count · columns) at most.
public enum MaximumNorm {
    /// Keeps in `nearest`, which is ascending and has `neighbours` numbers, the least of what stands there and of the distances
    /// of a point.
    public static func findNearest(
        to point: UnsafePointer<Double>, among samples: UnsafePointer<Double>, count: Int, columns: Int, stride: Int,
        neighbours: Int, _ nearest: UnsafeMutablePointer<Double>
    ) {
        precondition(columns > 0 && neighbours > 0, "a distance has columns, and a list is not empty")
        ci_nearest(count, columns, stride, samples, point, neighbours, nearest)
    }

    /// Writes the places and distances of the samples nearer than `bound` to a point, up to `count` of them, and returns how
    /// many there are.
    public static func findNear(
        _ point: UnsafePointer<Double>, bound: Double, among samples: UnsafePointer<Double>, count: Int, columns: Int,
        stride: Int, places: UnsafeMutablePointer<Int32>, distances: UnsafeMutablePointer<Double>
    ) -> Int {
        precondition(columns > 0, "a distance has columns")
        return ci_near(count, columns, stride, samples, point, bound, places, distances)
    }
}
