/// One part of the analysis of one archive, for one task: `infoplane analyze ARCHIVE --shard number/count -o part`.
public struct Shard: Sendable, Hashable {
    /// The task that computes it, counted from 1.
    public let task: Int
    /// Its number in the archive, counted from 1.
    public let number: Int
    /// Into how many shards the archive is cut.
    public let count: Int
    /// The results file that it fills, relative to the folder of the job. No other shard writes to it.
    public let part: String
    /// The path of the archive.
    public let archive: String

    /// As `--shard` takes it.
    public var text: String { "\(number)/\(count)" }
}

/// Which task computes which shards of which archives: tasks that take as long as each other.
public struct ShardTable: Sendable, Hashable {
    /// All shards, archive by archive.
    public let shards: [Shard]
    /// The number of tasks; each has at least one shard.
    public let taskCount: Int

    /// What one archive has to be computed.
    public struct Work: Sendable {
        /// The path of the archive.
        public let archive: String
        /// How many pieces there are; none is cut.
        public let units: Int
        /// The predicted cost of all of them, in any unit that all archives share.
        public let cost: Int

        /// Describes the work of one archive.
        public init(archive: String, units: Int, cost: Int) {
            self.archive = archive
            self.units = units
            self.cost = cost
        }
    }

    /// Divides the work.
    ///
    /// Where there are at least as many tasks as archives, each task has one shard: the next is always given to the archive
    /// whose shards are the largest. Otherwise an archive is cut only where it is more than one task's share, and each
    /// shard, from the largest on, goes to the task that has the least so far: the longest task is at most 4/3 of the best
    /// possible (Graham 1969).
    ///
    /// - Parameters:
    ///   - work: the archives, each with at least one unit.
    ///   - tasks: at most so many tasks; there are fewer where there are fewer units.
    /// - Complexity: O((archives + tasks) · (archives + tasks)).
    public init(_ work: [Work], tasks: Int) {
        precondition(tasks > 0, "at least one task computes")
        var counts = work.map { _ in 1 }
        func share(_ index: Int) -> Double { Double(work[index].cost) / Double(counts[index]) }
        if tasks >= work.count {
            for _ in work.count..<max(work.count, tasks) {
                let divisible = work.indices.filter { counts[$0] < work[$0].units }
                guard let largest = divisible.max(by: { share($0) < share($1) }) else { break }
                counts[largest] += 1
            }
        } else {
            let fair = work.reduce(0) { $0 + Double($1.cost) } / Double(tasks)
            for index in work.indices {
                let wanted = (Double(work[index].cost) / fair).rounded(.up)
                counts[index] = min(work[index].units, max(1, Int(wanted)))
            }
        }
        let cut = work.indices.flatMap { index in (1...counts[index]).map { (work: index, number: $0) } }
        var taskOf = Array(1...cut.count)
        if cut.count > tasks {
            var loads = [Double](repeating: 0, count: tasks)
            // Equal ones in their order, so that the table is the same every time.
            for position in cut.indices.sorted(by: { (-share(cut[$0].work), $0) < (-share(cut[$1].work), $1) }) {
                let least = loads.indices.min { loads[$0] < loads[$1] } ?? 0
                taskOf[position] = least + 1
                loads[least] += share(cut[position].work)
            }
        }
        taskCount = min(tasks, cut.count)
        shards = zip(cut, taskOf).map { piece, task in
            let name = work.count == 1 ? "\(piece.number)" : "\(piece.work + 1)-\(piece.number)"
            return Shard(
                task: task, number: piece.number, count: counts[piece.work], part: "parts/\(task)/\(name).results.h5",
                archive: work[piece.work].archive)
        }
    }

    /// The table as text, one shard a line, for the loop of the batch script.
    public var text: String {
        shards.map { "\($0.task)\t\($0.text)\t\($0.part)\t\($0.archive)\n" }.joined()
    }

    /// Reads the text form.
    ///
    /// - Throws: where a line is not that of a shard.
    public init(_ text: String, from place: String) throws(ClusterError) {
        var shards: [Shard] = []
        for (index, line) in text.split(separator: "\n").enumerated() {
            let fields = line.split(separator: "\t", maxSplits: 3, omittingEmptySubsequences: false)
            let shard = fields.count == 4 ? fields[1].split(separator: "/").compactMap { Int($0) } : []
            guard shard.count == 2, let task = Int(fields[0]), task > 0 else {
                throw ClusterError(
                    place: "\(place), line \(index + 1)",
                    problem: "not a shard; expected task, i/n, part and archive between tabs",
                    remedy: "It was changed since it was written: remove its folder and submit again.")
            }
            shards.append(
                Shard(
                    task: task, number: shard[0], count: shard[1], part: String(fields[2]), archive: String(fields[3])))
        }
        self.shards = shards
        taskCount = shards.map(\.task).max() ?? 0
    }
}
