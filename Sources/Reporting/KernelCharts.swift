internal import Results

/// A kernel PCA: its spectrum, and the samples along its first two components, coloured by label.
struct KernelCharts {
    let reduction: StoredReduction
    let run: Run
    let style: ChartStyle

    func charts(tail: String, dataName: String) -> [Chart] {
        [spectrum(tail: tail, dataName: dataName + "-spectrum"), scatter(tail: tail, dataName: dataName + "-scatter")]
            .compactMap(\.self)
    }

    private var subject: String {
        reduction.source == "inputs" ? "the inputs" : "layer \(reduction.source)"
    }

    private func spectrum(tail: String, dataName: String) -> Chart {
        var data = PlotData(name: dataName, columns: ["component", "value", "share", "epoch"])
        for (epoch, values) in zip(reduction.epochs, reduction.eigenvalues) {
            let total = values.reduce(0) { $0 + max(0, $1) }
            for (index, value) in values.enumerated() where value > 0 {
                data.rows.append([
                    .whole(index + 1), .plotted(anyUnit: value), .plotted(total > 0 ? value / total : nil),
                    .whole(epoch ?? style.epochs.lowerBound),
                ])
            }
        }
        let isConstant = reduction.epochs.allSatisfy { $0 == nil }
        let x: JSON = [
            "field": "component", "type": "quantitative", "title": "component",
            "axis": ["tickMinStep": 1, "format": "d", "grid": false],
        ]
        let y: JSON = [
            "field": "value", "type": "quantitative", "title": "eigenvalue", "scale": ["type": "log"],
            "axis": ["tickCount": 5, "format": "~g", "grid": false],
        ]
        var encoding: JSON = ["x": x, "y": y]
        if !isConstant { encoding = encoding.adding(["color": style.epochColor, "detail": ["field": "epoch"]]) }
        return Chart(
            stem: "kernel-pca-spectrum" + tail, subject: .kernel, run: run.name, title: "Spectrum of \(subject)",
            caption: "Eigenvalues of the centred kernel matrix, \(reduction.kernel), fitted on split "
                + "\(reduction.fittedSplit); components that are not positive are left out.",
            body: [
                "width": 300, "height": 220,
                "layer": [
                    ["mark": ["type": "line", "strokeWidth": 1.3, "color": "#0072b2"], "encoding": encoding],
                    [
                        "mark": ["type": "point", "filled": true, "size": 22, "color": "#0072b2"],
                        "encoding": encoding.adding([
                            "tooltip": [
                                ["field": "component", "type": "quantitative"],
                                ["field": "value", "type": "quantitative", "format": ".4g", "title": "eigenvalue"],
                                [
                                    "field": "share", "type": "quantitative", "format": ".1%",
                                    "title": "of the kept components",
                                ], ["field": "epoch", "type": "quantitative"],
                            ]
                        ]),
                    ],
                ], "usermeta": ["infoplane": ["single": true, "ratio": 0.62, "legend": true, "most": 560]],
            ], data: data)
    }

    /// The panels are pairs of split and record; none where there is one component only.
    private func scatter(tail: String, dataName: String) -> Chart? {
        let shown = reduction.scatters.filter { !$0.second.isEmpty && !$0.first.isEmpty }
        guard !shown.isEmpty else { return nil }
        var data = PlotData(name: dataName, columns: ["panel", "x", "y", "label"])
        var panels: [String] = []
        for scatter in shown {
            let panel = [scatter.split, scatter.epoch.map { "epoch \($0)" }].compactMap(\.self).joined(separator: ", ")
            panels.append(panel)
            let labels = labels(of: scatter)
            for index in scatter.first.indices {
                data.rows.append([
                    .text(panel), .plotted(anyUnit: scatter.first[index]), .plotted(anyUnit: scatter.second[index]),
                    labels[index],
                ])
            }
        }
        let cut = shown.contains { $0.first.count < $0.samples } ? " The first 1000 samples of each split." : ""
        let unlabelled =
            shown.contains { $0.labels == nil } ? " The file has no labels: reduce again to have them." : ""
        return Chart(
            stem: "kernel-pca-samples" + tail, subject: .kernel, run: run.name,
            title: "Samples along the first two components of \(subject)",
            caption: "Coloured by label; every panel has its own axes, because a layer has a basis of its own in every "
                + "record.\(cut)\(unlabelled)",
            body: ChartStyle.facets(
                panels: panels.count, cell: (width: 230, height: 210), columns: 4, ownAxes: true, inner(shown)
            ).replacing("resolve", with: ["scale": ["x": "independent", "y": "independent"]]),
            data: data.placed(among: panels))
    }

    private func labels(of scatter: StoredReduction.Scatter) -> [JSON] {
        switch scatter.labels {
        case .classes(let ids):
            let names = run.archive.splits.first { $0.name == scatter.split }?.classNames ?? []
            return ids.map { .text(names.indices.contains($0) ? names[$0] : String($0)) }
        case .values(let values, let width): return scatter.first.indices.map { .plotted(anyUnit: values[$0 * width]) }
        case nil: return scatter.first.map { _ in .null }
        }
    }

    private func inner(_ scatters: [StoredReduction.Scatter]) -> JSON {
        func axis(_ field: String, _ title: String) -> JSON {
            [
                "field": .text(field), "type": "quantitative", "title": .text(title), "scale": ["zero": false],
                "axis": ["tickCount": 3, "grid": false, "format": "~g"],
            ]
        }
        var encoding: JSON = ["x": axis("x", "component 1"), "y": axis("y", "component 2")]
        if case .values? = scatters.first?.labels {
            encoding = encoding.adding([
                "color": [
                    "field": "label", "type": "quantitative", "scale": ["scheme": "viridis"],
                    "legend": ["gradientLength": 180],
                ]
            ])
        } else if scatters.first?.labels != nil {
            var names: [String] = []
            for label in scatters.flatMap(labels) {
                if case .text(let name) = label, !names.contains(name) { names.append(name) }
            }
            names.sort { ($0.count, $0) < ($1.count, $1) }
            let scale: JSON = ["domain": .texts(names), "range": ChartStyle.cycled(ChartStyle.palette, names.count)]
            let shapes: JSON = ["domain": .texts(names), "range": ChartStyle.cycled(ChartStyle.shapes, names.count)]
            encoding = encoding.adding([
                "color": ["field": "label", "type": "nominal", "scale": scale],
                "shape": ["field": "label", "type": "nominal", "scale": shapes],
            ])
        }
        return [
            "mark": ["type": "point", "filled": true, "size": 14, "opacity": 0.7], "encoding": encoding,
        ]
    }
}
