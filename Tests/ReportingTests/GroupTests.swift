import Foundation
import Reporting
import Results
import Testing

@Suite struct `Groups of runs` {
    /// Three seeds; with a value of each that is known.
    private func seeds() -> [(name: String, results: ResultSet)] {
        (1...3).map { seed in
            var run = SyntheticRun(id: "seed \(seed)", title: "tanh, seed \(seed)")
            run.seed = UInt64(seed)
            run.epochs = [0, 2, 9]
            return ("s\(seed).h5", run.results)
        }
    }

    private var group: Report.Group { .init(name: "tanh", members: ["s1.h5", "s2.h5", "s3.h5"]) }

    @Test func `have the mean over their runs at every point, and an interval that holds it`() throws {
        let results = seeds()
        let report = try Report(results, groups: [group])
        let chart = try #require(report.charts.first)
        #expect(chart.run == "tanh")
        let rows = try data(chart)
        #expect(rows.count == SyntheticRun().layers.count * 3)
        for row in rows {
            let layer = try #require(row["layer"] as? String)
            let epoch = try #require(row["epoch"] as? Int)
            let values = results.compactMap { name, set in
                set.measurements.first {
                    $0.key.layer == layer && $0.key.epoch == epoch && $0.key.quantity == .inputInformation
                        && $0.key.discretization == "width:30@run"
                }?.value
            }
            #expect(values.count == 3)
            let mean = values.reduce(0, +) / 3
            let shown = try #require(row["ixz"] as? Double)
            // Plotted values are rounded to 0.0001.
            #expect(abs(shown - mean) <= 0.00005 + 1e-12)
            let spread = values.map { ($0 - mean) * ($0 - mean) }.reduce(0, +) / 2
            // 4.302653 is the 0.975 quantile of Student's distribution with 2 degrees of freedom.
            let half = 4.302653 * (spread / 3).squareRoot()
            let (low, high) = (try #require(row["ixzl"] as? Double), try #require(row["ixzh"] as? Double))
            #expect(abs((high - low) / 2 - half) <= 0.00005 + 1e-6 * half)
        }
    }

    @Test func `show one run of each in detail, and say which`() throws {
        let report = try Report(seeds() + [("alone.h5", SyntheticRun().results)], groups: [group])
        let detailed = report.charts.filter { $0.subject == .sweep }.map(\.run)
        #expect(detailed == ["s1.h5", "alone.h5"])
        let html = PageText(report.html(vega: .network))
        #expect(html.contains("<small>the first run of tanh</small>"))
        #expect(html.contains("The runs: s1.h5, s2.h5, s3.h5."))
    }

    @Test func `that cannot be averaged are refused by name`() throws {
        var results = seeds()
        var other = SyntheticRun(id: "other")
        other.epochs = [1]
        results[2].results = other.results
        let nothing = #expect(throws: ReportingError.self) { try Report(results, groups: [group]) }
        #expect(nothing?.description.hasPrefix("group tanh: no split, layer and epoch is in all of its runs") == true)

        other.epochs = [0, 2]
        other.targets = []
        other.discretizations = ["width:100@run"]
        results[2].results = other.results
        let unlike = #expect(throws: ReportingError.self) { try Report(results, groups: [group]) }
        #expect(unlike?.problem.contains("width:100@run, width:30@run") == true)
    }
}

@Suite struct `The headline` {
    /// A run whose I(X;Z) falls in the given layers and is flat in the others, with small standard errors.
    private func run(_ id: String, falling: Set<String>) -> ResultSet {
        var results = ResultSet()
        for (order, layer) in ["fc1", "fc2"].enumerated() {
            for (record, epoch) in [0, 5, 10].enumerated() {
                var key = Measurement.Key(
                    archive: id, split: "all", layer: layer, order: order, epoch: epoch, quantity: .inputInformation,
                    discretization: "width:30@run", samples: 1000)
                let value = falling.contains(layer) ? [4, 5, 2.5][record] : 4
                results.insert(Measurement(key: key, value: value, standardError: 0.01, ceiling: 9.97))
                key.quantity = .labelInformation
                results.insert(Measurement(key: key, value: 0.9, standardError: 0.001, ceiling: 1))
            }
        }
        return results
    }

    private func headline(_ report: Report) throws -> String {
        let html = report.html(vega: .network)
        return String(try #require(html.firstMatch(of: /<h1>([^<]*)<\/h1>/)).1)
    }

    @Test func `says which layers compress, by how much and how sure that is`() throws {
        let report = try Report([("a.h5", run("a", falling: ["fc2"]))])
        #expect(try headline(report) == "fc2 compresses its input; fc1 does not.")
        // (5 − 2.5)/5; SE = √((0.01/5)² + (2.5·0.01/25)²) = 0.0022; two epochs, two layers: c = z(1 − 0.05/8) = 2.50.
        #expect(PageText(report.html(vega: .network)).contains("it falls by 50% (95% interval 49% to 51%"))
    }

    @Test func `says that none does`() throws {
        #expect(
            try headline(try Report([("a.h5", run("a", falling: []))]))
                == "fc1 and fc2 do not compress their input.")
    }

    @Test func `counts several runs`() throws {
        let results = [("a.h5", run("a", falling: ["fc2"])), ("b.h5", run("b", falling: ["fc1", "fc2"]))]
        #expect(
            try headline(try Report(results)) == "fc2 compresses its input in both runs, fc1 in 1 of 2.")
    }

    @Test func `says that it cannot be decided where nothing tells of chance`() throws {
        #expect(
            try headline(try Report([("a", SyntheticRun().results)])).hasSuffix("cannot be decided."))
    }
}

@Suite struct `Figures and tables for papers` {
    @Test func `every chart is there at both widths, its data within, without the page's layout`() throws {
        let report = try Report([("a", SyntheticRun().results)])
        #expect(report.figures.count == 2 * report.charts.count)
        #expect(Set(report.figures.map(\.stem)).count == report.figures.count)
        for figure in report.figures {
            let object = try JSONSerialization.jsonObject(with: Data(figure.specification.utf8)) as? [String: Any]
            let specification = try #require(object)
            #expect((specification["usermeta"] as? [String: Any])?.isEmpty == true)
            #expect(specification["datasets"] != nil && specification["background"] as? String == "#ffffff")
        }
    }

    @Test func `tables hold every layer, and text of files is no command`() throws {
        var run = SyntheticRun()
        run.layers = ["fc_1", "50%\\input{x}"]
        let text = try Report([("a_b.h5", run.results)]).latex
        #expect(text.contains("a\\_b.h5: last recorded epoch"))
        #expect(text.contains("fc\\_1 & "))
        #expect(text.contains("50\\%\\textbackslash{}input\\{x\\} & "))
        #expect(!text.contains("\\input"))
        #expect(text.contains("\\begin{tabular}{lrrr}"))
        let columns = "l" + String(repeating: "r", count: 1 + run.targets.count)
        #expect(text.contains("\\begin{tabular}{\(columns)}"))
    }
}
