import Foundation
import InformationTheory
import KnownTruth
import LinearAlgebra
import Randomness
import Testing

@Suite struct KnownTruthTests {
    private func known(_ name: String) throws -> KnownCase {
        try #require(SelfTest.cases.first { $0.name.hasPrefix(name) }, "\(name)")
    }

    /// The mean of a log ratio over samples, in bits, with five standard errors.
    private func expectMean(_ values: [Double], is truth: Double) {
        let n = Double(values.count)
        let mean = values.reduce(0, +) / n
        let error = (values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / n / n).squareRoot()
        #expect(abs(mean - truth) < 5 * error, "\(mean) ± \(error) against \(truth)")
    }

    private func values(_ variable: Variable?) throws -> [Double] {
        guard case .values(let matrix) = variable else { throw CocoaError(.featureUnsupported) }
        return matrix.values
    }

    // Densities of Student's distribution with ν = 3, scale 1, ρ = 0.6: bivariate ∝ (1 + q/ν)^(−(ν+2)/2) / √(1 − ρ²), q the quadratic
    // form; the constants Γ(5/2)/(Γ(3/2)·3π) = 1/(2π) and Γ(2)/(Γ(3/2)·√(3π)).
    @Test func `Student's information is the mean log ratio of its densities`() throws {
        let known = try known("Student, 3")
        var generator = SplitMix64(seed: 1)
        let (x, y) = known.sample(200_000, &generator)
        let r = 0.6
        func margin(_ x: Double) -> Double { 2 / (3.0.squareRoot() * .pi) * pow(1 + x * x / 3, -2) }
        let ratios = try zip(values(x), values(y)).map { x, y in
            let q = (x * x - 2 * r * x * y + y * y) / (1 - r * r)
            return log2(pow(1 + q / 3, -2.5) / (2 * .pi * (1 - r * r).squareRoot()) / (margin(x) * margin(y)))
        }
        expectMean(ratios, is: known.truth)
    }

    @Test func `the information of classes is the mean log ratio of their densities`() throws {
        let known = try known("3 normal classes")
        var generator = SplitMix64(seed: 2)
        let (x, y) = known.sample(200_000, &generator)
        guard case .symbols(let labels) = y else { return }
        let own = try values(x)
        // The class of a label is the centre that its samples surround.
        let centres = (0..<3).map { label in
            let members = own.indices.filter { Int(labels.ids[$0]) == label }
            return (members.reduce(0) { $0 + own[$1] } / Double(members.count)).rounded()
        }
        #expect(centres.sorted() == [-2, 0, 2])
        let ratios = own.indices.map { sample in
            let densities = centres.map { exp(-(own[sample] - $0) * (own[sample] - $0) / 2) }
            return log2(densities[Int(labels.ids[sample])] / (densities.reduce(0, +) / 3))
        }
        expectMean(ratios, is: known.truth)
    }

    // The four parts of the plane: both 0, one 0, none; Φ by erfc.
    @Test func `the information of censored normals is the mean log ratio of their measure`() throws {
        let known = try known("ReLU of normals")
        var generator = SplitMix64(seed: 3)
        let (x, y) = known.sample(200_000, &generator)
        let (r, s) = (0.6, 0.8)
        func below(_ x: Double) -> Double { erfc(r * x / s / 2.0.squareRoot()) / 2 }
        let ratios = try zip(values(x), values(y)).map { x, y -> Double in
            if x == 0, y == 0 { return log2((0.25 + asin(r) / (2 * .pi)) / 0.25) }
            if x == 0 || y == 0 { return log2(below(max(x, y)) / 0.5) }
            let q = (x * x - 2 * r * x * y + y * y) / (s * s)
            return (-(q - x * x - y * y) / 2) / log(2) - log2(s)
        }
        expectMean(ratios, is: known.truth)
    }

    // A million samples: the plug-in entropy is off by (K − 1)/(2n ln 2) < 3e-5 bits, its error is sd/1000 < 0.003.
    @Test(arguments: ["normal in 10 bins", "tanh(2.0·normal) in 30", "ReLU(2.0·normal) in 30", "two normals in 8"])
    func `binned truths are those of many samples`(name: String) throws {
        let known = try known(name)
        var generator = SplitMix64(seed: 4)
        let (x, y) = known.sample(1_000_000, &generator)
        guard case .symbols(let z) = x else { return }
        if case .symbols(let other) = y {
            #expect(abs(mutualInformation(z, other) - known.truth) < 0.01)
        } else {
            #expect(abs(entropy(of: z) - known.truth) < 0.01)
        }
    }

    // Between I of the noiseless bits and the entropy of the noise; the bounds close around it as n grows.
    @Test func `noisy units lie between their bounds`() throws {
        for name in ["tanh(2.0·normal) + noise", "ReLU(2.0·normal) + noise"] {
            let known = try known(name)
            var generator = SplitMix64(seed: 5)
            let (x, y) = known.sample(2000, &generator)
            let estimates = try known.estimators.map { try $0.information(x, y!, seed: 0) }
            #expect(estimates[1].value < known.truth && known.truth < estimates[0].value, "\(name)")
        }
    }

    @Test func `a seed draws the same samples`() throws {
        for known in SelfTest.cases {
            var (first, second) = (SplitMix64(seed: 6), SplitMix64(seed: 6))
            #expect("\(known.sample(20, &first))" == "\(known.sample(20, &second))")
        }
    }

    // One percent of seeds would have a WRONG line by chance.
    @Test(arguments: [0, 1, 2] as [UInt64]) func `every line is right within its bar, or flagged`(seed: UInt64) {
        let lines = SelfTest(samples: 300, seed: seed).lines()
        #expect(lines.count == SelfTest.lineCount)
        for line in lines {
            #expect(line.outcome != .wrong, "\(line)")
            #expect(line.truth.isFinite || line.outcome != .right)
        }
        #expect(lines.count { $0.outcome == .right } > lines.count / 2)
    }
}
