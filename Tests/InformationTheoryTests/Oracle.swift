import Foundation
import InformationTheory

/// The definitions, written plainly with dictionaries: slow, obvious, and sharing no code with the module.
enum Oracle {
    /// Σ p·log2(1/p) of masses that are normalized first.
    static func entropy<Key: Hashable>(_ masses: [Key: Double]) -> Double {
        let total = masses.values.reduce(0, +)
        return masses.values.filter { $0 > 0 }.reduce(0) { $0 - $1 / total * log2($1 / total) }
    }

    static func entropy<Key: Hashable>(of values: [Key]) -> Double {
        entropy(count(values))
    }

    static func count<Key: Hashable>(_ values: [Key]) -> [Key: Double] {
        values.reduce(into: [:]) { $0[$1, default: 0] += 1 }
    }

    static func mutualInformation<A: Hashable, B: Hashable>(_ a: [A], _ b: [B]) -> Double {
        information(zip(a, b).map { ([$0], [$1], 1) })
    }

    /// I(A;B) of a list of (a, b, mass).
    static func information<A: Hashable, B: Hashable>(_ cells: [(A, B, Double)]) -> Double {
        var a: [A: Double] = [:]
        var b: [B: Double] = [:]
        var both: [A: [B: Double]] = [:]
        var total = 0.0
        for (first, second, mass) in cells where mass > 0 {
            a[first, default: 0] += mass
            b[second, default: 0] += mass
            both[first, default: [:]][second, default: 0] += mass
            total += mass
        }
        var bits = 0.0
        for (first, row) in both {
            for (second, mass) in row { bits += mass / total * log2(mass * total / (a[first]! * b[second]!)) }
        }
        return bits
    }

    static func pointwise(_ z: [Int], _ y: [Int]) -> [Double] {
        let n = Double(z.count)
        let (cz, cy, czy) = (count(z), count(y), count(zip(z, y).map { [$0, $1] }))
        return zip(z, y).map { log2(n * czy[[$0, $1]]! / (cz[$0]! * cy[$1]!)) }.map { abs($0) <= 1e-12 ? 0 : $0 }
    }

    /// (sample, target symbol, mass): the target's measure, by the table of definitions.
    static func measure(_ target: Target, z: [Int], y: [Int]) -> [(sample: Int, q: [Int], mass: Double)] {
        let pmi = pointwise(z, y)
        switch target {
        case .label: return z.indices.map { ($0, [y[$0]], 1) }
        case .latent: return z.indices.map { ($0, [z[$0]], 1) }
        case .pmiLabel: return z.indices.map { ($0, [y[$0]], max(0, pmi[$0])) }
        case .pmiLatent: return z.indices.map { ($0, [z[$0]], max(0, pmi[$0])) }
        case .pmiJoint: return z.indices.map { ($0, [z[$0], y[$0]], max(0, pmi[$0])) }
        case .softLabel, .pmiSoft, .pmiErasure, .pmiSoftJoint: break
        }
        let n = Double(z.count)
        let cy = count(y)
        let highest = cy.values.map { log2(n / $0) }.max()!
        return z.indices.flatMap { sample in
            let same = z.indices.filter { z[$0] == z[sample] }
            var conditional: [Int: Double] = [:]
            for other in same { conditional[y[other], default: 0] += 1 / Double(same.count) }
            var weighted: [Int: Double] = [:]
            for (label, share) in conditional {
                let bits = log2(share / (cy[label]! / n))
                weighted[label] = share * (bits > 1e-12 ? bits : 0)
            }
            let total = weighted.values.reduce(0, +)
            switch target {
            case .softLabel: return conditional.map { (sample, [$0], $1) }
            case .pmiSoft:
                if total == 0 { return cy.map { (sample, [$0], $1 / n) } }
                return weighted.map { (sample, [$0], $1 / total) }
            case .pmiErasure:
                if highest == 0 { return [(sample, [-1], 1)] }
                return weighted.map { (sample, [$0], $1 / highest) } + [(sample, [-1], 1 - total / highest)]
            default: return weighted.map { (sample, [$0], $1) }
            }
        }
    }

    struct Terms {
        var single: [Double]
        var remaining: [Double]
        var joint: Double
        var targetEntropy: Double
        /// I(Z;Q) under the same measure.
        var latentInformation: Double
    }

    static func terms(_ target: Target, x: [[Int]], z: [Int], y: [Int]) -> Terms {
        let cells = measure(target, z: z, y: y)
        let features = x[0].indices
        func without(_ feature: Int, _ row: [Int]) -> [Int] {
            features.filter { $0 != feature }.map { row[$0] }
        }
        return Terms(
            single: features.map { i in information(cells.map { ([x[$0.sample][i]], $0.q, $0.mass) }) },
            remaining: features.map { i in information(cells.map { (without(i, x[$0.sample]), $0.q, $0.mass) }) },
            joint: information(cells.map { (x[$0.sample], $0.q, $0.mass) }),
            targetEntropy: cells.contains { $0.mass > 0 }
                ? entropy(cells.reduce(into: [:]) { $0[$1.q, default: 0] += $1.mass }) : 0,
            latentInformation: information(cells.map { ([z[$0.sample]], $0.q, $0.mass) }))
    }

    /// The bins of one unit by the Float64 formulas, as they stand in the definitions.
    static func width(_ a: Double, bins: Int, low: Double, high: Double) -> Int {
        if high == low || a < low { return 0 }
        return Int(min(Double(bins - 1), ((a - low) / (high - low) * Double(bins)).rounded(.down)))
    }

    static func quantiles(_ values: [Double], bins: Int) -> [Int] {
        values.map { value in
            let smaller = values.filter { $0 < value }.count
            return Int((Double(bins) * Double(smaller) / Double(values.count)).rounded(.down))
        }
    }
}
