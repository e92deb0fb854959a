#if canImport(Darwin)
    internal import Darwin
#else
    internal import Glibc
#endif

/// How far a subset has come, and what it held in the end.
public struct SubsetProgress: Sendable {
    /// Cells copied: layers of a record.
    public let done: Int
    /// Cells to copy.
    public let total: Int
    /// The cell just copied.
    public let place: String
}

extension ActivationArchive {
    /// Copies a part of this archive, or all of it, to a new one, which appears under its name when it is complete.
    ///
    /// The new archive has an id of its own and names this one as `derived_from`; its hyperparameters tell, beside the
    /// original ones, what was cut (key `subset`). Only committed records are copied; metrics, steps, class names and
    /// what layers say of themselves are kept. The bytes of everything read are compared with their digests.
    /// Takes the memory of one cell of all samples and its cut copy.
    ///
    /// - Parameters:
    ///   - selection: what is copied; everything by default.
    ///   - path: must not exist.
    ///   - producer: the program that asks, with its version.
    ///   - deflate: level 1 to 9; nil for none.
    ///   - progress: called after every cell.
    ///   - shouldStop: asked after every cell; then nothing is left behind.
    /// - Returns: whether it was completed.
    /// - Throws: names that are not there, data that are damaged, and values that the new type cannot hold.
    public func writeSubset(
        _ selection: ArchiveSelection = ArchiveSelection(), to path: String, producer: String, deflate: Int? = nil,
        progress: (SubsetProgress) -> Void = { _ in }, shouldStop: () -> Bool = { false }
    ) throws(ArchiveError) -> Bool {
        try checkIsOther(path)
        let resolved = try ResolvedSelection(selection, of: self)
        let unfinished = try UnfinishedArchive(for: path)
        let provenance = SubsetProvenance(
            source: info.id, sourceContent: try contentDigest(), sourceProducer: info.producer,
            sourceCreated: info.created, splits: selection.splits, layers: selection.layers,
            epochs: selection.records == nil ? nil : resolved.records.map { epochs[$0] }, samples: selection.samples,
            dtype: selection.elementType?.rawValue)
        return try copy(
            resolved, as: selection.elementType, to: unfinished, producer: producer,
            hyperparameters: adding(provenance, as: "subset", to: info.hyperparameters), deflate: deflate,
            progress: progress, shouldStop: shouldStop)
    }

    /// Copies what was resolved, and compares the bytes of everything with their digests.
    ///
    /// - Parameters:
    ///   - type: what layers become; nil: as they are.
    ///   - hyperparameters: of the new archive.
    /// - Returns: whether it was completed; else nothing is left behind.
    func copy(
        _ resolved: ResolvedSelection, as type: NumberType?, to unfinished: consuming UnfinishedArchive,
        producer: String, hyperparameters: String, deflate: Int?, progress: (SubsetProgress) -> Void,
        shouldStop: () -> Bool
    ) throws(ArchiveError) -> Bool {
        let description = try description(
            of: resolved, as: type, producer: producer, hyperparameters: hyperparameters)
        do throws(ArchiveError) {
            let writer = try ArchiveWriter(
                creating: unfinished.temporaryPath, description, options: WriterOptions(deflate: deflate))
            let total = resolved.records.count * resolved.splits.reduce(0) { $0 + $1.layers.count }
            var done = 0
            for record in resolved.records {
                try writer.beginRecord(epoch: epochs[record], step: steps?[record])
                for split in resolved.splits {
                    if split.info.inputs.perEpoch {
                        let cell = try verifiedInputs(of: split, record: record)
                        try writer.writeInputs(cell.values, split: split.info.name)
                    }
                    for layer in split.layers {
                        let cell = try verifiedCell(layer, of: split, record: record)
                        let values = try Self.converted(
                            cell, to: type ?? layer.elementType,
                            at: "\(self.path):/splits/\(split.info.name)/layers/\(layer.name)", epoch: epochs[record])
                        try writer.write(values, split: split.info.name, layer: layer.name)
                        done += 1
                        progress(
                            SubsetProgress(
                                done: done, total: total, place: "\(split.info.name) \(layer.name) \(epochs[record])"))
                        if shouldStop() { return false }
                    }
                }
                var values: [String: Double] = [:]
                for metric in metrics { values[metric.name] = metric.values[record] }
                try writer.commitRecord(metrics: values)
            }
            try writer.close()
        } catch {
            throw unfinished.renamed(error)
        }
        try unfinished.publish()
        return true
    }

