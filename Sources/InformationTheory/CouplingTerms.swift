#if canImport(Darwin)
    internal import Darwin
#else
    internal import Glibc
#endif

/// All information terms of one coupling of input rows and a target, in bits. A coupling without mass has 0 everywhere.
struct CouplingTerms {
    private(set) var single: [Double]
    private(set) var remaining: [Double]
    private(set) var joint = 0.0
    private(set) var targetEntropy = 0.0

    init(_ coupling: Coupling, _ inputs: InputFeatures) {
        let margins = Margins(coupling)
        let features = inputs.featureCount
        single = [Double](repeating: 0, count: features)
        remaining = single
        guard margins.total > 0 else { return }
        // Sums over at most n + |Q| masses, each rounded by at most 2^-53 of the whole, under a logarithm.
        let noise = max(1e-12, Double(inputs.sampleCount) * 0x1p-48)
        targetEntropy = margins.targetEntropy
        joint = nonNegative(targetEntropy - margins.conditionalEntropy, noise: noise)
        single =
            switch inputs.codes {
            case .narrow(let codes):
                singleTerms(coupling, margins, codes: codes, symbolCounts: inputs.symbolCounts, noise: noise)
            case .wide(let codes):
                singleTerms(coupling, margins, codes: codes, symbolCounts: inputs.symbolCounts, noise: noise)
            }
        if features > 1 {
            let losses = losses(coupling, margins, groups: inputs.groups)
            remaining = losses.map { nonNegative(joint - $0, noise: noise) }
        }
    }
}

/// The sums of a coupling over its rows and its targets.
private struct Margins {
    /// W, the mass of all.
    let total: Double
    /// The mass of each target symbol, and of each row.
    var targets: [Double]
    var rows: [Double]
    /// Σ_q m(x,q)·log2( m(x) / m(x,q) ) of each row: 0 where it has one target.
    var uncertainties: [Double]

    init(_ coupling: Coupling) {
        let rowCount = coupling.rowStarts.count - 1
        targets = [Double](repeating: 0, count: coupling.targetCount)
        rows = [Double](repeating: 0, count: rowCount)
        uncertainties = rows
        for row in 0..<rowCount {
            let entries = coupling.rowStarts[row]..<coupling.rowStarts[row + 1]
            for entry in entries {
                targets[Int(coupling.targets[entry])] += coupling.masses[entry]
                rows[row] += coupling.masses[entry]
            }
            if entries.count > 1 {
                for entry in entries where coupling.masses[entry] > 0 {
                    uncertainties[row] += coupling.masses[entry] * log2(rows[row] / coupling.masses[entry])
                }
            }
        }
        var sum = CompensatedSum()
        for mass in targets { sum.add(mass) }
        total = sum.value
    }

    func withRows<T>(_ body: (UnsafeBufferPointer<Double>, UnsafeBufferPointer<Double>) -> T) -> T {
        rows.withUnsafeBufferPointer { rows in
            uncertainties.withUnsafeBufferPointer { uncertainties in body(rows, uncertainties) }
        }
    }

    /// H(Q) in bits.
    var targetEntropy: Double {
        var sum = CompensatedSum()
        for mass in targets where mass > 0 { sum.add(mass * log2(total / mass)) }
        return sum.value / total
    }

    /// H(Q|X) in bits.
    var conditionalEntropy: Double {
        var sum = CompensatedSum()
        for uncertainty in uncertainties { sum.add(uncertainty) }
        return sum.value / total
    }
}

