internal import Results

/// Text from files as HTML text: it never becomes markup.
enum Markup {
    /// `text` with the five characters escaped that have a meaning in HTML text and attributes.
    static func escaped(_ text: String) -> String {
        var output = ""
        output.reserveCapacity(text.utf8.count)
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": output += "&amp;"
            case "<": output += "&lt;"
            case ">": output += "&gt;"
            case "\"": output += "&quot;"
            case "'": output += "&#39;"
            case "\u{0}": output += "\u{FFFD}"
            default: output.unicodeScalars.append(scalar)
            }
        }
        return output
    }

    /// JavaScript as it may stand inside a script element: nothing in it ends the element or opens a comment.
    ///
    /// `<\/script` and `<\!--` mean the same inside strings, templates and regular expressions, the only places where
    /// a program has those sequences. O(bytes).
    static func script(_ javascript: String) -> String {
        let source = Array(javascript.utf8)
        var output: [UInt8] = []
        output.reserveCapacity(source.count)
        for (i, byte) in source.enumerated() {
            output.append(byte)
            guard byte == UInt8(ascii: "<") else { continue }
            let next = source[(i + 1)...].prefix(7).map { $0 | 0x20 }
            if next.elementsEqual("/script".utf8) || next.starts(with: "!--".utf8) { output.append(UInt8(ascii: "\\")) }
        }
        return String(decoding: output, as: UTF8.self)
    }

    /// A flag with its meaning: to hover, and as a link to the list at the end.
    static func flag(_ name: String) -> String {
        "<a href=\"#\(anchor(ofFlag: name))\" title=\"\(escaped(FlagMeaning.of(name)))\">\(escaped(name))</a>"
    }

    /// The anchor of a flag in the list; letters, digits and `-`.
    static func anchor(ofFlag name: String) -> String { "flag-" + Report.fileWord(name) }

    /// A table cell with a number: its first four decimals, the rest in an element that the page can show, and the
    /// ceiling beside it. No digit is rounded away.
    static func cell(_ measurement: Measurement?) -> String {
        guard let measurement else { return "<td class=\"number none\">–</td>" }
        let marked = measurement.flags.contains("saturated") ? " saturated" : ""
        var text = "<td class=\"number\(marked)\">" + digits(measurement.value)
        if let ceiling = measurement.ceiling {
            text += "<small> of \(digits(ceiling))</small>"
        }
        return text + "</td>"
    }

    /// A number with its digits behind the fourth decimal set apart.
    static func digits(_ value: Double) -> String {
        let (head, rest) = Decimal.split(value, places: 4)
        return rest.isEmpty ? head : "\(head)<span class=\"rest\">\(rest)</span>"
    }
}
