import ArgumentParser
import Reporting
import Results

struct PlaneCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "plane",
        abstract: "Draw the information plane and the curves over epochs in the terminal.",
        discussion: """
            I(Z;Y) over I(X;Z) in bits, a digit per layer, the last record emphasized; the dotted lines are the ceilings \
            log2 n and H(Y). Below it I(X;Z), I(Z;Y) and the GIB complexity over the records: first, largest and last \
            value, and how many records stand under which flag. Colours obey NO_COLOR.

            EXAMPLES:
              infoplane plane run.results.h5
              infoplane plane run.results.h5 --binning width:100@run
              infoplane plane tanh.results.h5 relu.results.h5 --width 60 --height 16
              infoplane plane run.results.h5 --json
            """)

    @Argument(help: "The results files.", completion: .file(extensions: ["h5"]))
    var inputs: [String]

    @Option(help: "The binning to draw. (default: the headline)")
    var binning: String?

    @Option(help: "The width in columns. (default: that of the terminal, at most 100)")
    var width: Int?

    @Option(help: "The height of the plane in lines.")
    var height = 20

    @Flag(help: "Print the curves as JSON.")
    var json = false

    func validate() throws {
        if let width, width < 30 { throw ValidationError("--width \(width): expected at least 30") }
        if height < 8 { throw ValidationError("--height \(height): expected at least 8") }
        if (width ?? 0) > 1000 || height > 1000 { throw ValidationError("a plane has at most 1000 columns and lines") }
    }

    func run() async throws {
        try await Terminal.reporting {
            var planes: [TextPlane] = []
            for input in inputs {
                var file = ResultsFile(input)
                planes += try TextPlane.planes(of: try file.read(), name: input, discretization: binning)
            }
            if json { return try Terminal.write(JSONText.list(planes.map(Self.json)).text + "\n") }
            let width = width ?? min(100, max(30, Terminal.width))
            let texts = planes.map { text(of: $0, width: width) }
            try Terminal.write(texts.joined(separator: "\n"))
        }
    }

    private func text(of plane: TextPlane, width: Int) -> String {
        var text = Terminal.bold(plane.title) + "\n" + plane.conditions + "\n\n"
        for line in plane.drawing(columns: width, rows: height) {
            var words = ""
            for glyph in line { words += Self.coloured(glyph) }
            while words.last == " " { words.removeLast() }
            text += words + "\n"
        }
        let nameWidth = plane.layers.map(\.name.count).max() ?? 0
        let blocks = max(8, width - nameWidth - 28)
        for panel in plane.panels {
            text +=
                "\n" + Terminal.bold("\(panel.title), bits") + " over the records, 0 to \(decimals(panel.maximum, 2)): "
            text += "first, largest, last\n"
            for curve in panel.curves {
                let layer = plane.layers.firstIndex { $0.name == curve.layer }
                let name = curve.layer + String(repeating: " ", count: nameWidth - curve.layer.count)
                let drawn = curve.blocks(width: blocks, maximum: panel.maximum)
                let numbers = [curve.values.first, curve.values.max(), curve.values.last]
                    .map { Self.padded(decimals($0 ?? 0, 2), 6) }.joined(separator: " ")
                let flags = curve.flags.map { "\($0.name) \($0.count)/\(curve.values.count)" }.joined(separator: ", ")
                var line = Terminal.coloured(String(curve.mark), ofLayer: layer ?? 0) + " \(name) "
                line += Terminal.coloured(drawn, ofLayer: layer ?? 0) + " " + numbers
                text += line + "\n"
                if !flags.isEmpty { text += String(repeating: " ", count: nameWidth + 3) + flags + "\n" }
            }
        }
        return text
    }

    private static func coloured(_ glyph: TextPlane.Glyph) -> String {
        let text = String(glyph.character)
        guard let layer = glyph.layer else { return text }
        return Terminal.coloured(text, ofLayer: layer, emphasized: glyph.isLast)
    }

    private static func padded(_ text: String, _ width: Int) -> String {
        String(repeating: " ", count: max(0, width - text.count)) + text
    }

    private static func json(of plane: TextPlane) -> JSONText {
        .object([
            ("title", .text(plane.title)), ("conditions", .text(plane.conditions)), ("unit", .text("bits")),
            (
                "panels",
                .list(
                    plane.panels.map { panel in
                        .object([
                            ("title", .text(panel.title)),
                            (
                                "curves",
                                .list(
                                    panel.curves.map { curve in
                                        .object([
                                            ("layer", .text(curve.layer)),
                                            ("epochs", .list(curve.epochs.map { .whole($0) })),
                                            ("values", .list(curve.values.map { .number($0) })),
                                            ("flags", .object(curve.flags.map { ($0.name, .whole($0.count)) })),
                                        ])
                                    })
                            ),
                        ])
                    })
            ),
        ])
    }
}
