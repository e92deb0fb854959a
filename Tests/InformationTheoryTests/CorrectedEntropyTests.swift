import Foundation
import InformationTheory
import LinearAlgebra
import Randomness
import Testing

/// Symbols that occur as often as these counts say.
private func symbols(_ counts: [Int]) -> Symbols {
    Symbols(counts.enumerated().flatMap { symbol, count in Array(repeating: symbol, count: count) })
}

struct CorrectedEntropyTests {
    // Counts 2, 1, 1 of n = 4: plug-in 1.5 bits, three symbols.
    @Test func `corrections of a small case by hand`() {
        let z = symbols([2, 1, 1])
        #expect(entropy(of: z, by: .plugIn).agrees(with: 1.5))
        #expect(entropy(of: z, by: .millerMadow).agrees(with: 1.5 + 2 / (8 * log(2))))
        // Two singletons of four: half of the probability is covered. q = 1/4, 1/8, 1/8.
        func term(_ q: Double) -> Double { -q * log2(q) / (1 - pow(1 - q, 4)) }
        #expect(entropy(of: z, by: .chaoShen).agrees(with: term(0.25) + 2 * term(0.125)))
        // Without one of the pair: 1, 1, 1 of three; without a single one: 2, 1 of three.
        let (three, two) = (log2(3.0), log2(3.0) - 2.0 / 3)
        #expect(entropy(of: z, by: .jackknife).agrees(with: 4 * 1.5 - 3 * (2 * three + 2 * two) / 4))
        // Σp² = 3/8, Σ(1/3 − p)² = 1/24: λ = (5/8)/(3/24) = 5, cut to 1: uniform.
        #expect(entropy(of: z, by: .shrinkage).agrees(with: log2(3)))
    }

    // Counts 8, 1, 1 of ten: Σp² = 0.66, Σ(1/3 − p)² = 0.66 − 1/3; λ = 0.34/(9·(0.66 − 1/3)).
    @Test func `shrinkage goes the way that its intensity says`() {
        let intensity = 0.34 / (9 * (0.66 - 1.0 / 3))
        let shares = [0.8, 0.1, 0.1].map { intensity / 3 + (1 - intensity) * $0 }
        #expect(entropy(of: symbols([8, 1, 1]), by: .shrinkage).agrees(with: -shares.reduce(0) { $0 + $1 * log2($1) }))
    }

    // G(1) = ψ(1) − ½(ψ(1) − ψ(½)) = −γ − ln 2, G(2) = ψ(2) + ½(ψ(3/2) − ψ(1)) = 1 − γ + ½(2 − 2 ln 2) = 2 − γ − ln 2, by ψ(½) =
    // −γ − 2 ln 2, ψ(3/2) = ψ(½) + 2.
    @Test func `Grassberger's G of 1 and 2 is known`() {
        let euler = 0.57721566490153286061
        let (one, two) = (-euler - log(2), 2 - euler - log(2))
        let nats = log(4) - (2 * two + one + one) / 4
        #expect(entropy(of: symbols([2, 1, 1]), by: .grassberger).agrees(with: nats / log(2)))
    }

    // By mpmath with 40 digits, quad over ln β in panels of 1.
    @Test(arguments: [
        ([4, 3, 2, 1], 1.8476858634589383), ([1, 1], 0.84966616780893353),
        ([10, 1, 1, 1, 1, 1], 1.9092833749705039), ([50, 50], 0.99362054648768585),
        ([1, 1, 1, 1, 1, 1, 1, 1], 2.8739104905619202), ([100, 20, 5, 5, 1], 1.1512723644327766),
    ])
    func `NSB agrees with an integration in many digits`(counts: [Int], expected: Double) {
        // Panels of 16 Gauss nodes leave less than the rounding of lnΓ below 1000: 1e-11 relative.
        #expect(abs(entropy(of: symbols(counts), by: .nsb) - expected) < 1e-9)
    }

