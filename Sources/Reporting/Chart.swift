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
        /// I(X;Z) against I(Z;Y).
        case informationPlane = "information-plane"
        /// I(X;Z) and I(Z;Y) over epochs.
        case trajectories = "ib-terms"
        /// The GIB complexities over epochs.
        case complexity = "gib-complexity"
        /// I(X;Z) over epochs under every discretization.
        case sweep = "binning-sweep"
        /// The distribution of the PMI weights.
        case weights = "pmi-weights"
        /// I(X_i;Q) per pixel.
        case pixels = "pixel-information"
        /// Loss, accuracy and whatever else was recorded beside the activations.
        case metrics = "metrics"
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

    /// The table as the page takes it.
    var table: JSON { ["columns": .texts(columns), "rows": .list(rows.map(JSON.list))] }
}

/// How the charts of one run agree with each other: scales and colours.
struct ChartStyle: Sendable {
    /// The largest value of both axes of the information planes: a little beyond the ceilings, so that runs on the same
    /// samples have the same axes.
    let planeExtent: (x: Double, y: Double)
    /// The first and last epoch.
    let epochs: ClosedRange<Int>

    init(_ run: Run) {
        func extent(_ quantity: Quantity) -> Double {
            let rows = run.series(quantity).flatMap { $0.rows.values.joined() }
            return rows.reduce(0) { max($0, $1.value, $1.ceiling ?? 0) }
        }
        let (x, y) = (extent(.inputInformation), extent(.labelInformation))
        planeExtent = (x: x > 0 ? x * 1.06 : 1, y: y > 0 ? y * 1.1 : 1)
        let epochs = run.epochs + run.archive.epochs
        self.epochs = (epochs.min() ?? 0)...(epochs.max() ?? 0)
    }

    /// Colours that colour-blind people can tell apart, on white and on black; after Okabe and Ito.
    static let palette: [JSON] = [
        "#0072b2", "#e69f00", "#009e73", "#d55e00", "#56b4e9", "#cc79a7", "#8c8c8c", "#a6761d",
    ]
    static let shapes: [JSON] = [
        "circle", "square", "triangle-up", "diamond", "cross", "triangle-down", "triangle-right", "triangle-left",
    ]
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
            "scale": epochScale.adding([
                "scheme": ["name": "viridis", "extent": [.number(Self.extent.from), .number(Self.extent.to)]]
            ]),
            "legend": ["type": "gradient", "values": epochTicks, "gradientLength": 260, "format": "d"],
        ]
    }

    /// The same colour as text, for marks that must have no legend of their own: Vega-Lite joins the legends of fill
    /// and stroke into one of symbols.
    func color(ofEpoch epoch: Int) -> String {
        func place(_ epoch: Int) -> Double { isLogarithmic ? log1p(Double(epoch)) : Double(epoch) }
        let (first, last) = (epochs.lowerBound, max(epochs.upperBound, epochs.lowerBound + 1))
        let share = (place(epoch) - place(first)) / (place(last) - place(first))
        return Viridis.hex(Self.extent.from + (Self.extent.to - Self.extent.from) * share)
    }

    /// Epoch as horizontal axis.
    var epochAxis: JSON {
        [
            "field": "epoch", "type": "quantitative", "title": "epoch", "scale": epochScale,
            "axis": ["values": epochTicks, "format": "d", "grid": false, "labelOverlap": true],
        ]
    }

    private var isLogarithmic: Bool { epochs.count > 20 && epochs.lowerBound >= 0 }

    /// Symmetric logarithm, which shows epoch 0 and spreads the first epochs, where most happens; linear for short runs.
    private var epochScale: JSON {
        let domain: JSON = [.whole(epochs.lowerBound), .whole(max(epochs.upperBound, epochs.lowerBound + 1))]
        return isLogarithmic ? ["type": "symlog", "constant": 1, "domain": domain] : ["domain": domain]
    }

    private var epochTicks: JSON {
        guard isLogarithmic else {
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
