internal import Results

/// The information plane: I(X;Z) against I(Z;Y), epochs as colour, layers as shape.
struct PlaneChart {
    let run: Run
    let style: ChartStyle

    /// One chart with all layers in a plane per split, and one with a plane per layer; none where a term is missing.
    func charts(stem: String, dataName: String) -> [Chart] {
        guard let rows = rows(), !rows.isEmpty else { return [] }
        let data = PlotData(
            name: dataName,
            columns: [
                "panel", "split", "layer", "order", "epoch", "x", "y", "saturated", "flags", "samples", "cx", "cy",
                "color",
            ], rows: rows.map(\.columns)
        ).placed(among: run.panels.map(\.label))
        let saturated = rows.count { $0.isSaturated }
        let caption = caption(points: rows.count, saturated: saturated)
        let all = Chart(
            stem: stem, subject: .informationPlane, run: run.name,
            title: "Information plane, all layers", caption: caption,
            body: (["transform": [["calculate": "'split ' + datum.split", "as": "panel"]]] as JSON).adding(
                ChartStyle.facets(
                    panels: run.splits.count, cell: (width: 520, height: 380), columns: 2,
                    inner(joinsLayers: true))),
            data: data)
        guard run.layers.count > 1 else { return [all] }
        let each = Chart(
            stem: stem + "-layers", subject: .informationPlane, run: run.name,
            title: "Information plane, layer by layer",
            caption: "The same points, one panel per layer, so that no layer hides another.",
            body: ChartStyle.facets(
                panels: run.panels.count, cell: (width: 210, height: 170), columns: 4, inner(joinsLayers: false)),
            data: data)
        return [all, each]
    }

    private struct Row {
        let columns: [JSON]
        let isSaturated: Bool
    }

    private func rows() -> [Row]? {
        guard let complexity = run.series(.inputInformation).first, let relevance = run.series(.labelInformation).first
        else { return nil }
        return run.panels.flatMap { panel -> [Row] in
            let relevant = Dictionary(
                (relevance.rows[panel] ?? []).map { ($0.key.epoch, $0) }, uniquingKeysWith: { first, _ in first })
            return (complexity.rows[panel] ?? []).compactMap { row in
                guard let y = relevant[row.key.epoch], let epoch = row.key.epoch else { return nil }
                let flags = row.flags + y.flags.filter { !row.flags.contains($0) }
                let isSaturated = row.flags.contains("saturated")
                return Row(
                    columns: [
                        .text(panel.label), .text(panel.split), .text(panel.layer), .whole(panel.order), .whole(epoch),
                        .plotted(row.value), .plotted(y.value), .whole(isSaturated ? 1 : 0),
                        .text(flags.isEmpty ? "none" : flags.joined(separator: ", ")), .whole(row.key.samples),
                        .plotted(row.ceiling), .plotted(y.ceiling),
                        isSaturated ? .text(style.color(ofEpoch: epoch)) : .null,
                    ], isSaturated: isSaturated)
            }
        }
    }

    private func caption(points: Int, saturated: Int) -> String {
        let base = "\(points) points: one per layer and recorded epoch, discretized by \(run.headline)."
        if saturated == 0 { return base + " None is saturated." }
        let share = saturated == points ? "All of them" : "\(saturated) of them"
        return base + " \(share) \(saturated == 1 ? "is" : "are") saturated and drawn hollow: there the horizontal "
            + "position is log₂ n of the analyzed samples, not a property of the network."
    }

