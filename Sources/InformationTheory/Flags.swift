#if canImport(Darwin)
    internal import Darwin
#else
    internal import Glibc
#endif

/// What makes a measurement say less than its number suggests.
public struct Flags: OptionSet, Sendable, Hashable, CustomStringConvertible {
    /// One bit per flag, in the order of `names`.
    public let rawValue: UInt32

    /// Creates the set with these bits.
    public init(rawValue: UInt32) {
        self.rawValue = rawValue
    }

    /// H(Z)/log2 n > 0.9, or more than half of the samples have a symbol of their own: I(X;Z) says log2 n, not the network.
    /// So does KSG above 0.9 of its ceiling. An information about labels near H(Y) is not saturated by that alone.
    public static let saturated = Flags(rawValue: 1 << 0)
    /// More than half of the rows X_{-i} are unique on average: the remaining terms say I(X;Q), nothing of synergy.
    public static let saturatedInputs = Flags(rawValue: 1 << 1)
    /// Fewer than 5 samples per occupied symbol on average: the plug-in estimate is mostly bias.
    public static let undersampled = Flags(rawValue: 1 << 2)
    /// One symbol for all samples.
    public static let constant = Flags(rawValue: 1 << 3)
    /// All units are 0 for all samples.
    public static let dead = Flags(rawValue: 1 << 4)
    /// Duplicate rows, for nearest-neighbour estimators.
    public static let ties = Flags(rawValue: 1 << 5)
    /// Values outside of a fixed range went to its end bins.
    public static let outOfRange = Flags(rawValue: 1 << 6)
    /// A corrected estimate left [0, ceiling]; the value is kept.
    public static let boundViolated = Flags(rawValue: 1 << 7)
    /// The estimate still moves with the number of samples: from n/2 to n it moved by more than its standard error, or the
    /// nearest neighbours lie too far away for the density to be constant among them. Its bias is larger than its error bar.
    /// Also where error bars were left out and so nobody looked.
    public static let unconverged = Flags(rawValue: 1 << 8)
    /// The estimator bounds the quantity from below.
    public static let lowerBound = Flags(rawValue: 1 << 9)
    /// The estimator bounds the quantity from above.
    public static let upperBound = Flags(rawValue: 1 << 10)
    /// The value is that of normal vectors with the same ranks; the truth may be higher or lower.
    public static let normalModel = Flags(rawValue: 1 << 11)
    /// The inputs are components of a kernel to which a sample is more like itself than like all others together: they tell
    /// samples apart, and say next to nothing of what samples have in common.
    public static let narrowKernel = Flags(rawValue: 1 << 12)

    /// The names of all flags, in the order in which they are written.
    public static let allNames = [
        "saturated", "saturated-inputs", "undersampled", "constant", "dead", "ties", "out-of-range", "bound-violated",
        "unconverged", "lower-bound", "upper-bound", "normal-model", "narrow-kernel",
    ]

    /// The names of the flags in the set, in the order of `allNames`.
    public var names: [String] {
        Self.allNames.indices.filter { rawValue >> UInt32($0) & 1 == 1 }.map { Self.allNames[$0] }
    }

    /// The names joined by `|`, as in exported tables; empty for no flag.
    public var description: String {
        names.joined(separator: "|")
    }

    /// Creates the set of the flags with these names.
    ///
    /// - Throws: `InformationError.unknownName` with the nearest name.
    public init(names: some Sequence<String>) throws(InformationError) {
        var flags: Flags = []
        for name in names {
            guard let bit = Self.allNames.firstIndex(of: name) else {
                throw .unknownName(kind: "flag", text: name, nearest: nearest(to: name, among: Self.allNames))
            }
            flags.insert(Flags(rawValue: 1 << UInt32(bit)))
        }
        self = flags
    }

    /// `saturated`, `undersampled` and `constant`, as they hold for the symbols of a layer. O(distinct counts).
    public static func ofSymbols(_ z: Symbols) -> Flags {
        var flags: Flags = []
        let samples = Double(z.sampleCount)
        let alone = z.profile.entries.first { $0.count == 1 }?.symbols ?? 0
        if entropy(of: z) > 0.9 * log2(samples) || 2 * alone > z.sampleCount {
            flags.insert(.saturated)
        }
        if z.sampleCount < 5 * z.count { flags.insert(.undersampled) }
        if z.count == 1 { flags.insert(.constant) }
        return flags
    }

    /// The flags of the layer's symbols, `dead` and `outOfRange`.
    public static func ofLayer(_ layer: DiscretizedLayer) -> Flags {
        var flags = ofSymbols(layer.symbols)
        if layer.isDead { flags.insert(.dead) }
        if layer.hasValuesOutsideRange { flags.insert(.outOfRange) }
        return flags
    }

    /// `saturatedInputs` and `narrowKernel`, as they hold for GIB terms over these features.
    public static func ofInputs(_ inputs: InputFeatures) -> Flags {
        var flags: Flags = inputs.uniqueRemainingShare > 0.5 ? .saturatedInputs : []
        if inputs.areOfNarrowKernel { flags.insert(.narrowKernel) }
        return flags
    }

    /// `boundViolated` where a corrected estimate lies outside of [0, ceiling] by more than rounding (1e-9 bits).
    public static func ofCorrected(_ bits: Double, ceiling: Double) -> Flags {
        bits < -1e-9 || bits > ceiling + 1e-9 ? .boundViolated : []
    }
}
