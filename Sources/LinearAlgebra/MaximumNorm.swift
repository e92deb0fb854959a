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

    /// Appends to `near` the samples of a range nearer to the point than `bound`, and to `joint` those of them that are so in
    /// the `other` space as well, with the larger of their distances. O(range · columns) at most.
    public func findNear(
        in range: Range<Int>, bound: Double, _ near: Found, other: MaximumNorm? = nil, joint: Found? = nil
    ) {
        precondition(space.columns > 0, "a distance has columns")
        let nothing = ci_space(columns: 0, stride: 0, values: nil, point: nil)
        ci_find_near(
            space, other?.space ?? nothing, range.lowerBound, range.upperBound, bound, near.found, joint?.found)
    }

    /// Places and distances of samples that were found, in memory of its own until it is deallocated.
    public struct Found {
        fileprivate let found: UnsafeMutablePointer<ci_near>

        /// Makes room for so many.
        public init(capacity: Int) {
            found = .allocate(capacity: 1)
            found.initialize(
                to: ci_near(
                    count: 0, places: .allocate(capacity: max(1, capacity)),
                    distances: .allocate(capacity: max(1, capacity))))
        }

        /// Gives the memory back.
        public func deallocate() {
            found.pointee.places.deallocate()
            found.pointee.distances.deallocate()
            found.deallocate()
        }

        /// How many there are.
        public var count: Int { found.pointee.count }

        /// Forgets all.
        public func removeAll() { found.pointee.count = 0 }

        /// The place of one of them.
        public func place(_ index: Int) -> Int { Int(found.pointee.places[index]) }

        /// The distance of one of them.
        public func distance(_ index: Int) -> Double { found.pointee.distances[index] }
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