    @Test(arguments: EntropyCorrection.allCases) func `no case gives NaN`(correction: EntropyCorrection) {
        for counts in [
            [1], [2], [1, 1], [1000], [999, 1], Array(repeating: 1, count: 500), [500_000, 500_000, 1], [3, 3, 3],
        ] {
            let z = symbols(counts)
            let estimate = entropyEstimate(of: z, by: correction, seed: 0)
            #expect(
                estimate.value.isFinite && estimate.value >= -1e-9, "\(correction) \(counts.prefix(3)): \(estimate)")
            #expect(estimate.standardError.map { $0.isFinite && $0 >= 0 } ?? (z.sampleCount == 1))
            let information = mutualInformationEstimate(z, z, by: correction, seed: 0)
            // I(Z;Z) = H(Z) by every correction, because the pair has the counts of each.
            #expect(abs(information.value - estimate.value) < 1e-9)
        }
        #expect(entropyEstimate(of: symbols([7]), by: correction, seed: 0).flags.contains(.constant))
    }

    @Test(arguments: EntropyCorrection.allCases) func `informations are symmetric to the last bit`(
        correction: EntropyCorrection
    ) {
        for seed in 1...40 as ClosedRange<UInt64> {
            let example = Case(seed: seed)
            let (z, y) = (example.latent, example.labels)
            #expect(mutualInformation(z, y, by: correction) == mutualInformation(y, z, by: correction))
            #expect(
                mutualInformationEstimate(z, y, by: correction, seed: 1)
                    == mutualInformationEstimate(y, z, by: correction, seed: 1))
        }
    }

    // The plug-in entropy of 100 equally likely symbols from 100 samples lies some 0.6 bits low. 200 runs: the standard error of
    // a mean is sd/√200 < 0.15/14 = 0.011 bits, so that a gain of 0.1 bits is no accident.
    @Test(arguments: [EntropyCorrection.millerMadow, .chaoShen, .grassberger, .jackknife])
    func `corrections take bias away`(correction: EntropyCorrection) {
        var (plain, corrected) = (0.0, 0.0)
        for seed in 1...200 as ClosedRange<UInt64> {
            var generator = SplitMix64(seed: seed)
            let z = Symbols((0..<100).map { _ in generator.nextIndex(below: 100) })
            plain += (entropy(of: z) - log2(100)) / 200
            corrected += (entropy(of: z, by: correction) - log2(100)) / 200
        }
        #expect(abs(corrected) < abs(plain) - 0.1, "\(plain) → \(corrected)")
    }

    @Test(arguments: 1...40) func `plug-in GIB terms by counts are the plug-in GIB terms`(seed: UInt64) throws {
        let example = Case(seed: seed)
        let features = try InputFeatures(binning: example.inputs, by: Discretization("width:30@unit"))
        for target in [Target.label, .latent] {
            let expected = try example.terms(target)
            let (terms, errors) = try gibTerms(
                inputs: features, latent: example.latent, labels: example.labels, target: target, by: .plugIn, seed: 1)
            // Differences of three entropies below 10 bits, each rounded to 1e-15.
            #expect(zip(terms.single, expected.single).allSatisfy { abs($0 - $1) < 1e-12 })
            #expect(zip(terms.remaining, expected.remaining).allSatisfy { abs($0 - $1) < 1e-12 })
            #expect(
                abs(terms.joint - expected.joint) < 1e-12 && abs(terms.targetEntropy - expected.targetEntropy) < 1e-12)
            let jackknife = gibStandardErrors(
                inputs: features, latent: example.latent, labels: example.labels, target: target, seed: 1)
            // Roots of squares near 0 keep the root of the rounding.
            if let errors, let jackknife { #expect(abs(errors.complexity - jackknife.complexity) < 1e-7) }
            #expect((errors == nil) == (jackknife == nil))
        }
        #expect(throws: InformationError.self) {
            try gibTerms(
                inputs: features, latent: example.latent, labels: example.labels, target: .pmiLabel, by: .nsb, seed: 1)
        }
    }
}
