/// Everything that decides what a run computes and records.
public struct TrainingRequest: Sendable, Hashable, Codable {
    /// Where the data come from.
    public var data: DataSource
    /// Units of the hidden layers, inputs first; none gives softmax regression. Default 10, 7, 5, 4, 3.
    public var hidden = [10, 7, 5, 4, 3]
    /// The function of every hidden layer. Default tanh.
    public var activation = Activation.tanh
    /// The rule of a step. Default Adam: with SGD and momentum a narrow relu network dies for some seeds.
    public var optimizer = Optimizer.adam
    /// The size η of a step. Default 0.003.
    public var learningRate = 0.003
    /// Samples per step; the last batch of an epoch holds what is left. Default 128.
    public var batchSize = 128
    /// Passes over the training samples. Default 100.
    public var epochs = 100
    /// The seed of everything random: the split, the first weights, the order of the samples, attacks. Default 0.
    public var seed: UInt64 = 0
    /// The share of the samples to train on where the test samples are not files of their own; nil for 0.8.
    public var trainShare: Double?
    /// Whether every input is shifted and scaled to mean 0 and standard deviation 1 over the training samples.
    public var standardizesInputs = false
    /// The recorded epochs. Default 30 epochs spaced logarithmically.
    public var schedule = EpochSchedule.logarithmic(count: 30)
    /// At most how many samples of the training set, and of the test set, are recorded, drawn by the seed. Default 5000.
    public var recordedSamples = 5000
    /// Who changes inputs, for a recorded split of changed inputs. Default nobody.
    public var adversary: Adversary?
    /// Who changes every training batch before the step, so that it is never seen as it was: the same as `adversary`, or
    /// another, for a network that is trained on one attack and shown to another. Its target does not count. Default nobody.
    public var trainingAdversary: Adversary?
    /// Who attacks the recorded samples of their targets for a metric (see ``Adversary/metricName``) and no split. At most
    /// one per attack and target. Default nobody.
    public var measuredAdversaries: [Adversary] = []
    /// Threads that share each batch; another number changes the last bits of the results. Default 1.
    public var threads = 1
    /// The archive's title; nil for one made of the data's name and the network.
    public var title: String?
    /// The program that records, with its version, as the archive names it. Default `infoplane`.
    public var producer = "infoplane"
    /// The level of the archive's deflate filter, 1 to 9; nil for none.
    public var deflateLevel: Int?
    /// Whether each record is forced to the disk, against power loss.
    public var synchronizes = false
    /// Whether an archive that exists at the archive's path is replaced, once the new one is created. Another file never
    /// is.
    public var overwrites = false

    /// Whether the archive at the path is continued after its last record: the run is replayed from its seed, every record
    /// that is there must come out the same, and those that are not are added. Only epochs and schedule may have grown.
    public var continues = false

    /// Creates the request with defaults for everything but the data.
    public init(data: DataSource) {
        self.data = data
    }

    /// Checks what can be checked without data. `train` calls it.
    ///
    /// - Throws: an error of kind `request` that names the first impossible number.
    public func validate() throws(TrainingError) {
        func check(_ holds: Bool, _ name: String, _ found: String, _ expected: String) throws(TrainingError) {
            guard !holds else { return }
            throw TrainingError(.request, "\(name): \(found) is impossible; expected \(expected). Change it.")
        }
        let wrongWidth = hidden.first { $0 < 1 || $0 > 1_000_000 }
        try check(wrongWidth == nil, "hidden layers", "\(wrongWidth ?? 0) units", "from 1 to 1000000 units per layer")
        try check(learningRate > 0 && learningRate.isFinite, "learning rate", "\(learningRate)", "a number above 0")
        if case .sgd(let momentum) = optimizer {
            try check(momentum >= 0 && momentum < 1, "momentum", "\(momentum)", "a number from 0 to below 1")
        }
        try check(batchSize >= 1, "batch size", "\(batchSize)", "a whole number from 1")
        try check((1...10_000_000).contains(epochs), "epochs", "\(epochs)", "a whole number from 1 to 10000000")
        try check(recordedSamples >= 1, "recorded samples", "\(recordedSamples)", "a whole number from 1")
        try check(threads >= 1 && threads <= 256, "threads", "\(threads)", "a whole number from 1 to 256")
        try check(
            deflateLevel.map { (1...9).contains($0) } ?? true, "deflate", "level \(deflateLevel ?? 0)",
            "a level from 1 to 9")
        for adversary in [adversary, trainingAdversary].compactMap(\.self) + measuredAdversaries {
            try check(
                adversary.epsilon > 0 && adversary.epsilon.isFinite, "epsilon", "\(adversary.epsilon)",
                "a number above 0")
            if case .pgd(let steps, let stepSize) = adversary.attack {
                try check(steps >= 1, "pgd steps", "\(steps)", "a whole number from 1")
                try check(stepSize > 0 && stepSize.isFinite, "pgd step size", "\(stepSize)", "a number above 0")
            }
        }
        let metrics = measuredAdversaries.map(\.metricName)
        if let twice = metrics.first(where: { name in metrics.count { $0 == name } > 1 }) {
            throw TrainingError(
                .request,
                "measured adversaries: two have the metric \(twice); expected one per attack and target. Leave one out."
            )
        }
        _ = try schedule.epochs(upTo: epochs)
    }
}
