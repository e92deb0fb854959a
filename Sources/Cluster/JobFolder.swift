internal import FoundationEssentials

/// The folder of a job, on a file system that all nodes see: what was planned, the batch scripts, the parts, the logs.
///
///     job.json     what was planned            parts/7/…    the results of task 7, which nobody else writes
///     shards.tsv   which task does what        logs/7.log   its words, of all rounds
///     tasks.sh, merge.sh                       jobs.tsv     the numbers of the submitted jobs, round by round
///     outcome.json how it ended; there as soon as it has
public struct JobFolder: Sendable {
    /// The absolute path.
    public let path: String

    /// Names the folder; it need not exist.
    public init(_ path: String) {
        self.path = path
    }

    /// `all.results.h5` → `all.slurm`, beside the results.
    public init(besides output: String) {
        for ending in [".results.h5", ".h5"] where output.hasSuffix(ending) {
            self.init(output.dropLast(ending.count) + ".slurm")
            return
        }
        self.init(output + ".slurm")
    }

    /// The logs.
    public var logs: String { path + "/logs" }
    /// The script of the tasks.
    public var tasksScript: String { path + "/tasks.sh" }
    /// The script of the merging.
    public var mergeScript: String { path + "/merge.sh" }

    /// The path of a part.
    public func part(of shard: Shard) -> String { "\(path)/\(shard.part)" }
    /// The path of the log of a task.
    public func log(ofTask task: Int) -> String { "\(logs)/\(task).log" }

    /// One submission: an array with the merging after it.
    public struct Submission: Sendable, Hashable {
        /// 0 for the first, then one more for each time that shards were submitted again.
        public var round: Int
        /// The array; nil where only the merging was submitted.
        public var array: Int?
        /// The merging.
        public var merge: Int
        /// How many tasks the array has.
        public var tasks: Int

        /// Notes a submission.
        public init(round: Int, array: Int?, merge: Int, tasks: Int) {
            self.round = round
            self.array = array
            self.merge = merge
            self.tasks = tasks
        }

        /// The numbers of both jobs.
        public var jobs: [Int] { (array.map { [$0] } ?? []) + [merge] }
    }

    /// How a job ended.
    public struct Outcome: Sendable, Hashable, Codable {
        /// The exit code of the command that waits for it.
        public var code: Int32
        /// What to say, line by line.
        public var lines: [String]

        /// Notes an end.
        public init(code: Int32, lines: [String]) {
            self.code = code
            self.lines = lines
        }
    }

    /// The job that is planned in this folder; nil where there is no such folder, or an empty one.
    ///
    /// - Throws: where the folder is not that of a job: then nothing in it is touched.
    public func job() throws(ClusterError) -> ClusterJob? {
        guard let data = FileManager.default.contents(atPath: path + "/job.json") else {
            // The plan is written last: without it there may be what a submission that failed has left.
            let own: Set = ["shards.tsv", "tasks.sh", "merge.sh", "logs", "parts"]
            let names = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
            guard names.allSatisfy({ own.contains($0) || $0.hasSuffix(".tmp") }) else {
                throw ClusterError(
                    place: path, problem: "exists and is not the folder of a job; nothing was changed",
                    remedy: "Move it away, or choose another place with -o.")
            }
            return nil
        }
        guard let job = try? JSONDecoder().decode(ClusterJob.self, from: data) else {
            throw ClusterError(
                place: path + "/job.json", problem: "not the plan of a job of InfoPlane",
                remedy: "Remove the folder \(path) and submit again, or choose another place with -o.")
        }
        return job
    }

    /// The table of the shards.
    public func shards() throws(ClusterError) -> ShardTable {
        let file = path + "/shards.tsv"
        guard let data = FileManager.default.contents(atPath: file) else {
            throw ClusterError(
                place: file, problem: "cannot be read", remedy: "Remove the folder \(path) and submit again.")
        }
        return try ShardTable(String(decoding: data, as: UTF8.self), from: file)
    }

    /// Writes the plan and the scripts.
    ///
    /// - Throws: where the folder cannot be made or a file not be written.
    public func write(_ job: ClusterJob, _ table: ShardTable) throws(ClusterError) {
        for folder in [logs, path + "/parts"] { try WholeFile.makeFolder(folder) }
        let scripts = BatchScripts(job, in: self)
        try WholeFile.write(table.text, to: path + "/shards.tsv")
        try WholeFile.write(scripts.tasks, to: tasksScript)
        try WholeFile.write(scripts.merge, to: mergeScript)
        try WholeFile.write(Self.json(job), to: path + "/job.json")
    }

    /// All submissions so far.
    public func submissions() -> [Submission] {
        guard let data = FileManager.default.contents(atPath: path + "/jobs.tsv") else { return [] }
        return String(decoding: data, as: UTF8.self).split(separator: "\n").compactMap { line in
            let fields = line.split(separator: "\t").map { Int($0) }
            guard fields.count == 4, let round = fields[0], let merge = fields[2], let tasks = fields[3] else {
                return nil
            }
            return Submission(round: round, array: fields[1], merge: merge, tasks: tasks)
        }
    }

    /// Notes a submission behind the others.
    public func note(_ submission: Submission) throws(ClusterError) {
        let lines = (submissions() + [submission]).map { submission in
            "\(submission.round)\t\(submission.array.map(String.init) ?? "-")\t\(submission.merge)\t\(submission.tasks)\n"
        }
        try WholeFile.write(lines.joined(), to: path + "/jobs.tsv")
    }

    /// How the job ended; nil while it has not.
    public func outcome() -> Outcome? {
        FileManager.default.contents(atPath: path + "/outcome.json").flatMap {
            try? JSONDecoder().decode(Outcome.self, from: $0)
        }
    }

    /// Notes how the job ended; nil where it goes on.
    public func note(_ outcome: Outcome?) throws(ClusterError) {
        let file = path + "/outcome.json"
        guard let outcome else {
            try? FileManager.default.removeItem(atPath: file)
            return
        }
        try WholeFile.write(Self.json(outcome), to: file)
    }

    /// The last line of a task's log that tells of trouble; nil where there is none.
    public func lastTrouble(ofTask task: Int) -> String? {
        guard let data = FileManager.default.contents(atPath: log(ofTask: task)) else { return nil }
        let lines = String(decoding: data.suffix(65536), as: UTF8.self).split(separator: "\n")
        return (lines.last { $0.contains("error: ") } ?? lines.last { $0.contains("ended with exit code") }).map {
            $0.trimmed
        }
    }

    /// Removes the parts, once they are merged.
    public func removeParts() {
        try? FileManager.default.removeItem(atPath: path + "/parts")
    }

    /// Removes the folder of a job that was not submitted.
    public func remove() {
        try? FileManager.default.removeItem(atPath: path)
    }

    private static func json(_ value: some Encodable) -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes, .prettyPrinted]
        // Texts and whole numbers always encode.
        guard let data = try? encoder.encode(value) else { preconditionFailure("a plan is valid JSON") }
        return String(decoding: data, as: UTF8.self) + "\n"
    }
}
