/// The planes of a stage: I(X;Z) against I(Z;Y), and the GIB complexity against I(Z;Y). Epochs are colour, layers shape.
///
/// The parameters `epoch`, `layer`, `split` and `target` of a specification say which epoch stands out, which layer (none
/// where null), and which split and target are shown, by their places; the page sets them in all charts of a stage at once.
struct PlaneChart {
    let stage: Stage
    let style: ChartStyle

    /// The planes of both bottlenecks; that of GIB where there are complexities.
    func charts(tail: String, data: PlotData) -> [Chart] {
        guard !stage.rows.isEmpty else { return [] }
        let saturated = stage.rows.count(where: \.isSaturated)
        var charts = [
            Chart(
                stem: "information-plane" + tail, subject: .informationPlane, run: stage.name,
                title: "IB plane: I(X;Z), I(Z;Y)",
                caption: caption(saturated: saturated),
                body: plane(
                    field: "ixz", title: "I(X;Z) in bits", extent: .input(of: stage), ceiling: "ceiling"),
                data: data)
        ]
        if !stage.targets.isEmpty {
            charts.append(
                Chart(
                    stem: "gib-plane" + tail, subject: .informationPlane,
                    run: stage.name, title: "GIB plane: C, I(Z;Y)",
                    caption: "The same layers and epochs with the GIB complexity C of a target in place of I(X;Z)."
                        + synergyNote,
                    body: plane(
                        field: "gib", title: "C in bits", extent: .complexity(of: stage), ceiling: nil),
                    data: data))
        }
        return charts
    }

    private var synergyNote: String {
        stage.rows.contains { $0.complexityFlags.contains("saturated-inputs") }
            ? " Flagged saturated-inputs: here C says nothing of synergy." : ""
    }

    private func caption(saturated: Int) -> String {
        let headline = stage.runs.first?.headline ?? ""
        let base = "\(stage.rows.count) points: one per layer and recorded epoch, discretized by \(headline)."
        if saturated == 0 { return base + " None is saturated." }
        let share = saturated == stage.rows.count ? "All of them" : "\(saturated) of them"
        return base + " \(share) \(saturated == 1 ? "is" : "are") saturated and drawn hollow: there the horizontal "
            + "position is log₂ n of the analyzed samples, not a property of the network."
    }

