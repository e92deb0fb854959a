import Results
import Testing

@Suite struct MergeTests {
    @Test func `shards join to the whole`() throws {
        let whole = makeResults()
        var first = makeResults()
        first.drop { $0.epoch == 10 }
        var second = makeResults()
        second.drop { $0.epoch != 10 }
        #expect(first.measurements.count == 3 && second.measurements.count == 2)
        try first.merge(second, from: "second")
        #expect(first.sortedMeasurements == whole.sortedMeasurements)
        #expect(first.featureTerms == whole.featureTerms)
        #expect(first.pointwise == whole.pointwise)
        #expect(first.failures == whole.failures)
    }

    @Test func `two values of one key are refused and nothing is merged`() throws {
        var mine = makeResults(value: 0.1)
        let before = mine.measurements
        do {
            try mine.merge(makeResults(value: 0.2), from: "other.h5")
            Issue.record("the contradiction was merged")
        } catch {
            #expect(error.description.contains("other.h5"))
            #expect(error.description.contains("0.2 bits") && error.description.contains("0.1 bits"))
        }
        #expect(mine.measurements == before)
    }

    @Test func `dropping rows drops their arrays`() {
        var results = makeResults()
        #expect(results.drop { $0.epoch == 0 } == 2)
        #expect(results.featureTerms.count == 1 && results.pointwise.count == 1)
        #expect(results.sortedMeasurements.allSatisfy { results[$0.key] == $0 })
    }
}
