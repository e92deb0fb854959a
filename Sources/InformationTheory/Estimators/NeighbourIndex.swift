internal import LinearAlgebra

/// The samples of one space, group by group of a resampling, for searches about one of them under the maximum norm.
///
/// Within a group they stand in the order of their widest column, so that a search passes over those alone that are near in
/// this one. Building: O(n·d + n log n). A search: O(n·d) at most; of columns of about the same spread s, and a distance r, some
/// n·r/s samples are looked at.
final class NeighbourIndex {
    let groups: [Range<Int>]
    /// The rows of the matrix, place by place.
    let samples: [Int32]
    private let matrix: Matrix<Double>
    private let layout: [Int]
    private let values: UnsafeMutablePointer<Double>
    /// The sample that is asked about.
    private let point: UnsafeMutablePointer<Double>
    let norm: MaximumNorm

    /// The columns of the matrix from the widest on.
    ///
    /// - Parameters:
    ///   - matrix: finite, with one column or more.
    ///   - members: the rows of each group; others do not count.
    convenience init(_ matrix: Matrix<Double>, members: [[Int]]) {
        let spreads = matrix.deviations(of: members.flatMap(\.self))
        let layout = spreads.indices.sorted { spreads[$0] != spreads[$1] ? spreads[$0] > spreads[$1] : $0 < $1 }
        func key(_ row: Int) -> Double { matrix.values[row * matrix.columns + layout[0]] }
        let ordered = members.map { rows in
            rows.sorted { key($0) != key($1) ? key($0) < key($1) : $0 < $1 }
        }
        self.init(matrix, ordered, layout)
    }

    /// The same samples in another space, in the order of an index: not to be searched by itself.
    convenience init(_ matrix: Matrix<Double>, inOrderOf index: NeighbourIndex) {
        self.init(matrix, index.groups.map { $0.map { Int(index.samples[$0]) } }, Array(0..<matrix.columns))
    }

    private init(_ matrix: Matrix<Double>, _ ordered: [[Int]], _ layout: [Int]) {
        self.matrix = matrix
        self.layout = layout
        let samples = ordered.flatMap { $0.map(Int32.init) }
        self.samples = samples
        var start = 0
        groups = ordered.map { rows in
            defer { start += rows.count }
            return start..<start + rows.count
        }
        // Eight samples are compared at a time, also where fewer are left.
        values = .allocate(capacity: samples.count * layout.count + 8)
        values.initialize(repeating: 0, count: samples.count * layout.count + 8)
        point = .allocate(capacity: layout.count)
        point.initialize(repeating: 0, count: layout.count)
        for (place, column) in layout.enumerated() {
            for (index, row) in samples.enumerated() {
                values[place * samples.count + index] = matrix.values[Int(row) * matrix.columns + column]
            }
        }
        norm = MaximumNorm(samples: values, columns: layout.count, stride: samples.count, point: point)
    }

    deinit {
        values.deallocate()
        point.deallocate()
    }

    /// The searches that follow are about this row of the matrix.
    func ask(about sample: Int) {
        for (place, column) in layout.enumerated() { point[place] = matrix.values[sample * layout.count + column] }
    }

    /// Where the samples of a group stand that may be nearer than a positive bound.
    func window(inGroup group: Int, bound: Double) -> Range<Int> {
        MaximumNorm.window(in: groups[group], of: values, about: point[0], nearerThan: bound)
    }

    /// The places of up to `count` samples of a group before and behind the one that is asked about.
    func surroundings(inGroup group: Int, _ count: Int) -> Range<Int> {
        let middle = window(inGroup: group, bound: .leastNonzeroMagnitude).lowerBound
        return (middle - count..<middle + count).clamped(to: groups[group])
    }

    /// The distance of the one that is asked about to the sample at a place.
    func distance(at place: Int) -> Double {
        var distance = 0.0
        for column in layout.indices {
            distance = max(distance, abs(values[column * samples.count + place] - point[column]))
        }
        return distance
    }
}

extension Matrix<Double> {
    /// The standard deviations of the columns over some rows, as they come: for an order of the columns, not for results.
    fileprivate func deviations(of rows: [Int]) -> [Double] {
        var (sums, squares) = ([Double](repeating: 0, count: columns), [Double](repeating: 0, count: columns))
        for row in rows { for column in 0..<columns { sums[column] += values[row * columns + column] } }
        for row in rows {
            for column in 0..<columns {
                let difference = values[row * columns + column] - sums[column] / Double(rows.count)
                squares[column] += difference * difference
            }
        }
        return squares
    }
}
