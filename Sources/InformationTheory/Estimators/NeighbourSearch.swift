internal import LinearAlgebra

/// Sums a term over the samples of every part of a resampling, from nearest neighbours under the maximum norm.
///
/// Spaces are numbered as they were given; the joint space of all of them has the largest of their distances. One search serves
/// all parts: see `NeighbourRadii` and `NeighbourCounts`.
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
    private let search: NeighbourRadii
    private let counts: [NeighbourCounts]
    private let joint: NeighbourCounts
    private var sample = 0

    init(_ spaces: [Matrix<Double>], _ resampling: Resampling, _ sets: [UInt32], neighbours most: Int) {
        let members = resampling.groups.map { resampling.order[$0].map { $0 } }
        let all = spaces.count == 1 ? spaces[0] : spaces[0].beside(spaces[1])
        self.spaces = spaces
        self.sets = sets
        let index = NeighbourIndex(all, members: members)
        search = NeighbourRadii(index, sets: sets, most: most)
        counts = spaces.map { NeighbourCounts($0, members: members, sets: sets) }
        joint = NeighbourCounts(all, members: members, sets: sets, listing: true)
    }

    fileprivate func begin(_ sample: Int, in group: Int, _ neighbours: [Int]) {
        self.sample = sample
        search.search(about: sample, in: group, neighbours: neighbours)
        for space in counts { space.ask(about: sample, upTo: search.largest.nextUp) }
        joint.ask(about: sample, upTo: search.largest.nextUp)
    }

    /// The distance of the k-th nearest other sample in the joint space.
    var radius: Double { search.radii[part] }

    /// How many samples, itself included, lie nearer than `radius` in a space (`inclusive`: or as near).
    func count(within radius: Double, inSpace space: Int, inclusive: Bool) -> Int {
        // Nearer than the next number is as near as this one, so that one comparison serves both.
        counts[space].count(nearer: inclusive ? radius.nextUp : radius, inPart: part)
    }

    /// How many samples, itself included, are equal.
    var equals: Int { joint.count(nearer: .leastNonzeroMagnitude, inPart: part) }

    /// The largest distance in each space among the samples as near as `radius` in the joint space.
    func extent(within radius: Double) -> [Double] {
        joint.search(upTo: radius.nextUp)
        var extents = spaces.map { _ in 0.0 }
        for index in 0..<joint.near
        where joint.distances[index] <= radius && sets[part] >> joint.sources[index] & 1 == 1 {
            for (place, space) in spaces.enumerated() {
                extents[place] = max(extents[place], space.distance(of: sample, Int(joint.places[index])))
            }
        }
        return extents
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
    fileprivate func distance(of row: Int, _ other: Int) -> Double {
        (0..<columns).reduce(0) { max($0, abs(values[row * columns + $1] - values[other * columns + $1])) }
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
