import Analysis
import Foundation
import InformationTheory
import Results
import Testing

@Suite struct UncertaintyTests {
    @Test func `every measurement has a standard error`() async throws {
        try await withFolder { folder in
            try TinyArchive.xor.write(to: folder + "a.h5")
            var request = AnalysisRequest()
            request.targets = Target.allCases
            let results = try await analyze(folder + "a.h5", request).results
            #expect(!results.measurements.isEmpty)
            for row in results.measurements {
                #expect(row.standardError.map { $0 >= 0 && $0.isFinite } == true, "\(row.key)")
            }
        }
    }

    // Of the 24 orders of the labels 0 1 1 0, a third keep the partition into pairs {1,4}, {2,3}: there the layer knows all
    // (1 bit), else nothing (0 bits). So the null mean is near 1/3, p near 1/3 where the layer knows the label, 1 where not.
    // Four standard deviations over 99 shuffles: 4·√(2/9/99) = 0.19.
    @Test func `I(Z;Y) has its null hypothesis`() async throws {
        try await withFolder { folder in
            try TinyArchive.xor.write(to: folder + "a.h5")
            let results = try await analyze(folder + "a.h5").results
            let rows = results.measurements.filter {
                $0.key.quantity == .labelInformation && $0.key.discretization == "width:30@run"
            }
            let knowing = try #require(rows.first { $0.key.layer == "xor" })
            #expect(knowing.key.parameters == "permutations=99;seed=0")
            #expect(abs(try #require(knowing.nullMean) - 1.0 / 3) < 0.19)
            #expect(abs(try #require(knowing.pValue) - 1.0 / 3) < 0.19)
            let null = try #require(results.nulls[knowing.key])
            #expect(null.count == 99)
            #expect(knowing.pValue == Double(1 + null.count { $0 > 0.5 }) / 100)
            #expect(rows.first { $0.key.layer == "first" }?.pValue == 1)
            // The same shuffles in every layer and epoch: layers with one partition have one null.
            let again = try #require(rows.last { $0.key.layer == "xor" })
            #expect(again.key != knowing.key && results.nulls[again.key] == null)
        }
    }

    @Test func `weighted complexities have theirs, by shuffled weights`() async throws {
        try await withFolder { folder in
            try TinyArchive.xor.write(to: folder + "a.h5")
            var request = AnalysisRequest()
            request.shuffles = 7
            let results = try await analyze(folder + "a.h5", request).results
            let rows = results.measurements.filter { $0.key.quantity == .complexity }
            for row in rows where row.key.target == "pmi-label" {
                #expect(row.key.parameters == "input=width:30@unit;shuffles=7;seed=0")
                #expect(results.nulls[row.key]?.count == 7)
                let control = results.measurements.first {
                    $0.key.quantity == .shuffledComplexity && $0.key.layer == row.key.layer
                        && $0.key.epoch == row.key.epoch && $0.key.target == row.key.target
                }
                #expect(row.nullMean == control?.value && row.pValue != nil)
            }
            #expect(rows.contains { $0.key.target == "label" && $0.nullMean == nil && $0.pValue == nil })
            request.shuffles = 0
            request.permutations = 0
            let none = try await analyze(folder + "a.h5", request).results
            #expect(none.nulls.isEmpty && none.measurements.allSatisfy { $0.pValue == nil })
            #expect(!none.measurements.contains { $0.key.quantity == .shuffledComplexity })
        }
    }

    @Test func `another number of permutations is another row`() async throws {
        try await withFolder { folder in
            try TinyArchive.xor.write(to: folder + "a.h5")
            var request = AnalysisRequest()
            request.targets = []
            request.binnings = [try Discretization("width:4@run")]
            let first = try await analyze(folder + "a.h5", request)
            request.permutations = 19
            let second = try await analyze(folder + "a.h5", request, into: first.results)
            // Three layers at two epochs.
            #expect(second.summary.computed == 6)
        }
    }

    @Test func `subsampling computes the same from halves and quarters`() async throws {
        try await withFolder { folder in
            var tiny = TinyArchive.xor
            // Eight samples: the four patterns twice, so that the first half is the archive of the other tests.
            tiny.inputs += tiny.inputs
            tiny.labels = .classes([0, 1, 1, 0, 0, 1, 1, 0], names: ["even", "odd"])
            tiny.layers = tiny.layers.map { ($0.name, $0.records.map { $0 + $0 }) }
            try tiny.write(to: folder + "a.h5")
            var request = AnalysisRequest()
            request.binnings = [try Discretization("width:30@run")]
            request.subsampling = true
            let results = try await analyze(folder + "a.h5", request).results
            #expect(Set(results.measurements.map(\.key.samples)) == [8, 4, 2])
            func information(_ samples: Int) -> Double? {
                results.measurements.first {
                    $0.key.quantity == .labelInformation && $0.key.layer == "xor" && $0.key.epoch == 0
                        && $0.key.samples == samples
                }?.value
            }
            // The first two labels are 0 and 1, and the layer tells them apart.
            #expect(information(8) == 1 && information(4) == 1 && information(2) == 1)
            #expect(results.pointwise.keys.allSatisfy { $0.samples == 8 })
            request.samples = 3
            await #expect(throws: AnalysisError.self) { try await analyze(folder + "a.h5", request) }
        }
    }
}
