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
                MaximumNorm.window(in: runs[part], of: values.baseAddress!, about: centre, nearerThan: bound).count
            }
            if part > groups { return count(part) }
            if whole.centre != centre || whole.bound != bound { whole = (centre, bound, count(0)) }
            return part == 0 ? whole.count : whole.count - count(part)
        }
    }
}
