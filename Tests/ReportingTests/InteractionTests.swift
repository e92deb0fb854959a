import Foundation
import Reporting
import Results
import Testing

/// What a page answers when it is used: a script acts on the page in the browser and leaves what it saw in the document.
@Suite(
    .serialized,
    .enabled(
        if: Browser.canDraw,
        "needs Chromium (INFOPLANE_CHROMIUM) and the Vega JavaScript (tools/vega, INFOPLANE_VEGA)"))
struct `The page in use` {
    /// axe-core, where there is one.
    static let axe: String? = ProcessInfo.processInfo.environment["INFOPLANE_AXE"].flatMap {
        try? String(contentsOfFile: $0, encoding: .utf8)
    }

    private static let waiting = """
        const wait = ms => new Promise(resolve => setTimeout(resolve, ms));
        for (let i = 0; i < 600 && document.documentElement.dataset.charts === "drawing"; i++) await wait(50);
        const figure = i => document.querySelectorAll("figure[data-chart]")[i];
        const view = i => figure(i).view.view;
        """

    /// Opens the page, runs `script` once all charts stand, and returns the object that it returns.
    private func answers(
        _ html: String, width: Int = 1400, libraries: String = "", _ script: String
    ) throws -> [String: Any] {
        let addition = """
            <script>\(libraries)</script>
            <script type="module">
            const found = await (async () => { \(Self.waiting)
            \(script) })().catch(error => ({error: String(error)}));
            const element = document.createElement("pre");
            element.id = "found";
            element.textContent = btoa(unescape(encodeURIComponent(JSON.stringify(found))));
            document.body.append(element);
            </script>
            """
        // The last one: Vega's JavaScript has the word too.
        var page = html
        let end = try #require(page.range(of: "</body>", options: .backwards))
        page.replaceSubrange(end, with: addition + "</body>")
        let visit = try #require(Browser.found).open(page, width: width)
        #expect(visit.console == [])
        let match = try #require(visit.document.text.firstMatch(of: /<pre id="found">([A-Za-z0-9+\/=]*)<\/pre>/))
        let data = try #require(Data(base64Encoded: String(match.1)))
        let found = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
        #expect(found["error"] == nil, "\(found["error"] ?? "")")
        return found
    }

