import Activations
import Foundation
import HDF5
import Testing

@Suite struct ArchiveSalvageTests {
    private let file: TemporaryFile
    private let output: TemporaryFile

    init() throws { (file, output) = (try TemporaryFile(), try TemporaryFile("saved.h5")) }

    private func bytes() throws -> Data { try Data(contentsOf: URL(fileURLWithPath: file.path)) }
    private func write(_ bytes: Data) throws { try bytes.write(to: URL(fileURLWithPath: file.path)) }

    /// Flips a bit of where some values lie in the file.
    private func damage<T>(_ values: [T]) throws {
        var bytes = try bytes()
        let place = try #require(bytes.range(of: values.withUnsafeBytes { Data($0) }))
        bytes[place.lowerBound + 2] ^= 1
        try write(bytes)
    }

    @discardableResult
    private func save(layers: [String] = [], splits: [String] = []) throws -> ArchiveSalvage {
        try #require(
            try ArchiveSalvage.save(
                file.path, to: output.path, droppingLayers: layers, splits: splits, producer: "tests 2.0"))
    }

    /// Data sets, and how many of their first records are whole.
    private func losses(of salvage: ArchiveSalvage) -> [String] {
        salvage.losses.map { "\($0.location.replacingOccurrences(of: "\(file.path):", with: "")) \($0.wholeRecords)" }
    }

    /// What of the saved bytes is not as it should be.
    private func troubles() throws -> [String] {
        let bad = ["damaged", "digest-differs", "range-differs", "uncommitted-tail", "not-closed", "not-paged"]
        return try ArchiveValidation(of: output.path, depth: .digests).findings.map(\.code).filter(bad.contains)
    }

    private func message(layers: [String] = [], splits: [String] = []) -> String {
        do {
            let saved = try save(layers: layers, splits: splits)
            return "saved \(saved.epochs)"
        } catch {
            #expect(!FileManager.default.fileExists(atPath: output.path))
            return "\(error)".replacingOccurrences(of: file.path, with: "run.h5")
        }
    }

    /// The content digest of the first records of an undamaged archive.
    private func digest(ofFirst records: Int, in path: String) throws -> String {
        let cut = try TemporaryFile()
        var selection = ArchiveSelection()
        selection.records = Array(0..<records)
        #expect(try ActivationArchive(opening: path).writeSubset(selection, to: cut.path, producer: "tests"))
        return try ActivationArchive(opening: cut.path).contentDigest()
    }

    @Test(arguments: [nil, 6])
    func `the records before a damaged one are saved as they were recorded, and it says what was lost`(
        deflate: Int?
    ) throws {
        try SmallRun.write(to: file.path, records: 5, options: WriterOptions(deflate: deflate))
        let whole = try TemporaryFile()
        try FileManager.default.copyItem(atPath: file.path, toPath: whole.path)
        // Inputs per epoch are deflated too: the digest of record 3 is damaged instead, which never is.
        let archive = try File(opening: file.path, .readWrite)
        let digests = try archive.root.group("splits").group("train-fgsm").dataset("input_digests")
        try digests.write([UInt8](repeating: 7, count: 32), start: [3, 0], count: [1, 32])
        try archive.close()
        let before = try bytes()
        let saved = try save()
        #expect(saved.committedRecords == 5 && saved.epochs == [0, 10, 20] && saved.dropped == [])
        #expect(losses(of: saved) == ["/splits/train-fgsm/inputs 3"])
        #expect(saved.better == nil)
        #expect(try bytes() == before)
        let copy = try ActivationArchive(opening: output.path)
        #expect(try copy.contentDigest() == digest(ofFirst: 3, in: whole.path))
        #expect(copy.info.isClosed && copy.steps == [0, 100, 200])
        #expect(copy.metrics.map(\.name) == ["train_accuracy", "train_loss"])
        for record in 0..<3 { #expect(try SmallRun.damages(of: record, in: copy) == []) }
        #expect(copy.info.derivedFrom == SmallRun.description.id && copy.info.id != SmallRun.description.id)
        #expect(
            copy.info.hyperparameters
                == #"{"seed": 1, "repair": {"damaged":{"/splits/train-fgsm/inputs":3},"dropped":[],"records":3,"#
                + #""source":"00000000-0000-4000-8000-000000000001","source_created":"2026-01-02T03:04:05Z","#
                + #""source_producer":"tests 1.0","source_records":5}}"#)
        let layer = try File(opening: output.path).root.group("splits").group("train").group("layers").dataset("conv")
        #expect(try layer.filters == (deflate == nil ? [] : ["deflate"]))
        #expect(try troubles() == [])
    }

    @Test func `a whole archive is saved whole, and one without a mark or closing too`() throws {
        let writer = try SmallRun.write(to: file.path, close: false)
        #expect(message().contains("a program is recording to this file"))
        let copy = try TemporaryFile()
        try write(try bytes())
        try FileManager.default.copyItem(atPath: file.path, toPath: copy.path)
        let saved = try #require(try ArchiveSalvage.save(copy.path, to: output.path, producer: "tests"))
        #expect(saved.committedRecords == 3 && saved.epochs == [0, 10, 20] && saved.losses == [])
        #expect(try ActivationArchive(opening: output.path).contentDigest() == digest(ofFirst: 3, in: copy.path))
        try writer.close()
    }

    @Test func `a damaged layer costs its records, unless it is left out`() throws {
        try SmallRun.write(to: file.path, records: 5)
        try damage(SmallRun.softmax(1))
        try damage(SmallRun.fc1(3))
        let saved = try save()
        #expect(saved.epochs == [0] && saved.committedRecords == 5)
        #expect(saved.losses.map(\.wholeRecords) == [3, 1])
        #expect(try #require(saved.better) == (["softmax"], 3))
        try FileManager.default.removeItem(atPath: output.path)
        let more = try save(layers: ["soft*"])
        #expect(more.epochs == [0, 10, 20] && more.dropped == ["/splits/train/layers/softmax"])
        // The other split has no layer beside this one.
        #expect(more.better == nil)
        let copy = try ActivationArchive(opening: output.path)
        #expect(copy.splits[0].layers.map(\.name) == ["conv", "fc1:relu"])
        #expect(copy.info.hyperparameters.contains(#""dropped":["/splits/train/layers/softmax"]"#))
        try FileManager.default.removeItem(atPath: output.path)
        #expect(try save(layers: ["softmax", "fc1/relu"], splits: ["*fgsm"]).epochs == [0, 10, 20, 30, 40])
    }

    @Test func `where nothing is whole a sentence says so, and what to leave out`() throws {
        try SmallRun.write(to: file.path, records: 2)
        try damage(SmallRun.softmax(0))
        #expect(
            message()
                == "run.h5:/splits/train/layers/softmax: its first record is damaged or missing, so that no record is "
                + "whole. Leave out what is lost: with --drop-layers softmax 2 records can be saved.")
        try damage([Int64(4), 3, 2, 1, 0])
        #expect(
            message()
                == "run.h5:/splits/train/sample_ids: its first record is damaged or missing, so that no record is whole. "
                + "Leave this split out: --drop-splits train.")
        #expect(try save(splits: ["train"]).epochs == [0, 10])
        try FileManager.default.removeItem(atPath: output.path)
        try FileManager.default.removeItem(atPath: file.path)
        try SmallRun.write(to: file.path, records: 0)
        #expect(message() == "run.h5: no record is committed. There is nothing to save.")
    }

    @Test func `what stands in the way is refused and nothing is written`() throws {
        try SmallRun.write(to: file.path)
        #expect(message(layers: ["sofmax"]).hasSuffix("Did you mean “softmax”?"))
        #expect(message(splits: ["validation"]).contains("there is no split “validation”; there are train, train-fgsm"))
        #expect(message(splits: ["*"]).contains("there is no split"))
        #expect(message(layers: ["*"]).contains("there is no layer"))
        let before = try bytes()
        let itself = #expect(throws: ArchiveError.self) {
            try ArchiveSalvage.save(file.path, to: file.path, producer: "tests")
        }
        #expect(itself?.kind == .exists)
        #expect(try bytes() == before)
        try Data("mine".utf8).write(to: URL(fileURLWithPath: output.path))
        let taken = #expect(throws: ArchiveError.self) { try save() }
        #expect(taken?.description.contains("there is such a file already; nothing was overwritten") == true)
        #expect(try Data(contentsOf: URL(fileURLWithPath: output.path)) == Data("mine".utf8))
    }

    @Test func `a stop at any point leaves nothing behind`() throws {
        try SmallRun.write(to: file.path)
        let folder = URL(fileURLWithPath: output.path).deletingLastPathComponent().path
        var asked = 0
        while true {
            var left = asked
            let saved = try ArchiveSalvage.save(
                file.path, to: output.path, producer: "tests",
                shouldStop: {
                    left -= 1
                    return left < 0
                })
            if saved != nil { break }
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == [])
            asked += 1
        }
        #expect(asked > 20)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["saved.h5"])
    }

    @Test func `a layer whose structure is broken is named, and the rest is saved without it`() throws {
        try SmallRun.write(to: file.path)
        let archive = try EditableArchive(reading: file.path)
        var broken = archive
        broken.remove("/splits/train/digests/conv")
        try broken.write(to: file.path)
        #expect(
            message() == "run.h5:/splits/train/digests/conv: this data set is missing. "
                + "Leave this layer out: --drop-layers conv.")
        #expect(try save(layers: ["conv"]).epochs == [0, 10, 20])
        #expect(try ActivationArchive(opening: output.path).splits[0].layers.map(\.name) == ["fc1:relu", "softmax"])
        try FileManager.default.removeItem(atPath: output.path)
        broken = archive
        broken.remove("/splits/train/labels")
        try broken.write(to: file.path)
        #expect(message().contains("Leave this split out: --drop-splits train."))
    }

    @Test func `numbers without a digest count as far as they can be right`() throws {
        try SmallRun.write(to: file.path, records: 4)
        var archive = try EditableArchive(reading: file.path)
        archive.set("/epoch", .int64([0, 10, 5, 30]))
        try archive.write(to: file.path)
        var saved = try save()
        #expect(saved.epochs == [0, 10] && saved.committedRecords == 4)
        #expect(losses(of: saved) == ["/epoch 2"])
        // A counter that claims more than there is.
        try FileManager.default.removeItem(atPath: output.path)
        archive.set("/epoch", .int64([0, 10, 20, 30]))
        archive.set("/committed", .int64([1 << 40]), shape: [])
        try archive.write(to: file.path)
        saved = try save()
        #expect(saved.epochs == [0, 10, 20, 30] && saved.committedRecords == 1 << 40)
        // Ranges are computed anew.
        try FileManager.default.removeItem(atPath: output.path)
        archive.set("/committed", .int64([4]), shape: [])
        archive.set("/splits/train/ranges/conv", .float64([0, 0, 0, 0, 0, 0, 0, 0]))
        try archive.write(to: file.path)
        #expect(try save().losses == [])
        #expect(try troubles() == [])
    }

    // In a process of its own: libhdf5 can keep parts of damaged files.
    @Test(arguments: [false, true])
    func `a file that is cut off anywhere gives its first whole records, and no others`(isClosed: Bool) async {
        await #expect(processExitsWith: .success) { [isClosed] in
            let (file, output) = (try TemporaryFile(), try TemporaryFile("saved.h5"))
            let writer = try SmallRun.write(to: file.path, records: 6, close: isClosed)
            let whole = try Data(contentsOf: URL(fileURLWithPath: file.path))
            try withExtendedLifetime(writer) {
                let cut = file.path + ".cut"
                var most = 0
                for length in stride(from: 8, through: whole.count, by: 1021) {
                    try whole.prefix(length).write(to: URL(fileURLWithPath: cut))
                    guard let saved = try? ArchiveSalvage.save(cut, to: output.path, producer: "tests") else {
                        #expect(!FileManager.default.fileExists(atPath: output.path))
                        continue
                    }
                    let copy = try ActivationArchive(opening: output.path)
                    #expect(copy.epochs == saved.epochs && !copy.epochs.isEmpty)
                    for record in 0..<copy.committedRecords {
                        #expect(try SmallRun.damages(of: record, in: copy) == [], "cut at \(length)")
                        #expect(copy.epochs[record] == 10 * record && copy.steps?[record] == 100 * record)
                        #expect(copy.metrics.last?.values[record] == 1 / Double(record + 1))
                    }
                    // What is cut off later has as many records at least.
                    #expect(copy.committedRecords >= most)
                    most = max(most, copy.committedRecords)
                    try FileManager.default.removeItem(atPath: output.path)
                }
                #expect(most > 3)
            }
            try writer.close()
        }
    }
}
