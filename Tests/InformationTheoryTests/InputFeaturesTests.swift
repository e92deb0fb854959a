import InformationTheory
import LinearAlgebra
import Randomness
import Testing

struct InputFeaturesTests {
    @Test func `the share of unique remaining rows agrees with the plain definition`() throws {
        for seed in 0..<200 as Range<UInt64> {
            let example = Case(seed: seed)
            let features = try InputFeatures(binning: example.inputs, by: Discretization("width:30@unit"))
            var unique = 0
            for i in example.x[0].indices {
                let rows = example.x.map { row in row.indices.filter { $0 != i }.map { row[$0] } }
                unique += Oracle.count(rows).values.count { $0 == 1 }
            }
            let share = Double(unique) / Double(example.x.count * example.x[0].count)
            #expect(features.uniqueRemainingShare.agrees(with: share), "seed \(seed)")
            #expect(Flags.ofInputs(features) == (share > 0.5 ? .saturatedInputs : []))
        }
    }

    // 0, 1 and 100 in 30 equal bins: 0 and 1 share the first. Three distinct values are kept apart, thirty-one are binned.
    @Test func `a feature with at most B distinct values keeps them`() throws {
        let few = matrix([[0.0], [1], [100]])
        let labels = Symbols([0, 1, 2])
        func single(_ inputs: Matrix<Double>, _ rule: String, _ labels: Symbols) throws -> Double {
            let features = try InputFeatures(binning: inputs, by: Discretization(rule))
            return gibTerms(inputs: features, latent: labels, labels: labels, target: .label, seed: 0).single[0]
        }
        #expect(try single(few, "width:30@unit", labels).agrees(with: entropy(of: labels)))
        #expect(try single(few, "width:2@unit", labels).agrees(with: Oracle.mutualInformation([0, 0, 1], [0, 1, 2])))
        #expect(
            try single(few, "width:30@[0,100]", labels).agrees(with: Oracle.mutualInformation([0, 0, 1], [0, 1, 2])))
        let values = [-1000.0] + (0..<30).map(Double.init)
        let many = Symbols(Array(0..<31))
        let bins = values.map { Oracle.width($0, bins: 30, low: -1000, high: 29) }
        #expect(
            try single(matrix(values.map { [$0] }), "width:30@unit", many)
                .agrees(with: Oracle.mutualInformation(bins, Array(0..<31))))
    }

    @Test func `unit ranges of the whole split are used where they are given`() throws {
        let values = (0..<40).map { Double($0) / 10 }
        let range = ValueRange(low: -3, high: 17)
        let labels = Symbols(Array(0..<40))
        let features = try InputFeatures(
            binning: matrix(values.map { [$0] }), by: Discretization("width:30@unit"), unitRanges: [range])
        let terms = gibTerms(inputs: features, latent: labels, labels: labels, target: .label, seed: 0)
        let bins = values.map { Oracle.width($0, bins: 30, low: -3, high: 17) }
        #expect(terms.single[0].agrees(with: Oracle.entropy(of: bins)))
    }

    @Test func `Float and Double inputs give the same terms`() throws {
        var generator = SplitMix64(seed: 2)
        let values = (0..<60 * 7).map { _ in Float(generator.nextNormal()) }
        let labels = Symbols((0..<60).map { _ in generator.nextIndex(below: 3) })
        let rule = try Discretization("width:4@unit")
        let narrow = try InputFeatures(binning: Matrix(rows: 60, columns: 7, values: values), by: rule)
        let wide = try InputFeatures(binning: Matrix(rows: 60, columns: 7, values: values.map(Double.init)), by: rule)
        #expect(
            gibTerms(inputs: narrow, latent: labels, labels: labels, target: .pmiLabel, seed: 3)
                == gibTerms(inputs: wide, latent: labels, labels: labels, target: .pmiLabel, seed: 3))
    }

    @Test func `argmax, empty and non-finite inputs are refused`() {
        #expect(throws: InformationError.notPerFeature("argmax")) {
            try InputFeatures(binning: matrix([[1.0]]), by: .argmax)
        }
        #expect(throws: InformationError.empty(rows: 0, columns: 0)) {
            try InputFeatures(binning: matrix([[Double]]()), by: .exact)
        }
        #expect(throws: InformationError.notFinite(sample: 1, unit: 0)) {
            try InputFeatures(binning: matrix([[1.0], [.nan]]), by: .exact)
        }
    }
}
