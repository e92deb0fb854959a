/// Everything that is known of a layer once its records have been read.
struct LayerFacts {
    let info: LayerInfo
    let epochs: [Int]
    /// One per committed record that could be read.
    let records: [(record: Int, facts: RecordFacts)]

    /// Whether the layer stands before an activation function, by what the archive says: it is linear, and no function
    /// is named.
    var isBeforeActivation: Bool {
        guard Self.isLinear(info.activation) else { return false }
        switch info.kind {
        case .dense, .convolution, .logits: return true
        case .other:
            let words = "\(info.name) \(info.module ?? "")".lowercased()
            return ["linear", "conv", "dense"].contains { words.contains($0) }
        default: return false
        }
    }

    /// Whether the archive says so outright: logits, or an activation function that is the identity.
    var claimsToBeLinear: Bool {
        isBeforeActivation && (info.kind == .logits || !(info.activation ?? "").isEmpty)
    }

    private static func isLinear(_ activation: String?) -> Bool {
        ["", "none", "identity", "linear"].contains((activation ?? "").lowercased())
    }

    var low: Double { records.map(\.facts.low).min() ?? .infinity }
    var high: Double { records.map(\.facts.high).max() ?? -.infinity }

    /// "epoch 10", for messages.
    func epoch(_ record: Int) -> String { "epoch \(epochs[record])" }

    /// "epoch 10", "epoch 10 and 3 other records": the first of the records and how many there are.
    func epochs(of records: [Int]) -> String {
        guard let first = records.first else { return "no record" }
        return records.count == 1
            ? epoch(first) : "\(epoch(first)) and \(counted(records.count - 1, "other record"))"
    }
}

/// The rules over what a layer recorded: each is one function over the facts.
enum LayerRules {
    static let all = [
        ContentRule(.notFinite, notFinite), ContentRule(.digestDiffers, digests), ContentRule(.rangeDiffers, ranges),
        ContentRule(.negativeAfterReLU, negativeAfterReLU), ContentRule(.overwrittenInPlace, overwrittenInPlace),
        ContentRule(.noNegatives, noNegatives), ContentRule(.deadLayer, deadLayer), ContentRule(.deadUnits, deadUnits),
        ContentRule(.constantUnits, constantUnits), ContentRule(.halfTies, halfTies), ContentRule(.wideType, wideType),
    ]

    private static func notFinite(_ layer: LayerFacts) -> Trouble? {
        let found = layer.records.filter { $0.facts.notFinite != nil }
        guard let (record, facts) = found.first, let place = facts.notFinite else { return nil }
        return Trouble(
            "\(place.text) at \(layer.epoch(record)), sample \(place.sample), unit \(place.unit)"
                + (found.count > 1 ? ", and in \(counted(found.count - 1, "other record"))" : "")
                + "; expected finite numbers",
            "Look at the loss and the learning rate of this run, and record it again.")
    }

    private static func digests(_ layer: LayerFacts) -> Trouble? {
        DigestFindings.trouble(layer.records.filter { !$0.facts.hasStoredDigest }.map(\.record), layer.epochs)
    }

    /// Bins of `width:B@run` and `@epoch` lie over the stored ranges.
    private static func ranges(_ layer: LayerFacts) -> Trouble? {
        let found = layer.records.filter { _, facts in
            guard facts.notFinite == nil, let stored = facts.storedRange else { return false }
            return stored.low != facts.low || stored.high != facts.high
        }
        guard let (record, facts) = found.first, let stored = facts.storedRange else { return nil }
        return Trouble(
            "at \(layer.epochs(of: found.map(\.record))) the stored range is [\(stored.low), \(stored.high)], but the "
                + "values of epoch \(layer.epochs[record]) reach from \(facts.low) to \(facts.high); analyze bins by the range",
            "Copy the archive again from its source, or record again.")
    }

    private static func negativeAfterReLU(_ layer: LayerFacts) -> Trouble? {
        guard ["relu", "relu6"].contains((layer.info.activation ?? "").lowercased()),
            let (record, facts) = layer.records.first(where: { $0.facts.low < 0 })
        else { return nil }
        return Trouble(
            "the activation function is “\(layer.info.activation ?? "")”, but \(facts.low) occurs at \(layer.epoch(record))",
            "Name the function after which the layer was recorded, or record it after the ReLU.")
    }

    /// Zeros beside positive values, and nothing negative, are what an in-place ReLU leaves in the tensor of the layer
    /// before it. That contradicts what says outright that it is linear.
    private static func overwrittenInPlace(_ layer: LayerFacts) -> Trouble? {
        guard layer.claimsToBeLinear, layer.low == 0, layer.high > 0 else { return nil }
        return Trouble(
            "this layer claims to be linear, but in no record is a value negative, and "
                + "\(counted(layer.records.reduce(0) { $0 + $1.facts.zeros }, "value")) are exactly 0: so looks what an "
                + "in-place ReLU has overwritten",
            "Clone the output in the hook, or make the next ReLU not in place, and record again.")
    }

