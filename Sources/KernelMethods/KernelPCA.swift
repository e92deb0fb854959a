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
        /// ARPACK for many samples, few components and kernels without negative eigenvalues, LAPACK otherwise, and where
        /// ARPACK does not reach an answer that can be trusted.
        case automatic

        /// The top of the spectrum by Krylov iteration: fast where components are few.
        case arpack

        /// The direct decomposition: O(n³).
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
    /// Empty for kernels that have none by theory. `nil` where the kernel may have some, but ARPACK was asked for, which does
    /// not look at that end of the spectrum.
    public let negativeEigenvalues: [Double]?

    /// The share of the kernel's variance that each component carries: λᵢ / Σ|λ|, over all eigenvalues; λᵢ / trace(K̃) where none
    /// is negative.
    ///
    /// `nil` where ``negativeEigenvalues`` is: then the sum is not known.
    public let explainedShares: [Double]?

    private let samples: Matrix<Double>
    private let shift: [Double]?
    private let rowMeans: [Double]
    private let mean: Double
    private let coefficients: Matrix<Double>  // vᵢ / √λᵢ as columns
}

// MARK: - Fitting

extension KernelPCA {
    /// From this number of samples on, and with at least 8 samples for each component, ARPACK is the faster solver.
    private static let fewestSamplesForKrylov = 500

    /// Returns the first `components` kernel principal components of the samples.
    ///
    /// Components that do not exist are not made up: asking for more than the samples, the kernel or the numerical rank give is an
    /// error. The rank counts eigenvalues above 10·n·ε·max|k(x, y)|, the size of the rounding in K̃.
    ///
    /// - Parameters:
    ///   - samples: n × N, n ≥ 2, finite.
    ///   - components: k, from 1 to n − 1, for `linear` and `cosine` also at most N.
    ///   - jobs: the number of threads for the kernel matrix; the result does not depend on it.
    /// - Throws: all cases of ``KernelError`` but those of text.
    /// - Complexity: O(n²N) for the kernel matrix, O(n²) for each of some hundred steps of ARPACK or O(n³) for LAPACK; memory as
    ///   ``predictedBytes(samples:features:components:kernel:solver:)`` says, above all 8n² bytes.
    public static func fit(
        _ samples: Matrix<Double>, kernel: Kernel, components: Int, solver: Solver = .automatic, jobs: Int = 1
    ) throws(KernelError) -> KernelPCA {
        let (n, features) = (samples.rows, samples.columns)
        try kernel.validate()
        guard n >= 2, features >= 1 else { throw .tooSmall(samples: n, features: features) }
        try check(samples, for: kernel)
        guard !isConstant(samples) else { throw .constantSamples(count: n) }
        let most = kernel == .linear || kernel == .cosine ? min(n - 1, features) : n - 1
        guard components >= 1, components <= most else { throw .componentCount(asked: components, most: most) }

        let resolved = kernel.resolved(features: features)
        let shift = resolved.isShiftInvariant ? columnMeans(samples) : nil
        let shifted = subtracting(shift, from: samples)
        var gram = resolved.gram(of: shifted, jobs: jobs)
        let largest = gram.values.reduce(0) { max($0, $1.magnitude) }
        guard gram.values.allSatisfy(\.isFinite) else { throw .overflow(kernel: kernel.description) }
        let (rowMeans, mean) = centre(&gram)
        let trace = (0..<n).reduce(0) { $0 + gram.values[$1 * n + $1] }
        let rounding = 10 * Double(n) * .ulpOfOne * largest

        let found = try decompose(
            consume gram, components: components, solver: solver,
            isPositiveSemidefinite: resolved.isPositiveSemidefinite)
        let rank = found.pairs.values.count { $0 > rounding }
        guard rank == components else { throw .rankTooLow(asked: components, rank: rank) }

        let total = found.spectrum.map { $0.isEmpty ? trace : $0.reduce(0) { $0 + $1.magnitude } }
        let signed = withLargestEntriesPositive(found.pairs.vectors)
        let roots = found.pairs.values.map { $0.squareRoot() }
        return KernelPCA(
            kernel: resolved, solver: found.solver,
            scores: scalingColumns(of: signed, by: roots),
            eigenvalues: found.pairs.values, residuals: found.pairs.residuals,
            negativeEigenvalues: found.spectrum.map { $0.filter { $0 < -rounding } },
            explainedShares: total.map { total in found.pairs.values.map { $0 / total } },
            samples: shifted, shift: shift, rowMeans: rowMeans, mean: mean,
            coefficients: scalingColumns(of: signed, by: roots.map { 1 / $0 }))
    }

