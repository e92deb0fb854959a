internal import Activations
internal import FoundationEssentials

/// Imports activations that another program has recorded into a new archive, which appears under its name when it is
/// complete.
///
/// Contradictions between epochs, layers, labels and inputs are found before anything is written, all at once; values
/// are checked as they are read. Nothing is rounded unless asked for, so that the numbers are those of the source to the
/// bit (bfloat16 becomes float32, which holds it exactly). Takes the memory of the inputs and of one layer of one epoch.
///
/// - Parameters:
///   - request: what is read, and what of it is kept.
///   - path: must not exist.
///   - progress: called after every layer of every epoch.
///   - shouldStop: asked after every layer; then nothing is left behind.
/// - Returns: what was imported; nil where it was stopped.
/// - Throws: `ImportError` of the sources, `ArchiveError` of the archive.
public func importArchive(
    _ request: ImportRequest, to path: String, progress: (ImportProgress) -> Void = { _ in },
    shouldStop: () -> Bool = { false }
) throws -> ImportSummary? {
    let unfinished = try UnfinishedArchive(for: path)
    let plan = try ImportPlan(request)
    do {
        let writer = try ArchiveWriter(
            creating: unfinished.temporaryPath, plan.description(request),
            options: WriterOptions(deflate: request.deflate))
        let total = plan.epochs.count * plan.layers.count
        var done = 0
        for source in plan.epochs {
            for (name, values) in plan.repeated where source.arrays[name] != nil {
                guard try source.read(name) == values else {
                    throw ImportError(
                        "\(source.place):\(name): differs from that of \(plan.epochs[0].place); the samples must be the same "
                            + "in all epochs. Give them by --inputs and --labels.")
                }
            }
            try writer.beginRecord(epoch: source.epoch)
            for layer in plan.layers {
                let values = try plan.values(of: layer, in: source)
                try writer.write(values, split: request.split, layer: layer.name)
                done += 1
                progress(ImportProgress(done: done, total: total, place: "epoch \(source.epoch) \(layer.name)"))
                if shouldStop() { return nil }
            }
            try writer.commitRecord()
        }
        try writer.close()
    } catch let error as ArchiveError {
        throw unfinished.renamed(error)
    }
    try unfinished.publish()
    return ImportSummary(
        epochs: plan.epochs.map(\.epoch), layers: plan.layers.map(\.name), samples: plan.labels.count,
        isNaturallyOrdered: request.layers == nil)
}

extension ImportPlan {
    func description(_ request: ImportRequest) -> ArchiveDescription {
        var description = ArchiveDescription(
            producer: request.producer,
            splits: [
                SplitDescription(
                    name: request.split, inputs: .fixed(inputs), labels: labels, sampleIDs: sampleIDs,
                    layers: layers.enumerated().map { index, layer in
                        LayerDescription(
                            name: layer.name, order: index + 1, kind: request.kinds[layer.name] ?? .other,
                            unitShape: Array(layer.layout.shape.dropFirst()), elementType: layer.type)
                    })
            ])
        description.title = request.title
        description.model = request.model
        description.hyperparameters =
            ImportProvenance(
                import: ImportProvenance.Facts(
                    layout: request.layout.rawValue, sources: request.sources, inputs: inputsPlace, labels: labelsPlace,
                    dtype: request.elementType?.rawValue)
            ).json
        description.metricNames = []
        return description
    }

    /// The values of a layer as they will be stored.
    func values(of layer: Layer, in source: any EpochSource) throws(ImportError) -> ElementArray {
        let values = try source.read(layer.name)
        let units = max(1, layer.layout.count / max(1, labels.count))
        func place(_ index: Int) -> String {
            "\(source.place):\(layer.name): \(values.text(at: index)) at sample \(index / units), unit \(index % units)"
        }
        if let (index, _) = values.firstNotFinite {
            throw ImportError(
                "\(place(index)); expected finite numbers. Leave the epoch or the layer out, and look at the loss and the "
                    + "learning rate.")
        }
        if let index = values.firstBeyond(layer.type) {
            throw ImportError("\(place(index)) is beyond what \(layer.type.rawValue) holds. Choose a wider --dtype.")
        }
        return values.rounded(to: layer.type)
    }
}

/// Where an imported archive comes from, for its hyperparameters.
private struct ImportProvenance: Encodable {
    struct Facts: Encodable {
        let layout: String
        let sources: [String]
        let inputs: String
        let labels: String
        let dtype: String?
    }

    let `import`: Facts

    var json: String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        guard let data = try? encoder.encode(self) else { preconditionFailure("text is valid JSON") }
        return String(decoding: data, as: UTF8.self)
    }
}
