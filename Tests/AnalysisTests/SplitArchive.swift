import Activations
import InformationTheory
import LinearAlgebra
import Randomness
import Results

/// An archive of several splits with different numbers of samples, one of them with inputs of its own in every record;
/// random values that the seed fixes. Written for one test.
struct SplitArchive {
    static let features = 5
    static let units = ["first": 4, "second": 2]
    static let records = 3

    struct Split {
        let name: String
        let samples: Int
        let perEpoch: Bool
        /// Per record; one entry where they stay the same.
        let inputs: [[Float]]
        let labels: [Int]
        /// Layer → per record.
        let layers: [String: [[Float]]]
    }

    let splits: [Split]
    var epochs = [0, 2, 7]
    /// The step of every record, where it has one.
    var steps: [Int]?

    /// `train` has the most samples, `train-noise` as many and noisy inputs per epoch, `test` fewer.
    static let three = SplitArchive(named: [("train", 60, false), ("test", 25, false), ("train-noise", 60, true)])

    init(named names: [(name: String, samples: Int, perEpoch: Bool)]) {
        var generator = SplitMix64(seed: 7)
        // Tenths, so that some rows of symbols meet again.
        func numbers(_ count: Int, scale: Double) -> [Float] {
            (0..<count).map { _ in Float((generator.nextNormal() * scale * 2).rounded() / 10) }
        }
        splits = names.map { name, samples, perEpoch in
            Split(
                name: name, samples: samples, perEpoch: perEpoch,
                inputs: (0..<(perEpoch ? Self.records : 1)).map {
                    numbers(samples * Self.features, scale: 5 + Double($0))
                },
                labels: (0..<samples).map { _ in Int(generator.nextUniform() * 3) },
                layers: Dictionary(
                    uniqueKeysWithValues: ["first", "second"].map { layer in
                        // The range grows with the record, so that `run` and `epoch` differ.
                        (
                            layer,
                            (0..<Self.records).map {
                                numbers(samples * (Self.units[layer] ?? 0), scale: 1 + Double($0))
                            }
                        )
                    }))
        }
    }

    subscript(name: String) -> Split { splits.first { $0.name == name }! }

    func write(to path: String) throws {
        var description = ArchiveDescription(
            producer: "test",
            splits: splits.map { split in
                let inputs = Cell(samples: split.samples, unitShape: [Self.features], values: .float32(split.inputs[0]))
                return SplitDescription(
                    name: split.name,
                    inputs: split.perEpoch ? .perEpoch(shape: [Self.features], type: .float32) : .fixed(inputs),
                    labels: .classes(split.labels, names: ["a", "b", "c"]), sampleIDs: Array(0..<split.samples),
                    layers: ["first", "second"].enumerated().map { index, name in
                        LayerDescription(
                            name: name, order: index + 1, kind: .dense, activation: "identity",
                            unitShape: [Self.units[name] ?? 0], elementType: .float32)
                    })
            })
        description.id = "00000000-0000-0000-0000-000000000002"
        description.hasSteps = steps != nil
        let writer = try ArchiveWriter(creating: path, description)
        for record in 0..<Self.records {
            try writer.beginRecord(epoch: epochs[record], step: steps?[record])
            for split in splits {
                for (layer, values) in split.layers {
                    try writer.write(.float32(values[record]), split: split.name, layer: layer)
                }
                if split.perEpoch { try writer.writeInputs(.float32(split.inputs[record]), split: split.name) }
            }
            try writer.commitRecord()
        }
        try writer.close()
    }

    /// The first inputs of a split as the network got them in a record.
    func inputs(of name: String, record: Int, samples: Int) -> Matrix<Double> {
        let split = self[name]
        let values = split.inputs[split.perEpoch ? record : 0].prefix(samples * Self.features)
        return Matrix(rows: samples, columns: Self.features, values: values.map(Double.init))
    }

    /// A layer's symbols under `width:30@run`.
    func latent(_ layer: String, of name: String, record: Int, samples: Int) throws -> Symbols {
        let records = self[name].layers[layer] ?? []
        let all = records.joined()
        let units = Self.units[layer] ?? 0
        let range = ValueRange(low: Double(all.min() ?? 0), high: Double(all.max() ?? 0))
        return try Discretization("width:30@run").apply(
            to: Matrix(rows: samples, columns: units, values: Array(records[record].prefix(samples * units))),
            range: range, unitRanges: nil
        ).symbols
    }
}

extension ResultSet {
    /// The measurements of a split, in the order of tables.
    func rows(of split: String) -> [Measurement] { sortedMeasurements.filter { $0.key.split == split } }
}
