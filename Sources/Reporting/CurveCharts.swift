internal import Results

/// Curves over epochs, layer by layer: the GIB complexities of all targets, and the binning sweep.
struct CurveCharts {
    let run: Run
    let style: ChartStyle

    /// The GIB complexity of every target, and of its shuffled weights, over epochs, one panel per layer.
    func complexities(stem: String, dataName: String) -> Chart? {
        var data = PlotData(
            name: dataName,
            columns: ["panel", "series", "epoch", "value", "saturated", "ceiling", "flags", "weights"])
        var names: [String] = []
        for (quantity, weights) in [(Quantity.complexity, "as measured"), (.shuffledComplexity, "shuffled weights")] {
            for series in run.series(quantity) {
                if !names.contains(series.name) { names.append(series.name) }
                for panel in run.panels {
                    for row in series.rows[panel] ?? [] where row.key.epoch != nil {
                        data.rows.append(point(row, panel: panel.label, series: series.name) + [.text(weights)])
                    }
                }
            }
        }
        guard !data.rows.isEmpty else { return nil }
        return Chart(
            stem: stem, subject: .complexity, run: run.name, title: "GIB complexity over training",
            caption: "One panel per layer, one colour per target; dashed: the same with the PMI weights shuffled over "
                + "the samples. Discretized by \(run.headline)." + inputNote(),
            body: ChartStyle.facets(
                panels: run.panels.count, cell: (width: 240, height: 150), columns: 4,
                lines(
                    color: categorical(names, title: "target"),
                    dash: dash(["as measured", "shuffled weights"], field: "weights"), title: "C in bits", data)),
            data: data.placed(among: run.panels.map(\.label)))
    }

    /// I(X;Z) over epochs per layer, one line per discretization; none where there is only one.
    func sweep(stem: String, dataName: String) -> Chart? {
        let rows = run.rows(of: .inputInformation)
        var seen: Set<String> = []
        let discretizations = rows.map(\.key.discretization).filter { seen.insert($0).inserted }
            .sorted { Self.binOrder($0) < Self.binOrder($1) }
        guard discretizations.count > 1 else { return nil }
        var data = PlotData(
            name: dataName,
            columns: ["panel", "series", "epoch", "value", "saturated", "ceiling", "flags", "range"])
        var rules: [String] = []
        var ranges: [String] = []
        for discretization in discretizations {
            let parts = discretization.split(separator: "@", maxSplits: 1).map(String.init)
            let rule = parts.first ?? discretization
            let range = parts.count > 1 ? "@" + parts[1] : "no range"
            if !rules.contains(rule) { rules.append(rule) }
            if !ranges.contains(range) { ranges.append(range) }
            guard let series = run.series(of: rows.filter { $0.key.discretization == discretization }).first else {
                continue
            }
            for panel in run.panels {
                for row in series.rows[panel] ?? [] where row.key.epoch != nil {
                    data.rows.append(point(row, panel: panel.label, series: rule) + [.text(range)])
                }
            }
        }
        return Chart(
            stem: stem, subject: .sweep, run: run.name, title: "I(X;Z) under \(discretizations.count) discretizations",
            caption: "One panel per layer; the colour is the rule, the dashes are its range." + saturationNote(data),
            body: ChartStyle.facets(
                panels: run.panels.count, cell: (width: 240, height: 150), columns: 4,
                lines(
                    color: categorical(rules, title: "rule"),
                    dash: dash(ranges.filter { $0 == "@run" } + ranges.filter { $0 != "@run" }, field: "range"),
                    title: "I(X;Z) in bits", data)),
            data: data.placed(among: run.panels.map(\.label)))
    }

    private func point(_ row: Measurement, panel: String, series: String) -> [JSON] {
        [
            .text(panel), .text(series), .whole(row.key.epoch ?? 0), .plotted(row.value),
            .whole(row.flags.contains("saturated") ? 1 : 0), .plotted(row.ceiling),
            .text(row.flags.isEmpty ? "none" : row.flags.joined(separator: ", ")),
        ]
    }

