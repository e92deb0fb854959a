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
    /// Of two rules, the one whose longest task is shorter: as many shards as tasks, the next always given to the archive
    /// whose shards are the largest; or an archive cut only where it is more than one task's share. Each shard, from the
    /// largest on, goes to the task that has the least so far (Graham 1969): so the longest task is at most twice the mean,
    /// unless a unit itself is longer.
    ///
    /// - Parameters:
    ///   - work: the archives, at least one, each with at least one unit.
    ///   - tasks: at most so many tasks; there are fewer where there are fewer units.
    /// - Complexity: O((archives + tasks) · tasks).
    public init(_ work: [Work], tasks: Int) {
        precondition(tasks > 0 && !work.isEmpty, "at least one task computes at least one archive")
        let divisions = [Self.evenCounts(work, tasks: tasks), Self.fairCounts(work, tasks: tasks)].compactMap { $0 }
            .map { Division(work, counts: $0, tasks: tasks) }
        // The first of equals: min does not promise that.
        let division = divisions.dropFirst().reduce(divisions[0]) { $1.longest < $0.longest ? $1 : $0 }
        taskCount = division.taskCount
        shards = zip(division.pieces, division.taskOfPiece).map { piece, task in
            let name = work.count == 1 ? "\(piece.number)" : "\(piece.work + 1)-\(piece.number)"
            return Shard(
                task: task, number: piece.number, count: division.counts[piece.work],
                part: "parts/\(task)/\(name).results.h5", archive: work[piece.work].archive)
        }
    }

    /// As many shards as tasks; nil where there are more archives.
    private static func evenCounts(_ work: [Work], tasks: Int) -> [Int]? {
        guard tasks >= work.count else { return nil }
        var counts = work.map { _ in 1 }
        func share(_ index: Int) -> Double { Double(work[index].cost) / Double(counts[index]) }
        for _ in work.count..<tasks {
            let divisible = work.indices.filter { counts[$0] < work[$0].units }
            guard let largest = divisible.max(by: { share($0) < share($1) }) else { break }
            counts[largest] += 1
        }
        return counts
    }

    /// So many shards of each archive that none is more than one task's share.
    private static func fairCounts(_ work: [Work], tasks: Int) -> [Int] {
        let fair = work.reduce(0) { $0 + Double($1.cost) } / Double(tasks)
        return work.map { min($0.units, max(1, Int((Double($0.cost) / fair).rounded(.up)))) }
    }

    /// Shards laid into tasks.
    private struct Division {
        let counts: [Int]
        let pieces: [(work: Int, number: Int)]
        let taskOfPiece: [Int]
        let taskCount: Int
        let longest: Double

        init(_ work: [Work], counts: [Int], tasks: Int) {
            let pieces = work.indices.flatMap { index in (1...counts[index]).map { (work: index, number: $0) } }
            func cost(_ position: Int) -> Double {
                Double(work[pieces[position].work].cost) / Double(counts[pieces[position].work])
            }
            var loads = [Double](repeating: 0, count: min(tasks, pieces.count))
            var taskOfPiece = Array(1...pieces.count)
            if pieces.count > tasks {
                // Equal ones in their order, so that the table is the same every time.
                for position in pieces.indices.sorted(by: { (-cost($0), $0) < (-cost($1), $1) }) {
                    let least = loads.indices.min { (loads[$0], $0) < (loads[$1], $1) } ?? 0
                    taskOfPiece[position] = least + 1
                    loads[least] += cost(position)
                }
            } else {
                loads = pieces.indices.map(cost)
            }
            self.counts = counts
            self.pieces = pieces
            self.taskOfPiece = taskOfPiece
            taskCount = loads.count
            longest = loads.max() ?? 0
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
