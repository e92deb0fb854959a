internal import Results

/// What a terminal shows of a report: headings, sentences and tables of plain text, without escape codes.
///
/// Values are in bits, rounded to 3 decimals; `export` gives all digits.
public struct Summary: Sendable, Hashable {
    /// A table of text; every row has as many entries as there are columns.
    public struct Table: Sendable, Hashable {
        /// What the table lists.
        public let title: String
        /// The headings.
        public let columns: [String]
        /// The rows.
        public let rows: [[String]]
    }

    /// What is said of one run.
    public struct Section: Sendable, Hashable {
        /// The run's name and title.
        public let heading: String
        /// The last epoch of every layer, per split.
        public let tables: [Table]
        /// What else to know before trusting the table, one sentence each.
        public let sentences: [String]
    }

    /// One row per run and split: how many layers are saturated at the last epoch, and of the others the one whose I(X;Z)
    /// fell furthest below its peak.
    public let overview: Table
    /// One section per run.
    public let sections: [Section]

    init(_ runs: [Run]) {
        overview = Self.overview(of: runs)
        sections = runs.map { run in
            Section(
                heading: run.archive.title.isEmpty ? run.name : "\(run.name): \(run.archive.title)",
                tables: Self.tables(of: run), sentences: Self.sentences(on: run))
        }
    }

    private static func overview(of runs: [Run]) -> Table {
        var rows: [[String]] = []
        let name = runs.lazy.compactMap { Self.target(of: $0) }.first.map { "C \($0.name)" } ?? "C"
        for run in runs {
            let inputs = run.series(.inputInformation).first
            let labels = run.series(.labelInformation).first
            let target = Self.target(of: run)
            for split in run.splits {
                let panels = run.panels.filter { $0.split == split && inputs?.rows[$0]?.isEmpty == false }
                let open = panels.filter { inputs?.rows[$0]?.last?.flags.contains("saturated") == false }
                var row = [
                    run.archive.title.isEmpty ? run.name : run.archive.title, split,
                    "\(panels.count - open.count) of \(panels.count)",
                ]
                func fall(_ panel: Run.Panel) -> Double {
                    let values = (inputs?.rows[panel] ?? []).map(\.value)
                    return (values.max() ?? 0) - (values.last ?? 0)
                }
                if let moved = open.max(by: { fall($0) < fall($1) }), let last = inputs?.rows[moved]?.last {
                    row += [
                        moved.layer, "\(bits(last.value + fall(moved))) → \(bits(last.value))",
                        bits(labels?.rows[moved]?.last?.value), bits(target?.rows[moved]?.last?.value),
                    ]
                } else {
                    row += ["–", "–", "–", "–"]
                }
                rows.append(row)
            }
        }
        return Table(
            title:
                "At the last epoch, in bits; the layer is the one, of those not saturated, whose I(X;Z) fell furthest",
            columns: ["run", "split", "saturated", "layer", "I(X;Z): peak → last", "I(Z;Y)", name], rows: rows)
    }

    /// The target whose complexity the tables show: the default one where there is it.
    private static func target(of run: Run) -> Run.Series? {
        let targets = run.series(.complexity)
        return targets.first { $0.target == "pmi-label" } ?? targets.first
    }

    private static func tables(of run: Run) -> [Table] {
        let inputs = run.series(.inputInformation).first
        let labels = run.series(.labelInformation).first
        let target = Self.target(of: run)
        return run.splits.compactMap { split in
            var rows: [[String]] = []
            var epoch: Int?
            for panel in run.panels where panel.split == split {
                let x = inputs?.rows[panel] ?? []
                let y = labels?.rows[panel]?.last
                let c = target?.rows[panel]?.last
                guard let last = x.last ?? y ?? c else { continue }
                epoch = max(epoch ?? .min, last.key.epoch ?? .min)
                let peak = x.max { $0.value < $1.value }
                let flags = FlagMeaning.ordered([x.last, y, c].compactMap { $0?.flags }.joined())
                let moved = peak.map { "\(bits($0.value)) at \($0.key.epoch.map(String.init) ?? "–")" } ?? "–"
                rows.append(
                    [panel.layer, bits(x.last?.value), moved, bits(y?.value)] + (target == nil ? [] : [bits(c?.value)])
                        + [flags.joined(separator: ", ")])
            }
            guard !rows.isEmpty else { return nil }
            return Table(
                title: "split \(split), epoch \(epoch.map(String.init) ?? "–"), \(run.headline), in bits",
                columns: ["layer", "I(X;Z)", "its peak (epoch)", "I(Z;Y)"]
                    + (target.map { ["C \($0.name)"] } ?? []) + ["flags"],
                rows: rows)
        }
    }

    private static func sentences(on run: Run) -> [String] {
        var sentences: [String] = []
        let inputs = run.series(.inputInformation).first
        for split in run.splits {
            let rows = run.panels.filter { $0.split == split }.compactMap { inputs?.rows[$0] }.joined()
            let saturated = rows.filter { $0.flags.contains("saturated") }
            guard !saturated.isEmpty, let samples = run.samples(of: split) else { continue }
            let ceiling = saturated.compactMap(\.ceiling).max().map { " = \(bits($0)) bits" } ?? ""
            sentences.append(
                "\(saturated.count) of \(rows.count) values of I(X;Z) on split \(split) are saturated: they say log2 n\(ceiling) "
                    + "(n = \(samples)), not the network.")
        }
        if !run.failures.isEmpty {
            let cells = run.failures.count == 1 ? "1 cell" : "\(run.failures.count) cells"
            sentences.append("\(cells) could not be analyzed; the first reason: \(run.failures[0].reason)")
        }
        return sentences
    }

    private static func bits(_ value: Double?) -> String { value.map { Decimal.rounded($0, places: 3) } ?? "–" }
}