    private func page(_ results: [(name: String, results: ResultSet)]? = nil) throws -> String {
        try Report(results ?? [("tanh.results.h5", SyntheticRun().results)]).html(vega: try #require(Browser.vega))
    }

    @Test func `the slider moves the planes and curves of every run to its epoch`() throws {
        var short = SyntheticRun(id: "short", title: "a short run")
        short.epochs = [0, 1, 10]
        let found = try answers(
            page([("a", SyntheticRun().results), ("b", short.results)]),
            """
            const slider = document.getElementById("epoch");
            slider.value = 5;
            slider.dispatchEvent(new Event("input"));
            await wait(300);
            const figures = [...document.querySelectorAll("figure[data-stage]")];
            return {
              name: document.getElementById("epoch-name").textContent, spoken: slider.getAttribute("aria-valuetext"),
              epochs: [0, 1].map(stage => [...new Set(figures.filter(f => Number(f.dataset.stage) === stage)
                .map(f => f.view.view.signal("epoch")))]),
              named: figures[0].querySelectorAll(".nowname_marks text").length,
            };
            """)
        // The synthetic epochs are 0, 2, 3, 4, 6, 7, ... and those of the short run 0, 1, 10: the sixth of all is 6.
        let all = Set(SyntheticRun().epochs + short.epochs).sorted()
        #expect(found["name"] as? String == "epoch \(all[5])")
        #expect(found["spoken"] as? String == "epoch \(all[5])")
        let own = try #require(SyntheticRun().epochs.last { $0 <= all[5] })
        let others = try #require(short.epochs.last { $0 <= all[5] })
        #expect(found["epochs"] as? [[Int]] == [[own], [others]])
        #expect((found["named"] as? Int ?? 0) > 0)
    }

    @Test func `playing goes through the epochs and stops at the last`() throws {
        var run = SyntheticRun()
        run.epochs = [0, 1, 2, 3]
        let found = try answers(
            page([("a", run.results)]),
            """
            const seen = [], play = document.getElementById("play");
            play.click();
            const playing = play.getAttribute("aria-pressed");
            for (let i = 0; i < 60; i++) { seen.push(view(0).signal("epoch")); await wait(30); }
            return {playing, seen: [...new Set(seen)], end: play.getAttribute("aria-pressed")};
            """)
        #expect(found["playing"] as? String == "true")
        #expect(found["seen"] as? [Int] == [0, 1, 2, 3])
        #expect(found["end"] as? String == "false")
    }

    @Test func `pointing at a layer follows it in every chart, and its button keeps it`() throws {
        let found = try answers(
            page(),
            """
            const point = figure(0).querySelector(".points_marks path"), layer = point.__data__.datum.layer;
            const box = point.getBoundingClientRect();
            const event = type => new PointerEvent(type, {bubbles: true,
              clientX: box.x + box.width / 2, clientY: box.y + box.height / 2});
            const layers = () => [...document.querySelectorAll("figure[data-stage]")].map(f => f.view.view)
              .filter(v => "layer" in v.getState().signals).map(v => v.signal("layer"));
            point.dispatchEvent(event("pointerover"));
            await wait(200);
            const pointed = [...new Set(layers())], count = layers().length;
            point.dispatchEvent(event("pointerout"));
            await wait(200);
            const left = [...new Set(layers())];
            document.querySelector("button.layer").click();
            await wait(200);
            return {layer, pointed, count, left, kept: [...new Set(layers())],
              pressed: document.querySelector("button.layer").getAttribute("aria-pressed")};
            """)
        let layer = try #require(found["layer"] as? String)
        #expect(found["pointed"] as? [String] == [layer])
        // Two planes and three curves.
        #expect(found["count"] as? Int == 5)
        #expect((found["left"] as? [Any])?.first is NSNull)
        #expect(found["kept"] as? [String] == ["fc1"])
        #expect(found["pressed"] as? String == "true")
    }

    @Test func `zooming in halves the plane about its middle, and all of it comes back`() throws {
        let found = try answers(
            page(),
            """
            const domain = () => view(0).scale("x").domain();
            const whole = domain();
            figure(0).querySelector("[data-zoom=in]").click();
            await wait(200);
            const near = domain();
            figure(0).querySelector("[data-zoom=all]").click();
            await wait(200);
            return {whole, near, again: domain()};
            """)
        let whole = try #require(found["whole"] as? [Double])
        let near = try #require(found["near"] as? [Double])
        #expect(abs((near[1] - near[0]) - 0.7 * (whole[1] - whole[0])) < 1e-9)
        #expect(abs((near[1] + near[0]) - (whole[1] + whole[0])) < 1e-9)
        #expect(found["again"] as? [Double] == whole)
    }

    @Test func `the theme changes from the system's to light and dark`() throws {
        let found = try answers(
            page(),
            """
            const button = document.getElementById("theme"), paper = () => getComputedStyle(document.body).backgroundColor;
            button.click();
            const light = paper();
            button.click();
            const dark = paper(), name = button.getAttribute("aria-label");
            button.click();
            return {light, dark, name, theme: document.documentElement.dataset.theme || "system"};
            """)
        #expect(found["light"] as? String == "rgb(252, 252, 250)")
        #expect(found["dark"] as? String == "rgb(20, 22, 26)")
        #expect(found["name"] as? String == "Colours: dark")
        #expect(found["theme"] as? String == "system")
    }

    /// A window is at least 500 pixels wide, a frame is not.
    @Test(arguments: [360, 800, 2000]) func `nothing is wider than the page`(width: Int) throws {
        let found = try answers(
            "<!DOCTYPE html><html data-charts=\"drawn\"><body></body></html>", width: max(width, 500) + 40,
            """
            const frame = document.createElement("iframe");
            frame.style = "border: 0; width: \(width)px; height: 900px";
            frame.srcdoc = new TextDecoder().decode(Uint8Array.from(atob("\(
                Data(try page().utf8).base64EncodedString())"), c => c.charCodeAt(0)));
            document.body.append(frame);
            const inside = () => frame.contentDocument.documentElement;
            for (let i = 0; i < 600 && inside()?.dataset.charts !== "drawn"; i++) await wait(50);
            const wide = [...frame.contentDocument.querySelectorAll("main *, header *, footer *")].filter(element =>
              element.getBoundingClientRect().right > \(width) + 0.5
                && !element.closest(".scroll, .chart, .unseen, pre"));
            return {state: inside().dataset.charts, client: inside().clientWidth, scroll: inside().scrollWidth,
              wide: wide.map(element => element.tagName + "." + element.className)};
            """)
        #expect(found["state"] as? String == "drawn")
        #expect(found["scroll"] as? Int == found["client"] as? Int)
        #expect(found["wide"] as? [String] == [])
    }

    @Test(
        .enabled(if: axe != nil, "needs axe-core (tools/setup test, INFOPLANE_AXE)"),
        arguments: ["light", "dark"])
    func `axe finds nothing that keeps anybody out`(theme: String) throws {
        let found = try answers(
            page(), libraries: Self.axe ?? "",
            """
            document.documentElement.dataset.theme = "\(theme)";
            for (const details of document.querySelectorAll("main details")) details.open = true;
            await wait(100);
            const result = await axe.run(document, {runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"]});
            return {passes: result.passes.length, violations: result.violations.map(v =>
              v.id + ": " + v.help + ": " + v.nodes.slice(0, 3).map(n => n.html.slice(0, 160)).join(" | "))};
            """)
        #expect((found["passes"] as? Int ?? 0) > 20)
        #expect(found["violations"] as? [String] == [])
    }

    @Test func `it prints with every chart on white`() throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let file = folder.appendingPathComponent("page.html")
        try page().write(to: file, atomically: true, encoding: .utf8)
        let output = folder.appendingPathComponent("page.pdf")
        let process = Process()
        process.executableURL = URL(fileURLWithPath: try #require(Browser.found).executable)
        process.arguments = [
            "--headless", "--no-sandbox", "--disable-gpu", "--virtual-time-budget=60000",
            "--user-data-dir=\(folder.path)/profile", "--no-pdf-header-footer", "--print-to-pdf=\(output.path)",
            file.absoluteString,
        ]
        process.standardError = FileHandle.nullDevice
        process.standardOutput = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        let pdf = String(decoding: try Data(contentsOf: output), as: Unicode.ASCII.self)
        #expect(pdf.hasPrefix("%PDF-"))
        // A cover of planes and curves, and the sections: more than three pages, fewer than thirty.
        let pages = pdf.components(separatedBy: "/Type /Page\n").count - 1
        #expect((4..<30).contains(pages), "\(pages) pages")
    }
}
