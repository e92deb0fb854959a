internal import Randomness

/// The independent sequences of random words that a run draws from its one seed, so that asking for more of one purpose
/// (another epoch, an adversary) never moves another.
enum RandomStream: UInt64 {
    case split = 1
    case initialization
    case order
    case trainingAttack
    case recordedAttack
    case samples

    /// Returns the sequence of this purpose for the run's `seed`; `first` and `second` number its parts (epoch, sample).
    func generator(seed: UInt64, _ first: Int = 0, _ second: Int = 0) -> SplitMix64 {
        var word = SplitMix64.mix(seed &+ 0x9E37_79B9_7F4A_7C15 &* rawValue)
        word = SplitMix64.mix(word ^ UInt64(truncatingIfNeeded: first))
        return SplitMix64(seed: SplitMix64.mix(word &+ UInt64(truncatingIfNeeded: second)))
    }
}
