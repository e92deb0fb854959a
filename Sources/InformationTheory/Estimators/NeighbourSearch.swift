internal import LinearAlgebra

#if canImport(Darwin)
    internal import Darwin
#else
    internal import Glibc
#endif

/// What nearest-neighbour estimators ask about one sample among the samples of one part, under the maximum norm.
///
/// Spaces are numbered as they were given; the joint space of all of them has the largest of their distances.
protocol Neighbourhood {
    /// The distance of the k-th nearest other sample in the joint space. O(the search).
    func radius(neighbours k: Int) -> Double
    /// How many samples, itself included, lie nearer than `radius` in a space (`inclusive`: or as near).
    func count(within radius: Double, inSpace space: Int, inclusive: Bool) -> Int
    /// The same in the joint space.
    func jointCount(within radius: Double, inclusive: Bool) -> Int
    /// The largest distance in each space among the samples as near as `radius` in the joint space.
    func extent(within radius: Double) -> [Double]
}

/// Sums a term over the samples of every part of a resampling, by the search that is faster for the dimension and size.
///
/// **Brute force or tree.** One pass over all distances of a sample serves the whole and all other parts, where a tree is
/// built for each of them. `ksg1:k=3` with its error bar, seconds of one core, pass and tree:
///
/// | n | 1+1 columns | 2+2 | 3+3 | 5+5 | 64+32 |
/// |---|---|---|---|---|---|
/// | 1000 | 0.08, 0.06 | 0.07, 0.11 | 0.08, 0.19 | 0.07, 0.31 | |
/// | 5000 | 1.1, 0.34 | 1.1, 0.77 | 1.1, 1.5 | 1.1, 3.6 | 1.4, – |
/// | 20,000 | 15, 1.5 | 16, 4.5 | 16, 9.5 | | |
///
/// So the tree is taken from 250·1.8^columns samples on. A matrix product (BLAS) gives Euclidean distances, not the maximum
/// norm of the published estimators, and bounds these by √d at best, which prunes nothing in many columns; the pairwise
/// bounds, which are Euclidean, use it from the first column on (0.4 s at n = 5000, 64 columns, exponentials included).
struct NeighbourSearch {
    private let spaces: [Matrix<Double>]
    private let resampling: Resampling

    init(_ spaces: [Matrix<Double>], _ resampling: Resampling) {
        self.spaces = spaces
        self.resampling = resampling
    }

    /// Returns the mean over the samples of each part of `term`; nil for parts with fewer than `least` samples.
    func means(
        least: Int, _ term: (_ sample: Int, _ part: Int, _ neighbours: any Neighbourhood) -> Double
    ) -> [Double?] {
        let columns = spaces.reduce(0) { $0 + $1.columns }
        return Self.prefersTree(samples: resampling.order.count, columns: columns)
            ? treeMeans(least: least, term) : passMeans(least: least, term)
    }

    private static func prefersTree(samples: Int, columns: Int) -> Bool {
        Double(samples) > 250 * pow(1.8, Double(columns))
    }

    /// One pass over all distances.
    private func passMeans(
        least: Int, _ term: (_ sample: Int, _ part: Int, _ neighbours: any Neighbourhood) -> Double
    ) -> [Double?] {
        let parts = resampling.parts
        let sizes = parts.map { $0.reduce(0) { $0 + $1.count } }
        var sums = parts.map { _ in CompensatedSum() }
        let rows = DistanceRows()
        NeighbourDistances(spaces, order: resampling.order).forEachSample { place, distances in
            rows.begin(place, distances)
            for part in parts.indices where sizes[part] >= least && parts[part].contains(where: { $0.contains(place) })
            {
                rows.part = parts[part]
                sums[part].add(term(resampling.order[place], part, rows))
            }
        }
        return parts.indices.map { sizes[$0] >= least ? sums[$0].value / Double(sizes[$0]) : nil }
    }

