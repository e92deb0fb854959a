import Foundation
import Reporting
import Results
import Testing

@Suite struct `Chart specifications` {
    @Test func `every specification is JSON of Vega-Lite 5 with its data within`() throws {
        var images = SyntheticRun(id: "b", title: "images")
        images.inputShape = [28, 28]
        images.splits = ["train", "test"]
        images.epochs = [0, 1, 10]
        let report = try Report([("a", SyntheticRun().results), ("b", images.results)])
        #expect(Set(report.charts.map(\.subject)) == Set(Chart.Subject.allCases).subtracting([.kernel]))
        #expect(Set(report.charts.map(\.stem)).count == report.charts.count)
        for chart in report.charts {
            let specification = try object(chart)
            #expect(specification["$schema"] as? String == "https://vega.github.io/schema/vega-lite/v5.json")
            let name = try #require((specification["data"] as? [String: Any])?["name"] as? String)
            let rows = try #require((specification["datasets"] as? [String: Any])?[name] as? [[String: Any]])
            #expect(!rows.isEmpty)
            #expect(chart.stem.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-") })
            #expect(!chart.title.isEmpty && !chart.caption.isEmpty)
        }
    }

    @Test func `the information plane has every point, and saturated ones apart`() throws {
        let run = SyntheticRun()
        let report = try Report([("a", run.results)])
        let chart = try #require(report.charts.first { $0.subject == .informationPlane })
        let rows = try data(chart)
        #expect(rows.count == run.layers.count * run.epochs.count)
        let saturated = rows.filter { $0["saturated"] as? Int == 1 }
        #expect(!saturated.isEmpty && saturated.count < rows.count)
        #expect(saturated.allSatisfy { ($0["flags"] as? String)?.contains("saturated") == true && $0["color"] != nil })
        #expect(rows.allSatisfy { $0["ixzc"] as? Double == 12 })
        #expect(chart.caption.contains("\(saturated.count) of them are saturated and drawn hollow"))
        // The hollow points are a mark of their own: unfilled, filtered by the flag.
        let marks = try #require(object(chart)["layer"] as? [[String: Any]])
        let hollow = marks.filter { ($0["mark"] as? [String: Any])?["filled"] as? Bool == false }
        #expect(hollow.count == 1)
        let filters = hollow.flatMap { $0["transform"] as? [[String: Any]] ?? [] }.compactMap {
            $0["filter"] as? String
        }
        #expect(filters == ["datum.saturated == 1"])
    }

    @Test func `panels stand in the order of splits and layers`() throws {
        var run = SyntheticRun()
        run.splits = ["train", "a test"]
        run.layers = ["z first", "a second"]
        run.epochs = [0, 4]
        let expected = run.splits.flatMap { split in run.layers.map { "\(split) · \($0)" } }
        for chart in try Report([("a", run.results)]).charts
        where ![.informationPlane, .metrics, .trajectories, .verdicts, .pixels].contains(chart.subject) {
            for row in try data(chart) {
                let place = try #require(row["place"] as? Int)
                #expect(row["panel"] as? String == expected[place])
            }
        }
    }

    @Test func `the bands of PMI weights are quantiles of the weights of each layer and epoch`() throws {
        let run = SyntheticRun()
        let results = run.results
        let chart = try #require(try Report([("a", results)]).charts.first { $0.subject == .weights })
        let rows = try data(chart)
        #expect(rows.count == run.layers.count * run.epochs.count)
        for row in rows {
            let layer = try #require(row["panel"] as? String)
            let epoch = try #require(row["epoch"] as? Int)
            let kept = try #require(results.pointwise.first { $0.key.layer == layer && $0.key.epoch == epoch })
            let positive = kept.value.map { max(0, $0) }
            let weights = positive.map { $0 * Double(positive.count) / positive.reduce(0, +) }
            for (name, share) in [("q5", 0.05), ("q25", 0.25), ("q50", 0.5), ("q75", 0.75), ("q95", 0.95)] {
                let value = try #require(row[name] as? Double)
                // Plotted values are rounded to 0.0001.
                let below = weights.count { $0 <= value + 0.00006 }
                let least = weights.count { $0 < value - 0.00006 }
                #expect(Double(below) >= share * 500 && Double(least) < share * 500)
            }
            let squares = weights.reduce(0) { $0 + $1 * $1 }
            let effective = try #require(row["effective"] as? Double)
            #expect(abs(effective - 500 / squares) <= 0.00005 + 1e-12)
        }
    }

