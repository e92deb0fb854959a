/// What was given to the cluster: everything that the merging must know, and by which a repeated command finds its job.
public struct ClusterJob: Sendable, Hashable, Codable {
    /// One archive, in the state in which it was planned.
    public struct Archive: Sendable, Hashable, Codable {
        /// The absolute path.
        public var path: String
        /// The archive's id.
        public var id: String
        /// The digest of its content when the job was planned.
        public var contentDigest: String
        /// The committed records then.
        public var records: Int
        /// Into how many shards it is cut.
        public var shards: Int

        /// Describes an archive.
        public init(path: String, id: String, contentDigest: String, records: Int, shards: Int) {
            self.path = path
            self.id = id
            self.contentDigest = contentDigest
            self.records = records
            self.shards = shards
        }
    }

    /// The version of InfoPlane that planned it: parts of another are not joined.
    public var toolVersion: String
    /// The absolute path of the program that the tasks run.
    public var binary: String
    /// The archives, in the order given.
    public var archives: [Archive]
    /// The options of `infoplane analyze`.
    public var arguments: [String]
    /// The options of sbatch that the user gave.
    public var sbatch: [String]
    /// How often missing shards are submitted again.
    public var retries: Int
    /// The absolute path of the results.
    public var output: String

    /// Describes a job.
    public init(
        toolVersion: String, binary: String, archives: [Archive], arguments: [String], sbatch: [String], retries: Int,
        output: String
    ) {
        self.toolVersion = toolVersion
        self.binary = binary
        self.archives = archives
        self.arguments = arguments
        self.sbatch = sbatch
        self.retries = retries
        self.output = output
    }

    /// The name under which the queue shows it.
    public var name: String {
        let file = output.split(separator: "/").last.map(String.init) ?? output
        return "infoplane-" + (file.hasSuffix(".results.h5") ? String(file.dropLast(11)) : file)
    }

    /// Why this job cannot go on where `other` stopped; nil where both compute the same numbers. Options of sbatch, and into
    /// how many shards the archives are cut, may differ.
    public func difference(from other: ClusterJob) -> String? {
        if toolVersion != other.toolVersion {
            return "was planned by InfoPlane \(other.toolVersion), this is \(toolVersion)"
        }
        if arguments != other.arguments {
            return "was given the options '\(other.arguments.joined(separator: " "))'"
        }
        if archives.map(\.path) != other.archives.map(\.path) {
            return
                "analyzes other archives (\(other.archives.count), the first \(other.archives.first?.path ?? "none"))"
        }
        for (mine, theirs) in zip(archives, other.archives) {
            if mine.id != theirs.id || mine.contentDigest != theirs.contentDigest {
                return "was planned with another state of \(mine.path) (\(theirs.records) records, now \(mine.records))"
            }
        }
        return nil
    }
}

/// The options of sbatch that are the job's own.
public enum SbatchOptions {
    /// The first of `options` that the job sets itself and so cannot be given; nil where there is none.
    public static func reserved(in options: [String]) -> String? {
        let long = [
            "array", "output", "error", "open-mode", "dependency", "parsable", "wrap", "wait", "test-only", "ntasks",
            "nodes",
        ]
        let short = ["-a", "-o", "-e", "-d", "-W", "-n", "-N"]
        return options.first { option in
            let name = option.prefix { $0 != "=" }
            if name.hasPrefix("--") { return long.contains(String(name.dropFirst(2))) }
            return short.contains { option == $0 || option.hasPrefix($0) }
        }
    }
}
