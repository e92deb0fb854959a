import Activations
import Analysis
import Results
import Testing

@Suite struct ShardTests {
    /// Twelve records of a narrow and a wide layer.
    private static func plan(in folder: String, _ request: AnalysisRequest = AnalysisRequest()) throws -> AnalysisPlan {
        let rows: [[Float]] = (0..<16).map { [Float($0 & 1), Float($0 >> 1)] }
        let wide = rows.map { row in (0..<4000).map { row[0] + Float($0) } }
        let archive = TinyArchive(
            inputs: rows, labels: .classes((0..<16).map { $0 % 2 }, names: []),
            layers: [
                ("narrow", Array(repeating: rows, count: 12)), ("wide", Array(repeating: wide, count: 12)),
            ], epochs: Array(0..<12))
        try archive.write(to: folder + "a.h5")
        return try AnalysisPlan(request, of: ActivationArchive(opening: folder + "a.h5"))
    }

    private func names(_ plan: AnalysisPlan) -> [String] { plan.units.map { "\($0.name) \($0.record)" } }

    @Test func `shards are the plan, in its order, each as costly as the others to within a unit`() async throws {
        try await withFolder { folder in
            let plan = try Self.plan(in: folder)
            let total = plan.unitCosts.reduce(0, +)
            let largest = plan.unitCosts.max()!
            for count in [1, 2, 3, 5, 8, 24, 25, 26, 1000] {
                let shards = plan.shards(count)
                #expect(shards.count == count && shards.flatMap(names) == names(plan))
                for (index, shard) in shards.enumerated() {
                    #expect(names(plan.shard(index + 1, of: count)) == names(shard))
                    // A shard has the units that end within its share: it begins at most one unit before.
                    #expect(shard.unitCosts.reduce(0, +) <= total / count + largest)
                }
            }
        }
    }

    // By number of units, the labels and 24 cells, half of them wide, would be 12 and 13.
    @Test func `a wide layer weighs more than a narrow one, and more estimators more than one`() async throws {
        try await withFolder { folder in
            var request = AnalysisRequest()
            let plan = try Self.plan(in: folder, request)
            let costs = zip(plan.units, plan.unitCosts)
            let narrow = costs.filter { $0.0.layer?.name == "narrow" }.map(\.1)
            let wide = costs.filter { $0.0.layer?.name == "wide" }.map(\.1)
            #expect(Set(narrow).count == 1 && Set(wide).count == 1 && wide[0] > narrow[0])
            request.estimators = [.plugIn, try .init("ksg1:k=3"), try .init("gaussian-copula"), try .init("nsb")]
            let larger = try AnalysisPlan(request, of: ActivationArchive(opening: folder + "a.h5"))
            #expect(larger.predictedSeconds > plan.predictedSeconds)
        }
    }

    @Test func `what is open is what is neither there nor failed`() async throws {
        try await withFolder { folder in
            let plan = try Self.plan(in: folder)
            #expect(plan.open(in: ResultSet()).count == plan.units.count)
            var (results, _) = try await analyze(folder + "a.h5")
            #expect(plan.open(in: results).isEmpty)
            results.drop { $0.layer == "wide" && $0.epoch == 3 && $0.quantity == .layerEntropy }
            #expect(plan.open(in: results).map(\.name) == ["train/wide"])
            results.insert(
                Failure(archive: plan.archiveID, split: "train", layer: "wide", epoch: 3, reason: "tired"))
            #expect(plan.open(in: results).isEmpty)
            results.insert(Failure(archive: "another", split: "train", layer: "narrow", epoch: 3, reason: "tired"))
            results.drop { $0.layer == "narrow" && $0.epoch == 3 }
            #expect(plan.open(in: results).map(\.name) == ["train/narrow"])
        }
    }
}
