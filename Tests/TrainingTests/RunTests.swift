import Foundation
import Testing
import Training

/// Four clouds around the corners of a square, labelled by XOR: no straight line separates them.
func exclusiveOr(_ folder: Folder, samples: Int = 200) throws -> DataSource {
    var text = "x,y,label\n"
    for i in 0..<samples {
        let (a, b) = (i & 1, i >> 1 & 1)
        let (dx, dy) = (0.3 * sin(Double(i) * 12.9898), 0.3 * sin(Double(i) * 78.233))
        text += "\(Double(2 * a - 1) + dx),\(Double(2 * b - 1) + dy),\(a ^ b)\n"
    }
    return .csv(path: try folder.write("xor.csv", text))
}

/// A small run on the clouds.
func smallRequest(_ folder: Folder) throws -> TrainingRequest {
    var request = TrainingRequest(data: try exclusiveOr(folder))
    request.hidden = [8, 4]
    request.optimizer = .sgd(momentum: 0.9)
    request.batchSize = 20
    request.epochs = 20
    request.learningRate = 0.1
    request.schedule = .every(interval: 5)
    return request
}

@Suite struct RunTests {
    @Test func `the clouds of XOR are learned by a hidden layer and not without one`() throws {
        let folder = try Folder()
        var request = try smallRequest(folder)
        var summary = try train(request, recordingTo: folder.path + "/a.h5")
        #expect(summary.metrics["train_accuracy"] == 1 && summary.metrics["test_accuracy"] == 1)
        #expect(summary.recordedEpochs == [0, 5, 10, 15, 20] && summary.trainedEpochs == 20 && !summary.wasStopped)
        #expect(summary.model == "MLP 2-8-4-2 tanh" && summary.parameterCount == 2 * 8 + 8 + 8 * 4 + 4 + 4 * 2 + 2)
        request.hidden = []
        summary = try train(request, recordingTo: folder.path + "/b.h5")
        // A line cuts off at most one of the four corners: 3/4 of the samples, up to the drawn split.
        #expect(summary.metrics["train_accuracy"]! < 0.8)
    }

    @Test(arguments: Activation.allCases.filter { $0 != .identity }, [Optimizer.sgd(momentum: 0.9), .adam])
    func `every activation and optimizer learns`(activation: Activation, optimizer: Optimizer) throws {
        let folder = try Folder()
        var request = try smallRequest(folder)
        request.activation = activation
        request.optimizer = optimizer
        request.hidden = [16]
        request.epochs = 150
        request.learningRate = optimizer == .adam ? 0.02 : 0.1
        request.schedule = .list([150])
        let summary = try train(request, recordingTo: folder.path + "/a.h5")
        #expect(summary.metrics["train_accuracy"]! > 0.97)
    }

    @Test(arguments: [Activation.tanh, .relu])
    func `the 12-bit task is learned beyond what the number of points tells`(activation: Activation) throws {
        let folder = try Folder()
        var request = TrainingRequest(data: .szt)
        request.activation = activation
        request.schedule = .logarithmic(count: 4)
        let summary = try train(request, recordingTo: folder.path + "/a.h5")
        #expect(summary.model == "MLP 12-10-7-5-4-3-2 \(activation.rawValue)")
        #expect(summary.splits.map(\.name) == ["train", "test", "all"])
        #expect(summary.splits.map(\.samples) == [3277, 819, 4096])
        #expect(summary.metrics["train_accuracy"]! > 0.9)
    }
}

@Suite struct RunBehaviourTests {
    @Test func `progress is told before training and after every epoch`() throws {
        let folder = try Folder()
        var told: [TrainingProgress] = []
        _ = try train(smallRequest(folder), recordingTo: folder.path + "/a.h5", progress: { told.append($0) })
        #expect(told.map(\.epoch) == Array(0...20))
        #expect(told.allSatisfy { $0.epochs == 20 && $0.records == 5 && $0.loss.isFinite })
        #expect(told.map(\.recordsWritten) == told.map { $0.epoch / 5 + 1 })
        #expect(told.last!.loss < 0.5 * told.first!.loss && told.last!.trainAccuracy == 1)
        #expect(told.last!.testAccuracy == 1)
    }

