internal import LinearAlgebra

/// Samples of one space, for searches about one of them under the maximum norm: see `NeighbourQuery`. Nothing in it changes, so that
/// threads share it.
///
/// They stand in strips by their widest column, and within a strip in the order of the next, so that a search passes over those
/// alone that are near in both. Building: O(n·d). A search: O(n·d) at most; of columns of about the same spread s, and
/// within a distance r, some n·(r/s)² samples are looked at.
final class NeighbourIndex: @unchecked Sendable {
    /// How many samples there are.
    let count: Int
    /// The rows of the matrix, place by place, and the group of each.
    let samples: UnsafeMutablePointer<Int32>
    let sources: UnsafeMutablePointer<UInt32>
    /// The columns of the matrix as they stand here: those by which the samples are sorted are the last, since all that is
    /// looked at is near in these.
    fileprivate let layout: [Int]
    fileprivate let matrix: Matrix<Double>
    fileprivate let values: UnsafeMutablePointer<Double>
    fileprivate let strips: UnsafeMutablePointer<Strip>
    fileprivate let stripCount: Int
    /// By row of the matrix, for those that count; by place.
    fileprivate let places: UnsafeMutablePointer<Int32>
    fileprivate let stripOfPlace: UnsafeMutablePointer<Int32>

    fileprivate struct Strip {
        var range: Range<Int>
        /// The least and the largest number in the widest column.
        var low: Double
        var high: Double
    }

    /// - Parameters:
    ///   - matrix: finite, with one column or more.
    ///   - members: the rows of each group; others do not count.
    convenience init(_ matrix: Matrix<Double>, members: [[Int]]) {
        let rows = members.flatMap(\.self).sorted()
        let spreads = matrix.deviations(of: rows)
        let byWidth = spreads.indices.sorted { spreads[$0] != spreads[$1] ? spreads[$0] > spreads[$1] : $0 < $1 }
        let widest = byWidth[0]
        let next = byWidth.count > 1 ? byWidth[1] : widest
        // In few columns few samples of a strip are near; in many, most strips are searched, and each costs as much as some samples.
        let count = next == widest ? 1 : max(1, Int(Double(rows.count).squareRoot()) / (matrix.columns > 4 ? 4 : 1))
        let byNext = matrix.ascending(rows, byColumn: next)
        var strips = [[Int]](repeating: [], count: count)
        if count == 1 {
            strips[0] = byNext
        } else {
            let byWidest = matrix.ascending(rows, byColumn: widest)
            var stripOfRow = [Int32](repeating: 0, count: matrix.rows)
            for strip in 0..<count {
                let range = strip * rows.count / count..<(strip + 1) * rows.count / count
                strips[strip].reserveCapacity(range.count)
                for place in range { stripOfRow[byWidest[place]] = Int32(strip) }
            }
            for row in byNext { strips[Int(stripOfRow[row])].append(row) }
        }
        self.init(matrix, members, strips, Array(byWidth.dropFirst(2)) + (next == widest ? [widest] : [widest, next]))
    }

    /// The same samples in another space, in the order of an index: not to be searched by itself.
    convenience init(_ matrix: Matrix<Double>, inOrderOf index: NeighbourIndex) {
        self.init(matrix, [], [(0..<index.count).map { Int(index.samples[$0]) }], Array(0..<matrix.columns))
    }

    private init(_ matrix: Matrix<Double>, _ members: [[Int]], _ ordered: [[Int]], _ layout: [Int]) {
        self.matrix = matrix
        self.layout = layout
        let count = ordered.reduce(0) { $0 + $1.count }
        self.count = count
        samples = zeros(count)
        places = zeros(matrix.rows)
        sources = zeros(count)
        stripOfPlace = zeros(count)
        strips = .allocate(capacity: ordered.count)
        stripCount = ordered.count
        let widest = layout[max(0, layout.count - 2)]
        var place = 0
        for (strip, rows) in ordered.enumerated() {
            var found = Strip(range: place..<place + rows.count, low: .infinity, high: -.infinity)
            for row in rows {
                samples[place] = Int32(row)
                places[row] = Int32(place)
                stripOfPlace[place] = Int32(strip)
                let value = matrix.values[row * matrix.columns + widest]
                found.low = min(found.low, value)
                found.high = max(found.high, value)
                place += 1
            }
            (strips + strip).initialize(to: found)
        }
        for (group, rows) in members.enumerated() { for row in rows { sources[Int(places[row])] = UInt32(group) } }
        // Eight samples are compared at a time, also where fewer are left.
        values = zeros(count * layout.count + 8)
        for (line, column) in layout.enumerated() {
            for place in 0..<count {
                values[line * count + place] = matrix.values[Int(samples[place]) * matrix.columns + column]
            }
        }
    }

