internal import Findings
internal import Results

/// What the planes and their curves show together: one run, or the mean over a group of runs.
struct Stage: Sendable {
    /// A number with its interval: of sampling for one run, over the runs for a group.
    struct Value: Sendable {
        let value: Double
        let interval: ClosedRange<Double>?
        let ceiling: Double?
    }

    /// One layer of one split at one epoch.
    struct Row: Sendable {
        let panel: Run.Panel
        let epoch: Int
        let samples: Int
        /// I(X;Z) and I(Z;Y).
        let input: Value
        let label: Value
        /// The GIB complexity of each target of the stage; nil where it was not computed.
        let complexities: [Value?]
        /// The flags of the IB terms.
        let flags: [String]
        /// The flags of the complexities.
        let complexityFlags: [String]

        var isSaturated: Bool { flags.contains("saturated") }
    }

    /// The runs that it shows; more than one for a group.
    let runs: [Run]
    /// The name under which it stands.
    let name: String
    /// The splits, in the archive's order.
    let splits: [String]
    /// The layers, in their order.
    let layers: [String]
    /// The names of the GIB series, the default target first.
    let targets: [String]
    /// In the order of splits, layers and epochs.
    let rows: [Row]
    /// Each metric with its values by epoch.
    let metrics: [(name: String, values: [(epoch: Int, value: Value)])]

    /// The epochs of the rows, ascending.
    var epochs: [Int] { Set(rows.map(\.epoch)).sorted() }

    var isGroup: Bool { runs.count > 1 }

    /// What the intervals are of, in words; empty where there are none.
    var intervalNote: String {
        guard rows.contains(where: { $0.input.interval != nil }) else { return "" }
        return isGroup
            ? "Lines and points are means over \(runs.count) runs, bands and bars their 95% intervals "
                + "(Student's, which know no bounds; the axes cut them)."
            : "Bands and bars are 95% intervals of sampling; bias is not in them."
    }

    /// The stage of one run.
    init(_ run: Run) {
        self.init(name: run.name, runs: [run], cells: [Self.cells(of: run)])
    }

    /// The stage of a group of runs: means where every run of the group has a value.
    ///
    /// - Throws: where the runs have not the same headline discretization, or no cell in common.
    init(group: String, _ runs: [Run]) throws(ReportingError) {
        let headlines = Set(runs.map(\.headline)).sorted()
        guard headlines.count < 2 else {
            throw ReportingError(
                place: "group \(group)",
                problem: "the runs have different headline discretizations (\(headlines.joined(separator: ", ")))",
                remedy: "Analyze them alike, or put them into groups of their own.")
        }
        self.init(name: group, runs: runs, cells: runs.map(Self.cells))
        guard !rows.isEmpty else {
            throw ReportingError(
                place: "group \(group)",
                problem:
                    "no split, layer and epoch is in all of its runs (\(runs.map(\.name).joined(separator: ", ")))",
                remedy: "Analyze the same layers and epochs, or put the runs into groups of their own.")
        }
    }

    /// One cell of one run before it is averaged.
    private struct Cell {
        let panel: Run.Panel
        let input: Measurement
        let label: Measurement
        let complexities: [String: Measurement]
    }

    private struct Place: Hashable {
        let split: String
        let layer: String
        let epoch: Int
    }

