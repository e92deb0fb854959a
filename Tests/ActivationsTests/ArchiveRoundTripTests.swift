import Activations
import Foundation
import Testing

@Suite struct ArchiveRoundTripTests {
    @Test(arguments: [WriterOptions(), WriterOptions(deflate: 4), WriterOptions(synchronizes: true)])
    func `what the writer is given, the reader returns`(options: WriterOptions) throws {
        let file = try TemporaryFile()
        try SmallRun.write(to: file.path, options: options)
        let archive = try ActivationArchive(opening: file.path)
        #expect(archive.committedRecords == 3)
        #expect(archive.epochs == [0, 10, 20])
        #expect(archive.steps == [0, 100, 200])
        #expect(archive.metrics.map(\.name) == ["train_accuracy", "train_loss"])
        #expect(archive.metrics[0].values[0].isNaN)
        #expect(Array(archive.metrics[0].values.dropFirst()) == [0.5, 0.5])
        #expect(archive.metrics[1].values == [1, 0.5, 1.0 / 3])
        #expect(archive.info.isClosed)
        #expect(archive.info.id == SmallRun.description.id)
        #expect(archive.info.created == SmallRun.description.created)
        #expect(archive.info.title == "A small run")
        #expect(archive.info.hyperparameters == #"{"seed": 1}"#)
        #expect(archive.info.derivedFrom == SmallRun.description.derivedFrom)
        #expect(archive.splits.map(\.name) == ["train", "train-fgsm"])
        for record in 0..<3 { #expect(try SmallRun.damages(of: record, in: archive) == []) }
    }

    @Test func `splits and layers say what they are, layers in their order`() throws {
        let file = try TemporaryFile()
        try SmallRun.write(to: file.path)
        let archive = try ActivationArchive(opening: file.path)
        let train = archive.splits[0]
        #expect(train.sampleCount == 5)
        #expect(train.inputs == archive.splits[0].inputs)
        #expect(train.inputs.shape == [2, 3] && train.inputs.elementType == .uint8 && !train.inputs.perEpoch)
        #expect(train.labels == .classes(names: ["no", "yes"]))
        #expect(train.layers.map(\.name) == ["conv", "fc1:relu", "softmax"])
        #expect(train.layers.map(\.kind) == [.convolution, .dense, .softmax])
        #expect(train.layers.map(\.elementType) == [.float16, .float32, .float64])
        #expect(train.layers.map(\.unitShape) == [[2, 2], [4], [2]])
        #expect(train.layers.map(\.bytesPerRecord) == [40, 80, 80])
        #expect(train.layers[0].pooling == "mean" && train.layers[0].activation == nil)
        #expect(train.layers[1].activation == "relu" && train.layers[1].module == "Linear")
        #expect(archive.splits[1].inputs.perEpoch)
        #expect(archive.splits[1].labels == .values(width: 2))
        #expect(archive.splits[1].layers[0].unitShape == [])
        #expect(try archive.labels(split: "train") == .classes([0, 1, 1, 0, 1], names: ["no", "yes"]))
        #expect(try archive.labels(split: "train-fgsm") == .values((0..<10).map { Double($0) / 4 }, width: 2))
        #expect(try archive.sampleIDs(split: "train") == [4, 3, 2, 1, 0])
        #expect(try archive.storageSize(split: "train", layer: "fc1:relu") == 3 * 80)
    }

    @Test func `a range of samples is the same rows of the whole record`() throws {
        let file = try TemporaryFile()
        try SmallRun.write(to: file.path)
        let archive = try ActivationArchive(opening: file.path)
        let cell = try archive.activations(split: "train", layer: "conv", record: 1, samples: 1..<3)
        #expect(cell.samples == 2 && cell.unitShape == [2, 2] && cell.units == 4)
        #expect(cell.values.asFloat() == Array(SmallRun.conv(1)[4..<12]))
        let inputs = try archive.inputs(split: "train", record: 99, samples: 4..<5)
        #expect(inputs.values == .uint8([24, 25, 26, 27, 28, 29]))
        #expect(try archive.activations(split: "train", layer: "conv", record: 1, samples: 2..<2).values.count == 0)
    }

    @Test func `ranges are the extreme values of each record`() throws {
        let file = try TemporaryFile()
        try SmallRun.write(to: file.path)
        let archive = try ActivationArchive(opening: file.path)
        for record in 0..<3 {
            let range = try archive.range(split: "train", layer: "conv", record: record)
            #expect(range.low == Double(try #require(SmallRun.conv(record).min())))
            #expect(range.high == Double(try #require(SmallRun.conv(record).max())))
            #expect(try archive.ranges(split: "train", layer: "conv")[record] == range)
        }
    }

    @Test func `the content digest depends on the data and not on how they are stored`() throws {
        let files = try (0..<4).map { _ in try TemporaryFile() }
        try SmallRun.write(to: files[0].path)
        try SmallRun.write(to: files[1].path, options: WriterOptions(deflate: 9))
        try SmallRun.write(to: files[2].path, records: 2)
        var description = SmallRun.description
        description.splits[0].labels = .classes([0, 1, 1, 0, 0], names: ["no", "yes"])
        let writer = try ArchiveWriter(creating: files[3].path, description)
        for record in 0..<3 {
            try SmallRun.writeRecord(record, to: writer)
            try writer.commitRecord()
        }
        try writer.close()
        let digests = try files.map { try ActivationArchive(opening: $0.path).contentDigest() }
        #expect(digests[0] == digests[1])
        #expect(Set(digests).count == 3)
        #expect(digests[0].count == 64)
    }

    @Test func `a file that is being written is read up to its committed count`() throws {
        let file = try TemporaryFile()
        let writer = try SmallRun.write(to: file.path, records: 2, close: false)
        try SmallRun.writeRecord(2, to: writer)
        // A reader in another process sees the file as it lies; so does one of a copy.
        let copy = file.path + ".copy"
        try FileManager.default.copyItem(atPath: file.path, toPath: copy)
        let archive = try ActivationArchive(opening: copy)
        #expect(archive.committedRecords == 2)
        #expect(!archive.info.isClosed)
        for record in 0..<2 { #expect(try SmallRun.damages(of: record, in: archive) == []) }
        #expect(throws: ArchiveError.self) {
            try archive.activations(split: "train", layer: "conv", record: 2, samples: 0..<5)
        }
        try writer.commitRecord()
        try writer.close()
        #expect(try ActivationArchive(opening: file.path).committedRecords == 3)
    }

    @Test func `an archive without records is closed whole`() throws {
        let file = try TemporaryFile()
        try ArchiveWriter(creating: file.path, SmallRun.description).close()
        let archive = try ActivationArchive(opening: file.path)
        #expect(archive.committedRecords == 0 && archive.info.isClosed && archive.epochs == [] && archive.steps == [])
    }

    @Test func `one archive serves many tasks`() async throws {
        let file = try TemporaryFile()
        try SmallRun.write(to: file.path)
        let archive = try ActivationArchive(opening: file.path)
        try await withThrowingTaskGroup(of: Bool.self) { group in
            for task in 0..<30 { group.addTask { try SmallRun.damages(of: task % 3, in: archive) == [] } }
            for try await isWhole in group { #expect(isWhole) }
        }
    }

    @Test func `every finite float16 survives the way to float and back`() {
        for bits in UInt16.min...UInt16.max where bits & 0x7C00 != 0x7C00 {
            #expect(Half.bits(Half.float(bits)) == bits)
        }
        #expect(Half.float(0x3C00) == 1 && Half.float(0x7BFF) == 65504 && Half.float(0x0001) == 0x1p-24)
        #expect(Half.float(0x7C00) == .infinity && Half.float(0x7E00).isNaN && Half.float(0x8000).sign == .minus)
    }

    @Test func `rounding to float16 goes to the nearest, ties to even`() {
        // Halfway between two neighbours, and just beside, for every positive pair.
        for bits in UInt16(0)..<0x7BFF {
            let middle = (Half.float(bits) + Half.float(bits + 1)) / 2
            #expect(Half.bits(middle) == (bits % 2 == 0 ? bits : bits + 1))
            #expect(Half.bits(middle.nextDown) == bits)
            #expect(Half.bits(middle.nextUp) == bits + 1)
        }
        #expect(Half.bits(Float(65520)) == 0x7C00 && Half.bits(Float(-65519)) == 0xFBFF)
        #expect(Half.bits(Float.nan) & 0x7C00 == 0x7C00 && Half.bits(Float.infinity) == 0x7C00)
        #expect(Half.bits(Float(0x1p-25)) == 0 && Half.bits(-Float.zero) == 0x8000)
    }
}
