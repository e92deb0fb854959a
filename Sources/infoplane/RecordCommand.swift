import Activations
import ArgumentParser
import Training

struct RecordCommand: AsyncParsableCommand {
    enum DataSetName: String, ExpressibleByArgument, CaseIterable {
        case szt, idx, csv
    }

    enum AdversaryName: String, ExpressibleByArgument, CaseIterable {
        case fgsm, pgd, noise
    }

    enum TrainingInputs: String, ExpressibleByArgument, CaseIterable {
        case clean, fgsm, pgd, noise

        var adversary: AdversaryName? { AdversaryName(rawValue: rawValue) }
    }

    enum OptimizerName: String, ExpressibleByArgument, CaseIterable {
        case sgd, adam
    }

    static let configuration = CommandConfiguration(
        commandName: "record",
        abstract: "Train a multilayer perceptron and record its activations to an archive.",
        discussion: """
            DATA SETS:
              szt            the 12-bit task of Shwartz-Ziv and Tishby (2017): all 4096 patterns, generated
              idx FOLDER     IDX images and labels by their usual names, gzip or not; or name them by --images, --labels
              csv FILE       a table whose last column is the label

            Every hidden layer is recorded after its activation function, then logits and softmax; record 0 is before \
            training. Splits: train, test, for szt also all, and with --adversary one whose inputs change per epoch.

            EXAMPLES:
              infoplane record szt --activation tanh --epochs 1000 --schedule log:40 -o tanh.h5
              infoplane record idx /usr/share/datasets/fashion-mnist --activation relu --hidden 128,64,32 -o fashion.h5
              infoplane record idx images/ --adversary fgsm --epsilon 0.1 --adversarial-training -o robust.h5
              infoplane record idx images/ --train-on noise --adversary pgd --adversary-of test --measure fgsm -o noise.h5
              infoplane record csv iris.csv --hidden 8,4 --optimizer adam --learning-rate 0.01 -o iris.h5
              infoplane record szt --activation tanh --epochs 1000 --schedule log:40 -o tanh.h5 --continue
            """)

    @Argument(help: "The data set: szt, idx or csv.")
    var data: DataSetName

    @Argument(help: "The folder of IDX files, or the CSV file.", completion: .file())
    var source: String?

    @Option(name: .shortAndLong, help: "The archive to write; it must not exist.")
    var output: String

    @Option(help: "IDX images to train on.", completion: .file())
    var images: String?

    @Option(help: "IDX labels to train on.", completion: .file())
    var labels: String?

    @Option(help: "IDX images to test on.", completion: .file())
    var testImages: String?

    @Option(help: "IDX labels to test on.", completion: .file())
    var testLabels: String?

    @Option(help: "Units of the hidden layers, from the input on, comma-separated.")
    var hidden = "10,7,5,4,3"

    @Option(help: "The function of the hidden layers: \(Activation.allCases.map(\.rawValue).joined(separator: ", ")).")
    var activation = "tanh"

    @Option(help: "The rule of a step: sgd or adam.")
    var optimizer: OptimizerName = .adam

    @Option(help: "The momentum of sgd. (default: 0.9)")
    var momentum: Double?

    @Option(help: "The size of a step.")
    var learningRate = 0.003

    @Option(help: "Samples per step.")
    var batchSize = 128

    @Option(help: "Passes over the training samples.")
    var epochs = 100

    @Option(help: "The recorded epochs: every:K, log:M (M log-spaced), beside record 0, or a list such as 0,1,10.")
    var schedule = "log:30"

    @Option(help: "The seed of everything random.")
    var seed: UInt64 = 0

    @Option(help: "The share of the samples to train on where no test files are given. (default: 0.8)")
    var trainShare: Double?

    @Option(help: "How many samples of each of the splits train and test are recorded, drawn by the seed.")
    var recordedSamples = 5000

    @Flag(help: "Shift and scale every input to mean 0 and standard deviation 1 over the training samples.")
    var standardize = false

    @Option(help: "Record a split of changed inputs: fgsm, pgd or noise.")
    var adversary: AdversaryName?

    @Option(help: "The largest change of one input by any adversary. (default: 0.1)")
    var epsilon: Double?

    @Option(help: "The steps of pgd. (default: 10)")
    var pgdSteps: Int?

    @Option(help: "The step size of pgd. (default: 2.5 ε / steps, ε that of training in training)")
    var pgdStepSize: Double?

