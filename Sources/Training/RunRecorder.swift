internal import Activations
internal import LinearAlgebra
internal import SampleFiles

/// Writes what a network makes of every recorded split to the archive, record by record.
///
/// Where it continues an archive, the records that are there are compared instead, and nothing is written before all of
/// them have come out the same.
struct RunRecorder {
    /// The splits by name, as many samples each as are recorded.
    let sampleCounts: [(split: String, samples: Int)]
    private(set) var recordedEpochs: [Int] = []
    private(set) var metrics: [String: Double] = [:]

    private var stage: Stage
    private let path: String
    private let description: ArchiveDescription
    private let options: WriterOptions
    private let layerNames: [String]
    private let data: DataSet
    private let train: LabelledSamples
    private let test: LabelledSamples?
    private let attacked: Attacked?
    private let measured: [Attacked]

    private typealias Attacked = (adversary: Adversary, samples: LabelledSamples)

    private enum Stage {
        case writing(ArchiveWriter)
        /// Nothing was written yet: the archive's next record to be compared.
        case replaying(ActivationArchive, next: Int)
        /// Between the two.
        case replayed
    }

    /// Creates the archive, or opens the one to continue; a file that is there is replaced only where the request says so.
    init(
        _ request: TrainingRequest, _ data: DataSet, _ network: MultilayerPerceptron, path: String
    ) throws(TrainingError) {
        self.data = data
        train = data.train.prefix(request.recordedSamples)
        test = data.test?.prefix(request.recordedSamples)
        attacked = if let adversary = request.adversary { try Self.attacked(adversary, train, test) } else { nil }
        var measured: [Attacked] = []
        for adversary in request.measuredAdversaries { measured.append(try Self.attacked(adversary, train, test)) }
        self.measured = measured
        let layers = Self.layers(of: network)
        layerNames = layers.map(\.name)
        func split(_ name: String, _ samples: LabelledSamples, changes: Bool) -> SplitDescription {
            let cell = Cell(
                samples: samples.count, unitShape: data.inputShape, values: .float32(samples.inputs.values))
            return SplitDescription(
                name: name, inputs: changes ? .perEpoch(shape: data.inputShape, type: .float32) : .fixed(cell),
                labels: .classes(samples.labels, names: data.classNames), sampleIDs: samples.sampleIDs, layers: layers)
        }
        var splits = [split("train", train, changes: false)]
        if let test { splits.append(split("test", test, changes: false)) }
        if let all = data.all { splits.append(split("all", all, changes: false)) }
        if let attacked { splits.append(split(attacked.adversary.splitName, attacked.samples, changes: true)) }
        sampleCounts = splits.map { ($0.name, $0.labels.count) }

        var description = ArchiveDescription(producer: request.producer, splits: splits)
        let training = request.trainingAdversary.map { ", trained on \($0.name)" } ?? ""
        description.title = request.title ?? "\(data.name), \(network.name)\(training)"
        description.model = network.name
        description.hyperparameters = try Provenance(request, data).json()
        description.metricNames = ["train_loss", "train_accuracy", "fisher_trace"]
        if test != nil { description.metricNames? += ["test_loss", "test_accuracy"] }
        if let attacked { description.metricNames?.append("\(attacked.adversary.splitName)_accuracy") }
        description.metricNames? += measured.map(\.adversary.metricName)
        options = WriterOptions(deflate: request.deflateLevel, synchronizes: request.synchronizes)
        self.path = path
        self.description = description
        guard !request.continues else {
            stage = try Self.replay(path, description, Provenance(request, data), options)
            return
        }
        let replaced = request.overwrites ? try ReplacedArchive(movingAside: path) : nil
        do throws(ArchiveError) {
            stage = .writing(try ArchiveWriter(creating: path, description, options: options))
        } catch {
            throw TrainingError(.archive, error.description + (replaced?.restore() ?? ""))
        }
        try replaced?.remove()
    }

