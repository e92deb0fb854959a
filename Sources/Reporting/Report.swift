internal import Findings
public import Results

/// Charts, a page and a summary for the terminal, made from results alone.
///
/// Runs, and groups of runs, have planes and curves that the page links: a *stage* each. The other charts are those of
/// single runs. The same results give the same bytes. Nothing is read or printed; see `VegaSource` for the JavaScript that draws.
public struct Report: Sendable {
    /// The charts, in the order of the page: by subject, then by run.
    public let charts: [Chart]
    /// What a terminal shows of the same results.
    public let summary: Summary
    /// One run per archive.
    let runs: [Run]
    /// What has planes of its own: the groups, then the runs that are in none.
    let stages: [Stage]
    /// The runs that are shown in detail: of a group, the first.
    let detailed: [Run]
    /// Whether layers compress, by the name of the run.
    let verdicts: [String: [Verdict]]
    /// Every call of the analyzer that contributed.
    let calls: [Provenance]
    /// The epochs of all runs.
    let epochs: ClosedRange<Int>

    /// A group of results that repeat one experiment, such as its seeds.
    public struct Group: Sendable, Hashable {
        /// The name under which it stands.
        public let name: String
        /// The names of its results.
        public let members: [String]

        /// Names a group.
        public init(name: String, members: [String]) {
            self.name = name
            self.members = members
        }
    }

    /// Makes a report of one or more results; each archive within them is a run of its own.
    ///
    /// - Parameters:
    ///   - results: results with the names under which to show them, such as file names.
    ///   - groups: which of them are shown together, as mean and interval over the runs.
    ///   - reductions: kernel PCAs of their archives, with the names of their files.
    /// - Throws: where there is nothing to show: no measurement and no failure in any of them; where the runs of a group
    ///   cannot be averaged.
    /// - Complexity: O(m log m) in the measurements.
    public init(
        _ results: [(name: String, results: ResultSet)], groups: [Group] = [],
        reductions: [(name: String, reduction: StoredReduction)] = []
    ) throws(ReportingError) {
        var runs: [Run] = []
        var members: [String: [Run]] = [:]
        var names: Set<String> = []
        var verdicts: [String: [Verdict]] = [:]
        guard let test = try? CompressionTest() else { preconditionFailure("the default levels are valid") }
        for (name, set) in results {
            let ids = Set(set.archives.keys).union(set.measurements.map(\.key.archive))
                .union(set.failures.map(\.archive)).sorted()
            for id in ids {
                let title = set.archives[id]?.title ?? ""
                var unique = ids.count == 1 ? name : "\(name): \(title.isEmpty ? id : title)"
                var count = 1
                while names.contains(unique) {
                    count += 1
                    unique = "\(name) (\(count))"
                }
                guard let run = Run(name: unique, archive: id, of: set) else { continue }
                names.insert(unique)
                runs.append(run)
                members[name, default: []].append(run)
                verdicts[unique] = test.verdicts(from: set).filter { $0.archive == id }
            }
        }
        guard !runs.isEmpty else {
            throw ReportingError(
                place: results.isEmpty ? "report" : results.map(\.name).joined(separator: ", "),
                problem: "there is no measurement to show",
                remedy: "Give at least one results file that analyze has filled.")
        }
        var stages: [Stage] = []
        var grouped: Set<String> = []
        var examples: Set<String> = []
        for group in groups {
            let own = group.members.flatMap { members[$0] ?? [] }
            guard let first = own.first else {
                throw ReportingError(
                    place: "group \(group.name)", problem: "none of its results has a measurement",
                    remedy: "Analyze them first, or leave the group out.")
            }
            stages.append(try Stage(group: group.name, own))
            grouped.formUnion(own.map(\.name))
            examples.insert(first.name)
        }
        stages += runs.filter { !grouped.contains($0.name) }.map { Stage($0) }
        epochs = Self.range(of: runs)
        self.runs = runs
        self.stages = stages
        detailed = runs.filter { !grouped.contains($0.name) || examples.contains($0.name) }
        self.verdicts = verdicts
        calls = Self.distinct(results.flatMap(\.results.provenance))
        charts =
            Self.charts(of: stages, detailed, verdicts, epochs: self.epochs)
            + (try Self.charts(of: reductions, runs, ChartStyle(epochs: self.epochs)))
        summary = Summary(runs)
    }

