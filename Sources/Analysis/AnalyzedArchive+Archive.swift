internal import Activations
internal import Results

extension AnalyzedArchive {
    /// Copies from an archive what a report needs of it.
    init(_ archive: ActivationArchive) throws(ArchiveError) {
        var layers: [Layer] = []
        for layer in archive.splits.flatMap(\.layers) where !layers.contains(where: { $0.name == layer.name }) {
            layers.append(
                Layer(
                    name: layer.name, order: layer.order, kind: layer.kind.rawValue, activation: layer.activation,
                    units: layer.unitShape.reduce(1, *)))
        }
        self.init(
            id: archive.info.id, title: archive.info.title, model: archive.info.model,
            producer: archive.info.producer, created: archive.info.created,
            hyperparameters: archive.info.hyperparameters, contentDigest: try archive.contentDigest(),
            epochs: archive.epochs,
            metrics: archive.metrics.map { metric in
                Metric(name: metric.name, values: metric.values.map { $0.isNaN ? nil : $0 })
            },
            splits: archive.splits.map { split in
                Split(
                    name: split.name, samples: split.sampleCount, inputShape: split.inputs.shape,
                    inputsPerEpoch: split.inputs.perEpoch, classNames: split.labels.classNames)
            },
            layers: layers.sorted { $0.order < $1.order })
    }
}

extension LabelsInfo {
    /// Whether the labels are real numbers, which need bins.
    var areValues: Bool {
        if case .values = self { return true }
        return false
    }

    /// The names of the classes, where there are any.
    var classNames: [String] {
        if case .classes(let names) = self { return names }
        return []
    }
}
