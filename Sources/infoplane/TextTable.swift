/// Rows and columns for people: columns as wide as their widest entry, numbers to the right.
struct TextTable {
    private let header: [String]
    private var rows: [[String]] = []

    init(_ header: [String]) {
        self.header = header
    }

    mutating func add(_ row: [String]) {
        precondition(row.count == header.count, "every row has every column")
        rows.append(row)
    }

    /// The lines, without trailing spaces. Columns whose entries all begin with a digit or a sign are set to the right.
    var lines: [String] {
        let all = [header] + rows
        let widths = header.indices.map { column in all.map { $0[column].count }.max() ?? 0 }
        let isNumeric = header.indices.map { column in
            rows.contains { !$0[column].isEmpty }
                && rows.allSatisfy { row in row[column].first.map { $0.isNumber || "+-–−".contains($0) } ?? true }
        }
        return all.map { row in
            var line = ""
            for column in header.indices {
                let padding = String(repeating: " ", count: widths[column] - row[column].count)
                line += isNumeric[column] ? padding + row[column] : row[column] + padding
                line += "  "
            }
            while line.last == " " { line.removeLast() }
            return line
        }
    }

    /// The table as text, each line indented by `indent` spaces.
    func text(indent: Int = 0) -> String {
        lines.map { String(repeating: " ", count: indent) + $0 + "\n" }.joined()
    }
}

/// A number of bytes for people: 15.7 MB.
func byteText(_ bytes: Int) -> String {
    let units = ["B", "kB", "MB", "GB", "TB", "PB"]
    var value = Double(bytes)
    var unit = 0
    while value >= 999.5, unit < units.count - 1 {
        value /= 1000
        unit += 1
    }
    return unit == 0 ? "\(bytes) B" : "\(decimals(value, value < 9.995 ? 2 : value < 99.95 ? 1 : 0)) \(units[unit])"
}

/// A number with a fixed count of decimals: 0.50.
func decimals(_ value: Double, _ count: Int) -> String {
    var scale = 1.0
    for _ in 0..<count { scale *= 10 }
    let rounded = (abs(value) * scale).rounded()
    guard rounded < 1e15 else { return value.description }
    var digits = String(Int(rounded))
    if digits.count <= count { digits = String(repeating: "0", count: count + 1 - digits.count) + digits }
    let sign = value < 0 && rounded > 0 ? "-" : ""
    return count == 0 ? sign + digits : sign + digits.dropLast(count) + "." + digits.suffix(count)
}
