import Activations
import Foundation
import HDF5
import Testing

@Suite struct ArchiveSubsetTests {
    private func subset(
        _ file: TemporaryFile, _ output: TemporaryFile, deflate: Int? = nil,
        _ change: (inout ArchiveSelection) -> Void = { _ in }
    ) throws -> ActivationArchive {
        var selection = ArchiveSelection()
        change(&selection)
        let archive = try ActivationArchive(opening: file.path)
        #expect(try archive.writeSubset(selection, to: output.path, producer: "tests 2.0", deflate: deflate))
        return try ActivationArchive(opening: output.path)
    }

    @Test(arguments: [nil, 6]) func `a subset of everything is the same content under another id`(deflate: Int?) throws
    {
        let (file, output) = (try TemporaryFile(), try TemporaryFile())
        // The last record is begun and not committed, as a killed writer leaves it.
        let writer = try SmallRun.write(to: file.path, close: false)
        try SmallRun.writeRecord(3, to: writer)
        let source = try ActivationArchive(opening: file.path)
        let copy = try subset(file, output, deflate: deflate)
        #expect(try copy.contentDigest() == source.contentDigest())
        #expect(copy.info.derivedFrom == SmallRun.description.id && copy.info.id != source.info.id)
        #expect(copy.info.producer == "tests 2.0" && copy.info.title == "A small run" && copy.info.isClosed)
        #expect(copy.epochs == [0, 10, 20] && copy.steps == [0, 100, 200])
        #expect(copy.metrics.map(\.name) == source.metrics.map(\.name))
        for (one, other) in zip(copy.metrics, source.metrics) {
            #expect(one.values.map(\.bitPattern) == other.values.map(\.bitPattern))
        }
        #expect(copy.splits == source.splits)
        for record in 0..<3 { #expect(try SmallRun.damages(of: record, in: copy) == []) }
        let (seed, content) = (#"{"seed": 1, "subset": {"#, try source.contentDigest())
        #expect(copy.info.hyperparameters.hasPrefix(seed), "\(copy.info.hyperparameters)")
        #expect(copy.info.hyperparameters.contains(content) && copy.info.hyperparameters.contains(source.info.id))
        withExtendedLifetime(writer) {}
    }

    @Test func `a cut holds the chosen rows, rounded to the nearest float16, and says so`() throws {
        let (file, output) = (try TemporaryFile(), try TemporaryFile())
        try SmallRun.write(to: file.path)
        let copy = try subset(file, output) {
            $0.splits = ["train"]
            $0.layers = ["fc1/relu", "soft*"]
            $0.records = [0, 2]
            $0.samples = 3
            $0.elementType = .float16
        }
        #expect(copy.epochs == [0, 20] && copy.steps == [0, 200])
        #expect(copy.splits.map(\.name) == ["train"])
        let split = copy.splits[0]
        #expect(split.layers.map(\.name) == ["fc1:relu", "softmax"] && split.layers.map(\.order) == [1, 2])
        #expect(split.layers[0].module == "Linear")
        #expect(try copy.labels(split: "train") == .classes([0, 1, 1], names: ["no", "yes"]))
        #expect(try copy.sampleIDs(split: "train") == [4, 3, 2])
        #expect(
            try copy.inputs(split: "train", record: 0, samples: 0..<3).values == .uint8((0..<18).map { UInt8($0) }))
        for (record, source) in [0, 2].enumerated() {
            let fc1 = try copy.activations(split: "train", layer: "fc1:relu", record: record, samples: 0..<3)
            #expect(fc1.values == .float16(SmallRun.fc1(source).prefix(12).map { Half.bits($0) }))
            let softmax = try copy.activations(split: "train", layer: "softmax", record: record, samples: 0..<3)
            for (half, exact) in zip(softmax.values.asDouble(), SmallRun.softmax(source)) {
                // Half a unit in the last place of a float16 below 1 or at most 2.
                #expect(abs(half - exact) <= abs(exact) * 0x1p-11)
            }
            #expect(try copy.digestMatches(split: "train", layer: "softmax", record: record))
        }
        let text = copy.info.hyperparameters
        for words in [#""dtype":"float16""#, #""epochs":[0,20]"#, #""samples":3"#, #""layers":["fc1/relu","soft*"]"#] {
            #expect(text.contains(words), "\(text)")
        }
        // Inputs that change per epoch are cut, too; a subset of a subset keeps both stories.
        let again = try TemporaryFile()
        let fgsm = try subset(file, again) {
            $0.splits = ["*fgsm"]
            $0.records = [1]
            $0.samples = 2
        }
        #expect(
            try fgsm.inputs(split: "train-fgsm", record: 0, samples: 0..<2).values
                == .float32(Array(SmallRun.adversarialInputs(1).prefix(6))))
        let third = try subset(again, try TemporaryFile())
        #expect(
            third.info.hyperparameters.contains(#""subset": {"#)
                && third.info.hyperparameters.contains(#""subset-2": {"#))
    }

    @Test func `a double is rounded to float16 once, not twice`() {
        // Just above the middle of two halves: through a float it would be the middle, and go to the even one below.
        let middle = 1 + 0x1p-11
        for (value, bits) in [
            (middle, 0x3C00), (middle + 0x1p-40, 0x3C01), (middle - 0x1p-40, 0x3C00), (1 + 3 * 0x1p-11, 0x3C02),
            (1 + 3 * 0x1p-11 - 0x1p-45, 0x3C01), (-(middle + 0x1p-40), 0xBC01), (0x1p-25, 0), (0x1p-25 + 0x1p-70, 1),
            (1e-300, 0), (-1e-300, 0x8000), (65504, 0x7BFF), (0, 0),
        ] as [(Double, UInt16)] {
            #expect(Half.bits(roundingOnce: value) == bits, "\(value)")
        }
    }

    @Test func `names that are not there and choices that leave nothing are refused, all at once`() throws {
        let (file, output) = (try TemporaryFile(), try TemporaryFile())
        try SmallRun.write(to: file.path)
        let archive = try ActivationArchive(opening: file.path)
        func refusal(_ change: (inout ArchiveSelection) -> Void) -> String {
            var selection = ArchiveSelection()
            change(&selection)
            do throws(ArchiveError) {
                _ = try archive.writeSubset(selection, to: output.path, producer: "tests")
                return "was not refused"
            } catch {
                return error.description
            }
        }
        let both = refusal {
            $0.splits = ["trian", "train"]
            $0.layers = ["cnov", "x*"]
        }
        for words in ["Did you mean “train”?", "Did you mean “conv”?", "no layer matches “x*”"] {
            #expect(both.contains(words), "\(both)")
        }
        #expect(
            refusal { $0.layers = ["conv"] }.contains("/splits/train-fgsm: the split has none of the chosen layers"))
        #expect(refusal { $0.records = [] }.contains("no record is chosen; 3 records from epoch 0 to 20"))
        #expect(refusal { $0.records = [3] }.contains("there is no record 3"))
        #expect(refusal { $0.records = [1, 0] }.contains("do not ascend"))
        #expect(refusal { $0.samples = 0 }.contains("0 samples"))
        #expect(!FileManager.default.fileExists(atPath: output.path))
        #expect {
            try archive.writeSubset(to: file.path, producer: "tests")
        } throws: {
            "\($0)".contains("this is the archive that would be copied")
        }
        try SmallRun.write(to: output.path, records: 1)
        #expect(refusal { _ in }.contains("nothing was overwritten"))
    }

