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
        #expect(first.nulls == whole.nulls)
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

    @Test func `a cell that failed on one side and was computed on the other did not fail`() throws {
        var mine = makeResults()
        mine.insert(Failure(archive: "a", split: "train", layer: "fc1", epoch: 10, reason: "an old one"))
        #expect(mine.failures.count == 2)
        try mine.merge(makeResults(), from: "other")
        #expect(mine.failures.map(\.layer) == ["fc2"])
    }

    @Test func `a failure stands where the other side has other numbers of the cell only`() throws {
        func key(_ estimator: String, epoch: Int) -> Measurement.Key {
            Measurement.Key(
                archive: "a", split: "train", layer: "fc1", order: 1, epoch: epoch, quantity: .inputInformation,
                estimator: estimator, parameters: "step=\(epoch)", samples: 4)
        }
        var mine = ResultSet()
        mine.insert(Measurement(key: key("plug-in", epoch: 0), value: 1))
        mine.insert(Failure(archive: "a", split: "train", layer: "fc1", epoch: 10, reason: "out of range"))
        var other = ResultSet()
        for epoch in [0, 10] { other.insert(Measurement(key: key("ksg1", epoch: epoch), value: 1)) }
        for (into, from) in [(mine, other), (other, mine)] {
            var merged = into
            try merged.merge(from, from: "other")
            #expect(merged.failures.map(\.reason) == ["out of range"])
        }
        other.insert(Measurement(key: key("plug-in", epoch: 10), value: 1))
        for (into, from) in [(mine, other), (other, mine)] {
            var merged = into
            try merged.merge(from, from: "other")
            #expect(merged.failures.isEmpty)
        }
    }

    // GIB terms can fail where the IB terms of the same cell stand.
    @Test func `a cell that failed in part has failed after merging too, from either side`() throws {
        var part = makeResults()
        part.drop { $0.epoch == 0 }
        part.insert(Failure(archive: "a", split: "train", layer: "fc1", epoch: 10, reason: "no features"))
        var rest = makeResults()
        rest.drop { $0.epoch == 10 }
        for (into, from) in [(part, rest), (rest, part), (ResultSet(), part)] {
            var merged = into
            try merged.merge(from, from: "other")
            #expect(merged.failures.map(\.layer).sorted() == ["fc1", "fc2"])
        }
    }

    @Test func `arrays that differ under one key are refused`() throws {
        var mine = makeResults()
        var other = makeResults()
        let key = try #require(other.pointwise.keys.first)
        other.keep(pointwise: [0, 0, 0, 0], for: key)
        #expect(throws: ResultsError.self) { try mine.merge(other, from: "other") }
        other = makeResults()
        let complexity = try #require(other.featureTerms.keys.first)
        other.keep(FeatureTerms(single: [9, 9], remaining: [9, 9]), for: complexity)
        #expect(throws: ResultsError.self) { try mine.merge(other, from: "other") }
    }

    @Test func `dropping rows drops their arrays`() {
        var results = makeResults()
        #expect(results.drop { $0.epoch == 0 } == 2)
        #expect(results.featureTerms.count == 1 && results.pointwise.count == 1)
        #expect(results.sortedMeasurements.allSatisfy { results[$0.key] == $0 })
    }
}
