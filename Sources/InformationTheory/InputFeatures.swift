public import LinearAlgebra
internal import Randomness

/// The input of the GIB terms as symbols: every feature X_i, the rows X, and the partitions of the samples by all features
/// but one, X_{-i}.
///
/// Built once per input (per split, and per record where inputs change), and used for every layer, record and target.
/// All partitions come from one hash per row: the sum over features of a random word times the bin, less the term of
/// feature i for X_{-i}. By chance any two of the D distinct rows of any X_{-i} agree with probability at most
/// N·D²/2 · (B − 1)/2⁶⁴, B the most symbols of a feature: 2e-8 for N = 784, D = 5000, B = 30.
///
/// Memory: N·D symbols of 1 byte (4 where a feature has more than 256), and 4 bytes for every row in every group of two or
/// more rows that differ in feature i alone: what is unique without feature i takes no memory.
public struct InputFeatures: Sendable {
    /// N, constant features included.
    public let featureCount: Int
    /// n.
    public let sampleCount: Int
    /// The mean over features i of the share of samples whose X_{-i} no other sample has (`Flags.saturatedInputs`).
    public let uniqueRemainingShare: Double
    /// Whether they are components of a kernel that sees no likeness between samples (`Flags.narrowKernel`); whoever reduced the
    /// inputs says so.
    public var areOfNarrowKernel = false
    /// X: the samples by their whole binned row.
    public var symbols: Symbols { rows }
    /// The same. All else in here is about its distinct rows.
    let rows: Symbols
    /// The symbols of each feature in each distinct row, feature after feature.
    let codes: FeatureCodes
    /// The number of symbols of each feature.
    let symbolCounts: [Int]
    /// The rows that X_{-i} joins, for every i.
    let groups: RowGroups

    /// Bins an input of n samples × N features and finds all its leave-one-out partitions.
    ///
    /// With a `width:B@unit` rule a feature with at most B distinct values keeps them as symbols, so that categories are
    /// not merged. `range` and `unitRanges` are those of `Discretization.apply`; an `argmax` is refused. O(n·N) in time.
    ///
    /// - Throws: `InformationError.empty`, `.notFinite`, `.invalidRange`, `.quotientOverflow`, `.notPerFeature`.
    public init<S: BinaryFloatingPoint>(
        binning inputs: Matrix<S>, by discretization: Discretization, range: ValueRange? = nil,
        unitRanges: [ValueRange]? = nil
    ) throws(InformationError) {
        if discretization.rule == .argmax { throw .notPerFeature(discretization.description) }
        if let inputs = inputs as? Matrix<Float> {
            try self.init(coding: inputs, discretization.rule, range, unitRanges)
        } else if let inputs = inputs as? Matrix<Double> {
            try self.init(coding: inputs, discretization.rule, range, unitRanges)
        } else {
            let values = Matrix(rows: inputs.rows, columns: inputs.columns, values: inputs.values.map { Double($0) })
            try self.init(coding: values, discretization.rule, range, unitRanges)
        }
    }

    private init<S: BinaryFloatingPoint>(
        coding inputs: Matrix<S>, _ rule: Discretization.Rule, _ range: ValueRange?, _ unitRanges: [ValueRange]?
    ) throws(InformationError) {
        precondition(unitRanges.map { $0.count == inputs.columns } ?? true, "one range per feature is needed")
        var coder = ColumnCoder(rule, range: range, unitRanges: unitRanges, samples: inputs.rows)
        var generator = SplitMix64(seed: rowHashSeed)
        let words = (0..<inputs.columns).map { _ in generator.next() }
        var hashes = [UInt64](repeating: 0, count: inputs.rows)
        var codes = FeatureCodes.narrow([])
        var symbolCounts: [Int] = []
        try forEachColumn(of: inputs) { (column, feature, scratch) throws(InformationError) in
            var kept: Int?
            if case .width(let bins, .unit) = rule { kept = coder.codeFewValues(column, limit: bins, into: scratch) }
            let bins = if let kept { kept } else { try coder.code(column, unit: feature, into: scratch) }
            let occupied = closeGaps(in: scratch, bins: bins)
            for sample in hashes.indices {
                hashes[sample] &+= words[feature] &* UInt64(truncatingIfNeeded: scratch[sample])
            }
            symbolCounts.append(occupied)
            codes.append(UnsafeBufferPointer(scratch), symbols: occupied)
        }
        let rows = Symbols(keys: hashes)
        var firstSamples: [Int] = []
        for (sample, row) in rows.ids.enumerated() where Int(row) == firstSamples.count { firstSamples.append(sample) }
        codes = codes.restricted(to: firstSamples, of: inputs.rows)
        let rowHashes = firstSamples.map { hashes[$0] }
        let groups =
            switch codes {
            case .narrow(let codes): RowGroups(rowHashes: rowHashes, words: words, codes: codes)
            case .wide(let codes): RowGroups(rowHashes: rowHashes, words: words, codes: codes)
            }
        featureCount = inputs.columns
        sampleCount = inputs.rows
        uniqueRemainingShare = groups.shareOfUniqueSamples(occurrences: rows.occurrences)
        self.rows = rows
        self.codes = codes
        self.symbolCounts = symbolCounts
        self.groups = groups
    }
}

/// The symbols of all features, feature after feature, in the smallest of two sizes that holds them.
enum FeatureCodes: Sendable {
    case narrow([UInt8])
    case wide([Int32])

    /// Appends the codes of the next feature, all below `symbols`.
    fileprivate mutating func append(_ codes: UnsafeBufferPointer<Int32>, symbols: Int) {
        switch self {
        case .narrow(var all) where symbols <= 256:
            self = .wide([])
            all.append(contentsOf: codes.lazy.map { UInt8(truncatingIfNeeded: $0) })
            self = .narrow(all)
        case .narrow(let all): self = .wide(all.map { Int32($0) } + codes)
        case .wide(var all):
            self = .narrow([])
            all.append(contentsOf: codes)
            self = .wide(all)
        }
    }

