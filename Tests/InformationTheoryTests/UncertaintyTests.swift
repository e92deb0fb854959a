import Foundation
import InformationTheory
import Randomness
import Testing

struct UncertaintyTests {
    // Counts 3 and 1: three surprisals log2(4/3), one of 2 bits. Their unbiased variance by hand: the mean is H, the
    // deviations are ±(2 − log2(4/3)) times 1/4 (three times) and 3/4 (once), so Σ dev² = (2 − log2(4/3))²·(3/16 + 9/16).
    @Test func `the standard error of an entropy is that of the mean surprisal`() {
        let gap = 2 - log2(4.0 / 3)
        let expected = (gap * gap * 12 / 16 / 3 / 4).squareRoot()
        #expect(standardErrorOfEntropy(Symbols([7, 7, 8, 7]))!.agrees(with: expected))
        #expect(standardErrorOfEntropy(Symbols([1, 2, 3])) == 0)
        #expect(standardErrorOfEntropy(Symbols([1])) == nil)
    }

    @Test(arguments: 1...40) func `the standard error of I is that of the mean PMI`(seed: UInt64) throws {
        let example = Case(seed: seed)
        let pmi = Oracle.pointwise(example.z, example.y)
        let found = PointwiseInformation(latent: example.latent, labels: example.labels).standardError
        guard pmi.count > 1 else {
            #expect(found == nil)
            return
        }
        let n = Double(pmi.count)
        let centre = pmi.reduce(0, +) / n
        let variance = pmi.reduce(0) { $0 + ($1 - centre) * ($1 - centre) } / (n - 1)
        // Square roots of sums of squares near 0 carry the square root of the rounding of 1e-16.
        #expect(abs(try #require(found) - (variance / n).squareRoot()) <= 1e-8)
    }

    @Test(arguments: 1...40) func `surprisals of the units have the sum of their entropies as mean`(seed: UInt64) throws
    {
        let example = Case(seed: seed)
        let layer = try Discretization.exact.apply(to: example.inputs, range: nil, unitRanges: nil)
        let mean = layer.unitSurprisals.reduce(0, +) / Double(example.x.count)
        #expect(mean.agrees(with: layer.unitEntropies.reduce(0, +)))
        let units = example.x[0].indices.map { unit in Symbols(example.x.map { $0[unit] }) }
        for (sample, found) in layer.unitSurprisals.enumerated() {
            let expected = units.reduce(0.0) {
                $0 + log2(Double(example.x.count) / Double($1.occurrences[Int($1.ids[sample])]))
            }
            #expect(found.agrees(with: expected))
        }
    }

    // Sums over pairs leave out some 2^-100 of what sums over samples do; both round once: the same bits.
    @Test(arguments: 1...200) func `information by pairs has the bits of information by samples`(seed: UInt64) {
        let example = Case(seed: seed)
        var generator = SplitMix64(seed: seed)
        let many = Symbols((0..<3000).map { _ in generator.nextIndex(below: 400) * generator.nextIndex(below: 5) })
        let wide = Symbols((0..<3000).map { _ in generator.nextIndex(below: 1 + Int(seed) * 5) })
        for (z, y) in [
            (example.latent, example.labels), (many, wide), (wide, many), (many, Symbols(0..<3000)),
            (Symbols(0..<3000), wide), (Symbols([1]), Symbols([1])),
        ] {
            let samples = PointwiseInformation(latent: z, labels: y)
            let pairs = PairInformation(z, y)
            #expect(pairs.mean == samples.mean)
            #expect(pairs.standardError == samples.standardError)
        }
    }