    /// Returns the most memory in bytes that ``fit(_:kernel:components:solver:jobs:)`` takes beside its argument, so that a
    /// caller can refuse before it is taken; `Int.max` where even that overflows.
    ///
    /// Within a few percent (measured), the buffers of OpenBLAS apart: some 30 MB.
    public static func predictedBytes(
        samples n: Int, features: Int, components: Int, kernel: Kernel, solver: Solver = .automatic
    ) -> Int {
        let n = Double(n)
        let k = Double(components)
        let needsSpectrum = !kernel.isPositiveSemidefinite && solver != .arpack
        // The kernel matrix, and a second one where LAPACK gives all eigenvalues first; the shifted samples.
        let matrices = (needsSpectrum ? 2 : 1) * n * n + n * Double(features)
        // A Krylov basis, or LAPACK's vectors and workspace; then vectors, signed vectors, scores, coefficients.
        let vectors = max(max(2 * k + 1, 20) * n, k * n + 40 * n) + 4 * k * n
        let bytes = 8 * (matrices + vectors)
        return bytes < Double(Int.max) ? Int(bytes) : .max
    }

    private struct Decomposition {
        let pairs: Eigenpairs
        let solver: Solver
        /// All eigenvalues where they matter, ascending; empty where theory says that none is negative; `nil` if not looked at.
        let spectrum: [Double]?
    }

    private static func decompose(
        _ gram: consuming Matrix<Double>, components: Int, solver: Solver, isPositiveSemidefinite: Bool
    ) throws(KernelError) -> Decomposition {
        let n = gram.rows
        let tryKrylov =
            switch solver {
            case .arpack: true
            case .lapack: false
            case .automatic: isPositiveSemidefinite && n >= fewestSamplesForKrylov && 8 * components <= n
            }
        do throws(LinearAlgebraError) {
            if tryKrylov {
                do throws(LinearAlgebraError) {
                    var generator = SplitMix64(seed: 1998)
                    let start = (0..<n).map { _ in generator.nextNormal() }
                    let probe = (0..<n).map { _ in generator.nextNormal() }
                    let pairs = try topEigenpairs(of: gram, count: components, start: start, probe: probe)
                    return Decomposition(pairs: pairs, solver: .arpack, spectrum: isPositiveSemidefinite ? [] : nil)
                } catch {
                    guard solver == .automatic else { throw error }
                }
            }
            let spectrum = isPositiveSemidefinite ? [] : try LinearAlgebra.eigenvalues(of: copy gram)
            return Decomposition(
                pairs: try eigenpairs(of: consume gram, top: components), solver: .lapack, spectrum: spectrum)
        } catch {
            throw .eigenvalues(error)
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
    public func project(_ samples: Matrix<Double>, jobs: Int = 1) throws(KernelError) -> Matrix<Double> {
        guard samples.columns == self.samples.columns else {
            throw .featureCount(expected: self.samples.columns, found: samples.columns)
        }
        try KernelPCA.check(samples, for: kernel)
        let shifted = KernelPCA.subtracting(shift, from: samples)
        let n = self.samples.rows
        let components = eigenvalues.count
        var projected = Matrix(rows: samples.rows, columns: components, repeating: 0.0)
        let ranges = tiles(samples.rows)
        projected.values.withUnsafeMutableBufferPointer { values in
            guard let base = values.baseAddress else { return }
            let target = SharedTarget(base: base)
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
    private func centredKernels(_ other: Matrix<Double>, rows: Range<Int>) -> Matrix<Double> {
        let n = samples.rows
        var block = Matrix(rows: rows.count, columns: n, repeating: 0.0)
        block.values.withUnsafeMutableBufferPointer { values in
            let base = values.baseAddress!
            for columns in tiles(n) {
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
