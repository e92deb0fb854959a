/// How many samples lie nearer to one than a bound, in every part of a resampling: counted once by group for each bound that is
/// asked for. It is asked some hundred thousand times: its memory is taken once, and is its own until it is deallocated, so that no
/// references are counted.
struct GroupTally {
    private let state: UnsafeMutablePointer<State>

    private struct State {
        let groups: Int
        let sets: UnsafeMutablePointer<UInt32>
        let parts: Int
        var known = 0
        var capacity: Int
        var bounds: UnsafeMutablePointer<Double>
        /// By bound: the total, then group by group.
        var counts: UnsafeMutablePointer<Int>
    }

    /// - Parameter sets: the groups of each part of the resampling, one bit for each: the first parts are the whole, and the whole
    ///   without each group.
    init(groups: Int, sets: [UInt32]) {
        let own = UnsafeMutablePointer<UInt32>.allocate(capacity: sets.count)
        own.initialize(from: sets, count: sets.count)
        state = .allocate(capacity: 1)
        state.initialize(
            to: State(
                groups: groups, sets: own, parts: sets.count, capacity: sets.count,
                bounds: .allocate(capacity: sets.count), counts: .allocate(capacity: sets.count * (groups + 1))))
    }

    /// Gives the memory back.
    func deallocate() {
        state.pointee.sets.deallocate()
        state.pointee.bounds.deallocate()
        state.pointee.counts.deallocate()
        state.deallocate()
    }

    /// What follows is about another sample.
    func removeAll() { state.pointee.known = 0 }

    /// The count of a part; `tally` adds to that of each group.
    @inline(__always)
    func count(nearer bound: Double, inPart part: Int, _ tally: (UnsafeMutablePointer<Int>) -> Void) -> Int {
        let (groups, known) = (state.pointee.groups, state.pointee.known)
        var place = 0
        while place < known, state.pointee.bounds[place] != bound { place += 1 }
        if place == known {
            if known == state.pointee.capacity { grow() }
            state.pointee.known += 1
            state.pointee.bounds[place] = bound
            let own = state.pointee.counts + place * (groups + 1)
            own.update(repeating: 0, count: groups + 1)
            tally(own + 1)
            var total = 0
            for group in 1...groups { total &+= own[group] }
            own[0] = total
        }
        let own = state.pointee.counts + place * (groups + 1)
        if part == 0 { return own[0] }
        // Of one group, there is the whole alone.
        if part <= groups { return own[0] - own[part] }
        precondition(part < state.pointee.parts, "a resampling has no part \(part)")
        let set = state.pointee.sets[part]
        var count = 0
        for group in 0..<groups where set >> UInt32(group) & 1 == 1 { count &+= own[1 + group] }
        return count
    }

    private func grow() {
        var next = state.pointee
        next.capacity *= 2
        next.bounds = .allocate(capacity: next.capacity)
        next.counts = .allocate(capacity: next.capacity * (next.groups + 1))
        next.bounds.update(from: state.pointee.bounds, count: next.known)
        next.counts.update(from: state.pointee.counts, count: next.known * (next.groups + 1))
        state.pointee.bounds.deallocate()
        state.pointee.counts.deallocate()
        state.pointee = next
    }
}
