import Foundation
import InformationTheory
import LinearAlgebra
import Randomness
import Testing

struct BoundTests {
    private let bounds: [PairwiseBound] = [.upper, .lower]

    private func points(_ values: [Double], columns: Int = 1) -> Matrix<Double> {
        Matrix(rows: values.count / columns, columns: columns, values: values)
    }

    @Test func `identical points know nothing, far ones all`() throws {
        for bound in bounds {
            let same = try pairwiseEstimates(
                of: points(Array(repeating: 1e6, count: 64)), with: [Symbols(0..<64)], bound: bound,
                noiseVariance: 0.001,
                seed: 0)
            // Equal rows have the kernel 1 exactly, so that 64/64 has the logarithm 0.
            #expect(same.information[0].value == 0 && same.information[0].flags.contains(.constant))
            // Eight clusters of eight: kernels of 1 or exp(−huge) = 0, log2(8/64) exactly.
            let far = try pairwiseEstimates(
                of: points((0..<64).map { 1000 * Double($0 % 8) }),
                with: [Symbols(0..<64), Symbols((0..<64).map { $0 % 2 })],
                bound: bound, noiseVariance: 0.001, seed: 0)
            #expect(far.information[0].value == 3 && far.information[1].value == 1)
            // h of the noise in one dimension on top.
            #expect(abs(far.entropy.value - 3 - log2(2 * .pi * exp(1) * 0.001) / 2) < 1e-12)
        }
    }

    // The definition with loops, on few points. n² exponentials of numbers below 50, each rounded to 1e-16 relative; distances
    // by products lose 1e-13 of 1e3, over 2·0.1.
    @Test(arguments: 1...10) func `the bounds agree with the plain formula`(seed: UInt64) throws {
        var generator = SplitMix64(seed: seed)
        let n = 20 + Int(seed) * 7
        let z = points((0..<3 * n).map { _ in generator.nextNormal() }, columns: 3)
        let labels = (0..<n).map { _ in generator.nextIndex(below: 4) }
        for bound in bounds {
            let found = try pairwiseEstimates(
                of: z, with: [Symbols(0..<n), Symbols(labels)], bound: bound, noiseVariance: 0.1, seed: seed)
            func entropy(_ members: [Int]) -> Double {
                -members.reduce(0.0) { sum, i in
                    let kernel = members.reduce(0.0) { sum, j in
                        let square = (0..<3).reduce(0) { $0 + (z[i, $1] - z[j, $1]) * (z[i, $1] - z[j, $1]) }
                        return sum + exp(-square / ((bound == .upper ? 2 : 8) * 0.1))
                    }
                    return sum + log2(kernel / Double(members.count))
                } / Double(members.count)
            }
            let all = entropy(Array(0..<n))
            let given = (0..<4).reduce(0.0) { sum, label in
                let members = (0..<n).filter { labels[$0] == label }
                return members.isEmpty ? sum : sum + entropy(members) * Double(members.count) / Double(n)
            }
            #expect(abs(found.information[0].value - all) < 1e-10)
            #expect(abs(found.information[1].value - (all - given)) < 1e-10)
        }
        let (upper, lower) = (
            try pairwiseEstimates(of: z, with: [], bound: .upper, noiseVariance: 0.1, seed: 0).entropy.value,
            try pairwiseEstimates(of: z, with: [], bound: .lower, noiseVariance: 0.1, seed: 0).entropy.value
        )
        #expect(lower <= upper)
    }

