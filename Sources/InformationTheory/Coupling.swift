#if canImport(Darwin)
    internal import Darwin
#else
    internal import Glibc
#endif

/// The joint distribution of the distinct input rows X and a target Q, up to a constant factor: a sparse table of masses.
///
/// The masses of an unweighted hard target are whole numbers of samples, so that their sums and ratios are exact. All
/// terms of a target are functions of this table and of the features of each row.
struct Coupling: Sendable {
    /// Entries of row x: `rowStarts[x] ..< rowStarts[x + 1]`.
    let rowStarts: [Int]
    /// The target symbol of each entry; distinct within a row.
    let targets: [Int32]
    /// The mass of each entry, ≥ 0.
    let masses: [Double]
    /// The number of target symbols.
    let targetCount: Int

    /// Whether entry x is the one entry of row x, for all rows: so for a hard target on distinct rows.
    let hasOneEntryPerRow: Bool

    init(rowStarts: [Int], targets: [Int32], masses: [Double], targetCount: Int) {
        self.rowStarts = rowStarts
        self.targets = targets
        self.masses = masses
        self.targetCount = targetCount
        hasOneEntryPerRow =
            rowStarts.last == rowStarts.count - 1 && rowStarts.indices.allSatisfy { rowStarts[$0] == $0 }
    }

    /// The same cells with other masses.
    func with(masses: [Double]) -> Coupling {
        Coupling(rowStarts: rowStarts, targets: targets, masses: masses, targetCount: targetCount)
    }
}

/// The cells (x, q) of a hard target, and the cell of each sample: what stays when only weights change.
struct HardCoupling: Sendable {
    private let cells: Coupling
    private let cellOfSample: [Int32]

    init(rows: Symbols, target: Symbols) {
        let pairs = Pairs(rows, target)
        let (starts, order) = sortedByFirst(pairs, count: rows.count)
        var place = [Int32](repeating: 0, count: order.count)
        for (cell, pair) in order.enumerated() { place[pair] = Int32(cell) }
        cells = Coupling(
            rowStarts: starts, targets: order.map { Int32(pairs.second[$0]) },
            masses: order.map { Double(pairs.counts[$0]) }, targetCount: target.count)
        cellOfSample = joint(rows, target).ids.map { place[Int($0)] }
    }

    /// Every sample with mass 1.
    var unweighted: Coupling { cells }

    /// Sample s with mass `weights[s]`.
    func weighted(by weights: [Double]) -> Coupling {
        var masses = [Double](repeating: 0, count: cells.masses.count)
        for sample in weights.indices { masses[Int(cellOfSample[sample])] += weights[sample] }
        return cells.with(masses: masses)
    }
}

extension Coupling {
    /// The coupling in which each sample has a distribution (or any masses) over target symbols that depends on z alone.
    ///
    /// `rows` has the row of each sample, of `rowCount` rows; some may have no sample.
    init(rows: [Int32], rowCount: Int, latent: Symbols, soft: SoftTarget) {
        let pairs = Pairs(rows, latent)
        let (starts, order) = sortedByFirst(pairs, count: rowCount)
        var rowStarts = [0]
        var targets: [Int32] = []
        var masses: [Double] = []
        var sums = [Double](repeating: 0, count: soft.targetCount)
        var touched: [Int32] = []
        for row in 0..<rowCount {
            for pair in order[starts[row]..<starts[row + 1]] {
                let samples = Double(pairs.counts[pair])
                for entry in soft.entries[pairs.second[pair]] where entry.mass > 0 {
                    if sums[Int(entry.target)] == 0 { touched.append(entry.target) }
                    sums[Int(entry.target)] += samples * entry.mass
                }
            }
            for target in touched {
                targets.append(target)
                masses.append(sums[Int(target)])
                sums[Int(target)] = 0
            }
            touched.removeAll(keepingCapacity: true)
            rowStarts.append(targets.count)
        }
        self.init(rowStarts: rowStarts, targets: targets, masses: masses, targetCount: soft.targetCount)
    }
}

/// The masses over target symbols that each latent symbol gives to its samples.
struct SoftTarget {
    let entries: [[(target: Int32, mass: Double)]]
    let targetCount: Int

    /// The distributions of `pmiSoft`, `pmiErasure`, `pmiSoftJoint` (masses, not normalized) and `softLabel`.
    init(_ target: Target, latent: Symbols, labels: Symbols) {
        let table = PointwiseTable(latent: latent, labels: labels)
        let (starts, order) = sortedByFirst(table.pairs, count: latent.count)
        let samples = Double(latent.sampleCount)
        let marginal = labels.occurrences.enumerated().map { (target: Int32($0), mass: Double($1) / samples) }
        let mostInformation = log2(samples / Double(labels.occurrences.min() ?? 1))
        let erased = Int32(labels.count)
        entries = (0..<latent.count).map { z in
            let conditional = order[starts[z]..<starts[z + 1]].map { pair in
                let share = Double(table.pairs.counts[pair]) / Double(latent.occurrences[z])
                return (target: Int32(table.pairs.second[pair]), mass: share, bits: max(0, table.information[pair]))
            }
            if target == .softLabel { return conditional.map { ($0.target, $0.mass) } }
            let positive = conditional.filter { $0.bits > 0 }.map { (target: $0.target, mass: $0.mass * $0.bits) }
            let total = positive.reduce(0) { $0 + $1.mass }
            switch target {
            case .pmiSoft: return total > 0 ? positive.map { ($0.target, $0.mass / total) } : marginal
            case .pmiErasure:
                let kept = positive.map { (target: $0.target, mass: $0.mass / mostInformation) }
                let rest = kept.reduce(1) { $0 - $1.mass }
                return kept + [(erased, nonNegative(rest, noise: 1e-12))]
            case .pmiSoftJoint: return positive
            case .softLabel, .pmiLabel, .pmiLatent, .pmiJoint, .label, .latent:
                preconditionFailure("\(target) has no distribution over labels")
            }
        }
        targetCount = target == .pmiErasure ? labels.count + 1 : labels.count
    }
}

/// The pairs by their first symbol: those of symbol a are `order[starts[a] ..< starts[a + 1]]`, in order of appearance.
private func sortedByFirst(_ pairs: Pairs, count: Int) -> (starts: [Int], order: [Int]) {
    var starts = [Int](repeating: 0, count: count + 1)
    for first in pairs.first { starts[first + 1] += 1 }
    for symbol in 0..<count { starts[symbol + 1] += starts[symbol] }
    var next = starts
    var order = [Int](repeating: 0, count: pairs.first.count)
    for (pair, first) in pairs.first.enumerated() {
        order[next[first]] = pair
        next[first] += 1
    }
    return (starts, order)
}
