internal import LinearAlgebra

/// How many samples lie nearer to a sample than a bound in every part of a resampling, in one space.
///
/// A part without one group has the samples of the whole but those of the group, so that of all such parts together every group
/// is counted once. One column is counted by its sorted values, O(log n); of several, the samples as near as any part asks are
/// found by one search.
final class NeighbourCounts {
    private let matrix: Matrix<Double>
    private let column: SortedColumn?
    private let search: NeighbourList?
    private var sample = 0

    /// - Parameters:
    ///   - members: the rows of each group.
    ///   - sets: the groups of each part of the resampling, one bit for each: the first parts are the whole, and the whole
    ///     without each group.
    init(_ matrix: Matrix<Double>, members: [[Int]], sets: [UInt32]) {
        self.matrix = matrix
        let isSorted = matrix.columns == 1
        column = isSorted ? SortedColumn(matrix.values, members: members, sets: sets) : nil
        search = isSorted ? nil : NeighbourList(matrix, members: members, sets: sets)
    }

    /// What follows is about this sample, and about no larger bound.
    func ask(about sample: Int, upTo bound: Double) {
        self.sample = sample
        column?.removeAll()
        search?.ask(about: sample, upTo: bound)
    }

    /// How many samples of a part, the one that is asked about included, lie nearer than a positive bound.
    func count(nearer bound: Double, inPart part: Int) -> Int {
        if let column { return column.count(about: matrix.values[sample], nearer: bound, inPart: part) }
        return search?.near.count(nearer: bound, inPart: part) ?? 0
    }
}

/// The samples near one that is asked about, found when they are asked for.
final class NeighbourList {
    private let index: NeighbourIndex
    private let list: NearList
    private var question: (sample: Int, bound: Double)?

    init(_ matrix: Matrix<Double>, members: [[Int]], sets: [UInt32]) {
        index = NeighbourIndex(matrix, members: members)
        list = NearList(index, groups: members.count, sets: sets)
    }

    func ask(about sample: Int, upTo bound: Double) { question = (sample, bound) }

    /// All that are nearer than the bound.
    var near: NearList {
        guard let (sample, bound) = question else { return list }
        question = nil
        list.removeAll()
        index.ask(about: sample)
        index.forEachRange(bound: bound) { range in
            index.norm.findNear(in: range, bound: bound, list.found)
            return bound
        }
        return list
    }
}

/// The values of one column in ascending order.
private final class SortedColumn {
    private let groups: Int
    private let values: [Double]
    private let sources: [UInt32]
    /// How many samples of each group stand before every place that is a multiple of `spacing`.
    private let before: [Int]
    private static let spacing = 16
    private var tally: GroupTally

    init(_ column: [Double], members: [[Int]], sets: [UInt32]) {
        let groups = members.count
        let sorted = members.enumerated().flatMap { group, rows in
            rows.map { (value: column[$0], source: UInt32(group)) }
        }.sorted { $0.value < $1.value }
        var before: [Int] = []
        var counts = [Int](repeating: 0, count: groups)
        for (place, entry) in sorted.enumerated() {
            if place % Self.spacing == 0 { before += counts }
            counts[Int(entry.source)] += 1
        }
        self.groups = groups
        values = sorted.map(\.value)
        sources = sorted.map(\.source)
        self.before = before + counts
        tally = GroupTally(groups: groups, sets: sets)
    }

    func removeAll() { tally.removeAll() }

    func count(about centre: Double, nearer bound: Double, inPart part: Int) -> Int {
        tally.count(nearer: bound, inPart: part) { counts in
            let window = values.withUnsafeBufferPointer { values in
                MaximumNorm.window(
                    in: 0..<values.count, of: values.baseAddress!, about: centre, nearerThan: bound)
            }
            add(1, before: window.upperBound, to: counts)
            add(-1, before: window.lowerBound, to: counts)
        }
    }

    /// Adds how many samples of each group stand before a place.
    private func add(_ sign: Int, before place: Int, to counts: UnsafeMutablePointer<Int>) {
        let block = place / Self.spacing
        before.withUnsafeBufferPointer { before in
            for group in 0..<groups { counts[group] &+= sign &* before[block &* groups &+ group] }
        }
        sources.withUnsafeBufferPointer { sources in
            for index in block * Self.spacing..<place { counts[Int(sources[index])] &+= sign }
        }
    }
}
