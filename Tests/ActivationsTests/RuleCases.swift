import Activations
import Foundation
import HDF5

/// An archive without any finding, from which every case departs by one thing.
enum SoundRun {
    static let samples = 16

    static var description: ArchiveDescription {
        let inputs = Cell(samples: 16, unitShape: [2], values: .float32((0..<32).map { Float($0) }))
        let layers = [
            LayerDescription(name: "hidden", order: 1, kind: .dense, activation: "relu", unitShape: [3]),
            LayerDescription(name: "half", order: 2, kind: .normalization, unitShape: [2], elementType: .float16),
            LayerDescription(name: "wide", order: 3, kind: .block, unitShape: [2], elementType: .float64),
            LayerDescription(name: "linear", order: 4, kind: .dense, module: "Linear", unitShape: [2]),
            LayerDescription(name: "logits", order: 5, kind: .logits, activation: "identity", unitShape: [2]),
        ]
        let labels = Labels.classes((0..<16).map { $0 % 2 }, names: ["no", "yes"])
        var description = ArchiveDescription(
            producer: "tests 1.0",
            splits: [
                SplitDescription(
                    name: "test", inputs: .perEpoch(shape: [2], type: .float32), labels: labels,
                    sampleIDs: Array(16..<32), layers: layers),
                SplitDescription(
                    name: "train", inputs: .fixed(inputs), labels: labels, sampleIDs: Array(0..<16), layers: layers),
            ])
        description.id = "00000000-0000-4000-8000-000000000003"
        description.title = "A sound run"
        description.model = "2-3-2"
        description.hyperparameters = #"{"seed": 1}"#
        description.metricNames = ["train_loss"]
        return description
    }

    static func values(of layer: String, record: Int) -> ElementArray {
        func value(_ index: Int) -> Float { Float(index) - 9 + Float(record) / 4 }
        return switch layer {
        case "hidden": .float32((0..<48).map { max(0, value($0)) })
        case "wide": .float64((0..<32).map { Double($0 - 9) / 3 + Double(record) })
        case "half": .float32((0..<32).map { value($0) / 4 })
        default: .float32((0..<32).map { value($0) })
        }
    }

    /// Writes it, with the description and the records changed.
    static func write(
        to path: String, options: WriterOptions = WriterOptions(), records: Int = 3,
        change: (inout ArchiveDescription) -> Void = { _ in }
    ) throws {
        var description = description
        change(&description)
        let writer = try ArchiveWriter(creating: path, description, options: options)
        for record in 0..<records {
            try writer.beginRecord(epoch: 10 * record)
            for split in description.splits {
                for layer in split.layers {
                    try writer.write(values(of: layer.name, record: record), split: split.name, layer: layer.name)
                }
                guard case .perEpoch = split.inputs else { continue }
                try writer.writeInputs(.float32((0..<32).map { Float(100 * record + $0) }), split: split.name)
            }
            try writer.commitRecord(metrics: ["train_loss": .nan])
        }
        try writer.close()
    }
}

/// A rule, a file that fires it, and one that is as near as can be and does not.
struct RuleCase: CustomStringConvertible, Sendable {
    let rule: ArchiveRule
    let name: String
    var depth = ArchiveValidation.Depth.contents
    /// The codes of what cannot but be found beside it.
    var companions: Set<ArchiveRule> = []
    let fires: @Sendable (String) throws -> Void
    var spares: @Sendable (String) throws -> Void = { try SoundRun.write(to: $0) }
    /// The codes of what is found in the file that does not fire.
    var spared: Set<ArchiveRule> = []

    var description: String { "\(rule.rawValue): \(name)" }

    typealias Make = @Sendable (String) throws -> Void

    /// The file after an edit of its objects.
    static func edited(_ edit: @escaping @Sendable (inout EditableArchive) throws -> Void) -> Make {
        { path in
            try SoundRun.write(to: path)
            var archive = try EditableArchive(reading: path)
            try edit(&archive)
            try archive.write(to: path)
        }
    }

    /// The file as the writer writes another description.
    static func described(
        records: Int = 3, _ change: @escaping @Sendable (inout ArchiveDescription) -> Void
    ) -> Make {
        { try SoundRun.write(to: $0, records: records, change: change) }
    }

    static func golden(_ name: String) -> Make {
        { path in
            let source = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent(
                "Golden/\(name)")
            try Data(contentsOf: source).write(to: URL(fileURLWithPath: path))
        }
    }