    private func plane(field: String, title: String, extent: PlaneExtent, ceiling: String?) -> JSON {
        let x: JSON = [
            "field": .text(field), "type": "quantitative", "title": .text(title),
            "scale": [
                "domain": [.plotted(extent.x.lowerBound), .plotted(extent.x.upperBound)], "nice": false, "zero": false,
            ],
            "axis": ["labelFlush": false, "tickCount": 5],
        ]
        let y: JSON = [
            "field": "izy", "type": "quantitative", "title": "I(Z;Y) in bits",
            "scale": [
                "domain": [.plotted(extent.y.lowerBound), .plotted(extent.y.upperBound)], "nice": false,
                "zero": false,
            ],
            "axis": ["tickCount": 5],
        ]
        let isGeneral = field == "gib"
        var marks: [JSON] = []
        if let ceiling {
            marks += Self.ceiling(
                axis: "x", source: "ixzc", name: ceiling,
                text: ["align": "right", "dx": -5, "angle": 0, "y": 10])
        }
        marks += Self.ceiling(
            axis: "y", source: "izyc", name: "H(Y)",
            text: ["align": "left", "dy": -6, "x": 5])
        let shape = style.shape(of: stage.layers)
        let shown: JSON = ["field": "layer", "type": "nominal"]
        marks.append([
            "name": "web", "params": [Self.zoom],
            "mark": [
                "type": "line", "aria": false, "strokeWidth": 0.7, "color": ChartStyle.neutral, "clip": true,
                "opacity": ["expr": "layer ? 0.12 : 0.3"],
            ],
            "encoding": ["detail": ["field": "epoch"], "order": ["field": "order", "type": "quantitative"]],
        ])
        marks.append([
            "name": "trail", "transform": [["filter": "datum.layer == layer"]],
            "mark": ["type": "line", "aria": false, "strokeWidth": 1.4, "color": "#55585f", "clip": true],
            "encoding": ["detail": shown, "order": ["field": "epoch", "type": "quantitative"]],
        ])
        let faded: JSON = [
            "condition": [
                ["test": "layer && datum.layer != layer", "value": 0.07],
                ["test": "datum.epoch > epoch", "value": 0.13],
            ], "value": 0.92,
        ]
        let points: JSON = ["shape": shape, "opacity": faded, "tooltip": tooltip(isGeneral: isGeneral)]
        if stage.rows.contains(where: { !$0.isSaturated }) {
            marks.append([
                "name": "points", "transform": [["filter": "datum.saturated == 0"]],
                "mark": ["type": "point", "filled": true, "size": 46, "stroke": nil, "clip": true],
                "encoding": points.adding(["fill": style.epochColor]),
            ])
        }
        if stage.rows.contains(where: \.isSaturated) {
            marks.append([
                "name": "hollow", "transform": [["filter": "datum.saturated == 1"]],
                "mark": ["type": "point", "filled": false, "size": 42, "strokeWidth": 1.2, "clip": true],
                "encoding": points.adding(["stroke": ["field": "color", "type": "nominal", "scale": nil]]),
            ])
        }
        marks += now(field: field, shape: shape, tooltip: tooltip(isGeneral: isGeneral))
        var transform: [JSON] = [["filter": "datum.s == split"]]
        if isGeneral {
            for tail in ["", "l", "h", "c"] {
                transform.append(["calculate": "datum[target + '\(tail)']", "as": "gib\(tail)"])
            }
            transform.append(["filter": "isValid(datum.gib)"])
        }
        return [
            "params": .list(style.parameters(of: stage, hasTarget: isGeneral)), "transform": .list(transform),
            "width": 460, "height": 380, "encoding": ["x": x, "y": y], "layer": .list(marks),
            "usermeta": ["infoplane": ["single": true, "ratio": 0.8, "zoom": .texts([field, "izy"])]],
        ]
    }

    /// The shown epoch: its layers joined, with their intervals and names.
    private func now(field: String, shape: JSON, tooltip: JSON) -> [JSON] {
        let isNow: JSON = ["filter": "datum.epoch == epoch"]
        let ink: JSON = "#1d2026"
        func name(_ tail: String) -> JSON {
            field == "gib" ? "datum[target + '\(tail)']" : "datum.\(field)\(tail)"
        }
        func bar(_ axis: String, _ low: String, _ high: String) -> JSON {
            [
                "name": .text("nowbar\(axis)"), "transform": [isNow, ["filter": "isValid(datum.\(low))"]],
                "mark": ["type": "rule", "aria": false, "strokeWidth": 1, "color": ink, "clip": true],
                "encoding": .object([
                    (name: axis, value: ["field": JSON.text(low), "type": "quantitative"] as JSON),
                    (name: axis + "2", value: ["field": JSON.text(high)] as JSON),
                ]),
            ]
        }
        return [
            [
                "name": "nowline", "transform": [isNow],
                "mark": ["type": "line", "aria": false, "strokeWidth": 1.6, "color": ink, "clip": true],
                "encoding": ["order": ["field": "order", "type": "quantitative"]],
            ],
            bar("x", field + "l", field + "h"), bar("y", "izyl", "izyh"),
            [
                "name": "now", "transform": [isNow, ["filter": "datum.saturated == 0"]],
                "mark": [
                    "type": "point", "aria": false, "filled": true, "size": 110, "stroke": ink, "strokeWidth": 1.4,
                    "clip": true,
                    "opacity": 1,
                ],
                "encoding": ["shape": shape, "fill": style.epochColor, "tooltip": tooltip],
            ],
            [
                "name": "nowhollow", "transform": [isNow, ["filter": "datum.saturated == 1"]],
                "mark": [
                    "type": "point", "aria": false, "filled": true, "size": 110, "fill": "#ffffff", "stroke": ink,
                    "strokeWidth": 1.4,
                    "clip": true, "opacity": 1,
                ],
                "encoding": ["shape": shape, "tooltip": tooltip],
            ],
            [
                "name": "nowname",
                "transform": [
                    isNow, ["calculate": name("n"), "as": "name"], ["calculate": name("p"), "as": "place"],
                    ["filter": "isValid(datum.name)"],
                ],
                "mark": [
                    "type": "text", "aria": false, "fontSize": 12, "fontWeight": "bold", "color": ink, "clip": false,
                    "align": ["expr": "datum.place % 2 == 0 ? 'left' : 'right'"],
                    "dx": ["expr": "datum.place % 2 == 0 ? 10 : -10"],
                    "dy": ["expr": "datum.place % 3 == 0 ? -10 : 14"],
                ],
                "encoding": ["text": ["field": "name"]],
            ],
        ]
    }

