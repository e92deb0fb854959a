internal import HDF5
public import LinearAlgebra
internal import Spelling

/// The columns of a file of samples: one row per sample, numbers or texts.
///
/// | file | columns |
/// |---|---|
/// | `.npy` | numbers of any type of NumPy's; one axis is one column, further axes are columns side by side |
/// | `file.h5:/path/of/dataset` | the same of an HDF5 data set |
/// | anything else | a table as text: cells separated by commas, semicolons, tabs or blanks, whichever its first line has; a first line without a number names the columns; lines that begin with # are comments |
public struct SampleTable: Sendable {
    /// What was read, for people.
    public let path: String
    /// The number of samples.
    public let rows: Int
    /// The number of columns.
    public var columnCount: Int { columns.count }
    /// The names of the columns, where the file has them.
    public let names: [String]?
    private let columns: [Column]

    enum Column: Sendable {
        case numbers([Double])
        /// The texts, and the first line whose cell is no number.
        case texts([String], line: Int)
    }

    /// Reads a file.
    ///
    /// - Parameters:
    ///   - path: the file; `file.h5:/path` for a data set of HDF5.
    ///   - allowPlugins: whether HDF5 may run the filter libraries of its plug-in folder, for a file that you trust.
    ///   - allowLinks: whether an HDF5 file that you trust may name others by soft and external links and external storage.
    /// - Throws: where it cannot be read, is empty, or its lines have different numbers of cells.
    /// - Complexity: O(size of the file) in time and memory.
    public init(
        readingFrom path: String, allowPlugins: Bool = false, allowLinks: Bool = false
    ) throws(SampleFileError) {
        var trust: File.Trust = []
        if allowPlugins { trust.insert(.plugins) }
        if allowLinks { trust.insert(.links) }
        self.path = path
        if path.hasSuffix(".npy") {
            (rows, columns) = try Self.columns(of: try NumPyArray(readingFrom: path).matrix)
            names = nil
        } else if let place = path.range(ofDatasetAfter: [".h5:/", ".hdf5:/"]) {
            (rows, columns) = try Self.columns(of: try readDataset(place.dataset, of: place.file, trusting: trust))
            names = nil
        } else {
            var text = try TextColumns(readingFrom: path)
            try text.read()
            (rows, columns, names) = (text.rows, text.columns, text.names)
        }
    }

    private static func columns(of matrix: Matrix<Double>) throws(SampleFileError) -> (Int, [Column]) {
        let columns = (0..<matrix.columns).map { column in
            Column.numbers((0..<matrix.rows).map { matrix.values[$0 * matrix.columns + column] })
        }
        return (matrix.rows, columns)
    }

    /// Whether a column, counted from 0, holds texts.
    public func isText(_ column: Int) -> Bool {
        if case .texts = columns[column] { return true }
        return false
    }

    /// Returns the columns, counted from 0, that a list names: numbers from 1, ranges and names, such as `1,3-5` or `x1,x2`.
    ///
    /// - Throws: where a column is not there.
    public func columns(named list: String) throws(SampleFileError) -> [Int] {
        var found: [Int] = []
        for part in list.split(separator: ",", omittingEmptySubsequences: false).map(String.init) {
            if let column = names?.firstIndex(of: part) {
                found.append(column)
                continue
            }
            let ends = part.split(separator: "-", omittingEmptySubsequences: false).map { Int($0) }
            guard let first = ends.first.flatMap({ $0 }), let last = ends.last.flatMap({ $0 }), ends.count <= 2 else {
                let hint = names.flatMap { nearest(to: part, among: $0) }.map { "Did you mean \($0)?" }
                throw SampleFileError(
                    "\(path): no column is named '\(part)'; expected numbers from 1 to \(columnCount), such as 1,3-5"
                        + "\(names == nil ? "" : ", or names of its first line"). \(hint ?? "Name another column.")")
            }
            guard first >= 1, last >= first, last <= columnCount else {
                throw SampleFileError(
                    "\(path): columns \(part) are not all there; expected numbers from 1 to \(columnCount). Name others."
                )
            }
            found += first - 1..<last
        }
        return found
    }

