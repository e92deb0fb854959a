/// What a NumPy array file says of its data before they begin.
///
/// Source: the NumPy enhancement proposal 1, "A simple file format for NumPy arrays".
public struct NumPyHeader: Sendable, Hashable {
    /// The length of every axis.
    public let shape: [Int]
    /// Whether the first axis runs fastest.
    public let isFortran: Bool
    /// Bytes before the data.
    public let dataStart: Int
    /// Bytes per number.
    public let size: Int
    /// `f`, `i`, `u` or `b` (bool).
    public let kind: Character
    /// Whether the bytes of a number are in big-endian order.
    public let isBig: Bool

    /// How long the header is, as its first bytes say; nil where they are those of no NumPy file.
    public static func length(beginning bytes: [UInt8]) -> Int? {
        guard bytes.starts(with: [0x93] + Array("NUMPY".utf8)), bytes.count >= 12 else { return nil }
        let lengthBytes = bytes[6] == 1 ? 2 : 4
        return 8 + lengthBytes + bytes[8..<8 + lengthBytes].reversed().reduce(0) { $0 << 8 | Int($1) }
    }

    /// Reads the header from the beginning of a file.
    ///
    /// - Parameters:
    ///   - bytes: the beginning, at least as long as ``length(beginning:)`` says.
    ///   - path: what errors name.
    public init(_ bytes: [UInt8], _ path: String) throws(SampleFileError) {
        guard let end = Self.length(beginning: bytes) else {
            throw SampleFileError("\(path): no NumPy array file. Save it by numpy.save, or give a CSV file.")
        }
        guard [1, 2, 3].contains(bytes[6]), bytes.count >= end else {
            throw SampleFileError(
                "\(path): its header is cut off or of version \(bytes[6]); expected version 1 to 3. Save it again.")
        }
        let text = String(decoding: bytes[(bytes[6] == 1 ? 10 : 12)..<end], as: UTF8.self)
        dataStart = end
        let descr = Self.entry("descr", of: text).filter { $0 != "'" && $0 != "\"" }
        isFortran = Self.entry("fortran_order", of: text) == "True"
        let shapeText = Self.entry("shape", of: text).filter { !"() ".contains($0) }
        let axes = shapeText.split(separator: ",").map { Int($0) }
        guard !axes.contains(nil) else {
            throw SampleFileError("\(path): the shape '\(shapeText)' is not understood. Save it again.")
        }
        var total = 1
        for axis in axes.compactMap(\.self) {
            let (product, overflow) = total.multipliedReportingOverflow(by: axis)
            guard axis >= 0, !overflow, product < 1 << 48 else {
                throw SampleFileError("\(path): the shape (\(shapeText)) is impossible. Save it again.")
            }
            total = product
        }
        shape = axes.compactMap(\.self)
        isBig = descr.first == ">"
        let type = descr.drop { "<>|=".contains($0) }
        guard let kind = type.first, let size = Int(type.dropFirst()),
            ["f2", "f4", "f8", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "b1"].contains(String(type))
        else {
            throw SampleFileError(
                "\(path): elements of type '\(descr)'; expected numbers (float16 to float64, whole numbers, bool). "
                    + "Save it by numpy.save with such a type.")
        }
        self.kind = kind
        self.size = size
    }

    /// The text behind a key of the header's dictionary, to the next comma that is not in parentheses.
    private static func entry(_ key: String, of text: String) -> String {
        guard let start = text.indices.first(where: { text[$0...].hasPrefix("'\(key)':") }) else { return "" }
        var depth = 0
        var value = ""
        for character in text[text.index(start, offsetBy: key.count + 3)...] {
            if character == "(" { depth += 1 }
            if character == ")" { depth -= 1 }
            if depth == 0, character == "," || character == "}" { break }
            value.append(character)
        }
        return String(value.drop { $0 == " " })
    }

    func value(_ bytes: [UInt8], at offset: Int) -> Double {
        var pattern: UInt64 = 0
        for index in 0..<size {
            pattern = pattern << 8 | UInt64(bytes[offset + (isBig ? index : size - 1 - index)])
        }
        switch (kind, size) {
        case ("f", 2): return Double(Float(half: UInt16(pattern)))
        case ("f", 4): return Double(Float(bitPattern: UInt32(pattern)))
        case ("f", _): return Double(bitPattern: pattern)
        case ("i", _):
            let shift = UInt64(64 - 8 * size)
            return Double(Int64(bitPattern: pattern << shift) >> Int64(shift))
        default: return Double(pattern)
        }
    }

    /// The place in row-major order of the element at this place in Fortran order.
    func rowMajor(_ index: Int) -> Int {
        var rest = index
        var place = 0
        var strides = [Int](repeating: 1, count: shape.count)
        for axis in shape.indices.dropLast().reversed() { strides[axis] = strides[axis + 1] * shape[axis + 1] }
        for axis in shape.indices {
            place += rest % shape[axis] * strides[axis]
            rest /= shape[axis]
        }
        return place
    }
}
