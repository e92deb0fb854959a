import Activations
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

/// Changes the first such text in a file by another of its length. Texts have no checksums in HDF5.
func replace(_ text: String, by other: String, in path: String) throws {
    let file = URL(fileURLWithPath: path)
    var bytes = try Data(contentsOf: file)
    bytes.replaceSubrange(try #require(bytes.range(of: Data(text.utf8))), with: Data(other.utf8))
    try bytes.write(to: file)
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
        let path = folder.path + "/a.h5"
        var request = try smallRequest(folder)
        request.epochs = 1
        _ = try train(request, recordingTo: path)
        let old = try Data(contentsOf: URL(fileURLWithPath: path))
        let found = message { try train(request, recordingTo: path) }
        #expect(found.contains("a.h5: exists"))
        #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == old)
        #expect(message { try train(request, recordingTo: folder.path) }.contains("a folder"))
        request.overwrites = true
        request.title = "new"
        _ = try train(request, recordingTo: path)
        #expect(try ActivationArchive(opening: path).info.title == "new")
        #expect(try folder.names() == ["a.h5", "xor.csv"])
        let data = folder.path + "/xor.csv"
        #expect(message { try train(request, recordingTo: data) }.contains("read as data"))
        #expect(message { try train(request, recordingTo: folder.path + "/no/a.h5") }.contains("/no/a.h5"))
    }

    @Test func `a file that is no archive is never replaced`() throws {
        let folder = try Folder()
        var request = try smallRequest(folder)
        request.overwrites = true
        let table = try folder.write("a.csv", "precious")
        let results = folder.path + "/a.results.h5"
        _ = try train(request, recordingTo: results, shouldStop: { true })
        try replace("activation-archive", by: "infoplane-results ", in: results)
        for (path, reason) in [
            (table, "this is not an HDF5 file"), (results, "the format is “infoplane-results ”"),
            (try folder.write("empty", ""), "the file is empty"),
        ] {
            let before = try Data(contentsOf: URL(fileURLWithPath: path))
            let found = message { try train(request, recordingTo: path) }
            #expect(found.hasPrefix("\(path): is not replaced: \(reason)"), "\(found)")
            #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == before)
        }
    }

    @Test func `a broken archive may be replaced, and a name that is taken is not used`() throws {
        let folder = try Folder()
        var request = try smallRequest(folder)
        request.epochs = 1
        request.overwrites = true
        let path = folder.path + "/a.h5"
        _ = try train(request, recordingTo: path, shouldStop: { true })
        try replace("logits\0", by: "lagits\0", in: path)
        #expect(throws: ArchiveError.self) { try ActivationArchive(opening: path) }
        let other = try folder.write("a.h5.replaced", "precious")
        _ = try train(request, recordingTo: path)
        #expect(try ActivationArchive(opening: path).info.isClosed)
        #expect(try String(contentsOfFile: other, encoding: .utf8) == "precious")
        #expect(try folder.names() == ["a.h5", "a.h5.replaced", "xor.csv"])
    }

    @Test func `an archive stays where the new one cannot be created`() async throws {
        let folder = try Folder()
        let path = folder.path + "/a.h5"
        var request = try smallRequest(folder)
        request.epochs = 1
        _ = try train(request, recordingTo: path)
        let old = try Data(contentsOf: URL(fileURLWithPath: path))
        await #expect(processExitsWith: .success) { [folderPath = folder.path as String] in
            var request = TrainingRequest(data: .csv(path: folderPath + "/xor.csv"))
            request.overwrites = true
            // A limit on the size of files fails writes as a full disk does.
            signal(SIGXFSZ, SIG_IGN)
            var limit = rlimit(rlim_cur: 4096, rlim_max: 4096)
            setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit)
            let found = message { try train(request, recordingTo: folderPath + "/a.h5") }
            #expect(found.contains("The disk is full"), "\(found)")
        }
        #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == old)
        #expect(try folder.names() == ["a.h5", "xor.csv"])
    }

    @Test func `nothing is replaced for a request that cannot run`() throws {
        let folder = try Folder()
        let path = folder.path + "/a.h5"
        var request = try smallRequest(folder)
        request.overwrites = true
        _ = try train(request, recordingTo: path, shouldStop: { true })
        let old = try Data(contentsOf: URL(fileURLWithPath: path))
        request.trainShare = 1
        request.adversary = Adversary(.fgsm, epsilon: 0.1, target: .test)
        #expect(message { try train(request, recordingTo: path) }.contains("test-fgsm needs test samples"))
        request.data = .csv(path: folder.path + "/absent.csv")
        #expect(message { try train(request, recordingTo: path) }.contains("absent.csv: cannot be opened"))
        #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == old)
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
            ("epsilon", { $0.trainingAdversary = Adversary(.noise, epsilon: 0) }),
            ("pgd steps", { $0.measuredAdversaries = [Adversary(.pgd(steps: 0, stepSize: 1), epsilon: 1)] }),
            (
                "measured adversaries",
                { $0.measuredAdversaries = [Adversary(.fgsm, epsilon: 1), Adversary(.fgsm, epsilon: 2)] }
            ),
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
