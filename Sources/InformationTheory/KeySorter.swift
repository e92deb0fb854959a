/// Sorts 64-bit keys and says where each came from: a radix sort by digits of 11 bits, the least significant first, that
/// skips digits in which all keys agree. Stable; O(n) per digit. It owns its memory and keeps it between calls.
struct KeySorter: ~Copyable {
    /// The keys; in ascending order after `sort`.
    private(set) var keys: UnsafeMutableBufferPointer<UInt64>
    /// The index that each key had before it was sorted.
    private(set) var order: UnsafeMutableBufferPointer<Int32>
    private var otherKeys: UnsafeMutableBufferPointer<UInt64>
    private var otherOrder: UnsafeMutableBufferPointer<Int32>
    private let places: UnsafeMutableBufferPointer<Int>

    private static let digitBits = 11
    private static let digits = 6
    private static let radix = 1 << digitBits

    init(count: Int) {
        keys = .allocate(capacity: count)
        order = .allocate(capacity: count)
        otherKeys = .allocate(capacity: count)
        otherOrder = .allocate(capacity: count)
        places = .allocate(capacity: Self.digits * Self.radix)
        keys.initialize(repeating: 0)
        order.initialize(repeating: 0)
        otherKeys.initialize(repeating: 0)
        otherOrder.initialize(repeating: 0)
        places.initialize(repeating: 0)
    }

    deinit {
        keys.deallocate()
        order.deallocate()
        otherKeys.deallocate()
        otherOrder.deallocate()
        places.deallocate()
    }

    /// Sorts the keys that `key` gives for every index.
    mutating func sort(key: (Int) -> UInt64) {
        places.update(repeating: 0)
        for index in keys.indices {
            let key = key(index)
            keys[index] = key
            order[index] = Int32(truncatingIfNeeded: index)
            for digit in 0..<Self.digits { places[Self.place(of: key, digit: digit)] += 1 }
        }
        for digit in 0..<Self.digits where places[Self.place(of: keys[0], digit: digit)] < keys.count {
            var start = 0
            for place in digit << Self.digitBits..<(digit + 1) << Self.digitBits {
                (places[place], start) = (start, start + places[place])
            }
            for index in keys.indices {
                let place = Self.place(of: keys[index], digit: digit)
                otherKeys[places[place]] = keys[index]
                otherOrder[places[place]] = order[index]
                places[place] += 1
            }
            swap(&keys, &otherKeys)
            swap(&order, &otherOrder)
        }
    }

    /// Where the digit of a key is counted: every digit has a section of its own.
    @inline(__always)
    private static func place(of key: UInt64, digit: Int) -> Int {
        digit << digitBits | Int(truncatingIfNeeded: key >> UInt64(digit * digitBits)) & (radix - 1)
    }
}