/// I(X_i;Q) of every feature, in bits.
private func singleTerms<Code: FixedWidthInteger>(
    _ coupling: Coupling, _ margins: Margins, codes: [Code], symbolCounts: [Int], noise: Double
) -> [Double] {
    let rows = margins.rows.count
    let byTarget = TargetEntries(coupling)
    var table: [Double] = []
    return symbolCounts.indices.map { feature in
        let symbols = symbolCounts[feature]
        if symbols == 1 { return 0 }
        let bits = codes.withUnsafeBufferPointer { codes in
            let codes = UnsafeBufferPointer(rebasing: codes[feature * rows..<(feature + 1) * rows])
            return symbols * coupling.targetCount <= 2 * coupling.masses.count + 1024
                ? denseTerm(coupling, margins, codes: codes, symbols: symbols, table: &table)
                : sparseTerm(coupling, margins, byTarget, codes: codes, symbols: symbols)
        }
        return nonNegative(bits, noise: noise)
    }
}

/// Σ m(b,q)·log2( W·m(b,q) / (m(b)·m(q)) ) / W over a full table of the feature's symbols and the targets.
private func denseTerm<Code: FixedWidthInteger>(
    _ coupling: Coupling, _ margins: Margins, codes: UnsafeBufferPointer<Code>, symbols: Int, table: inout [Double]
) -> Double {
    let width = coupling.targetCount
    if table.count < symbols * width { table = [Double](repeating: 0, count: symbols * width) }
    return table.withUnsafeMutableBufferPointer { table in
        table[..<(symbols * width)].update(repeating: 0)
        coupling.accumulate(codes: codes, into: table)
        var sum = CompensatedSum()
        for symbol in 0..<symbols {
            let cells = UnsafeBufferPointer(rebasing: table[symbol * width..<(symbol + 1) * width])
            let mass = cells.reduce(0, +)
            for target in cells.indices where cells[target] > 0 {
                sum.add(cells[target] * log2(margins.total * cells[target] / (mass * margins.targets[target])))
            }
        }
        return sum.value / margins.total
    }
}

extension Coupling {
    fileprivate func withEntries<T>(
        _ body: (UnsafeBufferPointer<Int>, UnsafeBufferPointer<Int32>, UnsafeBufferPointer<Double>) -> T
    ) -> T {
        rowStarts.withUnsafeBufferPointer { starts in
            targets.withUnsafeBufferPointer { targets in
                masses.withUnsafeBufferPointer { masses in body(starts, targets, masses) }
            }
        }
    }

    /// Adds the mass of every entry (x, q) to cell (code of x, q) of a table of `targetCount` columns.
    fileprivate func accumulate<Code: FixedWidthInteger>(
        codes: UnsafeBufferPointer<Code>, into table: UnsafeMutableBufferPointer<Double>
    ) {
        let width = targetCount
        rowStarts.withUnsafeBufferPointer { starts in
            targets.withUnsafeBufferPointer { targets in
                masses.withUnsafeBufferPointer { masses in
                    if hasOneEntryPerRow {
                        for row in codes.indices {
                            let cell = Int(truncatingIfNeeded: codes[row]) &* width &+ Int(targets[row])
                            table[cell] += masses[row]
                        }
                    } else {
                        for row in codes.indices {
                            let line = Int(truncatingIfNeeded: codes[row]) &* width
                            for entry in starts[row]..<starts[row &+ 1] {
                                table[line &+ Int(targets[entry])] += masses[entry]
                            }
                        }
                    }
                }
            }
        }
    }
}

/// The entries of a coupling target after target, of those targets only that occur in two rows or more.
private struct TargetEntries {
    private(set) var starts = [0]
    private(set) var rows: [Int32] = []
    private(set) var masses: [Double] = []
    /// The mass of each of these targets.
    private(set) var totals: [Double] = []

    init(_ coupling: Coupling) {
        var lists = [[(row: Int32, mass: Double)]](repeating: [], count: coupling.targetCount)
        for row in 0..<coupling.rowStarts.count - 1 {
            for entry in coupling.rowStarts[row]..<coupling.rowStarts[row + 1] where coupling.masses[entry] > 0 {
                lists[Int(coupling.targets[entry])].append((Int32(row), coupling.masses[entry]))
            }
        }
        for list in lists where list.count > 1 {
            rows += list.map(\.row)
            masses += list.map(\.mass)
            totals.append(list.reduce(0) { $0 + $1.mass })
            starts.append(rows.count)
        }
    }
}

