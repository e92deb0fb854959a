internal import LinearAlgebra

/// The samples near one that is asked about, in one space, and how many of each group are nearer than a bound.
final class NearList {
    /// Places in the index, and distances.
    let found: MaximumNorm.Found
    private let index: NeighbourIndex
    private let sets: [UInt32]
    private let tally: GroupTally

    /// - Parameters:
    ///   - groups: how many groups there are.
    ///   - sets: the groups of each part of the resampling, one bit for each.
    init(_ index: NeighbourIndex, groups: Int, sets: [UInt32]) {
        self.index = index
        self.sets = sets
        tally = GroupTally(groups: groups, sets: sets)
        found = MaximumNorm.Found(capacity: index.count)
    }

    deinit {
        found.deallocate()
        tally.deallocate()
    }

    func removeAll() {
        found.removeAll()
        tally.removeAll()
    }

    /// The row of the matrix that an entry is.
    func sample(_ entry: Int) -> Int { Int(index.samples[found.place(entry)]) }

    func isIn(part: Int, _ entry: Int) -> Bool { sets[part] >> index.sources[found.place(entry)] & 1 == 1 }

    /// How many samples of a part lie nearer than a bound, up to which all are in the list.
    func count(nearer bound: Double, inPart part: Int) -> Int {
        tally.count(nearer: bound, inPart: part) { counts in
            for entry in 0..<found.count {
                let isNearer = found.distance(entry) < bound ? 1 : 0
                counts[Int(index.sources[found.place(entry)])] &+= isNearer
            }
        }
    }
}
