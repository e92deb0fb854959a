internal import LinearAlgebra

/// How many samples lie nearer to a sample than a bound in every part of a resampling, in one space.
///
/// A part without one group has the samples of the whole but those of the group, so that of all such parts together every group
/// is counted once. One column is counted by its sorted values, O(log n); of several, the samples as near as any part asks are
/// found by one search.
final class NeighbourCounts {
    private let matrix: Matrix<Double>
    private let sets: [UInt32]
    /// The first parts, in order: the whole, and the whole without each group.
    private let groups: Int
    private let column: SortedColumn?
    private let index: NeighbourIndex?
    private var sample = 0

    /// The samples that a search found, and up to which distance.
    private var reach = 0.0
    private var wanted = 0.0
    private(set) var near = 0
    let places: UnsafeMutablePointer<Int32>
    let distances: UnsafeMutablePointer<Double>
    let sources: UnsafeMutablePointer<UInt32>
    /// What was counted of them, by bound: the total, then group by group.
    private var bounds: [Double] = []
    private var counts: [Int] = []

    /// - Parameters:
    ///   - members: the rows of each group.
    ///   - sets: the groups of each part of the resampling, one bit for each.
    ///   - listing: whether the samples themselves are asked for.
    init(_ matrix: Matrix<Double>, members: [[Int]], sets: [UInt32], listing: Bool = false) {
        self.matrix = matrix
        self.sets = sets
        groups = members.count
        let isSorted = matrix.columns == 1 && !listing
        column = isSorted ? SortedColumn(matrix.values, members: members, sets: sets) : nil
        index = isSorted ? nil : NeighbourIndex(matrix, members: members)
        let room = isSorted ? 0 : matrix.rows
        places = .allocate(capacity: room)
        places.initialize(repeating: 0, count: room)
        distances = .allocate(capacity: room)
        distances.initialize(repeating: 0, count: room)
        sources = .allocate(capacity: room)
        sources.initialize(repeating: 0, count: room)
    }

    deinit {
        places.deallocate()
        distances.deallocate()
        sources.deallocate()
    }

    /// What follows is about this sample; `bound`: the largest that is likely to be asked.
    func ask(about sample: Int, upTo bound: Double) {
        self.sample = sample
        wanted = bound
        reach = 0
        bounds.removeAll(keepingCapacity: true)
        counts.removeAll(keepingCapacity: true)
    }

    /// How many samples of a part, the one that is asked about included, lie nearer than a positive bound.
    func count(nearer bound: Double, inPart part: Int) -> Int {
        if let column { return column.count(about: matrix.values[sample], nearer: bound, inPart: part) }
        search(upTo: bound)
        let slot = slot(of: bound)
        if part == 0 { return counts[slot] }
        if part <= groups { return counts[slot] - counts[slot + part] }
        var count = 0
        for group in 0..<groups where sets[part] >> UInt32(group) & 1 == 1 { count += counts[slot + 1 + group] }
        return count
    }

    /// Finds, unless it is done, all samples nearer than a bound: places, distances and groups of the first `near`, and
    /// perhaps some that are farther.
    func search(upTo bound: Double) {
        guard bound > reach, let index else { return }
        reach = max(bound, wanted)
        near = 0
        index.ask(about: sample)
        for group in 0..<groups {
            let found = index.findNear(
                inGroup: group, bound: reach, places: places + near, distances: distances + near)
            (sources + near).update(repeating: UInt32(group), count: found)
            near += found
        }
    }

    private func slot(of bound: Double) -> Int {
        if let known = bounds.firstIndex(of: bound) { return known * (groups + 1) }
        bounds.append(bound)
        let slot = counts.count
        for _ in 0...groups { counts.append(0) }
        counts.withUnsafeMutableBufferPointer { counts in
            for index in 0..<near {
                let isNearer = distances[index] < bound ? 1 : 0
                counts[slot] &+= isNearer
                counts[slot + 1 + Int(sources[index])] &+= isNearer
            }
        }
        return slot
    }
}

/// The values of one column in ascending order: all of them, those of each group, and those of each part that is made of some.
private final class SortedColumn {
    private let groups: Int
    private let values: [Double]
    /// By part; where it is the whole without a group, those of this group.
    private let runs: [Range<Int>]
    /// What was counted in the whole.
    private var whole = (centre: 0.0, bound: 0.0, count: 0)

    init(_ column: [Double], members: [[Int]], sets: [UInt32]) {
        groups = members.count
        var values: [Double] = []
        runs = sets.indices.map { part in
            let isComplement = part > 0 && part <= members.count
            let chosen = members.indices.filter { isComplement ? $0 == part - 1 : sets[part] >> UInt32($0) & 1 == 1 }
            let some = chosen.flatMap { members[$0] }
            values += some.map { column[$0] }.sorted()
            return values.count - some.count..<values.count
        }
        self.values = values
    }

    func count(about centre: Double, nearer bound: Double, inPart part: Int) -> Int {
        values.withUnsafeBufferPointer { values in
            func count(_ part: Int) -> Int {
                values.baseAddress!.window(runs[part], about: centre, nearerThan: bound).count
            }
            if part > groups { return count(part) }
            if whole.centre != centre || whole.bound != bound { whole = (centre, bound, count(0)) }
            return part == 0 ? whole.count : whole.count - count(part)
        }
    }
}