    // A channel with three inputs and a noisy label, n = 2000, 400 runs. The empirical sd of 400 estimates is itself uncertain
    // by 1/√800 = 3.5%; four of these are 14%. The mean of 400 standard errors adds less than 1%, the second order of
    // the delta method about (|Z|−1)(|Y|−1)/n < 1%.
    @Test func `the delta method tells how estimates of I scatter`() {
        var estimates: [Double] = []
        var errors: [Double] = []
        for seed in 1...400 {
            var generator = SplitMix64(seed: UInt64(seed))
            let z = (0..<2000).map { _ in generator.nextIndex(below: 3) }
            let y = z.map { generator.nextUniform() < 0.7 ? $0 : generator.nextIndex(below: 3) }
            let information = PointwiseInformation(latent: Symbols(z), labels: Symbols(y))
            estimates.append(information.mean)
            errors.append(information.standardError!)
        }
        #expect(abs(mean(errors) / deviation(estimates) - 1) < 0.16)
    }

    @Test(arguments: 1...40) func `shuffled labels give the information of shuffled labels`(seed: UInt64) {
        let example = Case(seed: seed)
        let null = LabelPermutations(of: example.labels, count: 5, seed: seed).information(with: example.latent)
        var generator = SplitMix64(seed: seed)
        for value in null {
            let order = generator.permutation(of: example.y.count)
            // Sums of up to 40 terms c·log2 c below 220 bits, each rounded by 2^-53 of its size, over n ≥ 1.
            #expect(abs(value - Oracle.mutualInformation(example.z, order.map { example.y[$0] })) <= 1e-11)
        }
        #expect(null.count == 5)
    }

