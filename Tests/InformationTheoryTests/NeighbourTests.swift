import Foundation
import InformationTheory
import LinearAlgebra
import Randomness
import Testing

private let kinds: [KSGVariant] = [.one, .two]

/// The published formulas, written plainly: O(n²) distances, sorting, and ψ by its sums.
private enum NeighbourOracle {
    static func psi(_ n: Int) -> Double { (1..<n).reduce(-0.57721566490153286061) { $0 + 1 / Double($1) } }

    static func distance(_ x: Matrix<Double>, _ a: Int, _ b: Int) -> Double {
        (0..<x.columns).reduce(0) { max($0, abs(x[a, $1] - x[b, $1])) }
    }

    /// In bits.
    static func ksg(_ x: Matrix<Double>, _ y: Matrix<Double>, _ variant: KSGVariant, k: Int) -> Double {
        let n = x.rows
        let psi = [0] + (1...n).map(psi)
        let sum = (0..<n).reduce(0.0) { sum, i in
            let others = (0..<n).filter { $0 != i }
            let dx = others.map { distance(x, i, $0) }
            let dy = others.map { distance(y, i, $0) }
            let joint = zip(dx, dy).map { max($0, $1) }
            let radius = joint.sorted()[k - 1]
            if radius == 0 {
                let counts = [joint, dx, dy].map { 1 + $0.count { $0 == 0 } }
                return sum + psi[counts[0]] - psi[counts[1]] - psi[counts[2]]
            }
            if variant == .one {
                return sum + psi[k] - psi[dx.count { $0 < radius } + 1] - psi[dy.count { $0 < radius } + 1]
            }
            let near = others.indices.filter { joint[$0] <= radius }
            let (ex, ey) = (near.map { dx[$0] }.max()!, near.map { dy[$0] }.max()!)
            return sum + psi[k] - 1 / Double(k) - psi[dx.count { $0 <= ex }] - psi[dy.count { $0 <= ey }]
        }
        return (sum / Double(n) + psi[n]) / log(2)
    }

    static func entropy(_ x: Matrix<Double>, k: Int) -> Double {
        let n = x.rows
        let logs = (0..<n).reduce(0.0) { sum, i in
            sum + log(2 * (0..<n).filter { $0 != i }.map { distance(x, i, $0) }.sorted()[k - 1])
        }
        return (psi(n) - psi(k) + Double(x.columns) * logs / Double(n)) / log(2)
    }

    /// Nil where no two samples have the same label.
    static func ross(_ x: Matrix<Double>, _ y: [Int], k: Int) -> Double? {
        let kept = (0..<x.rows).filter { i in (0..<x.rows).contains { $0 != i && y[$0] == y[i] } }
        let n = kept.count
        let sum = kept.reduce(0.0) { sum, i in
            let same = kept.filter { $0 != i && y[$0] == y[i] }.map { distance(x, i, $0) }
            let k = min(k, same.count)
            let radius = same.sorted()[k - 1]
            let all = kept.map { distance(x, i, $0) }
            if radius == 0 {
                return sum + psi(1 + same.count { $0 == 0 }) - psi(same.count + 1) - psi(all.count { $0 == 0 })
            }
            return sum + psi(k) - psi(same.count + 1) - psi(all.count { $0 < radius })
        }
        return n > 0 ? (sum / Double(n) + psi(n)) / log(2) : nil
    }
}

private func normals(_ n: Int, _ d: Int, correlation r: Double, seed: UInt64) -> (Matrix<Double>, Matrix<Double>) {
    var generator = SplitMix64(seed: seed)
    var x = Matrix(rows: n, columns: d, repeating: 0.0)
    var y = x
    for index in x.values.indices {
        x.values[index] = generator.nextNormal()
        y.values[index] = r * x.values[index] + (1 - r * r).squareRoot() * generator.nextNormal()
    }
    return (x, y)
}

extension Matrix<Double> {
    fileprivate func chosen(_ rows: [Int]) -> Matrix {
        Matrix(rows: rows.count, columns: columns, values: rows.flatMap { row in (0..<columns).map { self[row, $0] } })
    }

