import Activations
import Analysis
import InformationTheory
import KernelMethods
import LinearAlgebra
import Results
import Testing

/// Several splits in one analysis: nothing depends on how the work is divided, or on which splits stand beside one.
@Suite struct SplitTests {
    static let reductions: [String?] = [nil, "kpca:2@linear", "kpca:3@rbf:gamma=0.5"]
    /// All of them; fewer than every split; more than `test` and fewer than the others.
    static let sampleCounts = [5000, 20, 40]
    /// The default rows of one record of a split: 2 layers × (8 binnings × 4 terms + 6 + 5 + 5 GIB terms).
    static let rowsOfRecord = 96

    private func request(_ reduction: String?, samples: Int) throws -> AnalysisRequest {
        var request = AnalysisRequest()
        request.inputReduction = try reduction.map { try InputReduction($0) }
        request.samples = samples
        return request
    }

    @Test(arguments: reductions, sampleCounts)
    func `jobs, shards and a stop in between change no byte of any split`(
        reduction: String?, samples: Int
    ) async throws {
        try await withFolder { folder in
            let path = folder + "a.h5"
            try SplitArchive.three.write(to: path)
            let request = try request(reduction, samples: samples)
            let first = try await analyze(path, request, jobs: 1)
            let whole = first.results
            // Labels, and 3 records.
            let rowsOfSplit = 1 + 3 * Self.rowsOfRecord
            #expect(first.summary.failures.isEmpty)
            #expect(whole.measurements.count == 3 * rowsOfSplit)
            #expect(whole.measurements.contains { $0.key.quantity == .complexity && $0.value > 0 })
            #expect(whole.reductions.count == (reduction == nil ? 0 : 1))

            func expectSame(_ other: ResultSet, _ how: String) {
                let isSame = other.csv == whole.csv
                let hasSameSpectra = Set(other.reductions) == Set(whole.reductions)
                #expect(isSame && hasSameSpectra && other.failures.isEmpty, "\(how)")
            }
            expectSame(try await analyze(path, request, jobs: 3).results, "3 jobs")
            for count in [2, 5] {
                var merged = ResultSet()
                for number in 1...count {
                    try merged.merge(
                        try await analyze(path, request, shard: (number, count)).results, from: "shard \(number)")
                }
                expectSame(merged, "\(count) shards")
            }
            // 21 units: stopped within the first split, between splits, and within the last.
            for limit in [3, 7, 17] {
                let stopped = try await analyze(path, request, stoppingAfter: limit)
                #expect(stopped.summary.wasInterrupted && stopped.summary.computed > 0)
                let resumed = try await analyze(path, request, jobs: 3, into: stopped.results)
                #expect(resumed.summary.reused == stopped.summary.computed && resumed.summary.dropped == 0)
                #expect(resumed.summary.computed + resumed.summary.reused == whole.measurements.count)
                expectSame(resumed.results, "stopped after \(limit)")
            }
        }
    }

    @Test(arguments: reductions, sampleCounts)
    func `a split has the same numbers alone and beside others`(reduction: String?, samples: Int) async throws {
        try await withFolder { folder in
            let path = folder + "a.h5"
            try SplitArchive.three.write(to: path)
            var request = try request(reduction, samples: samples)
            let all = try await analyze(path, request, jobs: 1).results
            for splits in [["test"], ["train-noise"], ["train"], ["test", "train"], ["train-noise", "test"]] {
                request.splits = splits
                let chosen = try await analyze(path, request).results
                for split in splits {
                    #expect(!all.rows(of: split).isEmpty)
                    let isSame = chosen.rows(of: split) == all.rows(of: split)
                    #expect(isSame, "\(split) of \(splits)")
                }
            }
        }
    }

