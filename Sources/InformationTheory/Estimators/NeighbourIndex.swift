internal import LinearAlgebra

/// The samples of one space, group by group of a resampling, for searches about one of them under the maximum norm.
///
/// Within a group they stand in the order of their widest column, so that a search passes over those alone that are near in
/// this one. Building: O(n·d + n log n). A search: O(n·d) at most; of columns of about the same spread s, and a distance r, some
/// n·r/s samples are looked at.
final class NeighbourIndex {
    let groups: [Range<Int>]
    private let matrix: Matrix<Double>
    /// The columns of the matrix from the widest on.
    private let columns: [Int]
    private let samples: [Int32]
    private let stride: Int
    /// Column by column.
    private let values: UnsafeMutablePointer<Double>
    /// The sample that is asked about, in these columns.
    private let point: UnsafeMutablePointer<Double>

    /// - Parameters:
    ///   - matrix: finite, with one column or more.
    ///   - members: the rows of each group; others do not count.
    init(_ matrix: Matrix<Double>, members: [[Int]]) {
        self.matrix = matrix
        let spreads = matrix.deviations(of: members.flatMap(\.self))
        columns = spreads.indices.sorted { spreads[$0] != spreads[$1] ? spreads[$0] > spreads[$1] : $0 < $1 }
        let key = columns[0]
        func value(_ row: Int) -> Double { matrix.values[row * matrix.columns + key] }
        samples = members.flatMap { rows -> [Int32] in
            let ordered = rows.sorted { value($0) != value($1) ? value($0) < value($1) : $0 < $1 }
            return ordered.map(Int32.init)
        }
        var start = 0
        groups = members.map { rows in
            defer { start += rows.count }
            return start..<start + rows.count
        }
        stride = samples.count
        // Eight samples are compared at a time, also where fewer are left.
        values = .allocate(capacity: stride * matrix.columns + 8)
        values.initialize(repeating: 0, count: stride * matrix.columns + 8)
        point = .allocate(capacity: matrix.columns)
        point.initialize(repeating: 0, count: matrix.columns)
        for (place, column) in columns.enumerated() {
            for (index, row) in samples.enumerated() {
                values[place * stride + index] = matrix.values[Int(row) * matrix.columns + column]
            }
        }
    }

    deinit {
        values.deallocate()
        point.deallocate()
    }

    /// The searches that follow are about this row of the matrix.
    func ask(about sample: Int) {
        for (place, column) in columns.enumerated() {
            point[place] = matrix.values[sample * columns.count + column]
        }
    }

    /// Keeps in `nearest`, which is ascending, the least of what stands there and of the distances to the samples of a group,
    /// the one that is asked about included.
    func findNearest(inGroup group: Int, neighbours: Int, _ nearest: UnsafeMutablePointer<Double>) {
        func search(_ range: Range<Int>) {
            MaximumNorm.findNearest(
                to: point, among: values + range.lowerBound, count: range.count, columns: columns.count, stride: stride,
                neighbours: neighbours, nearest)
        }
        let bound = nearest[neighbours - 1]
        if bound == 0 { return }
        guard bound == .infinity else { return search(window(groups[group], bound)) }
        // Those beside it give a first bound.
        let middle = window(groups[group], .leastNonzeroMagnitude).lowerBound
        let reach = neighbours + 8
        let centre = (middle - reach..<middle + reach).clamped(to: groups[group])
        search(centre)
        if nearest[neighbours - 1] == 0 { return }
        let window = window(groups[group], nearest[neighbours - 1])
        if window.lowerBound < centre.lowerBound { search(window.lowerBound..<centre.lowerBound) }
        if centre.upperBound < window.upperBound { search(centre.upperBound..<window.upperBound) }
    }

    /// Writes the places and distances of the samples of a group nearer than a bound, and returns how many there are.
    func findNear(
        inGroup group: Int, bound: Double, places: UnsafeMutablePointer<Int32>,
        distances: UnsafeMutablePointer<Double>
    ) -> Int {
        let window = window(groups[group], bound)
        let count = MaximumNorm.findNear(
            point, bound: bound, among: values + window.lowerBound, count: window.count, columns: columns.count,
            stride: stride, places: places, distances: distances)
        for index in 0..<count { places[index] = samples[window.lowerBound + Int(places[index])] }
        return count
    }

    private func window(_ range: Range<Int>, _ bound: Double) -> Range<Int> {
        UnsafePointer(values).window(range, about: point[0], nearerThan: bound)
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
        return squares.map { ($0 / Double(max(1, rows.count))).squareRoot() }
    }
}

extension UnsafePointer<Double> {
    /// Where, in an ascending range, stand the numbers whose |difference| to `centre`, as rounded, is below a positive bound.
    ///
    /// O(log n), without branches, which are guessed wrong half of the time.
    func window(_ range: Range<Int>, about centre: Double, nearerThan bound: Double) -> Range<Int> {
        // A rounded difference is monotone, so that each side has one edge.
        var (lower, upper, length) = (range.lowerBound, range.lowerBound, range.count)
        while length > 1 {
            let half = length / 2
            lower = centre - self[lower + half - 1] < bound ? lower : lower + half
            upper = self[upper + half - 1] - centre < bound ? upper + half : upper
            length -= half
        }
        if length == 1 {
            lower = centre - self[lower] < bound ? lower : lower + 1
            upper = self[upper] - centre < bound ? upper + 1 : upper
        }
        return lower..<upper
    }
}
