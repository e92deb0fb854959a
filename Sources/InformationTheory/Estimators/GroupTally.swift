/// How many samples lie nearer to one than a bound, in every part of a resampling: counted once by group for each bound that is
/// asked for.
struct GroupTally {
    private let groups: Int
    private let sets: [UInt32]
    private var bounds: [Double] = []
    /// By bound: the total, then group by group.
    private var counts: [Int] = []

    /// - Parameter sets: the groups of each part of the resampling, one bit for each: the first parts are the whole, and the whole
    ///   without each group.
    init(groups: Int, sets: [UInt32]) {
        self.groups = groups
        self.sets = sets
    }

    /// What follows is about another sample.
    mutating func removeAll() {
        bounds.removeAll(keepingCapacity: true)
        counts.removeAll(keepingCapacity: true)
    }

    /// The count of a part; `tally` adds to that of each group.
    @inline(__always)
    mutating func count(
        nearer bound: Double, inPart part: Int, _ tally: (UnsafeMutablePointer<Int>) -> Void
    ) -> Int {
        let start = (bounds.firstIndex(of: bound) ?? bounds.count) * (groups + 1)
        if start == counts.count {
            bounds.append(bound)
            for _ in 0...groups { counts.append(0) }
            counts.withUnsafeMutableBufferPointer { counts in
                tally(counts.baseAddress! + start + 1)
                for group in 1...groups { counts[start] &+= counts[start + group] }
            }
        }
        if part == 0 { return counts[start] }
        if part <= groups { return counts[start] - counts[start + part] }
        var count = 0
        for group in 0..<groups where sets[part] >> UInt32(group) & 1 == 1 { count &+= counts[start + 1 + group] }
        return count
    }
}
