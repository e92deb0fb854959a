/// Numbers 64-bit keys 0, 1, 2, ... in order of first appearance, by open addressing with linear probing.
///
/// Distinct keys get distinct numbers: the table compares whole keys. It owns its memory, holds at most `capacity` keys,
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
        slots = .allocate(capacity: 1 << Int(bits))
        keys = .allocate(capacity: max(capacity, 1))
        shift = 64 - bits
        slots.initialize(repeating: -1)
        keys.initialize(repeating: 0)
    }

    deinit {
        slots.deallocate()
        keys.deallocate()
    }

    /// Returns the number of `key`, a new one where it was not seen before.
    @inline(__always)
    mutating func number(of key: UInt64) -> Int32 {
        var slot = Int(truncatingIfNeeded: (key &* 0x9E37_79B9_7F4A_7C15) >> shift)
        while true {
            let number = slots[slot]
            if number < 0 {
                precondition(count < keys.count, "more keys than the table was made for")
                let new = Int32(truncatingIfNeeded: count)
                slots[slot] = new
                keys[count] = key
                count &+= 1
                return new
            }
            if keys[Int(number)] == key { return number }
            slot = (slot &+ 1) & (slots.count &- 1)
        }
    }

    /// Forgets all keys. O(slots).
    mutating func removeAll() {
        slots.update(repeating: -1)
        count = 0
    }
}
