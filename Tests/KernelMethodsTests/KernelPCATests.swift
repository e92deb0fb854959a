import Foundation
import KernelMethods
import LinearAlgebra
import Randomness
import Testing

/// Normal samples whose features have the standard deviations 1, 0.8, 0.64, ...: no two components are alike.
private func samples(_ rows: Int, _ columns: Int, seed: Int) -> Matrix<Double> {
    var generator = SplitMix64(seed: UInt64(seed))
    var values: [Double] = []
    for _ in 0..<rows {
        for column in 0..<columns { values.append(generator.nextNormal() * pow(0.8, Double(column))) }
    }
    return Matrix(rows: rows, columns: columns, values: values)
}

private func row(_ matrix: Matrix<Double>, _ index: Int) -> [Double] {
    (0..<matrix.columns).map { matrix[index, $0] }
}

/// The kernel as it is defined, one pair at a time.
private func slowKernel(_ kernel: Kernel, _ x: [Double], _ y: [Double]) -> Double {
    let inner = zip(x, y).map { $0 * $1 }.reduce(0, +)
    let standard = 1 / Double(x.count)
    return switch kernel {
    case .rbf(let gamma):
        exp(-(gamma ?? standard) * zip(x, y).map { ($0 - $1) * ($0 - $1) }.reduce(0, +))
    case .linear: inner
    case .polynomial(let degree, let gamma, let coefficient):
        pow((gamma ?? standard) * inner + coefficient, Double(degree))
    case .sigmoid(let gamma, let coefficient): tanh((gamma ?? standard) * inner + coefficient)
    case .cosine:
        inner / (x.map { $0 * $0 }.reduce(0, +) * y.map { $0 * $0 }.reduce(0, +)).squareRoot()
    }
}

/// k(x, xₛ) centred with the means of the fitted samples, for each row x of `other`.
private func slowCentred(_ kernel: Kernel, _ other: Matrix<Double>, fitted: Matrix<Double>) -> Matrix<Double> {
    let n = fitted.rows
    let gram = (0..<n).map { i in (0..<n).map { slowKernel(kernel, row(fitted, i), row(fitted, $0)) } }
    let means = gram.map { $0.reduce(0, +) / Double(n) }
    let mean = means.reduce(0, +) / Double(n)
    var values: [Double] = []
    for i in 0..<other.rows {
        let line = (0..<n).map { slowKernel(kernel, row(other, i), row(fitted, $0)) }
        let lineMean = line.reduce(0, +) / Double(n)
        for s in 0..<n { values.append(line[s] - lineMean - means[s] + mean) }
    }
    return Matrix(rows: other.rows, columns: n, values: values)
}

private let everyKernel: [Kernel] = [
    .rbf(), .rbf(gamma: 0.3), .linear, .polynomial(), .polynomial(degree: 2, gamma: 0.5, coefficient: -0.5),
    .sigmoid(), .sigmoid(gamma: 0.4, coefficient: -1), .cosine,
]

