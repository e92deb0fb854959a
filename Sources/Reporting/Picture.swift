internal import FoundationEssentials

/// A small picture of one value per pixel, as PNG.
struct Picture {
    let width: Int
    let height: Int
    /// One value per pixel, row by row.
    let values: [Double]

    /// The levels of the colour map in a picture.
    private static let levels = 64

    /// A `data:` address of the picture: viridis from 0 to `top`, an indexed PNG whose pixels are stored uncompressed.
    func address(top: Double) -> String {
        var png: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]
        Self.append("IHDR", Self.bytes(UInt32(width)) + Self.bytes(UInt32(height)) + [8, 3, 0, 0, 0], to: &png)
        Self.append(
            "PLTE", (0..<Self.levels).flatMap { Viridis.color(Double($0) / Double(Self.levels - 1)) }, to: &png)
        var rows: [UInt8] = []
        rows.reserveCapacity((width + 1) * height)
        for y in 0..<height {
            rows.append(0)
            for x in 0..<width {
                let share = top > 0 ? min(max(values[y * width + x] / top, 0), 1) : 0
                rows.append(UInt8((share * Double(Self.levels - 1)).rounded()))
            }
        }
        Self.append("IDAT", Self.stored(rows), to: &png)
        Self.append("IEND", [], to: &png)
        return "data:image/png;base64," + Data(png).base64EncodedString()
    }

    private static func append(_ type: String, _ content: [UInt8], to png: inout [UInt8]) {
        let body = Array(type.utf8) + content
        png += bytes(UInt32(content.count)) + body + bytes(checksum(body))
    }

    /// A zlib stream of stored blocks (RFC 1950, RFC 1951 section 3.2.4).
    private static func stored(_ content: [UInt8]) -> [UInt8] {
        var stream: [UInt8] = [0x78, 0x01]
        var start = 0
        while start < content.count {
            let end = min(start + 0xFFFF, content.count)
            let length = UInt16(end - start)
            stream.append(end == content.count ? 1 : 0)
            stream += [UInt8(length & 0xFF), UInt8(length >> 8), UInt8(~length & 0xFF), UInt8(~length >> 8)]
            stream += content[start..<end]
            start = end
        }
        var (a, b): (UInt32, UInt32) = (1, 0)
        for byte in content {
            a = (a + UInt32(byte)) % 65521
            b = (b + a) % 65521
        }
        return stream + bytes(b << 16 | a)
    }

    /// CRC-32 as PNG wants it.
    private static func checksum(_ content: [UInt8]) -> UInt32 {
        var crc = UInt32.max
        for byte in content {
            crc ^= UInt32(byte)
            for _ in 0..<8 { crc = crc & 1 == 1 ? crc >> 1 ^ 0xEDB8_8320 : crc >> 1 }
        }
        return ~crc
    }

    private static func bytes(_ value: UInt32) -> [UInt8] {
        [24, 16, 8, 0].map { UInt8(value >> $0 & 0xFF) }
    }
}
