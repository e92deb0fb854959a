import Foundation
import Testing

@Suite struct `The report` {
    private static let hasFigures: Bool = {
        let environment = ProcessInfo.processInfo.environment
        let usual = (environment["HOME"] ?? "") + "/.local/share/infoplane/python/figures/bin/python"
        return FileManager.default.isExecutableFile(atPath: environment["INFOPLANE_FIGURES_PYTHON"] ?? usual)
    }()

    /// Two seeds of a small run, recorded and analyzed.
    private func analyzed() throws -> Folder {
        let folder = try Folder()
        for seed in ["1", "2"] {
            let recorded = try Tool.run(
                "record", "szt", "--epochs", "2", "--recorded-samples", "300", "--seed", seed, "-o", "s\(seed).h5",
                in: folder)
            #expect(recorded.code == 0, "\(recorded.error)")
            let analyzed = try Tool.run(
                "analyze", "s\(seed).h5", "--samples", "300", "--binning", "width:10@run", in: folder)
            #expect(analyzed.code == 0, "\(analyzed.error)")
        }
        return folder
    }

    @Test func `takes the Vega JavaScript that lies beside an installed program`() throws {
        let folder = try analyzed()
        for part in ["bin", "share/infoplane"] {
            try FileManager.default.createDirectory(atPath: folder.path(part), withIntermediateDirectories: true)
        }
        let script = "window.vegaEmbed = 'the installed one';" + String(repeating: " ", count: 10_000)
        try folder.write(Data(script.utf8), to: "share/infoplane/vega.js")
        // Copied by a process of its own: what this one has open for writing, a child of another test may hold, and not be run.
        let shell = Process()
        shell.executableURL = URL(fileURLWithPath: "/bin/bash")
        shell.arguments = [
            "-c", "cp \"$0\" bin/infoplane && exec bin/infoplane report s1.results.h5 -o r.html", Tool.url.path,
        ]
        shell.currentDirectoryURL = folder.url
        shell.environment = ["HOME": "/nowhere", "PATH": "/usr/bin:/bin"]
        shell.standardOutput = FileHandle.nullDevice
        try shell.run()
        shell.waitUntilExit()
        #expect(shell.terminationStatus == 0)
        let page = try String(contentsOfFile: folder.path("r.html"), encoding: .utf8)
        #expect(page.contains("the installed one"))
    }

