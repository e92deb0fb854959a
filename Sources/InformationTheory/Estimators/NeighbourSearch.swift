internal import LinearAlgebra

/// Sums a term over the samples of every part of a resampling, from nearest neighbours under the maximum norm.
///
/// Spaces are numbered as they were given; the joint space of all of them has the largest of their distances. One search serves
/// all parts: see `NeighbourScan` and `NeighbourCounts`.
struct NeighbourSearch {
    private let spaces: [Matrix<Double>]
    private let resampling: Resampling

    init(_ spaces: [Matrix<Double>], _ resampling: Resampling) {
        self.spaces = spaces
        self.resampling = resampling
    }

    /// Returns the mean over the samples of each part of `term`; nil for parts with no more than k samples.
    func means(neighbours k: Int, _ term: (_ part: Int, _ neighbourhood: Neighbourhood) -> Double) -> [Double?] {
        let sets = resampling.groupSets
        let sizes = resampling.sizes
        let neighbours = sizes.map { $0 > k ? k : 0 }
        let neighbourhood = Neighbourhood(spaces, resampling, sets, neighbours: k)
        var sums = sets.map { _ in CompensatedSum() }
        for (group, places) in resampling.groups.enumerated() {
            let parts = sets.indices.filter { neighbours[$0] > 0 && sets[$0] >> UInt32(group) & 1 == 1 }
            for place in places {
                neighbourhood.begin(resampling.order[place], in: group, neighbours)
                for part in parts {
                    neighbourhood.part = part
                    sums[part].add(term(part, neighbourhood))
                }
            }
        }
        return sums.indices.map { neighbours[$0] > 0 ? sums[$0].value / Double(sizes[$0]) : nil }
    }

    /// Whether the radius is too large for the density to be constant within it: the median over the samples exceeds half
    /// the largest standard deviation of the columns of a space.
    ///
    /// A ball of half a standard deviation about the centre of a normal density varies within by a factor e^(1/8) per
    /// coordinate; estimates are seen to leave their error bars from about there on (`infoplane selftest`).
    func isCoarse(_ radii: [Double]) -> Bool {
        let median = radii.sorted()[radii.count / 2]
        return spaces.contains { space in
            let spread = (0..<space.columns).map { space.deviation(ofColumn: $0) }.max() ?? 0
            return spread > 0 && median > spread / 2
        }
    }
}

/// What nearest-neighbour estimators ask about one sample among the samples of one part.
final class Neighbourhood {
    /// The part that counts.
    var part = 0
    private let spaces: [Matrix<Double>]
    private let sets: [UInt32]
    private let scan: NeighbourScan
    /// The space that is searched: that of more columns, where fewer samples are near; nil where it is the joint space.
    private let searched: Int?
    private let counts: [NeighbourCounts?]
    private var sample = 0
    /// The samples that are equal to it, by group, once they are counted.
    private var equalsByGroup: [Int]?

    init(_ spaces: [Matrix<Double>], _ resampling: Resampling, _ sets: [UInt32], neighbours most: Int) {
        let members = resampling.groups.map { resampling.order[$0].map { $0 } }
        let searched: Int? =
            if spaces.count == 1 {
                0
            } else if spaces[0].columns == 1, spaces[1].columns == 1 {
                nil
            } else {
                spaces[1].columns > spaces[0].columns ? 1 : 0
            }
        self.searched = searched
        self.spaces = spaces
        self.sets = sets
        let order = searched.map { $0 == 0 ? spaces : spaces.reversed() } ?? [spaces[0].beside(spaces[1])]
        scan = NeighbourScan(order, members: members, sets: sets, most: most)
        counts = spaces.enumerated().map { space, matrix in
            space == searched ? nil : NeighbourCounts(matrix, members: members, sets: sets)
        }
    }