    /// Trees for each part.
    private func treeMeans(
        least: Int, _ term: (_ sample: Int, _ part: Int, _ neighbours: any Neighbourhood) -> Double
    ) -> [Double?] {
        resampling.parts.enumerated().map { part, ranges in
            // In the order of the resampling, so that sums are those of the pass.
            let samples = resampling.samples(of: ranges)
            guard samples.count >= least else { return nil }
            let trees = PartTrees(spaces.map { $0.rows(samples) })
            var sum = CompensatedSum()
            for (place, sample) in samples.enumerated() {
                trees.sample = place
                sum.add(term(sample, part, trees))
            }
            return sum.value / Double(samples.count)
        }
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

/// The distances of one sample to all others.
private final class DistanceRows: Neighbourhood {
    /// The pieces of the order that count.
    var part: Resampling.Part = []
    private var place = 0
    private var distances: [UnsafeBufferPointer<Double>] = []
    private var joint: [Double] = []
    private var list = NearestList(capacity: 1)

    func begin(_ place: Int, _ distances: [UnsafeBufferPointer<Double>]) {
        self.place = place
        self.distances = distances
        let first = distances[0]
        if joint.count != first.count { joint = [Double](repeating: 0, count: first.count) }
        joint.withUnsafeMutableBufferPointer { joint in
            if distances.count == 1 {
                for index in joint.indices { joint[index] = first[index] }
            } else {
                let second = distances[1]
                for index in joint.indices {
                    joint[index] = first[index] > second[index] ? first[index] : second[index]
                }
            }
        }
    }

    func radius(neighbours k: Int) -> Double {
        var list = NearestList(capacity: k)
        joint.withUnsafeBufferPointer { joint in
            for piece in part {
                var bound = list.bound
                for index in piece where joint[index] < bound && index != place {
                    list.insert(joint[index], at: index)
                    bound = list.bound
                }
            }
        }
        return list.bound
    }

    func count(within radius: Double, inSpace space: Int, inclusive: Bool) -> Int {
        Self.count(distances[space], within: radius, part, inclusive)
    }

    func jointCount(within radius: Double, inclusive: Bool) -> Int {
        joint.withUnsafeBufferPointer { Self.count($0, within: radius, part, inclusive) }
    }

    func extent(within radius: Double) -> [Double] {
        var extents = distances.map { _ in 0.0 }
        joint.withUnsafeBufferPointer { joint in
            for piece in part {
                for index in piece where joint[index] <= radius {
                    for space in extents.indices { extents[space] = max(extents[space], distances[space][index]) }
                }
            }
        }
        return extents
    }

    private static func count(
        _ distances: UnsafeBufferPointer<Double>, within radius: Double, _ part: Resampling.Part, _ inclusive: Bool
    ) -> Int {
        // Nearer than the next number is as near as this one, so that one comparison serves both.
        let bound = inclusive ? radius.nextUp : radius
        var count = 0
        for piece in part {
            for index in piece { count &+= distances[index] < bound ? 1 : 0 }
        }
        return count
    }
}

/// Trees of the samples of one part.
private final class PartTrees: Neighbourhood {
    /// The sample that is asked about.
    var sample = 0
    private let spaces: [Matrix<Double>]
    private let joint: Matrix<Double>
    private let trees: [NeighbourTree]
    private let jointTree: NeighbourTree

    init(_ spaces: [Matrix<Double>]) {
        self.spaces = spaces
        joint = spaces.count == 1 ? spaces[0] : spaces[0].beside(spaces[1])
        jointTree = NeighbourTree(joint)
        trees = spaces.count == 1 ? [jointTree] : spaces.map { NeighbourTree($0) }
    }

    func radius(neighbours k: Int) -> Double {
        var list = NearestList(capacity: k)
        joint.withRow(sample) { jointTree.findNearest(to: $0, excluding: sample, &list) }
        return list.bound
    }

    func count(within radius: Double, inSpace space: Int, inclusive: Bool) -> Int {
        spaces[space].withRow(sample) { trees[space].count(within: radius, of: $0, inclusive: inclusive) }
    }

    func jointCount(within radius: Double, inclusive: Bool) -> Int {
        joint.withRow(sample) { jointTree.count(within: radius, of: $0, inclusive: inclusive) }
    }

    func extent(within radius: Double) -> [Double] {
        var extents = spaces.map { _ in 0.0 }
        joint.withRow(sample) { point in
            jointTree.forEach(within: radius, of: point) { other in
                var start = 0
                for (index, space) in spaces.enumerated() {
                    for column in 0..<space.columns {
                        let distance = abs(space.values[other * space.columns + column] - point[start + column])
                        extents[index] = max(extents[index], distance)
                    }
                    start += space.columns
                }
            }
        }
        return extents
    }
}

extension Matrix<Double> {
    /// Some rows, in this order.
    func rows(_ rows: [Int]) -> Matrix {
        Matrix(rows: rows.count, columns: columns, values: rows.flatMap { values[$0 * columns..<($0 + 1) * columns] })
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

    func withRow<T>(_ row: Int, _ body: (UnsafeBufferPointer<Double>) -> T) -> T {
        values.withUnsafeBufferPointer { body(UnsafeBufferPointer(rebasing: $0[row * columns..<(row + 1) * columns])) }
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