    @Test func `shuffles change nothing where every sample has its own symbol, or all have one`() {
        let labels = Symbols([0, 1, 1, 0, 2, 1])
        let shuffles = LabelPermutations(of: labels, count: 7, seed: 3)
        for bits in shuffles.information(with: Symbols(0..<6)) { #expect(bits.agrees(with: entropy(of: labels))) }
        for bits in shuffles.information(with: Symbols([1, 1, 1, 1, 1, 1])) { #expect(bits.agrees(with: 0)) }
    }

    // 2000 independent data sets, B = 19 shuffles: P(p ≤ a) = a for a = 1/20 ... but for ties, which make p larger: the
    // share of tied shuffles is measured. Four standard deviations of a share over 2000 runs are 4·√(a(1 − a)/2000).
    @Test func `the p-value of an independent label is uniform`() {
        var pValues: [Double] = []
        var ties = 0
        for seed in 1...2000 {
            var generator = SplitMix64(seed: UInt64(seed))
            let z = Symbols((0..<200).map { _ in generator.nextIndex(below: 12) })
            let y = Symbols((0..<200).map { _ in generator.nextIndex(below: 5) })
            let observed = mutualInformation(z, y)
            let null = LabelPermutations(of: y, count: 19, seed: UInt64(seed) << 32).information(with: z)
            ties += null.count { abs($0 - observed) <= 1e-9 }
            pValues.append(PermutationTest(observed: observed, null: null).pValue)
        }
        let tied = Double(ties) / Double(19 * 2000)
        for level in stride(from: 0.05, to: 0.99, by: 0.05) {
            let share = Double(pValues.count { $0 <= level + 1e-9 }) / 2000
            let noise = 4 * (level * (1 - level) / 2000).squareRoot()
            #expect(share <= level + noise, "P(p ≤ \(level)) = \(share)")
            #expect(share >= level - noise - 20 * tied, "P(p ≤ \(level)) = \(share)")
        }
        #expect(tied < 0.002)
    }

    @Test func `a p-value counts the observed order as one of the permutations`() {
        #expect(PermutationTest(observed: 1, null: [0.2, 0.4, 1, 0.1]).pValue == 2.0 / 5)
        #expect(PermutationTest(observed: 1, null: [0.2, 0.4, 1, 0.1]).nullMean.agrees(with: 0.425))
        #expect(PermutationTest(observed: 2, null: [0.2, 0.4, 1, 0.1]).pValue == 1.0 / 5)
        #expect(PermutationTest(twoSided: 2, null: [0.2, 0.4, 1, 0.1]).pValue == 2.0 / 5)
        #expect(PermutationTest(twoSided: 0, null: [0.2, 0.4, 1, 0.1]).pValue == 2.0 / 5)
        #expect(PermutationTest(twoSided: 0.3, null: [0.2, 0.4, 1, 0.1]).pValue == 1)
    }

    // At most ten samples: every group is one sample, so that the groups do not depend on their drawing.
    @Test(arguments: Target.allCases) func `the standard errors of GIB terms are those of the jackknife`(target: Target)
        throws
    {
        for seed in 1...40 {
            var example = Case(seed: UInt64(seed))
            example.x = Array(example.x.prefix(9))
            example.y = Array(example.y.prefix(9))
            example.z = Array(example.z.prefix(9))
            let features = try InputFeatures(binning: example.inputs, by: Discretization("width:30@unit"))
            let found = gibStandardErrors(
                inputs: features, latent: example.latent, labels: example.labels, target: target, seed: 1)
            let threaded = gibStandardErrors(
                inputs: features, latent: example.latent, labels: example.labels, target: target, seed: 1, jobs: 3)
            #expect(found == threaded)
            let samples = example.x.count
            guard samples > 1 else {
                #expect(found == nil)
                continue
            }
            let replicates = (0..<samples).map { left in
                func without<T>(_ values: [T]) -> [T] { values.indices.filter { $0 != left }.map { values[$0] } }
                return Oracle.terms(
                    target, x: without(example.x), z: without(example.z), y: without(example.y))
            }
            func jackknife(_ term: (Oracle.Terms) -> Double) -> Double {
                let values = replicates.map(term)
                let squares = values.reduce(0) { $0 + ($1 - mean(values)) * ($1 - mean(values)) }
                return (squares * Double(samples - 1) / Double(samples)).squareRoot()
            }
            let errors = try #require(found)
            // As above: the square root of rounding near 0.
            #expect(abs(errors.joint - jackknife(\.joint)) <= 1e-7)
            #expect(abs(errors.meanSingle - jackknife { mean($0.single) }) <= 1e-7)
            let isAlone = example.x[0].count == 1
            #expect(abs(errors.meanRemaining - (isAlone ? 0 : jackknife { mean($0.remaining) })) <= 1e-7)
            guard !isAlone else { continue }
            #expect(abs(errors.complexity - jackknife { (mean($0.single) + mean($0.remaining)) / 2 }) <= 1e-7)
            #expect(
                abs(errors.averageInteraction - jackknife { $0.joint - mean($0.single) - mean($0.remaining) }) <= 1e-7)
        }
    }

    // 120 runs of n = 400. The empirical sd is uncertain by 1/√240 = 6.5%, the mean of 120 jackknives over ten groups by
    // 1/√(2·9·120) = 2.2%: four times their sum is 35%.
    @Test(arguments: [Target.pmiLabel, .pmiSoft, .label]) func `the jackknife tells how complexities scatter`(
        target: Target
    )
        throws
    {
        var estimates: [Double] = []
        var errors: [Double] = []
        for seed in 1...120 {
            var generator = SplitMix64(seed: UInt64(seed))
            let x = (0..<400).map { _ in (0..<4).map { _ in generator.nextIndex(below: 2) } }
            let y = x.map { generator.nextUniform() < 0.8 ? $0[0] | $0[1] & $0[2] : generator.nextIndex(below: 2) }
            let z = x.map { generator.nextUniform() < 0.9 ? $0[0] + $0[1] : generator.nextIndex(below: 3) }
            let features = try InputFeatures(binning: matrix(x.map { $0.map(Double.init) }), by: .exact)
            let (latent, labels) = (Symbols(z), Symbols(y))
            estimates.append(
                gibTerms(inputs: features, latent: latent, labels: labels, target: target, seed: 0, shuffles: 0)
                    .complexity)
            errors.append(
                gibStandardErrors(inputs: features, latent: latent, labels: labels, target: target, seed: 0)!
                    .complexity)
        }
        #expect(abs(mean(errors) / deviation(estimates) - 1) < 0.35)
    }
}

private func mean(_ values: [Double]) -> Double { values.reduce(0, +) / Double(values.count) }

private func deviation(_ values: [Double]) -> Double {
    let centre = mean(values)
    return (values.reduce(0) { $0 + ($1 - centre) * ($1 - centre) } / Double(values.count - 1)).squareRoot()
}
