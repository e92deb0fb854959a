import Findings
import Foundation
import Results
import Testing

@Suite struct VerdictTests {
    /// A layer's I(X;Z) over epochs 0, 1, 2, … under one binning.
    private func add(
        _ values: [Double], _ binning: String, error: Double? = 0.05, samples: Int = 1000, flags: [Int: [String]] = [:],
        quantity: Quantity = .inputInformation, target: String = "", layer: String = "fc1", to results: inout ResultSet
    ) {
        for (epoch, value) in values.enumerated() {
            let key = Measurement.Key(
                archive: "a", split: "train", layer: layer, order: 1, epoch: epoch, quantity: quantity,
                discretization: binning, target: target, samples: samples)
            results.insert(
                Measurement(key: key, value: value, standardError: error, ceiling: 10, flags: flags[epoch] ?? []))
        }
    }

    private func verdict(_ results: ResultSet) throws -> Verdict {
        try #require(try CompressionTest().verdicts(from: results).first)
    }

    // (4 − 2)/4 = 50%; SE = √((0.05/4)² + (2·0.05/16)²) = 0.01398; four pairs, one layer: c = Φ⁻¹(1 − 0.05/8) = 2.4977.
    @Test func `a clear fall compresses, with its interval`() throws {
        var results = ResultSet()
        add([1, 4, 3, 2.5, 2], "width:30@run", to: &results)
        let verdict = try verdict(results)
        #expect(verdict.answer == .compresses)
        let method = try #require(verdict.headline)
        #expect(method.fall == 0.5 && method.peakEpoch == 1 && method.peak == 4 && method.final == 2)
        let half = 2.4977 * 0.0139754
        #expect(abs(method.interval!.lowerBound - (0.5 - half)) < 1e-4)
        #expect(abs(method.interval!.upperBound - (0.5 + half)) < 1e-4)
        #expect(method.pValue! < 1e-6)
    }

    @Test func `a flat series with small errors does not`() throws {
        var results = ResultSet()
        add([4, 4.01, 4, 4.005], "width:30@run", error: 0.01, to: &results)
        #expect(try verdict(results).answer == .doesNotCompress)
    }

    @Test func `a wide interval decides nothing`() throws {
        var results = ResultSet()
        add([4, 4.3, 4.1], "width:30@run", error: 0.3, to: &results)
        let verdict = try verdict(results)
        #expect(verdict.answer == .undecided && verdict.reason.contains("hold both"))
    }

    @Test func `methods that disagree decide nothing`() throws {
        var results = ResultSet()
        add([4, 3, 2], "width:30@run", to: &results)
        add([4, 3.99, 4], "width:30@epoch", error: 0.01, to: &results)
        let verdict = try verdict(results)
        #expect(verdict.answer == .undecided && verdict.reason.contains("disagree"), "\(verdict.reason)")
        #expect(verdict.methods.count == 2 && verdict.headline?.discretization == "width:30@run")
    }

    @Test(arguments: [
        (["saturated"], "saturated at n = 1000"), (["dead"], "constant at the end"),
        (["bound-violated"], "outside of its bounds"), (["saturated-inputs"], "reduce them"),
    ])
    func `cells that say nothing of the network are left out`(flags: [String], words: String) throws {
        var results = ResultSet()
        add([4, 3, 2], "width:30@run", flags: [2: flags], to: &results)
        let verdict = try verdict(results)
        #expect(verdict.answer == .undecided && verdict.reason.contains(words), "\(verdict.reason)")
        #expect(verdict.usable.isEmpty)
    }

    // A saturated peak is the ceiling of the samples: the largest value that is not stands in.
    @Test func `a saturated peak does not count`() throws {
        var results = ResultSet()
        add([9.9, 4, 3, 2], "width:30@run", flags: [0: ["saturated"]], to: &results)
        #expect(try verdict(results).headline?.peak == 4)
    }

    @Test func `one epoch, or no standard errors, cannot be decided`() throws {
        var results = ResultSet()
        add([4], "width:30@run", to: &results)
        #expect(try verdict(results).reason.contains("only one epoch"))
        results = ResultSet()
        add([4, 2], "width:30@run", error: nil, to: &results)
        #expect(try verdict(results).reason.contains("no standard errors"))
        #expect(try CompressionTest().verdicts(from: ResultSet()).isEmpty)
    }

    @Test func `an answer that the sample size changes is none`() throws {
        var results = ResultSet()
        add([4, 3, 2], "width:30@run", to: &results)
        add([3, 3, 3], "width:30@run", error: 0.01, samples: 500, to: &results)
        let verdict = try verdict(results)
        #expect(verdict.answer == .undecided && verdict.reason.contains("n = 500"), "\(verdict.reason)")
    }

    @Test func `a control that falls as well forbids the answer`() throws {
        var results = ResultSet()
        add([4, 3, 2], "width:30@run", quantity: .complexity, target: "pmi-label", to: &results)
        #expect(try verdict(results).answer == .compresses)
        add([4, 3, 2.5], "width:30@run", quantity: .shuffledComplexity, target: "pmi-label", to: &results)
        let verdict = try verdict(results)
        #expect(verdict.answer == .undecided && verdict.reason.contains("shuffled weights"))
    }

    @Test func `I(Z;Y) must be above that of shuffled labels`() throws {
        for (null, answer) in [([0.1, 0.2, 0.15, 0.05], Verdict.Answer.undecided), ([0.1, 0.12], .undecided)] {
            var results = ResultSet()
            add([0.1, 0.2, 0.1], "width:30@run", error: 0.001, quantity: .labelInformation, to: &results)
            for row in results.measurements { results.keep(null: null.map { $0 + 0.1 }, for: row.key) }
            #expect(try verdict(results).answer == answer)
        }
        var results = ResultSet()
        add([0.1, 0.9, 0.5], "width:30@run", error: 0.01, quantity: .labelInformation, to: &results)
        for row in results.measurements { results.keep(null: (0..<99).map { 0.001 * Double($0 % 7) }, for: row.key) }
        let verdict = try verdict(results)
        #expect(verdict.answer == .compresses && verdict.control.contains("p = 0.01"), "\(verdict)")
    }

    // 300 runs without any change, six epochs with independent errors of 0.05 around 4: the fall that they show is noise. At
    // level 0.05 at most 5% may be called compression, four standard deviations of a share over 300 are 5% more.
    @Test func `noise is not called compression`() throws {
        var called = 0
        var held = 0
        for seed in 1...300 {
            var state = UInt64(seed) &* 0x9E37_79B9_7F4A_7C15
            func normal() -> Double {
                // The sum of twelve uniforms less six.
                (0..<12).reduce(-6.0) { sum, _ in
                    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                    return sum + Double(state >> 11) * 0x1p-53
                }
            }
            var results = ResultSet()
            add((0..<6).map { _ in 4 + 0.05 * normal() }, "width:30@run", to: &results)
            let verdict = try CompressionTest(smallestFall: 0.001).verdicts(from: results)[0]
            if verdict.answer == .compresses { called += 1 }
            if verdict.headline!.interval!.contains(0) { held += 1 }
        }
        #expect(called <= 30)
        #expect(held >= 270)
    }

    @Test(arguments: [0, 1, -0.1, .nan]) func `levels that cannot be are refused`(value: Double) {
        #expect(throws: FindingsError.self) { try CompressionTest(level: value) }
        #expect(throws: FindingsError.self) { try CompressionTest(smallestFall: value) }
    }
}
