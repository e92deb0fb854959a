internal import HDF5

/// The number types of an archive's data, stored little-endian.
public enum NumberType: String, CaseIterable, Sendable, Hashable, Codable {
    case uint8, int32, int64, float16, float32, float64

    /// Bytes per number.
    public var size: Int { stored.size }

    /// Whether layers may have this type.
    public var isFloatingPoint: Bool { self == .float16 || self == .float32 || self == .float64 }

    var stored: ElementType {
        switch self {
        case .uint8: .uint8
        case .int32: .int32
        case .int64: .int64
        case .float16: .float16
        case .float32: .float32
        case .float64: .float64
        }
    }

    init?(_ stored: ElementType?) {
        guard let stored else { return nil }
        self.init(rawValue: stored.rawValue)
    }
}

/// Numbers of one type, as they lie in the archive.
public enum ElementArray: Sendable, Hashable {
    case uint8([UInt8])
    case int32([Int32])
    case int64([Int64])
    /// Bit patterns; see ``Half``.
    case float16([UInt16])
    case float32([Float])
    case float64([Double])

    /// How many numbers.
    public var count: Int {
        switch self {
        case .uint8(let values): values.count
        case .int32(let values): values.count
        case .int64(let values): values.count
        case .float16(let values): values.count
        case .float32(let values): values.count
        case .float64(let values): values.count
        }
    }

    /// Their type.
    public var elementType: NumberType {
        switch self {
        case .uint8: .uint8
        case .int32: .int32
        case .int64: .int64
        case .float16: .float16
        case .float32: .float32
        case .float64: .float64
        }
    }

    /// The numbers as Float: exact for uint8, float16 and float32, the nearest Float else.
    public func asFloat() -> [Float] {
        switch self {
        case .uint8(let values): values.map { Float($0) }
        case .int32(let values): values.map { Float($0) }
        case .int64(let values): values.map { Float($0) }
        case .float16(let values): values.map { Half.float($0) }
        case .float32(let values): values
        case .float64(let values): values.map { Float($0) }
        }
    }

    /// The numbers as Double: exact but for int64 beyond 2^53.
    public func asDouble() -> [Double] {
        switch self {
        case .uint8(let values): values.map { Double($0) }
        case .int32(let values): values.map { Double($0) }
        case .int64(let values): values.map { Double($0) }
        case .float16(let values): values.map { Double(Half.float($0)) }
        case .float32(let values): values.map { Double($0) }
        case .float64(let values): values
        }
    }

    func withUnsafeBytes<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        switch self {
        case .uint8(let values): values.withUnsafeBytes(body)
        case .int32(let values): values.withUnsafeBytes(body)
        case .int64(let values): values.withUnsafeBytes(body)
        case .float16(let values): values.withUnsafeBytes(body)
        case .float32(let values): values.withUnsafeBytes(body)
        case .float64(let values): values.withUnsafeBytes(body)
        }
    }

    /// The first number that is NaN or infinite, nil where all are finite.
    public var firstNotFinite: (index: Int, text: String)? {
        switch self {
        case .uint8, .int32, .int64: nil
        case .float16(let values): values.firstIndex { $0 & 0x7C00 == 0x7C00 }.map { ($0, "\(Half.float(values[$0]))") }
        case .float32(let values): values.firstIndex { !$0.isFinite }.map { ($0, "\(values[$0])") }
        case .float64(let values): values.firstIndex { !$0.isFinite }.map { ($0, "\(values[$0])") }
        }
    }

    /// The smallest and the largest number, all being finite; nil where there is none.
    var extremes: (low: Double, high: Double)? {
        switch self {
        case .uint8(let values): extent(of: values) { Double($0) }
        case .int32(let values): extent(of: values) { Double($0) }
        case .int64(let values): extent(of: values) { Double($0) }
        case .float16(let values): extent(of: values.map { Half.float($0) }) { Double($0) }
        case .float32(let values): extent(of: values) { Double($0) }
        case .float64(let values): extent(of: values) { $0 }
        }
    }
}

private func extent<T: Comparable>(of values: [T], _ convert: (T) -> Double) -> (low: Double, high: Double)? {
    guard var low = values.first else { return nil }
    var high = low
    for value in values {
        low = value < low ? value : low
        high = value > high ? value : high
    }
    return (convert(low), convert(high))
}

extension Dataset {
    /// Reads a block as it lies in the file.
    func readElements(_ type: NumberType, start: [Int], count: [Int]) throws(HDF5Error) -> ElementArray {
        switch type {
        case .uint8: .uint8(try read(start: start, count: count))
        case .int32: .int32(try read(start: start, count: count))
        case .int64: .int64(try read(start: start, count: count))
        case .float16: .float16(try read(start: start, count: count))
        case .float32: .float32(try read(start: start, count: count))
        case .float64: .float64(try read(start: start, count: count))
        }
    }

    /// Writes a block.
    func writeElements(_ elements: ElementArray, start: [Int], count: [Int]) throws(HDF5Error) {
        switch elements {
        case .uint8(let values): try write(values, start: start, count: count)
        case .int32(let values): try write(values, start: start, count: count)
        case .int64(let values): try write(values, start: start, count: count)
        case .float16(let values): try write(values, start: start, count: count)
        case .float32(let values): try write(values, start: start, count: count)
        case .float64(let values): try write(values, start: start, count: count)
        }
    }
}
