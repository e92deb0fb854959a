public import LinearAlgebra
internal import Randomness

/// The principal components of samples in the feature space of a kernel.
///
/// The kernel matrix K of the n fitted samples is centred, K̃ = (I − 1/n) K (I − 1/n), and decomposed, K̃ vᵢ = λᵢ vᵢ.
/// Component i of a fitted sample is √λᵢ vᵢ; that of another sample x is Σₛ k̃(x, xₛ) vᵢₛ / √λᵢ, where k̃ is centred with the
/// row means of the fitted samples. With the linear kernel these are the scores of the ordinary PCA. Defaults, centring
/// and scaling are those of scikit-learn's `KernelPCA`, and so are the signs: the entry of vᵢ of largest magnitude is
/// positive, the first of them where several are equal.
///
/// The result is a function of the arguments, bit by bit, whatever `jobs` is, on machines with the same CPU type and libraries.
///
/// **When to distrust it.** Components of (nearly) equal eigenvalues are fixed only up to a rotation among them, and a sign
/// only as far as one entry is clearly the largest; so do not compare single components between runs without looking at
/// ``eigenvalues``. Where ``negativeEigenvalues`` are not small beside ``eigenvalues``, the kernel is no inner product on these
/// samples, and the components are no distances.
///
/// Source: Schölkopf, Smola, Müller, "Nonlinear Component Analysis as a Kernel Eigenvalue Problem", Neural Computation
/// 10(5), 1998, section 3 and appendix A.
public struct KernelPCA: Sendable {
    /// How the eigenvalues are computed.
    public enum Solver: String, Sendable, CaseIterable {
        /// `krylov` for many samples, few components and kernels without negative eigenvalues, `lapack` otherwise, and where
        /// the iteration does not converge, as far as the memory reaches.
        case automatic

        /// The top of the spectrum by block Lanczos iteration: fast where components are few, and in little memory. Exact up to
        /// rounding, as `lapack` is.
        case krylov

        /// The direct decomposition of the whole matrix: O(n³) time, 8n² bytes.
        case lapack
    }

    /// The kernel, with γ resolved.
    public let kernel: Kernel

    /// The solver that gave the result: never `automatic`.
    public let solver: Solver

    /// The components of the fitted samples: n × k.
    public let scores: Matrix<Double>

    /// λ of the components, descending, all above rounding. λᵢ/n is the variance of component i.
    public let eigenvalues: [Double]

    /// ‖K̃v − λv‖ of each component: λ is exact to within this distance.
    public let residuals: [Double]

    /// The negative eigenvalues of the centred kernel matrix below rounding, ascending.
    ///
    /// Empty for kernels that have none by theory. `nil` where the kernel may have some, but `krylov` was asked for, which does
    /// not look at that end of the spectrum.
    public let negativeEigenvalues: [Double]?

    /// The share of the kernel's variance that each component carries: λᵢ / Σ|λ|, over all eigenvalues; λᵢ / trace(K̃) where none
    /// is negative.
    ///
    /// `nil` where ``negativeEigenvalues`` is: then the sum is not known.
    public let explainedShares: [Double]?

    /// Whether to an rbf kernel a fitted sample is, on average, more like itself than like all others together:
    /// Σ_{t≠s} k(x_s, x_t) < k(x_s, x_s) = 1.
    ///
    /// The components then tell samples apart, by chance as it were, and say next to nothing of what samples have in common. So it is
    /// with the default γ = 1/N and features far from unit scale, such as pixels from 0 to 255: give a smaller γ, or scale the features.
    public var isNarrow: Bool {
        guard case .rbf = kernel else { return false }
        return Double(scores.rows) * mean < 2
    }

    private let samples: KernelSamples
    private let shift: [Double]?
    private let rowMeans: [Double]
    private let mean: Double
    private let coefficients: Matrix<Double>  // vᵢ / √λᵢ as columns
}

// MARK: - Fitting