    // Every part anew by the definition, where the estimates come from sums by group; n = 15 has one group for each sample. With
    // norms below 5, distances by products are good to 4·2^-53·10² = 5e-14, a kernel to this over 0.02, 2e-12 of its size, and the
    // rest to n roundings, 1e-13; the error bar is a norm of 20 such differences in bits: 2e-12·√20/ln 2 = 2e-11.
    @Test(arguments: [(1, 2), (2, 1), (15, 2), (41, 3), (700, 2)])
    func `error bars and curves are those of every part anew`(n: Int, columns: Int) throws {
        var generator = SplitMix64(seed: UInt64(n))
        // Some rows are equal.
        let rows = (0..<n).map { _ in (0..<columns).map { _ in generator.nextNormal() } }
        let z = points((0..<n).flatMap { rows[$0 % 7 == 3 ? $0 - 3 : $0] }, columns: columns)
        let labels = (0..<n).map { _ in generator.nextIndex(below: 3) }
        let choices: [(bound: PairwiseBound, noiseVariance: Double)] = [(.upper, 0.1), (.lower, 0.1), (.upper, 0.01)]
        let found = try pairwiseEstimates(of: z, with: [Symbols(0..<n), Symbols(labels)], bounds: choices, seed: 3)
        for (choice, estimates) in zip(choices, found) {
            let alone = try pairwiseEstimates(
                of: z, with: [Symbols(labels)], bound: choice.bound, noiseVariance: choice.noiseVariance, seed: 3)
            #expect(alone.entropy == estimates.entropy && alone.information[0] == estimates.information[1])
            let scale = (choice.bound == .upper ? 2 : 8) * choice.noiseVariance
            var kernel = Matrix(rows: n, columns: n, repeating: 0.0)
            for i in 0..<n {
                for j in 0..<n {
                    let square = (0..<columns).reduce(0) { $0 + (z[i, $1] - z[j, $1]) * (z[i, $1] - z[j, $1]) }
                    kernel[i, j] = exp(-square / scale)
                }
            }
            func surprisal(_ i: Int, _ members: [Int]) -> Double {
                -log2(members.reduce(0) { $0 + kernel[i, $1] } / Double(members.count))
            }
            let noise = Double(columns) / 2 * log2(2 * .pi * exp(1) * choice.noiseVariance)
            for (estimate, quantity) in zip([estimates.entropy] + estimates.information, 0...) {
                let (error, half, quarter) = resampled(Array(0..<n), seed: 3) { part in
                    guard !part.isEmpty else { return nil }
                    return part.reduce(0.0) { sum, i in
                        let all = surprisal(i, part)
                        switch quantity {
                        case 0: return sum + all + noise
                        case 1: return sum + all
                        default: return sum + all - surprisal(i, part.filter { labels[$0] == labels[i] })
                        }
                    } / Double(part.count)
                }
                #expect(agree(estimate.standardError, n > 1 ? error : nil), "\(estimate)")
                #expect(agree(estimate.curve?.half, n > 3 ? half : nil))
                #expect(agree(estimate.curve?.quarter, n > 3 ? quarter : nil))
            }
        }
    }

    // Groups of 260 are more than one tile. As above, with n = 5200 roundings: 1e-12.
    @Test func `groups larger than a tile are summed over all of their tiles`() throws {
        var generator = SplitMix64(seed: 8)
        let (n, scale) = (5200, 2 * 0.1)
        let z = points((0..<n).map { _ in generator.nextNormal() })
        let labels = (0..<n).map { $0 % 2 }
        let found = try pairwiseEstimates(of: z, with: [Symbols(labels)], bound: .upper, noiseVariance: 0.1, seed: 0)
        var (all, given) = (0.0, 0.0)
        for i in 0..<n {
            var (sum, own) = (0.0, 0.0)
            for j in 0..<n {
                let difference = z.values[i] - z.values[j]
                let kernel = exp(-difference * difference / scale)
                sum += kernel
                if labels[j] == labels[i] { own += kernel }
            }
            all -= log2(sum / Double(n))
            given -= log2(own / Double(n / 2))
        }
        #expect(abs(found.information[0].value - (all - given) / Double(n)) < 1e-11)
        #expect(abs(found.entropy.value - all / Double(n) - log2(2 * .pi * exp(1) * 0.1) / 2) < 1e-11)
    }

    // Rank n/2 of an odd n is the quantile 0; the copula of a column with itself is singular; monotone maps keep all ranks.
    // Without error bars all samples are one group of three tiles, with them twenty groups of one: sums in another order, of
    // kernels whose distances by products are good to 1e-13 (above).
    @Test func `threads change no bit, and leaving error bars out only these`() throws {
        var generator = SplitMix64(seed: 21)
        let z = points((0..<1400).map { _ in generator.nextNormal() }, columns: 2)
        let labels = Symbols((0..<700).map { _ in generator.nextIndex(below: 4) })
        let choices: [(bound: PairwiseBound, noiseVariance: Double)] = [(.upper, 0.1), (.lower, 0.1), (.upper, 0.001)]
        func estimates(errorBars: Bool, jobs: Int) throws -> [Estimate] {
            try pairwiseEstimates(of: z, with: [labels], bounds: choices, seed: 1, errorBars: errorBars, jobs: jobs)
                .flatMap { [$0.entropy] + $0.information }
        }
        let one = try estimates(errorBars: true, jobs: 1)
        let bare = try estimates(errorBars: false, jobs: 1)
        #expect(try estimates(errorBars: true, jobs: 3) == one)
        #expect(try estimates(errorBars: false, jobs: 3) == bare)
        for (bare, one) in zip(bare, one) {
            #expect(abs(bare.value - one.value) < 1e-9 && one.standardError != nil)
            #expect(bare.standardError == nil && bare.curve == nil && bare.flags == one.flags.union(.unconverged))
        }
    }

