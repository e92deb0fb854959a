import Activations
import Foundation
import LinearAlgebra
import Testing
import Training

@Suite struct RecordingTests {
    static func floats(_ archive: ActivationArchive, _ split: String, _ layer: String, _ record: Int) throws -> [Float]
    {
        let count = archive.splits.first { $0.name == split }!.sampleCount
        return try archive.activations(split: split, layer: layer, record: record, samples: 0..<count).values.asFloat()
    }

    static func metric(_ archive: ActivationArchive, _ name: String) -> [Double] {
        archive.metrics.first { $0.name == name }!.values
    }

    @Test func `the archive holds every split, layer and record, and says where it is from`() throws {
        let folder = try Folder()
        var request = try smallRequest(folder)
        request.seed = 4
        request.recordedSamples = 30
        let path = folder.path + "/a.h5"
        let summary = try train(request, recordingTo: path)
        let archive = try ActivationArchive(opening: path)
        #expect(archive.info.isClosed && archive.epochs == [0, 5, 10, 15, 20])
        #expect(archive.info.model == "MLP 2-8-4-2 tanh" && archive.info.title == "xor.csv, MLP 2-8-4-2 tanh")
        #expect(archive.info.producer == "infoplane")
        #expect(
            archive.info.hyperparameters
                == "{\"activation\":\"tanh\",\"batch_size\":20,\"classes\":2,\"data\":\"xor.csv\","
                + "\"data_files\":[\"\(folder.path)/xor.csv\"],\"epochs\":20,\"hidden\":[8,4],\"learning_rate\":0.1,"
                + "\"momentum\":0.9,\"optimizer\":\"sgd\",\"recorded_samples\":30,\"schedule\":\"every:5\",\"seed\":4,"
                + "\"standardized_inputs\":false,\"test_samples\":40,\"threads\":1,\"train_samples\":160}")
        var data = try request.data.load(seed: 4)
        data.shuffle(seed: 4)
        for (name, samples) in [("train", data.train), ("test", data.test!)] {
            let split = try #require(archive.splits.first { $0.name == name })
            #expect(split.sampleCount == 30)
            #expect(split.layers.map(\.name) == ["fc1", "fc2", "logits", "softmax"])
            #expect(split.layers.map(\.order) == [1, 2, 3, 4])
            #expect(split.layers.map(\.kind) == [.dense, .dense, .logits, .softmax])
            #expect(split.layers[0].activation == "tanh")
            #expect(split.layers.map(\.unitShape) == [[8], [4], [2], [2]])
            let inputs = try archive.inputs(split: name, record: 0, samples: 0..<30).values
            #expect(inputs == .float32(Array(samples.inputs.values[..<60])))
            #expect(try archive.labels(split: name) == .classes(Array(samples.labels[..<30]), names: ["0", "1"]))
            #expect(try archive.sampleIDs(split: name) == Array(samples.sampleIDs[..<30]))
        }
        for (name, value) in summary.metrics { #expect(Self.metric(archive, name).last == value) }
        // Record 0 is the network before training: the same seed makes it again.
        let network = MultilayerPerceptron(widths: [2, 8, 4, 2], activation: .tanh, seed: 4)
        let inputs = Matrix(rows: 30, columns: 2, values: Array(data.train.inputs.values[..<60]))
        for (layer, expected) in zip(["fc1", "fc2", "logits", "softmax"], network.outputs(for: inputs)) {
            let recorded = try Self.floats(archive, "train", layer, 0)
            // Other tile heights may round the last bit of a product otherwise.
            #expect(zip(recorded, expected.values).allSatisfy { abs($0 - $1) < 1e-6 })
        }
    }

