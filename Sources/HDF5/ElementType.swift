internal import CHDF5

/// The number types of data sets, stored little-endian.
public enum ElementType: String, CaseIterable, Sendable, Hashable {
    case uint8, int32, int64, uint64, float16, float32, float64

    /// Bytes per element.
    public var size: Int {
        switch self {
        case .uint8: 1
        case .float16: 2
        case .int32, .float32: 4
        case .int64, .uint64, .float64: 8
        }
    }

    /// The type as libhdf5 knows it, in the file and in memory alike, so that nothing is converted.
    var identifier: hid_t {
        switch self {
        case .uint8: chdf5_uint8()
        case .int32: chdf5_int32()
        case .int64: chdf5_int64()
        case .uint64: chdf5_uint64()
        case .float16: ElementType.half
        case .float32: chdf5_float32()
        case .float64: chdf5_float64()
        }
    }

    /// IEEE 754 binary16, which libhdf5 1.10 does not predefine: sign 1, exponent 5 (bias 15), mantissa 10 bits.
    private static let half: hid_t = Library.locked {
        let type = H5Tcopy(chdf5_float32())
        H5Tset_fields(type, 15, 10, 5, 0, 10)
        H5Tset_size(type, 2)
        H5Tset_ebias(type, 15)
        return type
    }

    init?(identifier: hid_t) {
        guard let type = Self.allCases.first(where: { H5Tequal(identifier, $0.identifier) > 0 }) else { return nil }
        self = type
    }
}

/// A Swift type that data sets store as it lies in memory.
public protocol Element: BitwiseCopyable, Sendable {
    /// The type in the file.
    static var elementType: ElementType { get }
}

extension UInt8: Element {
    /// Stored as uint8.
    public static var elementType: ElementType { .uint8 }
}

extension Int32: Element {
    /// Stored as int32.
    public static var elementType: ElementType { .int32 }
}

extension Int64: Element {
    /// Stored as int64.
    public static var elementType: ElementType { .int64 }
}

extension Int: Element {
    /// Stored as int64.
    public static var elementType: ElementType { .int64 }
}

extension UInt64: Element {
    /// Stored as uint64.
    public static var elementType: ElementType { .uint64 }
}

extension UInt16: Element {
    /// The bit pattern of a float16: no data set of ours holds unsigned 16-bit integers.
    public static var elementType: ElementType { .float16 }
}

extension Float: Element {
    /// Stored as float32.
    public static var elementType: ElementType { .float32 }
}

extension Double: Element {
    /// Stored as float64.
    public static var elementType: ElementType { .float64 }
}
