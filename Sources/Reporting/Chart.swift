internal import Results

#if canImport(Darwin)
    internal import Darwin
#else
    internal import Glibc
#endif

/// One chart: a Vega-Lite v5 specification with its data, a title and what it says in words.
public struct Chart: Sendable {
    /// What a chart shows; the section of the page in which it stands.
    public enum Subject: String, Sendable, CaseIterable {
        /// I(X;Z), or the GIB complexity, against I(Z;Y).
        case informationPlane = "information-plane"
        /// I(X;Z), I(Z;Y) and the GIB complexity over epochs.
        case trajectories = "curves"
        /// Loss, accuracy and whatever else was recorded beside the activations.
        case metrics = "metrics"
        /// What every binning and estimator says of a fall.
        case verdicts = "verdict"
        /// The GIB complexities over epochs.
        case complexity = "gib-complexity"
        /// I(X;Z) over epochs under every discretization.
        case sweep = "binning-sweep"
        /// The distribution of the PMI weights over epochs.
        case weights = "pmi-weights"
        /// I(X_i;Q) per pixel.
        case pixels = "pixel-information"
        /// The spectrum of a kernel PCA, and samples along its first components.
        case kernel = "kernel-pca"
    }

    /// The name for its file, without an extension: letters, digits and `-`; no two charts of a report share it.
    public let stem: String
    /// What it shows.
    public let subject: Subject
    /// The run that it shows.
    public let run: String
    /// A short title.
    public let title: String
    /// What can be seen in it, and what of it is to be distrusted, in words.
    public let caption: String
    let body: JSON
    let data: PlotData
    /// The stage on which the page links it with other charts; nil for charts on their own.
    private(set) var stage: Int?

    init(
        stem: String, subject: Subject, run: String, title: String, caption: String, body: JSON, data: PlotData
    ) {
        self.stem = stem
        self.subject = subject
        self.run = run
        self.title = title
        self.caption = caption
        self.body = body
        self.data = data
    }

    /// The same chart on a stage.
    func standing(on stage: Int) -> Chart {
        var chart = self
        chart.stage = stage
        return chart
    }

    /// The Vega-Lite v5 specification as JSON text, the data within: a `.vl.json` file that stands on its own.
    public var specification: String {
        header.adding(["datasets": .object([(name: data.name, value: data.objects)])]).adding(body).encoded
    }

    /// The specification for the page, which keeps the data once for all charts.
    var pageSpecification: JSON { header.adding(body) }

    private var header: JSON {
        [
            "$schema": "https://vega.github.io/schema/vega-lite/v5.json",
            "description": .text("\(title). \(caption)"),
            "data": ["name": .text(data.name)],
        ]
    }
}

/// The data of a chart: a table, kept compact until something needs objects. The first column is the panel.
struct PlotData: Sendable {
    let name: String
    let columns: [String]
    var rows: [[JSON]] = []

    /// The same table with the place of each row's panel among `labels` as a last column, `place`.
    func placed(among labels: [String]) -> PlotData {
        let places = Dictionary(
            labels.enumerated().map { (JSON.text($1).encoded, JSON.whole($0)) }, uniquingKeysWith: { first, _ in first }
        )
        return PlotData(
            name: name, columns: columns + ["place"], rows: rows.map { $0 + [places[$0[0].encoded] ?? .null] })
    }

    /// The table as Vega-Lite takes it: a list of objects without the members that are null.
    var objects: JSON {
        .list(
            rows.map { row in
                .object(
                    zip(columns, row).compactMap { column, value in
                        if case .null = value { return nil }
                        return (name: column, value: value)
                    })
            })
    }

    /// The table as the page takes it: column by column, a column of text as its distinct texts and their places.
    var table: JSON {
        .list(
            columns.indices.map { place in
                let cells = rows.map { $0[place] }
                guard cells.contains(where: { if case .text = $0 { true } else { false } }) else {
                    return ["name": .text(columns[place]), "values": .list(cells)]
                }
                var places: [String: Int] = [:]
                var texts: [JSON] = []
                let codes = cells.map { cell -> JSON in
                    guard case .text(let text) = cell else { return .null }
                    if let known = places[text] { return .whole(known) }
                    places[text] = texts.count
                    texts.append(cell)
                    return .whole(texts.count - 1)
                }
                return ["name": .text(columns[place]), "texts": .list(texts), "codes": .list(codes)]
            })
    }
}

