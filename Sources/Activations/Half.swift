/// Conversions of float16 (IEEE 754 binary16), kept as bit patterns.
///
/// Ours, because libhdf5 converts at 0.04 GB/s and Swift's `Float16` does not exist on every platform.
public enum Half {
    /// The largest finite float16.
    public static let greatestFiniteMagnitude: Float = 65504

    /// The value of a float16; exact.
    @inlinable
    public static func float(_ half: UInt16) -> Float {
        let magnitude = UInt32(half & 0x7FFF)
        // The fields in the places of a float32, whose exponent bias is larger by 112; the product is exact, and
        // also makes subnormals right.
        let value = Float(bitPattern: magnitude << 13) * 0x1p112
        let isSpecial = magnitude >= 0x7C00
        let bits = isSpecial ? 0x7F80_0000 | (magnitude & 0x3FF) << 13 : value.bitPattern
        return Float(bitPattern: bits | UInt32(half & 0x8000) << 16)
    }

    /// The float16 nearest to `value`, ties to the even one; infinity from 65520 on.
    @inlinable
    public static func bits(_ value: Float) -> UInt16 {
        let sign = UInt16(truncatingIfNeeded: value.bitPattern >> 16) & 0x8000
        let magnitude = value.bitPattern & 0x7FFF_FFFF
        if magnitude > 0x7F80_0000 { return sign | 0x7E00 }
        if magnitude >= 0x477F_F000 { return sign | 0x7C00 }
        if magnitude < 0x3880_0000 {
            // Subnormal: adding 0.5 puts the last bit of a subnormal float16 at the last bit of a float32's mantissa.
            let shifted = Float(bitPattern: magnitude) + 0.5
            return sign | UInt16(truncatingIfNeeded: shifted.bitPattern &- 0x3F00_0000)
        }
        let rounded = magnitude + 0xFFF + (magnitude >> 13 & 1)
        return sign | UInt16(truncatingIfNeeded: (rounded &- 0x3800_0000) >> 13)
    }
}