    /// Lines with points where they are few; saturated points are hollow, the ceiling a dashed rule.
    private func lines(color: JSON, dash: JSON?, title: String, _ data: PlotData) -> JSON {
        var tooltip: [JSON] = [
            ["field": "series"], ["field": "epoch", "type": "quantitative"],
            ["field": "value", "type": "quantitative"],
        ]
        tooltip += data.columns.filter { ["ceiling", "flags", "weights", "range"].contains($0) }.map {
            $0 == "ceiling" ? ["field": .text($0), "type": "quantitative"] : ["field": .text($0)]
        }
        var encoding: JSON = [
            "x": style.epochAxis,
            "y": [
                "field": "value", "type": "quantitative", "title": .text(title), "scale": ["zero": true],
                "axis": ["tickCount": 4],
            ],
            "color": color,
        ]
        if let dash { encoding = encoding.adding(["strokeDash": dash]) }
        var marks: [JSON] = []
        if data.columns.contains("ceiling"), hasCommonCeiling(data) {
            marks.append([
                "mark": ["type": "rule", "strokeDash": [2, 3], "color": ChartStyle.neutral],
                "encoding": ["y": ["field": "ceiling", "aggregate": "max", "type": "quantitative"]],
            ])
        }
        marks.append(["mark": ["type": "line", "strokeWidth": 1.6, "clip": true], "encoding": encoding])
        var points: JSON = [
            "mark": ["type": "point", "size": 24, "strokeWidth": 1, "opacity": 1],
            "encoding": [
                "x": style.epochAxis, "y": ["field": "value", "type": "quantitative"], "fill": color, "stroke": color,
                "fillOpacity": ["condition": ["test": "datum.saturated == 1", "value": 0], "value": 1],
                "tooltip": .list(tooltip),
            ],
        ]
        if let epochs = thinnedEpochs(data) {
            points = points.adding(["transform": [["filter": ["field": "epoch", "oneOf": epochs]]]])
        }
        marks.append(points)
        return ["layer": .list(marks)]
    }

    /// The epochs that get a point, evenly spread over the records, where all would be too many to draw; the lines have
    /// all of them.
    private func thinnedEpochs(_ data: PlotData) -> JSON? {
        guard let column = data.columns.firstIndex(of: "epoch") else { return nil }
        let epochs = Set(data.rows.compactMap { Int($0[column].encoded) }).sorted()
        guard epochs.count > Self.mostPoints else { return nil }
        let step = Double(epochs.count - 1) / Double(Self.mostPoints - 1)
        return .list((0..<Self.mostPoints).map { .whole(epochs[Int((Double($0) * step).rounded())]) })
    }

    /// How many points a line has at most.
    private static let mostPoints = 40

    /// Whether one rule per panel can name the ceiling: it is the same for all rows of a panel.
    private func hasCommonCeiling(_ data: PlotData) -> Bool {
        guard let column = data.columns.firstIndex(of: "ceiling") else { return false }
        var ceilings: [String: String] = [:]
        for row in data.rows {
            let panel = row[0].encoded
            let ceiling = row[column].encoded
            if ceiling == "null" { return false }
            if ceilings.updateValue(ceiling, forKey: panel) ?? ceiling != ceiling { return false }
        }
        return true
    }

    private func categorical(_ names: [String], title: String) -> JSON {
        [
            "field": "series", "type": "nominal", "title": .text(title),
            "scale": ["domain": .texts(names), "range": ChartStyle.cycled(ChartStyle.palette, names.count)],
            "legend": ["symbolType": "stroke", "symbolStrokeWidth": 2.5],
        ]
    }

    private func dash(_ names: [String], field: String) -> JSON {
        [
            "field": .text(field), "type": "nominal", "title": .text(field),
            "scale": [
                "domain": .texts(names),
                "range": ChartStyle.cycled([[1, 0], [5, 3], [1.5, 2.5], [8, 3, 2, 3]], names.count),
            ],
            "legend": ["symbolType": "stroke", "symbolStrokeWidth": 2, "symbolStrokeColor": ChartStyle.neutral],
        ]
    }

    private func saturationNote(_ data: PlotData) -> String {
        guard let column = data.columns.firstIndex(of: "saturated") else { return "" }
        let saturated = data.rows.count { $0[column].encoded == "1" }
        guard saturated > 0 else { return " No point is saturated." }
        return " \(saturated) of \(data.rows.count) values are saturated, their points hollow: they say the ceiling, "
            + "not the network."
    }

    private func inputNote() -> String {
        guard run.rows(of: .complexity).contains(where: { $0.flags.contains("saturated-inputs") }) else { return "" }
        return " Rows flagged saturated-inputs say nothing of synergy: almost every input row without one feature is "
            + "unique, so that C is half I(X;Q) plus half the mean I(X_i;Q)."
    }

    /// Sorts `width:30@run` by rule, number, range, so that 30 comes before 100.
    private static func binOrder(_ text: String) -> (String, Double, String) {
        let rule = text.prefix { !$0.isNumber }
        let number = text.dropFirst(rule.count).prefix { $0.isNumber || $0 == "." }
        return (String(rule), Double(number) ?? 0, text)
    }
}