    fileprivate func mapped(_ transform: (Double) -> Double) -> Matrix {
        Matrix(rows: rows, columns: columns, values: values.map(transform))
    }
}

struct NeighbourTests {
    // Sums of n terms below 10 nats: 1e-12.
    @Test(arguments: [(40, 1, 3), (200, 2, 1), (200, 3, 5), (3000, 1, 3)])
    func `KSG agrees with the plain formulas, with and without ties`(n: Int, d: Int, k: Int) throws {
        for seed in 1...3 as ClosedRange<UInt64> {
            let (x, y) = normals(n, d, correlation: 0.7, seed: seed)
            // A grid makes equal distances, ReLU equal rows.
            let cases = [
                (x, y), (x.mapped { max(0, $0) }, y.mapped { max(0, $0) }), (x.mapped { ($0 * 4).rounded() }, y),
            ]
            for (x, y) in n > 1000 ? Array(cases.prefix(2)) : cases {
                for variant in kinds {
                    let found = try ksgInformation(x, y, variant: variant, neighbours: k, seed: 0).value
                    let expected = NeighbourOracle.ksg(x, y, variant, k: k)
                    #expect(abs(found - expected) < 1e-10, "variant \(variant), n \(n), d \(d)")
                }
            }
        }
    }

    @Test(arguments: [(60, 1, 3), (150, 2, 2), (2500, 1, 3)])
    func `Kozachenko–Leonenko and Ross agree with the plain formulas`(n: Int, d: Int, k: Int) throws {
        let (x, _) = normals(n, d, correlation: 0, seed: 5)
        let labels = (0..<n).map { $0 % 3 }
        let entropy = try kozachenkoLeonenkoEntropy(of: x, neighbours: k, seed: 0).value
        #expect(abs(entropy - NeighbourOracle.entropy(x, k: k)) < 1e-10)
        let information = try rossInformation(x, labels: Symbols(labels), neighbours: k, seed: 0).value
        #expect(abs(information - NeighbourOracle.ross(x, labels, k: k)!) < 1e-10)
    }

    // One search serves all parts; here every part is searched anew. Sums of n terms below 10 nats are good to 1e-12, and the
    // error bar is a norm of 20 differences of these: √20 times as much. n = 12 has one group for each sample, and quarters of
    // 3, which have no third neighbour.
    @Test(arguments: [(12, 1, 3), (45, 1, 3), (45, 3, 1), (101, 2, 4), (130, 6, 3)])
    func `error bars and curves are those of searches anew in every part`(n: Int, d: Int, k: Int) throws {
        for seed in 1...2 as ClosedRange<UInt64> {
            let (x, y) = normals(n, d, correlation: 0.7, seed: seed)
            let one = Matrix(rows: n, columns: 1, values: (0..<n).map { y[$0, 0] })
            // A grid makes equal distances, ReLU equal rows; a column of few values beside others. Where one space is far wider, all
            // samples are near in the other; where most rows are one atom, many neighbours of the others have one distance.
            let cases = [
                (x, y), (x, one), (x.mapped { max(0, $0) }, one.mapped { max(0, $0) }),
                (x.mapped { ($0 * 4).rounded() }, y), (x.mapped { $0.rounded() }, one.mapped { $0.rounded() }),
                (x, one.mapped { 50 * $0 }), (x.mapped { 50 * $0 }, y),
                (x.mapped { abs($0) < 1 ? 0 : $0 }, one.mapped { abs($0) < 1 ? 0 : $0.rounded() }),
            ]
            func expect(_ found: Estimate, _ samples: [Int]? = nil, _ estimate: ([Int]) -> Double?) {
                let expected = resampled(samples ?? Array(0..<n), seed: seed, estimate)
                #expect(agree(found.standardError, expected.error), "\(found)")
                let isWhole = expected.half != nil && expected.quarter != nil
                #expect(agree(found.curve?.half, isWhole ? expected.half : nil))
                #expect(agree(found.curve?.quarter, isWhole ? expected.quarter : nil))
            }
            for (x, y) in cases {
                for variant in kinds {
                    expect(try ksgInformation(x, y, variant: variant, neighbours: k, seed: seed)) { part in
                        part.count > k ? NeighbourOracle.ksg(x.chosen(part), y.chosen(part), variant, k: k) : nil
                    }
                }
                // Two large classes and some of one to three samples.
                let labels = (0..<n).map { $0 % 5 == 0 ? 2 + $0 / 15 : $0 % 2 }
                let kept = (0..<n).filter { i in labels.count { $0 == labels[i] } > 1 }
                expect(try rossInformation(x, labels: Symbols(labels), neighbours: k, seed: seed), kept) { part in
                    NeighbourOracle.ross(x.chosen(part), part.map { labels[$0] }, k: k)
                }
            }
            expect(try kozachenkoLeonenkoEntropy(of: x, neighbours: k, seed: seed)) { part in
                part.count > k ? NeighbourOracle.entropy(x.chosen(part), k: k) : nil
            }
        }
    }

