import Results

#if canImport(Darwin)
    import Darwin
#else
    import Glibc
#endif

/// A made-up run with curves like those of a real one, so that pages can be looked at and laws tested.
struct SyntheticRun {
    var id = "6f1c2f0e-0000-4000-8000-000000000001"
    var title = "12-bit task, tanh, 12-10-7-5-4-3-2"
    var epochs = (0..<40).map { $0 == 0 ? 0 : Int(exp(Double($0) * 0.2)) + $0 }
    var layers = ["fc1", "fc2", "fc3", "fc4", "logits", "softmax"]
    var splits = ["all"]
    var samples = 4096
    var discretizations = [20, 30, 40, 100].flatMap { ["width:\($0)@run", "width:\($0)@epoch"] }
    var targets = ["pmi-label", "pmi-soft", "label"]
    var inputShape = [12]
    var keepsPointwise = true
    var seed: UInt64 = 1

    var results: ResultSet {
        var results = ResultSet()
        results.insert(archive)
        for split in splits {
            results.insert(
                Measurement(
                    key: .init(archive: id, split: split, quantity: .labelEntropy, samples: samples), value: 0.9997))
            for (order, layer) in layers.enumerated() {
                for (record, epoch) in epochs.enumerated() {
                    insertCell(split, layer, order, epoch, record, into: &results)
                }
            }
        }
        results.insert(
            Provenance(
                request: "{\"binning\":[\"width:30@run\"],\"target\":[\"pmi-label\"]}", toolVersion: "0.1.0", seed: 1)
        )
        return results
    }

    private var archive: AnalyzedArchive {
        let progress = epochs.indices.map { Double($0) / Double(max(epochs.count - 1, 1)) }
        return AnalyzedArchive(
            id: id, title: title, model: "MLP, tanh, softmax output; SGD 0.05, batch 256", producer: "infoplane 0.1.0",
            created: "2026-01-01T12:00:00Z", hyperparameters: "{\"learningRate\":0.05,\"batch\":256,\"seed\":1}",
            contentDigest: "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08", epochs: epochs,
            metrics: [
                .init(name: "train_loss", values: progress.map { 0.7 * exp(-4 * $0) + 0.01 }),
                .init(name: "test_loss", values: progress.map { 0.72 * exp(-3.5 * $0) + 0.05 * $0 + 0.03 }),
                .init(name: "train_accuracy", values: progress.map { 1 - 0.5 * exp(-4 * $0) }),
                .init(name: "test_accuracy", values: progress.map { 0.97 - 0.47 * exp(-4 * $0) }),
                .init(name: "fisher_trace", values: progress.enumerated().map { $0 == 0 ? nil : 0.003 / (0.1 + $1) }),
            ],
            splits: splits.map {
                .init(
                    name: $0, samples: samples, inputShape: inputShape, inputsPerEpoch: false, classNames: ["0", "1"])
            },
            layers: layers.enumerated().map {
                .init(name: $1, order: $0, kind: "dense", activation: "tanh", units: 10 - $0)
            })
    }

    private func insertCell(
        _ split: String, _ layer: String, _ order: Int, _ epoch: Int, _ record: Int, into results: inout ResultSet
    ) {
        let ceiling = log2(Double(samples))
        let t = Double(record) / Double(max(epochs.count - 1, 1))
        let depth = Double(order) / Double(max(layers.count - 1, 1))
        let wobble = 0.01 * sin(Double(record * 7 + order * 3) + Double(seed))
        let relevance = min(0.9997, (1 - exp(-6 * t)) * (0.99 - 0.12 * depth) + 0.05 + wobble)
        for discretization in discretizations {
            let bins = Double(discretization.drop { !$0.isNumber }.prefix { $0.isNumber }) ?? 30
            let scale = 0.75 + 0.13 * log2(bins / 20 + 1) + (discretization.hasSuffix("epoch") ? 0.06 : 0)
            let rise = (1 - 0.75 * depth) * (1 - 0.35 * exp(-5 * t)) - 0.35 * depth * t
            let value = min(ceiling, max(0.1, ceiling * rise * scale + 5 * wobble))
            let flags = value > 0.9 * ceiling ? ["saturated", "undersampled"] : []
            var key = Measurement.Key(
                archive: id, split: split, layer: layer, order: order, epoch: epoch, quantity: .inputInformation,
                discretization: discretization, range: discretization.hasSuffix("run") ? "[-1,1]" : "",
                samples: samples)
            results.insert(Measurement(key: key, value: value, ceiling: ceiling, flags: flags))
            key.quantity = .layerEntropy
            results.insert(Measurement(key: key, value: value, ceiling: ceiling, flags: flags))
            key.quantity = .labelInformation
            results.insert(Measurement(key: key, value: relevance, ceiling: 0.9997, flags: flags))
            guard discretization == "width:30@run" else { continue }
            if keepsPointwise { results.keep(pointwise: pointwise(t, depth), for: key) }
            key.quantity = .totalCorrelation
            results.insert(Measurement(key: key, value: value * (0.4 + depth), flags: flags))
            insertGIB(key, t, depth, wobble, into: &results)
        }
    }

    private func pointwise(_ t: Double, _ depth: Double) -> [Double] {
        var generator = LinearGenerator(state: seed)
        return (0..<500).map { _ in
            let u = generator.uniform()
            return min(1, log2(0.3 + 1.7 * pow(u, 1 / (0.2 + 4 * t * (1.2 - depth)))))
        }
    }

    private func insertGIB(
        _ base: Measurement.Key, _ t: Double, _ depth: Double, _ wobble: Double, into results: inout ResultSet
    ) {
        let features = inputShape.reduce(1, *)
        let isImage = inputShape.count > 1
        for (place, target) in targets.enumerated() {
            var key = base
            key.target = target
            key.parameters = "input=width:30@unit;seed=0"
            key.quantity = .complexity
            let value = max(0.01, (0.5 - 0.1 * Double(place)) * (1 - exp(-5 * t)) * (1 - 0.3 * depth) + 0.05 + wobble)
            results.insert(
                Measurement(key: key, value: value, ceiling: 0.9997, flags: isImage ? ["saturated-inputs"] : []))
            let side = isImage ? inputShape.max() ?? 1 : features
            results.keep(
                FeatureTerms(
                    single: (0..<features).map { i in
                        let (x, y) = (
                            Double(i % side) / Double(side) - 0.5, Double(i / side % side) / Double(side) - 0.5
                        )
                        return 0.2 * t * exp(-12 * (x * x + y * y)) * (1 + 0.6 * sin(9 * x + 3 * Double(place)))
                    }, remaining: [Double](repeating: value, count: features)), for: key)
            guard target.hasPrefix("pmi") else { continue }
            key.quantity = .shuffledComplexity
            results.insert(Measurement(key: key, value: value * 0.8, ceiling: 0.9997))
        }
    }
}

/// A seeded generator, good enough for a picture.
struct LinearGenerator {
    var state: UInt64

    mutating func uniform() -> Double {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return Double(state >> 11) / Double(1 << 53)
    }
}
