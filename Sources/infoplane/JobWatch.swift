import Cluster

/// Follows a submitted job to its end, with one line on a watched terminal.
struct JobWatch {
    let folder: JobFolder
    let slurm: Slurm

    /// Waits for the end of the last submission and of those that follow it.
    ///
    /// - Returns: how it ended. Where waiting was interrupted, or the merge job ended without a word, says so.
    func outcome() async throws -> JobFolder.Outcome {
        Interruption.watch()
        let bar = ProgressBar("slurm")
        defer { bar.finish() }
        var pause = 1.0
        var silence = 0.0
        var hasWarned = false
        while true {
            if let outcome = folder.outcome() { return outcome }
            guard let last = folder.submissions().last else { return ended(nil) }
            if Interruption.isRequested {
                return JobFolder.Outcome(code: 1, lines: ["no longer waiting; the jobs go on."])
            }
            do {
                let queued = try slurm.queued(last.jobs)
                if !hasWarned, let stuck = queued.first(where: \.waitsForever) {
                    hasWarned = true
                    bar.finish()
                    Terminal.note(
                        "job \(stuck.job) waits for what does not come by itself (\(stuck.reason)); scancel "
                            + "\(last.jobs.map(String.init).joined(separator: " ")) ends it, and the same command with other "
                            + "options after -- submits it anew.")
                }
                show(queued, of: last, on: bar)
                // Another machine's file may take a minute to be seen here.
                silence = queued.isEmpty ? silence + pause : 0
            } catch {
                // A controller that is started anew is no reason to stop waiting.
                silence += pause / 10
                if silence > 60 { throw error }
            }
            if silence > 60 { return ended(last) }
            await rest(pause)
            pause = min(10, pause + 1)
        }
    }

    /// Waits, and not on when a stop is asked for.
    private func rest(_ seconds: Double) async {
        let end = ContinuousClock.now + .seconds(seconds)
        while ContinuousClock.now < end, !Interruption.isRequested { try? await Task.sleep(for: .milliseconds(200)) }
    }

    private func show(_ queued: [QueuedTask], of submission: JobFolder.Submission, on bar: ProgressBar) {
        let tasks = queued.filter { $0.job == submission.array }
        let waiting = tasks.filter { $0.state == "PENDING" }
        var note = "\(tasks.count - waiting.count) at work, \(waiting.count) waiting"
        if let reason = waiting.first?.reason, !reason.isEmpty, waiting.count == tasks.count { note += " (\(reason))" }
        if submission.array == nil || tasks.isEmpty { note = "checking and merging" }
        if submission.round > 0 { note = "submitted again, time \(submission.round): " + note }
        bar.update(done: submission.tasks - tasks.count, total: submission.tasks, note: note)
    }

    private func ended(_ submission: JobFolder.Submission?) -> JobFolder.Outcome {
        let job = submission.map { "job \($0.merge)" } ?? "the job"
        let state = submission.flatMap { slurm.ending(ofJob: $0.merge) }.map { " (\($0.words))" } ?? ""
        return JobFolder.Outcome(
            code: 2,
            lines: [
                "\(folder.path): \(job), which merges, ended without a word\(state); its log is \(folder.logs)/merge.log. "
                    + "The same command goes on from what is there."
            ])
    }
}