    private static func range(of runs: [Run]) -> ClosedRange<Int> {
        let epochs = runs.flatMap { $0.epochs + $0.archive.epochs }
        return (epochs.min() ?? 0)...(epochs.max() ?? 0)
    }

    private static func distinct(_ calls: [Provenance]) -> [Provenance] {
        var seen: Set<Provenance> = []
        return calls.filter { seen.insert($0).inserted }
    }

    private static func charts(
        of stages: [Stage], _ runs: [Run], _ verdicts: [String: [Verdict]], epochs: ClosedRange<Int>
    ) -> [Chart] {
        var charts: [Chart] = []
        for (place, stage) in stages.enumerated() {
            let tail = stages.count > 1 ? "-\(place + 1)-\(fileWord(stage.name))" : ""
            let style = ChartStyle(epochs: epochs, axis: range(of: stage.runs))
            let data = StageTable(stage: stage, style: style).data(named: "stage-\(place + 1)")
            let curves = StageCurves(stage: stage, style: style)
            let own =
                PlaneChart(stage: stage, style: style).charts(tail: tail, data: data)
                + curves.terms(tail: tail, data: data)
                + curves.metrics(tail: tail, dataName: "metrics-\(place + 1)")
            charts += own.map { $0.standing(on: place) }
        }
        for subject in Chart.Subject.allCases {
            for (place, run) in runs.enumerated() {
                let tail = runs.count > 1 ? "-\(place + 1)-\(fileWord(run.name))" : ""
                let stem = subject.rawValue + tail
                let dataName = "\(subject.rawValue)-\(place + 1)"
                let style = ChartStyle(epochs: epochs, axis: range(of: [run]))
                let curves = CurveCharts(run: run, style: style)
                switch subject {
                case .informationPlane, .trajectories, .metrics, .kernel: break
                case .verdicts:
                    charts += VerdictGrid(run: run, verdicts: verdicts[run.name] ?? []).charts(
                        tail: tail, dataName: dataName)
                case .complexity: charts += [curves.complexities(stem: stem, dataName: dataName)].compactMap(\.self)
                case .sweep: charts += [curves.sweep(stem: stem, dataName: dataName)].compactMap(\.self)
                case .weights:
                    charts += WeightsChart(run: run, style: style).charts(stem: stem, dataName: dataName)
                case .pixels: charts += PixelCharts(run: run).charts(stem: stem, dataName: dataName)
                }
            }
        }
        return charts
    }

    private static func charts(
        of reductions: [(name: String, reduction: StoredReduction)], _ runs: [Run], _ style: ChartStyle
    ) throws(ReportingError) -> [Chart] {
        var charts: [Chart] = []
        for (place, (name, reduction)) in reductions.enumerated() {
            guard let run = runs.first(where: { $0.archive.id == reduction.archive }) else {
                throw ReportingError(
                    place: name,
                    problem: "the kernel PCA is of the archive \(reduction.archive), of which there are no results",
                    remedy: "Give the results of that archive too, or leave the reduction out.")
            }
            let tail = "-\(place + 1)-\(fileWord(reduction.source))"
            charts += KernelCharts(reduction: reduction, run: run, style: style).charts(
                tail: tail, dataName: "kernel-\(place + 1)")
        }
        return charts
    }

    /// `text` as a part of a file name: ASCII letters, digits and `-`, at most 40 of them.
    static func fileWord(_ text: String) -> String {
        let mapped = text.map { $0.isASCII && ($0.isLetter || $0.isNumber) ? $0 : "-" }
        return String(mapped.split(separator: "-").joined(separator: "-").prefix(40))
    }
}
