internal import LinearAlgebra

/// The distance of the k-th nearest neighbour of a sample in every part of a resampling, by one search.
///
/// The k nearest of each group hold those of every part that is made of groups. Once some groups are searched, no neighbour that is
/// farther than the largest of the distances found so far counts in any part, so that the other groups are searched up to there:
/// all parts together cost little more than the smallest of them alone.
final class NeighbourRadii {
    /// By part: the radius where the sample lies in it and has neighbours to ask for, else nothing.
    let radii: UnsafeMutablePointer<Double>
    /// The largest of them.
    private(set) var largest = Double.infinity

    private let index: NeighbourIndex
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
    ///   - sets: the groups of each part, one bit for each.
    ///   - most: of how many neighbours is asked at most.
    init(_ index: NeighbourIndex, sets: [UInt32], most: Int) {
        let groups = index.groups.indices
        self.index = index
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

    /// Searches about a row of the index, which lies in a group.
    ///
    /// - Parameter neighbours: k of each part, fewer than the part has samples; 0 where nothing is asked.
    func search(about sample: Int, in own: Int, neighbours: [Int]) {
        index.ask(about: sample)
        count = 0
        largest = .infinity
        for (step, group) in searches[own].enumerated() {
            // The sample itself is the nearest in its group.
            let itself = group == own ? 1 : 0
            nearest.update(repeating: largest, count: most + itself)
            index.findNearest(inGroup: group, neighbours: most + itself, nearest)
            merge(from: itself, group)
            // Where the bound falls most.
            if step & (step + 1) == 0 || step == 4 { update(own, neighbours) }
        }
        update(own, neighbours)
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
}
