/// A seeded generator of 64-bit words: the same seed gives the same sequence on every machine and in every version.
///
/// The standard library has no seeded generator, and its `shuffled(using:)` does not promise the same order across
/// Swift versions; reproducible results need both.
///
/// Source: Steele, Lea, Flood, "Fast Splittable Pseudorandom Number Generators", OOPSLA 2014, figure 17 (with the
/// constants of variant 13 of Stafford's finalizers).
public struct SplitMix64: RandomNumberGenerator, Sendable {
    private var state: UInt64

    /// Creates the generator that starts at `seed`; every seed is valid.
    public init(seed: UInt64) {
        state = seed
    }

    /// Returns the next word, uniform over all 2^64.
    public mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        return Self.mix(state)
    }

    /// Returns the image of one word under the generator's finalizer, a bijection of the 64-bit words that changes
    /// about half of the bits when one input bit changes.
    public static func mix(_ word: UInt64) -> UInt64 {
        var z = word
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