    // The same functions in the same order on the same machine: equal to the last bit.
    @Test(arguments: ["kpca:2@linear", "kpca:3@rbf:gamma=0.5"], [5000, 40])
    func `the basis of reduced inputs is fitted on train, for every split`(
        reduction: String, samples: Int
    ) async throws {
        try await withFolder { folder in
            let archive = SplitArchive.three
            let path = folder + "a.h5"
            try archive.write(to: path)
            var request = try request(reduction, samples: samples)
            let asked = try #require(request.inputReduction)
            request.binnings = [try Discretization("width:30@run")]
            request.targets = [.pmiLabel, .label]
            let basis = try KernelPCA.fit(
                archive.inputs(of: "train", record: 0, samples: min(samples, 60)), kernel: asked.kernel,
                components: asked.components)
            for split in ["test", "train-noise", "train"] {
                request.splits = [split]
                let results = try await analyze(path, request).results
                let count = min(samples, archive[split].samples)
                for record in 0..<SplitArchive.records {
                    let scores =
                        split == "train"
                        ? basis.scores
                        : try basis.project(archive.inputs(of: split, record: record, samples: count))
                    let features = try InputFeatures(binning: scores, by: Discretization("width:30@unit"))
                    for (layer, target) in [("first", Target.pmiLabel), ("second", .pmiLabel), ("second", .label)] {
                        let terms = gibTerms(
                            inputs: features,
                            latent: try archive.latent(layer, of: split, record: record, samples: count),
                            labels: Symbols(archive[split].labels.prefix(count)), target: target, seed: 0)
                        #expect(terms.joint > 0)
                        for (quantity, expected) in [
                            (Quantity.targetInformation, terms.joint), (.complexity, terms.complexity),
                            (.meanSingle, terms.meanSingle), (.meanRemaining, terms.meanRemaining),
                        ] {
                            let found = results.value(
                                quantity, layer, epoch: archive.epochs[record], "width:30@run", target: target.rawValue)
                            #expect(found == expected, "\(split) \(layer) \(target) \(quantity), record \(record)")
                        }
                    }
                }
                let spectrum = try #require(results.reductions.first)
                #expect(results.reductions.count == 1 && spectrum.fittedSplit == "train")
                #expect(spectrum.samples == min(samples, 60) && spectrum.eigenvalues == basis.eigenvalues)
            }
        }
    }

    @Test func `without train every split fits a basis of its own, and all are kept`() async throws {
        try await withFolder { folder in
            let archive = SplitArchive(named: [("one", 40, false), ("two", 30, false), ("noise", 25, true)])
            let path = folder + "a.h5"
            try archive.write(to: path)
            let request = try request("kpca:2@linear", samples: 35)
            let results = try await analyze(path, request, jobs: 1).results
            let samples = ["one": 35, "two": 30, "noise": 25]
            #expect(results.reductions.count == samples.count)
            for (split, count) in samples {
                let basis = try KernelPCA.fit(
                    archive.inputs(of: split, record: 0, samples: count), kernel: .linear, components: 2)
                let kept = try #require(results.reductions.first { $0.fittedSplit == split })
                #expect(kept.samples == count && kept.eigenvalues == basis.eigenvalues)
            }
            var merged = ResultSet()
            for number in 1...5 {
                try merged.merge(try await analyze(path, request, shard: (number, 5)).results, from: "\(number)")
            }
            let isSame = merged.csv == results.csv
            #expect(isSame && Set(merged.reductions) == Set(results.reductions))
        }
    }

    @Test func `records of one epoch at different steps have rows of their own`() async throws {
        try await withFolder { folder in
            var archive = SplitArchive.three
            try archive.write(to: folder + "plain.h5")
            let plain = try await analyze(folder + "plain.h5").results
            archive.epochs = [0, 1, 1]
            archive.steps = [0, 5, 9]
            let path = folder + "steps.h5"
            try archive.write(to: path)
            let first = try await analyze(path)
            #expect(first.summary.failures.isEmpty && first.summary.dropped == 0)
            #expect(first.results.measurements.count == plain.measurements.count)
            let second = try await analyze(path, into: first.results)
            #expect(second.summary.computed == 0 && second.summary.dropped == 0)
            #expect(second.summary.reused == first.summary.computed)
            let isSame = second.results.csv == first.results.csv
            #expect(isSame)

            // What was computed for record r is what an archive with epochs of their own has there.
            func values(_ results: ResultSet, _ isOfRecord: (Measurement.Key) -> Bool) -> [String: Double] {
                var values: [String: Double] = [:]
                for row in results.measurements where row.key.epoch != nil && isOfRecord(row.key) {
                    let key = row.key
                    let place = [
                        key.quantity.rawValue, key.split, key.layer, key.discretization, key.target, key.range,
                    ].joined(separator: " ")
                    #expect(values.updateValue(row.value, forKey: place) == nil, "\(place) is there twice")
                }
                return values
            }
            for (epoch, step, other) in [(0, 0, 0), (1, 5, 2), (1, 9, 7)] {
                let expected = values(plain) { $0.epoch == other }
                #expect(expected.count == 3 * Self.rowsOfRecord)
                let found = values(first.results) {
                    $0.epoch == epoch && $0.parameters.split(separator: ";").contains("step=\(step)")
                }
                let isSame = found == expected
                #expect(isSame, "epoch \(epoch), step \(step)")
            }
            for count in [2, 5] {
                var merged = ResultSet()
                for number in 1...count {
                    try merged.merge(try await analyze(path, shard: (number, count)).results, from: "\(number)")
                }
                let isSame = merged.csv == first.results.csv
                #expect(isSame, "\(count) shards")
            }
        }
    }
}
