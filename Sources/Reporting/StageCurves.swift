/// The curves beside the planes of a stage, all on the same epoch axis: the terms of both bottlenecks, loss and accuracy.
struct StageCurves {
    let stage: Stage
    let style: ChartStyle

    /// I(X;Z), I(Z;Y) and the complexity of the shown target, one line per layer.
    func terms(tail: String, data: PlotData) -> [Chart] {
        guard !stage.rows.isEmpty else { return [] }
        var charts = [
            Chart(
                stem: "curve-ixz" + tail, subject: .trajectories, run: stage.name, title: "I(X;Z)",
                caption: "A fall after a rise is what has been called compression." + saturationNote,
                body: curve(field: "ixz", title: "I(X;Z) in bits"), data: data),
            Chart(
                stem: "curve-izy" + tail, subject: .trajectories, run: stage.name, title: "I(Z;Y)",
                caption: "Dashed: the ceiling, H(Y).", body: curve(field: "izy", title: "I(Z;Y) in bits"), data: data),
        ]
        if !stage.targets.isEmpty {
            charts.append(
                Chart(
                    stem: "curve-gib" + tail, subject: .trajectories, run: stage.name, title: "C, the GIB complexity",
                    caption: "Of the target that the plane shows.", body: curve(field: "gib", title: "C in bits"),
                    data: data))
        }
        return charts
    }

    private var saturationNote: String {
        let saturated = stage.rows.count(where: \.isSaturated)
        return saturated == 0 ? "" : " Hollow points are saturated: they say the ceiling (dashed)."
    }

    /// What was recorded beside the activations: names that end alike, such as `train_loss` and `test_loss`, share a chart.
    func metrics(tail: String, dataName: String) -> [Chart] {
        var panels: [(name: String, series: [(name: String, values: [(epoch: Int, value: Stage.Value)])])] = []
        for metric in stage.metrics {
            let (panel, series) = Self.panelAndSeries(of: metric.name)
            if let place = panels.firstIndex(where: { $0.name == panel }) {
                panels[place].series.append((series, metric.values))
            } else {
                panels.append((panel, [(series, metric.values)]))
            }
        }
        // What every run has comes first.
        let usual = ["loss", "accuracy", "error"]
        panels =
            usual.flatMap { name in panels.filter { $0.name == name } } + panels.filter { !usual.contains($0.name) }
        var data = PlotData(name: dataName, columns: ["m", "series", "epoch", "v", "lo", "hi"])
        for (place, panel) in panels.enumerated() {
            for series in panel.series {
                for (epoch, value) in series.values {
                    data.rows.append([
                        .whole(place), .text(series.name), .whole(epoch), .plotted(anyUnit: value.value),
                        .plotted(anyUnit: value.interval?.lowerBound), .plotted(anyUnit: value.interval?.upperBound),
                    ])
                }
            }
        }
        return panels.enumerated().map { place, panel in
            let names = panel.series.map(\.name)
            return Chart(
                stem: "metric-\(place + 1)" + tail, subject: .metrics, run: stage.name, title: panel.name,
                caption: "As the recorder measured it.",
                body: body(
                    parameters: [["name": "epoch", "value": .whole(stage.epochs.last ?? style.epochs.upperBound)]],
                    transform: [["filter": .text("datum.m == \(place)")]], title: Self.title(panel.name),
                    color: [
                        "field": "series", "type": "nominal", "title": "measured on",
                        "scale": [
                            "domain": .texts(names),
                            "range": ChartStyle.cycled(["#55585f", "#9a6b00", "#2b6a8f", "#8c4a73"], names.count),
                        ],
                        "legend": Self.legend(of: names),
                    ],
                    dash: style.dashes(of: names, field: "series", title: "measured on", every: 1)
                        .replacing("legend", with: Self.legend(of: names)),
                    isOfLayers: false,
                    hasIntervals: panel.series.contains { $0.values.contains { $0.value.interval != nil } }),
                data: data)
        }
    }

    /// A name of a file as a title: Vega-Lite writes titles into expressions without escaping what ends a line or escapes.
    private static func title(_ name: String) -> String {
        var title = ""
        for scalar in name.unicodeScalars {
            switch scalar {
            case "\\": title += "/"
            case "\u{2028}", "\u{2029}", "\u{0}"..<"\u{20}", "\u{7F}": title += " "
            default: title.unicodeScalars.append(scalar)
            }
        }
        return title
    }

    /// On one line above the plot; none for a single series.
    private static func legend(of names: [String]) -> JSON {
        names.count < 2
            ? nil
            : [
                "orient": "top", "direction": "horizontal", "title": nil, "symbolType": "stroke",
                "symbolStrokeWidth": 2.5, "symbolOpacity": 1, "columns": .whole(min(names.count, 4)), "offset": 4,
            ]
    }

    private func curve(field: String, title: String) -> JSON {
        let isGeneral = field == "gib"
        func source(_ tail: String) -> JSON {
            isGeneral ? .text("datum[target + '\(tail)']") : .text("datum.\(field)\(tail)")
        }
        return body(
            parameters: style.parameters(of: stage, hasTarget: isGeneral),
            transform: [
                ["filter": "datum.s == split"], ["calculate": source(""), "as": "v"],
                ["calculate": source("l"), "as": "lo"], ["calculate": source("h"), "as": "hi"],
                ["calculate": source("c"), "as": "top"], ["filter": "isValid(datum.v)"],
            ], title: title, color: style.color(of: stage.layers),
            dash: style.dashes(of: stage.layers, field: "layer", title: "layer", every: ChartStyle.palette.count),
            isOfLayers: true,
            hasIntervals: hasIntervals(field))
    }

