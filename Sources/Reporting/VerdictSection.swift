internal import Findings

/// The panel that says of every layer and quantity whether it compresses.
struct VerdictSection {
    let report: Report

    /// Empty where no run has a quantity over epochs.
    var html: String {
        let tables = report.runs.compactMap { run -> String? in
            guard let verdicts = report.verdicts[run.name], !verdicts.isEmpty else { return nil }
            let heading = report.runs.count > 1 ? "<h3>\(Markup.escaped(run.name))</h3>\n" : ""
            return heading + table(of: verdicts, hasSplits: run.splits.count > 1)
        }
        guard !tables.isEmpty else { return "" }
        return """
            <section id="verdict" aria-labelledby="verdict-title">
            <h2 id="verdict-title">Verdict: does it compress?</h2>
            <p>The fall is (max − final)/max over the epochs that are not saturated, for the first usable method; its 95% \
            interval accounts for the choice of the maximum among all epochs and layers. A verdict needs more than half of the \
            usable binnings and estimators, and none that says the contrary.</p>
            <p class="distrust"><b>When to distrust it.</b> Intervals know the error of sampling. Bias that changes during \
            training is not in them, which is why methods must agree and controls stand beside.</p>
            \(tables.joined(separator: "\n"))
            </section>
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