    // Without error bars other bounds end a search, and sums of n terms have another order: 1e-12. More than one block of 256
    // samples, so that threads share them.
    @Test(arguments: [(1, 1), (3, 1), (1, 3), (2, 2)])
    func `threads change no bit, and leaving error bars out only these`(columns: Int, others: Int) throws {
        let (all, more) = normals(700, 3, correlation: 0.6, seed: 11)
        func first(_ count: Int, of matrix: Matrix<Double>) -> Matrix<Double> {
            Matrix(rows: 700, columns: count, values: (0..<700).flatMap { row in (0..<count).map { matrix[row, $0] } })
        }
        let (x, y) = (first(columns, of: all), first(others, of: more))
        let labels = Symbols((0..<700).map { $0 % 7 == 0 ? $0 : $0 % 3 })
        let tied = x.mapped { max(0, $0) }
        let estimators: [(String, (_ errorBars: Bool, _ jobs: Int) throws -> Estimate)] = [
            ("ksg1", { try ksgInformation(x, y, variant: .one, neighbours: 3, seed: 5, errorBars: $0, jobs: $1) }),
            ("ksg2", { try ksgInformation(x, y, variant: .two, neighbours: 4, seed: 5, errorBars: $0, jobs: $1) }),
            ("ties", { try ksgInformation(tied, y, variant: .one, neighbours: 1, seed: 5, errorBars: $0, jobs: $1) }),
            ("ross", { try rossInformation(x, labels: labels, neighbours: 3, seed: 5, errorBars: $0, jobs: $1) }),
            ("entropy", { try kozachenkoLeonenkoEntropy(of: x, neighbours: 3, seed: 5, errorBars: $0, jobs: $1) }),
        ]
        for (name, estimate) in estimators {
            let one = try estimate(true, 1)
            #expect(try estimate(true, 3) == one, "\(name)")
            let bare = try estimate(false, 1)
            #expect(try estimate(false, 3) == bare, "\(name)")
            #expect(abs(bare.value - one.value) < 1e-11 && bare.ceiling == one.ceiling, "\(name)")
            #expect(one.standardError != nil && bare.standardError == nil && bare.curve == nil, "\(name)")
            #expect(bare.flags == one.flags.union(.unconverged), "\(name)")
        }
    }

