import Activations
import Foundation
import Results

/// A small archive written for one test.
struct TinyArchive {
    var inputs: [[Float]]
    var labels: Labels
    /// Layer name → per record → rows.
    var layers: [(name: String, records: [[[Float]]])]
    var epochs: [Int]
    var split = "train"
    var id = "00000000-0000-0000-0000-000000000001"

    /// Two input bits, all four patterns; y = XOR; layers: the first bit, the XOR, and one whose range grows.
    static let xor: TinyArchive = {
        let inputs: [[Float]] = [[0, 0], [0, 1], [1, 0], [1, 1]]
        return TinyArchive(
            inputs: inputs, labels: .classes([0, 1, 1, 0], names: ["even", "odd"]),
            layers: [
                ("first", [inputs.map { [$0[0]] }, inputs.map { [$0[0]] }]),
                ("xor", [[[0], [1], [1], [0]], [[0], [1], [1], [0]]]),
                ("growing", [[[0], [1], [2], [3]], [[0], [1], [2], [30]]]),
            ], epochs: [0, 5])
    }()

    /// Writes the first `count` records (all by default) to a file.
    func write(to path: String, records count: Int? = nil) throws {
        let rows = inputs.count
        var description = ArchiveDescription(
            producer: "test",
            splits: [
                SplitDescription(
                    name: split,
                    inputs: .fixed(
                        Cell(samples: rows, unitShape: [inputs[0].count], values: .float32(inputs.flatMap(\.self)))),
                    labels: labels, sampleIDs: Array(0..<rows),
                    layers: layers.enumerated().map { index, layer in
                        LayerDescription(
                            name: layer.name, order: index + 1, kind: .dense, activation: "identity",
                            unitShape: [layer.records[0][0].count], elementType: .float32)
                    })
            ])
        description.id = id
        description.title = "tiny"
        let writer = try ArchiveWriter(creating: path, description)
        for (record, epoch) in epochs.prefix(count ?? epochs.count).enumerated() {
            try writer.beginRecord(epoch: epoch)
            for layer in layers {
                try writer.write(.float32(layer.records[record].flatMap(\.self)), split: split, layer: layer.name)
            }
            try writer.commitRecord()
        }
        try writer.close()
    }
}

/// A fresh folder that is removed at the end of the test.
func withFolder<T>(_ body: (String) async throws -> T) async throws -> T {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    return try await body(folder.path + "/")
}

extension ResultSet {
    /// The measurements as CSV.
    var csv: String {
        var text = ""
        Table.measurements(measurements).writeCSV { text += $0 }
        Table.features(of: self).writeCSV { text += $0 }
        Table.pointwise(of: self).writeCSV { text += $0 }
        return text
    }

    /// The measurement of this quantity, layer, epoch, discretization and target; nil unless there is exactly one.
    func value(
        _ quantity: Quantity, _ layer: String, epoch: Int?, _ discretization: String, target: String = ""
    ) -> Double? {
        let found = measurements.filter {
            $0.key.quantity == quantity && $0.key.layer == layer && $0.key.epoch == epoch
                && $0.key.discretization == discretization && $0.key.target == target
        }
        return found.count == 1 ? found[0].value : nil
    }
}
