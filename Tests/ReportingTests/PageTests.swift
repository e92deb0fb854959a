import Foundation
import InformationTheory
import Reporting
import Results
import Testing

@Suite struct `The page` {
    static let hostile = "</script><script>alert(1)</script><img src=x onerror=alert(2)> & \"'\u{2028}<!--"

    static var hostileResults: ResultSet {
        var run = SyntheticRun(id: "id" + hostile, title: hostile)
        run.epochs = [0, 3]
        run.layers = ["fc1" + hostile, "fc2"]
        run.splits = ["s" + hostile]
        run.targets = ["pmi-label", "t" + hostile]
        run.inputShape = [4, 4]
        var results = run.results
        if var archive = results.archives[run.id] {
            archive.metrics = archive.metrics.map { .init(name: $0.name + hostile, values: $0.values) }
            archive.metrics.append(.init(name: "datum['x']\\", values: [1, 2]))
            results.insert(archive)
        }
        results.insert(
            Failure(archive: run.id, split: run.splits[0], layer: run.layers[0], epoch: 3, reason: hostile))
        results.insert(Provenance(request: hostile, toolVersion: hostile, seed: 7))
        return results
    }

    @Test func `text from files never becomes markup`() throws {
        let html = PageText(try Report([("name" + Self.hostile, Self.hostileResults)]).html(vega: .network))
        #expect(!html.contains("<script>alert"))
        #expect(!html.contains("<img"))
        #expect(!html.contains("<!--"))
        // One JSON script, three of the network, one of the page.
        #expect(html.count(of: "<script") == 5)
        #expect(html.count(of: "</script>") == 5)
    }

    @Test func `inlined JavaScript cannot end its element`() throws {
        let javascript = "window.vegaEmbed=1;const a='</script><!--</SCRIPT>',b=1</2/.exec(a);"
        let html = PageText(try Report([("a", SyntheticRun().results)]).html(vega: .inlined(javascript)))
        #expect(html.contains("const a='<\\/script><\\!--<\\/SCRIPT>',b=1</2/.exec(a);"))
        #expect(html.count(of: "https://") == html.count(of: "https://vega.github.io/schema/vega-lite/v5.json"))
    }

    @Test func `a page of the network pins exact versions`() throws {
        let html = PageText(try Report([("a", SyntheticRun().results)]).html(vega: .network))
        for package in ["vega@5.30.0", "vega-lite@5.21.0", "vega-embed@6.26.0"] {
            #expect(html.contains("src=\"https://cdn.jsdelivr.net/npm/\(package)\""))
        }
    }