    /// Keeps the codes of some of the samples.
    fileprivate func restricted(to kept: [Int], of samples: Int) -> FeatureCodes {
        if kept.count == samples { return self }
        func restrict<Code>(_ codes: [Code]) -> [Code] {
            stride(from: 0, to: codes.count, by: samples).flatMap { start in kept.map { codes[start + $0] } }
        }
        return switch self {
        case .narrow(let codes): .narrow(restrict(codes))
        case .wide(let codes): .wide(restrict(codes))
        }
    }
}

/// For every feature i, the groups of two or more distinct rows that agree in all other features.
///
/// Groups of feature i: `featureStarts[i] ..< featureStarts[i + 1]`; rows of group g:
/// `members[groupStarts[g] ..< groupStarts[g + 1]]`; in order of first appearance throughout.
struct RowGroups: Sendable {
    private(set) var featureStarts: [Int] = [0]
    private(set) var groupStarts: [Int] = [0]
    private(set) var members: [Int32] = []

    fileprivate init<Code: FixedWidthInteger>(rowHashes: [UInt64], words: [UInt64], codes: [Code]) {
        let rows = rowHashes.count
        var table = SymbolTable(capacity: rows)
        var firstRow = [Int32](repeating: 0, count: rows)
        var groupOfNumber = [Int](repeating: -1, count: rows)
        var repeats: [(number: Int32, row: Int32)] = []
        for feature in words.indices {
            let word = words[feature]
            table.removeAll()
            repeats.removeAll(keepingCapacity: true)
            codes.withUnsafeBufferPointer { codes in
                for row in 0..<rows {
                    let code = UInt64(truncatingIfNeeded: codes[feature &* rows &+ row])
                    let distinct = table.count
                    let number = table.number(of: rowHashes[row] &- word &* code)
                    if Int(number) == distinct {
                        firstRow[distinct] = Int32(truncatingIfNeeded: row)
                    } else {
                        repeats.append((number, Int32(truncatingIfNeeded: row)))
                    }
                }
            }
            appendGroups(of: repeats, firstRow: firstRow, groupOfNumber: &groupOfNumber)
            featureStarts.append(groupStarts.count - 1)
        }
    }

    /// Sorts the repeated rows of one feature into groups, each led by its first row. `groupOfNumber` is −1 throughout,
    /// before and after.
    private mutating func appendGroups(
        of repeats: [(number: Int32, row: Int32)], firstRow: [Int32], groupOfNumber: inout [Int]
    ) {
        let firstGroup = groupStarts.count - 1
        var sizes: [Int] = []
        for (number, _) in repeats {
            if groupOfNumber[Int(number)] < 0 {
                groupOfNumber[Int(number)] = sizes.count
                sizes.append(1)
            }
            sizes[groupOfNumber[Int(number)]] += 1
        }
        for size in sizes { groupStarts.append(groupStarts.last! + size) }
        members.append(contentsOf: repeatElement(-1, count: groupStarts.last! - members.count))
        var next = Array(groupStarts[firstGroup..<firstGroup + sizes.count])
        for (number, row) in repeats {
            let group = groupOfNumber[Int(number)]
            if next[group] == groupStarts[firstGroup + group] {
                members[next[group]] = firstRow[Int(number)]
                next[group] += 1
            }
            members[next[group]] = row
            next[group] += 1
        }
        for (number, _) in repeats { groupOfNumber[Int(number)] = -1 }
    }

    /// The mean over features of the share of samples that are alone in their group and in their row.
    fileprivate func shareOfUniqueSamples(occurrences: [Int]) -> Double {
        let features = featureStarts.count - 1
        let samples = occurrences.reduce(0, +)
        let alone = occurrences.count { $0 == 1 } * features
        let joined = members.count { occurrences[Int($0)] == 1 }
        return Double(alone - joined) / (Double(samples) * Double(features))
    }
}

/// Renumbers codes so that all of 0 ..< the returned count occur, in the same order.
private func closeGaps(in codes: UnsafeMutableBufferPointer<Int32>, bins: Int) -> Int {
    var numbers = [Int32](repeating: 0, count: bins)
    for code in codes { numbers[Int(code)] = 1 }
    var occupied: Int32 = 0
    for bin in numbers.indices where numbers[bin] == 1 {
        numbers[bin] = occupied
        occupied += 1
    }
    if Int(occupied) < bins {
        for sample in codes.indices { codes[sample] = numbers[Int(codes[sample])] }
    }
    return Int(occupied)
}

extension InputFeatures {
    /// X_i as symbols of the samples. O(n).
    func feature(_ feature: Int) -> Symbols {
        let start = feature * rows.count
        return switch codes {
        case .narrow(let codes): Symbols(keys: rows.ids.map { UInt64(codes[start + Int($0)]) })
        case .wide(let codes): Symbols(keys: rows.ids.map { UInt64(codes[start + Int($0)]) })
        }
    }

    /// X_{-i} as symbols of the samples. O(n).
    func remaining(without feature: Int) -> Symbols {
        var leaders = (0..<rows.count).map { UInt64($0) }
        for group in groups.featureStarts[feature]..<groups.featureStarts[feature + 1] {
            let members = groups.members[groups.groupStarts[group]..<groups.groupStarts[group + 1]]
            let leader = UInt64(members[members.startIndex])
            for row in members { leaders[Int(row)] = leader }
        }
        return Symbols(keys: rows.ids.map { leaders[Int($0)] })
    }
}