    private static func replay(
        _ path: String, _ description: ArchiveDescription, _ provenance: Provenance, _ options: WriterOptions
    ) throws(TrainingError) -> Stage {
        let archive = try archiving { () throws(ArchiveError) in try ActivationArchive(opening: path) }
        let contradictions = try provenance.contradictions(with: archive.info.hyperparameters)
        guard contradictions.isEmpty else {
            throw TrainingError(
                .archive,
                "\(path): was recorded with other options: \(contradictions.joined(separator: "; ")). "
                    + "Give the options of the recording; only --epochs and --schedule may go further.")
        }
        return .replaying(archive, next: 0)
    }

    /// Refuses a path at which something stands that is not to be replaced.
    static func check(_ path: String, _ request: TrainingRequest) throws(TrainingError) {
        let found = FileBytes.exists(path)
        if found.folder {
            throw TrainingError(.archive, "\(path): a folder; expected a file to write. Give the name of a file in it.")
        }
        if request.data.paths.contains(path) {
            throw TrainingError(.archive, "\(path): is read as data; expected another file. Give another name.")
        }
        if request.continues {
            guard found.something else {
                throw TrainingError(
                    .archive,
                    "\(path): there is no such file; expected an archive to continue. Record without --continue first.")
            }
            return
        }
        if found.something, !request.overwrites {
            throw TrainingError(
                .archive, "\(path): exists; expected a new file. Give another name, or ask for it to be overwritten.")
        }
        if found.something { try ReplacedArchive.check(path) }
    }

    private static func attacked(
        _ adversary: Adversary, _ train: LabelledSamples, _ test: LabelledSamples?
    ) throws(TrainingError) -> Attacked {
        switch adversary.target {
        case .train: return (adversary, train)
        case .test:
            guard let test else {
                throw TrainingError(
                    .request,
                    "adversary: \(adversary.splitName) needs test samples; expected some, found a train share of 1. "
                        + "Lower the share, or attack the training samples.")
            }
            return (adversary, test)
        }
    }

    private static func layers(of network: MultilayerPerceptron) -> [LayerDescription] {
        let hidden = network.widths.dropFirst().dropLast()
        let classes = network.widths[network.widths.count - 1]
        var layers = hidden.enumerated().map { index, units in
            LayerDescription(
                name: "fc\(index + 1)", order: index + 1, kind: .dense, activation: network.activation.rawValue,
                unitShape: [units])
        }
        layers.append(
            LayerDescription(
                name: "logits", order: layers.count + 1, kind: .logits, activation: Activation.identity.rawValue,
                unitShape: [classes]))
        layers.append(
            LayerDescription(
                name: "softmax", order: layers.count + 1, kind: .softmax, activation: "softmax", unitShape: [classes]))
        return layers
    }

    /// Records the network as it is after `epoch`. Returns false, with nothing written, where a loss is not finite.
    mutating func record(_ learner: Learner, epoch: Int) throws(TrainingError) -> Bool {
        let onTrain = learner.evaluate(data.train, keeping: train.count)
        let onTest = data.test.map { learner.evaluate($0, keeping: test?.count ?? 0) }
        let onAll = data.all.map { learner.evaluate($0, keeping: $0.count) }
        let onAttacked = attacked.map {
            learner.evaluate($0.samples, keeping: $0.samples.count, adversary: $0.adversary, epoch: epoch)
        }
        let evaluations = [onTrain, onTest, onAll, onAttacked].compactMap(\.self)
        guard evaluations.allSatisfy({ $0.score.lossSum.isFinite }) else { return false }

        let trainCount = Double(data.train.count)
        metrics = [
            "train_loss": onTrain.score.lossSum / trainCount,
            "train_accuracy": Double(onTrain.score.correct) / trainCount,
            "fisher_trace": onTrain.score.fisherSum / trainCount,
        ]
        if let onTest, let test = data.test {
            metrics["test_loss"] = onTest.score.lossSum / Double(test.count)
            metrics["test_accuracy"] = Double(onTest.score.correct) / Double(test.count)
        }
        if let attacked, let onAttacked {
            metrics["\(attacked.adversary.splitName)_accuracy"] =
                Double(onAttacked.score.correct) / Double(attacked.samples.count)
        }
        for (adversary, samples) in measured {
            let score = learner.evaluate(samples, keeping: 0, adversary: adversary, epoch: epoch).score
            metrics[adversary.metricName] = Double(score.correct) / Double(samples.count)
        }
        if case .replaying(let archive, let next) = stage, next < archive.committedRecords {
            try compare(evaluations, epoch: epoch, with: archive, record: next)
            stage = .replaying(archive, next: next + 1)
        } else {
            try write(evaluations, epoch: epoch)
        }
        recordedEpochs.append(epoch)
        return true
    }