/// How the charts of a report agree with each other: scales and colours.
struct ChartStyle: Sendable {
    /// The first and last epoch.
    let epochs: ClosedRange<Int>
    private let axis: ClosedRange<Int>

    /// The style of a report whose runs have these epochs: one colour means one epoch everywhere.
    ///
    /// - Parameter axis: the epochs of the horizontal axes, where they are those of one run.
    init(epochs: ClosedRange<Int>, axis: ClosedRange<Int>? = nil) {
        self.epochs = epochs
        self.axis = axis ?? epochs
    }

    /// The parameters that the page sets in all charts of a stage: the shown epoch, layer, split and target.
    func parameters(of stage: Stage, hasTarget: Bool) -> [JSON] {
        let last = stage.epochs.last ?? epochs.upperBound
        return [
            ["name": "epoch", "value": .whole(last)], ["name": "layer", "value": nil], ["name": "split", "value": 0],
        ] + (hasTarget ? [["name": "target", "value": .text(StageTable.complexity(0))]] : [])
    }

    /// A layer as shape.
    func shape(of layers: [String]) -> JSON {
        [
            "field": "layer", "type": "nominal", "title": "layer",
            "scale": ["domain": .texts(layers), "range": Self.cycled(Self.shapes, layers.count)],
            "legend": ["symbolFillColor": Self.neutral, "symbolStrokeColor": Self.neutral],
        ]
    }

    /// A layer as colour.
    func color(of layers: [String]) -> JSON {
        [
            "field": "layer", "type": "nominal", "title": "layer",
            "scale": ["domain": .texts(layers), "range": Self.cycled(Self.palette, layers.count)],
            "legend": ["symbolType": "stroke", "symbolStrokeWidth": 2.5, "symbolOpacity": 1],
        ]
    }

    /// Dashes that change after `every` names, where their colours begin anew.
    func dashes(of names: [String], field: String, title: String, every: Int) -> JSON {
        let patterns: [JSON] = [[1, 0], [5, 3], [1.5, 2.5], [8, 3, 2, 3]]
        return [
            "field": .text(field), "type": "nominal", "title": .text(title),
            "legend": ["symbolType": "stroke", "symbolStrokeWidth": 2.5],
            "scale": [
                "domain": .texts(names),
                "range": .list(names.indices.map { patterns[$0 / every % patterns.count] }),
            ],
        ]
    }

    /// Colours that colour-blind people can tell apart, on white and on black; after Okabe and Ito.
    static let palette: [JSON] = [
        "#0072b2", "#e69f00", "#009e73", "#d55e00", "#56b4e9", "#cc79a7", "#8c8c8c", "#a6761d",
    ]
    static let shapes: [JSON] = [
        "circle", "square", "triangle-up", "diamond", "cross", "triangle-down", "triangle-right", "triangle-left",
    ]
    /// The colour of the layer, or name, at this place.
    static func colorText(_ place: Int) -> String {
        if case .text(let color) = palette[place % palette.count] { color } else { "" }
    }

    /// The shape of the layer at this place, as a small picture for the legend of the page.
    static func symbol(_ place: Int, color: String) -> String {
        let paths = [
            "M6 1a5 5 0 1 1 0 10a5 5 0 1 1 0-10z", "M1.5 1.5h9v9h-9z", "M6 1L11 10H1z", "M6 0.5L10.5 6L6 11.5L1.5 6z",
            "M4 1h4v3h3v4h-3v3h-4v-3h-3v-4h3z", "M6 11L1 2H11z", "M11 6L2 11V1z", "M1 6L10 1V11z",
        ]
        return "<svg viewBox=\"0 0 12 12\" aria-hidden=\"true\"><path d=\"\(paths[place % paths.count])\" "
            + "fill=\"\(color)\"/></svg>"
    }

    /// For rules and labels of ceilings; legible on white and on black.
    static let neutral: JSON = "#828282"

    /// Cycles `values` over as many entries as `count`.
    static func cycled(_ values: [JSON], _ count: Int) -> JSON { .list((0..<count).map { values[$0 % values.count] }) }

