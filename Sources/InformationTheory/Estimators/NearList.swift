internal import LinearAlgebra

/// The samples near one that is asked about, in one space, and how many of each group are nearer than a bound.
final class NearList {
    /// Places in the index, and distances.
    let found: MaximumNorm.Found
    private let index: NeighbourIndex
    private let groups: Int
    private let sets: [UInt32]
    /// What was counted, by bound: the total, then group by group.
    private var bounds: [Double] = []
    private var counts: [Int] = []

    /// - Parameters:
    ///   - groups: how many groups there are.
    ///   - sets: the groups of each part of the resampling, one bit for each.
    init(_ index: NeighbourIndex, groups: Int, sets: [UInt32]) {
        self.index = index
        self.groups = groups
        self.sets = sets
        found = MaximumNorm.Found(capacity: index.samples.count)
    }

    deinit { found.deallocate() }

    func removeAll() {
        found.removeAll()
        bounds.removeAll(keepingCapacity: true)
        counts.removeAll(keepingCapacity: true)
    }

    /// The row of the matrix that an entry is.
    func sample(_ entry: Int) -> Int { Int(index.samples[found.place(entry)]) }

    func group(_ entry: Int) -> Int { Int(index.sources[found.place(entry)]) }

    func isIn(part: Int, _ entry: Int) -> Bool { sets[part] >> index.sources[found.place(entry)] & 1 == 1 }

    /// How many samples of a part lie nearer than a bound, up to which all are in the list.
    func count(nearer bound: Double, inPart part: Int) -> Int {
        let slot = slot(of: bound)
        if part == 0 { return counts[slot] }
        if part <= groups { return counts[slot] - counts[slot + part] }
        var count = 0
        for group in 0..<groups where sets[part] >> UInt32(group) & 1 == 1 { count += counts[slot + 1 + group] }
        return count
    }

    private func slot(of bound: Double) -> Int {
        if let known = bounds.firstIndex(of: bound) { return known * (groups + 1) }
        bounds.append(bound)
        let slot = counts.count
        for _ in 0...groups { counts.append(0) }
        counts.withUnsafeMutableBufferPointer { counts in
            var total = 0
            for entry in 0..<found.count {
                let isNearer = found.distance(entry) < bound ? 1 : 0
                total &+= isNearer
                counts[slot &+ 1 &+ Int(index.sources[found.place(entry)])] &+= isNearer
            }
            counts[slot] = total
        }
        return slot
    }
}
