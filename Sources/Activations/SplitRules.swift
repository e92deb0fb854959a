/// What is known of the samples of a split.
struct SplitFacts {
    let name: String
    let labels: Labels
    let ids: [Int]
    /// A hash of the inputs of every sample; nil where they change per epoch, or were not read.
    let inputs: [UInt64]?

    /// A label as it can be compared with those of other splits.
    enum Label: Hashable {
        case name(String)
        case id(Int)
        case values([Double])
    }

    /// The labels of all samples; classes by their names where `byName`.
    func comparable(byName: Bool) -> [Label] {
        switch labels {
        case .classes(let ids, let names):
            ids.map { byName && names.indices.contains($0) ? .name(names[$0]) : .id($0) }
        case .values(let values, let width):
            (0..<labels.count).map { .values(Array(values[$0 * width..<($0 + 1) * width])) }
        }
    }

    var hasClasses: Bool { if case .classes = labels { true } else { false } }

    /// Whether every sample's class has a name.
    var hasNames: Bool {
        guard case .classes(let ids, let names) = labels else { return false }
        return ids.allSatisfy(names.indices.contains)
    }
}

/// The rules over the samples of one split.
enum SplitRules {
    static let all = [
        ContentRule(.unnamedClass, unnamedClass), ContentRule(.noClassNames, noClassNames),
        ContentRule(.repeatedIDs, repeatedIDs),
    ]

    private static func unnamedClass(_ split: SplitFacts) -> Trouble? {
        guard case .classes(let ids, let names) = split.labels, !names.isEmpty,
            let sample = ids.firstIndex(where: { !names.indices.contains($0) })
        else { return nil }
        let count = ids.count { !names.indices.contains($0) }
        return Trouble(
            "sample \(sample) has class \(ids[sample]), but there \(names.count == 1 ? "is" : "are") "
                + counted(names.count, "class name") + (count > 1 ? "; so have \(count) samples in all" : ""),
            "Name every class, from 0 on: record this split again.")
    }

    private static func noClassNames(_ split: SplitFacts) -> Trouble? {
        guard case .classes(_, let names) = split.labels, names.isEmpty else { return nil }
        return Trouble("the classes have no names", "Give the names of the classes to the recorder.")
    }

    private static func repeatedIDs(_ split: SplitFacts) -> Trouble? {
        var seen: Set<Int> = []
        guard let sample = split.ids.firstIndex(where: { !seen.insert($0).inserted }) else { return nil }
        let count = split.ids.count - Set(split.ids).count
        return Trouble(
            "sample \(sample) has the id \(split.ids[sample]) of an earlier one; \(counted(count, "sample")) "
                + "\(count == 1 ? "repeats" : "repeat") an id",
            "Repeated samples make information look larger than it is; record each once.")
    }
}

/// Two splits with samples of their own, and what the ids that they share say.
struct SplitPair {
    let first: SplitFacts
    let second: SplitFacts
    /// Samples of the two with the same id, and whether their labels and their inputs are the same.
    private let shared: [(first: Int, second: Int, sameLabel: Bool, sameInput: Bool)]
    private let firstLabels: [SplitFacts.Label]
    private let secondLabels: [SplitFacts.Label]

    init?(_ first: SplitFacts, _ second: SplitFacts) {
        guard first.hasClasses == second.hasClasses else { return nil }
        self.first = first
        self.second = second
        let byName = first.hasNames && second.hasNames
        let (a, b) = (first.comparable(byName: byName), second.comparable(byName: byName))
        let places = Dictionary(zip(first.ids, first.ids.indices), uniquingKeysWith: { earlier, _ in earlier })
        shared = second.ids.enumerated().compactMap { sample, id in
            guard let place = places[id] else { return nil }
            let sameInput = first.inputs.flatMap { x in second.inputs.map { x[place] == $0[sample] } } ?? false
            return (place, sample, a[place] == b[sample], sameInput)
        }
        (firstLabels, secondLabels) = (a, b)
    }

    /// Samples of the two splits with one id and different labels, that are the same sample.
    ///
    /// They are the same where their inputs are. Where inputs differ, as those of an adversary do, they are taken as the
    /// same if the labels agree far beyond chance (Cohen's κ over 0.5): else the two splits were numbered each for itself.
    var drifts: [(first: Int, second: Int)] {
        let different = shared.filter { !$0.sameLabel }
        return (agreesBeyondChance ? different : different.filter(\.sameInput)).map { ($0.first, $0.second) }
    }

    /// How many samples have one id, different labels and different inputs, in splits that do not agree.
    var ambiguities: Int { agreesBeyondChance ? 0 : shared.count { !$0.sameLabel && !$0.sameInput } }

