internal import FoundationEssentials

/// A table of the results, written as CSV or JSON text piece by piece, so that a large one takes no memory.
///
/// CSV: a header line, `\n` line ends, RFC 4180 quoting, an unused column empty, numbers as the shortest decimal that
/// reads back to the same Float64. JSON: an array of objects with the same names, unused columns null.
/// Rows are sorted as `Measurement.Key` compares, so that equal results give equal bytes.
public struct Table: Sendable {
    enum Entry: Sendable, Hashable {
        case text(String), whole(Int), number(Double), unused
    }

    /// Rows that share their first columns.
    struct Block: Sendable {
        let shared: [Entry]
        let count: Int
        let rest: @Sendable (Int) -> [Entry]
    }

    /// The names of the columns.
    public let columns: [String]
    let blocks: [Block]

    /// How many rows the table has.
    public var rowCount: Int { blocks.reduce(0) { $0 + $1.count } }

    static let keyColumns = [
        "archive", "split", "layer", "order", "epoch", "quantity", "estimator", "discretization", "target",
        "parameters", "samples",
    ]

    /// The measurements, one row each. Pass derived measurements beside the stored ones to list both.
    public static func measurements(_ measurements: [Measurement]) -> Table {
        Table(
            columns: keyColumns + ["value", "standard_error", "null_mean", "p_value", "ceiling", "flags"],
            blocks: measurements.sorted { $0.key < $1.key }.map { row in
                Block(shared: entries(row.key), count: 1) { _ in
                    [
                        .number(row.value), number(row.standardError), number(row.nullMean), number(row.pValue),
                        number(row.ceiling), text(row.flags.joined(separator: "|")),
                    ]
                }
            })
    }

    /// The kept terms of the GIB complexities: one row per complexity and input feature, counted from 0.
    public static func features(of results: ResultSet) -> Table {
        Table(
            columns: keyColumns + ["feature", "I(X_i;Q)", "I(X_-i;Q)"],
            blocks: results.featureTerms.sorted { $0.key < $1.key }.map { key, terms in
                Block(shared: entries(key), count: terms.single.count) { i in
                    [.whole(i), .number(terms.single[i]), .number(terms.remaining[i])]
                }
            })
    }

    /// The kept PMI per sample with its weight max(0, PMI)/Σ: one row per I(Z;Y) and sample, counted from 0.
    public static func pointwise(of results: ResultSet) -> Table {
        Table(
            columns: keyColumns + ["sample", "pmi", "weight"],
            blocks: results.pointwise.sorted { $0.key < $1.key }.map { key, values in
                let total = values.reduce(0) { $0 + max(0, $1) }
                return Block(shared: entries(key), count: values.count) { s in
                    [.whole(s), .number(values[s]), .number(total > 0 ? max(0, values[s]) / total : 0)]
                }
            })
    }

    /// Writes the table as CSV, some rows at a time.
    public func writeCSV<Failure: Error>(to sink: (String) throws(Failure) -> Void) throws(Failure) {
        try sink(columns.map(Self.quoted).joined(separator: ",") + "\n")
        for block in blocks {
            let shared = block.shared.map(Self.field).joined(separator: ",")
            for i in 0..<block.count {
                try sink(shared + "," + block.rest(i).map(Self.field).joined(separator: ",") + "\n")
            }
        }
    }

    /// Writes the table as a JSON array, one object a line; the names stand in the order of the columns.
    public func writeJSON<Failure: Error>(to sink: (String) throws(Failure) -> Void) throws(Failure) {
        let names = columns.map(Self.jsonString)
        var separator = "[\n"
        for block in blocks {
            let shared = zip(names, block.shared).map { "\($0):\(Self.json($1))" }.joined(separator: ",")
            let restNames = names.dropFirst(block.shared.count)
            for i in 0..<block.count {
                let rest = zip(restNames, block.rest(i)).map { "\($0):\(Self.json($1))" }.joined(separator: ",")
                try sink(separator + "{" + shared + "," + rest + "}")
                separator = ",\n"
            }
        }
        try sink(separator == "[\n" ? "[]\n" : "\n]\n")
    }

    private static func entries(_ key: Measurement.Key) -> [Entry] {
        [
            text(key.archive), text(key.split), text(key.layer), whole(key.order), whole(key.epoch),
            text(key.quantity.rawValue), text(key.estimator), text(key.discretization), text(key.target),
            text(key.parameters), .whole(key.samples),
        ]
    }

    private static func text(_ value: String) -> Entry { value.isEmpty ? .unused : .text(value) }
    private static func whole(_ value: Int?) -> Entry { value.map(Entry.whole) ?? .unused }
    private static func number(_ value: Double?) -> Entry { value.map(Entry.number) ?? .unused }

    private static func quoted(_ value: String) -> String {
        guard value.utf8.contains(where: { [0x22, 0x2C, 0x0A, 0x0D].contains($0) }) else { return value }
        // By scalars: a quote with a combining mark behind it is one Character, and a quote all the same.
        var quoted = "\""
        for scalar in value.unicodeScalars {
            if scalar == "\"" { quoted += "\"" }
            quoted.unicodeScalars.append(scalar)
        }
        return quoted + "\""
    }

    private static func field(_ entry: Entry) -> String {
        switch entry {
        case .text(let value): quoted(value)
        case .whole(let value): String(value)
        case .number(let value): value.description
        case .unused: ""
        }
    }

    private static func json(_ entry: Entry) -> String {
        switch entry {
        case .text(let value): jsonString(value)
        case .whole(let value): String(value)
        case .number(let value): value.description
        case .unused: "null"
        }
    }

    private static func jsonString(_ value: String) -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .withoutEscapingSlashes
        // A string always encodes.
        guard let data = try? encoder.encode(value) else { preconditionFailure("a string is valid JSON") }
        return String(decoding: data, as: UTF8.self)
    }
}