    private mutating func write(_ evaluations: [Learner.Evaluation], epoch: Int) throws(TrainingError) {
        try startWriting()
        guard case .writing(let writer) = stage else { return }
        try archiving { () throws(ArchiveError) in
            try writer.beginRecord(epoch: epoch)
            for ((name, _), evaluation) in zip(sampleCounts, evaluations) {
                if !evaluation.inputs.isEmpty { try writer.writeInputs(.float32(evaluation.inputs), split: name) }
                for (layer, values) in zip(layerNames, evaluation.outputs) {
                    try writer.write(.float32(values), split: name, layer: layer)
                }
            }
            try writer.commitRecord(metrics: metrics)
        }
    }

    /// After a replay, opens the archive for writing.
    private mutating func startWriting() throws(TrainingError) {
        guard case .replaying(_, let records) = stage else { return }
        // Lets go of the reader: who writes must be alone with the file.
        stage = .replayed
        let writer = try archiving { () throws(ArchiveError) in
            try ArchiveWriter(continuing: path, description, options: options)
        }
        guard writer.committedRecords == records else {
            try archiving(writer.close)
            throw TrainingError(
                .archive,
                "\(path): another program added records during the replay; expected \(records), found "
                    + "\(writer.committedRecords). Continue again.")
        }
        stage = .writing(writer)
    }

    /// Compares what the replay gives with what the archive holds.
    private func compare(
        _ evaluations: [Learner.Evaluation], epoch: Int, with archive: ActivationArchive, record: Int
    ) throws(TrainingError) {
        guard archive.epochs[record] == epoch else {
            throw TrainingError(
                .archive,
                "\(path): record \(record) is of epoch \(archive.epochs[record]), but the schedule asks for epoch \(epoch) "
                    + "there. Give the schedule of the recording (log:M depends on --epochs, every:K does not).")
        }
        for ((split, _), evaluation) in zip(sampleCounts, evaluations) {
            for (layer, values) in zip(layerNames, evaluation.outputs) {
                let isSame = try archiving { () throws(ArchiveError) in
                    try archive.holds(.float32(values), split: split, layer: layer, record: record)
                }
                guard isSame else {
                    throw TrainingError(
                        .archive,
                        "\(path):/splits/\(split)/layers/\(layer): the replay of epoch \(epoch) gives other numbers than "
                            + "the archive holds; another type of processor, other libraries or other data can do that. "
                            + "Continue on the machine of the recording, or record anew.")
                }
            }
        }
    }

    /// Closes the archive. One that a replay has found complete counts as closed by its recorder from now on.
    ///
    /// - Parameter isComplete: whether the run came to its end; a replay that was stopped leaves the archive as it was.
    mutating func close(isComplete: Bool = true) throws(TrainingError) {
        if let replay {
            guard isComplete else { return }
            guard replay.next == replay.committed else {
                throw TrainingError(
                    .archive,
                    "\(path): holds \(replay.committed) records, more than the \(replay.next) that are asked for; nothing "
                        + "was changed. Give at least as many epochs as were recorded.")
            }
            // Also where the archive says that it is closed: its recorder may have been killed just after saying so.
            try startWriting()
        }
        guard case .writing(let writer) = stage else { return }
        try archiving(writer.close)
    }

    /// How far the replay is, without the reader itself: whoever keeps that keeps the file from being written.
    private var replay: (committed: Int, next: Int)? {
        guard case .replaying(let archive, let next) = stage else { return nil }
        return (archive.committedRecords, next)
    }
}
