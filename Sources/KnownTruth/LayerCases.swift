internal import InformationTheory
internal import LinearAlgebra
internal import Randomness

#if canImport(Darwin)
    internal import Darwin
#else
    internal import Glibc
#endif

private let allCounts = EntropyCorrection.allCases.map { Estimator(.counts($0)) }

extension KnownCase {
    /// Labels, symbols, entropies, and layers of one unit over one normal input.
    static var layers: [KnownCase] {
        [
            classes(centres: [-1, 1]), classes(centres: [-2, 0, 2]), continuousXOR, xor(flips: 0), xor(flips: 0.1),
            uniformSymbols(8), uniformSymbols(1000), binnedNormal(bins: 10), binnedNormals(bins: 8, correlation: 0.6),
            normalEntropy(dimensions: 1), normalEntropy(dimensions: 3), uniformEntropy(dimensions: 2),
        ]
            + [0.5, 2, 8].flatMap { weight in
                [
                    binnedUnit("tanh", weight), noisyUnit("tanh", weight, variance: 0.1),
                    deterministicUnit("tanh", weight),
                    binnedUnit("ReLU", weight), noisyUnit("ReLU", weight, variance: 0.1),
                    deterministicUnit("ReLU", weight),
                ]
            }
    }

    /// A label drawn evenly, and a normal value around its centre: I = h(mixture) − h(normal).
    static func classes(centres: [Double]) -> KnownCase {
        let entropy = integral(-14, 14) { x in
            let p = centres.reduce(0) { $0 + normalDensity(x - $1) } / Double(centres.count)
            return p > 0 ? -p * log2(p) : 0
        }
        return KnownCase(
            name: "\(centres.count) normal classes", quantity: .information,
            truth: entropy - log2(2 * .pi * exp(1)) / 2,
            estimators: [Estimator(.ross(neighbours: 3)), Estimator(.gaussianCopula)]
        ) { count, generator in
            let labels = (0..<count).map { _ in generator.nextIndex(below: centres.count) }
            let values = labels.map { centres[$0] + generator.nextNormal() }
            return (.values(Matrix(rows: count, columns: 1, values: values)), .symbols(Symbols(labels)))
        }
    }

    /// Two normals and the sign of their product: 1 bit, none of it in either alone.
    static var continuousXOR: KnownCase {
        KnownCase(
            name: "sign of the product of two normals", quantity: .information, truth: 1,
            estimators: [Estimator(.ross(neighbours: 3)), Estimator(.gaussianCopula)]
        ) { count, generator in
            let values = (0..<2 * count).map { _ in generator.nextNormal() }
            let labels = (0..<count).map { values[2 * $0] * values[2 * $0 + 1] > 0 }
            return (.values(Matrix(rows: count, columns: 2, values: values)), .symbols(Symbols(labels)))
        }
    }

    /// Two fair bits, and their XOR turned around with a probability: I = 1 − H(flips).
    static func xor(flips: Double) -> KnownCase {
        KnownCase(
            name: "XOR of two bits, \(flips) turned around", quantity: .information,
            truth: 1 - bits([flips, 1 - flips]), estimators: allCounts
        ) { count, generator in
            let pairs = (0..<count).map { _ in generator.nextIndex(below: 4) }
            let labels = pairs.map { ($0 & 1) ^ ($0 >> 1) ^ (generator.nextUniform() < flips ? 1 : 0) }
            return (.symbols(Symbols(pairs)), .symbols(Symbols(labels)))
        }
    }

    /// K symbols, equally likely: log2 K.
    static func uniformSymbols(_ symbols: Int) -> KnownCase {
        KnownCase(
            name: "\(symbols) equally likely symbols", quantity: .entropy, truth: log2(Double(symbols)),
            estimators: allCounts
        ) { count, generator in
            (.symbols(Symbols((0..<count).map { _ in generator.nextIndex(below: symbols) })), nil)
        }
    }

    /// A normal value in equal bins over [−3, 3], what lies outside in the end bins.
    static func binnedNormal(bins: Int) -> KnownCase {
        let shares = normalBins(bins)
        return KnownCase(
            name: "normal in \(bins) bins", quantity: .entropy,
            truth: KnownTruth.bits(
                shares.map { normalDistribution($0.upperBound) - normalDistribution($0.lowerBound) }),
            estimators: allCounts
        ) { count, generator in
            (.symbols(Symbols((0..<count).map { _ in bin(generator.nextNormal(), bins) })), nil)
        }
    }

    /// Two correlated normals, each in equal bins over [−3, 3].
    static func binnedNormals(bins: Int, correlation r: Double) -> KnownCase {
        let s = (1 - r * r).squareRoot()
        let ranges = normalBins(bins)
        let cells = ranges.map { own in
            ranges.map { other in
                integral(max(own.lowerBound, -9), min(own.upperBound, 9), steps: 200) { x in
                    normalDensity(x)
                        * (normalDistribution((other.upperBound - r * x) / s)
                            - normalDistribution((other.lowerBound - r * x) / s))
                }
            }
        }
        let margin = KnownTruth.bits(
            ranges.map { normalDistribution($0.upperBound) - normalDistribution($0.lowerBound) })
        return KnownCase(
            name: "two normals in \(bins) bins, correlation \(r)", quantity: .information,
            truth: 2 * margin - KnownTruth.bits(cells.flatMap { $0 }), estimators: allCounts
        ) { count, generator in
            var x: [Int] = []
            var y: [Int] = []
            for _ in 0..<count {
                let a = generator.nextNormal()
                x.append(bin(a, bins))
                y.append(bin(r * a + s * generator.nextNormal(), bins))
            }
            return (.symbols(Symbols(x)), .symbols(Symbols(y)))
        }
    }

