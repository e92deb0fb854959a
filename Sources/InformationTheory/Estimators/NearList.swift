/// The samples near one that is asked about, in one space, and how many of each group are nearer than a bound.
final class NearList {
    private(set) var count = 0
    /// Places in an index, distances, and groups.
    let places: UnsafeMutablePointer<Int32>
    let distances: UnsafeMutablePointer<Double>
    let sources: UnsafeMutablePointer<UInt32>
    private let groups: Int
    private let sets: [UInt32]
    /// What was counted, by bound: the total, then group by group.
    private var bounds: [Double] = []
    private var counts: [Int] = []

    /// - Parameters:
    ///   - capacity: of samples.
    ///   - groups: how many groups there are.
    ///   - sets: the groups of each part of the resampling, one bit for each.
    init(capacity: Int, groups: Int, sets: [UInt32]) {
        self.groups = groups
        self.sets = sets
        places = .allocate(capacity: capacity)
        places.initialize(repeating: 0, count: capacity)
        distances = .allocate(capacity: capacity)
        distances.initialize(repeating: 0, count: capacity)
        sources = .allocate(capacity: capacity)
        sources.initialize(repeating: 0, count: capacity)
    }

    deinit {
        places.deallocate()
        distances.deallocate()
        sources.deallocate()
    }

    func removeAll() {
        count = 0
        bounds.removeAll(keepingCapacity: true)
        counts.removeAll(keepingCapacity: true)
    }

    /// Takes as samples of a group what was written behind the last.
    func append(_ found: Int, ofGroup group: Int) {
        (sources + count).update(repeating: UInt32(group), count: found)
        count += found
    }

    func isIn(part: Int, _ index: Int) -> Bool { sets[part] >> sources[index] & 1 == 1 }

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
            for index in 0..<count {
                let isNearer = distances[index] < bound ? 1 : 0
                total &+= isNearer
                counts[slot &+ 1 &+ Int(sources[index])] &+= isNearer
            }
            counts[slot] = total
        }
        return slot
    }
}