    @Test func `shows groups, reductions and tables, and names the command that writes it again`() throws {
        let folder = try analyzed()
        let reduced = try Tool.run(
            "reduce", "s1.h5", "--source", "fc2", "--components", "3", "--samples", "200", "-o", "k.h5", in: folder)
        #expect(reduced.code == 0, "\(reduced.error)")
        let arguments = [
            "report", "--group", "two seeds=s1.results.h5,s2.results.h5", "--reduction", "k.h5", "--latex", "-o",
            "r.html",
        ]
        let first = try Tool.run(arguments, in: folder)
        #expect(first.code == 0, "\(first.error)")
        let page = try String(contentsOfFile: folder.path("r.html"), encoding: .utf8)
        #expect(
            page.contains("infoplane report --group &#39;two seeds=s1.results.h5,s2.results.h5&#39; --reduction k.h5"))
        #expect(page.contains("Samples along the first two components of layer fc2"))
        #expect(page.contains("means over 2 runs"))
        let tables = try String(contentsOfFile: folder.path("r.charts/tables.tex"), encoding: .utf8)
        #expect(tables.contains("two seeds: last recorded epoch, means over 2 runs"))
        // No wider than the text: at most three complexities beside the layer and the epoch.
        #expect(tables.contains("GIB complexity $C$ by target. two seeds"))
        #expect(tables.split(separator: "\n").allSatisfy { $0.split(separator: " & ").count <= 6 })
        _ = try Tool.run(arguments, in: folder)
        #expect(try String(contentsOfFile: folder.path("r.html"), encoding: .utf8) == page)
    }

    @Test func `shows first what was asked for first`() throws {
        let folder = try analyzed()
        for (first, second) in [("quantile:2@unit", "argmax"), ("width:20@run", "width:30@run")] {
            let results = "\(first.prefix(5)).results.h5"
            try Tool.run(
                "analyze", "s1.h5", "-o", results, "--target", "pmi-label", "--binning", first, "--binning", second,
                in: folder)
            let report = try Tool.run("report", results, "-o", "r.html", in: folder)
            #expect(report.out.contains(", \(first), in bits"), "\(report.out)")
            let verdicts = try Tool.run("verdict", results, "--detail", "--layer", "softmax", in: folder)
            let places = [first, second].map { verdicts.out.range(of: $0)?.lowerBound }
            #expect(try #require(places[0]) < #require(places[1]), "\(verdicts.out)")
        }
    }

    @Test func `shows the default first where a later analysis asked for more`() throws {
        let folder = try Folder()
        try folder.recordTwelveBits()
        for more in [["--samples", "300"], ["--samples", "300", "--binning", "argmax"]] {
            let analysis = try Tool.run(["analyze", "run.h5", "--no-gib", "--split", "train"] + more, in: folder)
            #expect(analysis.code == 0, "\(analysis.error)")
            let report = try Tool.run("report", "run.results.h5", "-o", "r.html", in: folder)
            #expect(report.out.contains(", width:30@run, in bits"), "\(report.out)")
        }
    }

    @Test func `shows complexities of every split where one split's samples fitted the reduction of all`() throws {
        let folder = try Folder()
        try Tool.run(
            "record", "szt", "--epochs", "1", "--hidden", "3", "--train-share", "0.9", "--recorded-samples", "500",
            "-o",
            "r.h5", in: folder)
        let analyzed = try Tool.run(
            "analyze", "r.h5", "--split", "train", "--split", "test", "--reduce-inputs", "kpca:2", "--binning",
            "width:5@run", "--target", "pmi-label", in: folder)
        #expect(analyzed.code == 0, "\(analyzed.error)")
        let report = try Tool.run("report", "r.results.h5", "-o", "r.html", in: folder)
        // Two splits of three layers, each with its I(X;Z), I(Z;Y) and complexity.
        let rows = report.out.split(separator: "\n").filter { line in
            ["fc1", "logits", "softmax"].contains { line.hasPrefix("  \($0) ") }
        }
        #expect(rows.count == 6 && rows.allSatisfy { !$0.contains("–") }, "\(report.out)")
    }

    @Test func `refuses groups and reductions that say nothing`() throws {
        let folder = try analyzed()
        for (arguments, code, words) in [
            (["--group", "a=s1.results.h5"], 64, "at least two results files"),
            (["--group", "a=s1.results.h5,s1.results.h5"], 64, "the file is given twice"),
            ([], 64, "expected results files"),
            (["s1.results.h5", "--reduction", "s1.results.h5"], 2, "not a reduction of InfoPlane"),
            (["s1.results.h5", "--reduction", "missing.h5"], 2, "missing.h5: no such file or directory"),
        ] as [([String], Int32, String)] {
            let output = try Tool.run(["report"] + arguments + ["-o", "r.html"], in: folder)
            #expect(output.code == code)
            #expect(output.error.contains(words), "\(output.error)")
            #expect(!folder.exists("r.html"))
        }
        try Tool.run("reduce", "s2.h5", "--components", "2", "--samples", "100", "-o", "k.h5", in: folder)
        let other = try Tool.run("report", "s1.results.h5", "--reduction", "k.h5", "-o", "r.html", in: folder)
        #expect(other.code == 2 && other.error.contains("of which there are no results"), "\(other.error)")
    }

    @Test func `says how to get what draws figures where it is missing, and writes nothing`() throws {
        let folder = try analyzed()
        let process = try Tool.start(
            ["report", "s1.results.h5", "-o", "r.html", "--figures", "f"], in: folder,
            variables: ["INFOPLANE_FIGURES_PYTHON": "/nowhere/python"])
        process.0.waitUntilExit()
        #expect(process.0.terminationStatus == 2)
        let error = try String(contentsOfFile: process.error, encoding: .utf8)
        #expect(error.contains("tools/setup report installs it"), "\(error)")
        #expect(!folder.exists("r.html") && !folder.exists("f"))
    }

    @Test(.enabled(if: hasFigures, "needs vl-convert-python (tools/setup report)"), arguments: ["svg", "pdf", "png"])
    func `draws every chart at the width of one and two columns`(format: String) throws {
        let folder = try analyzed()
        let output = try Tool.run(
            "report", "s1.results.h5", "-o", "r.html", "--figures", "f", "--format", format, in: folder)
        #expect(output.code == 0, "\(output.error)")
        let files = try FileManager.default.contentsOfDirectory(atPath: folder.path("f")).sorted()
        let charts = try FileManager.default.contentsOfDirectory(atPath: folder.path("r.charts"))
        #expect(files.count == 2 * charts.count && files.allSatisfy { $0.hasSuffix(".\(format)") })
        for (width, points) in [("1col", 241), ("2col", 504)] {
            let content = try Data(
                contentsOf: folder.url.appendingPathComponent("f/information-plane.\(width).\(format)"))
            switch format {
            case "svg":
                let text = String(decoding: content, as: UTF8.self)
                #expect(text.hasPrefix("<svg") && text.contains(" width=\"\(points).0pt\""))
            case "pdf":
                let text = String(decoding: content, as: Unicode.ASCII.self)
                #expect(text.contains("MediaBox [0 0 \(points) "))
            default:
                // The width in the header of a PNG: 300 pixels an inch of 72 points.
                let pixels = content[16..<20].reduce(0) { $0 << 8 | Int($1) }
                #expect(abs(pixels - points * 300 / 72) <= 1)
            }
        }
    }
}
