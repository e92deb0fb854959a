internal import LinearAlgebra
internal import Randomness

#if canImport(Darwin)
    internal import Darwin
#else
    internal import Glibc
#endif

/// The 12-bit task: all 4096 on/off patterns x of 12 points on a sphere, with a label whose chance depends on x only up
/// to rotation.
///
/// The points are the vertices v_i of an icosahedron, and
/// f(x) = Σ_l a_l Σ_ij x_i x_j P_l(v_i·v_j), P(Y=1 | x) = logistic(γ·(f(x) − θ)),
/// with Legendre polynomials P_l: by the addition theorem Σ_ij x_i x_j P_l(v_i·v_j) is, up to a factor, the power of the
/// pattern's spherical harmonics of degree l, which rotations keep.
///
/// The publication gives no coefficients, so these are ours: a = (0.12, 1, −0.5, 0.25). Degrees 0 to 3 are all that 12
/// such points can distinguish, a₀ > 0 lets the number of points matter a little (it alone explains 79% of the labels),
/// and f takes 64 values. θ lies halfway between the two middle values, γ makes I(X;Y) = 0.990 bit; P(Y=1) = 0.498.
/// The label of each pattern is drawn once, from a seed of the task and not of the run.
///
/// Source: Shwartz-Ziv, Tishby, arXiv:1703.00810, section 3.1; Kazhdan et al., "Rotation Invariant Spherical Harmonic
/// Representation of 3D Shape Descriptors", SGP 2003.
public enum TwelveBitTask {
    /// The vertices of the icosahedron, on the unit sphere: the cyclic permutations of (0, ±1, ±golden ratio), scaled.
    public static let points: [SIMD3<Double>] = {
        let golden = (1 + 5.0.squareRoot()) / 2
        let length = (1 + golden * golden).squareRoot()
        return [1.0, -1.0].flatMap { a in
            [golden, -golden].flatMap { b in
                [SIMD3(0, a, b) / length, SIMD3(a, b, 0) / length, SIMD3(b, 0, a) / length]
            }
        }
    }()

    /// a_l for l = 0, 1, 2, 3.
    public static let coefficients = [0.12, 1, -0.5, 0.25]

    /// θ: halfway between the two values of f that are nearest the median.
    public static let threshold = 6.92

    /// γ.
    public static let gain = 23.2

    /// Returns f of a pattern, whose bit i says whether point i is on.
    public static func invariant(of pattern: UInt16) -> Double {
        var sum = 0.0
        for i in 0..<12 where pattern >> i & 1 == 1 {
            for j in 0..<12 where pattern >> j & 1 == 1 { sum += kernel[i * 12 + j] }
        }
        return sum
    }

    /// Returns P(Y=1 | pattern).
    public static func probability(of pattern: UInt16) -> Double {
        1 / (1 + exp(-gain * (invariant(of: pattern) - threshold)))
    }

    /// All patterns in ascending order, input i being bit i as 0 or 1, with their labels.
    public static let samples: LabelledSamples = {
        var generator = SplitMix64(seed: 12)
        var values: [Float] = []
        var labels: [Int] = []
        for pattern in 0..<UInt16(4096) {
            for i in 0..<12 { values.append(Float(pattern >> i & 1)) }
            labels.append(generator.nextUniform() < probability(of: pattern) ? 1 : 0)
        }
        return LabelledSamples(
            inputs: Matrix(rows: 4096, columns: 12, values: values), labels: labels, sampleIDs: Array(0..<4096))
    }()

    /// Σ_l a_l P_l(v_i·v_j), 12 × 12.
    private static let kernel: [Double] = points.flatMap { v in
        points.map { w in
            let t = (v * w).sum()
            let legendre = [1, t, (3 * t * t - 1) / 2, (5 * t * t * t - 3 * t) / 2]
            return zip(coefficients, legendre).reduce(0) { $0 + $1.0 * $1.1 }
        }
    }
}
