/// Sorts 64-bit keys and says where each came from: a radix sort by digits of 11 bits, the least significant first, that
/// skips digits in which all keys agree. Stable; O(n) per digit. Memory is kept between calls.
struct KeySorter {
    /// The keys in ascending order.
    private(set) var keys: [UInt64] = []
    /// The index that each sorted key had.
    private(set) var order: [Int32] = []
    private var otherKeys: [UInt64] = []
    private var otherOrder: [Int32] = []

    private static let digitBits = 11
    private static let digits = 6
    private static let radix = 1 << digitBits

    mutating func sort(count: Int, key: (Int) -> UInt64) {
        keys = (0..<count).map(key)
        order = (0..<Int32(count)).map { $0 }
        otherKeys = keys
        otherOrder = order
        var histogram = [Int](repeating: 0, count: Self.digits * Self.radix)
        for key in keys {
            for digit in 0..<Self.digits {
                histogram[digit << Self.digitBits | Self.value(of: key, digit: digit)] += 1
            }
        }
        for digit in 0..<Self.digits {
            let section = digit << Self.digitBits..<(digit + 1) << Self.digitBits
            if histogram[section].contains(count) { continue }
            var start = 0
            for place in section {
                (histogram[place], start) = (start, start + histogram[place])
            }
            for (key, index) in zip(keys, order) {
                let place = digit << Self.digitBits | Self.value(of: key, digit: digit)
                otherKeys[histogram[place]] = key
                otherOrder[histogram[place]] = index
                histogram[place] += 1
            }
            swap(&keys, &otherKeys)
            swap(&order, &otherOrder)
        }
    }

    @inline(__always)
    private static func value(of key: UInt64, digit: Int) -> Int {
        Int(truncatingIfNeeded: key >> UInt64(digit * digitBits)) & (radix - 1)
    }
}