    static let all = structure + file + samples + records

    private static let (train, test) = ("/splits/train", "/splits/test")

    // MARK: Structure

    private static let structure: [RuleCase] = [
        RuleCase(
            rule: .notAnArchive, name: "a table as text",
            fires: { try Data("epoch,loss\n".utf8).write(to: URL(fileURLWithPath: $0)) }),
        RuleCase(
            rule: .notAnArchive, name: "HDF5 of another format",
            fires: edited { $0.attributes["/"]?["format"] = .string("infoplane-results") }),
        RuleCase(
            rule: .cutOff, name: "half a file",
            fires: { path in
                try SoundRun.write(to: path)
                let bytes = try Data(contentsOf: URL(fileURLWithPath: path))
                try bytes.prefix(bytes.count / 2).write(to: URL(fileURLWithPath: path))
            }),
        RuleCase(
            rule: .damaged, name: "a deflated record with changed bytes",
            fires: { path in
                try SoundRun.write(to: path, options: WriterOptions(deflate: 9))
                let whole = try Data(contentsOf: URL(fileURLWithPath: path))
                // The header of zlib at level 9; the bytes after it are made nonsense.
                var (bytes, from) = (whole, whole.startIndex)
                while let place = whole.range(of: Data([0x78, 0xDA]), in: from..<whole.endIndex) {
                    for offset in 2..<6 where place.lowerBound + offset < whole.endIndex {
                        bytes[place.lowerBound + offset] = 0xFF
                    }
                    from = place.upperBound
                }
                try bytes.write(to: URL(fileURLWithPath: path))
            }, spares: { try SoundRun.write(to: $0, options: WriterOptions(deflate: 9)) }),
        RuleCase(
            rule: .cutOff, name: "records that the file cannot hold",
            fires: edited {
                $0.datasets["\(train)/layers/hidden"]?.shape = [3, 16, 1 << 40]
                $0.datasets["\(train)/layers/hidden"]?.chunk = [1, 1, 1024]
            }),
        RuleCase(
            rule: .newerVersion, name: "version 2.0", fires: edited { $0.attributes["/"]?["version"] = .string("2.0") },
            spares: edited { $0.attributes["/"]?["version"] = .string("1.7") }),
        RuleCase(
            rule: .badVersion, name: "version new", fires: edited { $0.attributes["/"]?["version"] = .string("new") }),
        RuleCase(rule: .missingObject, name: "no epochs", fires: edited { $0.remove("/epoch") }),
        RuleCase(
            rule: .missingObject, name: "no digests of a layer", fires: edited { $0.remove("\(train)/digests/hidden") },
            spares: edited { $0.remove("/metrics") }),
        RuleCase(
            rule: .wrongObject, name: "a group as a layer",
            fires: edited {
                $0.remove("\(train)/layers/hidden")
                $0.groups.insert("\(train)/layers/hidden")
            }),
        RuleCase(
            rule: .link, name: "soft and external links", fires: golden("archive-1.0-links.h5")),
        RuleCase(
            rule: .wrongForm, name: "epochs as numbers with a point",
            fires: edited { $0.set("/epoch", .float64([0, 10, 20])) }),
        RuleCase(
            rule: .wrongForm, name: "digests of 31 bytes",
            fires: edited {
                $0.set("\(train)/digests/hidden", .uint8([UInt8](repeating: 0, count: 93)), shape: [3, 31])
            }),
        RuleCase(
            rule: .impossibleShape, name: "2^80 units",
            fires: edited {
                $0.datasets["\(train)/layers/hidden"]?.shape = [3, 16, 1 << 40, 1 << 40]
                $0.datasets["\(train)/layers/hidden"]?.chunk = [1, 1, 1, 1024]
            }),
        RuleCase(
            rule: .empty, name: "a split without layers",
            fires: edited { archive in
                for layer in SoundRun.description.splits[0].layers {
                    for kind in ["layers", "ranges", "digests"] { archive.remove("\(train)/\(kind)/\(layer.name)") }
                }
            }),
        RuleCase(
            rule: .empty, name: "no split",
            fires: edited { archive in
                for split in [train, test] { archive.remove(split) }
            }),
        RuleCase(
            rule: .sampleCount, name: "15 ids for 16 labels",
            fires: edited { $0.set("\(train)/sample_ids", .int64((0..<15).map { $0 }), shape: [15]) }),
        RuleCase(
            rule: .perEpochContradiction, name: "fixed inputs that claim to change",
            fires: edited { $0.attributes["\(train)/inputs"]?["per_epoch"] = .uint8(1) },
            spares: edited { $0.attributes["\(train)/inputs"]?["per_epoch"] = nil }),
        RuleCase(
            rule: .tooFewRecords, name: "4 committed of 3", fires: edited { $0.set("/committed", .int64([4])) }),
        RuleCase(
            rule: .orphan, name: "ranges without a layer",
            fires: edited { $0.datasets["\(train)/ranges/lost"] = $0.datasets["\(train)/ranges/hidden"] }),
        RuleCase(
            rule: .missingAttribute, name: "no kind",
            fires: edited { $0.attributes["\(train)/layers/hidden"]?["kind"] = nil }),
        RuleCase(
            rule: .attributeType, name: "an order with a point",
            fires: edited { $0.attributes["\(train)/layers/hidden"]?["order"] = .float64(1) }),
        RuleCase(
            rule: .attributeValue, name: "an unknown kind",
            fires: edited { $0.attributes["\(train)/layers/hidden"]?["kind"] = .string("magic") }),
        RuleCase(
            rule: .negativeNumber, name: "epoch -1", fires: edited { $0.set("/epoch", .int64([-1, 10, 20])) }),
        RuleCase(
            rule: .negativeNumber, name: "order -1",
            fires: edited { $0.attributes["\(train)/layers/hidden"]?["order"] = .int64(-1) }),
        RuleCase(
            rule: .epochOrder, name: "an epoch twice", fires: edited { $0.set("/epoch", .int64([0, 10, 10])) },
            spares: edited {
                $0.set("/epoch", .int64([0, 10, 10]))
                $0.set("/step", .int64([0, 1, 2]))
            }),
        RuleCase(
            rule: .epochOrder, name: "epochs that descend", fires: edited { $0.set("/epoch", .int64([0, 20, 10])) }),
        RuleCase(
            rule: .layerOrder, name: "an order twice",
            fires: edited { $0.attributes["\(train)/layers/hidden"]?["order"] = .int64(2) },
            spares: edited { $0.attributes["\(train)/layers/hidden"]?["order"] = .int64(9) }),
    ]

