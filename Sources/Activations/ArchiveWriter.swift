internal import HDF5

/// Records activations to a new archive, record by record, so that a committed record survives the death of the
/// process at any instant.
///
///     let writer = try ArchiveWriter(creating: "run.h5", description)
///     try writer.beginRecord(epoch: 0)
///     try writer.write(.float32(values), split: "train", layer: "fc1")    // once for every layer of every split
///     try writer.commitRecord(metrics: ["train_loss": 0.7])
///     try writer.close()
///
/// `ArchiveWriter(continuing:)` adds records to an archive that is there. A record that was begun and not committed leaves no trace for readers; `beginRecord` starts it anew. After a
/// refused value the writer may go on with a new `beginRecord`, after a failure of the disk no more. Not safe for use
/// by several tasks at once.
public final class ArchiveWriter {
    /// The path as given.
    public let path: String
    /// Records safely written.
    public private(set) var committedRecords = 0

    private let file: File
    private let options: WriterOptions
    private let committed: Dataset
    private let epochs: Series
    private let steps: Series?
    private var metrics: [String: Series] = [:]
    private let metricsGroup: Group?
    private let splits: [String: SplitWriter]
    /// Whether readers may follow. Until then objects can be created.
    private var isShared = false
    private var isClosed = false
    private var hasFailed = false
    private var pending: (epoch: Int, step: Int?)?
    private var last: (epoch: Int, step: Int?)?

    /// Creates the file with all its objects. A file that exists is left alone and an error thrown.
    ///
    /// - Throws: every contradiction of the description at once, before anything is created.
    public init(
        creating path: String, _ description: ArchiveDescription, options: WriterOptions = WriterOptions()
    ) throws(ArchiveError) {
        let findings = DescriptionCheck.findings(in: description, path: path)
        guard findings.isEmpty else { throw ArchiveError(.refused, findings: findings) }
        self.path = path
        self.options = options
        file = try FileAccess.create(path)
        do throws(HDF5Error) {
            let root = file.root
            try Self.writeAttributes(of: description, to: root)
            committed = try root.write([0], to: "committed", shape: [])
            epochs = try Series(named: "epoch", in: root, of: .int64)
            steps = description.hasSteps ? try Series(named: "step", in: root, of: .int64) : nil
            metricsGroup = try root.createGroup("metrics")
            let splitsGroup = try root.createGroup("splits")
            var splits: [String: SplitWriter] = [:]
            for split in description.splits {
                let name = ArchiveLayout.stored(split.name)
                splits[name] = try SplitWriter(split, in: splitsGroup.createGroup(name), options: options)
            }
            self.splits = splits
            if let names = description.metricNames { try share(metricNames: names) }
        } catch {
            file.abandon()
            FileAccess.remove(path)
            throw ArchiveError(writing: error)
        }
    }

    /// Opens an archive to add records to it: one that was closed, or one whose recorder was killed.
    ///
    /// The new records follow the last committed one; what the killed recorder left behind it is written over.
    ///
    /// - Parameters:
    ///   - path: the archive that goes on.
    ///   - description: what the caller is about to record. Splits, inputs, labels, layers, steps and the names of
    ///     metrics must be those of the file; what it says about itself (id, title, ...) is left as it stands there.
    ///   - options: how records are written from now on.
    /// - Throws: every contradiction at once; where a program holds the file; where its last record is damaged. Then the
    ///   file is as it was.
    public init(
        continuing path: String, _ description: ArchiveDescription, options: WriterOptions = WriterOptions()
    ) throws(ArchiveError) {
        let stored = try Continuation(of: path, with: description)
        self.path = path
        self.options = options
        do throws(HDF5Error) {
            try File.clearWriterMark(of: path)
            // Not in two steps: killed between them, the writer would leave a file that nobody can read.
            file = try File(opening: path, .readWriteWhileRead)
        } catch {
            throw ArchiveError(
                .inaccessible, at: path, "could not \(error.operation) (\(error.reason))",
                "Wait until no program uses the file, or copy it to a place where you may write.")
        }
        do throws(HDF5Error) {
            let root = file.root
            committed = try root.dataset("committed")
            epochs = try Series(of: root.dataset("epoch"))
            steps = description.hasSteps ? try Series(of: root.dataset("step")) : nil
            metricsGroup = stored.metricNames.isEmpty ? nil : try root.group("metrics")
            for name in stored.metricNames {
                metrics[name] = try metricsGroup.map { group throws(HDF5Error) in
                    try Series(of: group.dataset(name))
                }
            }
            let splitsGroup = try root.group("splits")
            var splits: [String: SplitWriter] = [:]
            for split in description.splits {
                let name = ArchiveLayout.stored(split.name)
                splits[name] = try SplitWriter(continuing: split, in: splitsGroup.group(name))
            }
            self.splits = splits
            try root.setAttribute("closed", to: .uint8(0))
            try file.flush()
        } catch {
            file.abandon()
            throw ArchiveError(writing: error)
        }
        isShared = true
        committedRecords = stored.records
        last = stored.last
    }