    func checkIsOther(_ output: String) throws(ArchiveError) {
        var (source, target) = (stat(), stat())
        guard stat(path, &source) == 0, stat(output, &target) == 0, source.st_dev == target.st_dev,
            source.st_ino == target.st_ino
        else { return }
        throw ArchiveError(
            .exists, at: output, "this is the archive that would be copied; nothing was overwritten",
            "Choose another path.")
    }

    // MARK: Description

    private func description(
        of resolved: ResolvedSelection, as type: NumberType?, producer: String, hyperparameters: String
    ) throws(ArchiveError) -> ArchiveDescription {
        var splits: [SplitDescription] = []
        for split in resolved.splits {
            let name = split.info.name
            guard try labelDigestsMatch(split: name) else {
                throw Self.damaged("\(path):/splits/\(name)/labels", "labels or sample ids")
            }
            let inputs: SplitDescription.Inputs =
                split.info.inputs.perEpoch
                ? .perEpoch(shape: split.info.inputs.shape, type: split.info.inputs.elementType)
                : .fixed(try verifiedInputs(of: split, record: 0))
            splits.append(
                SplitDescription(
                    name: name, inputs: inputs, labels: try labels(split: name).prefix(split.samples),
                    sampleIDs: Array(try sampleIDs(split: name).prefix(split.samples)),
                    layers: split.layers.map { layer in
                        LayerDescription(
                            name: layer.name, order: layer.order, kind: layer.kind, activation: layer.activation,
                            module: layer.module, pooling: layer.pooling, unitShape: layer.unitShape,
                            elementType: type ?? layer.elementType)
                    }))
        }
        var description = ArchiveDescription(producer: producer, splits: splits)
        description.title = info.title
        description.model = info.model
        description.hyperparameters = hyperparameters
        description.derivedFrom = info.id
        description.metricNames = metrics.map(\.name)
        description.hasSteps = steps != nil
        return description
    }

    // MARK: Cells

    private func verifiedInputs(of split: ResolvedSelection.Split, record: Int) throws(ArchiveError) -> Cell {
        let name = split.info.name
        let cell = try inputs(split: name, record: record, samples: 0..<split.info.sampleCount)
        guard try storedInputDigest(split: name, record: record) == Digest.of(cell.values).hexadecimal else {
            let place = split.info.inputs.perEpoch ? "inputs of epoch \(epochs[record])" : "inputs"
            throw Self.damaged("\(path):/splits/\(name)/inputs", place)
        }
        return cell.prefix(split.samples)
    }

    private func verifiedCell(
        _ layer: LayerInfo, of split: ResolvedSelection.Split, record: Int
    ) throws(ArchiveError) -> Cell {
        let name = split.info.name
        let cell = try activations(split: name, layer: layer.name, record: record, samples: 0..<layer.sampleCount)
        guard try storedDigest(split: name, layer: layer.name, record: record) == Digest.of(cell.values) else {
            throw Self.damaged("\(path):/splits/\(name)/layers/\(layer.name)", "values of epoch \(epochs[record])")
        }
        return cell.prefix(split.samples)
    }

    private static func damaged(_ place: String, _ what: String) -> ArchiveError {
        ArchiveError(
            .malformed, at: place, "the \(what) are not what was recorded: their SHA-256 differs",
            "Copy the archive again from its source, or leave this part out.")
    }

    private static func converted(
        _ cell: Cell, to type: NumberType, at place: String, epoch: Int
    ) throws(ArchiveError) -> ElementArray {
        if let index = cell.values.firstBeyond(type) {
            throw ArchiveError(
                .refused, at: place,
                "\(cell.values.text(at: index)) at epoch \(epoch), sample \(index / max(1, cell.units)), unit "
                    + "\(index % max(1, cell.units)) is beyond what \(type.rawValue) holds",
                "Choose a wider type, or leave this layer out.")
        }
        return cell.values.rounded(to: type)
    }
}

extension Labels {
    /// Of the first samples.
    fileprivate func prefix(_ samples: Int) -> Labels {
        switch self {
        case .classes(let ids, let names): .classes(Array(ids.prefix(samples)), names: names)
        case .values(let values, let width): .values(Array(values.prefix(samples * width)), width: width)
        }
    }
}

extension Cell {
    /// The first rows.
    fileprivate func prefix(_ samples: Int) -> Cell {
        guard samples < self.samples else { return self }
        return Cell(samples: samples, unitShape: unitShape, values: values.prefix(samples * units))
    }
}