    // MARK: The file

    private static let file: [RuleCase] = [
        RuleCase(
            rule: .badHyperparameters, name: "words", fires: described { $0.hyperparameters = "seed 1" },
            spares: described { $0.hyperparameters = #"{"layers": [1, {"bias": null}], "name": "é"}"# }),
        RuleCase(
            rule: .badHyperparameters, name: "a list", fires: described { $0.hyperparameters = "[1]" }),
        RuleCase(rule: .missingProvenance, name: "no title", fires: described { $0.title = "" }),
        RuleCase(
            rule: .missingProvenance, name: "empty hyperparameters", fires: described { $0.hyperparameters = "{ }" }),
        RuleCase(rule: .missingProvenance, name: "no version", fires: described { $0.producer = "hand" }),
        RuleCase(rule: .idNoUUID, name: "a name as id", fires: described { $0.id = "run-7" }),
        RuleCase(
            rule: .notClosed, name: "a writer that was killed",
            fires: edited { $0.attributes["/"]?["closed"] = .uint8(0) }),
        RuleCase(
            rule: .uncommittedTail, name: "a record that was not finished",
            fires: edited { $0.set("/committed", .int64([2])) }),
        RuleCase(
            rule: .noRecords, name: "nothing but the beginning", fires: described(records: 0) { _ in },
            spares: described(records: 1) { _ in }),
        RuleCase(
            rule: .notPaged, name: "an archive of the first writer",
            companions: [.negativeAfterReLU, .noNegatives, .deadLayer], fires: golden("archive-1.0.h5")),
        RuleCase(
            rule: .unknownObject, name: "at the root and in a split",
            fires: edited {
                $0.set("/novelty", .float32([1]))
                $0.set("\(train)/novelty", .float32([1]))
            },
            // Any name may be a metric.
            spares: edited { $0.set("/metrics/novelty", .float64([1, 2, 3])) }),
        RuleCase(
            rule: .foreignFilter, name: "shuffle", fires: golden("archive-1.0-shuffle.h5"),
            spares: { try SoundRun.write(to: $0, options: WriterOptions(deflate: 1)) }),
        RuleCase(
            rule: .slowChunks, name: "units that are split",
            fires: edited { $0.datasets["\(train)/layers/hidden"]?.chunk = [1, 16, 1] },
            spares: edited { $0.datasets["\(train)/layers/hidden"]?.chunk = [1, 8, 3] }),
        RuleCase(
            rule: .slowChunks, name: "records together",
            fires: edited { $0.datasets["\(test)/inputs"]?.chunk = [3, 16, 2] }),
        RuleCase(
            rule: .slowChunks, name: "a chunk per sample",
            fires: edited { $0.datasets["\(train)/layers/hidden"]?.chunk = [1, 1, 3] },
            spares: edited { $0.datasets["\(train)/layers/hidden"]?.chunk = [1, 2, 3] }),
        RuleCase(
            rule: .slowChunks, name: "a chunk of 80 MB", depth: .structure,
            fires: edited {
                $0.datasets["\(train)/layers/hidden"] = EditableArchive.Content(
                    values: .float32([]), shape: [3, 16, 5 << 18], chunk: [1, 16, 5 << 18], isDeflated: true)
            },
            spares: edited {
                $0.datasets["\(train)/layers/hidden"] = EditableArchive.Content(
                    values: .float32([]), shape: [3, 16, 5 << 18], chunk: [1, 3, 5 << 18], isDeflated: true)
            }),
    ]

    // MARK: Samples

    /// The same labels and other values at `count` samples from the first on.
    private static func flipped(_ count: Int) -> Labels {
        .classes((0..<16).map { $0 < count ? 1 - $0 % 2 : $0 % 2 }, names: ["no", "yes"])
    }

    private static let samples: [RuleCase] = [
        RuleCase(
            rule: .labelDrift, name: "one label of an adversary's split",
            fires: described {
                $0.splits[0].sampleIDs = Array(0..<16)
                $0.splits[0].labels = flipped(1)
            },
            spares: described { $0.splits[0].sampleIDs = Array(0..<16) }),
        RuleCase(
            rule: .labelDrift, name: "every label, of the same inputs",
            fires: described {
                $0.splits[0].sampleIDs = Array(0..<16)
                $0.splits[0].inputs = $0.splits[1].inputs
                $0.splits[0].labels = flipped(16)
            },
            // The ids of other classes, by the names that they have.
            spares: described {
                $0.splits[0].sampleIDs = Array(0..<16)
                $0.splits[0].labels = .classes((0..<16).map { 1 - $0 % 2 }, names: ["yes", "no"])
            }),
        RuleCase(
            rule: .labelDrift, name: "numbers to predict",
            fires: described {
                $0.splits[0].sampleIDs = Array((0..<16).reversed())
                $0.splits[0].inputs = $0.splits[1].inputs
                for split in 0..<2 {
                    $0.splits[split].labels = .values((0..<16).map { Double($0) }, width: 1)
                }
                // The same samples in another order, and the labels in the old one.
                var rows: [Float] = []
                for sample in (0..<16).reversed() { rows += [Float(2 * sample), Float(2 * sample + 1)] }
                $0.splits[0].inputs = .fixed(Cell(samples: 16, unitShape: [2], values: .float32(rows)))
            },
            spares: described {
                for split in 0..<2 { $0.splits[split].labels = .values((0..<16).map { Double($0) }, width: 1) }
            }),
        RuleCase(
            rule: .ambiguousIDs, name: "splits numbered each from 0",
            fires: described {
                $0.splits[0].sampleIDs = Array(0..<16)
                $0.splits[0].labels = .classes((0..<16).map { $0 / 8 }, names: ["no", "yes"])
            }),
        RuleCase(
            rule: .repeatedIDs, name: "an id twice", fires: described { $0.splits[0].sampleIDs[15] = 16 }),
        RuleCase(
            rule: .missingClass, name: "a class of the training alone",
            fires: described {
                $0.splits[1].labels = .classes(
                    (0..<16).map { $0 == 0 ? 2 : $0 % 2 }, names: ["no", "yes", "maybe"])
            },
            // A name that no sample has is no class that is missing.
            spares: described {
                $0.splits[1].labels = .classes((0..<16).map { $0 % 2 }, names: ["no", "yes", "maybe"])
            }),
        RuleCase(
            rule: .classShares, name: "1 of 16 against 15 of 16",
            fires: described {
                $0.splits[0].labels = .classes((0..<16).map { $0 == 0 ? 1 : 0 }, names: ["no", "yes"])
                $0.splits[1].labels = .classes((0..<16).map { $0 == 0 ? 0 : 1 }, names: ["no", "yes"])
            },
            // 8 of 16 against 11 of 16, which chance makes.
            spares: described { $0.splits[0].labels = .classes((0..<16).map { $0 < 5 ? 0 : 1 }, names: ["no", "yes"]) }),
        RuleCase(
            rule: .unnamedClass, name: "a class and a name too few",
            fires: edited { $0.attributes["\(train)/labels"]?["class_names"] = .strings(["no"]) }),
        RuleCase(
            rule: .noClassNames, name: "numbers alone",
            fires: described { $0.splits[0].labels = .classes((0..<16).map { $0 % 2 }, names: []) }),
    ]

    // MARK: Records

    private static let records: [RuleCase] = [
        RuleCase(
            rule: .notFinite, name: "NaN in a layer",
            fires: edited { $0.setLayer("\(train)/layers/logits") { $0[32 + 7] = .nan } }),
        RuleCase(
            rule: .notFinite, name: "infinity in float16",
            fires: edited {
                guard case .float16(var values)? = $0.datasets["\(train)/layers/half"]?.values else { return }
                values[3] = 0x7C00
                $0.datasets["\(train)/layers/half"]?.values = .float16(values)
            }),
        RuleCase(
            rule: .notFinite, name: "infinity in inputs",
            fires: edited {
                $0.set("\(train)/inputs", .float32((0..<32).map { $0 == 5 ? .infinity : Float($0) }), shape: [16, 2])
            }),
        RuleCase(
            rule: .notFinite, name: "NaN in a label", companions: [.digestDiffers],
            fires: { path in
                try described { $0.splits[0].labels = .values((0..<16).map { Double($0) }, width: 1) }(path)
                var archive = try EditableArchive(reading: path)
                archive.set("\(test)/labels", .float64((0..<16).map { $0 == 3 ? .nan : Double($0) }))
                try archive.write(to: path)
            },
            spares: described { $0.splits[0].labels = .values((0..<16).map { Double($0) }, width: 1) }),
        RuleCase(
            rule: .digestDiffers, name: "a changed label", depth: .structure,
            fires: edited { $0.set("\(train)/labels", .int64((0..<16).map { $0 < 2 ? 1 : Int64($0 % 2) })) }),
        RuleCase(
            rule: .digestDiffers, name: "a changed id", depth: .structure,
            fires: edited { $0.set("\(train)/sample_ids", .int64((0..<16).map { $0 + 100 })) }),
        RuleCase(
            rule: .digestDiffers, name: "a changed activation", depth: .digests,
            fires: edited { $0.setLayer("\(train)/layers/logits") { $0[32 + 7] += 0.5 } }),
        RuleCase(
            rule: .digestDiffers, name: "a changed input", depth: .digests,
            fires: edited {
                $0.set("\(train)/inputs", .float32((0..<32).map { $0 == 5 ? 99 : Float($0) }), shape: [16, 2])
            }),
        RuleCase(
            rule: .digestDiffers, name: "a changed input of one epoch", depth: .digests,
            fires: edited {
                guard case .float32(var values)? = $0.datasets["\(test)/inputs"]?.values else { return }
                values[40] += 1
                $0.datasets["\(test)/inputs"]?.values = .float32(values)
            }),
        RuleCase(
            rule: .rangeDiffers, name: "an extreme that grew",
            fires: edited {
                guard case .float32(var values)? = $0.datasets["\(train)/layers/logits"]?.values else { return }
                values[31] = 1000
                $0.datasets["\(train)/layers/logits"]?.values = .float32(values)
            },
            spares: edited { $0.setLayer("\(train)/layers/logits") { $0[31] = 1000 } }),
        RuleCase(
            rule: .negativeAfterReLU, name: "a negative value in one record",
            fires: edited { $0.setLayer("\(train)/layers/hidden") { $0[100] = -0.5 } },
            spares: edited {
                $0.setLayer("\(train)/layers/hidden") { $0[100] = -0.5 }
                $0.attributes["\(train)/layers/hidden"]?["activation"] = .string("leaky_relu")
            }),
        RuleCase(
            rule: .overwrittenInPlace, name: "logits without negatives, with zeros",
            fires: edited { $0.setLayer("\(train)/layers/logits") { $0 = $0.map { max(0, $0) } } },
            // One negative value in one record is enough.
            spares: edited {
                $0.setLayer("\(train)/layers/logits") {
                    $0 = $0.map { max(0, $0) }; $0[50] = -1
                }
            }),
        RuleCase(
            rule: .noNegatives, name: "a linear layer that names no function",
            fires: edited { $0.setLayer("\(train)/layers/linear") { $0 = $0.map { max(0, $0) } } },
            spares: edited {
                $0.setLayer("\(train)/layers/linear") { $0 = $0.map { max(0, $0) } }
                $0.attributes["\(train)/layers/linear"]?["activation"] = .string("relu")
            }),
        RuleCase(
            rule: .noNegatives, name: "another kind whose name says conv",
            fires: edited {
                $0.attributes["\(train)/layers/linear"]?["kind"] = .string("other")
                $0.attributes["\(train)/layers/linear"]?["module"] = .string("torch.nn.Conv2d")
                $0.setLayer("\(train)/layers/linear") { $0 = $0.map { max(0, $0) } }
            },
            spares: edited {
                $0.attributes["\(train)/layers/linear"]?["kind"] = .string("embedding")
                $0.setLayer("\(train)/layers/linear") { $0 = $0.map { max(0, $0) } }
            }),
        RuleCase(
            rule: .noNegatives, name: "positive logits without zeros",
            fires: edited { $0.setLayer("\(train)/layers/logits") { $0 = $0.map { max(0.5, $0) } } }),
        RuleCase(
            rule: .deadLayer, name: "zeros in one record",
            fires: edited { $0.setLayer("\(train)/layers/hidden") { for place in 48..<96 { $0[place] = 0 } } },
            spares: edited { $0.setLayer("\(train)/layers/hidden") { for place in 48..<93 { $0[place] = 0 } } }),
        RuleCase(
            rule: .deadUnits, name: "a unit that is 0",
            fires: edited {
                $0.setLayer("\(train)/layers/hidden") { for place in stride(from: 1, to: 144, by: 3) { $0[place] = 0 } }
            },
            spares: edited {
                $0.setLayer("\(train)/layers/hidden") {
                    for place in stride(from: 4, to: 144, by: 3) { $0[place] = 0 }
                    for record in 0..<3 { $0[48 * record + 1] = 1 }
                }
            }),
        RuleCase(
            rule: .constantUnits, name: "a unit that is 1",
            fires: edited {
                $0.setLayer("\(train)/layers/hidden") { for place in stride(from: 1, to: 144, by: 3) { $0[place] = 1 } }
            }),
        RuleCase(
            rule: .halfTies, name: "the same row for other inputs",
            fires: edited {
                guard case .float16(var values)? = $0.datasets["\(train)/layers/half"]?.values else { return }
                (values[4], values[5]) = (values[8], values[9])
                $0.datasets["\(train)/layers/half"]?.values = .float16(values)
            },
            // Rows of zeros are dead units, and not ties.
            spares: edited {
                guard case .float16(var values)? = $0.datasets["\(train)/layers/half"]?.values else { return }
                for place in 4..<8 { values[place] = 0 }
                $0.datasets["\(train)/layers/half"]?.values = .float16(values)
            }),
        RuleCase(
            rule: .halfTies, name: "few numbers in the range",
            fires: edited {
                // 1024, 1025, ...: the numbers of float16 there.
                let values = (0..<96).map { UInt16(0x6400 + $0 % 32) }
                $0.datasets["\(train)/layers/half"]?.values = .float16(values)
                $0.set("\(train)/ranges/half", .float64([1024, 1055, 1024, 1055, 1024, 1055]), shape: [3, 2])
            }),
        RuleCase(
            rule: .wideType, name: "float32 in float64",
            fires: edited {
                $0.set("\(train)/layers/wide", .float64((0..<96).map { Double($0) / 4 }), shape: [3, 16, 2])
                $0.set(
                    "\(train)/ranges/wide", .float64([0, 7.75, 8, 15.75, 16, 23.75]), shape: [3, 2])
            }),
    ]
}