    private var agreesBeyondChance: Bool {
        guard !shared.isEmpty else { return false }
        let count = Double(shared.count)
        var (inFirst, inSecond): ([SplitFacts.Label: Double], [SplitFacts.Label: Double]) = ([:], [:])
        for pair in shared {
            inFirst[firstLabels[pair.first], default: 0] += 1 / count
            inSecond[secondLabels[pair.second], default: 0] += 1 / count
        }
        let chance = inFirst.reduce(0) { $0 + $1.value * (inSecond[$1.key] ?? 0) }
        let agreement = Double(shared.count(where: \.sameLabel)) / count
        return agreement - chance > 0.5 * (1 - chance)
    }

    /// The classes of both, with their shares in each.
    var shares: [(name: String, first: Double, second: Double)] {
        guard first.hasClasses else { return [] }
        func shares(_ labels: [SplitFacts.Label]) -> [SplitFacts.Label: Double] {
            labels.reduce(into: [:]) { $0[$1, default: 0] += 1 / Double(labels.count) }
        }
        let (a, b) = (shares(firstLabels), shares(secondLabels))
        func name(_ label: SplitFacts.Label) -> String {
            switch label {
            case .name(let name): "“\(name)”"
            case .id(let id): "\(id)"
            case .values: ""
            }
        }
        return Set(a.keys).union(b.keys).map { (name($0), a[$0] ?? 0, b[$0] ?? 0) }.sorted { $0.0 < $1.0 }
    }

    func label(ofFirst sample: Int) -> String { Self.text(firstLabels[sample]) }
    func label(ofSecond sample: Int) -> String { Self.text(secondLabels[sample]) }

    private static func text(_ label: SplitFacts.Label) -> String {
        switch label {
        case .name(let name): "“\(name)”"
        case .id(let id): "class \(id)"
        case .values(let values): values.count == 1 ? "\(values[0])" : "\(values)"
        }
    }
}

/// The rules over two splits, found at the labels of the second.
enum SplitPairRules {
    static let all = [
        ContentRule(.labelDrift, drift), ContentRule(.ambiguousIDs, ambiguity), ContentRule(.missingClass, missing),
        ContentRule(.classShares, shares),
    ]

    private static func drift(_ pair: SplitPair) -> Trouble? {
        let drifts = pair.drifts
        guard let (first, second) = drifts.first else { return nil }
        return Trouble(
            "sample \(second), id \(pair.second.ids[second]), has the label \(pair.label(ofSecond: second)), but in the split "
                + "\(pair.first.name) it has \(pair.label(ofFirst: first))"
                + (drifts.count > 1 ? "; so have \(drifts.count) samples in all" : ""),
            "One of the two splits has its labels or ids in another order: record it again.")
    }

    private static func ambiguity(_ pair: SplitPair) -> Trouble? {
        guard pair.ambiguities > 0 else { return nil }
        return Trouble(
            "\(counted(pair.ambiguities, "id")) of the split \(pair.first.name) "
                + "\(pair.ambiguities == 1 ? "occurs" : "occur") here with another label and other inputs, so that an id does "
                + "not name one sample",
            "Number the samples of all splits through, or the splits cannot be compared sample by sample.")
    }

    private static func missing(_ pair: SplitPair) -> Trouble? {
        let (onlyFirst, onlySecond) = (
            pair.shares.filter { $0.second == 0 }.map(\.name), pair.shares.filter { $0.first == 0 }.map(\.name)
        )
        guard !onlyFirst.isEmpty || !onlySecond.isEmpty else { return nil }
        func words(_ names: [String]) -> String {
            (names.count == 1 ? "class " : "classes ") + listed(Array(names.prefix(5))) + (names.count > 5 ? ", …" : "")
        }
        let parts =
            (onlyFirst.isEmpty ? [] : ["\(words(onlyFirst)) of the split \(pair.first.name) not here"])
            + (onlySecond.isEmpty ? [] : ["\(words(onlySecond)) here and not in the split \(pair.first.name)"])
        return Trouble(
            parts.joined(separator: "; "), "Choose the samples of the splits so that each has every class.")
    }

    /// The total variation distance, against 0.1 and twice what sampling makes of equal shares at most:
    /// E[d] <= ½ sqrt(k (1/n + 1/m)) for k classes, by the inequality of Cauchy and Schwarz.
    private static func shares(_ pair: SplitPair) -> Trouble? {
        let shares = pair.shares
        let distance = shares.reduce(0) { $0 + abs($1.first - $1.second) } / 2
        let noise =
            (Double(shares.count) * (1 / Double(pair.first.ids.count) + 1 / Double(pair.second.ids.count))).squareRoot()
        guard distance > 0.1 + noise,
            let worst = shares.max(by: { abs($0.first - $0.second) < abs($1.first - $1.second) })
        else { return nil }
        func percent(_ share: Double) -> String { "\((1000 * share).rounded() / 10)%" }
        return Trouble(
            "class \(worst.name) has \(percent(worst.second)) of the samples, but \(percent(worst.first)) in the split "
                + pair.first.name,
            "I(Z;Y) of the two splits has different ceilings H(Y); choose the samples by class, or compare within a split."
        )
    }
}
