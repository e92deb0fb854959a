/// The lines of a table in UTF-8, one after the other, blank ones left out, their cells as text.
///
/// Cells may stand in double quotes (RFC 4180); blanks around a cell without quotes are not part of it.
public struct DelimitedLines {
    /// A line of cells.
    public struct Line: Sendable {
        /// From 1, as in an editor; a line with a line break in quotes has the number of its beginning.
        public let number: Int
        /// The cells as text.
        public let cells: [String]
    }

    /// What stands between two cells.
    public enum Separator: Sendable {
        case comma, semicolon, tab
        /// One or more blanks or tabs.
        case blanks
    }

    private let bytes: [UInt8]
    private let path: String
    private var index: Int
    private var number = 1
    private let separator: Separator

    /// Reads the file at `path`, and takes its cells apart at `separator`; without one at that of comma, semicolon and tab
    /// which its first line has, else at blanks.
    ///
    /// - Throws: where it cannot be read or is no text in UTF-8.
    public init(readingFrom path: String, separator: Separator? = nil) throws(SampleFileError) {
        let bytes = try FileBytes.contents(of: path)
        guard !bytes.contains(0), String(validating: bytes, as: UTF8.self) != nil else {
            throw SampleFileError("\(path): not a text file; expected comma-separated values. Give a CSV file.")
        }
        self.bytes = bytes
        self.path = path
        self.separator = separator ?? Self.separator(of: bytes)
        index = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
    }

    private static func separator(of bytes: [UInt8]) -> Separator {
        let lines = bytes.split(separator: UInt8(ascii: "\n"), maxSplits: 200)
        let line = lines.prefix(200).first { $0.first != UInt8(ascii: "#") && $0.contains { $0 > 0x20 } } ?? []
        if line.contains(UInt8(ascii: ",")) { return .comma }
        if line.contains(UInt8(ascii: ";")) { return .semicolon }
        return line.contains(UInt8(ascii: "\t")) ? .tab : .blanks
    }

    /// Returns the next line that is not blank; nil after the last.
    ///
    /// - Throws: where a quote is never closed.
    public mutating func next() throws(SampleFileError) -> Line? {
        while index < bytes.count {
            let line = try read()
            if line.cells != [""] { return line }
        }
        return nil
    }

    /// Whether a byte ends a cell.
    private func separates(_ byte: UInt8) -> Bool {
        switch separator {
        case .comma: byte == UInt8(ascii: ",")
        case .semicolon: byte == UInt8(ascii: ";")
        case .tab: byte == UInt8(ascii: "\t")
        case .blanks: byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t")
        }
    }

    private mutating func read() throws(SampleFileError) -> Line {
        let (quote, newline, carriageReturn) = (UInt8(ascii: "\""), UInt8(ascii: "\n"), UInt8(ascii: "\r"))
        let start = number
        var cells: [String] = []
        var cell: [UInt8] = []
        var (quoted, wasQuoted) = (false, false)
        while index < bytes.count {
            let byte = bytes[index]
            index += 1
            if byte == newline { number += 1 }
            if quoted {
                if byte != quote {
                    cell.append(byte)
                } else if index < bytes.count, bytes[index] == quote {
                    cell.append(quote)
                    index += 1
                } else {
                    quoted = false
                }
            } else if byte == quote, cell.isEmpty {
                (quoted, wasQuoted) = (true, true)
            } else if separates(byte) {
                // A run of blanks is one separator.
                if separator == .blanks, cell.isEmpty, !wasQuoted { continue }
                cells.append(Self.text(of: cell, trimmed: !wasQuoted))
                cell.removeAll(keepingCapacity: true)
                wasQuoted = false
            } else if byte == newline {
                break
            } else if byte != carriageReturn {
                cell.append(byte)
            }
        }
        guard !quoted else {
            throw SampleFileError("\(path):\(start): a quote is never closed; expected \". Repair this line.")
        }
        // Blanks before the end of the line separate nothing.
        if separator != .blanks || cells.isEmpty || !cell.isEmpty || wasQuoted {
            cells.append(Self.text(of: cell, trimmed: !wasQuoted))
        }
        return Line(number: start, cells: cells)
    }

    private static func text(of cell: [UInt8], trimmed: Bool) -> String {
        func isBlank(_ byte: UInt8) -> Bool { byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") }
        guard trimmed, let first = cell.first, let last = cell.last, isBlank(first) || isBlank(last) else {
            return String(decoding: cell, as: UTF8.self)
        }
        let rest = cell.drop(while: isBlank)
        let end = rest.lastIndex { !isBlank($0) }.map { $0 + 1 } ?? rest.startIndex
        return String(decoding: rest[..<end], as: UTF8.self)
    }
}
