import ArgumentParser
import FoundationEssentials
import Reporting
import Results

struct ReportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "report",
        abstract: "Write results as one HTML page, and print a summary.",
        discussion: """
            The page works offline: its charts are drawn by the Vega JavaScript that tools/setup report makes, found \
            by --vega, $INFOPLANE_VEGA or in $XDG_DATA_HOME/infoplane/vega.js (by default ~/.local/share), else \
            beside an installed infoplane. Where there is none, the page names a pinned version on the network. Every \
            chart is also saved as a Vega-Lite specification.

            EXAMPLES:
              infoplane report run.results.h5 -o report.html
              infoplane report tanh.results.h5 relu.results.h5 -o report.html
              infoplane report --group tanh=t1.results.h5,t2.results.h5 --group relu=r1.results.h5,r2.results.h5 -o report.html
              infoplane report run.results.h5 -o report.html --specifications charts
              infoplane report run.results.h5 --reduction run.fc2.reduction.h5 -o report.html
              infoplane report run.results.h5 -o report.html --figures figures --format pdf --latex
            """)

    @Argument(help: "The results files.", completion: .file(extensions: ["h5"]))
    var inputs: [String] = []

    @Option(
        name: .customLong("group"),
        help: ArgumentHelp(
            "Results that repeat one experiment, such as its seeds: shown as mean and 95% interval; repeat for several.",
            valueName: "NAME=FILE,FILE,..."))
    var groups: [String] = []

    @Option(
        name: .customLong("reduction"),
        help: ArgumentHelp(
            "A kernel PCA that infoplane reduce wrote of one of the archives; repeat for several.", valueName: "file"),
        completion: .file(extensions: ["h5"]))
    var reductions: [String] = []

    @Option(name: .shortAndLong, help: "The page to write; one that exists is replaced.")
    var output: String

    @Option(help: "The folder for the charts' .vl.json files. (default: the page's name with .charts)")
    var specifications: String?

    @Option(
        help: ArgumentHelp(
            "A folder for figures of papers: every chart at the width of one and of two columns.", valueName: "folder"))
    var figures: String?

    @Option(help: "The format of figures: svg, pdf or png (300 dpi).")
    var format: FigureFormat = .pdf

    @Flag(help: "Write tables.tex, booktabs tables, to the folder of figures, else to that of specifications.")
    var latex = false

    @Option(help: "The Vega JavaScript to inline.", completion: .file(extensions: ["js"]))
    var vega: String?

    @Flag(help: "Print one row per run and split instead of one per layer.")
    var brief = false

    @Flag(help: "Print the summary as JSON.")
    var json = false

    enum FigureFormat: String, ExpressibleByArgument, CaseIterable {
        case svg, pdf, png
    }

    /// Each group with its files.
    private func parsedGroups() throws -> [Report.Group] {
        var names: Set<String> = []
        return try groups.map { text in
            let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            let members = parts.count == 2 ? parts[1].split(separator: ",").map(String.init) : []
            guard parts.count == 2, !parts[0].isEmpty, members.count > 1 else {
                throw ValidationError(
                    "--group \(text): expected a name, '=' and at least two results files, such as tanh=a.h5,b.h5")
            }
            guard names.insert(parts[0]).inserted else {
                throw ValidationError("--group \(parts[0]): the name is given twice")
            }
            return Report.Group(name: parts[0], members: members)
        }
    }

    func validate() throws {
        let files = try inputs + parsedGroups().flatMap(\.members)
        guard !files.isEmpty else { throw ValidationError("expected results files, or groups of them by --group") }
        var seen: Set<String> = []
        if !groups.isEmpty, let twice = files.first(where: { !seen.insert($0).inserted }) {
            throw ValidationError("\(twice): the file is given twice; a run counts once")
        }
    }

    func run() async throws {
        try await Terminal.reporting {
            let groups = try parsedGroups()
            let files = groups.flatMap(\.members) + inputs
            var results: [(name: String, results: ResultSet)] = []
            for input in files {
                var file = ResultsFile(input)
                results.append((input, try file.read()))
            }
            let kernels = try reductions.map { (name: $0, reduction: try StoredReduction(reading: $0)) }
            let report = try Report(results, groups: groups, reductions: kernels)
            let environment = ProcessInfo.processInfo.environment
            // Before anything is written.
            let writer = figures == nil ? nil : try FigureWriter(environment: environment)
            let source = try VegaScript.find(
                explicit: vega, environment: environment, executable: WorkingFolder.ownProgram)
            if case .network = source {
                Terminal.note(
                    "warning: no Vega JavaScript was found, the page needs the network to draw its charts. "
                        + "tools/setup report makes it.")
            }
            var page = try TextSink(path: output, inputs: files + reductions + [vega].compactMap(\.self))
            try page.write(report.html(vega: source, command: Self.commandLine))
            try page.close()
            let folder = specifications ?? Self.chartFolder(of: output)
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            for chart in report.charts {
                var file = try TextSink(path: "\(folder)/\(chart.stem).vl.json")
                try file.write(chart.specification)
                try file.close()
            }
            if let figures {
                try FileManager.default.createDirectory(atPath: figures, withIntermediateDirectories: true)
                try writer?.write(report.figures, to: figures, format: format.rawValue)
            }
            if latex {
                var file = try TextSink(path: "\(figures ?? folder)/tables.tex")
                try file.write(report.latex)
                try file.close()
            }
            if json {
                try Terminal.write(Self.json(of: report.summary).text + "\n")
            } else {
                let text = brief ? Self.text(of: report.summary.overview) : Self.text(of: report.summary)
                try Terminal.write(text)
                try Terminal.write("\n\(output): \(report.charts.count) charts; specifications in \(folder)/\n")
                if let figures {
                    try Terminal.write("\(report.figures.count) figures (\(format.rawValue)) in \(figures)/\n")
                }
                if latex { try Terminal.write("\(figures ?? folder)/tables.tex\n") }
            }
        }
    }

    /// The command as it was typed, quoted for a shell.
    private static var commandLine: String {
        let plain = Set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_=+./,:@%")
        let words = CommandLine.arguments.dropFirst().map { word in
            !word.isEmpty && word.allSatisfy(plain.contains) ? word : "'\(word.replacing("'", with: "'\\''"))'"
        }
        return (["infoplane"] + words).joined(separator: " ")
    }

    private static func text(of summary: Summary) -> String {
        var text = ""
        for (index, section) in summary.sections.enumerated() {
            if index > 0 { text += "\n" }
            text += Terminal.bold(section.heading) + "\n"
            for table in section.tables { text += "\n" + Self.text(of: table) }
            for sentence in section.sentences { text += "  " + sentence + "\n" }
        }
        return text
    }

    private static func text(of table: Summary.Table) -> String {
        var lines = TextTable(table.columns)
        for row in table.rows { lines.add(row) }
        return "  " + table.title + "\n" + lines.text(indent: 2)
    }

    private static func json(of summary: Summary) -> JSONText {
        func texts(_ items: [String]) -> JSONText { .list(items.map { .text($0) }) }
        return .list(
            summary.sections.map { section in
                .object([
                    ("heading", .text(section.heading)),
                    (
                        "tables",
                        .list(
                            section.tables.map { table in
                                .object([
                                    ("title", .text(table.title)), ("columns", texts(table.columns)),
                                    ("rows", .list(table.rows.map(texts))),
                                ])
                            })
                    ),
                    ("sentences", texts(section.sentences)),
                ])
            })
    }

    /// report.html → report.charts
    private static func chartFolder(of page: String) -> String {
        (page.hasSuffix(".html") ? String(page.dropLast(5)) : page) + ".charts"
    }
}
