/// The one table that all planes and curves of a stage draw from.
///
/// Columns: the split with its place `s`, layer, order, epoch, and of each quantity `q` its value `q`, its interval `ql` to
/// `qh`, its ceiling `qc` and the name `qn` that its
/// point carries at the place `qp` when its epoch is shown. Quantities are `ixz`, `izy`
/// and `g0`, `g1`, ... for the GIB complexities of the targets in the order of the stage.
struct StageTable {
    let stage: Stage
    let style: ChartStyle

    /// How the columns of the target at this place are named.
    static func complexity(_ target: Int) -> String { "g\(target)" }

    func data(named name: String) -> PlotData {
        var columns = [
            "split", "s", "layer", "order", "epoch", "samples", "saturated", "flags", "gflags", "color",
        ]
        let quantities = ["ixz", "izy"] + stage.targets.indices.map(Self.complexity)
        for quantity in quantities { columns += [quantity, quantity + "l", quantity + "h", quantity + "c"] }
        for plane in ["ixz"] + stage.targets.indices.map(Self.complexity) { columns += [plane + "n", plane + "p"] }
        let general = PlaneExtent.complexity(of: stage)
        let names =
            [labels(.input(of: stage)) { $0.input }]
            + stage.targets.indices.map { target in labels(general) { $0.complexities[target] } }
        let rows = stage.rows.enumerated().map { index, row -> [JSON] in
            var cells: [JSON] = [
                .text(row.panel.split), .whole(stage.splits.firstIndex(of: row.panel.split) ?? 0),
                .text(row.panel.layer), .whole(row.panel.order), .whole(row.epoch), .whole(row.samples),
                .whole(row.isSaturated ? 1 : 0), .text(Self.words(row.flags)), .text(Self.words(row.complexityFlags)),
                row.isSaturated ? .text(style.color(ofEpoch: row.epoch)) : .null,
            ]
            for value in [row.input, row.label] + row.complexities { cells += Self.cells(value) }
            for label in names {
                cells += label[index].map { [.text($0.text), .whole($0.place.rawValue)] } ?? [.null, .null]
            }
            return cells
        }
        return PlotData(name: name, columns: columns, rows: rows)
    }

    private static func words(_ flags: [String]) -> String { flags.isEmpty ? "none" : flags.joined(separator: ", ") }

    private static func cells(_ value: Stage.Value?) -> [JSON] {
        guard let value else { return [.null, .null, .null, .null] }
        return [
            .plotted(value.value), .plotted(value.interval?.lowerBound), .plotted(value.interval?.upperBound),
            .plotted(value.ceiling),
        ]
    }

    /// The name of each row's point in a plane, and where it stands beside the point.
    private func labels(_ plane: PlaneExtent, _ abscissa: (Stage.Row) -> Stage.Value?) -> [(
        text: String, place: LabelPlacement.Place
    )?] {
        var labels = [(text: String, place: LabelPlacement.Place)?](repeating: nil, count: stage.rows.count)
        var epochs: [String: [Int]] = [:]
        for (index, row) in stage.rows.enumerated() where abscissa(row) != nil {
            epochs["\(row.panel.split)\n\(row.epoch)", default: []].append(index)
        }
        for members in epochs.values {
            let points = members.compactMap { index -> LabelPlacement.Point? in
                let row = stage.rows[index]
                return abscissa(row).map {
                    LabelPlacement.Point(
                        name: row.panel.layer, x: plane.share(x: $0.value), y: plane.share(y: row.label.value))
                }
            }
            for (index, label) in zip(members, LabelPlacement(points).labels) { labels[index] = label }
        }
        return labels
    }
}

/// The part of the plane that is drawn, in bits.
struct PlaneExtent: Sendable {
    let x: ClosedRange<Double>
    let y: ClosedRange<Double>

    func share(x value: Double) -> Double { (value - x.lowerBound) / (x.upperBound - x.lowerBound) }
    func share(y value: Double) -> Double { (value - y.lowerBound) / (y.upperBound - y.lowerBound) }

    /// The plane of I(X;Z): from 0 to a little beyond the ceilings, so that runs on the same samples have the same axes.
    static func input(of stage: Stage) -> PlaneExtent {
        let x = stage.rows.reduce(0) { max($0, $1.input.value, $1.input.ceiling ?? 0) }
        return PlaneExtent(x: axis(x, by: 0.06), y: labels(of: stage))
    }

    /// The plane of C: the values of all targets, so that it stays when another target is shown. C seldom comes near 0.
    static func complexity(of stage: Stage) -> PlaneExtent {
        let values = stage.rows.flatMap { $0.complexities.compactMap { $0?.value } }
        let (low, high) = (values.min() ?? 0, values.max() ?? 0)
        let margin = max(0.12 * (high - low), 0.02 * high, 1e-6)
        return PlaneExtent(x: low - margin...high + margin, y: labels(of: stage))
    }

    private static func labels(of stage: Stage) -> ClosedRange<Double> {
        axis(stage.rows.reduce(0) { max($0, $1.label.value, $1.label.ceiling ?? 0) }, by: 0.1)
    }

    private static func axis(_ top: Double, by share: Double) -> ClosedRange<Double> {
        let end = top > 0 ? top * (1 + share) : 1
        return -0.02 * end...end
    }
}
