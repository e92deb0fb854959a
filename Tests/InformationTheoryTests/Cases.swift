import InformationTheory
import LinearAlgebra
import Randomness

/// A small random case: inputs, latent symbols and labels of a few samples.
struct Case {
    var x: [[Int]]
    var z: [Int]
    var y: [Int]

    /// Draws a case; latents follow the inputs, the labels, or nothing, so that all degrees of dependence occur.
    init(seed: UInt64) {
        var generator = SplitMix64(seed: seed)
        let samples = 1 + generator.nextIndex(below: 40)
        let features = 1 + generator.nextIndex(below: 5)
        let values = 1 + generator.nextIndex(below: 4)
        let labels = 1 + generator.nextIndex(below: 4)
        let latents = 1 + generator.nextIndex(below: 8)
        let kind = generator.nextIndex(below: 3)
        (x, z, y) = ([], [], [])
        for _ in 0..<samples {
            let row = (0..<features).map { _ in generator.nextIndex(below: values) }
            let label = generator.nextUniform() < 0.7 ? row.reduce(0, +) % labels : generator.nextIndex(below: labels)
            let source =
                kind == 0 ? row.reduce(0) { 3 * $0 + $1 } : kind == 1 ? label : generator.nextIndex(below: latents)
            x.append(row)
            y.append(label)
            z.append(generator.nextUniform() < 0.8 ? source % latents : generator.nextIndex(below: latents))
        }
    }

    var inputs: Matrix<Double> { matrix(x.map { $0.map(Double.init) }) }
    var latent: Symbols { Symbols(z) }
    var labels: Symbols { Symbols(y) }

    func terms(_ target: Target, seed: UInt64 = 1, shuffles: Int = 0) throws -> GIBTerms {
        let features = try InputFeatures(binning: inputs, by: Discretization("width:30@unit"))
        return gibTerms(
            inputs: features, latent: latent, labels: labels, target: target, seed: seed, shuffles: shuffles)
    }
}

func matrix<Scalar>(_ rows: [[Scalar]]) -> Matrix<Scalar> {
    Matrix(rows: rows.count, columns: rows.first?.count ?? 0, values: rows.flatMap { $0 })
}

/// All 2^bits patterns, the first bit the slowest.
func patterns(bits: Int) -> [[Int]] {
    (0..<1 << bits).map { number in (0..<bits).map { number >> (bits - 1 - $0) & 1 } }
}

extension Double {
    /// Whether two numbers of bits agree to 1e-12. Both sides sum at most a few hundred terms below 10 bits, each with a
    /// rounding error of 2^-53 of its size: less than 1e-12 together.
    func agrees(with other: Double) -> Bool { abs(self - other) <= 1e-12 }
}

extension [Double] {
    func agrees(with other: [Double]) -> Bool {
        count == other.count && zip(self, other).allSatisfy { $0.agrees(with: $1) }
    }
}
