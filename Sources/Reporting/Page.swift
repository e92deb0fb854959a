internal import Results

extension Report {
    /// The report as one HTML page.
    ///
    /// With inlined Vega the page makes no request. Its document carries `data-charts="drawn"` once every chart stands,
    /// `"failed"` where one did not; the reason then stands in place of that chart. Text from the results is escaped
    /// everywhere.
    ///
    /// - Parameters:
    ///   - vega: where the page gets the JavaScript that draws.
    ///   - command: the command that writes this page, for its foot.
    /// - Returns: the page as UTF-8 text.
    public func html(vega: VegaSource, command: String? = nil) -> String {
        Page(report: self, command: command).html(vega: vega)
    }
}

/// The HTML of a report.
struct Page {
    let report: Report
    let command: String?

    func html(vega: VegaSource) -> String {
        """
        <!DOCTYPE html>
        <html lang="en" data-charts="drawing">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <title>\(Markup.escaped(title)) · InfoPlane</title>
        <link rel="icon" href="data:,">
        <style>
        \(PageStyle.source)
        </style>
        </head>
        <body>
        <header>
        <p class="kicker">\(Markup.escaped(title))</p>
        <h1>\(Markup.escaped(headline.title))</h1>
        \(grounds)
        <p class="lead">\(Markup.escaped(lead))</p>
        <div class="bar">\(navigation)<button type="button" id="theme" aria-label="Colours: as the system">◐</button></div>
        </header>
        <main>
        \(StageSection(report: report).html)
        \(chartSections)
        \(RunSections(runs: report.runs).html)
        \(flagSection)
        \(failureSection)
        </main>
        <footer>
        \(provenance)
        </footer>
        <script type="application/json" id="chart-data">\(chartData)</script>
        \(Self.scripts(vega))
        <script type="module">
        \(PageScript.source)
        </script>
        </body>
        </html>

        """
    }

    private var title: String {
        if report.runs.count > 1 { return "Information planes of \(report.runs.count) runs" }
        let run = report.runs[0]
        return run.archive.title.isEmpty ? run.name : run.archive.title
    }

    private var headline: Headline { Headline(stages: report.stages, verdicts: report.verdicts) }

    private var grounds: String {
        let entries = headline.grounds.map {
            "<dt>\(Markup.escaped($0.subject))</dt><dd>\(Markup.escaped($0.text))</dd>"
        }
        return entries.isEmpty ? "" : "<dl class=\"grounds\">\(entries.joined())</dl>"
    }

    private var lead: String {
        let measurements = report.runs.reduce(0) { $0 + $1.measurements.count }
        let records = report.runs.reduce(0) { $0 + $1.epochs.count }
        var text = "\(measurements) measurements of \(records) recorded \(records == 1 ? "epoch" : "epochs")"
        if report.runs.count > 1 { text += " in \(report.runs.count) runs" }
        return text + ". All information is in bits. A number is only as good as its flags: they stand beside it."
    }

    private var subjects: [Chart.Subject] {
        Chart.Subject.allCases.filter { subject in
            report.charts.contains { $0.subject == subject && $0.stage == nil }
        }
    }

    private var navigation: String {
        var links: [String] = []
        if report.charts.contains(where: { $0.stage != nil }) {
            links.append("<li><a href=\"#planes\">Information planes</a></li>")
        }
        links += subjects.map { "<li><a href=\"#\($0.rawValue)\">\(Markup.escaped($0.heading))</a></li>" }
        links.append("<li><a href=\"#runs\">\(report.runs.count > 1 ? "Runs" : "Run")</a></li>")
        if !flags.isEmpty { links.append("<li><a href=\"#flags\">Flags</a></li>") }
        if report.runs.contains(where: { !$0.failures.isEmpty }) {
            links.append("<li><a href=\"#failures\">Failures</a></li>")
        }
        links.append("<li><a href=\"#provenance\">Provenance</a></li>")
        return "<nav aria-label=\"Sections\"><ul>\(links.joined())</ul></nav>"
    }

    private var chartSections: String {
        subjects.map { subject in
            var html = """
                <section id="\(subject.rawValue)" aria-labelledby="\(subject.rawValue)-title">
                <h2 id="\(subject.rawValue)-title">\(Markup.escaped(subject.heading))</h2>
                <p>\(Markup.escaped(subject.reading))</p>
                <p class="distrust"><b>When to distrust it.</b> \(Markup.escaped(subject.doubt))</p>

                """
            // A kernel PCA may be of any run.
            for run in subject == .kernel ? report.runs : report.detailed {
                let charts = report.charts.enumerated().filter {
                    $0.element.subject == subject && $0.element.stage == nil && $0.element.run == run.name
                }
                guard !charts.isEmpty else { continue }
                if report.runs.count > 1 { html += "<h3>\(Markup.escaped(run.name))\(exampleNote(run))</h3>\n" }
                let level = report.runs.count > 1 ? "h4" : "h3"
                let figures = charts.map { Self.figure($0.element, place: $0.offset, level: level) }.joined()
                html += subject == .verdicts ? "<div class=\"grids\">\(figures)</div>" : figures
            }
            if subject == .verdicts { html += VerdictTables(report: report).html }
            return html + "</section>"
        }.joined(separator: "\n")
    }

    /// Says where one run stands for its group.
    private func exampleNote(_ run: Run) -> String {
        let group = report.stages.first { $0.isGroup && $0.runs.contains { $0.name == run.name } }
        return group.map { " <small>the first run of \(Markup.escaped($0.name))</small>" } ?? ""
    }