    private func tooltip(isGeneral: Bool) -> JSON {
        var fields: [JSON] = [
            ["field": "layer"], ["field": "epoch", "type": "quantitative"], ["field": "split"],
        ]
        func number(_ field: String, _ title: String) {
            fields.append(
                ["field": .text(field), "type": "quantitative", "title": .text(title), "format": ".4~f"])
        }
        if isGeneral {
            number("gib", "C, bits")
            number("gibl", "from")
            number("gibh", "to")
        }
        number("ixz", "I(X;Z), bits")
        if !isGeneral {
            number("ixzl", "from")
            number("ixzh", "to")
        }
        number("ixzc", "its ceiling log₂ n")
        number("izy", "I(Z;Y), bits")
        number("izyc", "its ceiling H(Y)")
        fields += [["field": "samples", "type": "quantitative"], ["field": "flags"]]
        if isGeneral { fields.append(["field": "gflags", "title": "flags of C"]) }
        return .list(fields)
    }

    private static let zoom: JSON = [
        "name": "zoom", "bind": "scales",
        "select": [
            "type": "interval", "zoom": "wheel![event.ctrlKey || event.metaKey || event.shiftKey]",
        ],
    ]

    /// A dashed rule at the largest ceiling of one axis, named.
    private static func ceiling(
        axis: String, source: String, name: String, text: JSON
    ) -> [JSON] {
        let other = axis == "x" ? "y" : "x"
        // A name of its own: Vega-Lite takes two tables of one name for one.
        let top = source + "max"
        let words =
            axis == "x"
            ? "'\(name) ' + format(datum.\(top), '.2f') + ' bits (n = ' + datum.n + ')'"
            : "'\(name) = ' + format(datum.\(top), '.3f') + ' bits'"
        let transform: JSON = [
            [
                "aggregate": [
                    ["op": "max", "field": .text(source), "as": .text(top)],
                    ["op": "max", "field": "samples", "as": "n"],
                ]
            ],
            ["filter": .text("isValid(datum.\(top))")], ["calculate": .text(words), "as": "words"],
        ]
        // The other channel is null, so that it is not inherited and the rule spans the plane.
        let position = JSON.object([
            (name: axis, value: ["field": JSON.text(top), "type": "quantitative"]), (name: other, value: nil),
        ])
        return [
            [
                "transform": transform, "encoding": position,
                "mark": [
                    "type": "rule", "strokeDash": [5, 4], "strokeWidth": 1, "color": ChartStyle.neutral, "clip": true,
                ],
            ],
            [
                "transform": transform, "encoding": position.adding(["text": ["field": "words"]]),
                "mark":
                    (["type": "text", "fontSize": 10.5, "fontStyle": "italic", "color": ChartStyle.neutral] as JSON)
                    .adding(text),
            ],
        ]
    }
}
