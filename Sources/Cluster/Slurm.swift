/// The Slurm of this machine, through its own programs: sbatch, squeue and scontrol. sacct is not asked, because it needs a
/// data base that many sites lack.
public struct Slurm: Sendable {
    /// The largest index of an array where Slurm's own default holds.
    public static let defaultLargestTask = 1000

    /// Names the Slurm that the search path and SLURM_CONF lead to.
    public init() {}

    /// The largest index that a task of an array may have: one less than MaxArraySize.
    ///
    /// - Throws: where there is no Slurm, its controller does not answer, or it takes no arrays.
    public func largestTask() throws(ClusterError) -> Int {
        let text = try said(["scontrol", "show", "config"])
        guard let size = SlurmWords.configured("MaxArraySize", in: text).flatMap({ Int($0) }) else {
            return Self.defaultLargestTask
        }
        guard size > 1 else {
            throw ClusterError(
                place: "Slurm", problem: "takes no job arrays (MaxArraySize is \(size))",
                remedy: "Run the shards by another engine: infoplane analyze --shard i/n, then infoplane merge.")
        }
        return size - 1
    }

    /// Submits a batch script and returns the job's number.
    ///
    /// - Parameters:
    ///   - script: the path of the script.
    ///   - options: options of sbatch, beside those that the script itself has.
    ///   - arguments: what the script is given.
    /// - Throws: where there is no Slurm, or it refuses the job: then nothing was submitted.
    public func submit(
        _ script: String, options: [String] = [], arguments: [String] = []
    ) throws(ClusterError) -> Int {
        let text = try said(["sbatch", "--parsable"] + options + [script] + arguments)
        guard let job = SlurmWords.jobID(text) else {
            throw ClusterError(
                place: "sbatch", problem: "printed '\(text.trimmed)'; expected the number of a job",
                remedy: "squeue --me shows whether it was submitted.")
        }
        return job
    }

    /// Cancels jobs; one that has ended is left alone.
    public func cancel(_ jobs: [Int]) {
        _ = Program.run(["scancel"] + jobs.map(String.init), variables: Self.isForAll)
    }

    /// The tasks of these jobs that wait or run; none where all have ended.
    ///
    /// - Throws: where the controller does not answer.
    public func queued(_ jobs: [Int]) throws(ClusterError) -> [QueuedTask] {
        // Without --jobs: that fails where one of them has been forgotten. Only the user's own are listed.
        let text = try said(["squeue", "--me", "--noheader", "--array", "--format=%F|%K|%T|%r|%N"])
        return SlurmWords.queued(text).filter { jobs.contains($0.job) }
    }

    /// How the tasks of an array ended, by their numbers; those that Slurm has forgotten (after MinJobAge, five minutes
    /// unless changed) are missing.
    public func endings(ofArray job: Int) -> [Int: TaskEnding] {
        SlurmWords.endings(shown(job))
    }

    /// How a job that is no array ended; nil where Slurm has forgotten it.
    public func ending(ofJob job: Int) -> TaskEnding? {
        SlurmWords.ending(SlurmWords.facts(ofJob: shown(job).trimmed))
    }

    private func shown(_ job: Int) -> String {
        let output = Program.run(
            ["scontrol", "--oneliner", "show", "job", String(job)], variables: Self.isForAll)
        return output?.code == 0 ? output?.out ?? "" : ""
    }

    /// Inside a job, SLURM_ variables describe that job; a job submitted from there must not take them for its own.
    private static func isForAll(_ variable: String) -> Bool {
        !variable.hasPrefix("SLURM_") || variable == "SLURM_CONF"
    }

    private func said(_ arguments: [String]) throws(ClusterError) -> String {
        guard let output = Program.run(arguments, variables: Self.isForAll) else {
            throw ClusterError(
                place: arguments[0], problem: "there is no such program on this machine, so no Slurm to submit to",
                remedy:
                    "Go to a login node of the cluster, load its Slurm, or run the shards by another engine: infoplane "
                    + "analyze --shard i/n, then infoplane merge.")
        }
        guard output.code == 0 else {
            let complaint = SlurmWords.complaint(output.error)
            throw ClusterError(
                place: arguments[0], problem: complaint, remedy: SlurmWords.remedy(for: complaint))
        }
        return output.out
    }
}
