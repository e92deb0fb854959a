import Foundation
import Reporting
import Results
import Testing

/// Headless Chromium, where there is one.
struct Browser {
    let executable: String

    /// `INFOPLANE_CHROMIUM`, else the first of the usual names in the usual places.
    static let found: Browser? = {
        if let named = ProcessInfo.processInfo.environment["INFOPLANE_CHROMIUM"] { return Browser(executable: named) }
        let usual = [
            "/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome", "/snap/bin/chromium",
            "/Applications/Chromium.app/Contents/MacOS/Chromium",
            "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
        ]
        return usual.first(where: FileManager.default.isExecutableFile).map { Browser(executable: $0) }
    }()

    /// The bundle of Vega, where there is one.
    static let vega: VegaSource? = {
        let found = try? VegaScript.find(explicit: nil, environment: ProcessInfo.processInfo.environment)
        return found == .network ? nil : found
    }()

    static var canDraw: Bool { found != nil && vega != nil }

    /// What a page became once its scripts had run, and what it wrote to the console.
    struct Visit {
        let document: PageText
        let console: [String]
    }

    /// Opens the page in a window of this width, without a network.
    func open(_ html: String, width: Int = 1400) throws -> Visit {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let page = folder.appendingPathComponent("page.html")
        try html.write(to: page, atomically: true, encoding: .utf8)
        let output = folder.appendingPathComponent("document")
        let log = folder.appendingPathComponent("log")
        for file in [output, log] { _ = FileManager.default.createFile(atPath: file.path, contents: nil) }
        let process = Process()
        process.executableURL = URL(fileURLWithPath: executable)
        process.arguments = [
            "--headless", "--no-sandbox", "--disable-gpu", "--virtual-time-budget=60000", "--enable-logging=stderr",
            "--host-resolver-rules=MAP * ~NOTFOUND", "--user-data-dir=\(folder.path)/profile",
            "--window-size=\(width),1000", "--dump-dom", page.absoluteString,
        ]
        process.standardOutput = try FileHandle(forWritingTo: output)
        process.standardError = try FileHandle(forWritingTo: log)
        try process.run()
        process.waitUntilExit()
        let lines = String(decoding: try Data(contentsOf: log), as: UTF8.self).split(separator: "\n").map(String.init)
        return Visit(
            document: PageText(String(decoding: try Data(contentsOf: output), as: UTF8.self)),
            console: lines.filter { $0.contains(":CONSOLE") })
    }
}

@Suite(
    .serialized,
    .enabled(
        if: Browser.canDraw,
        "needs Chromium (INFOPLANE_CHROMIUM) and the Vega JavaScript (tools/vega, INFOPLANE_VEGA)"))
struct `The page in a browser` {
    /// Opens the page and expects every chart drawn, and silence on the console.
    private func expectDrawn(_ results: [(name: String, results: ResultSet)], width: Int = 1400) throws {
        let report = try Report(results)
        let html = report.html(vega: try #require(Browser.vega))
        let visit = try #require(Browser.found).open(html, width: width)
        #expect(visit.console == [])
        #expect(visit.document.contains("data-charts=\"drawn\""))
        #expect(visit.document.count(of: "data-state=\"drawn\"") == report.charts.count)
        #expect(visit.document.count(of: "<svg") >= report.charts.count)
    }

    @Test func `one run is drawn without a word on the console`() throws {
        try expectDrawn([("tanh.results.h5", SyntheticRun().results)])
    }

    @Test func `every point stands in its plane, between 0 and the named ceilings`() throws {
        let report = try Report([("a", SyntheticRun().results)])
        let visit = try #require(Browser.found).open(report.html(vega: try #require(Browser.vega)))
        #expect(visit.document.contains(">ceiling 12.00 bits (n = 4096)</text>"))
        #expect(visit.document.contains(">H(Y) = 1.000 bits</text>"))
        #expect(!visit.document.contains("translate(NaN"))
        let figures = visit.document.text.components(separatedBy: "<figure ").dropFirst()
        let rows = try data(report.charts[0])
        for figure in figures.prefix(2) {
            let points = figure.matches(
                of: /aria-roledescription="point"[^>]*transform="translate\(([0-9.e-]+),([0-9.e-]+)\)"/)
            // Those of the shown epoch, which stand once more, are not read aloud again.
            #expect(points.count == rows.count)
            // The plane reaches a little beyond both ceilings, and values spread over most of it.
            let heights = points.compactMap { Double($0.2) }
            let (top, bottom) = (try #require(heights.min()), try #require(heights.max()))
            #expect(top > 0 && bottom - top > 100, "\(top) to \(bottom)")
        }
    }

    @Test(arguments: [500, 2000]) func `images, splits and several runs are drawn`(width: Int) throws {
        var images = SyntheticRun(id: "images", title: "Fashion-MNIST")
        images.inputShape = [28, 28]
        images.splits = ["train", "test"]
        images.layers = ["fc1", "logits"]
        images.epochs = [0, 1, 2, 5, 10]
        try expectDrawn([("a", SyntheticRun().results), ("b", images.results)], width: width)
    }

    @Test func `the bundle has the versions that a page of the network names`() throws {
        guard case .inlined(let bundle) = try #require(Browser.vega) else { return }
        let page = try Report([("a", SyntheticRun().results)]).html(vega: .network)
        for package in page.matches(of: /npm\/[a-z-]+@(\d+\.\d+\.\d+)/) {
            let found = bundle.contains("\"\(package.1)\"")
            #expect(found, "\(package.0)")
        }
    }

    @Test func `a single epoch is drawn`() throws {
        var run = SyntheticRun()
        run.epochs = [7]
        try expectDrawn([("a", run.results)])
    }

    @Test func `text of files that looks like code is drawn as text`() throws {
        try expectDrawn([(`The page`.hostile, `The page`.hostileResults)])
    }

    @Test func `without Vega every chart says that it could not be drawn`() throws {
        let report = try Report([("a", SyntheticRun().results)])
        let visit = try #require(Browser.found).open(report.html(vega: .inlined("/* no Vega here */")))
        #expect(visit.document.contains("data-charts=\"failed\""))
        let failed = visit.document.text.matches(of: #/<div class="chart( wide)?">This chart could not be drawn: /#)
        #expect(failed.count == report.charts.count)
    }
}
