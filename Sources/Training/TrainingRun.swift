internal import Activations

/// Where a run stands after an epoch.
public struct TrainingProgress: Sendable, Hashable {
    /// The epoch that has ended; 0 before training.
    public let epoch: Int
    /// The epochs of the whole run.
    public let epochs: Int
    /// The mean loss in nats over the batches of this epoch, each before its step; for epoch 0 over the training set.
    public let loss: Double
    /// The share of right answers over the same samples (with adversarial training, the changed ones).
    public let trainAccuracy: Double
    /// The share of right answers over the test samples, as of the last record; nil without test samples.
    public let testAccuracy: Double?
    /// Records in the archive.
    public let recordsWritten: Int
    /// Records that the schedule asks for.
    public let records: Int
}

/// What a run has left in its archive.
public struct TrainingSummary: Sendable, Hashable {
    /// The archive.
    public let path: String
    /// The network, as the archive names it.
    public let model: String
    /// Weights and biases.
    public let parameterCount: Int
    /// The recorded splits with their numbers of samples.
    public let splits: [Split]
    /// The epochs recorded.
    public let recordedEpochs: [Int]
    /// Whole epochs trained.
    public let trainedEpochs: Int
    /// Whether the run was stopped before its last epoch. The archive is whole and closed all the same.
    public let wasStopped: Bool
    /// The metrics of the last record, by name.
    public let metrics: [String: Double]

    /// A recorded split.
    public struct Split: Sendable, Hashable {
        /// Its name.
        public let name: String
        /// Its number of samples.
        public let samples: Int
    }
}

/// Trains a multilayer perceptron and records every scheduled epoch of it to a new archive.
///
/// Splits: `train` and `test`, `recordedSamples` of each, drawn by the seed; `all` for the 12-bit task; with an adversary, its
/// split of inputs that change per epoch (see ``Adversary/Target``). Layers: `fc1`, `fc2`, ... after their activation,
/// `logits`, `softmax`, orders from 1.
///
/// Metrics, over all training and test samples, not only the recorded ones: `train_loss`, `train_accuracy`,
/// `test_loss`, `test_accuracy` (losses in nats); `<adversarial split>_accuracy` over that split, and the likes of
/// `test_fgsm_accuracy` over the recorded samples, for every measured adversary; and `fisher_trace`,
/// the trace of the empirical Fisher information of the output layer,
/// (1/n) Σ_s ‖∇_{W,b}(−log p(y_s|x_s))‖² = (1/n) Σ_s ‖p_s − e_{y_s}‖²·(‖a_s‖² + 1), with W, b the output layer's weights
/// and biases, p_s the softmax, e the unit vector of the true label and a_s the layer below the logits. It is not the
/// Fisher information itself (labels are not drawn from p), and goes to 0 as the training loss does.
///
/// The same request, on the same machine, gives the same bytes in every activation data set.
///
/// - Parameters:
///   - request: data, network, training and schedule.
///   - path: the archive; an existing one is continued or replaced only where the request says so.
///   - progress: called before training and after every epoch.
///   - shouldStop: asked before every batch; on true the archive is closed whole with what was recorded.
/// - Throws: before anything is written, for an impossible request, bad data, or a path that is taken; later when the
///   archive cannot be written, or when the loss is no longer finite (the archive is then closed whole).
public func train(
    _ request: TrainingRequest, recordingTo path: String, progress: (TrainingProgress) -> Void = { _ in },
    shouldStop: () -> Bool = { false }
) throws(TrainingError) -> TrainingSummary {
    try request.validate()
    try RunRecorder.check(path, request)
    let schedule = try request.schedule.epochs(upTo: request.epochs)
    var data = try request.data.load(trainShare: request.trainShare, seed: request.seed)
    data.shuffle(seed: request.seed)
    if request.standardizesInputs { data.standardize() }
    let widths = [data.train.inputs.columns] + request.hidden + [data.classNames.count]
    let parameterCount = MultilayerPerceptron.parameterCount(of: widths)
    guard parameterCount <= 1_000_000_000 else {
        throw TrainingError(
            .request,
            "hidden layers: the network has \(parameterCount) parameters; expected at most 1000000000. "
                + "Take fewer units.")
    }
    let learner = Learner(request, data)
    var recorder = try RunRecorder(request, data, learner.network, path: path)

    func diverged(_ epoch: Int) throws(TrainingError) -> TrainingError {
        try recorder.close()
        return TrainingError(
            .diverged,
            "epoch \(epoch): the loss is no longer a finite number with learning rate \(request.learningRate). "
                + "Lower the learning rate; \(path) holds what was recorded before, whole.")
    }
    func report(_ epoch: Int, loss: Double, accuracy: Double) {
        progress(
            TrainingProgress(
                epoch: epoch, epochs: request.epochs, loss: loss, trainAccuracy: accuracy,
                testAccuracy: recorder.metrics["test_accuracy"], recordsWritten: recorder.recordedEpochs.count,
                records: schedule.count))
    }

    guard try recorder.record(learner, epoch: 0) else { throw try diverged(0) }
    report(0, loss: recorder.metrics["train_loss"] ?? .nan, accuracy: recorder.metrics["train_accuracy"] ?? .nan)
    let recorded = Set(schedule)
    let count = data.train.count
    let batchSize = min(request.batchSize, count)
    var trainedEpochs = 0
    var wasStopped = false
    training: for epoch in 1...request.epochs {
        var generator = RandomStream.order.generator(seed: request.seed, epoch)
        let order = generator.permutation(of: count)
        var score = NetworkPass.Score()
        for start in stride(from: 0, to: count, by: batchSize) {
            if shouldStop() {
                wasStopped = true
                break training
            }
            let batch = order[start..<min(start + batchSize, count)]
            score += learner.step(on: batch, of: data.train, epoch: epoch)
            guard score.lossSum.isFinite else { throw try diverged(epoch) }
        }
        trainedEpochs = epoch
        if recorded.contains(epoch) {
            guard try recorder.record(learner, epoch: epoch) else { throw try diverged(epoch) }
        }
        report(epoch, loss: score.lossSum / Double(count), accuracy: Double(score.correct) / Double(count))
    }
    try recorder.close(isComplete: !wasStopped)
    return TrainingSummary(
        path: path, model: learner.network.name, parameterCount: parameterCount,
        splits: recorder.sampleCounts.map { TrainingSummary.Split(name: $0.split, samples: $0.samples) },
        recordedEpochs: recorder.recordedEpochs, trainedEpochs: trainedEpochs, wasStopped: wasStopped,
        metrics: recorder.metrics)
}
