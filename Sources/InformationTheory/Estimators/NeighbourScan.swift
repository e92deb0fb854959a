internal import LinearAlgebra

/// The distance of the k-th nearest neighbour of a sample in every part of a resampling, by one search.
///
/// The k nearest of each group hold those of every part that is made of groups. Once some groups are searched, no neighbour that is
/// farther than the largest of the distances found so far counts in any part, so that the other groups are searched up to there:
/// all parts together cost little more than the smallest of them alone.
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
    private let other: NeighbourIndex?
    private let sets: [UInt32]
    private let most: Int
    /// By group of the sample: its parts, and the groups from those on that are in most of these.
    private let parts: [[Int]]
    private let searches: [[Int]]
    /// The nearest of one group, and of those that are searched.
    private let nearest: UnsafeMutablePointer<Double>
    private let distances: UnsafeMutablePointer<Double>
    private let sources: UnsafeMutablePointer<UInt32>
    private var count = 0

    /// - Parameters:
    ///   - spaces: one or two of the same samples; the first is searched.
    ///   - members: the rows of each group; others do not count.
    ///   - sets: the groups of each part, one bit for each.
    ///   - most: of how many neighbours is asked at most.
    init(_ spaces: [Matrix<Double>], members: [[Int]], sets: [UInt32], most: Int) {
        index = NeighbourIndex(spaces[0], members: members)
        other = spaces.count == 1 ? nil : NeighbourIndex(spaces[1], inOrderOf: index)
        let groups = members.indices
        self.sets = sets
        self.most = most
        let parts = groups.map { group in sets.indices.filter { sets[$0] >> UInt32(group) & 1 == 1 } }
        self.parts = parts
        searches = groups.map { own in
            func shared(_ group: Int) -> Int {
                group == own ? .max : parts[own].count { sets[$0] >> UInt32(group) & 1 == 1 }
            }
            return groups.sorted { shared($0) != shared($1) ? shared($0) > shared($1) : $0 < $1 }
        }
        near = NearList(capacity: index.samples.count, groups: groups.count, sets: sets)
        radii = .allocate(capacity: sets.count)
        radii.initialize(repeating: 0, count: sets.count)
        nearest = .allocate(capacity: most + 1)
        nearest.initialize(repeating: 0, count: most + 1)
        let room = groups.count * most
        distances = .allocate(capacity: room)
        distances.initialize(repeating: 0, count: room)
        sources = .allocate(capacity: room)
        sources.initialize(repeating: 0, count: room)
    }

    deinit {
        radii.deallocate()
        nearest.deallocate()
        distances.deallocate()
        sources.deallocate()
    }

    /// Searches about a row of the matrices, which lies in a group.
    ///
    /// - Parameter neighbours: k of each part, fewer than the part has samples; 0 where nothing is asked.
    func search(about sample: Int, in own: Int, neighbours: [Int]) {
        index.ask(about: sample)
        other?.ask(about: sample)
        largest = .infinity
        // A first bound, from those that are near in the widest column.
        count = 0
        for group in searches[own].prefix(5) {
            near.removeAll()
            search(index.surroundings(inGroup: group, most + 7), group, own)
        }
        update(own, neighbours)
        count = 0
        near.removeAll()
        for (step, group) in searches[own].enumerated() {
            search(index.window(inGroup: group, bound: largest.nextUp), group, own)
            // Where the bound falls most.
            if step == 1 || step == 4 || step == 9 { update(own, neighbours) }
        }
        update(own, neighbours)
    }

    private func search(_ range: Range<Int>, _ group: Int, _ own: Int) {
        // The sample itself is the nearest in its group.
        let itself = group == own ? 1 : 0
        nearest.update(repeating: largest, count: most + itself)
        let found = index.norm.findNear(
            in: range, bound: largest.nextUp, places: near.places + near.count, distances: near.distances + near.count,
            joint: other?.norm, neighbours: most + itself, nearest: nearest)
        near.append(found, ofGroup: group)
        merge(from: itself, group)
    }

    /// Puts the nearest of a group among the others, in ascending order.
    private func merge(from first: Int, _ group: Int) {
        var new = first
        while new < first + most, nearest[new] < largest { new += 1 }
        var (old, place) = (count, count + new - first)
        count = place
        while new > first {
            place -= 1
            if old > 0, distances[old - 1] > nearest[new - 1] {
                old -= 1
                distances[place] = distances[old]
                sources[place] = sources[old]
            } else {
                new -= 1
                distances[place] = nearest[new]
                sources[place] = UInt32(group)
            }
        }
    }

    /// The radii as far as they are known. Where fewer than k samples were found nearer than the bound, it is the bound.
    private func update(_ own: Int, _ neighbours: [Int]) {
        var bound = 0.0
        for part in parts[own] where neighbours[part] > 0 {
            let set = sets[part]
            var missing = neighbours[part]
            var place = 0
            while place < count {
                missing -= Int(set >> sources[place] & 1)
                if missing == 0 { break }
                place += 1
            }
            radii[part] = place < count ? distances[place] : largest
            bound = max(bound, radii[part])
        }
        largest = bound
        while count > 0, distances[count - 1] > bound { count -= 1 }
    }

    /// The distances in the first and in the other space of a sample that is near.
    func extents(of entry: Int) -> (Double, Double) {
        (near.distances[entry], other?.distance(at: Int(near.places[entry])) ?? 0)
    }
}
