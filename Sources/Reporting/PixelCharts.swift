internal import Results

#if canImport(Darwin)
    internal import Darwin
#else
    internal import Glibc
#endif

/// For image inputs: I(X_i;Q) of every pixel as a picture, a strip of epochs per layer.
struct PixelCharts {
    let run: Run

    /// The most epochs of a strip.
    private static let mostEpochs = 9
    /// The most bytes that all pictures of a run take.
    private static let mostBytes = 1_200_000

    /// One chart per target, of the first split; none where the inputs are no images, were reduced, or no terms were kept.
    func charts(stem: String, dataName: String) -> [Chart] {
        let shapes = Dictionary(
            run.archive.splits.compactMap { split in ImageShape(split.inputShape).map { (split.name, $0) } },
            uniquingKeysWith: { first, _ in first })
        let pairs = Dictionary(uniqueKeysWithValues: run.panels.map { ([$0.split, $0.layer], $0) })
        let kept = run.featureTerms.filter { key, terms in
            key.split == run.splits.first && key.quantity == .complexity && key.discretization == run.headline
                && key.epoch != nil
                && shapes[key.split]?.count == terms.single.count && !key.parameters.contains("reduce=")
        }
        let targets = Set(kept.map(\.key.target)).count
        // The weighted targets first, as everywhere.
        let ordered = Dictionary(grouping: kept, by: \.key.target).sorted {
            ($0.key.hasPrefix("pmi") ? 0 : 1, $0.key) < ($1.key.hasPrefix("pmi") ? 0 : 1, $1.key)
        }
        return ordered.enumerated().compactMap {
            place, entry in
            let (target, kept) = entry
            let all = Set(kept.compactMap(\.key.epoch)).sorted()
            guard let shape = shapes[kept[0].key.split] else { return nil }
            let bytes = (shape.width * shape.height + 400) * 4 / 3
            let strips = Set(kept.map(\.key.layer)).count * targets
            let epochs = Self.spread(all, most: min(Self.mostEpochs, max(2, Self.mostBytes / bytes / strips)))
            var maps: [(panel: Run.Panel, epoch: Int, shape: ImageShape, values: [Double])] = []
            var seen: Set<String> = []
            for (key, terms) in kept {
                guard let epoch = key.epoch, epochs.contains(epoch), let shape = shapes[key.split],
                    let panel = pairs[[key.split, key.layer]], seen.insert("\(panel.layer)\n\(epoch)").inserted
                else { continue }
                maps.append((panel, epoch, shape, shape.pixels(of: terms.single)))
            }
            let rank = Dictionary(uniqueKeysWithValues: run.panels.enumerated().map { ($1, $0) })
            maps.sort { (rank[$0.panel, default: 0], $0.epoch) < (rank[$1.panel, default: 0], $1.epoch) }
            let top = maps.reduce(0) { max($0, $1.values.max() ?? 0) }
            var data = PlotData(
                name: dataName + (place == 0 ? "" : "-\(place + 1)"),
                columns: ["panel", "url", "value", "largest", "mean"])
            for map in maps {
                let picture = Picture(width: map.shape.width, height: map.shape.height, values: map.values)
                data.rows.append([
                    .text(Self.label(map.panel, map.epoch)), .text(picture.address(top: top)),
                    data.rows.isEmpty ? 0 : .plotted(top), .plotted(map.values.max()),
                    .plotted(map.values.reduce(0, +) / Double(max(map.values.count, 1))),
                ])
            }
            let constant = top > 0 ? "" : " All of them are 0."
            return Chart(
                stem: stem + "-" + Report.fileWord(target), subject: .pixels, run: run.name,
                title: "I(X_i;Q) per pixel, target \(target)",
                caption: "Every layer from left to right through training"
                    + (epochs.count < all.count ? " (\(epochs.count) of \(all.count) epochs)" : "")
                    + (run.splits.count > 1 ? ", split \(kept[0].key.split)" : "")
                    + ". One colour scale: the lightest pixel shares "
                    + "\(Decimal.rounded(top, places: 3)) bits with the target.\(constant)",
                body: ChartStyle.facets(
                    panels: maps.count, cell: (width: Self.side, height: Self.side), columns: epochs.count,
                    multiple: epochs.count, isStretchable: false, inner(top: top)),
                data: data.placed(among: maps.map { Self.label($0.panel, $0.epoch) }))
        }
    }

    /// The width of a picture on the page, in pixels.
    private static let side = 88

    /// At most this many epochs: the first, the last, and the others so that early ones, when most happens, stand closer.
    private static func spread(_ epochs: [Int], most: Int) -> [Int] {
        guard epochs.count > most else { return epochs }
        let last = Double(epochs.count - 1)
        return Set((0..<most).map { Int((pow(last + 1, Double($0) / Double(most - 1)) - 1).rounded()) }).sorted()
            .map { epochs[$0] }
    }

    private static func label(_ panel: Run.Panel, _ epoch: Int) -> String { "\(panel.layer), epoch \(epoch)" }

    private func inner(top: Double) -> JSON {
        let legend: JSON = [
            "field": "value", "type": "quantitative", "title": "I(X_i;Q) in bits",
            "scale": ["scheme": "viridis", "domain": [0, .number(top > 0 ? top : 1)]],
            "legend": ["gradientLength": 180],
        ]
        return [
            "view": ["stroke": nil],
            "layer": [
                [
                    "mark": [
                        "type": "image", "width": .whole(Self.side), "height": .whole(Self.side), "smooth": false,
                        "aspect": false,
                    ],
                    "encoding": [
                        "x": ["value": .whole(Self.side / 2)], "y": ["value": .whole(Self.side / 2)],
                        "url": ["field": "url", "type": "nominal"],
                        "tooltip": [
                            ["field": "panel", "title": "layer, epoch"],
                            ["field": "largest", "type": "quantitative", "title": "largest, bits"],
                            ["field": "mean", "type": "quantitative", "title": "mean, bits"],
                        ],
                    ],
                ],
                [
                    "mark": ["type": "point", "opacity": 0, "size": 1, "tooltip": false],
                    "encoding": ["x": ["value": 0], "y": ["value": 0], "color": legend],
                ],
            ],
        ]
    }
}

/// The shape of an image input: height × width, with up to four channels before or behind.
struct ImageShape {
    let height: Int
    let width: Int
    private let channels: Int
    private let channelsFirst: Bool

    /// Reads the recorded shape of one input; nil where it is no image.
    init?(_ shape: [Int]) {
        switch shape.count {
        case 2: (height, width, channels, channelsFirst) = (shape[0], shape[1], 1, true)
        case 3 where shape[0] <= 4: (height, width, channels, channelsFirst) = (shape[1], shape[2], shape[0], true)
        case 3 where shape[2] <= 4: (height, width, channels, channelsFirst) = (shape[0], shape[1], shape[2], false)
        default: return nil
        }
        guard height > 1, width > 1, channels > 0, height <= 1024, width <= 1024 else { return nil }
    }

    /// The number of input features.
    var count: Int { height * width * channels }

    /// The mean over the channels of each pixel, row by row.
    func pixels(of features: [Double]) -> [Double] {
        let pixels = height * width
        return (0..<pixels).map { pixel in
            var sum = 0.0
            for channel in 0..<channels {
                sum += features[channelsFirst ? channel * pixels + pixel : pixel * channels + channel]
            }
            return sum / Double(channels)
        }
    }
}