@Suite struct KernelPCATruthTests {
    @Test(arguments: ScikitReference.all)
    func `Eigenvalues, components, signs and projections are scikit-learn's`(reference: ScikitReference) throws {
        let pca = try KernelPCA.fit(
            ScikitReference.samples, kernel: Kernel(reference.kernel), components: 2)
        let projected = try pca.project(ScikitReference.others)
        // Both are within n · ulp · ‖K‖ of the truth (7 · 2.2e-16 · 40 = 6e-14) in λ, and that over the gap of the eigenvalues
        // (0.04 at least, of kernels of norm 7 there) in the vectors; the projection divides by √λ > 0.14 once more.
        for (a, b) in zip(pca.eigenvalues, reference.eigenvalues) { #expect(abs(a - b) < 1e-12) }
        for (a, b) in zip(pca.scores.values, reference.scores) { #expect(abs(a - b) < 1e-11) }
        for (a, b) in zip(projected.values, reference.projected) { #expect(abs(a - b) < 1e-11) }
    }

    @Test func `Two samples lie on one axis, at half their distance from the middle`() throws {
        let pair = Matrix<Double>(rows: 2, columns: 2, values: [0, 0, 3, 4])
        let pca = try KernelPCA.fit(pair, kernel: .linear, components: 1)
        // λ = 2 · 2.5²; entries of equal magnitude, so the first is positive.
        #expect(abs(pca.eigenvalues[0] - 12.5) < 1e-13)
        #expect(abs(pca.scores[0, 0] - 2.5) < 1e-14 && abs(pca.scores[1, 0] + 2.5) < 1e-14)
        #expect(abs(try #require(pca.explainedShares)[0] - 1) < 1e-15)
    }

    @Test func `Samples at equal distances have equal rbf eigenvalues`() throws {
        // Rows of the identity: K = (1 − e) I + e 11ᵀ with e = exp(−2γ), so that all n − 1 eigenvalues of K̃ are 1 − e.
        var identity = Matrix(rows: 6, columns: 6, repeating: 0.0)
        for i in 0..<6 { identity[i, i] = 1 }
        let pca = try KernelPCA.fit(identity, kernel: .rbf(gamma: 0.5), components: 5)
        for value in pca.eigenvalues { #expect(abs(value - (1 - exp(-1))) < 1e-14) }
        for share in try #require(pca.explainedShares) { #expect(abs(share - 0.2) < 1e-14) }
    }

    @Test(arguments: 0..<6)
    func `Linear kernel PCA is PCA`(seed: Int) throws {
        let x = samples(40, 6, seed: seed)
        let pca = try KernelPCA.fit(x, kernel: .linear, components: 6)
        var centred = x
        for column in 0..<6 {
            let mean = (0..<40).map { x[$0, column] }.reduce(0, +) / 40
            for row in 0..<40 { centred[row, column] -= mean }
        }
        let principal = try eigenpairs(of: Matrix.product(centred, centred, transposingFirst: true))
        let expected = Matrix.product(centred, principal.vectors)
        for column in 0..<6 {
            // n · ulp · λ₁ = 40 · 2.2e-16 · 70 = 6e-13.
            #expect(abs(pca.eigenvalues[column] - principal.values[column]) < 1e-12)
            let largest = (0..<40).map { expected[$0, column] }.max { abs($0) < abs($1) }!
            for row in 0..<40 {
                // That over the smallest gap of eigenvalues, about 1, times the largest score, about 3, with a margin of 50.
                let value = largest < 0 ? -expected[row, column] : expected[row, column]
                #expect(abs(pca.scores[row, column] - value) < 1e-10)
            }
        }
    }

    @Test(arguments: [0.5, 1, 4, 5, 6, 30])
    func `A kernel is narrow where a sample is more like itself than like all others together`(scale: Double) throws {
        let unscaled = samples(60, 3, seed: 5)
        let scaled = Matrix(rows: 60, columns: 3, values: unscaled.values.map { scale * $0 })
        let likeness = (0..<60).flatMap { i in
            (0..<60).filter { $0 != i }.map { slowKernel(.rbf(), row(scaled, i), row(scaled, $0)) }
        }.reduce(0, +)
        let found = try KernelPCA.fit(scaled, kernel: .rbf(), components: 2)
        #expect(found.isNarrow == (likeness / 60 < 1), "\(likeness / 60)")
        // Other kernels have no scale beyond which samples are strangers.
        #expect(try !KernelPCA.fit(scaled, kernel: .linear, components: 2).isNarrow)
        if scale == 1 { #expect(!found.isNarrow) }
        if scale == 30 { #expect(found.isNarrow) }
    }

    @Test(arguments: [60, 700], KernelPCA.Solver.allCases)
    func `A kernel to which no two samples are alike is refused`(count: Int, solver: KernelPCA.Solver) {
        // Whole numbers 1000 apart: exp(−10⁶) is 0.
        let far = Matrix(rows: count, columns: 1, values: (0..<count).map { 1000 * Double($0) })
        #expect(throws: KernelError.noLikeness(kernel: "rbf:gamma=1")) {
            try KernelPCA.fit(far, kernel: .rbf(), components: 2, solver: solver)
        }
    }

    @Test func `Linear and rbf components keep their digits far from the origin`() throws {
        let x = samples(60, 4, seed: 3)
        // A multiple of a power of 2, so that the shift itself loses few digits: 1e6 keeps 33 bits of the fraction, 1e-10.
        var far = x
        for index in far.values.indices { far.values[index] += 1_048_576 }
        for kernel in [Kernel.linear, .rbf()] {
            let near = try KernelPCA.fit(x, kernel: kernel, components: 3)
            let moved = try KernelPCA.fit(far, kernel: kernel, components: 3)
            for (a, b) in zip(near.eigenvalues, moved.eigenvalues) { #expect(abs(a - b) < 1e-7 * a) }
        }
    }
}

@Suite struct KernelPCALawTests {
    @Test(arguments: everyKernel)
    func `Every kernel agrees with its definition, pair by pair`(kernel: Kernel) throws {
        for seed in 0..<4 {
            let x = samples(25, 5, seed: seed)
            let others = samples(9, 5, seed: 100 + seed)
            let pca = try KernelPCA.fit(x, kernel: kernel, components: 4)
            let gram = slowCentred(kernel, x, fitted: x)
            let spectrum = try eigenvalues(of: gram)
            let size = max(abs(spectrum[0]), abs(spectrum[24]))
            // Rounding in either: n · ulp · ‖K‖, with ‖K‖ before centring up to about n/‖K̃‖ = 100 times as large.
            let tolerance = 25 * Double.ulpOfOne * 100 * size
            for (value, expected) in zip(pca.eigenvalues, spectrum.reversed()) {
                #expect(abs(value - expected) < tolerance)
            }
            #expect(
                pca.negativeEigenvalues?.count
                    == (kernel.isPositiveSemidefinite ? 0 : spectrum.count { $0 < -tolerance }))
            // The scores are eigenvectors, of length √λ.
            let image = Matrix.product(gram, pca.scores)
            for column in 0..<4 {
                let lambda = pca.eigenvalues[column]
                for row in 0..<25 {
                    #expect(
                        abs(image[row, column] - lambda * pca.scores[row, column]) < tolerance * lambda.squareRoot())
                }
            }
            // Projection by its formula: Σₛ k̃(x, xₛ) scoreₛ / λ.
            let lines = Matrix.product(slowCentred(kernel, others, fitted: x), pca.scores)
            let projected = try pca.project(others)
            for row in 0..<9 {
                for column in 0..<4 {
                    let expected = lines[row, column] / pca.eigenvalues[column]
                    // ‖k̃‖ is at most some 10 √size, and it is divided by √λ.
                    let bound = tolerance * 10 * (size / pca.eigenvalues[column]).squareRoot()
                    #expect(abs(projected[row, column] - expected) < bound)
                }
            }
        }
    }

    @Test(arguments: everyKernel)
    func `Projecting the fitted samples gives their components, and these are orthogonal and centred`(
        kernel: Kernel
    ) throws {
        for seed in 0..<4 {
            let x = samples(60, 7, seed: seed)
            let pca = try KernelPCA.fit(x, kernel: kernel, components: 5)
            let projected = try pca.project(x)
            let first = pca.eigenvalues[0]
            for (index, score) in pca.scores.values.enumerated() {
                // K̃v/√λ against √λ v: an error of 100 · n · ulp · λ₁ in K̃v (see above) is divided by √λ.
                let lambda = pca.eigenvalues[index % 5]
                #expect(
                    abs(projected.values[index] - score) < 100 * 60 * .ulpOfOne * first / lambda.squareRoot())
            }
            let inner = Matrix.product(pca.scores, pca.scores, transposingFirst: true)
            for i in 0..<5 {
                // The vector 1 has the eigenvalue 0, and v is orthogonal to it as far as rounding over λ.
                let sum = (0..<60).map { pca.scores[$0, i] }.reduce(0, +)
                #expect(abs(sum) < 100 * 60 * .ulpOfOne * first * 8 / pca.eigenvalues[i].squareRoot())
                for j in 0..<5 {
                    let expected = i == j ? pca.eigenvalues[i] : 0
                    #expect(abs(inner[i, j] - expected) < 60 * 10 * .ulpOfOne * first)
                }
            }
            for column in 0..<5 {
                let entries = (0..<60).map { pca.scores[$0, column] }
                #expect(entries.max()! >= -entries.min()!)
            }
        }
    }

    @Test(arguments: everyKernel)
    func `The order of the samples does not matter`(kernel: Kernel) throws {
        var generator = SplitMix64(seed: 17)
        for seed in 0..<4 {
            let x = samples(50, 6, seed: seed)
            let order = generator.permutation(of: 50)
            let shuffled = Matrix(rows: 50, columns: 6, values: order.flatMap { row(x, $0) })
            let a = try KernelPCA.fit(x, kernel: kernel, components: 3)
            let b = try KernelPCA.fit(shuffled, kernel: kernel, components: 3)
            for column in 0..<3 {
                #expect(abs(a.eigenvalues[column] - b.eigenvalues[column]) < 1e-11 * a.eigenvalues[0])
                // Two entries of nearly the largest magnitude and opposite signs may change places in rounding; not in
                // these draws. The vectors are as exact as 50 · 100 · ulp over the relative gap, here above 0.001.
                for (index, source) in order.enumerated() {
                    #expect(
                        abs(a.scores[source, column] - b.scores[index, column])
                            < 2e-9 * a.eigenvalues[0].squareRoot())
                }
            }
        }
    }

    @Test(arguments: [Kernel.rbf(), .linear, .polynomial(), .cosine])
    func `The iteration and LAPACK give the same components`(kernel: Kernel) throws {
        let x = samples(700, 12, seed: 8)
        let fast = try KernelPCA.fit(x, kernel: kernel, components: 6)
        let exact = try KernelPCA.fit(x, kernel: kernel, components: 6, solver: .lapack)
        #expect(fast.solver == .krylov && exact.solver == .lapack)
        for (a, b) in zip(fast.eigenvalues, exact.eigenvalues) { #expect(abs(a - b) <= 1e-8 * b) }
        // Vectors: n · 10 · ulp · λ₁ over the smallest gap, here above 0.001 λ₁: 2e-9; entries of scores are below √λ₁.
        for (a, b) in zip(fast.scores.values, exact.scores.values) {
            #expect(abs(a - b) < 2e-9 * exact.eigenvalues[0].squareRoot())
        }
        for pca in [fast, exact] {
            // A few n · ulp · λ₁ (700 · 2.2e-16 = 1.6e-13), and the iteration's own 1e-12 · λ.
            #expect(pca.residuals.allSatisfy { $0 < 2e-12 * exact.eigenvalues[0] })
        }
    }

    @Test func `The bits do not depend on the number of jobs, or on the run`() throws {
        // Several tiles of 256, the last of them incomplete.
        let x = samples(1100, 9, seed: 4)
        let one = try KernelPCA.fit(x, kernel: .rbf(), components: 5, jobs: 1)
        let projected = try one.project(x, jobs: 1)
        for jobs in [1, 2, 5] {
            let other = try KernelPCA.fit(x, kernel: .rbf(), components: 5, jobs: jobs)
            #expect(other.scores == one.scores && other.eigenvalues == one.eigenvalues)
            #expect(try other.project(x, jobs: jobs) == projected)
        }
    }

    @Test(arguments: [Kernel.rbf(), .linear, .polynomial(), .cosine])
    func `A kernel matrix without a place in memory changes no bit`(kernel: Kernel) throws {
        let x = samples(700, 60, seed: 4)
        let held = try KernelPCA.fit(x, kernel: kernel, components: 5)
        for jobs in [1, 2, 3] {
            let other = try KernelPCA.fit(x, kernel: kernel, components: 5, memory: 0, jobs: jobs)
            #expect(other.solver == .krylov && other.scores == held.scores && other.residuals == held.residuals)
            #expect(other.eigenvalues == held.eigenvalues && other.explainedShares == held.explainedShares)
            #expect(try other.project(x) == held.project(x))
        }
    }

    @Test func `Repeated eigenvalues are found in full`() throws {
        // All patterns of 9 bits: in the rbf kernel 9 components share the largest eigenvalue and 36 the next. A Krylov
        // method sees one of each; the sum over all patterns gives λⱼ = (1 + e)^(9 − j) (1 − e)^j with e = exp(−γ).
        let n = 512
        let bits = Matrix(
            rows: n, columns: 9, values: (0..<n).flatMap { p in (0..<9).map { Double((p >> $0) & 1) } })
        let pca = try KernelPCA.fit(bits, kernel: .rbf(gamma: 1), components: 50)
        let e = exp(-1.0)
        for (index, value) in pca.eigenvalues.enumerated() {
            let order = index < 9 ? 1.0 : index < 45 ? 2 : 3
            let truth = pow(1 + e, 9 - order) * pow(1 - e, order)
            // n · ulp · ‖K‖: 512 · 2.2e-16 · 17 = 2e-12.
            #expect(abs(value - truth) < 4e-12)
        }
    }
}

@Suite struct KernelPCARefusalTests {
    @Test func `Impossible numbers of components are refused with what is possible`() {
        let x = samples(10, 3, seed: 1)
        for count in [-1, 0, 10, 50] {
            #expect(throws: KernelError.componentCount(asked: count, most: 9)) {
                try KernelPCA.fit(x, kernel: .rbf(), components: count)
            }
        }
        #expect(throws: KernelError.componentCount(asked: 4, most: 3)) {
            try KernelPCA.fit(x, kernel: .linear, components: 4)
        }
    }

    @Test(arguments: KernelPCA.Solver.allCases)
    func `Components beyond the rank are refused, not made up`(solver: KernelPCA.Solver) throws {
        // Three distinct samples, 200 times each: rank 2.
        let distinct: [[Double]] = [[0, 0, 1], [1, 2, 1], [2, 1, 1]]
        let x = Matrix(rows: 600, columns: 3, values: (0..<600).flatMap { distinct[$0 % 3] })
        let pca = try KernelPCA.fit(x, kernel: .rbf(), components: 2, solver: .lapack)
        #expect(try #require(pca.explainedShares).reduce(0, +) > 1 - 1e-12)
        #expect(throws: KernelError.rankTooLow(asked: 5, rank: 2)) {
            try KernelPCA.fit(x, kernel: .rbf(), components: 5, solver: solver)
        }
    }