extension KernelPCA {
    /// Returns the first `components` kernel principal components of the samples.
    ///
    /// Components that do not exist are not made up: asking for more than the samples, the kernel or the numerical rank give is an
    /// error. The rank counts eigenvalues above 10·n·ε·max|k(x, y)|, the size of the rounding in K̃.
    ///
    /// - Parameters:
    ///   - samples: n × N, n ≥ 2, finite. Where the caller gives up its copy, no second one is made.
    ///   - kernel: k(x, y).
    ///   - components: k, from 1 to n − 1, for `linear` and `cosine` also at most N.
    ///   - solver: how the eigenpairs are found.
    ///   - memory: the bytes that may be taken, see
    ///     ``predictedBytes(samples:features:components:kernel:solver:memory:)``. Where the kernel matrix has no place in them,
    ///     `krylov` computes it anew for each block of products. Neither that nor `jobs` changes a bit of the result.
    ///   - jobs: the number of threads; `lapack` uses one.
    ///   - progress: called from time to time with the number of products of the kernel matrix with a vector so far; it takes
    ///     some 5 to 20 for each component.
    /// - Throws: all cases of ``KernelError`` but those of text.
    /// - Complexity: O(n²N) for the kernel matrix, O(n²) for each of some hundred products or O(n³) for `lapack`; where the
    ///   kernel matrix has no place, O(n²N) for each block of 8 products, or of 32 from 30,000 samples on.
    public static func fit(
        _ samples: consuming Matrix<Double>, kernel: Kernel, components: Int, solver: Solver = .automatic,
        memory: Int = .max, jobs: Int = 1, progress: (_ products: Int) -> Void = { _ in }
    ) throws(KernelError) -> KernelPCA {
        let (n, features) = (samples.rows, samples.columns)
        try kernel.validate()
        guard n >= 2, features >= 1 else { throw .tooSmall(samples: n, features: features) }
        try check(samples, for: kernel)
        guard !isConstant(samples) else { throw .constantSamples(count: n) }
        let most = kernel == .linear || kernel == .cosine ? min(n - 1, features) : n - 1
        guard components >= 1, components <= most else { throw .componentCount(asked: components, most: most) }

        let resolved = kernel.resolved(features: features)
        let shift = resolved.isShiftInvariant ? columnMeans(samples, jobs: jobs) : nil
        let shifted = KernelSamples(
            subtracting(shift, from: consume samples, jobs: jobs), for: resolved, jobs: jobs)
        let found = try decompose(
            resolved, shifted, components: components, solver: solver, memory: memory, jobs: jobs, progress: progress)
        let rounding = 10 * Double(n) * .ulpOfOne * found.means.largest
        let rank = found.pairs.values.count { $0 > rounding }
        guard rank == components else { throw .rankTooLow(asked: components, rank: rank) }

        let total = found.spectrum.map { $0.isEmpty ? found.means.trace : $0.reduce(0) { $0 + $1.magnitude } }
        let signed = withLargestEntriesPositive(found.pairs.vectors)
        let roots = found.pairs.values.map { $0.squareRoot() }
        return KernelPCA(
            kernel: resolved, solver: found.solver,
            scores: scalingColumns(of: signed, by: roots),
            eigenvalues: found.pairs.values, residuals: found.pairs.residuals,
            negativeEigenvalues: found.spectrum.map { $0.filter { $0 < -rounding } },
            explainedShares: total.map { total in found.pairs.values.map { $0 / total } },
            samples: shifted, shift: shift, rowMeans: found.means.rows, mean: found.means.all,
            coefficients: scalingColumns(of: signed, by: roots.map { 1 / $0 }))
    }

    /// Returns the memory in bytes that ``fit(_:kernel:components:solver:memory:jobs:progress:)`` takes, its argument included if
    /// that is given up, if it may take `memory`, so that a caller can refuse before it is taken; `Int.max` where even that overflows.
    ///
    /// Within a few percent (measured) where the iteration needs all the vectors that it may take, less where it converges before;
    /// the buffers of OpenBLAS apart: some 30 MB. Above `memory` where there is no way to do with less. Not counted is what
    /// `automatic` takes where the iteration does not converge, 8n² bytes: it is not taken beyond `memory`.
    public static func predictedBytes(
        samples n: Int, features: Int, components: Int, kernel: Kernel, solver: Solver = .automatic, memory: Int = .max
    ) -> Int {
        let need = Need(samples: n, features: features, components: components)
        guard solver.triesKrylov(kernel: kernel, samples: n, components: components) else {
            return need.lapack(spectrum: !kernel.isPositiveSemidefinite)
        }
        return need.krylovHoldingTiles <= memory ? need.krylovHoldingTiles : need.krylov
    }

