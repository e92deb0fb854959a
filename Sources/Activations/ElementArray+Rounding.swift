extension ElementArray {
    /// The numbers in another type of floating point, each the nearest, ties to even.
    ///
    /// - Precondition: ``firstBeyond(_:)`` is nil for `type`, which is a floating-point one.
    public func rounded(to type: NumberType) -> ElementArray {
        if type == elementType { return self }
        switch (type, self) {
        case (.float16, .float64(let values)): return .float16(values.map { Half.bits($0) })
        case (.float16, _): return .float16(asFloat().map { Half.bits($0) })
        case (.float32, _): return .float32(asFloat())
        case (.float64, _): return .float64(asDouble())
        default: preconditionFailure("layers are numbers with a fraction")
        }
    }

    /// The first number whose magnitude a floating-point type cannot hold, nil where it can hold all.
    public func firstBeyond(_ type: NumberType) -> Int? {
        switch (type, self) {
        case (.float16, .float32(let values)):
            values.firstIndex { $0.magnitude > Half.greatestFiniteMagnitude }
        case (.float16, .float64(let values)):
            values.firstIndex { $0.magnitude > Double(Half.greatestFiniteMagnitude) }
        case (.float32, .float64(let values)):
            values.firstIndex { $0.magnitude > Double(Float.greatestFiniteMagnitude) }
        default: nil
        }
    }

    /// A number as text.
    public func text(at index: Int) -> String {
        switch self {
        case .uint8(let values): "\(values[index])"
        case .int32(let values): "\(values[index])"
        case .int64(let values): "\(values[index])"
        case .float16(let values): "\(Half.float(values[index]))"
        case .float32(let values): "\(values[index])"
        case .float64(let values): "\(values[index])"
        }
    }

    /// The first numbers.
    public func prefix(_ count: Int) -> ElementArray {
        switch self {
        case .uint8(let values): .uint8(Array(values.prefix(count)))
        case .int32(let values): .int32(Array(values.prefix(count)))
        case .int64(let values): .int64(Array(values.prefix(count)))
        case .float16(let values): .float16(Array(values.prefix(count)))
        case .float32(let values): .float32(Array(values.prefix(count)))
        case .float64(let values): .float64(Array(values.prefix(count)))
        }
    }
}

extension Half {
    /// The float16 nearest to `value`, ties to the even one; infinity from 65520 on.
    ///
    /// Through a Float rounded to odd, so that the value is rounded once and not twice (Boldo, Melquiond 2008).
    public static func bits(_ value: Double) -> UInt16 {
        let near = Float(value)
        guard near.isFinite, Double(near) != value else { return bits(near) }
        let toZero = Double(near).magnitude > value.magnitude ? near.bitPattern - 1 : near.bitPattern
        return bits(Float(bitPattern: toZero | 1))
    }
}
