import ArgumentParser
import KnownTruth

struct SelftestCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "selftest",
        abstract: "Run the estimators against known truth on this machine.",
        discussion: """
            Draws samples of distributions whose information or entropy is known in closed form or by an integral, and prints \
            truth, estimate, error bar and flags. Every line is right within its error bar, or flagged; a line that is \
            neither is WRONG, and the command ends with 1. The bars are simultaneous: correct estimators print a WRONG line \
            by chance with one seed in a hundred. A flag is no failure: it says where an estimator is not to be trusted.

            EXAMPLES:
              infoplane selftest
              infoplane selftest --samples 5000 --seed 7
              infoplane selftest --coverage 100 --samples 500
            """)

    @Option(help: "How many samples are drawn of each distribution.")
    var samples = 1000

    @Option(help: "The seed.")
    var seed: UInt64 = 0

    @Option(
        help: ArgumentHelp(
            "Repeat with so many seeds, and print how often 95% intervals hold the truth.", valueName: "R"))
    var coverage: Int?

    @Flag(help: "Print JSON.")
    var json = false

    func validate() throws {
        if samples < 2 { throw ValidationError("--samples \(samples): expected at least 2") }
        if let coverage, coverage < 2 { throw ValidationError("--coverage \(coverage): expected at least 2") }
    }

    func run() async throws {
        try await Terminal.reporting {
            let test = SelfTest(samples: samples, seed: seed)
            let bar = ProgressBar("selftest")
            defer { bar.finish() }
            if let coverage {
                let lines = test.coverage(repetitions: coverage) {
                    bar.update(done: $0, total: SelfTest.cases.count, note: "")
                }
                bar.finish()
                return try Terminal.write(json ? Self.json(lines).text + "\n" : Self.table(lines))
            }
            var done = 0
            let lines = test.lines { line in
                done += 1
                bar.update(done: done, total: SelfTest.lineCount, note: line.name)
            }
            bar.finish()
            try Terminal.write(json ? Self.json(lines).text + "\n" : Self.table(lines, samples: samples))
            if lines.contains(where: { $0.outcome == .wrong }) { throw ExitCode(1) }
        }
    }

    private static func table(_ lines: [SelfTest.Line], samples: Int) -> String {
        var table = TextTable(["distribution", "quantity", "truth", "estimate", "bar", "estimator", "outcome", "flags"])
        var last = ""
        for line in lines {
            let flags =
                line.reason.map { _ in "refused in words" } ?? line.estimate?.flags.names.joined(separator: ", ")
            table.add([
                line.name == last ? "" : line.name, line.name == last ? "" : line.quantity.rawValue,
                line.truth.isFinite ? decimals(line.truth, 3) : "infinite",
                line.estimate.map { decimals($0.value, 3) } ?? "–",
                line.bar.map { "±" + decimals($0, 3) } ?? "–", line.estimator.description, line.outcome.rawValue,
                flags ?? "",
            ])
            last = line.name
        }
        func count(_ outcome: SelfTest.Outcome) -> Int { lines.count { $0.outcome == outcome } }
        return table.text()
            + "\n\(lines.count) lines of \(samples) samples, in bits: \(count(.right)) right, \(count(.flagged)) flagged, "
            + "\(count(.refused)) refused, \(count(.wrong)) WRONG.\n"
    }

    private static func table(_ lines: [SelfTest.Coverage]) -> String {
        var table = TextTable(["distribution", "estimator", "coverage of 95%", "bias", "sd", "mean SE", "flagged"])
        var last = ""
        for line in lines {
            table.add([
                line.name == last ? "" : line.name, line.estimator.description, decimals(100 * line.share, 1) + "%",
                decimals(line.bias, 4), decimals(line.deviation, 4), decimals(line.meanStandardError, 4),
                decimals(100 * line.flagged, 0) + "%",
            ])
            last = line.name
        }
        return table.text()
    }

    private static func json(_ lines: [SelfTest.Line]) -> JSONText {
        func number(_ value: Double?) -> JSONText { value.map(JSONText.number) ?? .null }
        return .list(
            lines.map { line in
                .object([
                    ("distribution", .text(line.name)), ("quantity", .text(line.quantity.rawValue)),
                    ("truth", .number(line.truth)), ("estimator", .text(line.estimator.description)),
                    ("estimate", number(line.estimate?.value)),
                    ("standard_error", number(line.estimate?.standardError)),
                    ("bar", number(line.bar)), ("outcome", .text(line.outcome.rawValue)),
                    ("flags", .list((line.estimate?.flags.names ?? []).map { .text($0) })),
                    ("reason", line.reason.map(JSONText.text) ?? .null),
                ])
            })
    }

    private static func json(_ lines: [SelfTest.Coverage]) -> JSONText {
        .list(
            lines.map { line in
                .object([
                    ("distribution", .text(line.name)), ("estimator", .text(line.estimator.description)),
                    ("coverage", .number(line.share)), ("bias", .number(line.bias)), ("sd", .number(line.deviation)),
                    ("mean_standard_error", .number(line.meanStandardError)), ("flagged", .number(line.flagged)),
                ])
            })
    }
}
