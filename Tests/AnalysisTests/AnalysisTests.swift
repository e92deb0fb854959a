import Activations
import Analysis
import Foundation
import HDF5
import InformationTheory
import LinearAlgebra
import Randomness
import Results
import Testing

/// Analyzes a file into a fresh or given result set.
func analyze(
    _ path: String, _ request: AnalysisRequest = AnalysisRequest(), jobs: Int = 2,
    into results: ResultSet = ResultSet(),
    shard: (Int, Int)? = nil, stoppingAfter limit: Int = .max
) async throws -> (results: ResultSet, summary: AnalysisSummary) {
    let archive = try ActivationArchive(opening: path)
    var plan = try AnalysisPlan(request, of: archive)
    if let (number, count) = shard { plan = plan.shard(number, of: count) }
    var results = results
    var done = 0
    let summary = try await AnalysisRunner(plan, of: archive, jobs: jobs, toolVersion: "test").run(
        into: &results, checkpoint: { (_: inout ResultSet) in }, progress: { done = $0.done },
        shouldStop: { done >= limit })
    return (results, summary)
}

@Suite struct AnalysisTests {
    // All probabilities are multiples of 1/4, so that every value is exact in binary.
    @Test func `XOR has its known values at every layer`() async throws {
        try await withFolder { folder in
            try TinyArchive.xor.write(to: folder + "a.h5")
            let (results, summary) = try await analyze(folder + "a.h5")
            #expect(summary.failures.isEmpty && summary.reused == 0)
            #expect(summary.computed == results.measurements.count)
            #expect(results.value(.labelEntropy, "", epoch: nil, "") == 1)
            for epoch in [0, 5] {
                let run = "width:30@run"
                #expect(results.value(.layerEntropy, "first", epoch: epoch, run) == 1)
                #expect(results.value(.inputInformation, "first", epoch: epoch, run) == 1)
                #expect(results.value(.labelInformation, "first", epoch: epoch, run) == 0)
                #expect(results.value(.totalCorrelation, "first", epoch: epoch, run) == 0)
                #expect(results.value(.labelInformation, "xor", epoch: epoch, run) == 1)
                // The layer that holds one bit knows nothing of XOR: no PMI is positive, the weighted target is 0.
                #expect(results.value(.complexity, "first", epoch: epoch, run, target: "pmi-label") == 0)
                // Each bit alone knows nothing of XOR, both together everything: synergy of one bit.
                for target in ["pmi-label", "label"] {
                    #expect(results.value(.targetInformation, "xor", epoch: epoch, run, target: target) == 1)
                    #expect(results.value(.meanSingle, "xor", epoch: epoch, run, target: target) == 0)
                    #expect(results.value(.meanRemaining, "xor", epoch: epoch, run, target: target) == 0)
                    #expect(results.value(.averageInteraction, "xor", epoch: epoch, run, target: target) == 1)
                }
            }
        }
    }