    /// A suggestion where no function is named, because the layer may have been recorded after one.
    private static func noNegatives(_ layer: LayerFacts) -> Trouble? {
        guard layer.isBeforeActivation, layer.low >= 0, layer.high > 0, overwrittenInPlace(layer) == nil else {
            return nil
        }
        return Trouble(
            "no activation function is named, and in no record is a value negative: an in-place ReLU may have overwritten it",
            "Name the function after which it was recorded (attribute “activation”), or clone the output in the hook and "
                + "record again.")
    }

    private static func deadLayer(_ layer: LayerFacts) -> Trouble? {
        let found = layer.records.filter { $0.facts.deadUnits == layer.info.units }.map(\.record)
        guard !found.isEmpty else { return nil }
        return Trouble(
            "every unit is 0 for every sample at \(layer.epochs(of: found))",
            "This layer carries no information there; look at the learning rate and the biases.")
    }

    private static func deadUnits(_ layer: LayerFacts) -> Trouble? {
        let units = layer.info.units
        return counts(
            of: layer, "0 for all samples", "Dead units add nothing; fewer units or another seed may.",
            count: { $0.deadUnits == units ? 0 : $0.deadUnits })
    }

    private static func constantUnits(_ layer: LayerFacts) -> Trouble? {
        counts(
            of: layer, "one value, not 0, for all samples",
            "They are saturated, or know nothing of the input; look at the scale of inputs and weights.",
            count: { $0.constantUnits })
    }

    /// How many units are so, in the record with the most of them.
    private static func counts(
        of layer: LayerFacts, _ words: String, _ remedy: String, count: (RecordFacts) -> Int
    ) -> Trouble? {
        // One sample is constant always.
        guard layer.info.sampleCount > 1 else { return nil }
        let found = layer.records.filter { count($0.facts) > 0 }
        guard let most = found.max(by: { count($0.facts) < count($1.facts) }) else { return nil }
        return Trouble(
            "units with \(words): \(count(most.facts)) of \(layer.info.units) at \(layer.epoch(most.record)), the most; there "
                + "are some in \(found.count) of \(counted(layer.records.count, "record")), from "
                + "\(layer.epoch(found[0].record)) to \(layer.epoch(found[found.count - 1].record))",
            remedy)
    }

    /// Where float16 cannot tell apart what it should: rows of samples with different inputs are the same, or there are
    /// few numbers of this type between the extremes.
    private static func halfTies(_ layer: LayerFacts) -> Trouble? {
        guard layer.info.elementType == .float16 else { return nil }
        let remedy = "Record this layer as float32."
        if let most = layer.records.max(by: { $0.facts.repeatedRows < $1.facts.repeatedRows }) {
            let repeated = most.facts.repeatedRows
            if repeated * 100 > layer.info.sampleCount {
                let share = (1000 * Double(repeated) / Double(layer.info.sampleCount)).rounded() / 10
                return Trouble(
                    "\(repeated) of \(counted(layer.info.sampleCount, "sample")) (\(share)%) have, at \(layer.epoch(most.record)), "
                        + "the same row as another sample with other inputs",
                    remedy)
            }
        }
        for (record, facts) in layer.records where facts.notFinite == nil && facts.low < facts.high {
            let steps = Half.steps(from: Float(facts.low), to: Float(facts.high))
            if steps < 256 {
                return Trouble(
                    "float16 has only \(counted(steps + 1, "number")) from \(facts.low) to \(facts.high), between which all "
                        + "values of \(layer.epoch(record)) lie",
                    remedy)
            }
        }
        return nil
    }

    private static func wideType(_ layer: LayerFacts) -> Trouble? {
        guard layer.info.elementType == .float64, !layer.records.isEmpty,
            layer.records.allSatisfy({ $0.facts.fitsFloat32 && $0.facts.notFinite == nil })
        else { return nil }
        return Trouble(
            "every value of every record is a float32, but the layer is stored as float64",
            "Record it as float32: half the size, the same numbers.")
    }
}

extension Half {
    /// How many float16 numbers lie after `low` up to `high`, both being float16 numbers.
    static func steps(from low: Float, to high: Float) -> Int {
        func rank(_ value: Float) -> Int {
            let bits = Int(Half.bits(value))
            return bits & 0x8000 == 0 ? bits : -(bits & 0x7FFF)
        }
        return rank(high) - rank(low)
    }
}
