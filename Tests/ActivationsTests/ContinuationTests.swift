import Activations
import Foundation
import Testing

struct ContinuationTests {
    private let file: TemporaryFile

    init() throws { file = try TemporaryFile() }

    /// The archive as a killed writer would leave it: a copy of a living one's.
    private func abandonedCopy(records: Int) throws -> String {
        let writer = try SmallRun.write(to: file.path, records: records, close: false)
        // A record that was begun and never committed.
        try SmallRun.writeRecord(records, to: writer)
        let copy = file.path + ".copy.h5"
        try FileManager.default.copyItem(atPath: file.path, toPath: copy)
        try writer.close()
        return copy
    }

    private func message(_ body: () throws -> Void) -> String {
        let error = #expect(throws: ArchiveError.self) { try body() }
        return error?.description ?? ""
    }

    @Test func `an abandoned archive is continued to the same content as one written in one go`() throws {
        let copy = try abandonedCopy(records: 2)
        #expect(try !ActivationArchive.isHeld(copy) && ActivationArchive(opening: copy).info.isClosed == false)
        let writer = try ArchiveWriter(continuing: copy, SmallRun.description)
        #expect(writer.committedRecords == 2 && ActivationArchive.isHeld(copy))
        for record in 2..<4 {
            try SmallRun.writeRecord(record, to: writer)
            try writer.commitRecord(metrics: ["train_loss": 0.5])
        }
        // Readers follow a continued archive as they do a new one.
        #expect(try ActivationArchive(opening: copy).committedRecords == 4)
        try writer.close()
        let whole = try TemporaryFile()
        try SmallRun.write(to: whole.path, records: 4, close: true).close()
        let continued = try ActivationArchive(opening: copy)
        #expect(continued.info.isClosed && continued.committedRecords == 4)
        #expect(try continued.contentDigest() == ActivationArchive(opening: whole.path).contentDigest())
        for record in 0..<4 { #expect(try SmallRun.damages(of: record, in: continued) == []) }
    }

    @Test func `a closed archive is continued, in ascending order`() throws {
        try SmallRun.write(to: file.path, records: 2, close: true).close()
        let writer = try ArchiveWriter(continuing: file.path, SmallRun.description)
        #expect(message { try writer.beginRecord(epoch: 0, step: 0) }.contains("records must be written in ascending"))
        try SmallRun.writeRecord(2, to: writer)
        try writer.commitRecord()
        try writer.close()
        let archive = try ActivationArchive(opening: file.path)
        #expect(archive.committedRecords == 3 && archive.info.isClosed)
    }

    @Test func `every contradiction with what is recorded is named at once, and the file stays as it was`() throws {
        try SmallRun.write(to: file.path, records: 2, close: true).close()
        let before = try Data(contentsOf: URL(fileURLWithPath: file.path))
        var other = SmallRun.description
        other.hasSteps = false
        other.metricNames = ["loss"]
        other.splits[0].labels = .classes([1, 1, 1, 0, 1], names: ["no", "yes"])
        other.splits[0].sampleIDs = [4, 3, 2, 1, 9]
        other.splits[0].inputs = .fixed(
            Cell(samples: 5, unitShape: [6], values: .uint8(Array(repeating: 1, count: 30))))
        other.splits[0].layers[0].activation = "tanh"
        other.splits[0].layers[1].unitShape = [4]
        other.splits[1].inputs = .perEpoch(shape: [3], type: .float64)
        let text = message { _ = try ArchiveWriter(continuing: file.path, other) }
        for expected in [
            "/step: steps: the archive has yes, to be recorded is no", "/metrics: metrics: the archive has ",
            "/splits/train/inputs: shape of a sample: the archive has [2, 3], to be recorded is [6]",
            "/splits/train/inputs: SHA-256", "/splits/train/labels: labels: the archive has 5 labels",
            "/splits/train/sample_ids", "/splits/train/layers/fc1:relu: layer: the archive has float32 [4], order 1",
            "activation tanh", "/splits/train/layers/conv", "/splits/train-fgsm/inputs: type: the archive has float32",
        ] {
            #expect(text.contains(expected), "\(expected) in \(text)")
        }
        #expect(try Data(contentsOf: URL(fileURLWithPath: file.path)) == before)
    }

    @Test func `two writers never hold one file, and no living writer's mark is cleared`() throws {
        let writer = try SmallRun.write(to: file.path, records: 2, close: false)
        #expect(
            message { _ = try ArchiveWriter(continuing: file.path, SmallRun.description) }.contains("is using the file")
        )
        #expect(message { _ = try ArchiveRepair.repair(file.path) }.contains("a program is recording to this file"))
        try SmallRun.writeRecord(2, to: writer)
        try writer.commitRecord()
        try writer.close()
        #expect(try ActivationArchive(opening: file.path).committedRecords == 3)
    }

    @Test func `a repair keeps every record, and clears the mark by its first page alone`() throws {
        let copy = try abandonedCopy(records: 3)
        let before = try Data(contentsOf: URL(fileURLWithPath: copy))
        let repair = try #require(try ArchiveRepair.repair(copy))
        #expect(repair.committedRecords == 3 && repair.wholeRecords == 3 && repair.damages == [])
        #expect(repair.hadMark && repair.clearedMark && !repair.isClosed)
        let after = try Data(contentsOf: URL(fileURLWithPath: copy))
        #expect(after[48..<before.count] == before[48...] && after.count % 4096 == 0 && before[..<48] != after[..<48])
        let again = try #require(try ArchiveRepair.repair(copy))
        #expect(!again.hadMark && !again.clearedMark)
        #expect(try Data(contentsOf: URL(fileURLWithPath: copy)) == after)
        #expect(message { _ = try ArchiveRepair.repair(copy + ".absent") }.contains("there is no such file"))
    }

    @Test func `a damaged record is named, what is whole is counted, and the file is left alone`() throws {
        let copy = try abandonedCopy(records: 3)
        // The activations of `fc1:relu` in record 1, as bytes of the file.
        var bytes = try Data(contentsOf: URL(fileURLWithPath: copy))
        let values = SmallRun.fc1(1).withUnsafeBytes { Data($0) }
        let place = try #require(bytes.range(of: values))
        bytes[place.lowerBound + 2] ^= 1
        try bytes.write(to: URL(fileURLWithPath: copy))
        let repair = try #require(try ArchiveRepair.repair(copy))
        #expect(repair.wholeRecords == 1 && repair.committedRecords == 3 && !repair.clearedMark)
        #expect(repair.damages.first?.location.hasSuffix("/splits/train/layers/fc1:relu") == true)
        #expect(repair.damages.first?.problem.hasPrefix("record 1, epoch ") == true)
        #expect(try Data(contentsOf: URL(fileURLWithPath: copy)) == bytes)
    }
}
