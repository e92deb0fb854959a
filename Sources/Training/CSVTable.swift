internal import LinearAlgebra
internal import SampleFiles

/// A table of numbers whose last column is the label.
///
/// Cells are separated by commas and may stand in double quotes (RFC 4180). The first line is a header when none of its
/// input cells is a number. Labels that are all whole numbers are classes in numeric order, other labels are names.
struct CSVTable {
    let samples: LabelledSamples
    let classNames: [String]

    init(readingFrom path: String) throws(TrainingError) {
        var reader = try reading { () throws(SampleFileError) in
            try DelimitedLines(readingFrom: path, separator: .comma)
        }
        guard var line = try reading({ () throws(SampleFileError) in try reader.next() }) else {
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
            guard let following = try reading({ () throws(SampleFileError) in try reader.next() }) else { break }
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
        _ line: DelimitedLines.Line, width: Int, to values: inout [Float], _ path: String
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