    /// How many vectors the kernel matrix of `n` samples is multiplied with at a time. Larger blocks share the work of
    /// computing the matrix, where it may have no place, and need more products. No question of memory, so that the
    /// result is none.
    static func productBlock(samples n: Int) -> Int {
        n < 30_000 ? 8 : 32
    }

    /// The bytes that each way takes.
    private struct Need {
        let samples: Int
        let features: Int
        let components: Int

        /// The kernel matrix, and a second one where LAPACK gives all eigenvalues first; its vectors and workspace.
        func lapack(spectrum: Bool) -> Int {
            let (n, k) = (Double(samples), Double(components))
            return bytes((spectrum ? 2 : 1) * n * n + k * n + 40 * n)
        }

        /// The basis of the Krylov space, its projected matrix, and the vectors that are found.
        var krylov: Int { bytes(krylovCount) }

        var krylovHoldingTiles: Int {
            // Half of the matrix, and half of the tiles on its diagonal.
            let n = Double(samples)
            return bytes(krylovCount + n * (n + Double(tileSide)) / 2)
        }

        private var krylovCount: Double {
            let (n, k) = (Double(samples), Double(components))
            guard components < .max / 64 else { return .infinity }
            let block = productBlock(samples: samples)
            let basis = Double(basisCapacity(dimension: samples, count: components, block: block))
            return (basis + 2 * max(Double(block), k) + k) * n + 3 * basis * basis
        }

        /// With the shifted samples, and vectors, signed vectors, scores, coefficients.
        private func bytes(_ count: Double) -> Int {
            let all = 8 * (count + Double(samples) * (Double(features) + 4 * Double(components)))
            return all < Double(Int.max) ? Int(all) : .max
        }
    }

    private struct Decomposition {
        let pairs: Eigenpairs
        let solver: Solver
        /// All eigenvalues where they matter, ascending; empty where theory says that none is negative; `nil` if not looked at.
        let spectrum: [Double]?
        let means: KernelMeans
    }

    private static func decompose(
        _ kernel: Kernel, _ samples: KernelSamples, components: Int, solver: Solver, memory: Int, jobs: Int,
        progress: (Int) -> Void
    ) throws(KernelError) -> Decomposition {
        let (n, isPositiveSemidefinite) = (samples.matrix.rows, kernel.isPositiveSemidefinite)
        if solver.triesKrylov(kernel: kernel, samples: n, components: components) {
            let need = Need(samples: n, features: samples.matrix.columns, components: components)
            let matrix = CentredKernelMatrix(
                kernel, of: samples, holdingTiles: need.krylovHoldingTiles <= memory, jobs: jobs)
            guard let matrix else { throw .overflow(kernel: kernel.description) }
            try checkLikeness(matrix.means, of: kernel)
            do throws(LinearAlgebraError) {
                var generator = SplitMix64(seed: 1998)
                let pairs = try topEigenpairs(
                    of: matrix, count: components, block: productBlock(samples: n),
                    rounding: Double(n) * .ulpOfOne * matrix.means.largest, jobs: jobs,
                    normal: { generator.nextNormal() }, progress: progress)
                return Decomposition(
                    pairs: pairs, solver: .krylov, spectrum: isPositiveSemidefinite ? [] : nil, means: matrix.means)
            } catch {
                guard solver == .automatic, need.lapack(spectrum: false) <= memory else { throw .eigenvalues(error) }
            }
        }
        var gram = kernel.gram(of: samples, jobs: jobs)
        guard let means = KernelMeans(centring: &gram) else { throw .overflow(kernel: kernel.description) }
        try checkLikeness(means, of: kernel)
        do throws(LinearAlgebraError) {
            let spectrum = isPositiveSemidefinite ? [] : try LinearAlgebra.eigenvalues(of: copy gram)
            return Decomposition(
                pairs: try eigenpairs(of: consume gram, top: components), solver: .lapack, spectrum: spectrum,
                means: means)
        } catch {
            throw .eigenvalues(error)
        }
    }

