import Activations
import Analysis
import Cluster
import FoundationEssentials
import Results

/// The end of a job: every part is held against the plan; what is missing is submitted again, or all is merged.
struct PartsMerging {
    private let job: ClusterJob
    private let folder: JobFolder
    private let round: Int
    private let slurm = Slurm()

    init(of job: ClusterJob, in folder: JobFolder, round: Int) {
        self.job = job
        self.folder = folder
        self.round = round
    }

    /// A shard that is not complete.
    private struct Gap {
        let shard: Shard
        let missing: Int
        let total: Int
    }

    /// Checks and merges.
    ///
    /// - Returns: how the job ended; nil where shards were submitted again.
    /// - Throws: where an archive is not what it was when the job was planned, parts contradict each other, or the results
    ///   cannot be written.
    func outcome() async throws -> JobFolder.Outcome? {
        if let later = try await laterSubmission() {
            Terminal.note(
                "\(folder.path): jobs \(later.jobs.map(String.init).joined(separator: ", ")) are at work; nothing was done."
            )
            return nil
        }
        let shards = try folder.shards().shards
        var merged = ResultSet()
        var gaps: [Gap] = []
        var plans: [AnalysisPlan] = []
        let options = try options()
        for planned in job.archives {
            let archive = try opened(planned, trusting: options.allow.trust)
            let plan = try AnalysisPlan(try options.request.resolved(), of: archive)
            plans.append(plan)
            let own = shards.filter { $0.archive == planned.path }
            for (shard, part) in zip(own, plan.shards(planned.shards)) {
                let results = try results(of: shard)
                let missing = part.open(in: results).count
                if missing > 0 { gaps.append(Gap(shard: shard, missing: missing, total: part.units.count)) }
                // Nothing is merged any more once something is known to be missing.
                if gaps.isEmpty { try merged.merge(results, from: folder.part(of: shard)) }
            }
        }
        if gaps.isEmpty { return try write(&merged, plans) }
        guard round < job.retries else { return incomplete(gaps) }
        return try submitAgain(gaps)
    }

    /// The last submission, where it is another than the one that this job belongs to and is in the queue: this job has been
    /// started again, its node lost, after it had submitted what was missing.
    private func laterSubmission() async throws -> JobFolder.Submission? {
        let own = ProcessInfo.processInfo.environment["SLURM_JOB_ID"].flatMap { Int($0) }
        // Who submitted this job may still be about to note it.
        for _ in 0..<100 where own != nil && !folder.submissions().contains(where: { $0.merge == own }) {
            try await Task.sleep(for: .milliseconds(100))
        }
        guard let last = folder.submissions().last, last.merge != own else { return nil }
        // Merging by hand needs no Slurm.
        let queued = (try? slurm.queued(last.jobs)) ?? []
        return queued.isEmpty ? nil : last
    }

    private func options() throws -> (request: RequestOptions, allow: AllowOption) {
        let isOfAllow: (String) -> Bool = { $0.hasPrefix("--allow=") }
        return (
            try RequestOptions.parse(job.arguments.filter { !isOfAllow($0) }),
            try AllowOption.parse(job.arguments.filter(isOfAllow))
        )
    }

    private func opened(_ planned: ClusterJob.Archive, trusting trust: Trust) throws -> ActivationArchive {
        let archive = try ActivationArchive(opening: planned.path, trusting: trust)
        let digest = try archive.contentDigest()
        guard archive.info.id == planned.id, digest == planned.contentDigest else {
            throw ClusterError(
                place: planned.path,
                problem:
                    "has \(archive.committedRecords) records with content digest \(digest.prefix(12)); when the job "
                    + "was planned it had \(planned.records) with \(planned.contentDigest.prefix(12))",
                remedy: "Parts of different states are not joined: remove \(folder.path) and submit again, once the "
                    + "recorder has ended.")
        }
        return archive
    }

    /// What a part holds; nothing where it does not exist, or is damaged and was put aside.
    private func results(of shard: Shard) throws -> ResultSet {
        let path = folder.part(of: shard)
        var file = ResultsFile(path)
        guard file.exists else { return ResultSet() }
        do {
            return try file.read()
        } catch {
            Terminal.note("\(error) It is put aside and computed again.")
            let aside = path + ".damaged"
            try? FileManager.default.removeItem(atPath: aside)
            try FileManager.default.moveItem(atPath: path, toPath: aside)
            return ResultSet()
        }
    }

