import Activations
import Foundation

/// A path in a fresh directory that goes away with the value.
final class TemporaryFile {
    let path: String
    private let directory: URL

    init(_ name: String = "run.h5") throws {
        directory = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        path = directory.appendingPathComponent(name).path
    }

    deinit { try? FileManager.default.removeItem(at: directory) }
}

/// A small archive with every object of the format: two splits, one with inputs per epoch; class and number labels;
/// three number types; a layer with two axes.
enum SmallRun {
    static let samples = 5

    static var description: ArchiveDescription {
        var description = ArchiveDescription(
            producer: "tests 1.0",
            splits: [
                SplitDescription(
                    name: "train",
                    inputs: .fixed(
                        Cell(samples: 5, unitShape: [2, 3], values: .uint8((0..<30).map { UInt8($0) }))),
                    labels: .classes([0, 1, 1, 0, 1], names: ["no", "yes"]), sampleIDs: [4, 3, 2, 1, 0],
                    layers: [
                        LayerDescription(
                            name: "fc1/relu", order: 1, kind: .dense, activation: "relu", module: "Linear",
                            unitShape: [4]),
                        LayerDescription(
                            name: "conv", order: 0, kind: .convolution, pooling: "mean", unitShape: [2, 2],
                            elementType: .float16),
                        LayerDescription(
                            name: "softmax", order: 2, kind: .softmax, unitShape: [2], elementType: .float64),
                    ]),
                SplitDescription(
                    name: "train-fgsm", inputs: .perEpoch(shape: [3], type: .float32),
                    labels: .values((0..<10).map { Double($0) / 4 }, width: 2), sampleIDs: [0, 1, 2, 3, 4],
                    layers: [LayerDescription(name: "fc1/relu", order: 1, kind: .dense, unitShape: [])]),
            ])
        description.id = "00000000-0000-4000-8000-000000000001"
        description.created = "2026-01-02T03:04:05Z"
        description.title = "A small run"
        description.model = "6-4-2 relu"
        description.hyperparameters = #"{"seed": 1}"#
        description.derivedFrom = "00000000-0000-4000-8000-000000000000"
        description.hasSteps = true
        return description
    }

    static func fc1(_ record: Int) -> [Float] { (0..<20).map { Float($0 * (record + 1)) / 8 - 1 } }
    /// Multiples of 1/16 below 128, which float16 holds exactly.
    static func conv(_ record: Int) -> [Float] { (0..<20).map { Float($0 - 10 * (record % 100)) / 16 } }
    static func softmax(_ record: Int) -> [Double] {
        (0..<5).flatMap { sample in
            let first = Double(sample + record) / 10
            return [first, 1 - first]
        }
    }
    static func adversarialInputs(_ record: Int) -> [Float] { (0..<15).map { Float($0 + 100 * record) } }
    static func adversarialLayer(_ record: Int) -> [Float] { (0..<5).map { Float($0 * record) } }

    static func writeRecord(_ record: Int, to writer: ArchiveWriter) throws {
        try writer.beginRecord(epoch: record * 10, step: record * 100)
        try writer.write(.float32(fc1(record)), split: "train", layer: "fc1/relu")
        try writer.write(.float32(conv(record)), split: "train", layer: "conv")
        try writer.write(.float64(softmax(record)), split: "train", layer: "softmax")
        try writer.writeInputs(.float32(adversarialInputs(record)), split: "train-fgsm")
        try writer.write(.float32(adversarialLayer(record)), split: "train-fgsm", layer: "fc1:relu")
    }

    /// Writes `records` records with two metrics, of which the first record lacks one.
    @discardableResult
    static func write(
        to path: String, records: Int = 3, options: WriterOptions = WriterOptions(), close: Bool = true
    ) throws -> ArchiveWriter {
        var description = description
        description.metricNames = ["train_loss", "train_accuracy"]
        let writer = try ArchiveWriter(creating: path, description, options: options)
        for record in 0..<records {
            try writeRecord(record, to: writer)
            var metrics = ["train_loss": 1 / Double(record + 1)]
            if record > 0 { metrics["train_accuracy"] = 0.5 }
            try writer.commitRecord(metrics: metrics)
        }
        if close { try writer.close() }
        return writer
    }

    /// What of `record` a reader does not see as it was written; nothing where the record is whole.
    static func damages(of record: Int, in archive: ActivationArchive) throws -> [String] {
        let all = 0..<samples
        var damages: [String] = []
        func expect(_ isWhole: Bool, _ part: String) { if !isWhole { damages.append("\(record): \(part)") } }
        func layer(_ split: String, _ layer: String) throws -> ElementArray {
            try archive.activations(split: split, layer: layer, record: record, samples: all).values
        }
        expect(try layer("train", "fc1:relu") == .float32(fc1(record)), "fc1")
        expect(try layer("train", "conv").asFloat() == conv(record), "conv")
        expect(try layer("train", "softmax") == .float64(softmax(record)), "softmax")
        expect(try layer("train-fgsm", "fc1:relu") == .float32(adversarialLayer(record)), "fgsm fc1")
        let inputs = try archive.inputs(split: "train-fgsm", record: record, samples: all).values
        expect(inputs == .float32(adversarialInputs(record)), "fgsm inputs")
        for split in archive.splits {
            let name = split.name
            expect(try archive.inputDigestMatches(split: name, record: record), "\(name) inputs digest")
            expect(try archive.labelDigestsMatch(split: name), "\(name) labels digest")
            for layer in split.layers.map(\.name) {
                expect(try archive.digestMatches(split: name, layer: layer, record: record), "\(layer) digest")
            }
        }
        return damages
    }
}
