internal import Results

/// One archive's results as the report shows them: named, described, and reduced to one series per quantity.
struct Run: Sendable {
    /// The name under which the report shows the run; no two runs share it.
    let name: String
    /// What the results keep of the archive.
    let archive: AnalyzedArchive
    /// The discretization of the planes, tables and GIB terms: the one with most GIB complexities, else with most
    /// measurements; of several, the one that was asked for first.
    let headline: String
    /// The analyzed splits: `all` and `train` first, then in the archive's order.
    let splits: [String]
    /// The analyzed pairs of split and layer, in order.
    let panels: [Panel]
    /// The cells that could not be analyzed.
    let failures: [Failure]
    /// All measurements of the archive, in the order of tables.
    let measurements: [Measurement]
    /// The kept terms of GIB complexities, in the order of tables.
    let featureTerms: [(key: Measurement.Key, terms: FeatureTerms)]
    /// The kept PMI per sample, in the order of tables.
    let pointwise: [(key: Measurement.Key, values: [Double])]

    private let byQuantity: [Quantity: [Measurement]]

    /// One layer of one split.
    struct Panel: Sendable, Hashable {
        let split: String
        let layer: String
        let order: Int
        /// The layer's name, with the split's where the run has several.
        let label: String
    }

    /// The measurements of one quantity that are drawn as one series per panel.
    struct Series: Sendable {
        /// The target, with the parameters where one target has several; empty for quantities without a target.
        let name: String
        let target: String
        /// The rows of each panel, by epoch.
        let rows: [Panel: [Measurement]]
    }

    init?(name: String, archive id: String, of results: ResultSet) {
        let measurements = results.measurements.filter { $0.key.archive == id }.sorted { $0.key < $1.key }
        let failures = results.failures.filter { $0.archive == id }
        let archive = results.archives[id] ?? Self.described(id, by: measurements)
        self.name = name
        self.archive = archive
        self.measurements = measurements
        self.failures = failures
        headline = Self.headline(of: measurements, asked: results.askedDiscretizations)
        byQuantity = Dictionary(grouping: measurements, by: \.key.quantity)
        let known = archive.splits.map(\.name)
        let analyzed = Set(measurements.map(\.key.split))
        let present = known.filter(analyzed.contains) + analyzed.subtracting(known).sorted()
        let splits = ["all", "train"].filter(present.contains) + present.filter { !["all", "train"].contains($0) }
        self.splits = splits
        var seen: Set<[String]> = []
        var panels: [Panel] = []
        for key in measurements.map(\.key) where !key.layer.isEmpty && seen.insert([key.split, key.layer]).inserted {
            panels.append(
                Panel(
                    split: key.split, layer: key.layer, order: key.order ?? .max,
                    label: splits.count > 1 ? "\(key.split) · \(key.layer)" : key.layer))
        }
        let place = Dictionary(uniqueKeysWithValues: splits.enumerated().map { ($1, $0) })
        self.panels = panels.sorted {
            (place[$0.split, default: 0], $0.order, $0.layer) < (place[$1.split, default: 0], $1.order, $1.layer)
        }
        featureTerms = results.featureTerms.filter { $0.key.archive == id }
            .sorted { $0.key < $1.key }.map { (key: $0.key, terms: $0.value) }
        pointwise = results.pointwise.filter { $0.key.archive == id }
            .sorted { $0.key < $1.key }.map { (key: $0.key, values: $0.value) }
        if measurements.isEmpty && failures.isEmpty { return nil }
    }

    /// The names of the layers, in order, each once.
    var layers: [String] {
        var seen: Set<String> = []
        return panels.sorted { $0.order < $1.order }.map(\.layer).filter { seen.insert($0).inserted }
    }

    /// All epochs with a measurement, ascending.
    var epochs: [Int] { Set(measurements.compactMap(\.key.epoch)).sorted() }

