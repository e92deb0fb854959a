extension Configuration {
    /// The settings as YAML: a comment, the setting, an empty line. A setting without a value is written as a comment, for
    /// whoever wants to set it.
    public var text: String {
        settings.map { setting in
            let comment = setting.comment.isEmpty ? "" : Self.wrapped(setting.comment)
            return comment + Self.line(setting.name, setting.value) + "\n"
        }.joined(separator: "\n")
    }

    private static func line(_ name: String, _ value: Value) -> String {
        switch value {
        case .null: "# \(name):"
        case .truth(let truth): "\(name): \(truth)"
        case .text(let text): "\(name): \(scalar(text))"
        case .list(let texts): "\(name): [\(texts.map(scalar).joined(separator: ", "))]"
        }
    }

    /// A text that reads back as itself: bare where nothing in it could be taken for YAML's own, else in double quotes.
    private static func scalar(_ text: String) -> String {
        let isHarmless =
            text.unicodeScalars.allSatisfy {
                ("a"..."z").contains($0) || ("A"..."Z").contains($0) || ("0"..."9").contains($0)
                    || "-_./:@=*+".unicodeScalars.contains($0)
            }
            && text.unicodeScalars.first.map { !"-:@*=".unicodeScalars.contains($0) } ?? false
            && text.last != ":" && !["true", "false", "null"].contains(text)
        if isHarmless { return text }
        var quoted = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": quoted += "\\\""
            case "\\": quoted += "\\\\"
            case "\n": quoted += "\\n"
            case "\t": quoted += "\\t"
            default:
                let isControl = scalar.value < 0x20 || (0x7F..<0xA0).contains(scalar.value)
                let digits = String(scalar.value, radix: 16)
                quoted += isControl ? "\\x" + (digits.count < 2 ? "0" : "") + digits : String(scalar)
            }
        }
        return quoted + "\""
    }

    /// A comment in lines of at most 100 letters.
    private static func wrapped(_ comment: String) -> String {
        var lines = ["#"]
        for word in comment.split(whereSeparator: \.isWhitespace) {
            if lines[lines.count - 1].count + word.count >= 100 { lines.append("#") }
            lines[lines.count - 1] += " " + word
        }
        return lines.map { $0 + "\n" }.joined()
    }
}
