internal import LinearAlgebra

/// Samples of one space, for searches about one of them under the maximum norm.
///
/// They stand in strips by their widest column, and within a strip in the order of the next, so that a search passes over those
/// alone that are near in both. Building: O(n·d + n log n). A search: O(n·d) at most; of columns of about the same spread s, and
/// within a distance r, some n·(r/s)² samples are looked at.
final class NeighbourIndex {
    /// The rows of the matrix, place by place, and the group of each.
    let samples: [Int32]
    let sources: [UInt32]
    let norm: MaximumNorm
    private let matrix: Matrix<Double>
    /// The columns of the matrix as they stand here: those by which the samples are sorted are the last, since all that is
    /// looked at is near in these.
    private let layout: [Int]
    private let values: UnsafeMutablePointer<Double>
    /// The sample that is asked about, and its place.
    private let point: UnsafeMutablePointer<Double>
    private var place = 0
    private let strips: [Strip]
    /// By row of the matrix, for those that count; by place.
    private let places: [Int32]
    private let stripOfPlace: [Int32]

    private struct Strip {
        var range: Range<Int>
        /// The least and the largest number in the widest column.
        var low: Double
        var high: Double
    }

    /// - Parameters:
    ///   - matrix: finite, with one column or more.
    ///   - members: the rows of each group; others do not count.
    convenience init(_ matrix: Matrix<Double>, members: [[Int]]) {
        let rows = members.flatMap(\.self)
        let spreads = matrix.deviations(of: rows)
        let byWidth = spreads.indices.sorted { spreads[$0] != spreads[$1] ? spreads[$0] > spreads[$1] : $0 < $1 }
        let widest = byWidth[0]
        let next = byWidth.count > 1 ? byWidth[1] : widest
        func sorted(_ rows: some Sequence<Int>, by column: Int) -> [Int] {
            func key(_ row: Int) -> Double { matrix.values[row * matrix.columns + column] }
            return rows.sorted { key($0) != key($1) ? key($0) < key($1) : $0 < $1 }
        }
        let order = sorted(rows, by: widest)
        // In few columns few samples of a strip are near; in many, most strips are searched, and each costs as much as some samples.
        let count = next == widest ? 1 : max(1, Int(Double(rows.count).squareRoot()) / (matrix.columns > 4 ? 4 : 1))
        let strips = (0..<count).map { strip -> [Int] in
            sorted(order[strip * order.count / count..<(strip + 1) * order.count / count], by: next)
        }
        self.init(matrix, members, strips, Array(byWidth.dropFirst(2)) + (next == widest ? [widest] : [widest, next]))
    }

    /// The same samples in another space, in the order of an index: not to be searched by itself.
    convenience init(_ matrix: Matrix<Double>, inOrderOf index: NeighbourIndex) {
        self.init(matrix, [], [index.samples.map { Int($0) }], Array(0..<matrix.columns))
    }

    private init(_ matrix: Matrix<Double>, _ members: [[Int]], _ ordered: [[Int]], _ layout: [Int]) {
        self.matrix = matrix
        self.layout = layout
        let samples = ordered.flatMap { $0.map { Int32($0) } }
        self.samples = samples
        var places = [Int32](repeating: 0, count: matrix.rows)
        for (place, row) in samples.enumerated() { places[Int(row)] = Int32(place) }
        self.places = places
        var sources = [UInt32](repeating: 0, count: samples.count)
        for (group, rows) in members.enumerated() { for row in rows { sources[Int(places[row])] = UInt32(group) } }
        self.sources = sources
        let widest = layout[max(0, layout.count - 2)]
        var start = 0
        strips = ordered.map { rows in
            defer { start += rows.count }
            let column = rows.map { matrix.values[$0 * matrix.columns + widest] }
            return Strip(range: start..<start + rows.count, low: column.min() ?? 0, high: column.max() ?? 0)
        }
        stripOfPlace = ordered.enumerated().flatMap { strip, rows in rows.map { _ in Int32(strip) } }
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

    /// The searches that follow are about this row of the matrix, which is one of the samples.
    func ask(about sample: Int) {
        place = Int(places[sample])
        for (index, column) in layout.enumerated() { point[index] = matrix.values[sample * layout.count + column] }
    }

    /// The places of up to `count` samples before and behind the one that is asked about.
    func surroundings(_ count: Int) -> Range<Int> {
        (place - count..<place + count).clamped(to: strips[Int(stripOfPlace[place])].range)
    }

    /// Calls `body` with ranges of places, from the one that is asked about on, in which lie all samples nearer than a positive
    /// bound, which `body` returns and may lower.
    func forEachRange(bound: Double, _ body: (Range<Int>) -> Double) {
        let home = Int(stripOfPlace[place])
        let centre = point[max(0, layout.count - 2)]
        var bound = bound
        func search(_ strip: Int) {
            let window = MaximumNorm.window(
                in: strips[strip].range, of: values + (layout.count - 1) * samples.count,
                about: point[layout.count - 1],
                nearerThan: bound)
            if !window.isEmpty { bound = body(window) }
        }
        search(home)
        var (below, above) = (home - 1, home + 1)
        while below >= 0 || above < strips.count {
            if below >= 0 {
                if centre - strips[below].high < bound { search(below) } else { below = 0 }
                below -= 1
            }
            if above < strips.count {
                if strips[above].low - centre < bound { search(above) } else { above = strips.count }
                above += 1
            }
        }
    }
}

extension Matrix<Double> {
    /// The squared deviations of the columns over some rows, as they come: for an order of the columns, not for results.
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