    /// All measurements of a quantity, in the order of tables.
    func rows(of quantity: Quantity) -> [Measurement] { byQuantity[quantity] ?? [] }

    /// The series of a quantity under the headline discretization, one per target and parameters; where a split was
    /// analyzed with several sample counts, the largest. O(m).
    func series(_ quantity: Quantity) -> [Series] {
        series(of: rows(of: quantity).filter { $0.key.discretization == headline })
    }

    /// The series among `rows` of one quantity and discretization.
    func series(of rows: [Measurement]) -> [Series] {
        guard let estimator = Self.commonest(rows.map(\.key.estimator), preferred: ["plug-in"]) else { return [] }
        var samples: [String: Int] = [:]
        for row in rows { samples[row.key.split] = max(samples[row.key.split] ?? 0, row.key.samples) }
        let chosen = rows.filter { $0.key.estimator == estimator && $0.key.samples == samples[$0.key.split] }
        let panelOf = Dictionary(uniqueKeysWithValues: panels.map { ([$0.split, $0.layer], $0) })
        return Dictionary(grouping: chosen, by: \.key.target).sorted { $0.key < $1.key }.flatMap { target, rows in
            // The samples that fitted a reduction differ from split to split, and what is computed does not.
            let variants = Dictionary(grouping: rows) { row in
                row.key.parameters.split(separator: ";").filter { !$0.hasPrefix("fit=") }.joined(separator: ";")
            }.sorted { $0.key < $1.key }
            return variants.map { parameters, rows in
                let byPanel = Dictionary(grouping: rows) { panelOf[[$0.key.split, $0.key.layer]] }
                var kept: [Panel: [Measurement]] = [:]
                for (panel, rows) in byPanel { if let panel { kept[panel] = Self.onePerEpoch(rows) } }
                let words = [target, variants.count > 1 ? parameters : ""].filter { !$0.isEmpty }
                return Series(name: words.joined(separator: " "), target: target, rows: kept)
            }
        }
    }

    /// H(Y) of a split, in bits.
    func labelEntropy(of split: String) -> Double? {
        rows(of: .labelEntropy).last { $0.key.split == split }?.value
    }

    /// The largest number of samples that were analyzed of a split.
    func samples(of split: String) -> Int? {
        measurements.lazy.filter { $0.key.split == split }.map(\.key.samples).max()
    }

    private static func onePerEpoch(_ rows: [Measurement]) -> [Measurement] {
        var seen: Set<Int?> = []
        return rows.filter { seen.insert($0.key.epoch).inserted }.sorted { ($0.key.epoch ?? 0) < ($1.key.epoch ?? 0) }
    }

    private static func headline(of measurements: [Measurement], asked: [String]) -> String {
        let complexities = measurements.filter { $0.key.quantity == .complexity }
        let candidates = complexities.isEmpty ? measurements.filter { !$0.key.layer.isEmpty } : complexities
        return commonest(candidates.map(\.key.discretization), preferred: asked) ?? ""
    }

    /// The word that occurs most often; of equally common ones the first preferred, else the first in order.
    private static func commonest(_ words: [String], preferred: [String]) -> String? {
        var counts: [String: Int] = [:]
        for word in words { counts[word, default: 0] += 1 }
        let most = counts.values.max()
        let commonest = counts.filter { $0.value == most }.keys
        return preferred.first(where: commonest.contains) ?? commonest.min()
    }

    /// A description of an archive of which the results keep only measurements.
    private static func described(_ id: String, by measurements: [Measurement]) -> AnalyzedArchive {
        AnalyzedArchive(
            id: id, title: "", model: "", producer: "", created: "", hyperparameters: "", contentDigest: "",
            epochs: Set(measurements.compactMap(\.key.epoch)).sorted(), metrics: [],
            splits: Set(measurements.map(\.key.split)).sorted().map {
                .init(name: $0, samples: 0, inputShape: [], inputsPerEpoch: false, classNames: [])
            }, layers: [])
    }
}
