/// The submissions of a job: an array of tasks with the merging after it.
public struct JobArray: Sendable {
    private let folder: JobFolder
    private let slurm: Slurm

    /// Submits the scripts that lie in a folder.
    public init(folder: JobFolder, slurm: Slurm) {
        self.folder = folder
        self.slurm = slurm
    }

    /// Submits tasks, and the merging for when all of them have ended, however they do.
    ///
    /// - Throws: where Slurm refuses one of the two: then none is left in the queue.
    @discardableResult
    public func submit(
        round: Int, tasks: some Collection<Int>
    ) throws(ClusterError) -> JobFolder.Submission {
        try folder.note(nil)
        let array = try slurm.submit(folder.tasksScript, options: ["--array=" + Self.indices(tasks)])
        let submission: JobFolder.Submission
        do throws(ClusterError) {
            let merge = try slurm.submit(
                folder.mergeScript, options: ["--dependency=afterany:\(array)"], arguments: [String(round)])
            submission = JobFolder.Submission(round: round, array: array, merge: merge, tasks: tasks.count)
        } catch {
            slurm.cancel([array])
            throw error
        }
        return try noted(submission)
    }

    /// Submits the merging alone; it submits what is missing.
    public func submitMerging() throws(ClusterError) -> JobFolder.Submission {
        try folder.note(nil)
        let merge = try slurm.submit(folder.mergeScript, arguments: ["0"])
        return try noted(JobFolder.Submission(round: 0, array: nil, merge: merge, tasks: 0))
    }

    /// A job of which nobody could find the number again is no use.
    private func noted(_ submission: JobFolder.Submission) throws(ClusterError) -> JobFolder.Submission {
        do throws(ClusterError) {
            try folder.note(submission)
        } catch {
            slurm.cancel(submission.jobs)
            throw error
        }
        return submission
    }

    /// Ascending numbers as `--array` takes them: `1-4,7,9-12`.
    public static func indices(_ numbers: some Collection<Int>) -> String {
        var runs: [ClosedRange<Int>] = []
        for number in numbers {
            if let last = runs.last, last.upperBound + 1 == number {
                runs[runs.count - 1] = last.lowerBound...number
            } else {
                runs.append(number...number)
            }
        }
        return runs.map { $0.count == 1 ? "\($0.lowerBound)" : "\($0.lowerBound)-\($0.upperBound)" }.joined(
            separator: ",")
    }
}