    @Test func `pixels are shown for images only, with channels first or behind`() throws {
        for (shape, isImage) in [
            ([28, 28], true), ([3, 8, 8], true), ([8, 8, 3], true), ([1, 28, 28], true), ([784], false),
            ([16, 8, 8], false), ([2, 3, 4, 5], false), ([1, 12], false),
        ] {
            var run = SyntheticRun()
            run.inputShape = shape
            run.epochs = [0, 5]
            let charts = try Report([("a", run.results)]).charts.filter { $0.subject == .pixels }
            #expect(charts.count == (isImage ? run.targets.count : 0), "shape \(shape)")
        }
    }

    @Test func `a picture is a PNG of the size of the input`() throws {
        var run = SyntheticRun()
        run.inputShape = [5, 7]
        run.epochs = [0, 5]
        let chart = try #require(try Report([("a", run.results)]).charts.first { $0.subject == .pixels })
        let prefix = "data:image/png;base64,"
        for row in try data(chart) {
            let address = try #require(row["url"] as? String)
            #expect(address.hasPrefix(prefix))
            let png = [UInt8](try #require(Data(base64Encoded: String(address.dropFirst(prefix.count)))))
            #expect(Array(png[0..<8]) == [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A])
            #expect(Array(png[16..<24]) == [0, 0, 0, 7, 0, 0, 0, 5])
        }
    }

    @Test func `numbers that JSON cannot say never reach a chart`() throws {
        var results = SyntheticRun().results
        let id = SyntheticRun().id
        var archive = try #require(results.archives[id])
        archive.metrics.append(.init(name: "test_error", values: archive.epochs.map { $0 == 0 ? .nan : .infinity }))
        archive.metrics.append(.init(name: "grad_norm", values: archive.epochs.map { $0 == 0 ? nil : 1e300 }))
        results.insert(archive)
        let report = try Report([("a", results)])
        for chart in report.charts { _ = try object(chart) }
        let metrics = try #require(report.charts.first { $0.subject == .metrics })
        #expect(try data(metrics).allSatisfy { ($0["v"] as? Double)?.isFinite == true })
    }

    @Test func `the same results give the same bytes, in whatever order they were inserted`() throws {
        let results = SyntheticRun().results
        var reversed = ResultSet()
        for archive in results.archives.values { reversed.insert(archive) }
        for row in results.measurements.reversed() { reversed.insert(row) }
        for (key, terms) in results.featureTerms { reversed.keep(terms, for: key) }
        for (key, values) in results.pointwise { reversed.keep(pointwise: values, for: key) }
        for call in results.provenance { reversed.insert(call) }
        let (one, other) = (try Report([("a", results)]), try Report([("a", reversed)]))
        #expect(one.html(vega: .network) == other.html(vega: .network))
        #expect(one.charts.map(\.specification) == other.charts.map(\.specification))
        #expect(one.summary == other.summary)
    }
}

/// The specification as Foundation reads it.
func object(_ chart: Chart) throws -> [String: Any] {
    try #require(try JSONSerialization.jsonObject(with: Data(chart.specification.utf8)) as? [String: Any])
}

/// The rows of the chart's data.
func data(_ chart: Chart) throws -> [[String: Any]] {
    let datasets = try #require(try object(chart)["datasets"] as? [String: Any])
    return try #require(datasets.values.first as? [[String: Any]])
}