    /// h = (d/2)·log2(2πe).
    static func normalEntropy(dimensions: Int) -> KnownCase {
        KnownCase(
            name: "normal in \(dimensions) dimensions", quantity: .differentialEntropy,
            truth: Double(dimensions) / 2 * log2(2 * .pi * exp(1)),
            estimators: [Estimator(.kozachenkoLeonenko(neighbours: 3))]
        ) { count, generator in
            let values = (0..<count * dimensions).map { _ in generator.nextNormal() }
            return (.values(Matrix(rows: count, columns: dimensions, values: values)), nil)
        }
    }

    /// h = 0 on the unit cube.
    static func uniformEntropy(dimensions: Int) -> KnownCase {
        KnownCase(
            name: "uniform in \(dimensions) dimensions", quantity: .differentialEntropy, truth: 0,
            estimators: [Estimator(.kozachenkoLeonenko(neighbours: 3))]
        ) { count, generator in
            let values = (0..<count * dimensions).map { _ in generator.nextUniform() }
            return (.values(Matrix(rows: count, columns: dimensions, values: values)), nil)
        }
    }

    /// One unit over a normal input with growing weight, in 30 bins: tanh over [−1, 1], ReLU over [0, 3] and beyond. The
    /// net is deterministic, so that this entropy is I(X;Z) (Saxe et al. 2018, section 2).
    static func binnedUnit(_ activation: String, _ weight: Double) -> KnownCase {
        let edges = (1..<30).map { edge in
            activation == "tanh" ? atanh(Double(edge) / 15 - 1) / weight : Double(edge) / 10 / weight
        }
        // Below the first edge lies the atom of ReLU too.
        let steps = [0] + edges.map(normalDistribution) + [1]
        return KnownCase(
            name: "\(activation)(\(weight)·normal) in 30 bins", quantity: .entropy,
            truth: KnownTruth.bits(zip(steps.dropFirst(), steps).map { $0 - $1 }), estimators: allCounts
        ) { count, generator in
            let ids = (0..<count).map { _ in
                let x = generator.nextNormal()
                return edges.count { $0 <= x }
            }
            return (.symbols(Symbols(ids)), nil)
        }
    }

    /// The same unit with normal noise: I(X;T) = h(T) − h(noise).
    static func noisyUnit(_ activation: String, _ weight: Double, variance: Double) -> KnownCase {
        let deviation = variance.squareRoot()
        let top = activation == "tanh" ? 1 : 9 * weight
        let nodes = 2000
        // The density of T as a mean over quantiles of the input would be noisy: Simpson's rule over the input instead.
        func density(_ t: Double) -> Double {
            let inner = { (x: Double) in
                normalDensity(x) * normalDensity((t - unit(activation, weight * x)) / deviation) / deviation
            }
            return integral(-9, 0, steps: nodes / 8, inner) + integral(0, 9, steps: nodes / 2, inner)
        }
        let low = (activation == "tanh" ? -1 : 0) - 9 * deviation
        let entropy = integral(low, top + 9 * deviation, steps: 400) { t in
            let p = density(t)
            return p > 1e-300 ? -p * log2(p) : 0
        }
        return KnownCase(
            name: "\(activation)(\(weight)·normal) + noise of variance \(variance)", quantity: .noisyInformation,
            truth: entropy - log2(2 * .pi * exp(1) * variance) / 2,
            estimators: [
                Estimator(.pairwise(.upper, noiseVariance: variance)),
                Estimator(.pairwise(.lower, noiseVariance: variance)),
            ]
        ) { count, generator in
            let values = (0..<count).map { _ in unit(activation, weight * generator.nextNormal()) }
            return (.values(Matrix(rows: count, columns: 1, values: values)), .symbols(Symbols(0..<count)))
        }
    }

    /// The same unit without noise, its values as they are: infinite.
    static func deterministicUnit(_ activation: String, _ weight: Double) -> KnownCase {
        KnownCase(
            name: "\(activation)(\(weight)·normal), exact values", quantity: .information, truth: .infinity,
            estimators: vectorEstimators
        ) { count, generator in
            let inputs = (0..<count).map { _ in generator.nextNormal() }
            return (
                .values(Matrix(rows: count, columns: 1, values: inputs)),
                .values(Matrix(rows: count, columns: 1, values: inputs.map { unit(activation, weight * $0) }))
            )
        }
    }

    private static func unit(_ activation: String, _ x: Double) -> Double { activation == "tanh" ? tanh(x) : max(0, x) }

    private static func normalBins(_ bins: Int) -> [Range<Double>] {
        let edges = [-Double.infinity] + (1..<bins).map { -3 + 6 * Double($0) / Double(bins) } + [.infinity]
        return zip(edges, edges.dropFirst()).map { $0..<$1 }
    }

    private static func bin(_ x: Double, _ bins: Int) -> Int {
        min(bins - 1, max(0, Int(((x + 3) / 6 * Double(bins)).rounded(.down))))
    }

}