    /// The part of viridis that is used: its ends are hard to see on black and on white.
    private static let extent = (from: 0.14, to: 0.96)

    /// Epoch as colour: viridis, logarithmic beyond the first epochs.
    var epochColor: JSON {
        [
            "field": "epoch", "type": "quantitative", "title": "epoch",
            "scale": Self.scale(of: epochs).adding([
                "scheme": ["name": "viridis", "extent": [.number(Self.extent.from), .number(Self.extent.to)]]
            ]),
            "legend": ["type": "gradient", "values": Self.ticks(of: epochs), "gradientLength": 220, "format": "d"],
        ]
    }

    /// The same colour as text, for marks that must have no legend of their own: Vega-Lite joins the legends of fill
    /// and stroke into one of symbols.
    func color(ofEpoch epoch: Int) -> String {
        func place(_ epoch: Int) -> Double { Self.isLogarithmic(epochs) ? log1p(Double(epoch)) : Double(epoch) }
        let (first, last) = (epochs.lowerBound, max(epochs.upperBound, epochs.lowerBound + 1))
        let share = (place(epoch) - place(first)) / (place(last) - place(first))
        return Viridis.hex(Self.extent.from + (Self.extent.to - Self.extent.from) * share)
    }

    /// Epoch as horizontal axis.
    var epochAxis: JSON {
        [
            "field": "epoch", "type": "quantitative", "title": "epoch", "scale": Self.scale(of: axis),
            "axis": ["values": Self.ticks(of: axis), "format": "d", "grid": false, "labelOverlap": true],
        ]
    }

    private static func isLogarithmic(_ epochs: ClosedRange<Int>) -> Bool {
        epochs.count > 20 && epochs.lowerBound >= 0
    }

    /// Symmetric logarithm, which shows epoch 0 and spreads the first epochs, where most happens; linear for short runs.
    private static func scale(of epochs: ClosedRange<Int>) -> JSON {
        let domain: JSON = [.whole(epochs.lowerBound), .whole(max(epochs.upperBound, epochs.lowerBound + 1))]
        return isLogarithmic(epochs) ? ["type": "symlog", "constant": 1, "domain": domain] : ["domain": domain]
    }

    private static func ticks(of epochs: ClosedRange<Int>) -> JSON {
        guard isLogarithmic(epochs) else {
            return .list(
                stride(from: epochs.lowerBound, through: epochs.upperBound, by: max(1, epochs.count / 5)).map(
                    JSON.whole))
        }
        var ticks = [epochs.lowerBound]
        var decade = 1
        while decade <= epochs.upperBound {
            for tick in [decade, 3 * decade] where tick > epochs.lowerBound && tick <= epochs.upperBound {
                ticks.append(tick)
            }
            decade *= 10
        }
        return .list(ticks.map(JSON.whole))
    }

    /// Small multiples, wrapped into columns; the page changes their number with its width.
    ///
    /// They stand in the order of the data's column `place`. A list of names to sort by would be text of files that
    /// Vega-Lite writes into expressions.
    ///
    /// - Parameters:
    ///   - cell: the width and height of one panel.
    ///   - multiple: how many panels belong together and must stay in one row.
    ///   - isStretchable: whether the page may change the width of a panel.
    ///   - ownAxes: whether every panel has its own vertical scale.
    static func facets(
        panels: Int, cell: (width: Int, height: Int), columns: Int, multiple: Int = 1,
        isStretchable: Bool = true, ownAxes: Bool = false, _ inner: JSON
    ) -> JSON {
        let body: JSON = [
            "facet": [
                "field": "panel", "type": "nominal", "sort": ["field": "place", "op": "min"],
                "header": ["title": nil, "labelFontWeight": "bold", "labelLimit": 240],
            ],
            "columns": .whole(columns),
            "spec": (["width": .whole(cell.width), "height": .whole(cell.height)] as JSON).adding(inner),
            "usermeta": [
                "infoplane": [
                    "panels": .whole(panels), "cell": .whole(cell.width), "multiple": .whole(multiple),
                    "stretch": .flag(isStretchable), "own": .flag(ownAxes),
                ]
            ],
        ]
        return ownAxes ? body.adding(["resolve": ["scale": ["y": "independent"]]]) : body
    }
}