    private static func figure(_ chart: Chart, place: Int, level: String) -> String {
        """
        <figure data-chart="\(place)" aria-labelledby="chart-\(place)-title">
        <\(level) id="chart-\(place)-title">\(Markup.escaped(chart.title))</\(level)>
        \(chart.subject == .verdicts ? "" : "<figcaption>\(Markup.escaped(chart.caption))</figcaption>")
        <div class="chart"><noscript>Charts need JavaScript; the tables of this page do not.</noscript></div>
        </figure>

        """
    }

    /// The specifications and, once for all charts, their data.
    private var chartData: String {
        var data: [(name: String, value: JSON)] = []
        for chart in report.charts where !data.contains(where: { $0.name == chart.data.name }) {
            data.append((name: chart.data.name, value: chart.data.table))
        }
        let charts = report.charts.map { chart -> JSON in
            ["stem": .text(chart.stem), "spec": chart.pageSpecification]
        }
        let stages = report.stages.map { stage -> JSON in
            let epochs = Set(stage.epochs + stage.metrics.flatMap { $0.values.map(\.epoch) }).sorted()
            return ["epochs": .list(epochs.map(JSON.whole))]
        }
        return (["charts": .list(charts), "data": .object(data), "stages": .list(stages)] as JSON).encoded
    }

    private static func scripts(_ vega: VegaSource) -> String {
        switch vega {
        case .inlined(let javascript): "<script type=\"module\">\n\(Markup.script(javascript))\n</script>"
        case .network:
            VegaScript.packages.map {
                "<script src=\"https://cdn.jsdelivr.net/npm/\($0)\" crossorigin=\"anonymous\"></script>"
            }.joined(separator: "\n")
        }
    }

    private var flags: [String] { FlagMeaning.ordered(report.runs.flatMap { $0.measurements.flatMap(\.flags) }) }

    private var flagSection: String {
        guard !flags.isEmpty else { return "" }
        let total = report.runs.reduce(0) { $0 + $1.measurements.count }
        let rows = flags.map { flag in
            let count = report.runs.reduce(0) { $0 + $1.measurements.count { $0.flags.contains(flag) } }
            return
                "<tr id=\"\(Markup.anchor(ofFlag: flag))\"><th scope=\"row\">\(Markup.escaped(flag))</th><td class=\"number\">\(count)</td>"
                + "<td>\(Markup.escaped(FlagMeaning.of(flag)))</td></tr>"
        }
        return """
            <section id="flags" aria-labelledby="flags-title">
            <h2 id="flags-title">Flags that occur</h2>
            <p>A flag says why a value must not be taken at face value. Of \(total) measurements:</p>
            <div class="scroll"><table>
            <thead><tr><th scope="col">flag</th><th scope="col" class="number">values</th><th scope="col">meaning</th></tr></thead>
            <tbody>\(rows.joined(separator: "\n"))</tbody>
            </table></div>
            </section>
            """
    }

    private var failureSection: String {
        let failed = report.runs.filter { !$0.failures.isEmpty }
        guard !failed.isEmpty else { return "" }
        let rows = failed.flatMap { run in
            run.failures.map { failure in
                let cells = [
                    run.name, failure.split, failure.layer.isEmpty ? "all" : failure.layer,
                    failure.epoch.map(String.init) ?? "all", failure.reason,
                ]
                return "<tr>" + cells.map { "<td>\(Markup.escaped($0))</td>" }.joined() + "</tr>"
            }
        }
        let heads = ["run", "split", "layer", "epoch", "reason"].map { "<th scope=\"col\">\($0)</th>" }.joined()
        return """
            <section id="failures" aria-labelledby="failures-title">
            <h2 id="failures-title">What could not be analyzed</h2>
            <p class="note bad">These cells are missing from every chart and table above.</p>
            <div class="scroll"><table><thead><tr>\(heads)</tr></thead><tbody>
            \(rows.joined(separator: "\n"))
            </tbody></table></div>
            </section>
            """
    }

    private var provenance: String {
        let calls = report.calls.map { call in
            "<p>InfoPlane \(Markup.escaped(call.toolVersion)), seed \(call.seed), analyzed on this request:</p>"
                + "<pre>\(Markup.escaped(call.request))</pre>"
        }
        let again = command.map {
            "<p>This page again, from the same results: the same results give the same bytes.</p>"
                + "<pre>\(Markup.escaped($0))</pre>"
        }
        let none = "<p>The results do not say by which request they were computed.</p>"
        return """
            <section id="provenance" aria-labelledby="provenance-title">
            <h2 id="provenance-title">Provenance</h2>
            \(again ?? "")
            \(calls.isEmpty ? none : calls.joined(separator: "\n"))
            \(archives)
            </section>
            """
    }

    /// The archives that the results were computed from.
    private var archives: String {
        let rows = report.runs.map { run in
            let cells = [
                run.name, run.archive.id, run.archive.contentDigest, run.archive.producer, run.archive.created,
            ]
            return "<tr>" + cells.map { "<td><code>\(Markup.escaped($0))</code></td>" }.joined() + "</tr>"
        }
        let heads = ["results", "archive", "content digest", "recorded by", "on"]
        return """
            <div class="scroll"><table><thead><tr>\(heads.map { "<th scope=\"col\">\($0)</th>" }.joined())</tr></thead>
            <tbody>\(rows.joined(separator: "\n"))</tbody></table></div>
            """
    }
}
