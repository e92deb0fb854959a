internal import Findings

/// What was found and how sure it is, in words, from the verdicts.
struct Headline {
    /// One sentence: the finding.
    let title: String
    /// What it rests on: one entry per run, or group of runs, and quantity.
    let grounds: [Ground]

    /// A name, such as a quantity or a run, and what is said of it.
    struct Ground {
        let subject: String
        let text: String
    }

    /// - Parameters:
    ///   - stages: the runs and groups that the page shows.
    ///   - verdicts: those of every run, by its name.
    init(stages: [Stage], verdicts: [String: [Verdict]]) {
        guard stages.count > 1 || stages.first?.isGroup == true else {
            (title, grounds) = Self.words(on: stages.first?.runs.first, verdicts)
            return
        }
        let found = stages.map { stage in stage.runs.map { run in Finding(Self.inputs(of: run, verdicts)) } }
        title = Self.counted(found.flatMap(\.self)) ?? "In none of \(found.joined().count) runs is compression found."
        grounds = zip(stages, found).map { stage, found in
            guard stage.isGroup else { return Ground(subject: stage.name, text: found.first?.sentence ?? "") }
            return Ground(subject: stage.name, text: Self.sorted(found))
        }
    }

    /// What is found in one run, and its grounds.
    private static func words(on run: Run?, _ verdicts: [String: [Verdict]]) -> (String, [Ground]) {
        guard let run else { return ("Nothing was measured", []) }
        let all = (verdicts[run.name] ?? []).filter { $0.split == run.splits.first }
        let inputs = Finding(Self.inputs(of: run, verdicts))
        guard !all.isEmpty else {
            return ("No quantity was measured over epochs, so that nothing can be said of compression", [])
        }
        var grounds: [Ground] = []
        if let words = Self.evidence(inputs.verdicts) { grounds.append(Ground(subject: "I(X;Z)", text: words)) }
        let labels = all.filter { $0.quantity == .labelInformation }
        if !labels.isEmpty { grounds.append(Ground(subject: "I(Z;Y)", text: Finding(labels).falls)) }
        for target in Set(all.filter { $0.quantity == .complexity }.map(\.target)).sorted() {
            let own = all.filter { $0.quantity == .complexity && $0.target == target }
            grounds.append(Ground(subject: "C \(target)", text: Finding(own).falls))
        }
        return (inputs.sentence, grounds)
    }

    /// The verdicts on I(X;Z) of the first split.
    private static func inputs(of run: Run, _ verdicts: [String: [Verdict]]) -> [Verdict] {
        (verdicts[run.name] ?? []).filter { $0.split == run.splits.first && $0.quantity == .inputInformation }
    }

    /// In how many of several runs each layer compresses; nil where none does in any.
    private static func counted(_ found: [Finding]) -> String? {
        let layers = layers(of: found).map { layer in (layer, Self.count(.compresses, layer, found)) }
        let counts = Set(layers.map(\.1)).subtracting([0]).sorted(by: >)
        let parts = counts.enumerated().map { place, count in
            let names = layers.filter { $0.1 == count }.map(\.0)
            let verb = names.count == 1 ? "compresses its input" : "compress their input"
            let extent =
                count < found.count ? "\(count) of \(found.count)" : count == 2 ? "both" : "all \(count)"
            return "\(Finding.joined(names)) \(place == 0 ? "\(verb) " : "")in \(extent)\(place == 0 ? " runs" : "")"
        }
        return parts.isEmpty ? nil : parts.joined(separator: ", ") + "."
    }

    /// The layers of several runs by answer, with counts.
    private static func sorted(_ found: [Finding]) -> String {
        let answers: [(Verdict.Answer, String)] = [
            (.compresses, "Compresses"), (.doesNotCompress, "does not compress"), (.undecided, "cannot be decided"),
        ]
        let parts = answers.compactMap { answer, words -> String? in
            let layers = layers(of: found).compactMap { layer -> String? in
                let count = count(answer, layer, found)
                return count == 0 ? nil : "\(layer) (\(count) of \(found.count))"
            }
            return layers.isEmpty ? nil : "\(words): \(layers.joined(separator: ", "))"
        }
        let text = parts.joined(separator: "; ")
        return text.prefix(1).uppercased() + text.dropFirst() + "."
    }

