import Activations
import Analysis
import ArgumentParser
import Cluster
import Results

struct SlurmCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "slurm",
        abstract: "Analyze archives as a job array of a Slurm cluster, into one results file.",
        discussion: """
            Cuts the analysis into shards that take as long as each other, submits one job array that computes them and a \
            job after it that checks that every number is there, submits again what is missing, and merges. The results \
            are those of infoplane analyze on one machine, bit for bit on the same type of processor. Archives, results \
            and this program must lie on a file system that all nodes see. Beside the results, in FILE.slurm, lie the \
            batch scripts, the logs and the parts, which are removed once they are merged.

            A task that is killed, preempted or loses its node loses the work since its last checkpoint. The same command \
            again goes on from what is there, also with other options of sbatch, such as more time.

            What stands after -- goes to sbatch, for the tasks and for the merging: --partition, --account, --time, --mem, \
            --cpus-per-task (a task computes so many cells side by side), ...

            \(RequestOptions.vocabulary)

            EXAMPLES:
              infoplane slurm run.h5 -o all.results.h5 -- --partition=cpu --time=1:00:00 --mem=4G
              infoplane slurm seed*.h5 -o seeds.results.h5 --tasks 200 --estimator ksg1:k=3 --wait -- --account=lab
              infoplane slurm run.h5 -o all.results.h5 --config infoplane.yaml --dry-run

            EXIT CODES: 0 submitted, with --wait done; 1 failed cells, or numbers still missing; 2 could not run; 64 usage.
            """)

    @Argument(help: "The archives.", completion: .file(extensions: ["h5"]))
    var archives: [String]

    @OptionGroup var allow: AllowOption

    @Option(name: .shortAndLong, help: "The results file. (default: that of analyze, for one archive)")
    var output: String?

    @Option(help: "How many tasks the array has. (default: so many that each computes for about five minutes)")
    var tasks: Int?

    @Option(help: "How often shards that a task did not finish are submitted again.")
    var retries = 3

    @Flag(help: "Wait for the end, and tell it.")
    var wait = false

    @Flag(help: "Print the batch scripts and submit nothing.")
    var dryRun = false

    @Flag(help: "Print the numbers of the jobs, and with --wait the end, as JSON.")
    var json = false

    @OptionGroup var request: RequestOptions

    @Argument(parsing: .postTerminator, help: "Options of sbatch, after --.")
    var sbatch: [String] = []

    func validate() throws {
        if archives.isEmpty { throw ValidationError("name an archive") }
        if output == nil, archives.count > 1 {
            throw ValidationError("-o is missing: there are \(archives.count) archives and one results file")
        }
        if let tasks, tasks < 1 { throw ValidationError("--tasks \(tasks): expected at least 1") }
        if retries < 0 { throw ValidationError("--retries \(retries): expected 0 or more") }
        if dryRun, wait { throw ValidationError("--dry-run and --wait contradict each other") }
        if let option = SbatchOptions.reserved(in: sbatch) {
            throw ValidationError("\(option) after --: the job sets it itself; --help tells what may stand there")
        }
        if let word = sbatch.first(where: { $0.contains("\n") }) {
            throw ValidationError("an option of sbatch has a line break: \(word)")
        }
        for path in archives + [output ?? ""] where path.contains("\t") || path.contains("\n") {
            throw ValidationError("\(path): the table of the shards cannot hold a tab or a line break in a path")
        }
    }

    func run() async throws {
        try await Terminal.reporting {
            let output = WorkingFolder.absolute(self.output ?? AnalyzeCommand.resultsPath(of: archives[0]))
            let folder = JobFolder(besides: output)
            let slurm = Slurm()
            let largestTask = try Self.largestTask(of: slurm, isNeeded: !dryRun)
            let planned = try Self.planned(archives.map(WorkingFolder.absolute), request.resolved(), allow)
            let table = ShardTable(planned.map(\.work), tasks: try taskCount(of: planned, largest: largestTask))
            guard let binary = WorkingFolder.ownProgram else {
                throw Terminal.failure("the path of this program cannot be found. Start it by its absolute path.")
            }
            var job = ClusterJob(
                toolVersion: Infoplane.version, binary: binary, archives: planned.map(\.archive),
                arguments: request.arguments + allow.arguments, sbatch: sbatch, retries: retries, output: output)
            for index in job.archives.indices {
                job.archives[index].shards =
                    table.shards.first { $0.archive == job.archives[index].path }?.count ?? 1
            }
            if dryRun {
                let scripts = BatchScripts(job, in: folder)
                try Terminal.write(scripts.tasks + "\n" + scripts.merge)
                return Terminal.note(Self.summary(planned, table) + ". Nothing was submitted.")
            }
            if let earlier = try folder.job() {
                return try await goOn(job, after: earlier, in: folder, with: slurm)
            }
            guard !ResultsFile(output).exists else {
                throw Terminal.failure(
                    "\(output): exists; nothing was overwritten. Remove it or choose another file with -o.")
            }
            try folder.write(job, table)
            let submission: JobFolder.Submission
            do {
                submission = try JobArray(folder: folder, slurm: slurm).submit(round: 0, tasks: 1...table.taskCount)
            } catch {
                folder.remove()
                throw error
            }
            if !json { try Terminal.write(Self.summary(planned, table) + "\n") }
            try await tell(submission, in: folder, with: slurm)
        }
    }

    /// The same command once more: what runs is followed, what has ended is done or goes on from its parts.
    private func goOn(
        _ job: ClusterJob, after earlier: ClusterJob, in folder: JobFolder, with slurm: Slurm
    ) async throws {
        if let difference = job.difference(from: earlier) {
            throw Terminal.failure(
                "\(folder.path): the job there \(difference); nothing was changed. Choose another file with -o, or remove "
                    + "that folder.")
        }
        let submissions = folder.submissions()
        if let last = submissions.last, !(try slurm.queued(last.jobs).isEmpty) {
            return try await tell(last, "at work already", in: folder, with: slurm)
        }
        if let outcome = folder.outcome(), outcome.code != 2, ResultsFile(job.output).exists {
            return try end(outcome)
        }
        var continued = job
        continued.archives = earlier.archives
        let table = try folder.shards()
        try folder.write(continued, table)
        let array = JobArray(folder: folder, slurm: slurm)
        // Where something was computed, the merge job finds out what is missing: that is no work for a login node.
        let submission =
            submissions.isEmpty ? try array.submit(round: 0, tasks: 1...table.taskCount) : try array.submitMerging()
        if !submissions.isEmpty { Terminal.note("\(folder.path): goes on from the parts that are there.") }
        try await tell(submission, in: folder, with: slurm)
    }

    private func tell(
        _ submission: JobFolder.Submission, _ what: String = "submitted", in folder: JobFolder, with slurm: Slurm
    ) async throws {
        if json, !wait {
            let summary = JSONText.object([
                ("array", submission.array.map { .whole($0) } ?? .null), ("tasks", .whole(submission.tasks)),
                ("merge", .whole(submission.merge)), ("folder", .text(folder.path)), ("logs", .text(folder.logs)),
            ])
            return try Terminal.write(summary.text + "\n")
        }
        let tasks = submission.array.map {
            "job \($0), \(submission.tasks) \(submission.tasks == 1 ? "task" : "tasks"); "
        }
        let jobs = submission.jobs.map(String.init).joined(separator: " ")
        let words =
            """
            \(what): \(tasks ?? "")job \(submission.merge), which checks, submits again what is missing, and merges
            watch: squeue --me; logs in \(folder.logs)
            wait: the same command with --wait; stop: scancel \(jobs)

            """
        if !json { try Terminal.write(words) }
        if wait { try end(try await JobWatch(folder: folder, slurm: slurm).outcome()) }
    }

    /// Tells how the job ended, with its exit code.
    private func end(_ outcome: JobFolder.Outcome) throws {
        if json {
            let lines = outcome.lines.map { JSONText.text($0) }
            try Terminal.write(
                JSONText.object([("code", .whole(Int(outcome.code))), ("lines", .list(lines))]).text + "\n")
            if outcome.code != 0 { throw ExitCode(outcome.code) }
            return
        }
        for line in outcome.lines.dropLast() { Terminal.note(line) }
        if let last = outcome.lines.last {
            if outcome.code == 2 { Terminal.note("error: " + last) } else { try Terminal.write(last + "\n") }
        }
        if outcome.code != 0 { throw ExitCode(outcome.code) }
    }

    // MARK: The plan

    /// An archive with what it costs.
    struct PlannedArchive {
        let archive: ClusterJob.Archive
        let work: ShardTable.Work
        let cells: Int
        let bytes: Int
    }

    static func planned(
        _ paths: [String], _ request: AnalysisRequest, _ allow: AllowOption
    ) throws -> [PlannedArchive] {
        var seen: Set<String> = []
        return try paths.map { path in
            let archive = try ActivationArchive(opening: path, trusting: allow.trust)
            let plan = try AnalysisPlan(request, of: archive)
            guard seen.insert(plan.archiveID).inserted else {
                throw Terminal.failure(
                    "\(path): its id \(plan.archiveID) is that of an archive before it. Name every archive once.")
            }
            let costs = plan.unitCosts
            return PlannedArchive(
                archive: ClusterJob.Archive(
                    path: path, id: plan.archiveID, contentDigest: try archive.contentDigest(),
                    records: archive.committedRecords, shards: 1),
                work: ShardTable.Work(archive: path, units: costs.count, cost: costs.reduce(0, +)),
                cells: plan.units.count { $0.layer != nil }, bytes: plan.bytesToRead)
        }
    }

    private func taskCount(of planned: [PlannedArchive], largest: Int) throws -> Int {
        if let tasks {
            guard tasks <= largest else {
                throw Terminal.failure(
                    "--tasks \(tasks): this Slurm takes arrays of at most \(largest) tasks (MaxArraySize). Take fewer; a "
                        + "task can have many shards.")
            }
            return tasks
        }
        let seconds = planned.reduce(0) { $0 + Double($1.work.cost) } / 1_000_000
        return min(largest, max(1, Int((seconds / Self.secondsPerTask).rounded(.up))))
    }

    /// Long enough that starting a task and opening the archive do not count, short enough that a lost one costs little.
    private static let secondsPerTask = 300.0

    private static func largestTask(of slurm: Slurm, isNeeded: Bool) throws -> Int {
        do {
            return try slurm.largestTask()
        } catch {
            if isNeeded { throw error }
            Terminal.note("no Slurm was asked for the size of its arrays; 1000 tasks are taken as the most.")
            return Slurm.defaultLargestTask
        }
    }

    private static func summary(_ planned: [PlannedArchive], _ table: ShardTable) -> String {
        let cells = planned.reduce(0) { $0 + $1.cells }
        let bytes = planned.reduce(0) { $0 + $1.bytes }
        let seconds = planned.reduce(0) { $0 + Double($1.work.cost) } / 1_000_000 / Double(table.taskCount)
        let archives = planned.count == 1 ? "1 archive" : "\(planned.count) archives"
        let time = seconds < 90 ? "\(max(1, Int(seconds.rounded()))) s" : "\(Int((seconds / 60).rounded())) min"
        return "\(cells) cells of \(archives), \(byteText(bytes)) to read, in \(table.taskCount) "
            + "\(table.taskCount == 1 ? "task" : "tasks") of about \(time) on one core each"
    }
}