    @Test(arguments: ["ksg1:k=3", "ksg2:k=2", "ross:k=3", "gaussian-copula"])
    func `each of several variables has the estimate that it has alone`(name: String) throws {
        let (x, y) = normals(300, 4, correlation: 0.6, seed: 12)
        let estimator = try Estimator(name)
        func column(_ index: Int, of matrix: Matrix<Double>) -> Matrix<Double> {
            Matrix(rows: 300, columns: 1, values: (0..<300).map { matrix[$0, index] })
        }
        let own =
            name.hasPrefix("ross") ? Variable.symbols(Symbols((0..<300).map { $0 % 3 })) : .values(column(0, of: y))
        let variables = (0..<4).map { Variable.values(column($0, of: x)) } + [.values(x)]
        for jobs in [1, 3] {
            let found = estimator.information(ofEach: variables, own, seed: 3, jobs: jobs)
            #expect(try found.map { try $0.get() } == variables.map { try estimator.information($0, own, seed: 3) })
        }
        let short = Variable.values(Matrix(rows: 2, columns: 1, repeating: 1))
        let mixed = estimator.information(ofEach: [short, variables[0]], own, seed: 3)
        #expect(throws: InformationError.self) { try mixed[0].get() }
        #expect(try mixed[1].get() == estimator.information(variables[0], own, seed: 3))
    }

    // Five standard errors by the jackknife over 20 groups: a false alarm in 1e-4 per case (Student, 19 degrees of freedom).
    @Test(arguments: [0, 0.3, 0.6, 0.9]) func `normals have −½·log2(1 − ρ²)`(correlation: Double) throws {
        for seed in 1...4 as ClosedRange<UInt64> {
            let (x, y) = normals(2000, 1, correlation: correlation, seed: seed)
            let truth = -log2(1 - correlation * correlation) / 2
            for variant in kinds {
                let estimate = try ksgInformation(x, y, variant: variant, neighbours: 3, seed: 0)
                #expect(abs(estimate.value - truth) < 5 * estimate.standardError!, "\(estimate)")
            }
            let copula = try gaussianCopulaInformation(x, y, seed: 0)
            #expect(abs(copula.value - truth) < 5 * copula.standardError!, "\(copula)")
        }
    }

