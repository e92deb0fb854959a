import Foundation
import InformationTheory
import LinearAlgebra
import Randomness
import Testing

struct EntropyTests {
    @Test func `entropies of known distributions`() {
        #expect(entropy(of: Symbols(Array(0..<4096))) == 12)
        #expect(entropy(of: Symbols([7, 7, 7])) == 0)
        #expect(entropy(of: Symbols([0, 0, 1, 2])) == 1.5)
        #expect(entropy(of: Symbols([Int]())) == 0)
        #expect(entropy(of: Symbols(Array(0..<5000))).agrees(with: log2(5000)))
    }

    @Test func `quantities agree with the plain definitions`() {
        for seed in 0..<300 as Range<UInt64> {
            let example = Case(seed: seed)
            let (z, y) = (example.latent, example.labels)
            let pairs = zip(example.z, example.y).map { [$0, $1] }
            #expect(entropy(of: z).agrees(with: Oracle.entropy(of: example.z)))
            #expect(mutualInformation(z, y).agrees(with: Oracle.mutualInformation(example.z, example.y)))
            #expect(entropy(of: joint(z, y)).agrees(with: Oracle.entropy(of: pairs)))
            #expect(
                conditionalEntropy(of: z, given: y)
                    .agrees(with: Oracle.entropy(of: pairs) - Oracle.entropy(of: example.y)))
        }
    }

    @Test func `the laws of information hold`() {
        for seed in 0..<200 as Range<UInt64> {
            let example = Case(seed: seed)
            let (z, y, x) = (example.latent, example.labels, Symbols(example.x))
            #expect(mutualInformation(z, y) == mutualInformation(y, z))
            #expect(joint(z, y) == joint(y, z))
            #expect(mutualInformation(z, z).agrees(with: entropy(of: z)))
            #expect(entropy(of: joint(z, y)).agrees(with: entropy(of: y) + conditionalEntropy(of: z, given: y)))
            #expect(mutualInformation(z, y).agrees(with: entropy(of: z) - conditionalEntropy(of: z, given: y)))
            // I(X,Z;Y) = I(Z;Y) + I(X;Y|Z), both terms without a sign.
            #expect(mutualInformation(joint(x, z), y) >= mutualInformation(z, y) - 1e-12)
            #expect(entropy(of: joint(x, z)) >= entropy(of: x) - 1e-12)
            #expect(mutualInformation(z, y) <= min(entropy(of: z), entropy(of: y)) + 1e-12)
            #expect(conditionalEntropy(of: z, given: joint(z, y)) == 0)
        }
    }

    @Test func `few pairs, many pairs and one pair a sample are counted alike`() {
        // Up to 65536 pairs are counted in a table, more by a hash; where one side tells all samples apart, not at all.
        let samples = 1500
        let sizes = [
            (2, 3), (200, 300), (260, 253), (1400, 1000), (samples, 5), (5, samples), (samples, samples),
        ]
        for (first, second) in sizes {
            var generator = SplitMix64(seed: UInt64(first * second))
            func values(below bound: Int) -> [Int] {
                bound == samples
                    ? generator.permutation(of: samples) : (0..<samples).map { _ in generator.nextIndex(below: bound) }
            }
            let (a, b) = (values(below: first), values(below: second))
            let (x, y) = (Symbols(a), Symbols(b))
            // The oracle adds up to 1500 terms to less than 16 bits, each sum rounded by 2^-50 at most: 1.4e-12.
            let difference = mutualInformation(x, y) - Oracle.mutualInformation(a, b)
            #expect(abs(difference) <= 1.5e-12, "\(first) and \(second)")
            #expect(mutualInformation(x, y) == mutualInformation(y, x))
            let information = PointwiseInformation(latent: x, labels: y)
            #expect(information.mean == mutualInformation(x, y))
            // Less than 16 bits of a ratio that is rounded three times: 3 · 2^-53 / ln 2, and 2^-50 for the logarithm.
            #expect(zip(information.values, Oracle.pointwise(a, b)).allSatisfy { abs($0 - $1) < 2e-15 })
        }
    }

    @Test func `the order of the samples does not change a bit of an entropy`() {
        for seed in 0..<50 as Range<UInt64> {
            let example = Case(seed: seed)
            var generator = SplitMix64(seed: seed)
            let order = generator.permutation(of: example.z.count)
            #expect(entropy(of: Symbols(order.map { example.z[$0] })) == entropy(of: example.latent))
            #expect(
                mutualInformation(Symbols(order.map { example.z[$0] }), Symbols(order.map { example.y[$0] }))
                    .agrees(with: mutualInformation(example.latent, example.labels)))
        }
    }

    @Test func `independent counts have exactly no information`() {
        for (a, b) in [(3, 7), (10, 30), (11, 13)] {
            let left = Symbols((0..<a * b).map { $0 / b })
            let right = Symbols((0..<a * b).map { $0 % b })
            #expect(mutualInformation(left, right) == 0)
        }
    }

    @Test func `total correlation is never negative, and counts copies`() throws {
        for seed in 0..<100 as Range<UInt64> {
            let layer = try Discretization.exact.apply(to: Case(seed: seed).inputs, range: nil, unitRanges: nil)
            #expect(totalCorrelation(of: layer) >= 0)
        }
        let copies = matrix((0..<8).map { k in [Double(k), Double(k), Double(k)] })
        #expect(totalCorrelation(of: try Discretization.exact.apply(to: copies, range: nil, unitRanges: nil)) == 6)
        let bits = matrix(patterns(bits: 4).map { $0.map(Double.init) })
        #expect(totalCorrelation(of: try Discretization.exact.apply(to: bits, range: nil, unitRanges: nil)) == 0)
    }

    @Test func `symbols are numbered by first appearance`() {
        let symbols = Symbols(["b", "a", "b", "c"])
        #expect(symbols.ids == [0, 1, 0, 2])
        #expect(symbols.count == 3)
        #expect(symbols.occurrences == [2, 1, 1])
        #expect(symbols.sampleCount == 4)
    }

    // A hundred thousand keys that differ in high bits only, or in low bits only, stay apart.
    @Test func `distinct values stay distinct in large numbers`() throws {
        for scale in [1.0, 0x1p-1000, 0x1p900] {
            let values = (0..<100_000).map { Double($0) * scale }
            #expect(try Symbols(rowsOf: Matrix(rows: values.count, columns: 1, values: values)).count == values.count)
        }
    }
}

