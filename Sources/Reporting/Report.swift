internal import Findings
public import Results

/// Charts, a page and a summary for the terminal, made from results alone.
///
/// The same results give the same bytes. Nothing is read or printed; see `VegaSource` for the JavaScript that draws.
public struct Report: Sendable {
    /// The charts, in the order of the page: by subject, then by run.
    public let charts: [Chart]
    /// What a terminal shows of the same results.
    public let summary: Summary
    /// One run per archive.
    let runs: [Run]
    /// Whether layers compress, by the name of the run.
    let verdicts: [String: [Verdict]]
    /// Every call of the analyzer that contributed.
    let calls: [Provenance]

    /// Makes a report of one or more results; each archive within them is a run of its own.
    ///
    /// - Parameter results: results with the names under which to show them, such as file names.
    /// - Throws: where there is nothing to show: no measurement and no failure in any of them.
    /// - Complexity: O(m log m) in the measurements.
    public init(_ results: [(name: String, results: ResultSet)]) throws(ReportingError) {
        var runs: [Run] = []
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
                verdicts[unique] = test.verdicts(from: set).filter { $0.archive == id }
            }
        }
        guard !runs.isEmpty else {
            throw ReportingError(
                place: results.isEmpty ? "report" : results.map(\.name).joined(separator: ", "),
                problem: "there is no measurement to show",
                remedy: "Give at least one results file that analyze has filled.")
        }
        self.runs = runs
        self.verdicts = verdicts
        calls = Self.distinct(results.flatMap(\.results.provenance))
        charts = Self.charts(of: runs)
        summary = Summary(runs)
    }

    private static func distinct(_ calls: [Provenance]) -> [Provenance] {
        var seen: Set<Provenance> = []
        return calls.filter { seen.insert($0).inserted }
    }

    private static func charts(of runs: [Run]) -> [Chart] {
        let styles = runs.map(ChartStyle.init)
        var charts: [Chart] = []
        for subject in Chart.Subject.allCases {
            for (place, run) in runs.enumerated() {
                let tail = runs.count > 1 ? "-\(place + 1)-\(fileWord(run.name))" : ""
                let stem = subject.rawValue + tail
                let dataName = "\(subject.rawValue)-\(place + 1)"
                let style = styles[place]
                let curves = CurveCharts(run: run, style: style)
                switch subject {
                case .informationPlane:
                    charts += PlaneChart(run: run, style: style).charts(stem: stem, dataName: dataName)
                case .trajectories: charts += [curves.trajectories(stem: stem, dataName: dataName)].compactMap(\.self)
                case .complexity: charts += [curves.complexities(stem: stem, dataName: dataName)].compactMap(\.self)
                case .sweep: charts += [curves.sweep(stem: stem, dataName: dataName)].compactMap(\.self)
                case .weights:
                    charts += [WeightsChart(run: run).chart(stem: stem, dataName: dataName)].compactMap(\.self)
                case .pixels: charts += PixelCharts(run: run).charts(stem: stem, dataName: dataName)
                case .metrics: charts += [curves.metrics(stem: stem, dataName: dataName)].compactMap(\.self)
                }
            }
        }
        return charts
    }

    /// `text` as a part of a file name: ASCII letters, digits and `-`, at most 40 of them.
    static func fileWord(_ text: String) -> String {
        let mapped = text.map { $0.isASCII && ($0.isLetter || $0.isNumber) ? $0 : "-" }
        return String(mapped.split(separator: "-").joined(separator: "-").prefix(40))
    }
}