    @Option(help: "Which recorded samples the adversary changes: train or test. (default: train)")
    var adversaryOf: String?

    @Option(help: "Train on clean inputs, or on inputs that fgsm, pgd or noise changes at every step. (default: clean)")
    var trainOn: TrainingInputs?

    @Option(help: "The largest change of one input in training. (default: that of --epsilon)")
    var trainingEpsilon: Double?

    @Flag(help: "Train on the adversary's inputs: --train-on the same as --adversary.")
    var adversarialTraining = false

    @Option(
        help: ArgumentHelp(
            "An attack on the recorded test samples of which only the accuracy is kept, as the metric test_ATTACK_accuracy: "
                + "fgsm, pgd or noise; repeat for several.", valueName: "attack"))
    var measure: [AdversaryName] = []

    @Option(help: "Threads of the matrix products; the same number gives the same bytes.")
    var threads = 1

    @Option(help: "The archive's title.")
    var title: String?

    @Option(help: "Compress the activations at this level, 1 to 9. (default: not at all)")
    var deflate: Int?

    @Flag(help: "Force every record to the disk, against power loss.")
    var sync = false

    @Flag(help: "Replace an archive that exists, once the new one is created; no other file is replaced.")
    var overwrite = false

    @Flag(
        name: .customLong("continue"),
        help: ArgumentHelp(
            "Go on with an archive after its last record, by the same command line, perhaps with more epochs. The run is "
                + "replayed from its seed and must give the same records again."))
    var continues = false

    @Flag(help: "Print the summary as JSON.")
    var json = false

    func validate() throws {
        if continues, overwrite { throw ValidationError("--continue and --overwrite contradict each other") }
        if adversary == nil, adversaryOf != nil || adversarialTraining {
            throw ValidationError("--adversary-of and --adversarial-training need --adversary")
        }
        if adversarialTraining, let trainOn, trainOn.adversary != adversary {
            throw ValidationError(
                "--adversarial-training trains on \(adversary?.rawValue ?? "nothing"), but --train-on says "
                    + "\(trainOn.rawValue): leave one of them out")
        }
        if trainOn?.adversary == nil, !adversarialTraining, trainingEpsilon != nil {
            throw ValidationError("--training-epsilon needs --train-on fgsm, pgd or noise, or --adversarial-training")
        }
        let adversaries = [adversary, trainOn?.adversary].compactMap(\.self) + measure
        if adversaries.isEmpty, epsilon != nil {
            throw ValidationError("--epsilon needs --adversary, --train-on fgsm, pgd or noise, or --measure")
        }
        if !adversaries.contains(.pgd), pgdSteps != nil || pgdStepSize != nil {
            throw ValidationError("--pgd-steps and --pgd-step-size need pgd as --adversary, --train-on or --measure")
        }
        if Set(measure).count < measure.count {
            throw ValidationError("--measure names an attack twice; expected each once")
        }
        if optimizer != .sgd, momentum != nil { throw ValidationError("--momentum needs --optimizer sgd") }
        if data != .idx, images != nil || labels != nil || testImages != nil || testLabels != nil {
            throw ValidationError("--images, --labels, --test-images and --test-labels go with the data set idx")
        }
        switch data {
        case .szt where source != nil:
            throw ValidationError("szt is generated; expected no file, found '\(source ?? "")'")
        case .csv where source == nil: throw ValidationError("csv needs the file, as in: infoplane record csv iris.csv")
        case .idx where (source == nil) == (images == nil):
            throw ValidationError("idx needs either a folder or --images and --labels")
        case .idx where images != nil && labels == nil: throw ValidationError("--images needs --labels")
        default: break
        }
        do {
            _ = try Activation(named: activation)
            _ = try EpochSchedule(schedule)
            _ = try hiddenUnits()
            if let adversaryOf, Adversary.Target(rawValue: adversaryOf) == nil {
                throw ValidationError("--adversary-of \(adversaryOf): expected train or test")
            }
        } catch let error as TrainingError {
            throw ValidationError(error.description)
        }
    }

