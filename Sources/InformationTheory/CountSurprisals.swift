internal import Synchronization

#if canImport(Darwin)
    internal import Darwin
#else
    internal import Glibc
#endif

/// log2(n/c) in bits for every count c of n samples: what a symbol says that c of them have. Counts repeat from cell to cell, and
/// a logarithm costs as much as looking at some ten samples.
final class CountSurprisals: Sendable {
    /// By the count, from 0 (where it is 0) to n.
    let bits: [Double]

    private init(samples: Int) {
        let total = Double(samples)
        bits = (0...samples).map { $0 == 0 ? 0 : log2(total / Double($0)) }
    }

    private static let recent = Mutex<[CountSurprisals]>([])
    /// An analysis has few numbers of samples: all of a split, with subsampling half and a quarter.
    private static let mostRecent = 4

    /// The table of n samples; the last few are kept.
    static func of(samples: Int) -> CountSurprisals {
        let known = recent.withLock { tables in tables.first { $0.bits.count == samples + 1 } }
        if let known { return known }
        let made = CountSurprisals(samples: samples)
        recent.withLock { tables in tables = Array(([made] + tables).prefix(mostRecent)) }
        return made
    }
}

/// Sums plug-in entropies of counts, with memory that it keeps: the bits of `plugInEntropy`.
struct CountEntropy: ~Copyable {
    private let surprisals: CountSurprisals
    /// How many symbols have each count; 0 but while a sum is taken.
    private let multiplicities: UnsafeMutableBufferPointer<UInt16>
    /// A bit for each count that occurs, so that they are found in order.
    private let occurring: UnsafeMutableBufferPointer<UInt64>

    /// - Parameter surprisals: of the number of samples.
    init(_ surprisals: CountSurprisals) {
        self.surprisals = surprisals
        multiplicities = .allocate(capacity: surprisals.bits.count)
        multiplicities.initialize(repeating: 0)
        occurring = .allocate(capacity: surprisals.bits.count / 64 + 1)
        occurring.initialize(repeating: 0)
    }

    deinit {
        multiplicities.deallocate()
        occurring.deallocate()
    }

    /// Σ (c/n)·log2(n/c) over up to 65535 counts, in ascending order of the counts.
    borrowing func bits(of counts: UnsafeBufferPointer<UInt32>) -> Double {
        var (first, last) = (Int.max, -1)
        for count in counts where count > 0 {
            let count = Int(count)
            multiplicities[count] &+= 1
            occurring[count >> 6] |= 1 << UInt64(count & 63)
            first = min(first, count >> 6)
            last = max(last, count >> 6)
        }
        guard last >= 0 else { return 0 }
        return surprisals.bits.withUnsafeBufferPointer { bits in
            var sum = CompensatedSum()
            for word in first...last {
                var left = occurring[word]
                while left != 0 {
                    let count = word << 6 | left.trailingZeroBitCount
                    sum.add(Double(Int(multiplicities[count]) * count) * bits[count])
                    multiplicities[count] = 0
                    left &= left - 1
                }
                occurring[word] = 0
            }
            return sum.value / Double(bits.count - 1)
        }
    }
}
