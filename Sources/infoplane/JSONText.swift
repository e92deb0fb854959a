import FoundationEssentials

/// JSON for programs, with the keys in the order in which they are given.
indirect enum JSONText {
    case text(String)
    case whole(Int)
    case number(Double)
    case truth(Bool)
    case null
    case list([JSONText])
    case object([(String, JSONText)])

    /// The text, on one line.
    var text: String {
        switch self {
        case .text(let value): Self.quoted(value)
        case .whole(let value): String(value)
        case .number(let value): value.isFinite ? value.description : "null"
        case .truth(let value): value ? "true" : "false"
        case .null: "null"
        case .list(let items): "[" + items.map(\.text).joined(separator: ",") + "]"
        case .object(let fields):
            "{" + fields.map { Self.quoted($0) + ":" + $1.text }.joined(separator: ",") + "}"
        }
    }

    private static func quoted(_ value: String) -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .withoutEscapingSlashes
        // A string always encodes.
        guard let data = try? encoder.encode(value) else { preconditionFailure("a string is valid JSON") }
        return String(decoding: data, as: UTF8.self)
    }
}
