internal import LinearAlgebra

/// A NumPy array file (`.npy`, format versions 1 to 3) of numbers.
///
/// Source: the NumPy enhancement proposal 1, "A simple file format for NumPy arrays".
struct NumPyArray {
    /// One row per entry of the first axis, further axes side by side.
    let matrix: Matrix<Double>

    init(readingFrom path: String) throws(SampleFileError) {
        let bytes = try FileBytes.contents(of: path)
        let header = try Header(bytes, path)
        let count = header.shape.reduce(1, *)
        let size = header.size
        guard bytes.count - header.end >= count * size else {
            throw SampleFileError(
                "\(path): \(bytes.count - header.end) bytes of data; expected \(count * size) for shape \(header.shape). "
                    + "The file is cut off: copy it again.")
        }
        let rows = header.shape.first ?? 1
        let columns = rows == 0 ? 0 : count / rows
        var values = [Double](repeating: 0, count: count)
        for index in 0..<count {
            let value = header.value(bytes, at: header.end + index * size)
            // In Fortran order the first axis runs fastest.
            let place = header.isFortran ? header.rowMajor(index) : index
            values[place] = value
        }
        matrix = Matrix(rows: rows, columns: columns, values: values)
    }

    private struct Header {
        let shape: [Int]
        let isFortran: Bool
        let end: Int
        let size: Int
        private let kind: Character
        private let isBig: Bool

        init(_ bytes: [UInt8], _ path: String) throws(SampleFileError) {
            guard bytes.starts(with: [0x93] + Array("NUMPY".utf8)), bytes.count >= 12 else {
                throw SampleFileError("\(path): no NumPy array file. Save it by numpy.save, or give a CSV file.")
            }
            let lengthBytes = bytes[6] == 1 ? 2 : 4
            let length = bytes[8..<8 + lengthBytes].reversed().reduce(0) { $0 << 8 | Int($1) }
            let start = 8 + lengthBytes
            guard [1, 2, 3].contains(bytes[6]), bytes.count >= start + length else {
                throw SampleFileError(
                    "\(path): its header is cut off or of version \(bytes[6]); expected version 1 to 3. Save it again.")
            }
            let text = String(decoding: bytes[start..<start + length], as: UTF8.self)
            end = start + length
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
}
