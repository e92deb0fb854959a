internal import Results

/// What the page says of every run: where it comes from, how it ended, and the last epoch of every layer.
struct RunSections {
    let runs: [Run]

    var html: String {
        """
        <section id="runs" aria-labelledby="runs-title">
        <h2 id="runs-title">\(runs.count > 1 ? "The runs and their last epoch" : "The run and its last epoch")</h2>
        <p><label class="digits"><input type="checkbox" id="digits"> show all digits; otherwise numbers are cut after
        four decimals, not rounded</label></p>
        \(runs.map(section).joined(separator: "\n"))
        </section>
        """
    }

    private func section(of run: Run) -> String {
        let title = run.archive.title
        let heading = title.isEmpty || title == run.name ? run.name : "\(run.name): \(title)"
        return "<article>\n<h3>\(Markup.escaped(heading))</h3>\n" + saturationNote(run) + description(of: run)
            + table(of: run) + "</article>"
    }

    private func saturationNote(_ run: Run) -> String {
        let rows = run.series(.inputInformation).first?.rows.values.joined().map(\.self) ?? []
        let saturated = rows.count { $0.flags.contains("saturated") }
        guard saturated > 0 else { return "" }
        let extent = saturated == rows.count ? "Every value" : "\(saturated) of \(rows.count) values"
        return "<p class=\"note\">\(extent) of I(X;Z) \(saturated == 1 ? "is" : "are") saturated: there "
            + "the number says log₂ of how many samples were analyzed, not what the network keeps of its input.</p>\n"
    }

    private func description(of run: Run) -> String {
        let archive = run.archive
        var entries: [(String, String)] = [
            ("Model", archive.model), ("Archive", archive.id), ("Content digest", archive.contentDigest),
            ("Recorded by", [archive.producer, archive.created].filter { !$0.isEmpty }.joined(separator: ", ")),
            ("Discretization", run.headline),
        ]
        for split in archive.splits {
            let analyzed = run.samples(of: split.name).map { ", \($0) analyzed" } ?? ", not analyzed"
            let shape = split.inputShape.map(String.init).joined(separator: " × ")
            let entropy = run.labelEntropy(of: split.name).map { ", H(Y) = \($0) bits" } ?? ""
            entries.append(
                (
                    "Split \(split.name)",
                    "\(split.samples) samples of \(shape.isEmpty ? "unknown" : shape)\(analyzed)\(entropy)"
                ))
        }
        let finals = archive.metrics.compactMap { metric in
            Array(zip(archive.epochs, metric.values)).last { $0.1 != nil }.flatMap { epoch, value in
                value.map { "\(metric.name) \($0) (epoch \(epoch))" }
            }
        }
        entries.append(("Final metrics", finals.joined(separator: "; ")))
        entries.append(("Hyperparameters", archive.hyperparameters))
        let items = entries.filter { !$0.1.isEmpty }.map {
            "<dt>\(Markup.escaped($0.0))</dt><dd>\(Markup.escaped($0.1))</dd>"
        }
        return "<dl>\(items.joined(separator: "\n"))</dl>\n"
    }

    private func table(of run: Run) -> String {
        let table = LayerTable(run)
        guard !table.rows.isEmpty else { return "<p>No layer of this run was measured.</p>" }
        let epochs = Set(table.rows.map(\.epoch))
        let showsSplit = run.splits.count > 1
        var heads = showsSplit ? ["<th scope=\"col\">split</th>"] : []
        heads.append("<th scope=\"col\">layer</th>")
        if epochs.count > 1 { heads.append("<th scope=\"col\" class=\"number\">epoch</th>") }
        heads.append("<th scope=\"col\">flags</th>")
        heads += table.columns.map { "<th scope=\"col\" class=\"number\">\(Markup.escaped($0))</th>" }
        let rows = table.rows.map { row in
            var cells = showsSplit ? ["<td>\(Markup.escaped(row.panel.split))</td>"] : []
            cells.append("<th scope=\"row\">\(Markup.escaped(row.panel.layer))</th>")
            if epochs.count > 1 { cells.append("<td class=\"number\">\(row.epoch)</td>") }
            cells.append("<td class=\"flags\">\(row.flags.map(Markup.flag).joined(separator: ", "))</td>")
            cells += row.values.map { Markup.cell($0) }
            return "<tr>\(cells.joined())</tr>"
        }
        let when = epochs.count == 1 ? "Epoch \(epochs.first ?? 0)" : "The last analyzed epoch of every layer"
        return """
            <p>\(when), in bits; “of” names the ceiling, which a value cannot exceed.</p>
            <div class="scroll"><table>
            <thead><tr>\(heads.joined())</tr></thead>
            <tbody>\(rows.joined(separator: "\n"))</tbody>
            </table></div>

            """
    }
}