    fileprivate func begin(_ sample: Int, in group: Int, _ neighbours: [Int]) {
        self.sample = sample
        equalsByGroup = nil
        scan.search(about: sample, in: group, neighbours: neighbours)
        for space in counts { space?.ask(about: sample, upTo: scan.largest.nextUp) }
    }

    /// The distance of the k-th nearest other sample in the joint space.
    var radius: Double { scan.radii[part] }

    /// How many samples, itself included, lie nearer than `radius`, which is no larger than that of the neighbours, in a
    /// space (`inclusive`: or as near).
    func count(within radius: Double, inSpace space: Int, inclusive: Bool) -> Int {
        // Nearer than the next number is as near as this one, so that one comparison serves both.
        let bound = inclusive ? radius.nextUp : radius
        return counts[space]?.count(nearer: bound, inPart: part) ?? scan.near.count(nearer: bound, inPart: part)
    }

    /// How many samples, itself included, are equal.
    var equals: Int {
        let byGroup = equalsByGroup ?? countEquals()
        equalsByGroup = byGroup
        return byGroup.indices.reduce(0) { $0 + (sets[part] >> UInt32($1) & 1 == 1 ? byGroup[$1] : 0) }
    }

    private func countEquals() -> [Int] {
        var byGroup = [Int](repeating: 0, count: 32)
        for entry in 0..<scan.near.found.count where scan.near.found.distance(entry) == 0 {
            let extents = self.extents(of: entry)
            if extents == (0, 0) { byGroup[scan.near.group(entry)] += 1 }
        }
        return byGroup
    }

    /// The largest distance in each of two spaces among the samples as near as `radius` in the joint space.
    var extents: (Double, Double) {
        var largest = (0.0, 0.0)
        for entry in 0..<scan.near.found.count
        where scan.near.found.distance(entry) <= radius && scan.near.isIn(part: part, entry) {
            let own = extents(of: entry)
            if max(own.0, own.1) <= radius { largest = (max(largest.0, own.0), max(largest.1, own.1)) }
        }
        return largest
    }

    private func extents(of entry: Int) -> (Double, Double) {
        let row = scan.near.sample(entry)
        return (spaces[0].distance(sample, row), spaces.count == 2 ? spaces[1].distance(sample, row) : 0)
    }
}

extension Matrix<Double> {
    /// Some rows, in this order.
    func rows(_ rows: [Int]) -> Matrix {
        var chosen: [Double] = []
        chosen.reserveCapacity(rows.count * columns)
        for row in rows { chosen += values[row * columns..<(row + 1) * columns] }
        return Matrix(rows: rows.count, columns: columns, values: chosen)
    }

    /// The columns of this matrix followed by those of another with as many rows.
    func beside(_ other: Matrix) -> Matrix {
        var joined: [Double] = []
        joined.reserveCapacity(values.count + other.values.count)
        for row in 0..<rows {
            joined += values[row * columns..<(row + 1) * columns]
            joined += other.values[row * other.columns..<(row + 1) * other.columns]
        }
        return Matrix(rows: rows, columns: columns + other.columns, values: joined)
    }

    /// The distance of two rows under the maximum norm.
    fileprivate func distance(_ row: Int, _ other: Int) -> Double {
        var distance = 0.0
        for column in 0..<columns {
            distance = max(distance, abs(values[row * columns + column] - values[other * columns + column]))
        }
        return distance
    }

    /// The standard deviation (n) of a column.
    func deviation(ofColumn column: Int) -> Double {
        let own = (0..<rows).map { values[$0 * columns + column] }
        let centre = mean(own)
        var squares = CompensatedSum()
        for value in own { squares.add((value - centre) * (value - centre)) }
        return (squares.value / Double(rows)).squareRoot()
    }
}

/// ψ(1) ... ψ(n): counts are whole numbers.
struct DigammaTable {
    private let values: [Double]

    init(upTo n: Int) {
        values = [0] + (0..<n).map { digamma(Double($0 + 1)) }
    }

    subscript(n: Int) -> Double { values[n] }
}