    @Test func `the copula knows ranks alone`() throws {
        var generator = SplitMix64(seed: 11)
        let x = points((0..<600).map { _ in generator.nextNormal() }, columns: 2)
        let y = points((0..<300).map { x[$0, 0] * x[$0, 0] + x[$0, 1] + generator.nextNormal() })
        let estimate = try gaussianCopulaInformation(x, y, seed: 0)
        let mapped = Matrix(rows: 300, columns: 2, values: x.values.map { exp($0) })
        #expect(try gaussianCopulaInformation(mapped, y, seed: 0) == estimate)
        #expect(abs(try gaussianCopulaInformation(y, x, seed: 0).value - estimate.value) < 1e-12)
        // X has two columns, whose joint distribution need not be normal.
        #expect(estimate.flags.contains(.normalModel) && !estimate.flags.contains(.lowerBound))
        #expect {
            try gaussianCopulaInformation(x, x, seed: 0)
        } throws: {
            "\($0)".contains("singular")
        }
        let constant = try gaussianCopulaInformation(x, points(Array(repeating: 2, count: 300)), seed: 0)
        #expect(constant.value == 0 && constant.flags == .constant)
        // A constant column beside another changes nothing.
        let padded = points(y.values.flatMap { [$0, 7.0] }, columns: 2)
        #expect(try gaussianCopulaInformation(x, padded, seed: 0) == estimate)
    }

    // By the formulas of Ince et al. in NumPy and SciPy, on the numbers that the generator gives here.
    @Test func `two classes apart have the information of their mixture, from below`() throws {
        var generator = SplitMix64(seed: 12)
        let labels = (0..<2000).map { $0 % 2 }
        let x = points(labels.map { 2 * Double($0) - 1 + generator.nextNormal() })
        let estimate = try gaussianCopulaInformation(x, labels: Symbols(labels), seed: 0)
        // I of ±1 and unit variance is 0.486 bits; the copula's is no larger but for its error.
        #expect(estimate.value < 0.486 + 5 * estimate.standardError! && estimate.value > 0.4)
    }

    @Test func `an estimator that does not fit says which does`() throws {
        let x = Variable.values(points([1, 2, 3, 4]))
        let y = Variable.symbols(Symbols([0, 1, 0, 1]))
        for (estimator, a, b, words) in [
            ("ksg1", x, y, "ross"), ("ross", x, x, "ksg1"), ("plug-in", x, y, "symbols"),
            ("kozachenko-leonenko", x, x, "alone"), ("gaussian-copula", y, y, "plug-in"),
        ] {
            let estimator = try Estimator(estimator)
            #expect {
                try estimator.information(a, b, seed: 0)
            } throws: {
                "\($0)".contains(words)
            }
        }
        #expect(throws: InformationError.self) { try Estimator.plugIn.entropy(of: x, seed: 0) }
        #expect(throws: InformationError.self) { try Estimator("ross").entropy(of: x, seed: 0) }
    }

    @Test(arguments: Estimator.names + Estimator.presets) func `names of estimators read back`(name: String) throws {
        let estimator = try Estimator(name)
        #expect(try Estimator(estimator.description) == estimator)
    }

    @Test(arguments: [
        "ksg1:k=0", "ksg2:4", "ross:k=x", "pairwise-upper:variance=-1", "nsb:k=3", "pairwise-lower:variance=inf",
    ])
    func `a parameter that cannot be is refused`(text: String) {
        #expect {
            try Estimator(text)
        } throws: {
            "\($0)".contains("expected")
        }
    }
}