    private init(name: String, runs: [Run], cells: [[Place: Cell]]) {
        self.name = name
        self.runs = runs
        let shared = cells.dropFirst().reduce(Set(cells.first?.keys.map(\.self) ?? [])) {
            $0.intersection($1.keys)
        }
        let names = Set(cells.flatMap { $0.values.flatMap(\.complexities.keys) }).sorted()
        let targets = names.filter { $0.hasPrefix("pmi-label") } + names.filter { !$0.hasPrefix("pmi-label") }
        var rows: [Row] = []
        let first = runs.first
        for panel in first?.panels ?? [] {
            let places = shared.filter { $0.split == panel.split && $0.layer == panel.layer }.map(\.epoch).sorted()
            for epoch in places {
                let place = Place(split: panel.split, layer: panel.layer, epoch: epoch)
                let members = cells.compactMap { $0[place] }
                guard let head = members.first else { continue }
                rows.append(
                    Row(
                        panel: panel, epoch: epoch, samples: head.input.key.samples,
                        input: Self.value(members.map(\.input)), label: Self.value(members.map(\.label)),
                        complexities: targets.map { target in
                            let own = members.compactMap { $0.complexities[target] }
                            return own.count == members.count ? Self.value(own) : nil
                        }, flags: FlagMeaning.ordered(members.flatMap { $0.input.flags + $0.label.flags }),
                        complexityFlags: FlagMeaning.ordered(
                            members.flatMap { $0.complexities.values.flatMap(\.flags) })))
            }
        }
        self.rows = rows
        self.targets = targets
        let present = Set(rows.map(\.panel.split))
        splits = (first?.splits ?? []).filter(present.contains)
        let drawn = Set(rows.map(\.panel.layer))
        layers = (first?.layers ?? []).filter(drawn.contains)
        metrics = Self.metrics(of: runs)
    }

    private static func cells(of run: Run) -> [Place: Cell] {
        guard let input = run.series(.inputInformation).first, let label = run.series(.labelInformation).first else {
            return [:]
        }
        let complexities = run.series(.complexity)
        var cells: [Place: Cell] = [:]
        for panel in run.panels {
            let labels = byEpoch(label.rows[panel])
            let others = complexities.map { ($0.name, byEpoch($0.rows[panel])) }
            for row in input.rows[panel] ?? [] {
                guard let epoch = row.key.epoch, let relevance = labels[epoch] else { continue }
                var own: [String: Measurement] = [:]
                for (name, rows) in others { own[name] = rows[epoch] }
                cells[Place(split: panel.split, layer: panel.layer, epoch: epoch)] = Cell(
                    panel: panel, input: row, label: relevance, complexities: own)
            }
        }
        return cells
    }

    private static func byEpoch(_ rows: [Measurement]?) -> [Int: Measurement] {
        Dictionary(
            (rows ?? []).compactMap { row in row.key.epoch.map { ($0, row) } }, uniquingKeysWith: { first, _ in first })
    }

    /// One measurement with the interval of its sampling, or the mean of several with that over the runs.
    private static func value(_ rows: [Measurement]) -> Value {
        let ceilings = rows.compactMap(\.ceiling)
        let ceiling = ceilings.count == rows.count ? ceilings.max() : nil
        if rows.count == 1 {
            // 0.975 quantile of the normal distribution.
            let interval = rows[0].standardError.map {
                rows[0].value - 1.959964 * $0...rows[0].value + 1.959964 * $0
            }
            return Value(value: rows[0].value, interval: interval, ceiling: ceiling)
        }
        let mean = StudentMean(of: rows.map(\.value))
        return Value(value: mean.mean, interval: mean.interval, ceiling: ceiling)
    }

    /// The metrics that all runs have, at the epochs at which all have them.
    private static func metrics(of runs: [Run]) -> [(name: String, values: [(epoch: Int, value: Value)])] {
        (runs.first?.archive.metrics ?? []).compactMap { metric in
            let series = runs.compactMap { run -> [Int: Double]? in
                guard let own = run.archive.metrics.first(where: { $0.name == metric.name }) else { return nil }
                var values: [Int: Double] = [:]
                for (epoch, value) in zip(run.archive.epochs, own.values) {
                    if let value, value.isFinite, values[epoch] == nil { values[epoch] = value }
                }
                return values
            }
            guard series.count == runs.count, let first = series.first else { return nil }
            let values = first.keys.sorted().compactMap { epoch -> (epoch: Int, value: Value)? in
                let all = series.compactMap { $0[epoch] }
                guard all.count == series.count else { return nil }
                let mean = StudentMean(of: all)
                return (epoch, Value(value: mean.mean, interval: mean.interval, ceiling: nil))
            }
            return values.isEmpty ? nil : (metric.name, values)
        }
    }
}