    @Test func `a damaged record and one that overflows float16 are refused by name, and nothing is left`() throws {
        let (file, output) = (try TemporaryFile(), try TemporaryFile())
        try SmallRun.write(to: file.path)
        let handle = try File(opening: file.path, .readWrite)
        let layers = try handle.root.group("splits").group("train").group("layers")
        try layers.dataset("fc1:relu").write([Float(9)], start: [1, 2, 3], count: [1, 1, 1])
        try handle.close()
        func refusal(_ change: (inout ArchiveSelection) -> Void) -> String {
            do { _ = try subset(file, output, change) } catch { return "\(error)" }
            return "was not refused"
        }
        let text = refusal { _ in }
        #expect(
            text.contains("/splits/train/layers/fc1:relu: the values of epoch 10 are not what was recorded"), "\(text)")
        #expect(!FileManager.default.fileExists(atPath: output.path))
        // The damage lies in a part that is left out.
        _ = try subset(file, try TemporaryFile()) { $0.records = [0, 2] }

        let large = try TemporaryFile()
        var description = SmallRun.description
        description.hasSteps = false
        description.splits = [description.splits[0]]
        description.splits[0].layers = [description.splits[0].layers[0]]
        let writer = try ArchiveWriter(creating: large.path, description)
        try writer.beginRecord(epoch: 5)
        try writer.write(.float32([Float](repeating: 65504, count: 19) + [-65505]), split: "train", layer: "fc1/relu")
        try writer.commitRecord()
        try writer.close()
        #expect {
            try subset(large, output) { $0.elementType = .float16 }
        } throws: {
            "\($0)".contains("-65505.0 at epoch 5, sample 4, unit 3 is beyond what float16 holds")
        }
        let folder = URL(fileURLWithPath: output.path).deletingLastPathComponent()
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == [])
    }

    @Test func `a stopped subset leaves nothing`() throws {
        let (file, output) = (try TemporaryFile(), try TemporaryFile())
        try SmallRun.write(to: file.path)
        let archive = try ActivationArchive(opening: file.path)
        var cells = 0
        let isComplete = try archive.writeSubset(
            to: output.path, producer: "tests", progress: { cells = $0.done }, shouldStop: { cells == 3 })
        #expect(!isComplete && cells == 3)
        let folder = URL(fileURLWithPath: output.path).deletingLastPathComponent()
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == [])
    }
}
