/// A JSON value whose objects keep the order in which they were written, so that equal input gives equal bytes.
indirect enum JSON: Sendable {
    case null
    case flag(Bool)
    case number(Double)
    case text(String)
    case list([JSON])
    case object([(name: String, value: JSON)])

    /// This object with the members of `other` behind its own.
    func adding(_ other: JSON) -> JSON {
        guard case .object(let mine) = self, case .object(let theirs) = other else { return self }
        return .object(mine + theirs)
    }

    /// The member of this object; null where there is none.
    subscript(_ name: String) -> JSON {
        guard case .object(let members) = self else { return .null }
        return members.last { $0.name == name }?.value ?? .null
    }

    /// Whether it is null.
    var isNull: Bool { if case .null = self { true } else { false } }

    /// The whole number that it is.
    var whole: Int? { if case .number(let value) = self { Int(exactly: value) } else { nil } }

    /// This object with one member changed, or behind the others where there was none.
    func replacing(_ name: String, with value: JSON) -> JSON {
        guard case .object(let members) = self else { return self }
        return .object(members.filter { $0.name != name } + [(name: name, value: value)])
    }

    /// Compact JSON. `<`, `>`, `&` and the line separators are escaped, so that it can stand inside an HTML script
    /// element whatever text it carries. Numbers that are not finite, which JSON cannot say, are null.
    var encoded: String {
        var output = ""
        write(to: &output)
        return output
    }

    private func write(to output: inout String) {
        switch self {
        case .null: output += "null"
        case .flag(let value): output += value ? "true" : "false"
        case .number(let value): output += Self.encoded(value)
        case .text(let value): Self.write(value, to: &output)
        case .list(let values):
            output += "["
            for (i, value) in values.enumerated() {
                if i > 0 { output += "," }
                value.write(to: &output)
            }
            output += "]"
        case .object(let members):
            output += "{"
            for (i, member) in members.enumerated() {
                if i > 0 { output += "," }
                Self.write(member.name, to: &output)
                output += ":"
                member.value.write(to: &output)
            }
            output += "}"
        }
    }

    private static func encoded(_ value: Double) -> String {
        guard value.isFinite else { return "null" }
        let text = value.description
        return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
    }

    private static func write(_ text: String, to output: inout String) {
        output += "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": output += "\\\""
            case "\\": output += "\\\\"
            case "\n": output += "\\n"
            case "<", ">", "&", "\u{2028}", "\u{2029}", "\u{0}"..<"\u{20}", "\u{7F}":
                let digits = String(scalar.value, radix: 16)
                output += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: output.unicodeScalars.append(scalar)
            }
        }
        output += "\""
    }
}

extension JSON: ExpressibleByStringLiteral, ExpressibleByStringInterpolation, ExpressibleByBooleanLiteral,
    ExpressibleByIntegerLiteral, ExpressibleByFloatLiteral, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral,
    ExpressibleByNilLiteral
{
    init(stringLiteral value: String) { self = .text(value) }
    init(booleanLiteral value: Bool) { self = .flag(value) }
    init(integerLiteral value: Int) { self = .number(Double(value)) }
    init(floatLiteral value: Double) { self = .number(value) }
    init(arrayLiteral elements: JSON...) { self = .list(elements) }
    init(dictionaryLiteral elements: (String, JSON)...) { self = .object(elements.map { (name: $0.0, value: $0.1) }) }
    init(nilLiteral: ()) { self = .null }

    /// A whole number.
    static func whole(_ value: Int) -> JSON { .number(Double(value)) }

    /// A list of texts.
    static func texts(_ values: [String]) -> JSON { .list(values.map(JSON.text)) }

    /// A value in bits for a chart, rounded to 0.0001 bit: below a pixel of every chart.
    static func plotted(_ bits: Double?) -> JSON {
        guard let bits else { return .null }
        return .number((bits * 10000).rounded() / 10000)
    }

    /// A value of any unit for a chart, rounded to the 7 digits of a Float.
    static func plotted(anyUnit value: Double?) -> JSON {
        guard let value, value.isFinite else { return .null }
        let short = Float(value)
        return .number(short.isFinite ? Double(short.description) ?? value : value)
    }
}
