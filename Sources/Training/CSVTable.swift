internal import LinearAlgebra

/// A table of numbers whose last column is the label.
///
/// Cells are separated by commas and may stand in double quotes (RFC 4180). The first line is a header when none of its
/// input cells is a number. Labels that are all whole numbers are classes in numeric order, other labels are names.
struct CSVTable {
    let samples: LabelledSamples
    let classNames: [String]

    init(readingFrom path: String) throws(TrainingError) {
        let bytes = try FileBytes.contents(of: path)
        guard !bytes.contains(0), String(validating: bytes, as: UTF8.self) != nil else {
            throw TrainingError(.data, "\(path): not a text file; expected comma-separated values. Give a CSV file.")
        }
        try self.init(parsing: bytes, path)
    }

    private init(parsing content: [UInt8], _ path: String) throws(TrainingError) {
        var reader = CSVLines(content, path)
        guard var line = try reader.next() else {
            throw TrainingError(.data, "\(path): empty; expected lines of numbers and a label. Give a CSV file.")
        }
        let width = line.cells.count
        guard width >= 2 else {
            let looksSeparated = line.cells[0].contains { $0 == ";" || $0 == "\t" || $0 == " " }
            throw TrainingError(
                .data,
                "\(path):\(line.number): one column; expected at least one input and the label, separated by commas. "
                    + (looksSeparated ? "Separate the columns by commas." : "Give a table with labels."))
        }
        var values: [Float] = []
        var labels: [(line: Int, text: String)] = []
        var isHeader = line.cells.dropLast().allSatisfy { Double($0) == nil && !$0.isEmpty }
        while true {
            if !isHeader {
                try Self.append(line, width: width, to: &values, path)
                labels.append((line.number, line.cells[width - 1]))
            }
            isHeader = false
            guard let following = try reader.next() else { break }
            line = following
        }
        guard labels.count >= 2 else {
            throw TrainingError(
                .data, "\(path): \(labels.count) samples; expected at least two. Give a table with more lines.")
        }
        let (ids, names) = try Self.classes(of: labels, path)
        samples = LabelledSamples(
            inputs: Matrix(rows: labels.count, columns: width - 1, values: values), labels: ids,
            sampleIDs: Array(labels.indices))
        classNames = names
    }

    private static func append(
        _ line: CSVLines.Line, width: Int, to values: inout [Float], _ path: String
    ) throws(TrainingError) {
        guard line.cells.count == width else {
            throw TrainingError(
                .data,
                "\(path):\(line.number): \(line.cells.count) columns; expected \(width), as in the first line. "
                    + "Repair this line.")
        }
        for column in 0..<(width - 1) {
            let cell = line.cells[column]
            guard let value = Double(cell).map(Float.init), value.isFinite else {
                throw TrainingError(
                    .data,
                    "\(path):\(line.number): column \(column + 1) is \(cell.isEmpty ? "empty" : "“\(cell)”"); "
                        + "expected a finite number. Repair this cell, or leave the column out.")
            }
            values.append(value)
        }
    }

    private static func classes(
        of labels: [(line: Int, text: String)], _ path: String
    ) throws(TrainingError) -> (ids: [Int], names: [String]) {
        if let empty = labels.first(where: { $0.text.isEmpty }) {
            throw TrainingError(
                .data, "\(path):\(empty.line): no label; expected one in the last column. Repair this line.")
        }
        let numbers = labels.compactMap { Double($0.text) }
        guard numbers.count == labels.count else { return try ClassIDs.of(names: labels.map(\.text), path) }
        let whole = numbers.compactMap { Int(exactly: $0) }
        guard whole.count == numbers.count else {
            let first = labels.first { Int(exactly: Double($0.text) ?? 0) == nil }!
            throw TrainingError(
                .data,
                "\(path):\(first.line): the label \(first.text) is not a class; expected whole numbers or names. "
                    + "Put the column of the classes last.")
        }
        return try ClassIDs.of(numbers: whole, path)
    }
}

/// The lines of a table in UTF-8, one after the other, blank ones left out.
private struct CSVLines {
    struct Line {
        /// From 1, as in an editor; a line with a line break in quotes has the number of its beginning.
        let number: Int
        let cells: [String]
    }

    private let bytes: [UInt8]
    private let path: String
    private var index: Int
    private var number = 1

    init(_ bytes: [UInt8], _ path: String) {
        self.bytes = bytes
        self.path = path
        index = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
    }

    mutating func next() throws(TrainingError) -> Line? {
        while index < bytes.count {
            let line = try read()
            if line.cells != [""] { return line }
        }
        return nil
    }

    private mutating func read() throws(TrainingError) -> Line {
        let (quote, comma, newline, carriageReturn) =
            (UInt8(ascii: "\""), UInt8(ascii: ","), UInt8(ascii: "\n"), UInt8(ascii: "\r"))
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
            } else if byte == comma {
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
            throw TrainingError(.data, "\(path):\(start): a quote is never closed; expected \". Repair this line.")
        }
        cells.append(Self.text(of: cell, trimmed: !wasQuoted))
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