    /// The marks of one plane; lines join the layers of one epoch, else the epochs of one layer.
    private func inner(joinsLayers: Bool) -> JSON {
        let layers = run.layers
        let encoding: JSON = [
            "x": [
                "field": "x", "type": "quantitative", "title": "I(X;Z) in bits",
                "scale": ["domain": [0, .plotted(style.planeExtent.x)], "nice": false],
                "axis": ["labelFlush": false, "tickCount": 5],
            ],
            "y": [
                "field": "y", "type": "quantitative", "title": "I(Z;Y) in bits",
                "scale": ["domain": [0, .plotted(style.planeExtent.y)], "nice": false], "axis": ["tickCount": 5],
            ],
        ]
        let shape: JSON = [
            "field": "layer", "type": "nominal", "title": "layer",
            "scale": ["domain": .texts(layers), "range": ChartStyle.cycled(ChartStyle.shapes, layers.count)],
            "legend": joinsLayers
                ? ["symbolFillColor": ChartStyle.neutral, "symbolStrokeColor": ChartStyle.neutral] : nil,
        ]
        let points: JSON = [
            "shape": shape,
            "tooltip": [
                ["field": "layer"], ["field": "epoch", "type": "quantitative"],
                ["field": "x", "type": "quantitative", "title": "I(X;Z), bits"],
                ["field": "cx", "type": "quantitative", "title": "its ceiling log₂ n"],
                ["field": "y", "type": "quantitative", "title": "I(Z;Y), bits"],
                ["field": "cy", "type": "quantitative", "title": "its ceiling H(Y)"],
                ["field": "samples", "type": "quantitative"], ["field": "flags"], ["field": "split"],
            ],
        ]
        let joined: JSON =
            joinsLayers
            ? ["detail": ["field": "epoch"], "order": ["field": "order", "type": "quantitative"]]
            : ["order": ["field": "epoch", "type": "quantitative"]]
        var marks: [JSON] = [
            [
                "mark": ["type": "line", "strokeWidth": 0.7, "opacity": 0.4, "color": ChartStyle.neutral],
                "encoding": joined,
            ]
        ]
        marks.append([
            "transform": [["filter": "datum.saturated == 0"]],
            "encoding": points.adding(["fill": style.epochColor]),
            "mark": [
                "type": "point", "filled": true, "size": 55, "opacity": 0.95, "stroke": ChartStyle.neutral,
                "strokeWidth": 0.7,
            ],
        ])
        marks.append([
            "transform": [["filter": "datum.saturated == 1"]],
            "encoding": points.adding(["stroke": ["field": "color", "type": "nominal", "scale": nil]]),
            "mark": ["type": "point", "filled": false, "size": 50, "strokeWidth": 1.5, "opacity": 0.95],
        ])
        return ["encoding": encoding, "layer": .list(marks + ceilings(named: joinsLayers))]
    }

    /// Both ceilings of a panel as dashed rules with their names, written out in the large chart.
    private func ceilings(named: Bool) -> [JSON] {
        let long = "'ceiling log₂ n = ' + format(datum.max_cx, '.2f') + ' bits, n = ' + datum.n"
        let upwards: JSON = ["angle": 270, "align": "left", "baseline": "bottom", "dx": 6, "dy": -4, "y": "height"]
        let flat: JSON = ["align": "left", "baseline": "bottom", "x": 6, "dy": -3]
        let marks = ceiling(
            of: "cx", along: "x", across: "y", name: named ? long : "'log₂ n'", placed: upwards)
        return marks
            + ceiling(
                of: "cy", along: "y", across: "x",
                name: named ? "'ceiling H(Y) = ' + format(datum.max_cy, '.3f') + ' bits'" : "''", placed: flat)
    }

    /// A rule at the largest value of `field` in a panel, and its name, a Vega expression.
    private func ceiling(
        of field: String, along axis: String, across other: String, name: String, placed: JSON
    ) -> [JSON] {
        // Vega-Lite joins the aggregates of both ceilings into one, so that their names must differ.
        let largest = "max_\(field)"
        let transform: JSON = [
            [
                "aggregate": [
                    ["op": "max", "field": .text(field), "as": .text(largest)],
                    ["op": "max", "field": "samples", "as": "n"],
                ]
            ],
            ["filter": "isValid(datum.\(largest))"], ["calculate": .text(name), "as": "name"],
        ]
        // The other channel is null, so that it is not inherited and the rule spans the panel.
        let position = JSON.object([
            (name: axis, value: ["field": .text(largest), "type": "quantitative"]), (name: other, value: nil),
        ])
        let text: JSON = ["type": "text", "fontSize": 10.5, "fontStyle": "italic", "color": ChartStyle.neutral]
        return [
            [
                "transform": transform, "encoding": position,
                "mark": ["type": "rule", "strokeDash": [5, 4], "strokeWidth": 1, "color": ChartStyle.neutral],
            ],
            [
                "transform": transform, "encoding": position.adding(["text": ["field": "name"]]),
                "mark": text.adding(placed),
            ],
        ]
    }
}