    private func write(_ merged: inout ResultSet, _ plans: [AnalysisPlan]) throws -> JobFolder.Outcome {
        var file = ResultsFile(job.output)
        if file.exists {
            // This job, started again after its node was lost, may have written it already.
            let there = try file.read()
            guard plans.allSatisfy({ $0.open(in: there).isEmpty }) else {
                throw ClusterError(
                    place: job.output, problem: "exists and lacks numbers of this job; nothing was overwritten",
                    remedy: "Move it away, and give the same command again.")
            }
        }
        try file.write(&merged)
        folder.removeParts()
        let archives = job.archives.count == 1 ? "1 archive" : "\(job.archives.count) archives"
        var line = "\(job.output): \(merged.measurements.count) measurements of \(archives)"
        let reasons = Dictionary(grouping: merged.failures, by: \.reason).sorted { $0.key < $1.key }
        if !merged.failures.isEmpty { line += ", \(Self.cells(merged.failures.count)) failed" }
        let notes = reasons.prefix(5).map { reason, cells in
            "failed: " + reason + (cells.count > 1 ? " (\(Self.cells(cells.count)))" : "")
        }
        return JobFolder.Outcome(code: merged.failures.isEmpty ? 0 : 1, lines: notes + [line])
    }

    private static func cells(_ count: Int) -> String { count == 1 ? "1 cell" : "\(count) cells" }

    private func submitAgain(_ gaps: [Gap]) throws -> JobFolder.Outcome? {
        let tasks = Set(gaps.map(\.shard.task)).sorted()
        describe(gaps).forEach { Terminal.note($0) }
        do {
            let submission = try JobArray(folder: folder, slurm: slurm).submit(round: round + 1, tasks: tasks)
            try Terminal.write(
                "submitted again, time \(round + 1) of \(job.retries): \(tasks.count) "
                    + "\(tasks.count == 1 ? "task" : "tasks") as job \(submission.jobs.map(String.init).joined(separator: ", "))\n"
            )
            return nil
        } catch {
            // Some sites let no job submit another.
            return JobFolder.Outcome(
                code: 1,
                lines: describe(gaps) + [
                    "what is missing could not be submitted again: \(error) The same infoplane slurm command, given on a "
                        + "login node, goes on from what is there."
                ])
        }
    }

    private func incomplete(_ gaps: [Gap]) -> JobFolder.Outcome {
        let tasks = Set(gaps.map(\.shard.task)).count
        return JobFolder.Outcome(
            code: 1,
            lines: describe(gaps) + [
                "\(job.output): not written. \(tasks) \(tasks == 1 ? "task" : "tasks") did not end after "
                    + "\(round + 1) \(round == 0 ? "time" : "times"); the same command goes on from what is there, also with "
                    + "other options after -- (more --time, more --mem, --exclude=NODE)."
            ])
    }

    /// Each task that is not complete: what it lacks, how it ended, and its last words of trouble.
    private func describe(_ gaps: [Gap]) -> [String] {
        let array = folder.submissions().last { $0.array != nil }?.array
        let endings = array.map(slurm.endings(ofArray:)) ?? [:]
        let byTask = Dictionary(grouping: gaps, by: \.shard.task).sorted { $0.key < $1.key }
        let lines = byTask.prefix(10).map { task, gaps in
            let missing = gaps.reduce(0) { $0 + $1.missing }
            let total = gaps.reduce(0) { $0 + $1.total }
            let first = gaps[0].shard
            let more = gaps.count > 1 ? " and \(gaps.count - 1) more" : ""
            var line =
                "task \(task) (shard \(first.text) of \(first.archive)\(more)): \(missing) of \(total) cells are "
            line += "missing"
            if let ending = endings[task] { line += "; \(ending.words)" }
            if let trouble = folder.lastTrouble(ofTask: task) {
                line += "; its log says: \(trouble)"
            } else {
                line += "; its log, \(folder.log(ofTask: task)), tells no reason"
            }
            return line
        }
        return lines + (byTask.count > 10 ? ["and \(byTask.count - 10) more tasks"] : [])
    }
}
