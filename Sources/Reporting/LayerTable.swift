internal import Results

/// The last epoch of a run as a table: one row per split and layer.
struct LayerTable {
    /// A row: the layer, one value per column, and the flags of all of them.
    struct Row {
        let panel: Run.Panel
        let epoch: Int
        let values: [Measurement?]
        let flags: [String]
    }

    /// The headings of the value columns.
    let columns: [String]
    let rows: [Row]

    init(_ run: Run) {
        var columns: [(heading: String, series: Run.Series)] = []
        for quantity in [Quantity.layerEntropy, .inputInformation, .labelInformation, .totalCorrelation] {
            if let series = run.series(quantity).first { columns.append((quantity.rawValue, series)) }
        }
        let shuffled = run.series(.shuffledComplexity)
        for series in run.series(.complexity) {
            columns.append(("C \(series.name)", series))
            if let control = shuffled.first(where: { $0.name == series.name }) {
                columns.append(("C \(series.name), shuffled weights", control))
            }
        }
        self.columns = columns.map(\.heading)
        rows = run.panels.compactMap { panel in
            let last = columns.compactMap { $0.series.rows[panel]?.last?.key.epoch }.max()
            guard let last else { return nil }
            let values = columns.map { column in column.series.rows[panel]?.last { $0.key.epoch == last } }
            return Row(
                panel: panel, epoch: last, values: values,
                flags: FlagMeaning.ordered(values.compactMap { $0?.flags }.joined()))
        }
    }
}