    @Test func `Samples without variance are refused`() {
        // 0.1 is no binary fraction: a mean that is off by an ulp must not count as variance.
        let constant = Matrix(rows: 30, columns: 2, repeating: 0.1)
        for kernel in everyKernel {
            #expect(throws: KernelError.constantSamples(count: 30)) {
                try KernelPCA.fit(constant, kernel: kernel, components: 1)
            }
        }
        #expect(throws: KernelError.tooSmall(samples: 1, features: 2)) {
            try KernelPCA.fit(Matrix(rows: 1, columns: 2, values: [1, 2]), kernel: .linear, components: 1)
        }
        #expect(throws: KernelError.tooSmall(samples: 5, features: 0)) {
            try KernelPCA.fit(Matrix(rows: 5, columns: 0, values: []), kernel: .linear, components: 1)
        }
        // Different samples, but all of one direction.
        #expect(throws: KernelError.rankTooLow(asked: 1, rank: 0)) {
            try KernelPCA.fit(Matrix(rows: 3, columns: 1, values: [1, 2, 3]), kernel: .cosine, components: 1)
        }
    }

    @Test func `Values that are not finite are named, in fitting and in projecting`() throws {
        var x = samples(10, 3, seed: 1)
        let pca = try KernelPCA.fit(x, kernel: .rbf(), components: 2)
        x[4, 1] = .infinity
        #expect(throws: KernelError.notFinite(sample: 4, feature: 1)) {
            try KernelPCA.fit(x, kernel: .rbf(), components: 2)
        }
        #expect(throws: KernelError.notFinite(sample: 4, feature: 1)) { try pca.project(x) }
        #expect(throws: KernelError.featureCount(expected: 3, found: 2)) { try pca.project(samples(5, 2, seed: 1)) }
        #expect(try pca.project(Matrix(rows: 0, columns: 3, values: [])).rows == 0)
    }

    @Test func `A sample of zeros has no cosine`() throws {
        var x = samples(10, 3, seed: 1)
        let pca = try KernelPCA.fit(x, kernel: .cosine, components: 2)
        for column in 0..<3 { x[7, column] = 0 }
        #expect(throws: KernelError.zeroSample(7)) { try KernelPCA.fit(x, kernel: .cosine, components: 2) }
        #expect(throws: KernelError.zeroSample(7)) { try pca.project(x) }
    }

    @Test func `Kernel values beyond Float64 are refused`() throws {
        var x = samples(10, 3, seed: 1)
        let pca = try KernelPCA.fit(x, kernel: .polynomial(), components: 2)
        for index in x.values.indices { x.values[index] *= 1e100 }
        let overflow = KernelError.overflow(kernel: pca.kernel.description)
        #expect(throws: overflow) { try KernelPCA.fit(x, kernel: .polynomial(), components: 2) }
        for index in x.values.indices { x.values[index] *= 1e80 }
        #expect { try pca.project(x) } throws: { error in
            if case KernelError.overflow = error { true } else { false }
        }
    }

    @Test func `A kernel made in code is checked too`() {
        #expect { try KernelPCA.fit(samples(10, 3, seed: 1), kernel: .rbf(gamma: -1), components: 2) } throws: {
            if case KernelError.invalidParameter = $0 { true } else { false }
        }
    }

    @Test func `Negative eigenvalues are reported, and unknown where nobody looked`() throws {
        let x = samples(40, 4, seed: 2)
        let kernel = Kernel.sigmoid(gamma: 0.4, coefficient: -1)
        let exact = try KernelPCA.fit(x, kernel: kernel, components: 2)
        #expect(exact.negativeEigenvalues?.isEmpty == false)
        #expect(exact.negativeEigenvalues?.allSatisfy { $0 < 0 } == true)
        let spectrum = try eigenvalues(of: slowCentred(kernel, x, fitted: x))
        let total = spectrum.map(abs).reduce(0, +)
        for (share, expected) in zip(try #require(exact.explainedShares), spectrum.reversed()) {
            // n · ulp for each of λ and the sum, with a margin of 10.
            #expect(abs(share - expected / total) < 1e-13)
        }
        let fast = try KernelPCA.fit(x, kernel: kernel, components: 2, solver: .krylov)
        #expect(fast.negativeEigenvalues == nil && fast.explainedShares == nil)
        #expect(try KernelPCA.fit(x, kernel: .rbf(), components: 2).negativeEigenvalues == [])
    }

    @Test func `The predicted memory grows with the square of the samples and never overflows`() {
        func bytes(_ n: Int, _ solver: KernelPCA.Solver, memory: Int = .max) -> Int {
            KernelPCA.predictedBytes(
                samples: n, features: 784, components: 50, kernel: .rbf(), solver: solver, memory: memory)
        }
        #expect(bytes(5000, .lapack) > 8 * 5000 * 5000 && bytes(5000, .lapack) < 9 * 8 * 5000 * 5000 / 5)
        // Half of the matrix, and a basis of 1000 vectors; without the matrix, the basis and the samples.
        let vectors = 8 * 50_000 * (1000 + 784 + 300)
        #expect(bytes(50_000, .automatic) > 4 * 50_000 * 50_000 + vectors)
        #expect(bytes(50_000, .automatic) < 5 * 50_000 * 50_000 + vectors)
        #expect(bytes(50_000, .automatic, memory: 5_000_000_000) < vectors * 11 / 10)
        #expect(
            KernelPCA.predictedBytes(samples: 5000, features: 784, components: 50, kernel: .sigmoid())
                > 2 * 8 * 5000 * 5000)
        #expect(
            KernelPCA.predictedBytes(samples: .max, features: .max, components: .max, kernel: .linear) == .max)
    }
}
