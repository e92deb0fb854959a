internal import LinearAlgebra

/// How far the neighbours of a sample reach in each of two spaces, in every part of a resampling: of those that are as near as a
/// radius in both spaces the largest distance in each.
///
/// What a search found is in ascending order, so that the neighbours are the first of it: few, but for ties. They are measured
/// once, and their largest distances taken once by group for each radius that is asked for. The memory is taken once, so that
/// no references are counted.
final class NeighbourExtents {
    /// A distance in each of two spaces.
    typealias Pair = SIMD2<Double>

    private let spaces: (Matrix<Double>, Matrix<Double>)
    private let groups: Int
    private let sets: [UInt32]
    private var sample = 0
    /// The distances of the nearest, as far as they are measured.
    private let distances: UnsafeMutablePointer<Pair>
    private var measured = 0
    /// The radii that were asked for, and the largest distances within each, group by group.
    private let radii: UnsafeMutablePointer<Double>
    private let largest: UnsafeMutablePointer<Pair>
    private var known = 0

    /// - Parameters:
    ///   - sets: the groups of each part of the resampling, one bit for each.
    ///   - capacity: how many samples there are.
    init(_ first: Matrix<Double>, _ second: Matrix<Double>, groups: Int, sets: [UInt32], capacity: Int) {
        spaces = (first, second)
        self.groups = groups
        self.sets = sets
        distances = .allocate(capacity: max(1, capacity))
        radii = .allocate(capacity: sets.count)
        largest = .allocate(capacity: sets.count * groups)
        radii.initialize(repeating: 0, count: sets.count)
        largest.initialize(repeating: .zero, count: sets.count * groups)
    }

    deinit {
        distances.deallocate()
        radii.deallocate()
        largest.deallocate()
    }

    /// What follows is about another row of the matrices, and what a search about it found.
    func ask(about sample: Int) {
        self.sample = sample
        (measured, known) = (0, 0)
    }

    /// The extents in a part.
    ///
    /// - Parameter radius: that of the part in the search.
    func extents(within radius: Double, inPart part: Int, of scan: NeighbourScan) -> (Double, Double) {
        var place = 0
        while place < known, radii[place] != radius { place += 1 }
        let byGroup = largest + place * groups
        if place == known { take(within: radius, of: scan, byGroup) }
        let set = sets[part]
        var found = Pair.zero
        for group in 0..<groups where set >> UInt32(group) & 1 == 1 {
            found = pointwiseMax(found, byGroup[group])
        }
        return (found.x, found.y)
    }

    private func take(within radius: Double, of scan: NeighbourScan, _ byGroup: UnsafeMutablePointer<Pair>) {
        precondition(known < sets.count, "every part has one radius")
        radii[known] = radius
        known += 1
        byGroup.update(repeating: .zero, count: groups)
        var entry = 0
        while entry < scan.neighbourCount, scan.neighbour(entry).distance <= radius {
            let neighbour = scan.neighbour(entry)
            if entry == measured {
                let row = scan.sample(of: neighbour)
                (distances + entry).initialize(
                    to: Pair(spaces.0.distance(sample, row), spaces.1.distance(sample, row)))
                measured += 1
            }
            let group = Int(neighbour.group)
            byGroup[group] = pointwiseMax(byGroup[group], distances[entry])
            entry += 1
        }
    }
}