struct PointwiseInformationTests {
    @Test func `PMI and weights agree with the plain definitions`() {
        for seed in 0..<300 as Range<UInt64> {
            let example = Case(seed: seed)
            let pmi = PointwiseInformation(latent: example.latent, labels: example.labels)
            let truth = Oracle.pointwise(example.z, example.y)
            let total = truth.reduce(0) { $0 + max(0, $1) }
            #expect(pmi.values.agrees(with: truth))
            #expect(pmi.totalPositive.agrees(with: total))
            #expect(pmi.weights.agrees(with: truth.map { total > 0 ? max(0, $0) / total : 0 }))
            #expect(pmi.mean == mutualInformation(example.latent, example.labels))
            #expect(pmi.mean.agrees(with: truth.reduce(0, +) / Double(truth.count)))
            #expect((pmi.totalPositive == 0) == (pmi.mean == 0))
        }
    }

    @Test func `independent symbols have no weight`() {
        let pmi = PointwiseInformation(latent: Symbols([0, 0, 1, 1]), labels: Symbols([0, 1, 0, 1]))
        #expect(pmi.values == [0, 0, 0, 0] && pmi.weights == [0, 0, 0, 0] && pmi.mean == 0)
    }

    @Test func `a latent that is the label gives log2 n over the class size`() {
        let labels = Symbols([0, 0, 1, 1, 1, 1, 2, 2])
        let pmi = PointwiseInformation(latent: labels, labels: labels)
        #expect(pmi.values == [2, 2, 1, 1, 1, 1, 2, 2])
        #expect(pmi.weights == [2, 2, 1, 1, 1, 1, 2, 2].map { $0 / 12 })
    }
}

struct FlagsTests {
    @Test func `thresholds hold on both sides`() {
        func flags(_ values: [Int]) -> Flags { .ofSymbols(Symbols(values)) }
        #expect(flags(Array(0..<100)) == [.saturated, .undersampled])
        #expect(flags(Array(repeating: 0, count: 100)) == .constant)
        #expect(flags((0..<100).map { $0 % 20 }) == [])
        #expect(flags((0..<100).map { $0 % 21 }) == .undersampled)
        // 51 alone and 49 together are more than half; 50 and 50 are not.
        #expect(flags((0..<100).map { min($0, 51) }).contains(.saturated))
        #expect(!flags((0..<100).map { min($0, 50) }).contains(.saturated))
        // Pairs of 1024 samples: 9 of 10 bits is not above 0.9; pairs of 2048: 10 of 11 is.
        #expect(!flags((0..<1024).map { $0 / 2 }).contains(.saturated))
        #expect(flags((0..<2048).map { $0 / 2 }).contains(.saturated))
        #expect(flags([3]) == [.saturated, .constant, .undersampled], "one sample has a symbol of its own")
    }

    @Test func `a dead layer out of range says both`() throws {
        let layer = Matrix<Float>(rows: 8, columns: 1, repeating: 0)
        let bins = try Discretization("width:3@[1,2]").apply(to: layer, range: nil, unitRanges: nil)
        #expect(Flags.ofLayer(bins) == [.constant, .dead, .outOfRange])
    }

    @Test func `a corrected value outside of its bounds is flagged`() {
        #expect(Flags.ofCorrected(-0.1, ceiling: 3) == .boundViolated)
        #expect(Flags.ofCorrected(3.1, ceiling: 3) == .boundViolated)
        #expect(Flags.ofCorrected(0, ceiling: 3) == [] && Flags.ofCorrected(3, ceiling: 3) == [])
    }

    @Test func `names come in one order and read back`() throws {
        let all = try Flags(names: Flags.allNames.reversed())
        #expect(all.names == Flags.allNames)
        #expect(Flags([.dead, .saturated]).description == "saturated|dead")
        #expect(Flags([]).description == "")
        #expect(throws: InformationError.unknownName(kind: "flag", text: "saturate", nearest: "saturated")) {
            try Flags(names: ["saturate"])
        }
    }
}

struct TargetTests {
    @Test func `targets are found by name, and an unknown name names the nearest`() throws {
        for target in Target.allCases { #expect(try Target(named: target.description) == target) }
        #expect(throws: InformationError.unknownName(kind: "target", text: "pmi-lable", nearest: "pmi-label")) {
            try Target(named: "pmi-lable")
        }
    }
}