    // 700 samples × 1000 units are 2.8 MB: read in pieces, of which the last is no whole one.
    @Test func `a large cell has the numbers of its values in memory`() async throws {
        try await withFolder { folder in
            var generator = SplitMix64(seed: 4)
            let records = (0..<2).map { record in
                (0..<700).map { _ in (0..<1000).map { _ in max(0, Float(generator.nextNormal()) + Float(record)) } }
            }
            let inputs = (0..<700).map { [Float($0 % 2), Float($0 % 7)] }
            let archive = TinyArchive(
                inputs: inputs, labels: .classes((0..<700).map { $0 % 3 }, names: ["a", "b", "c"]),
                layers: [("wide", records)], epochs: [0, 5])
            try archive.write(to: folder + "a.h5")
            var request = AnalysisRequest()
            request.targets = []
            let binnings = try ["width:30@run", "width:7@epoch", "step:0.5", "saxe-0.07", "width:4@unit"].map {
                try Discretization($0)
            }
            for samples in [700, 650] {
                request.samples = samples
                // With the rule over units all is in memory; without it in pieces.
                for rules in [binnings, binnings.dropLast()] {
                    request.binnings = rules
                    let (results, summary) = try await analyze(folder + "a.h5", request)
                    #expect(summary.failures.isEmpty)
                    for (record, epoch) in [(0, 0), (1, 5)] {
                        let values = records[record].prefix(samples).flatMap { $0.map(Double.init) }
                        let layer = Matrix(rows: samples, columns: 1000, values: values)
                        let all = records.flatMap { $0.flatMap { $0 } }
                        let own = records[record].flatMap { $0 }
                        for rule in rules where !rule.description.hasSuffix("unit") {
                            let source = rule.description.hasSuffix("run") ? all : own
                            let expected = try rule.apply(
                                to: layer, range: ValueRange(low: Double(source.min()!), high: Double(source.max()!)),
                                unitRanges: nil)
                            let found = { (quantity: Quantity) in
                                results.measurements.first {
                                    $0.key.quantity == quantity && $0.key.epoch == epoch
                                        && $0.key.discretization == rule.description
                                }
                            }
                            #expect(found(.layerEntropy)?.value == entropy(of: expected.symbols), "\(rule)")
                            #expect(found(.totalCorrelation)?.value == totalCorrelation(of: expected), "\(rule)")
                            #expect(
                                found(.totalCorrelation)?.standardError == standardErrorOfTotalCorrelation(expected),
                                "\(rule)")
                        }
                    }
                }
            }
        }
    }

    // growing: 0, 1, 2, 3 in the first record, 0, 1, 2, 30 in the second; 30 bins over [0, 30] are one unit wide.
    @Test func `a range of the run spans all records, one of the epoch its own`() async throws {
        try await withFolder { folder in
            try TinyArchive.xor.write(to: folder + "a.h5")
            var request = AnalysisRequest()
            request.binnings = try ["width:3@run", "width:3@epoch", "width:3@[0,3]", "width:30@network"].map {
                try Discretization($0)
            }
            let (results, _) = try await analyze(folder + "a.h5", request)
            // Over [0, 30] the values 0…3 share the first of three bins.
            #expect(results.value(.layerEntropy, "growing", epoch: 0, "width:3@run") == 0)
            // Over [0, 3] three bins hold 0 | 1 | 2 and 3.
            #expect(results.value(.layerEntropy, "growing", epoch: 0, "width:3@epoch") == 1.5)
            #expect(results.value(.layerEntropy, "growing", epoch: 0, "width:3@[0,3]") == 1.5)
            #expect(results.value(.layerEntropy, "growing", epoch: 5, "width:3@[0,3]") == 1.5)
            // One range [0, 30] for all hidden layers: 30 bins separate whole numbers.
            #expect(results.value(.layerEntropy, "growing", epoch: 5, "width:30@network") == 2)
            let ranges = Set(results.measurements.map { "\($0.key.layer) \($0.key.discretization) \($0.key.range)" })
            #expect(ranges.contains("growing width:3@run [0,30]") || ranges.contains("growing width:3@run [0.0,30.0]"))
            let outside = results.measurements.filter {
                $0.key.layer == "growing" && $0.key.epoch == 5 && $0.key.discretization == "width:3@[0,3]"
                    && $0.key.quantity == .layerEntropy
            }
            #expect(outside.count == 1 && outside.allSatisfy { $0.flags.contains("out-of-range") })
        }
    }

    @Test func `jobs, shards and a stop in between change no byte`() async throws {
        try await withFolder { folder in
            try TinyArchive.xor.write(to: folder + "a.h5")
            var request = AnalysisRequest()
            request.targets = Target.allCases
            let whole = try await analyze(folder + "a.h5", request, jobs: 1).results
            #expect(try await analyze(folder + "a.h5", request, jobs: 3).results.csv == whole.csv)
            for count in [2, 3, 100] {
                var merged = ResultSet()
                for number in 1...count {
                    let part = try await analyze(folder + "a.h5", request, shard: (number, count)).results
                    try merged.merge(part, from: "shard \(number)")
                }
                #expect(merged.csv == whole.csv)
            }
            for limit in [0, 1, 3] {
                let stopped = try await analyze(folder + "a.h5", request, stoppingAfter: limit)
                #expect(stopped.summary.wasInterrupted)
                let resumed = try await analyze(folder + "a.h5", request, into: stopped.results)
                #expect(resumed.summary.reused == stopped.summary.computed)
                #expect(resumed.summary.computed + resumed.summary.reused == whole.measurements.count)
                #expect(resumed.results.csv == whole.csv)
            }
        }
    }

    @Test func `a second analysis computes only what is missing`() async throws {
        try await withFolder { folder in
            try TinyArchive.xor.write(to: folder + "a.h5")
            var request = AnalysisRequest()
            request.binnings = [try Discretization("width:4@run")]
            let first = try await analyze(folder + "a.h5", request)
            request.binnings = try ["width:4@run", "width:5@run"].map { try Discretization($0) }
            let second = try await analyze(folder + "a.h5", request, into: first.results)
            #expect(second.summary.reused == first.results.measurements.count)
            // The labels are there already; the new discretization brings as much as the old one did.
            #expect(second.summary.computed == first.results.measurements.count - 1)
            let third = try await analyze(folder + "a.h5", request, into: second.results)
            #expect(third.summary.computed == 0)
            request.keep = .all
            let kept = try await analyze(folder + "a.h5", request, into: second.results)
            #expect(kept.summary.computed == 0 && kept.results.pointwise.count == 2 * second.results.pointwise.count)
        }
    }

    @Test func `rows over a range that the archive outgrew are dropped and computed anew`() async throws {
        try await withFolder { folder in
            try TinyArchive.xor.write(to: folder + "a.h5", records: 1)
            var request = AnalysisRequest()
            request.binnings = try ["width:3@run", "width:3@epoch"].map { try Discretization($0) }
            let young = try await analyze(folder + "a.h5", request)
            try FileManager.default.removeItem(atPath: folder + "a.h5")
            try TinyArchive.xor.write(to: folder + "a.h5")
            let grown = try await analyze(folder + "a.h5", request, into: young.results)
            // Only `growing` has a new range over the run: 4 IB terms and 3 targets of 5 or 6 GIB terms.
            #expect(grown.summary.dropped == 4 + 6 + 5 + 5)
            #expect(grown.results.csv == (try await analyze(folder + "a.h5", request).results.csv))
        }
    }

    @Test func `a damaged cell fails alone, in words, and is computed when it is mended`() async throws {
        try await withFolder { folder in
            let path = folder + "a.h5"
            try TinyArchive.xor.write(to: path)
            func setValue(_ value: Float) throws {
                let file = try File(opening: path, .readWrite)
                try file.root.group("splits").group("train").group("layers").dataset("xor")
                    .write([value], start: [1, 2, 0], count: [1, 1, 1])
                try file.close()
            }
            try setValue(.nan)
            let damaged = try await analyze(path)
            #expect(damaged.summary.failures.count == 1)
            let reason = try #require(damaged.summary.failures.first?.reason)
            for word in ["xor", "epoch 5", "sample 2", "unit 0"] { #expect(reason.contains(word)) }
            #expect(damaged.results.value(.layerEntropy, "xor", epoch: 0, "width:30@run") == 1)
            #expect(damaged.results.value(.layerEntropy, "xor", epoch: 5, "width:30@run") == nil)
            try setValue(1)
            let mended = try await analyze(path, into: damaged.results)
            #expect(mended.results.failures.isEmpty)
            #expect(mended.results.csv == (try await analyze(path).results.csv))
        }
    }

    @Test func `names that are not in the archive are refused with the nearest`() async throws {
        try await withFolder { folder in
            try TinyArchive.xor.write(to: folder + "a.h5")
            func sentence(_ change: (inout AnalysisRequest) -> Void) async -> String {
                var request = AnalysisRequest()
                change(&request)
                do {
                    _ = try await analyze(folder + "a.h5", request)
                    return "no error"
                } catch {
                    return "\(error)"
                }
            }
            #expect(await sentence { $0.splits = ["trian"] }.contains("Did you mean train?"))
            #expect(await sentence { $0.layers = ["frist"] }.contains("Did you mean first?"))
            #expect(await sentence { $0.epochs = .list([4]) }.contains("epoch 4 was not recorded"))
            #expect(await sentence { $0.epochs = .list([4]) }.contains("nearest is epoch 5"))
        }
    }

    // The range of a unit is that of the whole split (0…30 in record 5), also when three samples are analyzed.
    @Test func `fewer samples keep the whole split's ranges`() async throws {
        try await withFolder { folder in
            try TinyArchive.xor.write(to: folder + "a.h5")
            var request = AnalysisRequest()
            request.binnings = try ["width:3@unit", "width:3@epoch"].map { try Discretization($0) }
            request.samples = 3
            let results = try await analyze(folder + "a.h5", request).results
            #expect(results.value(.layerEntropy, "growing", epoch: 5, "width:3@unit") == 0)
            #expect(results.value(.layerEntropy, "growing", epoch: 5, "width:3@epoch") == 0)
            #expect(results.measurements.allSatisfy { $0.key.samples == 3 })
        }
    }

    @Test func `real labels are binned and the binning is named`() async throws {
        try await withFolder { folder in
            var tiny = TinyArchive.xor
            tiny.labels = .values([0, 1, 1, 0.01], width: 1)
            try tiny.write(to: folder + "a.h5")
            var request = AnalysisRequest()
            request.labelBinning = try Discretization("width:2@unit")
            let results = try await analyze(folder + "a.h5", request).results
            #expect(results.value(.labelEntropy, "", epoch: nil, "") == 1)
            #expect(results.value(.labelInformation, "xor", epoch: 5, "width:30@run") == 1)
            let named = results.measurements.filter { $0.key.quantity == .labelInformation }
            #expect(named.allSatisfy { $0.key.parameters == "labels=width:2@unit;permutations=99;seed=0" })
        }
    }

    // Linear kernel PCA of two independent bits keeps both coordinates up to rotation: four distinct rows, so that the
    // information of the whole input stays 1 bit while the parameters say what was done.
    @Test func `reduced inputs keep what is in them, and the parameters say so`() async throws {
        try await withFolder { folder in
            try TinyArchive.xor.write(to: folder + "a.h5")
            var request = AnalysisRequest()
            request.inputReduction = try InputReduction("kpca:2@linear")
            let results = try await analyze(folder + "a.h5", request).results
            let terms = results.measurements.filter { $0.key.quantity == .targetInformation }
            #expect(terms.allSatisfy { $0.key.parameters == "input=width:30@unit;reduce=kpca:2@linear" })
            #expect(
                results.value(.targetInformation, "xor", epoch: 0, "width:30@run", target: "label").map {
                    abs($0 - 1) < 1e-12
                } == true)
            #expect(results.reductions.count == 1)
            #expect(results.reductions.first?.eigenvalues.count == 2)
        }
    }
}