    @Test func `KSG is symmetric, and knows no order, no scale and no sign`() throws {
        let (x, y) = normals(300, 2, correlation: 0.5, seed: 9)
        var generator = SplitMix64(seed: 1)
        let order = generator.permutation(of: 300)
        func permuted(_ m: Matrix<Double>) -> Matrix<Double> {
            Matrix(rows: 300, columns: 2, values: order.flatMap { [m[$0, 1], m[$0, 0]] })
        }
        for variant in kinds {
            let estimate = try ksgInformation(x, y, variant: variant, neighbours: 3, seed: 0)
            #expect(try ksgInformation(y, x, variant: variant, neighbours: 3, seed: 0).value == estimate.value)
            let scaled = try ksgInformation(
                x.mapped { -4 * $0 }, y.mapped { 4 * $0 }, variant: variant, neighbours: 3, seed: 0)
            #expect(scaled.value == estimate.value && scaled.standardError == estimate.standardError)
            // Another order of summation: n terms rounded to 1e-15.
            #expect(
                abs(
                    try ksgInformation(permuted(x), permuted(y), variant: variant, neighbours: 3, seed: 0).value
                        - estimate.value) < 1e-11)
        }
    }

    // Classes that do not overlap: m = k for every sample, and the rest is ψ(n) − ⟨ψ(n_y)⟩: what can be known of the labels is known,
    // and no flag says otherwise. One sample is alone in its class, and left out.
    @Test func `Ross tells disjoint uniforms apart`() throws {
        var generator = SplitMix64(seed: 2)
        let labels = (0..<400).map { $0 == 7 ? 9 : min($0 % 5, 3) }
        let x = Matrix(rows: 400, columns: 1, values: labels.map { 10 * Double($0) + generator.nextUniform() })
        let estimate = try rossInformation(x, labels: Symbols(labels), neighbours: 3, seed: 0)
        let classes = (0..<4).map { value in labels.count { $0 == value } }
        let expected =
            (NeighbourOracle.psi(399) - classes.reduce(0) { $0 + Double($1) * NeighbourOracle.psi($1) } / 399) / log(2)
        #expect(abs(estimate.value - expected) < 1e-11 && abs(estimate.ceiling! - expected) < 1e-11)
        #expect(estimate.value > entropy(of: Symbols(labels.filter { $0 < 4 })))
        #expect(estimate.standardError! > 0 && estimate.flags.isDisjoint(with: [.saturated, .boundViolated]))
    }

    // A value near the ceiling is no sign of few samples: 60 of them in 40 columns, ten classes. Five standard errors by the
    // jackknife over 20 groups: a false alarm in 1e-4 per case (Student, 19 degrees of freedom).
    @Test func `Ross finds nothing in labels that have nothing to do with the values`() throws {
        for seed in 1...10 as ClosedRange<UInt64> {
            let (x, _) = normals(60, 40, correlation: 0, seed: seed)
            let estimate = try rossInformation(x, labels: Symbols((0..<60).map { $0 % 10 }), neighbours: 3, seed: 0)
            #expect(abs(estimate.value) < 5 * estimate.standardError! && estimate.value < estimate.ceiling! / 4)
        }
    }

    // The entropy of a uniform on [0, 2^m] is m bits; scaling by a power of two adds exactly its exponent per column.
    @Test func `differential entropy follows the scale`() throws {
        var generator = SplitMix64(seed: 4)
        let x = Matrix(rows: 500, columns: 2, values: (0..<1000).map { _ in generator.nextUniform() })
        let unit = try kozachenkoLeonenkoEntropy(of: x, neighbours: 3, seed: 0)
        let wide = try kozachenkoLeonenkoEntropy(of: x.mapped { 8 * $0 }, neighbours: 3, seed: 0)
        #expect(abs(wide.value - unit.value - 6) < 1e-11)
        #expect(abs(unit.value) < 5 * unit.standardError!)
    }

    // With both variables discrete every term is the plug-in's, ψ for ln: for counts c ≥ 20 each ψ(c) differs from ln c by
    // less than 1/(2c) = 0.025 nats, four of them by less than 0.15 bits.
    @Test func `of atoms alone the estimate is about the plug-in's`() throws {
        var generator = SplitMix64(seed: 6)
        let a = (0..<2000).map { _ in generator.nextIndex(below: 3) }
        let b = a.map { generator.nextUniform() < 0.8 ? $0 : generator.nextIndex(below: 3) }
        let (x, y) = (a.map(Double.init), b.map(Double.init))
        let truth = mutualInformation(Symbols(a), Symbols(b))
        for variant in kinds {
            let estimate = try ksgInformation(
                Matrix(rows: 2000, columns: 1, values: x), Matrix(rows: 2000, columns: 1, values: y), variant: variant,
                neighbours: 3, seed: 0)
            #expect(abs(estimate.value - truth) < 0.15 && estimate.flags.contains(.ties))
        }
    }

    // 60 runs: the empirical sd is uncertain by 1/√118 = 9%, the mean of 60 jackknives over 20 groups by 16%/√60 = 2%; four of
    // both are 45%.
    @Test func `the jackknife tells how KSG and the copula scatter`() throws {
        var runs: [[Estimate]] = []
        for seed in 1...60 as ClosedRange<UInt64> {
            let (x, y) = normals(300, 1, correlation: 0.6, seed: seed)
            runs.append([
                try ksgInformation(x, y, variant: .one, neighbours: 3, seed: 0),
                try gaussianCopulaInformation(x, y, seed: 0),
                try pairwiseEstimates(of: x, with: [], bound: .upper, noiseVariance: 0.1, seed: 0).entropy,
            ])
        }
        for estimator in 0..<3 {
            let values = runs.map { $0[estimator].value }
            let centre = values.reduce(0, +) / 60
            let deviation = (values.reduce(0) { $0 + ($1 - centre) * ($1 - centre) } / 59).squareRoot()
            let mean = runs.reduce(0) { $0 + $1[estimator].standardError! } / 60
            #expect(abs(mean / deviation - 1) < 0.45, "estimator \(estimator): \(mean) against \(deviation)")
        }
    }

    // 25 dimensions, one pair correlated: 1.2 bits, of which 1000 samples show next to nothing.
    @Test func `neighbours far away are flagged`() throws {
        var (x, y) = normals(1000, 25, correlation: 0, seed: 8)
        for row in 0..<1000 { y.values[row * 25] = 0.9 * x.values[row * 25] + 0.19.squareRoot() * y.values[row * 25] }
        let far = try ksgInformation(x, y, variant: .one, neighbours: 3, seed: 0)
        #expect(far.value < 0.5 && far.flags.contains(.unconverged))
        // Where all is well the halves leave the error bar by chance, in some 10% of the cases: P(more than 10 of 20) < 1e-5.
        let flagged = try (1...20).count { seed in
            let (x, y) = normals(1000, 1, correlation: 0.5, seed: UInt64(seed))
            return try !ksgInformation(x, y, variant: .one, neighbours: 3, seed: 0).flags.isEmpty
        }
        #expect(flagged <= 10)
        // A variable that is a function of the other has no finite information.
        #expect(
            try ksgInformation(x, x, variant: .one, neighbours: 3, seed: 0).flags.isSuperset(of: [
                .saturated, .unconverged,
            ]))
    }

    @Test func `bad input is answered by a flag or a sentence`() throws {
        let (x, y) = normals(10, 1, correlation: 0.5, seed: 1)
        let flat = x.mapped { _ in 3 }
        for variant in kinds {
            #expect(throws: InformationError.self) {
                try ksgInformation(x, y, variant: variant, neighbours: 10, seed: 0)
            }
            #expect(try ksgInformation(x, y, variant: variant, neighbours: 9, seed: 0).value.isFinite)
            let constant = try ksgInformation(flat, y, variant: variant, neighbours: 3, seed: 0)
            #expect(constant.value == 0 && constant.flags == .constant)
            #expect(throws: InformationError.self) {
                try ksgInformation(
                    x, normals(9, 1, correlation: 0, seed: 1).1, variant: variant, neighbours: 3, seed: 0)
            }
            #expect(throws: InformationError.self) {
                try ksgInformation(x, y.mapped { _ in .nan }, variant: variant, neighbours: 3, seed: 0)
            }
        }
        #expect {
            try kozachenkoLeonenkoEntropy(
                of: x.mapped { max(0, $0) + 1 }.mapped { $0.rounded() }, neighbours: 1, seed: 0)
        } throws: {
            "\($0)".contains("minus infinity")
        }
        let one = Matrix(rows: 1, columns: 1, values: [1.0])
        #expect(throws: InformationError.self) { try ksgInformation(one, one, variant: .one, neighbours: 1, seed: 0) }
        #expect(throws: InformationError.self) { try kozachenkoLeonenkoEntropy(of: one, neighbours: 1, seed: 0) }
        #expect(
            try rossInformation(x, labels: Symbols(x.values.map { _ in 1 }), neighbours: 3, seed: 0).flags == .constant)
        #expect(throws: InformationError.self) {
            try rossInformation(x, labels: Symbols(0..<10), neighbours: 3, seed: 0)
        }
        // Classes of 5, 4 and one alone: k is lowered, the single one left out.
        let small = try rossInformation(x, labels: Symbols([0, 0, 0, 0, 0, 1, 1, 1, 1, 2]), neighbours: 7, seed: 0)
        #expect(small.value.isFinite)
        // 10,000 units and 100 samples.
        var generator = SplitMix64(seed: 3)
        let wide = Matrix(rows: 100, columns: 10_000, values: (0..<1_000_000).map { _ in generator.nextNormal() })
        let labels = Symbols((0..<100).map { $0 % 2 })
        #expect(try rossInformation(wide, labels: labels, neighbours: 3, seed: 0).flags.contains(.unconverged))
        #expect {
            try gaussianCopulaInformation(wide, labels: labels, seed: 0)
        } throws: {
            "\($0)".contains("10000 columns")
        }
        let bounds = try pairwiseEstimates(of: wide, with: [labels], bound: .upper, noiseVariance: 0.1, seed: 0)
        #expect(bounds.entropy.flags.contains(.saturated) && bounds.information[0].value.isFinite)
    }
}