    @Test func `tables lose no digit`() throws {
        let results = SyntheticRun().results
        let html = PageText(try Report([("a", results)]).html(vega: .network))
        let bare = PageText(html.text.replacing("<span class=\"rest\">", with: "").replacing("</span>", with: ""))
        let last = try #require(SyntheticRun().epochs.last)
        let shown = results.measurements.filter {
            $0.key.epoch == last && $0.key.discretization == "width:30@run" && $0.key.quantity != .labelEntropy
        }
        #expect(!shown.isEmpty)
        for row in shown { #expect(bare.contains(">\(row.value)<"), "\(row.key.quantity.rawValue)") }
    }

    @Test func `flags that occur are explained, others are not`() throws {
        let html = PageText(try Report([("a", SyntheticRun().results)]).html(vega: .network))
        #expect(html.contains("<th scope=\"row\">saturated</th>"))
        #expect(html.contains("<th scope=\"row\">undersampled</th>"))
        #expect(!html.contains("<th scope=\"row\">dead</th>"))
    }

    @Test func `several runs and splits stand side by side, failures with their reasons`() throws {
        var other = SyntheticRun(id: "other", title: "ReLU")
        other.splits = ["train", "test"]
        var results = other.results
        results.insert(Failure(archive: "other", split: "test", layer: "", epoch: nil, reason: "labels do not match"))
        let report = try Report([("a.h5", SyntheticRun().results), ("b.h5", results), ("b.h5", results)])
        #expect(Set(report.charts.map(\.run)) == ["a.h5", "b.h5", "b.h5 (2)"])
        let html = PageText(report.html(vega: .network))
        #expect(html.contains("labels do not match"))
        #expect(html.contains("Information planes of 3 runs"))
        #expect(report.summary.sections.map(\.tables.count) == [1, 2, 2])
        #expect(report.summary.sections[1].sentences.contains { $0.contains("1 cell could not be analyzed") })
    }

    @Test func `missing quantities leave out their charts only`() throws {
        var bare = SyntheticRun()
        bare.targets = []
        bare.keepsPointwise = false
        bare.discretizations = ["width:30@run"]
        bare.epochs = [4]
        let report = try Report([("a", bare.results)])
        #expect(Set(report.charts.map(\.subject)) == [.informationPlane, .trajectories, .metrics, .verdicts])
        for chart in report.charts { _ = try object(chart) }

        var failed = ResultSet()
        failed.insert(Failure(archive: "x", split: "train", layer: "fc1", epoch: 0, reason: "NaN"))
        let nothing = try Report([("failed.h5", failed)])
        #expect(nothing.charts.isEmpty)
        #expect(PageText(nothing.html(vega: .network)).contains("NaN"))
    }

    @Test func `results without anything to show are refused`() {
        #expect(throws: ReportingError.self) { try Report([("empty.h5", ResultSet())]) }
        #expect(throws: ReportingError.self) { try Report([]) }
    }

    @Test func `the summary says when a number is a ceiling`() throws {
        let summary = try Report([("a", SyntheticRun().results)]).summary
        let section = try #require(summary.sections.first)
        let table = try #require(section.tables.first)
        #expect(table.rows.count == 6)
        #expect(table.rows.allSatisfy { $0.count == table.columns.count })
        #expect(table.columns == ["layer", "I(X;Z)", "its peak (epoch)", "I(Z;Y)", "C pmi-label", "flags"])
        #expect(section.sentences.contains { $0.contains("they say log2 n = 12.000 bits (n = 4096), not the network") })
    }

    @Test func `the overview has a row per run and split`() throws {
        var other = SyntheticRun(id: "other", title: "ReLU")
        other.splits = ["train", "test"]
        let overview = try Report([("a.h5", SyntheticRun().results), ("b.h5", other.results)]).summary.overview
        #expect(overview.rows.map { $0[1] }.count == 3)
        #expect(overview.rows.allSatisfy { $0.count == overview.columns.count })
    }

    @Test func `the report explains every flag that there is, in their order`() throws {
        var results = SyntheticRun().results
        var row = try #require(results.measurements.first)
        row.flags = Flags.allNames
        results.insert(row)
        let html = PageText(try Report([("a", results)]).html(vega: .network))
        for name in Flags.allNames { #expect(html.contains("<th scope=\"row\">\(name)</th>")) }
        #expect(!html.contains("Not known to this version"))
    }

    @Test func `a page of 200 records and 10 layers stays small`() throws {
        var large = SyntheticRun()
        large.epochs = Array(0..<200)
        large.layers = (1...10).map { "layer\($0)" }
        let html = PageText(try Report([("a", large.results)]).html(vega: .network))
        #expect(html.text.utf8.count < 2_500_000, "\(html.text.utf8.count) bytes without Vega")
    }
}

@Suite struct `The Vega JavaScript` {
    @Test func `is looked for where it was named, else in the user's data folder, else beside the program`() {
        func paths(_ explicit: String?, _ environment: [String: String], executable: String? = nil) -> [String] {
            VegaScript.searchPaths(explicit: explicit, environment: environment, executable: executable)
        }
        let all = ["INFOPLANE_VEGA": "/v.js", "XDG_DATA_HOME": "/data", "HOME": "/home/u"]
        #expect(paths("/x.js", all, executable: "/opt/bin/infoplane") == ["/x.js"])
        #expect(paths(nil, all, executable: "/opt/bin/infoplane") == ["/v.js"])
        let home = ["XDG_DATA_HOME": "relative", "HOME": "/home/u"]
        #expect(paths(nil, home) == ["/home/u/.local/share/infoplane/vega.js"])
        #expect(paths(nil, ["XDG_DATA_HOME": "/data", "HOME": "/home/u"]) == ["/data/infoplane/vega.js"])
        #expect(paths(nil, [:]) == [])
        let installed = "/opt/bin/../share/infoplane/vega.js"
        #expect(paths(nil, [:], executable: "/opt/bin/infoplane") == [installed])
        #expect(
            paths(nil, home, executable: "/opt/bin/infoplane")
                == ["/home/u/.local/share/infoplane/vega.js", installed])
    }

    @Test func `absent means the network, unless it was asked for`() throws {
        #expect(try VegaScript.find(explicit: nil, environment: ["HOME": "/nowhere"]) == .network)
        #expect(throws: ReportingError.self) { try VegaScript.find(explicit: "/nowhere.js", environment: [:]) }
        #expect(throws: ReportingError.self) {
            try VegaScript.find(explicit: nil, environment: ["INFOPLANE_VEGA": "/nowhere.js"])
        }
    }

    @Test func `another file is refused`() throws {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString).path
        try "not Vega".write(toFile: path, atomically: true, encoding: .utf8)
        defer { try? FileManager.default.removeItem(atPath: path) }
        #expect(throws: ReportingError.self) { try VegaScript.find(explicit: path, environment: [:]) }
    }
}

/// A page that a failed expectation does not print whole.
struct PageText: CustomTestStringConvertible {
    let text: String

    init(_ text: String) { self.text = text }

    var testDescription: String { "a page of \(text.utf8.count) bytes" }

    func contains(_ part: String) -> Bool { text.contains(part) }
    func count(of part: String) -> Int { text.components(separatedBy: part).count - 1 }
}
