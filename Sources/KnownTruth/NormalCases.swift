internal import InformationTheory
internal import LinearAlgebra
internal import Randomness

#if canImport(Darwin)
    internal import Darwin
#else
    internal import Glibc
#endif

/// The estimators of the information between two real vectors.
let vectorEstimators: [Estimator] = [
    Estimator(.ksg(.one, neighbours: 3)), Estimator(.ksg(.two, neighbours: 3)), Estimator(.gaussianCopula),
]

/// Returns −½·log2(1 − ρ²), the information between two normal variables with correlation ρ, in bits.
func normalInformation(_ correlation: Double) -> Double { -log2(1 - correlation * correlation) / 2 }

extension KnownCase {
    /// Pairs of normal vectors and what is made of them.
    static var normals: [KnownCase] {
        let dense = [1, 2, 3, 5, 10, 25].map { correlated(dimensions: $0, correlation: 0.6, pairs: $0) }
        let sparse = [2, 5, 25].map { correlated(dimensions: $0, correlation: 0.9, pairs: 1) }
        return dense + sparse + [
            correlated(dimensions: 1, correlation: 0.95, pairs: 1), correlated(dimensions: 2, correlation: 0, pairs: 0),
            student(degrees: 3, correlation: 0.6), student(degrees: 1, correlation: 0), additiveUniform(noise: 0.25),
            censored(correlation: 0.6),
        ]
    }

    /// d pairs (X_i, Y_i) of normals, the first `pairs` of them correlated: I = pairs·(−½·log2(1 − ρ²)).
    static func correlated(dimensions: Int, correlation: Double, pairs: Int) -> KnownCase {
        KnownCase(
            name: "normals, \(dimensions)+\(dimensions) dimensions, \(pairs) with correlation \(correlation)",
            quantity: .information, truth: Double(pairs) * normalInformation(correlation), estimators: vectorEstimators
        ) { count, generator in
            var x = Matrix(rows: count, columns: dimensions, repeating: 0.0)
            var y = x
            for index in x.values.indices {
                let own = generator.nextNormal()
                let noise = generator.nextNormal()
                let shared = index % dimensions < pairs ? correlation : 0
                x.values[index] = own
                y.values[index] = shared * own + (1 - shared * shared).squareRoot() * noise
            }
            return (.values(x), .values(y))
        }
    }

    /// Two variables of Student's bivariate distribution: the normal information plus f(ν) + f(ν + 2) − 2f(ν + 1), where
    /// f(a) = ln Γ(a/2) − (a/2)·ψ(a/2), in nats.
    ///
    /// Source: Arellano-Valle, Contreras-Reyes, Genton, "Shannon Entropy and Mutual Information for Multivariate Skew-Elliptical
    /// Distributions", 2013, section 3.2.
    static func student(degrees: Double, correlation: Double) -> KnownCase {
        func f(_ a: Double) -> Double {
            var sign: Int32 = 0
            return lgamma_r(a / 2, &sign) - a / 2 * psi(a / 2)
        }
        let correction = (f(degrees) + f(degrees + 2) - 2 * f(degrees + 1)) / log(2)
        return KnownCase(
            name: "Student, \(Int(degrees)) degrees of freedom, correlation \(correlation)", quantity: .information,
            truth: normalInformation(correlation) + correction, estimators: vectorEstimators
        ) { count, generator in
            pairs(count) {
                // χ² with whole ν as a sum of squares.
                let chi = (0..<Int(degrees)).reduce(0.0) { sum, _ in
                    let z = generator.nextNormal()
                    return sum + z * z
                }
                let scale = (degrees / chi).squareRoot()
                let (a, b) = (generator.nextNormal(), generator.nextNormal())
                return (a * scale, (correlation * a + (1 - correlation * correlation).squareRoot() * b) * scale)
            }
        }
    }

    /// X uniform on [0, 1], Y = X + N, N uniform on [−ε, ε], ε ≤ ½: I = ε − ln 2ε nats.
    static func additiveUniform(noise: Double) -> KnownCase {
        KnownCase(
            name: "uniform plus uniform noise ±\(noise)", quantity: .information,
            truth: (noise - log(2 * noise)) / log(2), estimators: vectorEstimators
        ) { count, generator in
            pairs(count) {
                let x = generator.nextUniform()
                return (x, x + noise * (2 * generator.nextUniform() - 1))
            }
        }
    }

    /// ReLU of two correlated normals: atoms at 0 and densities beyond, I = Σ and ∫ of p·log2(p/(p_x·p_y)) over both.
    static func censored(correlation r: Double) -> KnownCase {
        let s = (1 - r * r).squareRoot()
        // P(Y ≤ 0 | x), and P(both ≤ 0).
        func below(_ x: Double) -> Double { normalDistribution(-r * x / s) }
        let both = 0.25 + asin(r) / (2 * .pi)
        let atoms = both * log2(both / 0.25)
        let edges = 2 * integral(0, 10) { normalDensity($0) * below($0) * log2(below($0) / 0.5) }
        let inside = integral(0, 9, steps: 150) { x in
            normalDensity(x)
                * integral(0, 9, steps: 150) { y in
                    let z = (y - r * x) / s
                    // The density of y given x, and its ratio to φ(y).
                    return normalDensity(z) / s * ((-z * z / 2 + y * y / 2) / log(2) - log2(s))
                }
        }
        return KnownCase(
            name: "ReLU of normals, correlation \(r)", quantity: .information, truth: atoms + edges + inside,
            estimators: vectorEstimators
        ) { count, generator in
            pairs(count) {
                let a = generator.nextNormal()
                return (max(0, a), max(0, r * a + s * generator.nextNormal()))
            }
        }
    }

    private static func pairs(_ count: Int, _ draw: () -> (Double, Double)) -> (x: Variable, y: Variable?) {
        var x = Matrix(rows: count, columns: 1, repeating: 0.0)
        var y = x
        for row in 0..<count { (x.values[row], y.values[row]) = draw() }
        return (.values(x), .values(y))
    }

    /// ψ at multiples of ½, from ψ(½) and ψ(1) upwards.
    private static func psi(_ a: Double) -> Double {
        let euler = 0.57721566490153286061
        var (value, at) = a.rounded() == a ? (-euler, 1.0) : (-euler - 2 * log(2), 0.5)
        while at < a {
            value += 1 / at
            at += 1
        }
        return value
    }
}