    private static func writeAttributes(of description: ArchiveDescription, to root: Group) throws(HDF5Error) {
        try root.setAttribute("format", to: .string(ArchiveSchema.format))
        try root.setAttribute("version", to: .string(ArchiveSchema.version))
        try root.setAttribute("id", to: .string(description.id))
        try root.setAttribute("created", to: .string(description.created))
        try root.setAttribute("producer", to: .string(description.producer))
        try root.setAttribute("title", to: .string(description.title))
        try root.setAttribute("model", to: .string(description.model))
        try root.setAttribute("hyperparameters", to: .string(description.hyperparameters))
        if let source = description.derivedFrom { try root.setAttribute("derived_from", to: .string(source)) }
        try root.setAttribute("closed", to: .uint8(0))
    }

    /// Creates the metrics, the last objects, and lets readers in. Creating an object later could cost the file.
    private func share(metricNames: [String]) throws(HDF5Error) {
        if let metricsGroup {
            for name in metricNames {
                metrics[name] = try Series(named: ArchiveLayout.stored(name), in: metricsGroup, of: .float64)
            }
        }
        try file.flush()
        try file.startSWMRWriting()
        isShared = true
    }

    /// Begins the next record; an uncommitted one is given up.
    ///
    /// - Parameters:
    ///   - epoch: 0 = before training, none is negative. Epochs grow from record to record; with steps, the pair (epoch, step) does.
    ///   - step: given exactly when the description has steps.
    public func beginRecord(epoch: Int, step: Int? = nil) throws(ArchiveError) {
        try checkOpen()
        guard (step != nil) == (steps != nil) else {
            throw ArchiveError(
                .refused, at: "\(path):/step",
                steps == nil
                    ? "a step is given, but the archive was created without" : "no step is given for epoch \(epoch)",
                "Give every record a step, or none.")
        }
        if epoch < 0 || step ?? 0 < 0 {
            throw ArchiveError(
                .refused, at: epoch < 0 ? "\(path):/epoch" : "\(path):/step",
                epoch < 0 ? "the epoch is \(epoch)" : "the step is \(step ?? 0)",
                "Count from 0, which is before training.")
        }
        if let last, (epoch, step ?? 0) <= (last.epoch, last.step ?? 0) {
            throw ArchiveError(
                .refused, at: "\(path):/epoch",
                "epoch \(epoch) follows epoch \(last.epoch); records must be written in ascending order",
                "Record every epoch once.")
        }
        pending = (epoch, step)
        for split in splits.values { split.forgetRecord() }
    }

    /// Writes the activations of one layer for all samples of the split, row-major, for the record that is begun.
    ///
    /// Float values are accepted for a float16 layer and rounded to nearest even; beyond 65504 they are refused.
    ///
    /// - Throws: where a value is NaN or infinite, naming epoch, sample and unit; then nothing of it is written.
    public func write(_ values: ElementArray, split: String, layer: String) throws(ArchiveError) {
        let (epoch, writer) = try epochAndSplit(split)
        let layer = ArchiveLayout.stored(layer)
        guard let series = writer.layers[layer] else {
            throw Unknown.layer(layer, of: writer.name, among: writer.layers.keys.sorted(), in: path)
        }
        try write(values, to: series, epoch: epoch)
    }

    /// Writes the inputs of a split whose inputs change per epoch, for the record that is begun.
    public func writeInputs(_ values: ElementArray, split: String) throws(ArchiveError) {
        let (epoch, writer) = try epochAndSplit(split)
        guard let series = writer.perEpochInputs else {
            throw ArchiveError(
                .refused, at: "\(path):/splits/\(writer.name)/inputs",
                "the inputs were written when the archive was created, and do not change per epoch",
                "Create the archive with inputs per epoch.")
        }
        try write(values, to: series, epoch: epoch)
    }

    private func epochAndSplit(_ split: String) throws(ArchiveError) -> (Int, SplitWriter) {
        try checkOpen()
        guard let pending else {
            throw ArchiveError(.refused, at: path, "no record is begun", "Begin a record before writing to it.")
        }
        let name = ArchiveLayout.stored(split)
        guard let writer = splits[name] else { throw Unknown.split(name, among: splits.keys.sorted(), in: path) }
        return (pending.epoch, writer)
    }