    deinit {
        samples.deallocate()
        sources.deallocate()
        values.deallocate()
        strips.deallocate()
        places.deallocate()
        stripOfPlace.deallocate()
    }
}

/// Searches of one thread in an index, about one of its samples at a time.
final class NeighbourQuery {
    /// The space and the sample that is asked about.
    let norm: MaximumNorm
    private let index: NeighbourIndex
    private let point: UnsafeMutablePointer<Double>
    private var place = 0

    init(_ index: NeighbourIndex) {
        self.index = index
        point = zeros(index.layout.count)
        norm = MaximumNorm(samples: index.values, columns: index.layout.count, stride: index.count, point: point)
    }

    deinit { point.deallocate() }

    /// The searches that follow are about this row of the matrix, which is one of the samples.
    func ask(about sample: Int) {
        place = Int(index.places[sample])
        for line in index.layout.indices { point[line] = index.values[line * index.count + place] }
    }

    /// The places of up to `count` samples before and behind the one that is asked about.
    func surroundings(_ count: Int) -> Range<Int> {
        (place - count..<place + count).clamped(to: index.strips[Int(index.stripOfPlace[place])].range)
    }

    /// Calls `body` with ranges of places, from the one that is asked about on, in which lie all samples nearer than a positive
    /// bound, which `body` returns and may lower.
    func forEachRange(bound: Double, _ body: (Range<Int>) -> Double) {
        let home = Int(index.stripOfPlace[place])
        let (strips, stripCount, columns) = (index.strips, index.stripCount, index.layout.count)
        let line = index.values + (columns - 1) * index.count
        let centre = point[max(0, columns - 2)]
        let inStrip = point[columns - 1]
        var bound = bound
        func search(_ strip: Int) {
            let window = MaximumNorm.window(in: strips[strip].range, of: line, about: inStrip, nearerThan: bound)
            if !window.isEmpty { bound = body(window) }
        }
        search(home)
        var (below, above) = (home - 1, home + 1)
        while below >= 0 || above < stripCount {
            if below >= 0 {
                if centre - strips[below].high < bound { search(below) } else { below = 0 }
                below -= 1
            }
            if above < stripCount {
                if strips[above].low - centre < bound { search(above) } else { above = stripCount }
                above += 1
            }
        }
    }
}

/// Memory for so many numbers, all 0, until it is deallocated.
private func zeros<Number: BinaryInteger>(_ count: Int) -> UnsafeMutablePointer<Number> {
    let memory = UnsafeMutablePointer<Number>.allocate(capacity: max(1, count))
    memory.initialize(repeating: 0, count: count)
    return memory
}

private func zeros(_ count: Int) -> UnsafeMutablePointer<Double> {
    let memory = UnsafeMutablePointer<Double>.allocate(capacity: max(1, count))
    memory.initialize(repeating: 0, count: count)
    return memory
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

    /// Some rows in the order of a column; where it has equal numbers, in the order in which they are given.
    func ascending(_ rows: [Int], byColumn column: Int) -> [Int] {
        guard !rows.isEmpty else { return [] }
        var sorter = KeySorter(count: rows.count)
        sorter.sort { values[rows[$0] * columns + column].ascendingKey }
        return sorter.order.map { rows[Int($0)] }
    }
}

extension Double {
    /// A key that is ordered as the numbers are; −0 has that of 0. Not for NaN.
    var ascendingKey: UInt64 {
        let bits = (self + 0).bitPattern
        return bits >> 63 == 0 ? bits | 1 << 63 : ~bits
    }
}
