internal import Findings

/// The verdicts on every layer and quantity of all runs as tables, with the reasons.
struct VerdictTables {
    let report: Report

    /// Empty where no run has a quantity over epochs.
    var html: String {
        let tables = report.runs.compactMap { run -> String? in
            guard let verdicts = report.verdicts[run.name], !verdicts.isEmpty else { return nil }
            let heading = report.runs.count > 1 ? "<h4>\(Markup.escaped(run.name))</h4>\n" : ""
            return heading + table(of: verdicts, hasSplits: run.splits.count > 1)
        }
        guard !tables.isEmpty else { return "" }
        return """
            <details class="table"><summary>Every verdict with its reason, as a table</summary>
            \(tables.joined(separator: "\n"))
            </details>
            """
    }

    private func table(of verdicts: [Verdict], hasSplits: Bool) -> String {
        let heads = (hasSplits ? ["split"] : []) + ["layer", "quantity", "verdict", "fall", "peak at", "usable", "why"]
        let rows = verdicts.map { verdict in
            let head = verdict.headline
            let agreeing = verdict.usable.count { $0.answer == verdict.answer }
            let cells =
                (hasSplits ? [verdict.split] : []) + [
                    verdict.layer, verdict.target.isEmpty ? verdict.quantity.rawValue : "C \(verdict.target)",
                    unbroken(verdict.answer.rawValue), unbroken(head.map(fall) ?? "–"),
                    head.map { String($0.peakEpoch) } ?? "–",
                    unbroken("\(agreeing)/\(verdict.usable.count) of \(verdict.methods.count)"),
                    verdict.reason + (verdict.control.isEmpty ? "" : "; " + verdict.control),
                ]
            return "<tr>" + cells.map { "<td>\(Markup.escaped($0))</td>" }.joined() + "</tr>"
        }
        return """
            <div class="scroll"><table>
            <thead><tr>\(heads.map { "<th scope=\"col\">\($0)</th>" }.joined())</tr></thead>
            <tbody>\(rows.joined(separator: "\n"))</tbody>
            </table></div>
            """
    }

    /// The text with spaces at which no line breaks.
    private func unbroken(_ text: String) -> String {
        String(text.map { $0 == " " ? "\u{A0}" : $0 })
    }

    private func fall(_ method: Verdict.Method) -> String {
        let share = Decimal.rounded(100 * method.fall, places: 1) + "%"
        guard let interval = method.interval else { return share }
        return share
            + " [\(Decimal.rounded(100 * interval.lowerBound, places: 1)), "
            + "\(Decimal.rounded(100 * interval.upperBound, places: 1))]"
    }
}
