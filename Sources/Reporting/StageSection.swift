internal import Results

/// The planes of the page with their curves, and the bar that moves all of them through training.
struct StageSection {
    let report: Report

    /// Empty where no run has an information plane and no metric.
    var html: String {
        let stages = report.stages.indices.filter { place in report.charts.contains { $0.stage == place } }
        guard !stages.isEmpty else { return "" }
        return """
            <section id="planes" aria-labelledby="planes-title">
            <h2 id="planes-title">Information planes</h2>
            <p>\(Markup.escaped(Chart.Subject.informationPlane.reading))</p>
            <div class="stages\(stages.count > 1 ? " several" : "")">
            \(stages.map(stage).joined(separator: "\n"))
            </div>
            \(timeline)
            <p class="distrust"><b>When to distrust it.</b> \(Markup.escaped(Chart.Subject.informationPlane.doubt)) \
            \(Markup.escaped(Chart.Subject.trajectories.doubt))</p>
            </section>
            """
    }

    private func stage(_ place: Int) -> String {
        let stage = report.stages[place]
        let charts = report.charts.enumerated().filter { $0.element.stage == place }
        let title = stage.isGroup ? "\(stage.runs.count) runs" : stage.runs.first?.archive.title ?? ""
        let name = title.isEmpty || title == stage.name ? stage.name : "\(stage.name): \(title)"
        func figures(_ isPlane: Bool) -> String {
            charts.filter { ($0.element.subject == .informationPlane) == isPlane }.map {
                figure($0.element, place: $0.offset, isPlane: isPlane)
            }.joined(separator: "\n")
        }
        let note = [stage.intervalNote, memberNote(stage)].filter { !$0.isEmpty }.joined(separator: " ")
        return """
            <article class="stage" data-stage="\(place)" aria-labelledby="stage-\(place)-title">
            <h3 id="stage-\(place)-title"\(report.stages.count > 1 ? "" : " class=\"unseen\"")>\(Markup.escaped(name))</h3>
            <div class="controls">
            \(layerButtons(stage, place))
            \(splitChoice(stage, place))
            \(targetChoice(stage, place))
            </div>
            <div class="planes">\(figures(true))</div>
            <div class="curves">\(figures(false))</div>
            \(note.isEmpty ? "" : "<p class=\"small\">\(Markup.escaped(note))</p>")
            \(flagNote(stage))
            </article>
            """
    }

    private func memberNote(_ stage: Stage) -> String {
        stage.isGroup ? "The runs: \(stage.runs.map(\.name).joined(separator: ", "))." : ""
    }

    private func figure(_ chart: Chart, place: Int, isPlane: Bool) -> String {
        let zoom = """
            <span class="zoom" role="group" aria-label="Zoom">\
            <button type="button" data-zoom="in" aria-label="Zoom in">+</button>\
            <button type="button" data-zoom="out" aria-label="Zoom out">−</button>\
            <button type="button" data-zoom="all" aria-label="Show all">all</button></span>
            """
        return """
            <figure data-chart="\(place)" data-stage="\(chart.stage ?? 0)" aria-labelledby="chart-\(place)-title">
            <div class="head"><h4 id="chart-\(place)-title">\(Markup.escaped(chart.title))</h4>\(isPlane ? zoom : "")</div>
            <div class="chart"><noscript>Charts need JavaScript; the tables of this page do not.</noscript></div>
            \(chart.subject == .metrics ? "" : "<figcaption>\(Markup.escaped(chart.caption))</figcaption>")
            </figure>
            """
    }

    /// The legend of the layers; pressing a name keeps its layer in the foreground.
    private func layerButtons(_ stage: Stage, _ place: Int) -> String {
        guard !stage.layers.isEmpty else { return "" }
        let buttons = stage.layers.enumerated().map { index, layer in
            let color = ChartStyle.colorText(index)
            return """
                <button type="button" class="layer" data-layer="\(Markup.escaped(layer))" aria-pressed="false">\
                \(ChartStyle.symbol(index, color: color))\(Markup.escaped(layer))</button>
                """
        }
        return "<div class=\"layers\" role=\"group\" aria-label=\"Layers\">\(buttons.joined())</div>"
    }

    private func splitChoice(_ stage: Stage, _ place: Int) -> String {
        guard stage.splits.count > 1 else { return "" }
        let options = stage.splits.enumerated().map { "<option value=\"\($0)\">\(Markup.escaped($1))</option>" }
        return "<label class=\"choice\">split <select data-choice=\"split\">\(options.joined())</select></label>"
    }

    private func targetChoice(_ stage: Stage, _ place: Int) -> String {
        guard stage.targets.count > 1 else { return "" }
        let options = stage.targets.enumerated().map {
            "<option value=\"\(StageTable.complexity($0))\">\(Markup.escaped($1))</option>"
        }
        return "<label class=\"choice\">GIB target <select data-choice=\"target\">\(options.joined())</select></label>"
    }

    /// The flags of what the stage draws, explained where they are seen.
    private func flagNote(_ stage: Stage) -> String {
        let flags = FlagMeaning.ordered(stage.rows.flatMap { $0.flags + $0.complexityFlags })
        guard !flags.isEmpty else { return "" }
        let entries = flags.map { flag in
            let count = stage.rows.count { $0.flags.contains(flag) || $0.complexityFlags.contains(flag) }
            return "<dt>\(Markup.escaped(flag)), \(count) of \(stage.rows.count)</dt>"
                + "<dd>\(Markup.escaped(FlagMeaning.of(flag)))</dd>"
        }
        return """
            <details class="flagged"><summary>Flagged here: \(Markup.escaped(flags.joined(separator: ", ")))</summary>\
            <dl>\(entries.joined())</dl></details>
            """
    }

    /// The slider over all recorded epochs, its track the colours of the epochs in the planes.
    private var timeline: String {
        let epochs = Set(report.stages.flatMap { $0.epochs + $0.metrics.flatMap { $0.values.map(\.epoch) } }).sorted()
        guard epochs.count > 1, let last = epochs.last else { return "" }
        let style = ChartStyle(epochs: report.epochs)
        let count = min(epochs.count, 48)
        let stops = (0..<count).map { stop in
            let index = Int((Double(stop) * Double(epochs.count - 1) / Double(count - 1)).rounded())
            return
                "\(style.color(ofEpoch: epochs[index])) \(Decimal.rounded(100 * Double(stop) / Double(count - 1), places: 1))%"
        }
        return """
            <div class="timeline" role="group" aria-label="Epoch">
            <button type="button" id="play" aria-label="Play training" aria-pressed="false">▶</button>
            <input type="range" id="epoch" min="0" max="\(epochs.count - 1)" value="\(epochs.count - 1)" step="1" \
            aria-label="Epoch" aria-valuetext="epoch \(last)" style="--epochs: linear-gradient(90deg, \(stops.joined(separator: ", ")))">
            <output for="epoch" id="epoch-name">epoch \(last)</output>
            </div>
            """
    }
}
