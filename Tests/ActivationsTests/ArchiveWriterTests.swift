import Activations
import Foundation
import HDF5
import Testing

@Suite struct ArchiveWriterTests {
    let file: TemporaryFile

    init() throws { file = try TemporaryFile() }

    func writer(_ change: (inout ArchiveDescription) -> Void = { _ in }) throws -> ArchiveWriter {
        var description = SmallRun.description
        change(&description)
        return try ArchiveWriter(creating: file.path, description)
    }

    func message(_ body: () throws -> Void) -> String {
        let error = #expect(throws: ArchiveError.self) { try body() }
        return error?.description.replacingOccurrences(of: file.path, with: "run.h5") ?? ""
    }

    @Test func `NaN and infinity are refused with epoch, sample and unit, and the record can be begun again`() throws {
        let writer = try writer()
        try writer.beginRecord(epoch: 7, step: 0)
        var values = SmallRun.fc1(0)
        values[9] = .nan
        #expect(
            message { try writer.write(.float32(values), split: "train", layer: "fc1/relu") }
                == "run.h5:/splits/train/layers/fc1:relu: nan at epoch 7, sample 2, unit 1; expected finite numbers. "
                + "Look at the loss and the learning rate; nothing of this epoch is kept.")
        values[9] = -.infinity
        #expect(
            message { try writer.write(.float32(values), split: "train", layer: "fc1/relu") }.contains(
                "-inf at epoch 7"))
        #expect(
            message {
                try writer.write(.float16([UInt16](repeating: 0x7C00, count: 20)), split: "train", layer: "conv")
            }
            .contains("inf at epoch 7, sample 0, unit 0"))
        #expect(
            message { try writer.writeInputs(.float32([Float](repeating: .nan, count: 15)), split: "train-fgsm") }
                .contains("nan at epoch 7"))
        try SmallRun.writeRecord(0, to: writer)
        try writer.commitRecord()
        try writer.close()
        #expect(try SmallRun.damages(of: 0, in: ActivationArchive(opening: file.path)) == [])
    }

    @Test func `values beyond 65504 are refused for float16, 65504 is not`() throws {
        let writer = try writer()
        try writer.beginRecord(epoch: 0, step: 0)
        var values = SmallRun.conv(0)
        values[5] = -65504
        try writer.write(.float32(values), split: "train", layer: "conv")
        values[5] = -65505
        #expect(
            message { try writer.write(.float32(values), split: "train", layer: "conv") }
                == "run.h5:/splits/train/layers/conv: -65505.0 at epoch 0, sample 1, unit 1; float16 reaches to 65504. "
                + "Record this layer as float32.")
    }

    @Test func `wrong counts, wrong types, unknown names and missing layers are refused`() throws {
        let writer = try writer()
        #expect(
            message { try writer.write(.float32([]), split: "train", layer: "conv") }.contains("no record is begun"))
        #expect(message { try writer.commitRecord() }.contains("no record is begun"))
        try writer.beginRecord(epoch: 0, step: 0)
        #expect(
            message { try writer.write(.float32([1]), split: "train", layer: "fc1/relu") }
                .contains("1 value at epoch 0, expected 20 (5 samples of 4)"))
        #expect(
            message { try writer.write(.float64(SmallRun.softmax(0)), split: "train", layer: "conv") }
                .contains("expected 20"))
        #expect(
            message { try writer.write(.int32(Array(repeating: 1, count: 20)), split: "train", layer: "fc1/relu") }
                .contains("int32 values at epoch 0, expected float32"))
        #expect(
            message { try writer.write(.float32([1]), split: "train", layer: "cony") }
                == "run.h5:/splits/train: there is no layer “cony”; there are conv, fc1:relu, softmax. "
                + "Did you mean “conv”?")
        #expect(
            message { try writer.write(.float32([1]), split: "rain", layer: "conv") }.contains("Did you mean “train”?"))
        #expect(message { try writer.writeInputs(.float32([1]), split: "train") }.contains("do not change per epoch"))
        try writer.write(.float32(SmallRun.conv(0)), split: "train", layer: "conv")
        let lines = message { try writer.commitRecord() }.split(separator: "\n")
        #expect(lines.count == 4)
        #expect(lines.first?.hasPrefix("run.h5:/splits/train-fgsm/inputs: nothing was written for epoch 0") == true)
    }

    @Test func `a new metric after the first record is refused, an absent one is not measured`() throws {
        let writer = try writer()
        try SmallRun.writeRecord(0, to: writer)
        try writer.commitRecord(metrics: ["loss": 1, "accuracy": 0])
        try SmallRun.writeRecord(1, to: writer)
        #expect(
            message { try writer.commitRecord(metrics: ["fisher": 1]) }
                == "run.h5:/metrics/fisher: this metric is new at epoch 10; the archive has accuracy, loss. "
                + "Name all metrics when the archive is created, or give them with the first record.")
        try writer.commitRecord(metrics: ["loss": 0.5])
        try writer.close()
        let archive = try ActivationArchive(opening: file.path)
        #expect(archive.metrics.map(\.name) == ["accuracy", "loss"])
        #expect(archive.metrics[0].values[1].isNaN && archive.metrics[1].values == [1, 0.5])
    }

    @Test func `records ascend, with a step exactly where there are steps`() throws {
        let stepped = try writer()
        #expect(message { try stepped.beginRecord(epoch: 0) }.contains("no step is given"))
        try SmallRun.writeRecord(1, to: stepped)
        try stepped.commitRecord()
        #expect(message { try stepped.beginRecord(epoch: 9, step: 500) }.contains("epoch 9 follows epoch 10"))
        #expect(message { try stepped.beginRecord(epoch: 10, step: 100) }.contains("epoch 10 follows epoch 10"))
        try stepped.beginRecord(epoch: 10, step: 101)
        try stepped.close()
        #expect(message { try stepped.beginRecord(epoch: 11, step: 0) }.contains("the archive is closed"))
        #expect(try ActivationArchive(opening: file.path).committedRecords == 1)
        let other = try TemporaryFile()
        var description = SmallRun.description
        description.hasSteps = false
        let plain = try ArchiveWriter(creating: other.path, description)
        #expect(throws: ArchiveError.self) { try plain.beginRecord(epoch: 0, step: 0) }
        let negative = #expect(throws: ArchiveError.self) { try plain.beginRecord(epoch: -1) }
        #expect(negative?.description.contains("/epoch: the epoch is -1. Count from 0") == true)
        try plain.beginRecord(epoch: 0)
    }

    @Test func `every contradiction of a description is named at once, and no file is made`() throws {
        let text = message {
            _ = try writer { description in
                description.splits[0].sampleIDs.removeLast()
                description.splits[0].labels = .classes([0, 1, 1, 0, 2], names: ["no", "yes"])
                description.splits[0].layers[0].elementType = .int32
                description.splits[0].layers[1].order = 2
                description.splits[0].layers[2].name = "fc1:relu"
                description.splits[0].inputs = .fixed(
                    Cell(samples: 4, unitShape: [1], values: .float32([0, 1, .nan, 3])))
                description.splits[1].labels = .values([1, 2, .nan], width: 1)
                description.splits[1].inputs = .perEpoch(shape: [0], type: .float32)
                description.splits[1].layers[0].unitShape = [1 << 40, 1 << 40]
                description.metricNames = ["a/b", "a:b", ""]
            }
        }
        for expected in [
            "/metrics: the name “a:b” occurs twice", "/metrics: “” cannot be a name",
            "/splits/train/sample_ids: 4 samples, but the labels have 5",
            "/splits/train/labels: sample 4 has class 2, but there are 2 class names",
            "/splits/train/inputs: 4 samples, but the labels have 5",
            "/splits/train/inputs: nan at sample 2, feature 0",
            "/splits/train/layers: the name “fc1:relu” occurs twice",
            "/splits/train/layers/fc1:relu: the type is int32", "another layer has the order 2",
            "/splits/train-fgsm/labels: nan at sample 2, column 0", "the shape of one sample is [0]",
            "takes 4 GiB or more",
        ] {
            #expect(text.contains(expected), "\(expected)")
        }
        #expect(!FileManager.default.fileExists(atPath: file.path))
    }

    @Test func `an order is not negative, and one class name is one`() throws {
        let text = message {
            _ = try writer {
                $0.splits[0].layers[0].order = -1
                $0.splits[0].labels = .classes([0, 1, 1, 0, 1], names: ["no"])
            }
        }
        #expect(text.contains("/splits/train/layers/fc1:relu: its order is -1. Number the layers"))
        #expect(text.contains("sample 1 has class 1, but there is 1 class name. "))
    }

    @Test(arguments: ["", "a/b", "..", ".hidden", "a b", "é", "a\n", String(repeating: "a", count: 129)])
    func `an id that could not be a file name is refused`(id: String) throws {
        #expect(message { _ = try writer { $0.id = id } }.hasPrefix("run.h5:/: “\(id)” is no id; expected"))
        #expect(!FileManager.default.fileExists(atPath: file.path))
    }

    @Test func `an id that is no UUID may be written, and any may be read`() throws {
        let writer = try writer { $0.id = "Run-7_b.2" }
        try writer.close()
        // Readers take what other recorders wrote. In place, an attribute keeps its length: 9 bytes.
        let hdf5 = try File(opening: file.path, .readWrite)
        try hdf5.root.setAttribute("id", to: .string("a/b é\n#?"))
        try hdf5.close()
        #expect(try ActivationArchive(opening: file.path).info.id == "a/b é\n#?")
    }

    @Test func `a file that exists is left alone, and a missing directory is named`() throws {
        try Data("mine".utf8).write(to: URL(fileURLWithPath: file.path))
        #expect(
            message { _ = try writer() }
                == "run.h5: there is such a file already. Choose another path, or remove the file.")
        #expect(try String(contentsOfFile: file.path, encoding: .utf8) == "mine")
        #expect(
            message { _ = try ArchiveWriter(creating: file.path + "/no/run.h5", SmallRun.description) }
                .contains("run.h5/no/run.h5: "))
        let missing = #expect(throws: ArchiveError.self) {
            try ArchiveWriter(creating: "/nowhere/at/all/run.h5", SmallRun.description)
        }
        #expect(missing?.description == "/nowhere/at/all/run.h5: there is no such directory. Create it first.")
    }

    /// More kills by INFOPLANE_KILLS=500.
    private static let kills = ProcessInfo.processInfo.environment["INFOPLANE_KILLS"].flatMap { Int($0) } ?? 24

    @Test(arguments: 0..<kills) func `a killed writer loses no committed record`(turn: Int) async throws {
        let path = file.path
        // The child appends one byte to this file after every commit that returned.
        let count = path + ".count"
        _ = FileManager.default.createFile(atPath: count, contents: nil)
        await #expect(processExitsWith: .signal(SIGKILL)) {
            [path = path as String, count = count as String, turn = turn as Int] in
            let descriptor = open(count, O_WRONLY | O_APPEND)
            let writer = try SmallRun.write(to: path, records: 0, close: false)
            // Spread over 0.5 to 50 ms, so that the kill falls into every part of a record.
            let delay = UInt32(500 + 49_500 * (turn % 24) / 24 + Int.random(in: 0..<2000))
            Thread.detachNewThread {
                usleep(delay)
                kill(getpid(), SIGKILL)
            }
            for record in 0... {
                try SmallRun.writeRecord(record, to: writer)
                try writer.commitRecord(metrics: ["train_loss": 1])
                var byte: UInt8 = 1
                Foundation.write(descriptor, &byte, 1)
            }
        }
        let known = try Data(contentsOf: URL(fileURLWithPath: count)).count
        let archive = try ActivationArchive(opening: path)
        #expect(archive.committedRecords == known || archive.committedRecords == known + 1)
        #expect(!archive.info.isClosed)
        for record in 0..<archive.committedRecords { #expect(try SmallRun.damages(of: record, in: archive) == []) }
    }

    @Test func `a reader follows a living writer`() async throws {
        let path = file.path
        async let writing = #expect(processExitsWith: .success) { [path = path as String] in
            let writer = try SmallRun.write(to: path, records: 0, close: false)
            for record in 0..<200 {
                try SmallRun.writeRecord(record, to: writer)
                try writer.commitRecord()
            }
            try writer.close()
        }
        var seen = 0
        var hasOpened = false
        // At most 30 seconds; the writer needs well below one.
        for _ in 0..<30_000 where seen < 200 {
            do {
                let archive = try ActivationArchive(opening: path)
                #expect(archive.committedRecords >= seen)
                seen = archive.committedRecords
                hasOpened = true
                if seen > 0 { #expect(try SmallRun.damages(of: seen - 1, in: archive) == []) }
            } catch {
                // Before the writer lets readers in there is nothing to read; afterwards there always is.
                #expect(!hasOpened, "\(error)")
            }
            try await Task.sleep(for: .milliseconds(1))
        }
        _ = await writing
        let archive = try ActivationArchive(opening: path)
        #expect(archive.committedRecords == 200 && archive.info.isClosed)
    }

    @Test func `a full disk is named, and the committed records stay`() async throws {
        let path = file.path
        await #expect(processExitsWith: .success) { [path = path as String] in
            // A limit on the size of files fails writes as a full disk does.
            signal(SIGXFSZ, SIG_IGN)
            var limit = rlimit(rlim_cur: 100_000, rlim_max: 100_000)
            setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit)
            let writer = try SmallRun.write(to: path, records: 0, close: false)
            var message = ""
            do {
                for record in 0..<10_000 {
                    try SmallRun.writeRecord(record, to: writer)
                    try writer.commitRecord()
                }
            } catch {
                message = "\(error)"
            }
            #expect(message.contains("The disk is full: make room and record again"), "\(message)")
            try writer.close()
            #expect(throws: ArchiveError.self) { try writer.beginRecord(epoch: 1_000_000, step: 0) }
        }
        let archive = try ActivationArchive(opening: path)
        #expect(archive.committedRecords > 3)
        for record in 0..<archive.committedRecords { #expect(try SmallRun.damages(of: record, in: archive) == []) }
    }
}