    /// The numbers of some columns, counted from 0, side by side.
    ///
    /// - Throws: where a column holds text or a number that is not finite.
    public func values(of chosen: [Int]) throws(SampleFileError) -> Matrix<Double> {
        var result = Matrix(rows: rows, columns: chosen.count, repeating: 0.0)
        for (place, column) in chosen.enumerated() {
            switch columns[column] {
            case .numbers(let numbers):
                for row in 0..<rows {
                    guard numbers[row].isFinite else {
                        throw SampleFileError(
                            "\(path): column \(column + 1) of sample \(row + 1) is \(numbers[row]); expected a finite "
                                + "number. Repair or leave out this sample.")
                    }
                    result.values[row * chosen.count + place] = numbers[row]
                }
            case .texts(let texts, let line):
                throw SampleFileError(
                    "\(path):\(line): column \(column + 1) is not a number (\(texts.first { Double($0) == nil } ?? "")); "
                        + "expected numbers. Repair this line, or use the column as labels.")
            }
        }
        return result
    }

    /// The cells of a column, counted from 0, as texts: labels.
    public func texts(of column: Int) -> [String] {
        switch columns[column] {
        case .numbers(let numbers): numbers.map { "\($0)" }
        case .texts(let texts, _): texts
        }
    }
}

/// The columns of a table as text.
private struct TextColumns {
    private let path: String
    private var lines: DelimitedLines
    private(set) var names: [String]?
    private(set) var columns: [SampleTable.Column] = []
    private(set) var rows = 0

    init(readingFrom path: String) throws(SampleFileError) {
        self.path = path
        lines = try DelimitedLines(readingFrom: path)
    }

    mutating func read() throws(SampleFileError) {
        let start = lines
        guard let first = try next() else {
            throw SampleFileError("\(path): empty; expected lines of numbers. Give another file.")
        }
        let width = first.cells.count
        let isHeader = first.cells.allSatisfy { Double($0) == nil && !$0.isEmpty }
        // The first pass finds the columns of numbers, the second fills them.
        var firstText = [Int?](repeating: nil, count: width)
        if !isHeader { lines = start }
        let body = lines
        while let line = try next() {
            guard line.cells.count == width else {
                throw SampleFileError(
                    "\(path):\(line.number): \(line.cells.count) cells; expected \(width), as in the first line. "
                        + "Repair this line.")
            }
            rows += 1
            for (column, cell) in line.cells.enumerated() where firstText[column] == nil && Double(cell) == nil {
                firstText[column] = line.number
            }
        }
        guard rows > 0 else {
            throw SampleFileError("\(path): names of columns and nothing below; expected samples. Give another file.")
        }
        var numbers = firstText.map { $0 == nil ? [Double]() : nil }
        var texts = firstText.map { $0 == nil ? nil : [String]() }
        lines = body
        while let line = try next() {
            for (column, cell) in line.cells.enumerated() {
                if let value = Double(cell), firstText[column] == nil {
                    numbers[column]?.append(value)
                } else {
                    texts[column]?.append(cell)
                }
            }
        }
        columns = (0..<width).map { column in
            texts[column].map { .texts($0, line: firstText[column] ?? 0) } ?? .numbers(numbers[column] ?? [])
        }
        names = isHeader ? first.cells : nil
    }

    /// The next line that is no comment.
    private mutating func next() throws(SampleFileError) -> DelimitedLines.Line? {
        while let line = try lines.next() {
            if !line.cells[0].hasPrefix("#") { return line }
        }
        return nil
    }
}

extension String {
    /// The file and the path of the data set, where the text is one of both.
    fileprivate func range(ofDatasetAfter marks: [String]) -> (file: String, dataset: String)? {
        for mark in marks {
            guard let start = indices.first(where: { self[$0...].hasPrefix(mark) }) else { continue }
            let end = index(start, offsetBy: mark.count - 2)
            return (String(self[..<end]), String(self[index(after: end)...]))
        }
        return nil
    }
}