    private func write(_ values: ElementArray, to series: RecordSeries, epoch: Int) throws(ArchiveError) {
        let values = try series.accept(values, epoch: epoch)
        do throws(HDF5Error) {
            try series.write(values, record: committedRecords)
        } catch {
            throw failure(error)
        }
    }

    /// Commits the record that is begun: from now on nothing short of a broken disk loses it.
    ///
    /// - Parameter values: numbers of this record by name; one that is absent is stored as NaN, "not measured".
    /// - Throws: where a layer of the record is missing, or a metric has a name that the first record did not have.
    public func commitRecord(metrics values: [String: Double] = [:]) throws(ArchiveError) {
        try checkOpen()
        guard let pending else {
            throw ArchiveError(.refused, at: path, "no record is begun", "Begin a record before committing it.")
        }
        let missing = splits.values.flatMap(\.missing).sorted()
        guard missing.isEmpty else {
            throw ArchiveError(
                .refused,
                findings: missing.map {
                    ArchiveError.Finding(
                        location: "\(path):\($0)", problem: "nothing was written for epoch \(pending.epoch)",
                        remedy: "Write every layer of every split before committing.")
                })
        }
        if isShared, let name = values.keys.sorted().first(where: { metrics[$0] == nil }) {
            throw ArchiveError(
                .refused, at: "\(path):/metrics/\(name)",
                "this metric is new at epoch \(pending.epoch); the archive has \(listed(metrics.keys.sorted()))",
                "Name all metrics when the archive is created, or give them with the first record.")
        }
        let findings = isShared ? [] : DescriptionCheck.metrics(values.keys.sorted(), path: path)
        guard findings.isEmpty else { throw ArchiveError(.refused, findings: findings) }
        do throws(HDF5Error) {
            if !isShared { try share(metricNames: values.keys.sorted()) }
            try epochs.write([pending.epoch], record: committedRecords)
            if let steps, let step = pending.step { try steps.write([step], record: committedRecords) }
            for (name, series) in metrics { try series.write([values[name] ?? .nan], record: committedRecords) }
            // The counter must not reach the disk before what it counts.
            try flush()
            try committed.write([committedRecords + 1])
            try flush()
        } catch {
            throw failure(error)
        }
        committedRecords += 1
        last = pending
        self.pending = nil
    }

    private func flush() throws(HDF5Error) {
        try file.flush()
        if options.synchronizes { try file.synchronize() }
    }

    /// Marks the archive as closed normally and closes it. A record that is not committed is given up.
    ///
    /// After a failure of the disk there is nothing to close: the file lies as a killed process would leave it, whole up
    /// to the last committed record, and this call does nothing. Without this call the file is closed when the writer is released, and says that it was not closed normally.
    public func close() throws(ArchiveError) {
        guard !isClosed, !hasFailed else { return }
        isClosed = true
        do throws(HDF5Error) {
            try file.root.setAttribute("closed", to: .uint8(1))
            try flush()
            try file.close()
        } catch {
            throw failure(error)
        }
    }

    /// Gives the file up as it lies, because closing it now would damage it.
    private func failure(_ error: HDF5Error) -> ArchiveError {
        hasFailed = true
        file.abandon()
        // The writer holds the open data sets, which must not be closed either.
        _ = Unmanaged.passRetained(self)
        return ArchiveError(writing: error)
    }

    private func checkOpen() throws(ArchiveError) {
        guard !hasFailed else {
            throw ArchiveError(
                .refused, at: path, "writing has failed; the archive ends with \(counted(committedRecords, "record"))",
                "Record to a new archive.")
        }
        guard !isClosed else {
            throw ArchiveError(.refused, at: path, "the archive is closed", "Record to a new archive.")
        }
    }
}

extension Dataset {
    /// Makes room for a record. A killed writer may have left rows beyond the committed ones: they are written over in
    /// place, because while others read, a data set must not shrink.
    func makeRoom(for record: Int) throws(HDF5Error) {
        guard try shape[0] <= record else { return }
        try extend(toRows: record + 1)
    }
}

/// A data set with a few numbers per record.
struct Series {
    let dataset: Dataset

    init(named name: String, in group: Group, of type: ElementType, width: Int? = nil) throws(HDF5Error) {
        let row = width.map { [$0] } ?? []
        dataset = try group.createDataset(
            name, of: type, shape: [0] + row, growable: true, chunk: [ArchiveLayout.seriesRows] + row)
    }

    /// A data set that is there.
    init(of dataset: Dataset) { self.dataset = dataset }

    func write<T: Element>(_ row: [T], record: Int) throws(HDF5Error) {
        let rest = try dataset.shape.dropFirst()
        try dataset.makeRoom(for: record)
        try dataset.write(row, start: [record] + rest.map { _ in 0 }, count: [1] + rest)
    }
}