    @Test func `a path that is taken is refused and left as it was, unless it may be replaced`() throws {
        let folder = try Folder()
        let path = try folder.write("a.h5", "precious")
        var request = try smallRequest(folder)
        request.epochs = 1
        let found = message { try train(request, recordingTo: path) }
        #expect(found.contains("a.h5: exists"))
        #expect(try String(contentsOfFile: path, encoding: .utf8) == "precious")
        #expect(message { try train(request, recordingTo: folder.path) }.contains("a folder"))
        request.overwrites = true
        _ = try train(request, recordingTo: path)
        #expect(try Data(contentsOf: URL(fileURLWithPath: path)).starts(with: [0x89, 0x48, 0x44, 0x46]))
        let data = folder.path + "/xor.csv"
        #expect(message { try train(request, recordingTo: data) }.contains("read as data"))
        #expect(message { try train(request, recordingTo: folder.path + "/no/a.h5") }.contains("/no/a.h5"))
    }

    @Test func `nothing is replaced for a request that cannot run`() throws {
        let folder = try Folder()
        let path = try folder.write("a.h5", "precious")
        var request = try smallRequest(folder)
        request.overwrites = true
        request.trainShare = 1
        request.adversary = Adversary(.fgsm, epsilon: 0.1, target: .test)
        #expect(message { try train(request, recordingTo: path) }.contains("test-fgsm needs test samples"))
        request.data = .csv(path: folder.path + "/absent.csv")
        #expect(message { try train(request, recordingTo: path) }.contains("absent.csv: cannot be opened"))
        #expect(try String(contentsOfFile: path, encoding: .utf8) == "precious")
    }

    @Test func `impossible numbers are refused by name`() throws {
        let cases: [(String, (inout TrainingRequest) -> Void)] = [
            ("hidden layers", { $0.hidden = [3, 0] }), ("learning rate", { $0.learningRate = 0 }),
            ("learning rate", { $0.learningRate = .nan }), ("momentum", { $0.optimizer = .sgd(momentum: 1) }),
            ("batch size", { $0.batchSize = 0 }), ("epochs", { $0.epochs = 0 }), ("threads", { $0.threads = 0 }),
            ("recorded samples", { $0.recordedSamples = 0 }), ("deflate", { $0.deflateLevel = 10 }),
            ("epsilon", { $0.adversary = Adversary(.fgsm, epsilon: -1) }),
            ("pgd steps", { $0.adversary = Adversary(.pgd(steps: 0, stepSize: 1), epsilon: 1) }),
            ("pgd step size", { $0.adversary = Adversary(.pgd(steps: 1, stepSize: 0), epsilon: 1) }),
            ("adversarial training", { $0.trainsOnAdversary = true }),
            ("schedule", { $0.schedule = .list([1000]) }), ("schedule", { $0.schedule = .every(interval: 0) }),
        ]
        for (name, change) in cases {
            var request = TrainingRequest(data: .szt)
            change(&request)
            let error = #expect(throws: TrainingError.self) { try request.validate() }
            #expect(error?.kind == .request && error?.description.hasPrefix(name) == true, "\(name)")
        }
        #expect(throws: Never.self) { try TrainingRequest(data: .szt).validate() }
    }

    @Test func `a request reads back from its JSON`() throws {
        var request = TrainingRequest(data: .idx(try IDXFiles(trainImages: "a", trainLabels: "b")))
        request.adversary = Adversary(.pgd(steps: 3, stepSize: 0.1), epsilon: 0.3, target: .test)
        request.schedule = .list([0, 5])
        let text = try JSONEncoder().encode(request)
        #expect(try JSONDecoder().decode(TrainingRequest.self, from: text) == request)
    }
}
