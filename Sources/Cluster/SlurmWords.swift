/// What Slurm's programs say, as values.
public enum SlurmWords {
    /// The value of a name in the output of `scontrol show config`.
    public static func configured(_ name: String, in text: String) -> String? {
        for line in text.split(separator: "\n") {
            let parts = line.split(separator: "=", maxSplits: 1).map { $0.trimmed }
            if parts.count == 2, parts[0] == name { return parts[1] }
        }
        return nil
    }

    /// The number that `sbatch --parsable` prints: `12`, or `12;cluster`.
    public static func jobID(_ text: String) -> Int? {
        Int(text.trimmed.prefix { $0 != ";" })
    }

    /// The jobs in the output of `squeue --noheader --array --format=%F|%K|%T|%r|%N`.
    public static func queued(_ text: String) -> [QueuedTask] {
        text.split(separator: "\n").compactMap { line in
            let fields = line.split(separator: "|", omittingEmptySubsequences: false).map { $0.trimmed }
            guard fields.count == 5, let job = Int(fields[0]) else { return nil }
            return QueuedTask(
                job: job, task: Int(fields[1]), state: fields[2], reason: fields[3] == "None" ? "" : fields[3],
                node: fields[4])
        }
    }

    /// One line of `scontrol --oneliner show job`: names and values. A value may hold spaces; it ends before the next name.
    public static func facts(ofJob line: some StringProtocol) -> [String: String] {
        var facts: [String: String] = [:]
        var name: String?
        for word in line.split(separator: " ", omittingEmptySubsequences: false) {
            let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            if parts.count == 2, let first = parts[0].first, first.isUppercase {
                name = String(parts[0])
                facts[parts[0].description] = String(parts[1])
            } else if let name {
                facts[name]? += " " + word
            }
        }
        return facts
    }

    /// How the tasks of a job ended, in the output of `scontrol --oneliner show job`, by their numbers.
    public static func endings(_ text: String) -> [Int: TaskEnding] {
        var endings: [Int: TaskEnding] = [:]
        for line in text.split(separator: "\n") {
            let facts = facts(ofJob: line)
            // A task of a pending array has a range here, and has not ended.
            guard let task = facts["ArrayTaskId"].flatMap({ Int($0) }) else { continue }
            endings[task] = ending(facts)
        }
        return endings
    }

    /// How a job ended, by its facts; nil where they have no state.
    public static func ending(_ facts: [String: String]) -> TaskEnding? {
        guard let state = facts["JobState"] else { return nil }
        let code = (facts["ExitCode"] ?? "").split(separator: ":").compactMap { Int($0) }
        let node = facts["NodeList"].flatMap { $0 == "(null)" ? nil : $0 } ?? ""
        return TaskEnding(
            state: state, exitCode: code.first ?? 0, signal: code.count == 2 ? code[1] : 0, node: node)
    }

    /// What a program complains of, its lines joined, without its name before each.
    public static func complaint(_ text: String) -> String {
        let prefixes = ["sbatch: ", "squeue: ", "scontrol: ", "slurm_load_jobs ", "error: "]
        let lines = text.split(separator: "\n").map { line -> String in
            var line = line.trimmed
            for prefix in prefixes where line.hasPrefix(prefix) {
                line = line.dropFirst(prefix.count).trimmed
            }
            return line.hasSuffix(".") ? String(line.dropLast()) : line
        }
        let said = lines.filter { !$0.isEmpty }
        return said.isEmpty ? "it gave no reason" : said.joined(separator: "; ")
    }

    /// What to do about a complaint of sbatch.
    public static func remedy(for complaint: String) -> String {
        let text = complaint.lowercased()
        func mentions(_ words: String...) -> Bool { words.contains { text.contains($0) } }
        if mentions("contact slurm controller", "connect failure", "connection refused", "zero bytes were transmitted")
        {
            return "The controller (slurmctld) does not answer: scontrol ping asks it; try again later."
        }
        if mentions("configuration file", "parse_file", "configless") {
            return "Slurm's configuration is not found: go to a login node of the cluster, or name it in SLURM_CONF."
        }
        if mentions("partition name", "partition specified", "no partition", "default partition") {
            return "sinfo lists the partitions; choose one after --, such as: -- --partition=NAME."
        }
        if mentions("limit", "qos", "policy", "account", "association", "quota") {
            return "What the site allows you is exceeded or not named: ask for fewer --tasks, less time or memory, or "
                + "give --account or --qos after --."
        }
        if mentions("array") { return "Take fewer --tasks." }
        if mentions("node configuration", "node count", "memory specification", "cpu count", "constraint", "feature") {
            return "No node of the partition has what was asked for after --: sinfo -N -l lists what they have."
        }
        return "Check the options after --; sbatch --help lists them."
    }
}

/// A job, or a task of an array, that waits or runs.
public struct QueuedTask: Sendable, Hashable {
    /// The job's number.
    public let job: Int
    /// The task's number; nil where the job is no array.
    public let task: Int?
    /// PENDING, RUNNING, COMPLETING, ...
    public let state: String
    /// Why it waits; empty where it does not.
    public let reason: String
    /// Where it runs.
    public let node: String

    /// Whether it waits for something that does not come by itself, such as a node that the partition does not have.
    public var waitsForever: Bool {
        let reasons = [
            "PartitionConfig", "PartitionNodeLimit", "PartitionTimeLimit", "BadConstraints", "AccountNotAllowed",
            "InvalidAccount", "InvalidQOS", "QOSNotAllowed", "JobHeldAdmin", "JobHeldUser", "DependencyNeverSatisfied",
            "launch failed requeued held", "job requeued in held state",
        ]
        return state == "PENDING" && reasons.contains { reason.contains($0) }
    }
}

/// How a task ended, as far as Slurm still knows.
public struct TaskEnding: Sendable, Hashable {
    /// COMPLETED, FAILED, TIMEOUT, OUT_OF_MEMORY, NODE_FAIL, CANCELLED, ...
    public let state: String
    /// The exit code of the script.
    public let exitCode: Int
    /// The signal that ended it; 0 for none.
    public let signal: Int
    /// Where it ran.
    public let node: String

    /// For people: `FAILED with exit code 137 on node3`.
    public var words: String {
        var words = state
        if exitCode != 0 { words += " with exit code \(exitCode)" }
        if signal != 0 { words += " by signal \(signal)" }
        return node.isEmpty ? words : words + " on \(node)"
    }
}

extension StringProtocol {
    /// Without the white space around it.
    var trimmed: String {
        var text = Substring(self)
        while let last = text.last, last.isWhitespace { text.removeLast() }
        return String(text.drop(while: \.isWhitespace))
    }
}
