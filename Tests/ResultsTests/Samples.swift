import Foundation
import Results

/// A small set with every kind of entry.
func makeResults(archive: String = "a", value: Double = 0.1) -> ResultSet {
    var results = ResultSet()
    results.insert(
        AnalyzedArchive(
            id: archive, title: "tiny", model: "MLP 2-1", producer: "test", created: "2026-01-01T00:00:00Z",
            hyperparameters: "{\"seed\":1}", contentDigest: "d1", epochs: [0, 10],
            metrics: [.init(name: "train_loss", values: [nil, 0.25])],
            splits: [
                .init(name: "train", samples: 4, inputShape: [2], inputsPerEpoch: false, classNames: ["no", "yes"])
            ],
            layers: [.init(name: "fc1", order: 1, kind: "dense", activation: "tanh", units: 1)]))
    results.insert(
        Measurement(key: .init(archive: archive, split: "train", quantity: .labelEntropy, samples: 4), value: 1))
    for epoch in [10, 0] {
        var key = Measurement.Key(
            archive: archive, split: "train", layer: "fc1", order: 1, epoch: epoch, quantity: .labelInformation,
            discretization: "width:2@[0,1]", samples: 4)
        results.insert(Measurement(key: key, value: value, ceiling: 1, flags: ["saturated", "undersampled"]))
        results.keep(pointwise: [1, -0.5, 0, 1], for: key)
        key.quantity = .complexity
        key.target = "pmi-label"
        key.parameters = "input=width:30@unit"
        results.insert(Measurement(key: key, value: 1.0 / 3, standardError: 0.01, nullMean: 0, pValue: 0.5))
        results.keep(FeatureTerms(single: [0, 0.5], remaining: [0.25, 1]), for: key)
        results.keep(null: [0, 0.25], for: key)
    }
    results.insert(
        Reduction(
            archive: archive, name: "kpca:2", fittedSplit: "train", samples: 4, eigenvalues: [2, 1],
            residuals: [1e-12, 2e-12]))
    results.insert(Failure(archive: archive, split: "train", layer: "fc2", epoch: 10, reason: "NaN, with \"quotes\""))
    results.insert(Provenance(request: "{}", toolVersion: "0.1.0", seed: .max))
    return results
}

/// A fresh folder that is removed at the end of the test.
func withFolder<T>(_ body: (String) throws -> T) throws -> T {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    return try body(folder.path + "/")
}

extension Table {
    var csv: String {
        var text = ""
        writeCSV { text += $0 }
        return text
    }

    var json: String {
        var text = ""
        writeJSON { text += $0 }
        return text
    }
}
