import Cluster
import Testing

@Suite struct ShardTableTests {
    private func work(_ costs: [Int], units: Int = 1000) -> [ShardTable.Work] {
        costs.enumerated().map { ShardTable.Work(archive: "/a/run\($0).h5", units: units, cost: $1) }
    }

    /// The cost of every task: a shard is its archive's cost divided by the archive's shards.
    private func loads(_ table: ShardTable, _ costs: [Int]) -> [Double] {
        var loads = [Double](repeating: 0, count: table.taskCount)
        for shard in table.shards {
            let archive = costs.indices.first { shard.archive == "/a/run\($0).h5" }!
            loads[shard.task - 1] += Double(costs[archive]) / Double(shard.count)
        }
        return loads
    }

    @Test func `one archive is cut into as many shards as there are tasks`() {
        let table = ShardTable(work([1000]), tasks: 64)
        #expect(table.taskCount == 64 && table.shards.map(\.number) == Array(1...64))
        #expect(table.shards.map(\.task) == Array(1...64) && table.shards.allSatisfy { $0.count == 64 })
        #expect(table.shards[6].part == "parts/7/7.results.h5" && table.shards[6].text == "7/64")
    }

    @Test func `no archive has more shards than units`() {
        let table = ShardTable(work([1000, 1000], units: 3), tasks: 64)
        #expect(table.taskCount == 6 && table.shards.map(\.count) == [3, 3, 3, 3, 3, 3])
    }

    // Two of 10 share four tasks best as 1:1:1:1, and one of 30 beside one of 10 as 10:10:10:10.
    @Test func `a larger archive gets more of the tasks`() {
        #expect(ShardTable(work([10, 10]), tasks: 4).shards.map(\.count) == [2, 2, 2, 2])
        #expect(ShardTable(work([30, 10]), tasks: 4).shards.map(\.count) == [3, 3, 3, 1])
    }

    @Test func `more archives than tasks share tasks, and only a huge one is cut`() {
        let costs = [600] + [Int](repeating: 10, count: 60)
        let table = ShardTable(work(costs), tasks: 12)
        #expect(table.taskCount == 12)
        #expect(table.shards.filter { $0.archive == "/a/run0.h5" }.count == 6)
        // 1200 over 12 tasks: a perfect division is there, and the rule finds it.
        #expect(loads(table, costs).allSatisfy { $0 == 100 })
    }

    @Test(arguments: 0..<40)
    func `every piece is in one task, every task has one, and none is far above the mean`(seed: Int) {
        var state = UInt64(seed) &* 0x9E37_79B9_7F4A_7C15 &+ 1
        func next(_ bound: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(state >> 33) % bound
        }
        let costs = (0..<1 + next(30)).map { _ in 1 + next(10_000) }
        let tasks = 1 + next(40)
        let table = ShardTable(work(costs, units: 100_000), tasks: tasks)
        for archive in costs.indices {
            let own = table.shards.filter { $0.archive == "/a/run\(archive).h5" }
            #expect(own.map(\.number) == Array(1...own.count) && own.allSatisfy { $0.count == own.count })
        }
        #expect(Set(table.shards.map(\.part)).count == table.shards.count)
        #expect(Set(table.shards.map(\.task)) == Set(1...table.taskCount) && table.taskCount <= tasks)
        // No shard of the second rule is more than the mean, and filling adds at most the largest to the mean.
        let mean = Double(costs.reduce(0, +)) / Double(tasks)
        #expect(loads(table, costs).max()! <= 2 * mean * (1 + 1e-12))
    }

    @Test func `small archives share a task where a huge one needs the others`() {
        let costs = [1000] + [Int](repeating: 1, count: 29)
        let table = ShardTable(work(costs), tasks: 30)
        #expect(loads(table, costs).max()! < 40, "a shard for each archive would make it 1000")
    }

    @Test func `the text form is read back, spaces in paths included`() throws {
        let table = ShardTable(
            [.init(archive: "/a b/run é.h5", units: 9, cost: 9), .init(archive: "/c.h5", units: 9, cost: 1)], tasks: 3)
        #expect(try ShardTable(table.text, from: "shards.tsv") == table)
        #expect(table.text.split(separator: "\n")[0] == "1\t1/3\tparts/1/1-1.results.h5\t/a b/run é.h5")
    }

    @Test(arguments: ["1\t2/3\tpart", "x\t1/2\tp\ta", "1\t12\tp\ta", "0\t1/2\tp\ta"])
    func `a line that is no shard is refused by its number`(line: String) {
        let error = #expect(throws: ClusterError.self) { try ShardTable("1\t1/1\tp\ta\n" + line, from: "shards.tsv") }
        #expect(error?.description.hasPrefix("shards.tsv, line 2: not a shard") == true)
    }
}
