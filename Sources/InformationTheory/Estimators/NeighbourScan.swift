internal import LinearAlgebra

/// The distance of the k-th nearest neighbour of a sample in every part of a resampling, by one search.
///
/// Once some samples are searched, no neighbour that is farther than the largest of the distances found so far counts in any part.
/// So the search goes on up to there: all parts together cost little more than the smallest of them alone.
///
/// Of two spaces the one is searched, and the distance in the other is taken of what is near there; so the samples that are near in
/// the first space are known as well.
final class NeighbourScan {
    /// By part: the radius where the sample lies in it and has neighbours to ask for, else nothing.
    let radii: UnsafeMutablePointer<Double>
    /// The largest of them.
    private(set) var largest = Double.infinity
    /// The samples that are as near in the first space as the largest radius, itself included, and some that are farther.
    let near: NearList

    private let index: NeighbourIndex
    private let query: NeighbourQuery
    private let other: NeighbourQuery?
    private let sets: [UInt32]
    /// The parts of each group.
    private let parts: [[Int]]
    private let seeds: Int
    /// What one range gives, and the nearest of all.
    private let fresh: MaximumNorm.Found
    private let nearest: UnsafeMutablePointer<Neighbour>
    private var count = 0

    /// Another sample that is near, in both spaces where there are two.
    struct Neighbour {
        fileprivate(set) var distance: Double
        fileprivate(set) var group: UInt32
        fileprivate var place: UInt32
    }

    /// - Parameters:
    ///   - index: of the space that is searched.
    ///   - other: the other space, in the order of the index.
    ///   - sets: the groups of each part, one bit for each.
    ///   - most: of how many neighbours is asked at most.
    init(_ index: NeighbourIndex, other: NeighbourIndex?, groups: Int, sets: [UInt32], most: Int) {
        self.index = index
        query = NeighbourQuery(index)
        self.other = other.map(NeighbourQuery.init)
        self.sets = sets
        // Enough that a quarter of them may well be; of one part, all are neighbours.
        seeds = sets.count == 1 ? most + 1 : 2 * most + 10
        parts = (0..<groups).map { group in sets.indices.filter { sets[$0] >> UInt32(group) & 1 == 1 } }
        near = NearList(index, groups: groups, sets: sets)
        fresh = MaximumNorm.Found(capacity: index.count)
        nearest = .allocate(capacity: index.count)
        radii = .allocate(capacity: sets.count)
        radii.initialize(repeating: 0, count: sets.count)
    }

    deinit {
        radii.deallocate()
        fresh.deallocate()
        nearest.deallocate()
    }

    /// Searches about a row of the matrices, which lies in a group.
    ///
    /// - Parameter neighbours: k of each part, fewer than the part has samples; 0 where nothing is asked.
    func search(about sample: Int, in own: Int, neighbours: [Int]) {
        query.ask(about: sample)
        other?.ask(about: sample)
        largest = .infinity
        // A first bound. What it is found from is found again.
        count = 0
        near.removeAll()
        search(query.surroundings(seeds), sample)
        update(own, neighbours)
        count = 0
        near.removeAll()
        var (known, seen) = (0, 0)
        query.forEachRange(bound: largest.nextUp) { range in
            // The more is known, the more can be searched before the bound falls much.
            var start = range.lowerBound
            while start < range.upperBound {
                let end = min(range.upperBound, start + max(32, seen))
                search(start..<end, sample)
                seen += end - start
                start = end
                if count > known + 4 {
                    update(own, neighbours)
                    known = count
                }
            }
            return largest.nextUp
        }
        update(own, neighbours)
    }

    /// How many other samples are as near as the largest radius.
    var neighbourCount: Int { count }

    /// One of them, in ascending order of their distances.
    func neighbour(_ entry: Int) -> Neighbour { nearest[entry] }

    /// The row of the matrices that it is.
    func sample(of neighbour: Neighbour) -> Int { Int(index.samples[Int(neighbour.place)]) }

    private func search(_ range: Range<Int>, _ sample: Int) {
        fresh.removeAll()
        query.norm.findNear(in: range, bound: largest.nextUp, near.found, other: other?.norm, joint: fresh)
        let known = count
        for entry in 0..<fresh.count where index.samples[fresh.place(entry)] != sample {
            let place = fresh.place(entry)
            nearest[count] = Neighbour(
                distance: fresh.distance(entry), group: index.sources[place], place: UInt32(place))
            count += 1
        }
        // Few are new, as long as there is a bound.
        guard count - known < 64 else {
            var all = UnsafeMutableBufferPointer(start: nearest, count: count)
            return all.sort { $0.distance < $1.distance }
        }
        for next in known..<count {
            let new = nearest[next]
            var place = next
            while place > 0, nearest[place - 1].distance > new.distance {
                nearest[place] = nearest[place - 1]
                place -= 1
            }
            nearest[place] = new
        }
    }

    /// The radii as far as they are known. Where fewer than k samples were found up to the bound, it is the bound.
    private func update(_ own: Int, _ neighbours: [Int]) {
        var bound = 0.0
        for part in parts[own] where neighbours[part] > 0 {
            let set = sets[part]
            var missing = neighbours[part]
            var place = 0
            while place < count {
                missing -= Int(set >> nearest[place].group & 1)
                if missing == 0 { break }
                place += 1
            }
            radii[part] = place < count ? nearest[place].distance : largest
            bound = max(bound, radii[part])
        }
        largest = bound
        while count > 0, nearest[count - 1].distance > bound { count -= 1 }
    }
}
