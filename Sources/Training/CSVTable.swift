internal import LinearAlgebra

/// A table of numbers whose last column is the label.
///
/// Cells are separated by commas and may stand in double quotes (RFC 4180). The first line is a header when none of its
/// input cells is a number. Labels that are all whole numbers are classes in numeric order, other labels are names.
struct CSVTable {
    let samples: LabelledSamples
    let classNames: [String]

    init(readingFrom path: String) throws(TrainingError) {
        let bytes = try FileBytes.read(path)
        guard !bytes.contains(0), let content = String(validating: bytes, as: UTF8.self) else {
            throw TrainingError(.data, "\(path): not a text file; expected comma-separated values. Give a CSV file.")
        }
        try self.init(parsing: content, path)
    }

    private init(parsing content: String, _ path: String) throws(TrainingError) {
        var lines = try Self.lines(of: content, path)
        guard let width = lines.first?.cells.count else {
            throw TrainingError(.data, "\(path): empty; expected lines of numbers and a label. Give a CSV file.")
        }
        guard width >= 2 else {
            let other = [";", "\t", " "].first { content.prefix { !$0.isNewline }.contains($0) }
            throw TrainingError(
                .data,
                "\(path):\(lines[0].number): one column; expected at least one input and the label, separated by commas. "
                    + (other == nil ? "Give a table with labels." : "Separate the columns by commas."))
        }
        if lines[0].cells.dropLast().allSatisfy({ Double($0) == nil && !$0.isEmpty }) { lines.removeFirst() }
        guard lines.count >= 2 else {
            throw TrainingError(
                .data, "\(path): \(lines.count) samples; expected at least two. Give a table with more lines.")
        }
        var values: [Float] = []
        values.reserveCapacity(lines.count * (width - 1))
        for line in lines {
            guard line.cells.count == width else {
                throw TrainingError(
                    .data,
                    "\(path):\(line.number): \(line.cells.count) columns; expected \(width), as in the first line. "
                        + "Repair this line.")
            }
            for (column, cell) in line.cells.dropLast().enumerated() {
                guard let value = Double(cell).map(Float.init), value.isFinite else {
                    throw TrainingError(
                        .data,
                        "\(path):\(line.number): column \(column + 1) is \(cell.isEmpty ? "empty" : "“\(cell)”"); "
                            + "expected a finite number. Repair this cell, or leave the column out.")
                }
                values.append(value)
            }
        }
        let (ids, names) = try Self.classes(of: lines.map { ($0.number, $0.cells[width - 1]) }, path)
        samples = LabelledSamples(
            inputs: Matrix(rows: lines.count, columns: width - 1, values: values), labels: ids,
            sampleIDs: Array(lines.indices))
        classNames = names
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

    /// Splits the text into lines of cells, without blank lines, numbered from 1 as in an editor.
    private static func lines(
        of content: String, _ path: String
    ) throws(TrainingError) -> [(number: Int, cells: [String])] {
        var lines: [(number: Int, cells: [String])] = []
        var cells: [String] = []
        var cell: [UInt8] = []
        var (quoted, wasQuoted) = (false, false)
        var (number, start) = (1, 1)
        let (quote, comma, newline, carriageReturn) =
            (UInt8(ascii: "\""), UInt8(ascii: ","), UInt8(ascii: "\n"), UInt8(ascii: "\r"))
        func endCell() {
            let text = String(decoding: cell, as: UTF8.self)
            cells.append(wasQuoted ? text : trimmed(text))
            cell.removeAll(keepingCapacity: true)
            wasQuoted = false
        }
        func endLine() {
            endCell()
            if cells != [""] { lines.append((start, cells)) }
            cells = []
        }
        let bytes = Array(content.utf8)
        var index = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
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
                endCell()
            } else if byte == newline {
                endLine()
                start = number
            } else if byte != carriageReturn {
                cell.append(byte)
            }
        }
        guard !quoted else {
            throw TrainingError(.data, "\(path):\(start): a quote is never closed; expected \". Repair this line.")
        }
        if !cell.isEmpty || !cells.isEmpty || wasQuoted { endLine() }
        return lines
    }

    private static func trimmed(_ text: String) -> String {
        guard let first = text.firstIndex(where: { $0 != " " && $0 != "\t" }),
            let last = text.lastIndex(where: { $0 != " " && $0 != "\t" })
        else { return "" }
        return String(text[first...last])
    }
}
