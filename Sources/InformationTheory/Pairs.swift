/// The pairs (a, b) that occur, with their counts, in order of first appearance.
struct Pairs {
    /// Samples per pair.
    private(set) var counts: [Int] = []
    /// The first and the second symbol of each pair.
    private(set) var first: [Int] = []
    private(set) var second: [Int] = []
    /// The pair of each sample.
    private(set) var ofSample: [Int32]

    /// O(n).
    init(_ a: Symbols, _ b: Symbols) {
        self.init(a.ids, b, distinct: a.count)
    }

    /// The pairs of any numbers and symbols. O(n).
    init(_ a: [Int32], _ b: Symbols) {
        self.init(a, b, distinct: nil)
    }

    /// - Parameter distinct: where the first ones are 0 ..< `distinct`.
    private init(_ a: [Int32], _ b: Symbols, distinct: Int?) {
        precondition(a.count == b.sampleCount, "a pair of symbols needs the same samples")
        let samples = a.count
        guard b.count < samples, distinct != samples else {
            // One side tells all samples apart: each is a pair of its own.
            counts = [Int](repeating: 1, count: samples)
            first = a.map { Int($0) }
            second = b.ids.map { Int($0) }
            ofSample = (0..<samples).map { Int32(truncatingIfNeeded: $0) }
            return
        }
        ofSample = []
        ofSample.reserveCapacity(samples)
        let stride = b.count
        if let distinct, distinct * stride <= Self.mostCells {
            var cells = [Int32](repeating: -1, count: distinct * stride)
            for sample in 0..<samples {
                let cell = Int(a[sample]) &* stride &+ Int(b.ids[sample])
                if cells[cell] < 0 { cells[cell] = Int32(truncatingIfNeeded: counts.count) }
                add(cells[cell], a[sample], b.ids[sample])
            }
        } else {
            var table = SymbolTable(capacity: samples)
            for sample in 0..<samples {
                let key = UInt64(a[sample]) &* UInt64(stride) &+ UInt64(b.ids[sample])
                add(table.number(of: key), a[sample], b.ids[sample])
            }
        }
    }

    /// A table of all pairs is faster than a hash up to this size, which a cache of 256 KiB holds.
    private static let mostCells = 1 << 16

    @inline(__always)
    private mutating func add(_ pair: Int32, _ left: Int32, _ right: Int32) {
        ofSample.append(pair)
        if Int(pair) == counts.count {
            counts.append(1)
            first.append(Int(left))
            second.append(Int(right))
        } else {
            counts[Int(pair)] &+= 1
        }
    }
}
