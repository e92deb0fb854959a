internal import Results

/// How the PMI weights spread over the samples, at the first, a middle and the last epoch.
struct WeightsChart {
    let run: Run

    /// How many bars a histogram has.
    static let bins = 24

    /// The histogram of n·w per layer; none where no PMI was kept.
    func chart(stem: String, dataName: String) -> Chart? {
        let kept = run.pointwise.filter { $0.key.discretization == run.headline && $0.key.epoch != nil }
        let epochs = Set(kept.compactMap(\.key.epoch)).sorted()
        guard let first = epochs.first, let last = epochs.last else { return nil }
        let shown = epochs.count > 2 ? [first, epochs[epochs.count / 2], last] : epochs
        let pairs = Dictionary(uniqueKeysWithValues: run.panels.map { ([$0.split, $0.layer], $0) })
        var histograms: [(panel: Run.Panel, epoch: Int, weights: [Double])] = []
        var seen: Set<String> = []
        for (key, values) in kept {
            guard let epoch = key.epoch, shown.contains(epoch), let panel = pairs[[key.split, key.layer]],
                seen.insert("\(panel.label)\n\(epoch)").inserted
            else { continue }
            histograms.append((panel, epoch, Self.relativeWeights(values)))
        }
        // A handful of samples of a rare symbol can weigh hundreds of times as much as the rest: the scale ends where 1% of
        // a histogram lies beyond, and what is beyond stands in the last bar.
        let top = histograms.reduce(2.0) { max($0, Self.quantile(0.99, of: $1.weights)) }
        let largest = histograms.reduce(0.0) { max($0, $1.weights.max() ?? 0) }
        var data = PlotData(name: dataName, columns: ["panel", "epoch", "from", "to", "share", "ignored"])
        for (panel, epoch, weights) in histograms {
            var counts = [Int](repeating: 0, count: Self.bins)
            for weight in weights {
                counts[Int(min(weight / top * Double(Self.bins), Double(Self.bins - 1)))] += 1
            }
            let ignored = Double(weights.count { $0 == 0 }) / Double(max(weights.count, 1))
            for (bin, count) in counts.enumerated() where count > 0 {
                let width = top / Double(Self.bins)
                data.rows.append([
                    .text(panel.label), .text(String(epoch)), .plotted(Double(bin) * width),
                    .plotted(Double(bin + 1) * width), .plotted(Double(count) / Double(weights.count)),
                    .plotted(ignored),
                ])
            }
        }
        guard !data.rows.isEmpty else { return nil }
        let labels = run.panels.map(\.label).filter { label in histograms.contains { $0.panel.label == label } }
        return Chart(
            stem: stem, subject: .weights, run: run.name, title: "PMI weights of the samples",
            caption: "Share of samples by weight, relative to equal weights, at "
                + "\(shown.count == 1 ? "epoch" : "epochs") \(shown.map(String.init).joined(separator: ", ")); "
                + "discretized by \(run.headline). 0: ignored. 1: counted as if unweighted."
                + (largest > top
                    ? " The last bar also holds what weighs more, up to \(Decimal.rounded(largest, places: 1))." : ""),
            body: ChartStyle.facets(
                panels: labels.count, cell: (width: 240, height: 150), columns: 4, inner(epochs: shown.map(String.init))
            ),
            data: data.placed(among: labels))
    }

    /// n·max(0, PMI_s)/Σ: 1 for every sample when all count alike; all 0 when no PMI is positive.
    static func relativeWeights(_ pointwise: [Double]) -> [Double] {
        let total = pointwise.reduce(0) { $0 + max(0, $1) }
        guard total > 0 else { return pointwise.map { _ in 0 } }
        return pointwise.map { Double(pointwise.count) * max(0, $0) / total }
    }

    /// The smallest value that at most a share of 1 − `share` exceeds; 0 for none.
    private static func quantile(_ share: Double, of values: [Double]) -> Double {
        let sorted = values.sorted()
        return sorted.isEmpty ? 0 : sorted[min(sorted.count - 1, Int((Double(sorted.count) * share).rounded(.up)) - 1)]
    }

    private func inner(epochs: [String]) -> JSON {
        let colors: [JSON] = [.text(Viridis.hex(0.12)), .text(Viridis.hex(0.52)), .text(Viridis.hex(0.9))]
        let range: [JSON] = epochs.count == 2 ? [colors[0], colors[2]] : Array(colors.prefix(epochs.count))
        return [
            "mark": ["type": "bar", "opacity": 0.55, "binSpacing": 0],
            "encoding": [
                "x": [
                    "field": "from", "type": "quantitative", "bin": ["binned": true], "title": "weight × n",
                    "axis": ["tickCount": 5, "grid": false],
                ],
                "x2": ["field": "to"],
                "y": [
                    "field": "share", "type": "quantitative", "stack": nil, "title": "share of samples",
                    "axis": ["format": "%", "tickCount": 4],
                ],
                "color": [
                    "field": "epoch", "type": "nominal", "title": "epoch",
                    "scale": ["domain": .texts(epochs), "range": .list(range)],
                ],
                "tooltip": [
                    ["field": "epoch"], ["field": "from", "type": "quantitative", "title": "weight × n from"],
                    ["field": "to", "type": "quantitative"],
                    ["field": "share", "type": "quantitative", "format": ".2%", "title": "share of samples"],
                    ["field": "ignored", "type": "quantitative", "format": ".2%", "title": "weight 0"],
                ],
            ],
        ]
    }
}
