/// Numbers 64-bit keys 0, 1, 2, ... in order of first appearance, by open addressing with linear probing.
///
/// Distinct keys get distinct numbers: the table compares whole keys. It owns its memory, is made for `capacity` keys,
/// and is cleared for reuse without a new allocation. O(1) per key on average.
struct SymbolTable: ~Copyable {
    /// The number of the key in each slot, −1 where the slot is free.
    private let slots: UnsafeMutableBufferPointer<Int32>
    /// The keys in order of their numbers.
    private let keys: UnsafeMutableBufferPointer<UInt64>
    /// How far the product of a key and an odd constant is shifted to leave the bits of a slot.
    private let shift: UInt64
    /// The number of distinct keys seen since the table was cleared.
    private(set) var count = 0

    init(capacity: Int) {
        precondition(capacity >= 0 && capacity < Int(Int32.max), "a table holds at most 2^31 - 2 keys")
        var bits: UInt64 = 4
        while 1 << bits < 2 * capacity { bits += 1 }
        // The more room, the fewer keys meet, which nothing could foresee: twice as fast (measured) while a core's own cache holds it.
        while bits < Self.cachedBits, 1 << bits < 4 * capacity { bits += 1 }
        slots = .allocate(capacity: 1 << Int(bits))
        // One more, for the key that is looked for.
        keys = .allocate(capacity: capacity + 1)
        shift = 64 - bits
        slots.initialize(repeating: -1)
    }

    /// 2⁶⁴ divided by the golden ratio, as an odd number: multiples of it lie far apart (Knuth, TAOCP 3, section 6.4).
    private static let factor: UInt64 = 0x9E37_79B9_7F4A_7C15

    /// 128 KiB of slots.
    private static let cachedBits: UInt64 = 15

    deinit {
        slots.deallocate()
        keys.deallocate()
    }

    /// Returns the number of `key`, a new one where it was not seen before.
    @inline(__always)
    mutating func number(of key: UInt64) -> Int32 {
        precondition(count < keys.count, "more keys than the table was made for")
        let (number, isNew) = Self.number(
            of: key, new: count, slots.baseAddress!, last: slots.count &- 1, keys.baseAddress!, shift)
        count &+= isNew
        return number
    }

    /// Finds the number of a key, `new` where it was not seen before, and 1 then, else 0.
    ///
    /// The key is written where it will stand if it is new, so that old and new keys take the same way, with no branch between
    /// them that nothing could foresee.
    @inline(__always)
    private static func number(
        of key: UInt64, new: Int, _ slots: UnsafeMutablePointer<Int32>, last: Int, _ keys: UnsafeMutablePointer<UInt64>,
        _ shift: UInt64
    ) -> (number: Int32, isNew: Int) {
        keys[new] = key
        var slot = Int(truncatingIfNeeded: (key &* factor) &>> shift)
        var known = slots[slot]
        var number = known < 0 ? Int32(truncatingIfNeeded: new) : known
        while keys[Int(truncatingIfNeeded: number)] != key {
            slot = (slot &+ 1) & last
            known = slots[slot]
            number = known < 0 ? Int32(truncatingIfNeeded: new) : known
        }
        slots[slot] = number
        return (number, known < 0 ? 1 : 0)
    }

    /// Numbers keys, and counts how often each of them comes.
    ///
    /// - Parameters:
    ///   - ids: gets the number of each key.
    ///   - occurrences: zeros, as many as keys; gets the count of each number.
    ///   - repeated: room for as many as half the keys; gets the numbers that come twice and more, as they come the second time.
    /// - Returns: how many numbers are repeated.
    mutating func number(
        _ given: UnsafeBufferPointer<UInt64>, ids: UnsafeMutablePointer<Int32>, occurrences: UnsafeMutablePointer<Int>,
        repeated: UnsafeMutablePointer<Int32>
    ) -> Int {
        precondition(count + given.count <= keys.count - 1, "more keys than the table was made for")
        // In variables of this function, because the compiler cannot know that no store here changes the members.
        let (slots, keys, shift) = (slots.baseAddress!, keys.baseAddress!, shift)
        let last = self.slots.count &- 1
        var (new, twice) = (count, 0)
        for place in given.indices {
            let (number, isNew) = Self.number(of: given[place], new: new, slots, last: last, keys, shift)
            new &+= isNew
            ids[place] = number
            let times = occurrences[Int(truncatingIfNeeded: number)] &+ 1
            occurrences[Int(truncatingIfNeeded: number)] = times
            repeated[twice] = number
            // One where it is 2, by signs: the compiler makes a branch of a comparison, and half a nanosecond becomes two.
            twice &+= Int(bitPattern: UInt(bitPattern: (times &- 3) & (1 &- times)) &>> 63)
        }
        count = new
        return twice
    }

    /// Forgets all keys. O(slots).
    mutating func removeAll() {
        slots.update(repeating: -1)
        count = 0
    }
}
