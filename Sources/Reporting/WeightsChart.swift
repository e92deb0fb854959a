internal import Results

/// How the PMI weights spread over the samples while the network trains.
struct WeightsChart {
    let run: Run
    let style: ChartStyle

    /// The weights as bands of quantiles, and the share of samples that count; none where no PMI was kept.
    func charts(stem: String, dataName: String) -> [Chart] {
        let pairs = Dictionary(uniqueKeysWithValues: run.panels.map { ([$0.split, $0.layer], $0) })
        let kept = run.pointwise.filter { $0.key.discretization == run.headline && $0.key.epoch != nil }
        let epochs = Set(Self.thinned(Set(kept.compactMap(\.key.epoch)).sorted()))
        var data = PlotData(
            name: dataName,
            columns: ["panel", "epoch", "q5", "q25", "q50", "q75", "q95", "largest", "counted", "effective"])
        var seen: Set<String> = []
        var top = 1.0
        for (key, values) in kept {
            guard let epoch = key.epoch, epochs.contains(epoch), let panel = pairs[[key.split, key.layer]],
                seen.insert("\(panel.label)\n\(epoch)").inserted, !values.isEmpty
            else { continue }
            let weights = Self.relativeWeights(values).sorted()
            let quantiles = [0.05, 0.25, 0.5, 0.75, 0.95].map { Self.quantile($0, ofSorted: weights) }
            top = max(top, quantiles[4])
            data.rows.append(
                [.text(panel.label), .whole(epoch)] + quantiles.map { JSON.plotted($0) } + [
                    .plotted(weights.last), .plotted(Double(weights.count { $0 > 0 }) / Double(weights.count)),
                    .plotted(Self.effectiveShare(weights)),
                ])
        }
        guard !data.rows.isEmpty else { return [] }
        let labels = run.panels.map(\.label).filter { label in seen.contains { $0.hasPrefix(label + "\n") } }
        let placed = data.placed(among: labels)
        return [
            Chart(
                stem: stem, subject: .weights, run: run.name, title: "Weight of the samples, relative to equal weights",
                caption: "Bands hold the middle 50% and 90% of the samples, the line is the median; "
                    + "discretized by \(run.headline). At 1 a sample counts as if unweighted, at 0 it is ignored.",
                body: ChartStyle.facets(
                    panels: labels.count, cell: (width: 240, height: 140), columns: 4, bands(top: top)),
                data: placed),
            Chart(
                stem: stem + "-share", subject: .weights, run: run.name, title: "Share of the samples that count",
                caption:
                    "Solid: samples with a weight above 0. Dashed: the effective share (Σw)²/(n·Σw²), which is 100% "
                    + "where all weights are equal.",
                body: ChartStyle.facets(panels: labels.count, cell: (width: 240, height: 110), columns: 4, shares),
                data: placed),
        ]
    }

    /// n·max(0, PMI_s)/Σ: 1 for every sample when all count alike; all 0 when no PMI is positive.
    static func relativeWeights(_ pointwise: [Double]) -> [Double] {
        let total = pointwise.reduce(0) { $0 + max(0, $1) }
        guard total > 0 else { return pointwise.map { _ in 0 } }
        return pointwise.map { Double(pointwise.count) * max(0, $0) / total }
    }

    /// (Σw)²/(n·Σw²); 0 when all weights are 0.
    private static func effectiveShare(_ weights: [Double]) -> Double {
        let sum = weights.reduce(0, +)
        let squares = weights.reduce(0) { $0 + $1 * $1 }
        return squares > 0 ? sum * sum / squares / Double(weights.count) : 0
    }

    /// The smallest value that at least a share of the samples does not exceed.
    private static func quantile(_ share: Double, ofSorted sorted: [Double]) -> Double {
        sorted[min(sorted.count - 1, max(0, Int((Double(sorted.count) * share).rounded(.up)) - 1))]
    }

    /// At most 60 of the epochs, evenly spread over the records.
    private static func thinned(_ epochs: [Int]) -> [Int] {
        guard epochs.count > 60 else { return epochs }
        return (0..<60).map { epochs[Int((Double($0) * Double(epochs.count - 1) / 59).rounded())] }
    }

    private func bands(top: Double) -> JSON {
        func y(_ field: String) -> JSON {
            [
                "field": .text(field), "type": "quantitative", "title": "weight × n",
                "scale": ["domain": [0, .plotted(top * 1.05)]], "axis": ["tickCount": 4],
            ]
        }
        func area(_ low: String, _ high: String, _ opacity: JSON) -> JSON {
            [
                "mark": ["type": "area", "color": "#0072b2", "opacity": opacity],
                "encoding": ["x": style.epochAxis, "y": y(low), "y2": ["field": .text(high)]],
            ]
        }
        return [
            "layer": [
                area("q5", "q95", 0.18), area("q25", "q75", 0.35),
                [
                    "mark": ["type": "line", "color": "#0072b2", "strokeWidth": 1.8, "point": ["size": 14]],
                    "encoding": ["x": style.epochAxis, "y": y("q50"), "tooltip": tooltip],
                ],
            ]
        ]
    }

    private var shares: JSON {
        func line(_ field: String, _ dash: JSON) -> JSON {
            [
                "mark": ["type": "line", "color": "#8c5a00", "strokeWidth": 1.6, "strokeDash": dash, "tooltip": false],
                "encoding": [
                    "x": style.epochAxis,
                    "y": [
                        "field": .text(field), "type": "quantitative", "title": "share of samples",
                        "scale": ["domain": [0, 1]], "axis": ["format": "%", "tickCount": 4],
                    ],
                ],
            ]
        }
        return ["layer": [line("counted", [1, 0]), line("effective", [5, 3])]]
    }

    private var tooltip: JSON {
        [
            ["field": "panel", "title": "layer"], ["field": "epoch", "type": "quantitative"],
            ["field": "q50", "type": "quantitative", "title": "median weight × n"],
            ["field": "q5", "type": "quantitative", "title": "5%"],
            ["field": "q95", "type": "quantitative", "title": "95%"],
            ["field": "largest", "type": "quantitative"],
            ["field": "counted", "type": "quantitative", "format": ".1%", "title": "weight above 0"],
            ["field": "effective", "type": "quantitative", "format": ".1%", "title": "effective share"],
        ]
    }
}
