internal import Findings

extension Report {
    /// The last epoch of every run or group as LaTeX tables of the package booktabs, in bits, and the verdicts on I(X;Z).
    ///
    /// A value stands with half the width of its 95% interval; † marks saturated values, which say the ceiling.
    public var latex: String {
        "% Tables of InfoPlane; the preamble needs \\usepackage{booktabs}.\n\n"
            + stages.flatMap(LatexTable.last).map(\.text).joined(separator: "\n")
            + stages.flatMap(\.runs).compactMap { run in
                let own = verdicts[run.name]?.filter { $0.quantity == .inputInformation } ?? []
                return own.isEmpty ? nil : LatexTable(own, of: run).text
            }.map { "\n" + $0 }.joined()
    }
}

/// One table as LaTeX.
struct LatexTable {
    let text: String

    /// So many columns of complexities, with error bars, are as wide as the text of `article`.
    private static let widest = 3

    /// The last epoch of a stage: the terms of the Information Bottleneck, then the complexities, some targets a table.
    static func last(_ stage: Stage) -> [LatexTable] {
        let hasSplits = stage.splits.count > 1
        let names = (hasSplits ? ["split"] : []) + ["layer", "epoch"]
        let rows = stage.splits.flatMap { split in
            stage.layers.compactMap { layer -> (names: [String], row: Stage.Row)? in
                let own = stage.rows.filter { $0.panel.split == split && $0.panel.layer == layer }
                guard let row = own.max(by: { $0.epoch < $1.epoch }) else { return nil }
                return ((hasSplits ? [escaped(split)] : []) + [escaped(layer), String(row.epoch)], row)
            }
        }
        let extent = stage.isGroup ? "means over \(stage.runs.count) runs" : "one run"
        let caption =
            "\(escaped(stage.name)): last recorded epoch, \(extent), in bits, $\\pm$ half of the 95\\% interval."
        let terms = table(
            names + ["$I(X;Z)$", "$I(Z;Y)$"],
            rows.map { names, row in
                names + [number(row.input) + (row.isSaturated ? "$^\\dagger$" : ""), number(row.label)]
            },
            numbers: 3, caption: caption + " $^\\dagger$ saturated: the value says $\\log_2 n$.")
        let complexities = stride(from: 0, to: stage.targets.count, by: widest).map { start in
            let targets = start..<min(start + widest, stage.targets.count)
            return table(
                names + targets.map { escaped(stage.targets[$0]) },
                rows.map { names, row in names + targets.map { row.complexities[$0].map(number) ?? "--" } },
                numbers: 1 + targets.count, caption: "GIB complexity $C$ by target. " + caption)
        }
        return ([terms] + complexities).map(LatexTable.init(text:))
    }

    private init(text: String) {
        self.text = text
    }

    /// The verdicts on I(X;Z) of a run.
    init(_ verdicts: [Verdict], of run: Run) {
        let rows = verdicts.map { verdict -> [String] in
            let head = verdict.headline
            let fall = head.map { Decimal.rounded(100 * $0.fall, places: 1).replacing("−", with: "$-$") } ?? "--"
            let interval = head?.interval.map {
                "[\(Decimal.rounded(100 * $0.lowerBound, places: 1)), \(Decimal.rounded(100 * $0.upperBound, places: 1))]"
                    .replacing("−", with: "$-$")
            }
            let agreeing = verdict.usable.count { $0.answer == verdict.answer }
            return [
                Self.escaped(verdict.split), Self.escaped(verdict.layer), verdict.answer.rawValue, fall,
                interval ?? "--", "\(agreeing)/\(verdict.usable.count) of \(verdict.methods.count)",
            ]
        }
        text = Self.table(
            ["split", "layer", "$I(X;Z)$", "fall in \\%", "95\\% interval", "methods"], rows, numbers: 3,
            caption: "\(Self.escaped(run.name)): whether layers compress their input.")
    }

    private static func table(_ heads: [String], _ rows: [[String]], numbers: Int, caption: String) -> String {
        let columns = String(repeating: "l", count: heads.count - numbers) + String(repeating: "r", count: numbers)
        return """
            \\begin{table}
              \\centering
              \\caption{\(caption)}
              \\begin{tabular}{\(columns)}
                \\toprule
                \(heads.joined(separator: " & ")) \\\\
                \\midrule
                \(rows.map { $0.joined(separator: " & ") + " \\\\" }.joined(separator: "\n    "))
                \\bottomrule
              \\end{tabular}
            \\end{table}

            """
    }

    private static func number(_ value: Stage.Value) -> String {
        let middle = Decimal.rounded(value.value, places: 3).replacing("−", with: "$-$")
        guard let interval = value.interval else { return middle }
        return "\(middle) $\\pm$ " + Decimal.rounded((interval.upperBound - interval.lowerBound) / 2, places: 3)
    }

    /// Text from files as LaTeX text: none of its characters is a command.
    static func escaped(_ text: String) -> String {
        var output = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\\": output += "\\textbackslash{}"
            case "~": output += "\\textasciitilde{}"
            case "^": output += "\\textasciicircum{}"
            case "&", "%", "$", "#", "_", "{", "}": output += "\\" + String(scalar)
            case "\n", "\r", "\t": output += " "
            default: output.unicodeScalars.append(scalar)
            }
        }
        return output
    }
}