    @Test func `loss, accuracy and Fisher trace are those of a slow computation sample by sample`() throws {
        let folder = try Folder()
        var request = try smallRequest(folder)
        request.activation = .softplus
        request.recordedSamples = 10
        let path = folder.path + "/a.h5"
        _ = try train(request, recordingTo: path, shouldStop: { true })
        let archive = try ActivationArchive(opening: path)
        var data = try request.data.load()
        data.shuffle(seed: 0)
        let network = MultilayerPerceptron(widths: [2, 8, 4, 2], activation: .softplus, seed: 0)
        let oracle = NetworkOracle(widths: network.widths, activation: .softplus)
        let parameters = doubles(network.parameters)
        let outputLayer = network.parameters.count - (4 * 2 + 2)
        var fisher = 0.0
        for row in 0..<data.train.count {
            let one = Matrix(rows: 1, columns: 2, values: Array(data.train.inputs.values[(2 * row)..<(2 * row + 2)]))
            let gradient = network.lossAndGradients(inputs: one, labels: [data.train.labels[row]]).parameters
            fisher += doubles(Array(gradient[outputLayer...])).reduce(0) { $0 + $1 * $1 }
        }
        // Float32 rounding, relative 1e-6 at most.
        #expect(abs(Self.metric(archive, "fisher_trace")[0] / (fisher / Double(data.train.count)) - 1) < 1e-5)
        for (name, samples) in [("train", data.train), ("test", data.test!)] {
            let inputs = rows(samples.inputs)
            #expect(
                abs(Self.metric(archive, "\(name)_loss")[0] - oracle.loss(parameters, inputs, samples.labels)) < 1e-5)
            let right = zip(inputs, samples.labels).filter { input, label in
                let logits = oracle.outputs(parameters, input)[2]
                return logits.indices.max { logits[$0] < logits[$1] } == label
            }
            #expect(Self.metric(archive, "\(name)_accuracy")[0] == Double(right.count) / Double(samples.count))
        }
    }

    @Test(arguments: [1, 2])
    func `the same seed gives the same bytes, another seed others`(threads: Int) throws {
        let folder = try Folder()
        var request = try smallRequest(folder)
        request.threads = threads
        request.adversary = Adversary(.pgd(steps: 2, stepSize: 0.1), epsilon: 0.2)
        request.trainingAdversary = request.adversary
        var digests: [String] = []
        for (name, seed) in [("a", 1), ("b", 1), ("c", 2)] {
            request.seed = UInt64(seed)
            let path = "\(folder.path)/\(name).h5"
            _ = try train(request, recordingTo: path)
            digests.append(try ActivationArchive(opening: path).contentDigest())
        }
        #expect(digests[0] == digests[1])
        #expect(digests[0] != digests[2])
    }

    // Evaluation goes in tiles of 1000 samples whatever the threads; only steps divide their batches among them.
    @Test func `the untrained network is recorded to the same bytes by any number of threads`() throws {
        let folder = try Folder()
        var request = TrainingRequest(data: .szt)
        request.adversary = Adversary(.pgd(steps: 2, stepSize: 0.1), epsilon: 0.2)
        let digests = try [1, 3].map { threads in
            request.threads = threads
            let path = "\(folder.path)/\(threads).h5"
            _ = try train(request, recordingTo: path, shouldStop: { true })
            return try ActivationArchive(opening: path).contentDigest()
        }
        #expect(digests[0] == digests[1])
    }

    @Test func `a stopped run leaves a whole archive`() throws {
        let folder = try Folder()
        let path = folder.path + "/a.h5"
        var epoch = 0
        let summary = try train(
            smallRequest(folder), recordingTo: path, progress: { epoch = $0.epoch }, shouldStop: { epoch == 7 })
        #expect(summary.wasStopped && summary.trainedEpochs == 7 && summary.recordedEpochs == [0, 5])
        let archive = try ActivationArchive(opening: path)
        #expect(archive.info.isClosed && archive.epochs == [0, 5])
    }

    @Test func `a run that diverges says when and leaves a whole archive`() throws {
        let folder = try Folder()
        let path = folder.path + "/a."
        var request = try smallRequest(folder)
        request.activation = .identity
        request.learningRate = 1e30
        let error = #expect(throws: TrainingError.self) { try train(request, recordingTo: path) }
        #expect(error?.kind == .diverged)
        #expect(error?.description.hasPrefix("epoch 1: the loss") == true)
        #expect(error?.description.contains("1e+30") == true)
        #expect(error?.description.contains("..") == false)
        let archive = try ActivationArchive(opening: path)
        #expect(archive.info.isClosed && archive.epochs == [0])
    }

    @Test func `FGSM moves every input by epsilon up the gradient, within the valid range`() throws {
        let folder = try Folder()
        var request = try smallRequest(folder)
        request.adversary = Adversary(.fgsm, epsilon: 0.25, target: .test)
        let path = folder.path + "/a.h5"
        _ = try train(request, recordingTo: path)
        let archive = try ActivationArchive(opening: path)
        var data = try request.data.load()
        data.shuffle(seed: 0)
        let test = data.test!
        let network = MultilayerPerceptron(widths: [2, 8, 4, 2], activation: .tanh, seed: 0)
        let slopes = network.lossAndGradients(inputs: test.inputs, labels: test.labels).inputs.values
        let all = data.train.inputs.values + test.inputs.values
        let bounds = (0..<2).map { column in
            let values = all.indices.filter { $0 % 2 == column }.map { all[$0] }
            return (values.min()!, values.max()!)
        }
        let expected = test.inputs.values.indices.map { i in
            let moved = test.inputs.values[i] + (slopes[i] > 0 ? 0.25 : -0.25)
            return min(max(moved, bounds[i % 2].0), bounds[i % 2].1)
        }
        let split = try #require(archive.splits.first { $0.name == "test-fgsm" })
        #expect(split.inputs.perEpoch)
        let first = try archive.inputs(split: "test-fgsm", record: 0, samples: 0..<test.count).values.asFloat()
        #expect(first == expected)
        let last = try archive.inputs(split: "test-fgsm", record: 4, samples: 0..<test.count).values.asFloat()
        #expect(last != first)
        // The recorded outputs are those for the changed inputs, and the attack does harm.
        let changed = Matrix(rows: test.count, columns: 2, values: first)
        let outputs = network.outputs(for: changed)[3].values
        let recorded = try Self.floats(archive, "test-fgsm", "softmax", 0)
        #expect(zip(outputs, recorded).allSatisfy { abs($0 - $1) < 1e-6 })
        #expect(
            network.lossAndGradients(inputs: changed, labels: test.labels).loss
                > network.lossAndGradients(inputs: test.inputs, labels: test.labels).loss)
        #expect(Self.metric(archive, "test-fgsm_accuracy").count == 5)
    }

    @Test(arguments: [Adversary.Attack.pgd(steps: 5, stepSize: 0.1), .noise])
    func `other attacks stay within epsilon and the valid range`(attack: Adversary.Attack) throws {
        let folder = try Folder()
        var request = TrainingRequest(data: .szt)
        request.epochs = 1
        request.recordedSamples = 100
        request.schedule = .list([1])
        request.adversary = Adversary(attack, epsilon: 0.25)
        let path = folder.path + "/a.h5"
        _ = try train(request, recordingTo: path)
        let archive = try ActivationArchive(opening: path)
        let name = request.adversary!.splitName
        let clean = try archive.inputs(split: "train", record: 0, samples: 0..<100).values.asFloat()
        let records = try (0...1).map { record in
            try archive.inputs(split: name, record: record, samples: 0..<100).values.asFloat()
        }
        #expect(records[0] != records[1])
        for changed in records {
            #expect(zip(clean, changed).allSatisfy { abs($0 - $1) <= 0.25 && (0...1).contains($1) })
            // Inputs are 0 or 1, so a step outwards is clipped: noise moves half of the 1200, sd 17; the bound is 5 sd.
            let moved = zip(clean, changed).filter { abs($0 - $1) == 0.25 }.count
            if attack == .noise { #expect(abs(moved - 600) < 90) }
        }
    }

    @Test func `training on the adversary makes the network harder to mislead`() throws {
        let folder = try Folder()
        var request = try smallRequest(folder)
        request.adversary = Adversary(.fgsm, epsilon: 0.5)
        request.epochs = 60
        request.schedule = .list([60])
        let plain = try train(request, recordingTo: folder.path + "/a.h5")
        request.trainingAdversary = request.adversary
        let trained = try train(request, recordingTo: folder.path + "/b.h5")
        #expect(trained.metrics["train-fgsm_accuracy"]! >= plain.metrics["train-fgsm_accuracy"]!)
        #expect(trained.metrics["train-fgsm_accuracy"]! > 0.9)
        #expect(try ActivationArchive(opening: folder.path + "/b.h5").info.title.hasSuffix("trained on fgsm"))
    }

    @Test func `standardized inputs have mean 0 and deviation 1 on the training samples`() throws {
        let folder = try Folder()
        let text = (0..<50).map { "\(1000 + $0),7,\($0 % 2)\n" }.joined()
        var request = TrainingRequest(data: .csv(path: try folder.write("t.csv", text)))
        request.standardizesInputs = true
        request.epochs = 1
        let path = folder.path + "/a.h5"
        _ = try train(request, recordingTo: path)
        let values = try ActivationArchive(opening: path).inputs(split: "train", record: 0, samples: 0..<40).values
        let first = doubles(values.asFloat().enumerated().filter { $0.offset % 2 == 0 }.map(\.element))
        // 40 values of size about 1 in Float32.
        #expect(abs(first.reduce(0, +) / 40) < 1e-6)
        #expect(abs(first.reduce(0) { $0 + $1 * $1 } / 40 - 1) < 1e-6)
        #expect(values.asFloat().enumerated().allSatisfy { $0.offset % 2 == 0 || $0.element == 0 })
    }
}
