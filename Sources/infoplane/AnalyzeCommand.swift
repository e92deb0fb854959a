import Activations
import Analysis
import ArgumentParser
import Results

struct AnalyzeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "analyze",
        abstract: "Compute information quantities of an archive into a results file.",
        discussion: """
            Computes, in bits: H(Z), I(X;Z), I(Z;Y), total correlation for every binning; PMI per sample and all 2N+1 \
            terms of the Generalized Information Bottleneck (GIB) for every target. What the results file already \
            holds is not computed again, so that another bin count costs only itself.

            \(RequestOptions.vocabulary)

            EXAMPLES:
              infoplane analyze run.h5
              infoplane analyze run.h5 --binning width:50@run --binning saxe-0.07
              infoplane analyze run.h5 --estimator gaussian-copula --estimator ross:k=3 --epochs every:10
              infoplane analyze run.h5 --estimator nsb --binning width:30@run --subsampling
              infoplane analyze run.h5 --target pmi-label --target label --epochs every:10 --samples 1000
              infoplane analyze run.h5 --reduce-inputs kpca:50 -o reduced.results.h5
              infoplane analyze run.h5 --shard 1/4 -o part1.results.h5
              infoplane analyze run.h5 --follow
              infoplane analyze run.h5 --config infoplane.yaml
            """)

    @Argument(help: ArgumentHelp("The archive.", valueName: "archive"), completion: .file(extensions: ["h5"]))
    var archivePath: String?

    @Option(name: .customLong("archive"), help: "The archive, where a configuration file names it.")
    var configuredArchive: String?

    @OptionGroup var allow: AllowOption

    @Option(name: .shortAndLong, help: "The results file. (default: ARCHIVE with .results.h5)")
    var output: String?

    @OptionGroup var request: RequestOptions

    @Option(name: .shortAndLong, help: "How many cells are computed side by side. (default: the number of cores)")
    var jobs: Int?

    @Option(help: ArgumentHelp("Only this part of the plan, counted from 1.", valueName: "i/n"))
    var shard: String?

    @Flag(help: "While the archive is being recorded, analyze every record as it comes, until the recorder has ended.")
    var follow = false

    @Flag(help: "Print the plan and compute nothing.")
    var dryRun = false

    @Flag(help: "Print the summary as JSON.")
    var json = false

    func validate() throws {
        if archivePath == nil, configuredArchive == nil {
            throw ValidationError("no archive is named; expected infoplane analyze run.h5")
        }
        if let jobs, jobs < 1 { throw ValidationError("--jobs \(jobs): expected at least 1") }
        _ = try parsedShard()
        if follow, dryRun { throw ValidationError("--follow and --dry-run contradict each other") }
    }

    /// The archive's path.
    private var archive: String { archivePath ?? configuredArchive ?? "" }

    func run() async throws {
        try await Terminal.reporting {
            guard follow else {
                let archive = try ActivationArchive(opening: archive, trusting: allow.trust)
                return try await analyze(archive).throwIfIncomplete()
            }
            Interruption.watch()
            var followed = FollowedArchive(archive, trusting: allow.trust)
            var outcome = Outcome.complete
            while outcome != .interrupted, let grown = try await followed.next() {
                outcome = max(outcome, try await analyze(grown))
            }
            try outcome.throwIfIncomplete()
        }
    }

    /// How far an analysis came; the greater, the less.
    private enum Outcome: Int, Comparable {
        case complete, withFailures, interrupted

        static func < (a: Outcome, b: Outcome) -> Bool { a.rawValue < b.rawValue }

        func throwIfIncomplete() throws {
            if self != .complete { throw ExitCode(1) }
        }
    }

    /// Computes what the results file lacks of the records that the archive holds now.
    private func analyze(_ archive: ActivationArchive) async throws -> Outcome {
        let whole = try AnalysisPlan(try request.resolved(), of: archive)
        let plan = try parsedShard().map { whole.shard($0.number, of: $0.count) } ?? whole
        var file = ResultsFile(output ?? Self.resultsPath(of: self.archive))
        var results = ResultSet()
        if file.exists {
            results = try file.read()
            if !results.archives.isEmpty, results.archives[plan.archiveID] == nil {
                throw Terminal.failure(
                    "\(file.path): holds results of another archive "
                        + "(\(results.archives.values.map { "'\($0.title)', id \($0.id)" }.sorted()[0])); nothing was "
                        + "overwritten. Choose another file with -o; infoplane merge joins results of several archives."
                )
            }
        }
        if dryRun {
            try printPlan(plan, archive: archive, results: results, path: file.path)
            return .complete
        }
        try Terminal.announceMemory(
            plan.reductionBytes(in: archive, memory: Terminal.physicalMemory / 2), of: "kernel PCA of the inputs")
        return try await compute(plan, of: archive, results: &results, file: &file)
    }

    private func compute(
        _ plan: AnalysisPlan, of archive: ActivationArchive, results: inout ResultSet, file: inout ResultsFile
    ) async throws -> Outcome {
        Interruption.watch()
        let start = ContinuousClock.now
        try file.checkWritable()
        let bar = ProgressBar("analyze")
        defer { bar.finish() }
        let runner = try AnalysisRunner(
            plan, of: archive, jobs: jobs ?? Terminal.coreCount, memory: Terminal.physicalMemory / 2,
            toolVersion: Infoplane.version)
        var output = file
        let summary = try await runner.run(
            into: &results,
            checkpoint: { (current: inout ResultSet) throws(ResultsError) in try output.write(&current) },
            progress: { bar.update(done: $0.done, total: $0.total, note: $0.place) },
            shouldStop: { Interruption.isRequested })
        bar.finish()
        file = output
        Self.note(summary.failures)
        if json {
            try Terminal.write(
                JSONText.object([
                    ("results", .text(file.path)), ("computed", .whole(summary.computed)),
                    ("reused", .whole(summary.reused)), ("dropped", .whole(summary.dropped)),
                    ("failed_cells", .whole(summary.failures.count)), ("interrupted", .truth(summary.wasInterrupted)),
                    ("seconds", .number(start.seconds)),
                ]).text + "\n")
        } else {
            var line = "\(file.path): \(summary.computed) measurements computed, \(summary.reused) reused"
            if summary.dropped > 0 {
                line += ", \(summary.dropped) dropped (the archive has grown and its ranges with it)"
            }
            if !summary.failures.isEmpty { line += ", \(Self.cells(summary.failures.count)) failed" }
            try Terminal.write(line + "\n")
        }
        if summary.wasInterrupted {
            Terminal.note("stopped: what was computed is saved; the same command goes on from there.")
            return .interrupted
        }
        return summary.failures.isEmpty ? .complete : .withFailures
    }

    /// Every reason once, with the number of cells that it holds for.
    private static func note(_ failures: [Failure]) {
        let byReason = Dictionary(grouping: failures, by: \.reason).sorted { $0.key < $1.key }
        for (reason, cells) in byReason.prefix(5) {
            Terminal.note("failed: " + reason + (cells.count > 1 ? " (\(Self.cells(cells.count)))" : ""))
        }
        if byReason.count > 5 {
            Terminal.note("failed: \(byReason.count - 5) more reasons; the results file holds all.")
        }
    }

    private static func cells(_ count: Int) -> String { count == 1 ? "1 cell" : "\(count) cells" }

    private func printPlan(
        _ plan: AnalysisPlan, archive: ActivationArchive, results: ResultSet, path: String
    ) throws {
        let missing = plan.missing(from: results)
        let open = plan.missingKeys(in: results).count
        if json {
            let cells = missing.map { unit in
                JSONText.object([
                    ("split", .text(unit.split.name)), ("layer", unit.layer.map { .text($0.name) } ?? .null),
                    ("epoch", unit.layer == nil ? .null : .whole(plan.epochs[unit.record])),
                    ("samples", .whole(unit.samples)),
                    ("binnings", .list(unit.binnings.map { .text($0.discretization.description) })),
                ])
            }
            let plan = JSONText.object([
                ("results", .text(path)), ("units", .whole(plan.units.count)), ("open_units", .list(cells)),
                ("measurements", .whole(plan.measurementCount)), ("open_measurements", .whole(open)),
                ("bytes_to_read", .whole(plan.bytesToRead)),
            ])
            return try Terminal.write(plan.text + "\n")
        }
        let bytes = plan.reductionBytes(in: archive, memory: Terminal.physicalMemory / 2)
        let memory = bytes > 0 ? ", \(byteText(bytes)) of memory for kernel PCA" : ""
        var table = TextTable(["split", "layer", "records", "samples", "binnings"])
        var counts: [(key: [String], records: Int)] = []
        for unit in missing {
            let key = [
                unit.split.name, unit.layer?.name ?? "(labels)", String(unit.samples), String(unit.binnings.count),
            ]
            if let index = counts.firstIndex(where: { $0.key == key }) {
                counts[index].records += 1
            } else {
                counts.append((key, 1))
            }
        }
        for (key, records) in counts { table.add([key[0], key[1], String(records), key[2], key[3]]) }
        try Terminal.write(table.text())
        try Terminal.write(
            "\(path): \(open) of \(plan.measurementCount) measurements to compute, "
                + "\(byteText(plan.bytesToRead)) of activations in the plan\(memory). Nothing was computed.\n")
    }

    private func parsedShard() throws -> (number: Int, count: Int)? {
        guard let shard else { return nil }
        let parts = shard.split(separator: "/", omittingEmptySubsequences: false).map { Int($0) }
        guard parts.count == 2, let number = parts[0], let count = parts[1], count > 0, (1...count).contains(number)
        else { throw ValidationError("--shard \(shard): expected i/n with i from 1 to n, such as 2/4") }
        return (number, count)
    }

    /// run.h5 → run.results.h5, beside the archive.
    static func resultsPath(of archive: String) -> String {
        (archive.hasSuffix(".h5") ? String(archive.dropLast(3)) : archive) + ".results.h5"
    }
}