    func run() async throws {
        try await Terminal.reporting {
            let request = try request()
            Interruption.watch()
            let bar = ProgressBar("record")
            defer { bar.finish() }
            let clock = ContinuousClock()
            let start = clock.now
            let summary = try train(
                request, recordingTo: output,
                progress: { progress in
                    var note =
                        "loss \(decimals(progress.loss, 4)) · train \(decimals(100 * progress.trainAccuracy, 1))%"
                    if let test = progress.testAccuracy { note += " · test \(decimals(100 * test, 1))%" }
                    bar.update(done: progress.epoch, total: progress.epochs, note: note)
                },
                shouldStop: { Interruption.isRequested })
            bar.finish()
            if json {
                let archive = try ActivationArchive(opening: output)
                let metrics = summary.metrics.sorted { $0.key < $1.key }.map { ($0.key, JSONText.number($0.value)) }
                let extra: [(String, JSONText)] = [
                    ("model", .text(summary.model)), ("last_metrics", .object(metrics)),
                    ("interrupted", .truth(summary.wasStopped)), ("seconds", .number(start.seconds)),
                ]
                try Terminal.write(archive.summary(at: output, with: extra).text + "\n")
                if summary.wasStopped { throw ExitCode(1) }
                return
            }
            let seconds = (clock.now - start).components.seconds
            let splits = summary.splits.map { "\($0.name) (\($0.samples))" }.joined(separator: ", ")
            try Terminal.write(
                "\(output): \(summary.model), \(summary.recordedEpochs.count) records of \(splits) in "
                    + "\(seconds) s\n")
            let accuracies = summary.metrics.filter { $0.key.hasSuffix("accuracy") }.sorted { $0.key < $1.key }
            try Terminal.write(
                "last record: "
                    + accuracies.map { "\($0.key) \(decimals(100 * $0.value, 1))%" }.joined(separator: ", ") + "\n")
            if summary.wasStopped {
                Terminal.note("stopped after epoch \(summary.trainedEpochs): the archive is whole and can be analyzed.")
                throw ExitCode(1)
            }
        }
    }

    private func request() throws -> TrainingRequest {
        let source: DataSource
        switch data {
        case .szt: source = .szt
        case .csv: source = .csv(path: self.source ?? "")
        case .idx:
            if let folder = self.source {
                source = .idx(try IDXFiles(inFolder: folder))
            } else {
                source = .idx(
                    try IDXFiles(
                        trainImages: images ?? "", trainLabels: labels ?? "", testImages: testImages,
                        testLabels: testLabels))
            }
        }
        var request = TrainingRequest(data: source)
        request.hidden = try hiddenUnits()
        request.activation = try Activation(named: activation)
        request.optimizer = optimizer == .adam ? .adam : .sgd(momentum: momentum ?? 0.9)
        request.learningRate = learningRate
        request.batchSize = batchSize
        request.epochs = epochs
        request.schedule = try EpochSchedule(schedule)
        request.seed = seed
        request.trainShare = trainShare
        request.recordedSamples = recordedSamples
        request.standardizesInputs = standardize
        request.threads = threads
        request.title = title
        request.producer = "infoplane \(Infoplane.version)"
        request.deflateLevel = deflate
        request.synchronizes = sync
        request.overwrites = overwrite
        request.continues = continues
        let target = Adversary.Target(rawValue: adversaryOf ?? "train") ?? .train
        let epsilon = epsilon ?? 0.1
        request.adversary = adversary.map { changing($0, by: epsilon, of: target) }
        request.trainingAdversary = (adversarialTraining ? adversary : trainOn?.adversary)
            .map { changing($0, by: trainingEpsilon ?? epsilon, of: .train) }
        request.measuredAdversaries = measure.map { changing($0, by: epsilon, of: .test) }
        return request
    }

    private func changing(
        _ name: AdversaryName, by epsilon: Double, of target: Adversary.Target
    ) -> Adversary {
        let steps = pgdSteps ?? 10
        let attack: Adversary.Attack =
            switch name {
            case .fgsm: .fgsm
            case .noise: .noise
            case .pgd: .pgd(steps: steps, stepSize: pgdStepSize ?? 2.5 * epsilon / Double(max(1, steps)))
            }
        return Adversary(attack, epsilon: epsilon, target: target)
    }

    private func hiddenUnits() throws -> [Int] {
        if hidden.isEmpty || hidden == "none" { return [] }
        return try hidden.split(separator: ",", omittingEmptySubsequences: false).map { part in
            guard let units = Int(part), units > 0 else {
                throw ValidationError(
                    "--hidden \(hidden): '\(part)' is no width; expected a list such as 10,7,5, or none")
            }
            return units
        }
    }
}