/// H(X_i) − H(X_i|Q), where a target of one row has nothing uncertain: for many targets of few rows each.
private func sparseTerm<Code: FixedWidthInteger>(
    _ coupling: Coupling, _ margins: Margins, _ entries: TargetEntries, codes: UnsafeBufferPointer<Code>, symbols: Int
) -> Double {
    var sum = CompensatedSum()
    withUnsafeTemporaryAllocation(of: Double.self, capacity: symbols) { sums in
        sums.initialize(repeating: 0)
        for row in codes.indices { sums[Int(truncatingIfNeeded: codes[row])] += margins.rows[row] }
        for symbol in sums.indices {
            if sums[symbol] > 0 { sum.add(sums[symbol] * log2(margins.total / sums[symbol])) }
            sums[symbol] = 0
        }
        // One place more than there are symbols, so that the next place can be written before it is known to count.
        withUnsafeTemporaryAllocation(of: Int.self, capacity: symbols + 1) { touched in
            touched.initialize(repeating: 0)
            entries.rows.withUnsafeBufferPointer { rows in
                entries.masses.withUnsafeBufferPointer { masses in
                    for target in entries.totals.indices {
                        var count = 0
                        for entry in entries.starts[target]..<entries.starts[target &+ 1] {
                            let symbol = Int(truncatingIfNeeded: codes[Int(rows[entry])])
                            touched[count] = symbol
                            count &+= sums[symbol] == 0 ? 1 : 0
                            sums[symbol] += masses[entry]
                        }
                        let mass = entries.totals[target]
                        for symbol in touched[..<count] {
                            if count > 1 { sum.add(-sums[symbol] * log2(mass / sums[symbol])) }
                            sums[symbol] = 0
                        }
                    }
                }
            }
        }
    }
    return sum.value / margins.total
}

/// Σ_g ΔH_g of every feature in bits: how much more uncertain Q is where rows that differ in that feature alone are one.
///
/// Through pointers: a slice of an array counts a reference to it, and jobs that share the inputs would wait for each other's
/// counting, group after group.
private func losses(_ coupling: Coupling, _ margins: Margins, groups: RowGroups) -> [Double] {
    var sums = [Double](repeating: 0, count: coupling.targetCount)
    var touched = [Int](repeating: 0, count: coupling.targetCount)
    return groups.members.withUnsafeBufferPointer { members in
        groups.groupStarts.withUnsafeBufferPointer { starts in
            coupling.withEntries { rowStarts, targets, masses in
                margins.withRows { rows, uncertainties in
                    sums.withUnsafeMutableBufferPointer { sums in
                        touched.withUnsafeMutableBufferPointer { touched in
                            (0..<groups.featureStarts.count - 1).map { feature in
                                var sum = CompensatedSum()
                                for group in groups.featureStarts[feature]..<groups.featureStarts[feature + 1] {
                                    var mass = 0.0
                                    var known = 0.0
                                    var count = 0
                                    for member in starts[group]..<starts[group + 1] {
                                        let row = Int(members[member])
                                        mass += rows[row]
                                        known += uncertainties[row]
                                        for entry in rowStarts[row]..<rowStarts[row + 1] where masses[entry] > 0 {
                                            let target = Int(targets[entry])
                                            if sums[target] == 0 {
                                                touched[count] = target
                                                count += 1
                                            }
                                            sums[target] += masses[entry]
                                        }
                                    }
                                    if count > 1 {
                                        var uncertainty = 0.0
                                        for target in touched[..<count] {
                                            uncertainty += sums[target] * log2(mass / sums[target])
                                        }
                                        sum.add(uncertainty - known)
                                    }
                                    for target in touched[..<count] { sums[target] = 0 }
                                }
                                return sum.value / margins.total
                            }
                        }
                    }
                }
            }
        }
    }
}
