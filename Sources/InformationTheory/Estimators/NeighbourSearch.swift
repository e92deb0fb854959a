internal import LinearAlgebra

/// One variable as nearest-neighbour estimators take it, under the groups of a resampling. Threads and estimates share it.
struct NeighbourSpace: Sendable {
    let matrix: Matrix<Double>
    let counted: CountedSpace
    /// How many distinct rows there are.
    let distinctRows: Int
    /// The largest standard deviation of a column.
    let spread: Double

    init(_ matrix: Matrix<Double>, _ resampling: Resampling) throws(InformationError) {
        self.matrix = matrix
        counted = CountedSpace(matrix, members: resampling.members)
        distinctRows =
            switch counted {
            case .column(let column): column.distinctCount
            case .index: try Symbols(rowsOf: matrix).count
            }
        spread = matrix.largestDeviation
    }
}

/// Whether a ball of the median of some radii is too large for the density to be constant within it: it exceeds half the largest
/// standard deviation of the columns.
///
/// A ball of half a standard deviation about the centre of a normal density varies within by a factor e^(1/8) per
/// coordinate; estimates are seen to leave their error bars from about there on (`infoplane selftest`).
func isCoarse(medianRadius median: Double, spread: Double) -> Bool { spread > 0 && median > spread / 2 }

/// Sums a term over the samples of every part of a resampling, from nearest neighbours under the maximum norm.
///
/// Spaces are numbered as they were given; the joint space of both has the larger of their distances. One search serves
/// all parts: see `NeighbourScan` and `NeighbourCounts`.
struct NeighbourSearch: Sendable {
    fileprivate let spaces: [NeighbourSpace]
    fileprivate let sets: [UInt32]
    fileprivate let groups: Int
    /// The space that is searched: that of more columns, where fewer samples are near; nil where it is the joint space.
    fileprivate let searched: Int?
    fileprivate let index: NeighbourIndex
    fileprivate let other: NeighbourIndex?
    private let resampling: Resampling

    /// - Parameter spaces: one or two, with the groups of the resampling.
    init(_ spaces: [NeighbourSpace], _ resampling: Resampling) {
        self.spaces = spaces
        self.resampling = resampling
        sets = resampling.groupSets
        groups = resampling.groups.count
        let members = resampling.members
        if spaces.count == 2, spaces[0].matrix.columns == 1, spaces[1].matrix.columns == 1 {
            (searched, other) = (nil, nil)
            index = NeighbourIndex(spaces[0].matrix.beside(spaces[1].matrix), members: members)
            return
        }
        let searched = spaces.count == 2 && spaces[1].matrix.columns > spaces[0].matrix.columns ? 1 : 0
        let index: NeighbourIndex =
            switch spaces[searched].counted {
            case .index(let index): index
            case .column(let column): NeighbourIndex(column.matrix, members: members)
            }
        self.searched = searched
        self.index = index
        other = spaces.count == 1 ? nil : NeighbourIndex(spaces[1 - searched].matrix, inOrderOf: index)
    }

    /// Returns the mean over the samples of each part of `term`, nil for parts with no more than k samples, and the radius of every
    /// sample in the whole. The number of threads changes no bit.
    func means(
        neighbours k: Int, jobs: Int, _ term: @Sendable (_ part: Int, _ neighbourhood: Neighbourhood) -> Double
    ) -> (means: [Double?], radii: [Double]) {
        let sizes = resampling.sizes
        let neighbours = sizes.map { $0 > k ? k : 0 }
        let parts = resampling.groups.indices.map { group in
            sets.indices.filter { neighbours[$0] > 0 && sets[$0] >> UInt32(group) & 1 == 1 }
        }
        // In the order of the index, where what is near was used just before.
        let places = resampling.placesByRow
        var terms = [Double](repeating: 0, count: index.count * sets.count)
        var radii = [Double](repeating: 0, count: index.count)
        terms.withUnsafeMutableBufferPointer { terms in
            radii.withUnsafeMutableBufferPointer { radii in
                let (terms, radii) = (SharedMemory(terms.baseAddress!), SharedMemory(radii.baseAddress!))
                inBlocks(of: index.count, jobs: jobs) { block in
                    let neighbourhood = Neighbourhood(self, neighbours: k)
                    defer { withExtendedLifetime(neighbourhood) {} }
                    for place in block {
                        let sample = Int(index.samples[place])
                        let group = Int(index.sources[place])
                        neighbourhood.begin(sample, in: group, neighbours)
                        radii.base[places[sample]] = neighbourhood.radius
                        for part in parts[group] {
                            neighbourhood.part = part
                            terms.base[places[sample] * sets.count + part] = term(part, neighbourhood)
                        }
                        neighbourhood.part = 0
                    }
                }
            }
        }
        var sums = sets.map { _ in CompensatedSum() }
        for (group, range) in resampling.groups.enumerated() {
            for place in range {
                for part in parts[group] { sums[part].add(terms[place * sets.count + part]) }
            }
        }
        return (sums.indices.map { neighbours[$0] > 0 ? sums[$0].value / Double(sizes[$0]) : nil }, radii)
    }
}