    private static func layers(of found: [Finding]) -> [String] {
        var layers: [String] = []
        for layer in found.flatMap({ $0.verdicts.map(\.layer) }) where !layers.contains(layer) { layers.append(layer) }
        return layers
    }

    private static func count(_ answer: Verdict.Answer, _ layer: String, _ found: [Finding]) -> Int {
        found.count { $0.verdicts.contains { $0.layer == layer && $0.answer == answer } }
    }

    /// The strongest evidence: the largest sure fall; where there is none, why nothing is decided.
    private static func evidence(_ verdicts: [Verdict]) -> String? {
        let sure = verdicts.filter { $0.answer == .compresses }
        if let best = sure.max(by: { ($0.headline?.fall ?? 0) < ($1.headline?.fall ?? 0) }), let head = best.headline {
            let interval = head.interval.map {
                " (95% interval \(percent($0.lowerBound)) to \(percent($0.upperBound)), simultaneous over epochs and layers)"
            }
            return
                "Largest in \(best.layer): it falls by \(percent(head.fall))\(interval ?? "") from its peak at epoch "
                + "\(head.peakEpoch), by \(head.name); \(best.reason)."
        }
        let reasons = Dictionary(grouping: verdicts.filter { $0.answer == .undecided }, by: \.reason)
        if let reason = reasons.max(by: { ($0.value.count, $1.key) < ($1.value.count, $0.key) }) {
            return "Open for \(Finding.joined(reason.value.map(\.layer))): \(reason.key)."
        }
        return verdicts.first.map { "\($0.reason.prefix(1).uppercased() + $0.reason.dropFirst()) (\($0.layer))." }
    }

    private static func percent(_ share: Double) -> String { Decimal.rounded(100 * share, places: 0) + "%" }
}

/// The answers of one quantity of one run, by layer.
struct Finding {
    let verdicts: [Verdict]

    init(_ verdicts: [Verdict]) { self.verdicts = verdicts }

    var compressing: [String] { layers(.compresses) }
    var steady: [String] { layers(.doesNotCompress) }
    var undecided: [String] { layers(.undecided) }

    private func layers(_ answer: Verdict.Answer) -> [String] {
        verdicts.filter { $0.answer == answer }.map(\.layer)
    }

    /// Which layers compress their input.
    var sentence: String {
        if verdicts.isEmpty { return "I(X;Z) was not measured over epochs." }
        var parts: [String] = []
        if !compressing.isEmpty {
            parts.append(
                "\(Self.joined(compressing)) \(compressing.count == 1 ? "compresses its" : "compress their") input")
        }
        if !steady.isEmpty {
            let verb = steady.count == 1 ? "does not" : "do not"
            parts.append(
                "\(Self.joined(steady)) \(verb)"
                    + (compressing.isEmpty ? " compress \(steady.count == 1 ? "its" : "their") input" : ""))
        }
        if !undecided.isEmpty {
            parts.append(
                parts.isEmpty
                    ? "Whether \(Self.joined(undecided)) \(undecided.count == 1 ? "compresses its" : "compress their") input cannot be decided"
                    : "for \(Self.joined(undecided)) it cannot be decided")
        }
        return parts.joined(separator: "; ") + "."
    }

    /// Of which layers the quantity falls.
    var falls: String {
        var parts: [String] = []
        if !compressing.isEmpty { parts.append("falls in \(Self.joined(compressing))") }
        if !steady.isEmpty { parts.append("does not fall in \(Self.joined(steady))") }
        if !undecided.isEmpty { parts.append("open for \(Self.joined(undecided))") }
        let text = parts.joined(separator: "; ")
        return text.prefix(1).uppercased() + text.dropFirst() + "."
    }

    /// `fc1, fc2 and fc3`; of more than six the first five and how many more.
    static func joined(_ names: [String]) -> String {
        guard names.count > 1, let last = names.last else { return names.first ?? "" }
        if names.count > 6 { return names.prefix(5).joined(separator: ", ") + " and \(names.count - 5) more" }
        return names.dropLast().joined(separator: ", ") + " and " + last
    }
}