    private func hasIntervals(_ field: String) -> Bool {
        stage.rows.contains { row in
            switch field {
            case "ixz": row.input.interval != nil
            case "izy": row.label.interval != nil
            default: row.complexities.contains { $0?.interval != nil }
            }
        }
    }

    /// Lines with bands, points where they are few, the ceiling, and a rule at the shown epoch.
    private func body(
        parameters: [JSON], transform: [JSON], title: String, color: JSON, dash: JSON, isOfLayers: Bool,
        hasIntervals: Bool
    ) -> JSON {
        let series = isOfLayers ? "layer" : "series"
        let y: JSON = [
            "field": "v", "type": "quantitative", "title": .text(title),
            "scale": isOfLayers ? ["zero": true, "domainMin": 0] : ["zero": true],
            "axis": ["tickCount": 4, "minExtent": 34, "titlePadding": 6],
        ]
        func faded(_ value: JSON, _ low: JSON) -> JSON {
            isOfLayers
                ? ["condition": ["test": "layer && datum.layer != layer", "value": low], "value": value]
                : ["value": value]
        }
        var tooltip: [JSON] = [
            ["field": .text(series)], ["field": "epoch", "type": "quantitative"],
            ["field": "v", "type": "quantitative", "title": .text(title), "format": ".4~f"],
            ["field": "lo", "type": "quantitative", "title": "from", "format": ".4~f"],
            ["field": "hi", "type": "quantitative", "title": "to", "format": ".4~f"],
        ]
        if isOfLayers { tooltip += [["field": "flags"]] }
        var marks: [JSON] = []
        if isOfLayers {
            marks.append([
                "mark": [
                    "type": "rule", "strokeDash": [5, 4], "strokeWidth": 1, "color": ChartStyle.neutral, "aria": false,
                ],
                "encoding": ["y": ["field": "top", "aggregate": "max", "type": "quantitative"]],
            ])
        }
        if hasIntervals {
            marks.append([
                "name": "band", "transform": [["filter": "isValid(datum.lo)"]],
                "mark": ["type": "area", "clip": true, "aria": false],
                "encoding": [
                    "x": style.epochAxis, "y": y.replacing("field", with: "lo"), "y2": ["field": "hi"],
                    "color": color, "opacity": faded(0.16, 0.03),
                ],
            ])
        }
        marks.append([
            "name": "lines", "mark": ["type": "line", "strokeWidth": 1.7, "aria": false],
            "encoding": [
                "x": style.epochAxis, "y": y, "color": color, "strokeDash": dash, "opacity": faded(1, 0.14),
            ],
        ])
        marks.append([
            "name": "nowrule", "data": ["values": [["at": 0]]],
            "mark": ["type": "rule", "strokeWidth": 1, "color": "#55585f", "aria": false],
            "encoding": ["x": ["datum": ["expr": "epoch"], "type": "quantitative"]],
        ])
        let isDrawn: JSON =
            thinned.map { ["or": [["field": "epoch", "oneOf": $0], "datum.epoch == epoch"]] } ?? "isValid(datum.v)"
        marks.append([
            "name": "dots", "transform": [["filter": isDrawn]],
            "mark": ["type": "point", "strokeWidth": 1.1],
            "encoding": [
                "x": style.epochAxis, "y": y, "fill": color,
                "stroke": color, "opacity": faded(1, 0.1),
                "size": ["condition": ["test": "datum.epoch == epoch", "value": 64], "value": 20],
                "fillOpacity": ["condition": ["test": "datum.saturated == 1", "value": 0], "value": 1],
                "tooltip": .list(tooltip),
            ],
        ])
        return [
            "params": .list(parameters), "transform": .list(transform), "width": 300, "height": 180,
            "layer": .list(marks),
            "usermeta": ["infoplane": ["single": true, "ratio": 0.6, "legend": .flag(!isOfLayers)]],
        ]
    }

    /// The epochs that get a point, evenly spread over the records, where all would be too many; lines have all of them.
    private var thinned: JSON? {
        let epochs = Set(stage.epochs + stage.metrics.flatMap { $0.values.map(\.epoch) }).sorted()
        guard epochs.count > Self.mostPoints else { return nil }
        let step = Double(epochs.count - 1) / Double(Self.mostPoints - 1)
        return .list((0..<Self.mostPoints).map { .whole(epochs[Int((Double($0) * step).rounded())]) })
    }

    private static let mostPoints = 32

    /// `train_loss` is the series `train` in the panel `loss`; a name without `_` has a panel of its own.
    private static func panelAndSeries(of metric: String) -> (panel: String, series: String) {
        guard let mark = metric.lastIndex(of: "_"), mark > metric.startIndex,
            mark < metric.index(before: metric.endIndex)
        else { return (metric, "run") }
        guard ["loss", "accuracy", "error"].contains(metric[metric.index(after: mark)...]) else {
            return (metric, "run")
        }
        let parts = metric[..<mark].split(separator: "_")
        return (String(metric[metric.index(after: mark)...]), parts.joined(separator: " "))
    }
}
