internal import LinearAlgebra

/// One space in which samples are counted: of one column its sorted values, of several an index. Threads share it.
enum CountedSpace: Sendable {
    case column(SortedColumn)
    case index(NeighbourIndex)

    /// - Parameter members: the rows of each group; others do not count.
    init(_ matrix: Matrix<Double>, members: [[Int]]) {
        self =
            matrix.columns == 1
            ? .column(SortedColumn(matrix, members: members)) : .index(NeighbourIndex(matrix, members: members))
    }
}

/// How many samples lie nearer to a sample than a bound in every part of a resampling, in one space.
///
/// A part without one group has the samples of the whole but those of the group, so that of all such parts together every group
/// is counted once. One column is counted by its sorted values, O(log n); of several, the samples as near as any part asks are
/// found by one search.
final class NeighbourCounts {
    private let column: SortedColumn?
    private let places: SortedColumn.Places?
    private let search: NeighbourList?
    private let tally: GroupTally
    private var centre = 0.0

    /// - Parameter sets: the groups of each part of the resampling, one bit for each: the first parts are the whole, and the whole
    ///   without each group.
    init(_ space: CountedSpace, groups: Int, sets: [UInt32]) {
        tally = GroupTally(groups: groups, sets: sets)
        switch space {
        case .column(let column): (self.column, places, search) = (column, column.places, nil)
        case .index(let index): (column, places, search) = (nil, nil, NeighbourList(index, groups: groups, sets: sets))
        }
    }

    deinit { tally.deallocate() }

    /// What follows is about this sample, and about no larger bound.
    func ask(about sample: Int, upTo bound: Double) {
        if let column {
            centre = column.matrix.values[sample]
            tally.removeAll()
        } else {
            search?.ask(about: sample, upTo: bound)
        }
    }

    /// How many samples of a part, the one that is asked about included, lie nearer than a positive bound.
    func count(nearer bound: Double, inPart part: Int) -> Int {
        guard let places else { return search?.near.count(nearer: bound, inPart: part) ?? 0 }
        if places.groups == 1 { return places.window(about: centre, nearer: bound).count }
        return tally.count(nearer: bound, inPart: part) { counts in
            places.addCounts(about: centre, nearer: bound, to: counts)
        }
    }
}

/// The samples near one that is asked about, found when they are asked for.
final class NeighbourList {
    private let query: NeighbourQuery
    private let list: NearList
    private var question: (sample: Int, bound: Double)?

    init(_ index: NeighbourIndex, groups: Int, sets: [UInt32]) {
        query = NeighbourQuery(index)
        list = NearList(index, groups: groups, sets: sets)
    }

    func ask(about sample: Int, upTo bound: Double) { question = (sample, bound) }

    /// All that are nearer than the bound.
    var near: NearList {
        guard let (sample, bound) = question else { return list }
        question = nil
        list.removeAll()
        query.ask(about: sample)
        query.forEachRange(bound: bound) { range in
            query.norm.findNear(in: range, bound: bound, list.found)
            return bound
        }
        return list
    }
}

/// The values of one column in ascending order. Nothing in it changes, so that threads share it.
final class SortedColumn: @unchecked Sendable {
    /// The column as it was given.
    let matrix: Matrix<Double>
    /// Its memory, for those who keep it: no references are counted.
    let places: Places

    init(_ matrix: Matrix<Double>, members: [[Int]]) {
        self.matrix = matrix
        var group = [UInt32](repeating: 0, count: matrix.rows)
        for (source, rows) in members.enumerated() { for row in rows { group[row] = UInt32(source) } }
        let order = matrix.ascending(members.flatMap(\.self), byColumn: 0)
        let (count, groups, spacing) = (order.count, members.count, Places.spacing)
        let values = UnsafeMutablePointer<Double>.allocate(capacity: max(1, count))
        let sources = UnsafeMutablePointer<UInt32>.allocate(capacity: max(1, count))
        let before = UnsafeMutablePointer<Int>.allocate(capacity: (count / spacing + 1) * groups)
        var counts = [Int](repeating: 0, count: groups)
        for (place, row) in order.enumerated() {
            if place % spacing == 0 { (before + place / spacing * groups).initialize(from: counts, count: groups) }
            counts[Int(group[row])] += 1
            (values + place).initialize(to: matrix.values[row])
            (sources + place).initialize(to: group[row])
        }
        if count % spacing == 0 { (before + count / spacing * groups).initialize(from: counts, count: groups) }
        places = Places(groups: groups, count: count, values: values, sources: sources, before: before)
    }

    deinit {
        places.values.deallocate()
        places.sources.deallocate()
        places.before.deallocate()
    }

    /// How many distinct numbers there are.
    var distinctCount: Int {
        let (count, values) = (places.count, places.values)
        return count == 0 ? 0 : 1 + (1..<count).count { values[$0] != values[$0 - 1] }
    }

    /// The places of the samples in ascending order.
    struct Places {
        /// How many groups there are.
        let groups: Int
        fileprivate let count: Int
        fileprivate let values: UnsafeMutablePointer<Double>
        fileprivate let sources: UnsafeMutablePointer<UInt32>
        /// How many samples of each group stand before every place that is a multiple of `spacing`.
        fileprivate let before: UnsafeMutablePointer<Int>
        fileprivate static let spacing = 16

        /// The places of the samples nearer to a number than a positive bound.
        func window(about centre: Double, nearer bound: Double) -> Range<Int> {
            MaximumNorm.window(in: 0..<count, of: values, about: centre, nearerThan: bound)
        }

        /// Adds how many samples of each group are nearer to a number than a positive bound.
        func addCounts(about centre: Double, nearer bound: Double, to counts: UnsafeMutablePointer<Int>) {
            let window = window(about: centre, nearer: bound)
            add(1, before: window.upperBound, to: counts)
            add(-1, before: window.lowerBound, to: counts)
        }

        /// Adds how many samples of each group stand before a place.
        private func add(_ sign: Int, before place: Int, to counts: UnsafeMutablePointer<Int>) {
            let block = place / Self.spacing
            for group in 0..<groups { counts[group] &+= sign &* before[block &* groups &+ group] }
            for index in block * Self.spacing..<place { counts[Int(sources[index])] &+= sign }
        }
    }
}