/// Calls `body` with ranges that cover 0 ..< `count`, on at most `jobs` threads at a time.
func inBlocks(of count: Int, jobs: Int, _ body: @Sendable (Range<Int>) -> Void) {
    // What a search needs is made for each block: in some thousandths of the time that it takes.
    let length = 256
    concurrently((count + length - 1) / length, jobs: jobs) { block in
        body(block * length..<min(count, (block + 1) * length))
    }
}

/// The median: of an even number of values the upper.
func median(of values: [Double]) -> Double {
    var sorter = KeySorter(count: values.count)
    sorter.sort { values[$0].ascendingKey }
    return values[Int(sorter.order[values.count / 2])]
}

/// What nearest-neighbour estimators ask about one sample among the samples of one part, on one thread.
final class Neighbourhood {
    /// The part that counts.
    var part = 0
    private let search: NeighbourSearch
    private let scan: NeighbourScan
    /// Nil for the space that is searched.
    private let firstCounts: NeighbourCounts?
    private let secondCounts: NeighbourCounts?
    /// Nil of one space.
    private let reach: NeighbourExtents?
    /// The group of the sample.
    private var group = 0
    /// The samples that are equal to it, by group, once they are counted.
    private var equalsByGroup: [Int]?

    init(_ search: NeighbourSearch, neighbours most: Int) {
        self.search = search
        scan = NeighbourScan(
            search.index, other: search.other, groups: search.groups, sets: search.sets, most: most)
        func counts(_ space: Int) -> NeighbourCounts? {
            guard space < search.spaces.count, space != search.searched else { return nil }
            return NeighbourCounts(search.spaces[space].counted, groups: search.groups, sets: search.sets)
        }
        (firstCounts, secondCounts) = (counts(0), counts(1))
        let spaces = search.spaces
        reach =
            spaces.count == 2
            ? NeighbourExtents(
                spaces[0].matrix, spaces[1].matrix, groups: search.groups, sets: search.sets,
                capacity: search.index.count) : nil
    }

    fileprivate func begin(_ sample: Int, in group: Int, _ neighbours: [Int]) {
        self.group = group
        equalsByGroup = nil
        scan.search(about: sample, in: group, neighbours: neighbours)
        firstCounts?.ask(about: sample, upTo: scan.largest.nextUp)
        secondCounts?.ask(about: sample, upTo: scan.largest.nextUp)
        reach?.ask(about: sample)
    }

    /// The distance of the k-th nearest other sample in the joint space.
    var radius: Double { scan.radii[part] }

    /// How many samples, itself included, lie nearer than `radius`, which is no larger than that of the neighbours, in a
    /// space (`inclusive`: or as near).
    func count(within radius: Double, inSpace space: Int, inclusive: Bool) -> Int {
        // Nearer than the next number is as near as this one, so that one comparison serves both.
        let bound = inclusive ? radius.nextUp : radius
        if space == 0, let own = firstCounts { return own.count(nearer: bound, inPart: part) }
        if space == 1, let own = secondCounts { return own.count(nearer: bound, inPart: part) }
        return scan.near.count(nearer: bound, inPart: part)
    }

    /// How many samples, itself included, are equal.
    var equals: Int {
        let byGroup = equalsByGroup ?? countEquals()
        equalsByGroup = byGroup
        return byGroup.indices.reduce(0) { $0 + (search.sets[part] >> UInt32($1) & 1 == 1 ? byGroup[$1] : 0) }
    }

    private func countEquals() -> [Int] {
        var byGroup = [Int](repeating: 0, count: search.groups)
        byGroup[group] = 1
        var entry = 0
        while entry < scan.neighbourCount, scan.neighbour(entry).distance == 0 {
            byGroup[Int(scan.neighbour(entry).group)] += 1
            entry += 1
        }
        return byGroup
    }

    /// The largest distance in each of two spaces among the samples as near as `radius` in the joint space.
    var extents: (Double, Double) {
        reach?.extents(within: radius, inPart: part, of: scan) ?? (radius, 0)
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
    func distance(_ row: Int, _ other: Int) -> Double {
        var distance = 0.0
        for column in 0..<columns {
            distance = max(distance, abs(values[row * columns + column] - values[other * columns + column]))
        }
        return distance
    }

    /// The largest standard deviation (n) of a column.
    var largestDeviation: Double {
        (0..<columns).map { column in
            let own = (0..<rows).map { values[$0 * columns + column] }
            let centre = mean(own)
            var squares = CompensatedSum()
            for value in own { squares.add((value - centre) * (value - centre)) }
            return (squares.value / Double(rows)).squareRoot()
        }.max() ?? 0
    }
}

/// ψ(1) ... ψ(n): counts are whole numbers. Nothing in it changes, so that threads share it.
final class DigammaTable: Sendable {
    /// Its memory, for those who keep the table: no references are counted.
    let values: Values

    struct Values: @unchecked Sendable {
        fileprivate let base: UnsafeMutablePointer<Double>
        fileprivate let most: Int

        subscript(n: Int) -> Double {
            precondition(n >= 0 && n <= most, "a table of ψ has no such place")
            return base[n]
        }
    }

    init(upTo n: Int) {
        values = Values(base: .allocate(capacity: n + 1), most: n)
        values.base.initialize(to: 0)
        for count in 1..<n + 1 { (values.base + count).initialize(to: digamma(Double(count))) }
    }

    deinit { values.base.deallocate() }

    subscript(n: Int) -> Double { values[n] }
}