    /// Refuses an rbf kernel to which no two samples are alike: all eigenvalues are 1 then, and every basis is as good as another.
    private static func checkLikeness(_ means: KernelMeans, of kernel: Kernel) throws(KernelError) {
        guard case .rbf = kernel else { return }
        // Σ_{t≠s} k(x_s, x_t), averaged over s; the sum over n elements is rounded by n·ε/2 at most.
        let n = Double(means.rows.count)
        guard n * means.all - 1 > n * .ulpOfOne else { throw .noLikeness(kernel: kernel.description) }
    }
}

extension KernelPCA.Solver {
    /// From this number of samples on, and with at least 8 samples for each component, the iteration is faster.
    private static let fewestSamplesForKrylov = 500

    func triesKrylov(kernel: Kernel, samples n: Int, components: Int) -> Bool {
        switch self {
        case .krylov: true
        case .lapack: false
        case .automatic:
            kernel.isPositiveSemidefinite && n >= Self.fewestSamplesForKrylov && components <= n / 8
        }
    }
}

// MARK: - Projecting

extension KernelPCA {
    /// Returns the components of other samples in the fitted basis: m × k. A fitted sample gets its ``scores``, up to rounding.
    ///
    /// - Parameters:
    ///   - samples: m × N, finite; m may be 0.
    ///   - jobs: the number of threads; the result does not depend on it.
    /// - Throws: ``KernelError/featureCount(expected:found:)``, ``KernelError/notFinite(sample:feature:)``,
    ///   ``KernelError/zeroSample(_:)``, ``KernelError/overflow(kernel:)``.
    /// - Complexity: O(m·n·(N + k)) time, 4096·n bytes for each job.
    public func project(_ samples: consuming Matrix<Double>, jobs: Int = 1) throws(KernelError) -> Matrix<Double> {
        guard samples.columns == self.samples.matrix.columns else {
            throw .featureCount(expected: self.samples.matrix.columns, found: samples.columns)
        }
        try KernelPCA.check(samples, for: kernel)
        let shifted = KernelSamples(
            KernelPCA.subtracting(shift, from: consume samples, jobs: jobs), for: kernel, jobs: jobs)
        let n = self.samples.matrix.rows
        let components = eigenvalues.count
        var projected = Matrix(rows: shifted.matrix.rows, columns: components, repeating: 0.0)
        let ranges = tileRanges(shifted.matrix.rows)
        projected.values.withUnsafeMutableBufferPointer { values in
            guard let base = values.baseAddress else { return }
            let target = SharedMemory(base)
            concurrently(ranges.count, jobs: jobs) { index in
                let block = centredKernels(shifted, rows: ranges[index])
                block.values.withUnsafeBufferPointer { block in
                    coefficients.values.withUnsafeBufferPointer { coefficients in
                        Double.multiply(
                            rows: ranges[index].count, columns: components, inner: n, alpha: 1,
                            block.baseAddress!, stride: n, transposed: false,
                            coefficients.baseAddress!, stride: components, transposed: false,
                            beta: 0, into: target.base + ranges[index].lowerBound * components, stride: components)
                    }
                }
            }
        }
        // An infinite kernel value makes each sum over it infinite or NaN.
        guard projected.values.allSatisfy(\.isFinite) else { throw .overflow(kernel: kernel.description) }
        return projected
    }

    /// Returns k(x, xₛ) − its mean over s − the row mean of xₛ + the mean of all, for some rows x of `samples`.
    private func centredKernels(_ other: KernelSamples, rows: Range<Int>) -> Matrix<Double> {
        let n = samples.matrix.rows
        var block = Matrix(rows: rows.count, columns: n, repeating: 0.0)
        block.values.withUnsafeMutableBufferPointer { values in
            let base = values.baseAddress!
            for columns in tileRanges(n) {
                kernel.fill(
                    other, rows: rows, samples, rows: columns, into: base + columns.lowerBound, stride: n)
            }
            for i in 0..<rows.count {
                var sum = 0.0
                for s in 0..<n { sum += base[i * n + s] }
                let rowMean = sum / Double(n)
                for s in 0..<n { base[i * n + s] = base[i * n + s] - (rowMean + rowMeans[s]) + mean }
            }
        }
        return block
    }
}
