import Activations
import Foundation
import HDF5
import Importing
import Testing

@Suite struct ImportTests {
    private func layer(_ archive: ActivationArchive, _ name: String, _ record: Int) throws -> Cell {
        let samples = archive.splits[0].sampleCount
        return try archive.activations(split: "train", layer: name, record: record, samples: 0..<samples)
    }

    @Test func `npz files of NumPy come back to the bit, whatever their order and bytes`() throws {
        let workplace = try Workplace()
        for name in ["run2_epoch_0.npz", "run2_epoch_10.npz"] {
            try workplace.write(try Fixture.data(name), to: "epochs/\(name)")
        }
        let archive = try workplace.imported(.npz, "epochs")
        #expect(archive.epochs == [0, 10])
        let split = archive.splits[0]
        #expect(split.layers.map(\.name) == ["big", "fc2", "fc10", "half"])
        #expect(split.layers.map(\.elementType) == [.float32, .float32, .float64, .float16])
        #expect(split.layers.map(\.order) == [1, 2, 3, 4])
        for (record, epoch) in [0, 10].enumerated() {
            for (name, number) in [("big", 1), ("fc2", 2), ("fc10", 10), ("half", 0)] {
                #expect(
                    try layer(archive, name, record).values.asDouble() == Fixture.values(epoch: epoch, layer: number))
                #expect(try archive.digestMatches(split: "train", layer: name, record: record))
            }
        }
        #expect(
            try archive.inputs(split: "train", record: 0, samples: 0..<6).values == .float32((0..<12).map { Float($0) }))
        #expect(try archive.labels(split: "train") == .classes([0, 1, 0, 1, 2, 2], names: []))
        #expect(try archive.sampleIDs(split: "train") == [0, 1, 2, 3, 4, 5])
        #expect(archive.info.hyperparameters.contains(#""layout":"npz""#))
    }

    @Test func `the deep-bottleneck layout comes back to the bit, weights left out`() throws {
        let archive = try Workplace().imported(.deepBottleneck) {
            $0.sources = [Fixture.folder.appendingPathComponent("deep-bottleneck.h5").path]
            $0.classNames = ["a", "b", "c"]
        }
        #expect(archive.epochs == [0, 1, 10])
        #expect(archive.splits[0].layers.map(\.name) == ["0", "1"])
        for (record, epoch) in [0, 1, 10].enumerated() {
            #expect(try layer(archive, "0", record).values.asDouble() == Fixture.values(epoch: epoch, layer: 0))
            #expect(try layer(archive, "1", record).values == .float64(Fixture.values(epoch: epoch, layer: 1)))
        }
        #expect(try archive.labels(split: "train") == .classes([0, 1, 0, 1, 2, 2], names: ["a", "b", "c"]))
    }

    @Test func `safetensors come back to the bit, bfloat16 as float32`() throws {
        let workplace = try Workplace()
        try writeTwoSamples(to: workplace, "epochs")
        let header = #"""
            {"__metadata__":{"format":"pt"},"a":{"dtype":"F32","shape":[2,2],"data_offsets":[0,16]},
            "b":{"dtype":"BF16","shape":[2],"data_offsets":[16,20]},"c":{"dtype":"F64","shape":[2,1],"data_offsets":[20,36]}}
            """#
        let a: [Float] = [1.5, -0.0, .leastNonzeroMagnitude, 3.4e38]
        let data = bytes(a) + bytes([UInt16(0x3FC0), 0xC000]) + bytes([0.1, -1e300])
        try workplace.write(safetensors(header: header, data), to: "epochs/model-7.safetensors")
        let archive = try workplace.imported(.safetensors, "epochs")
        #expect(archive.epochs == [7])
        guard case .float32(let read) = try layer(archive, "a", 0).values else { throw CancellationError() }
        #expect(read.map(\.bitPattern) == a.map(\.bitPattern))
        #expect(try layer(archive, "b", 0).values == .float32([1.5, -2]))
        #expect(try layer(archive, "c", 0).values == .float64([0.1, -1e300]))
    }

    @Test func `folders of npy files, given options`() throws {
        let workplace = try Workplace()
        for epoch in [2, 10] {
            try workplace.write(
                numpy("<f8", shape: "(2, 2)", fortran: true, bytes([1.0, 3, 2, 1 / 3.0])), to: "run/e\(epoch)/x.npy")
            try workplace.write(numpy(shape: "(2,)", bytes([Float(epoch), 1])), to: "run/e\(epoch)/y.npy")
        }
        try workplace.write(numpy("|u1", shape: "(2, 2, 1)", [1, 2, 3, 4]), to: "in.npy")
        try workplace.write(numpy(shape: "(2, 2)", bytes([Float(1), 2, 3, 4])), to: "out.npy")
        try workplace.write(numpy("<i4", shape: "(2,)", bytes([Int32(9), 4])), to: "ids.npy")
        let archive = try workplace.imported(.npz, "run") {
            $0.inputs = workplace.path("in.npy")
            $0.labels = workplace.path("out.npy")
            $0.sampleIDs = workplace.path("ids.npy")
            $0.layers = ["y", "*"]
            $0.kinds = ["x": .dense]
            $0.elementType = .float16
            $0.deflate = 9
            $0.title = "A title"
        }
        let split = archive.splits[0]
        #expect(archive.epochs == [2, 10])
        #expect(split.layers.map(\.name) == ["y", "x"] && split.layers.map(\.kind) == [.other, .dense])
        #expect(split.inputs.shape == [2, 1] && split.inputs.elementType == .uint8)
        #expect(try archive.labels(split: "train") == .values([1, 2, 3, 4], width: 2))
        #expect(try archive.sampleIDs(split: "train") == [9, 4])
        #expect(
            try layer(archive, "x", 0).values == .float16([Half.bits(Float(1)), Half.bits(Float(2)), Half.bits(Float(3)), Half.bits(1 / 3.0)]))
        #expect(archive.info.title == "A title")
    }

    @Test func `contradictions are all named before anything is written`() throws {
        let workplace = try Workplace()
        try writeTwoSamples(to: workplace, "run")
        func layer(_ name: String, _ shape: String, _ count: Int, _ descr: String = "<f4") throws {
            try workplace.write(
                numpy(descr, shape: shape, bytes([Float](repeating: 1, count: count))), to: "run/\(name).npy")
        }
        for epoch in 1...3 { try layer("\(epoch)/a", "(2, 2)", 4) }
        try layer("1/b", "(2, 2)", 4)
        try layer("2/b", "(2, 3)", 6)
        try layer("1/c", "(2, 1)", 2, "<i4")
        try layer("1/d", "(3, 1)", 3)
        try layer("2/e", "(2,)", 2)
        let text = workplace.refusal(.npz, "run")
        for words in [
            "3: layer b is missing", "2:b: float32 [2, 3], but float32 [2, 2]", "1:c: holds int32", "2: layer e is not in",
            "1:d: shape [3, 1]; expected 2 samples",
        ] {
            #expect(text.contains(words), "\(text)")
        }
        // Named layers that agree everywhere are imported.
        #expect(try workplace.imported(.npz, "run") { $0.layers = ["a"] }.epochs == [1, 2, 3])
    }

    @Test func `names, numbers and samples that do not fit are refused by name`() throws {
        let workplace = try Workplace()
        try writeTwoSamples(to: workplace, "run")
        let good = numpy(shape: "(2,)", bytes([Float(1), 2]))
        try workplace.write(good, to: "run/1/fc1.npy")
        #expect(workplace.refusal(.npz, "run") { $0.layers = ["fc2"] }.contains("Did you mean fc1?"))
        #expect(workplace.refusal(.npz, "run") { $0.kinds = ["fc": .dense] }.contains("--kind fc"))
        #expect(workplace.refusal(.npz, "none").contains("no such file"))
        #expect(workplace.refusal(.safetensors, "run").contains("holds no epoch"))
        #expect(workplace.refusal(.npz, "run") { $0.labels = "y.csv" }.contains("neither a .npy file nor"))
        #expect(workplace.refusal(.npz, "run") { $0.classNames = ["one"] }.contains("class 1"))
        try workplace.write(good, to: "run/01/fc1.npy")
        #expect(workplace.refusal(.npz, "run").contains("is epoch 1 by its last number, and so is"))
        try FileManager.default.removeItem(atPath: workplace.path("run/01"))
        try workplace.write(good, to: "run/last/fc1.npy")
        #expect(workplace.refusal(.npz, "run").contains("no number of an epoch"))
        try FileManager.default.removeItem(atPath: workplace.path("run/last"))
        try workplace.write(numpy(shape: "(2,)", bytes([Float(1), .nan])), to: "run/2/fc1.npy")
        #expect(workplace.refusal(.npz, "run").contains("2:fc1: nan at sample 1, unit 0; expected finite"))
        try workplace.write(numpy(shape: "(2,)", bytes([Float(1), 65505])), to: "run/2/fc1.npy")
        #expect(workplace.refusal(.npz, "run") { $0.elementType = .float16 }.contains("beyond what float16 holds"))
        try workplace.write(good, to: "refused.h5")
        var request = ImportRequest(layout: .npz, sources: [workplace.path("run")], producer: "tests")
        request.title = "x"
        #expect {
            try importArchive(request, to: workplace.path("refused.h5"))
        } throws: {
            "\($0)".contains("nothing was overwritten")
        }
        #expect(try Data(contentsOf: URL(fileURLWithPath: workplace.path("refused.h5"))) == good)
    }

    @Test func `arrays of the samples that differ between epochs are refused`() throws {
        let workplace = try Workplace()
        let head = #"{"x":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"inputs":{"dtype":"F32","shape":[1],"#
            + #""data_offsets":[4,8]},"labels":{"dtype":"I64","shape":[1],"data_offsets":[8,16]}}"#
        for epoch in 0..<2 {
            let data = bytes([Float(1), Float(epoch)]) + bytes([Int64(0)])
            try workplace.write(safetensors(header: head, data), to: "run/\(epoch).safetensors")
        }
        #expect(workplace.refusal(.safetensors, "run").contains("1.safetensors:inputs: differs from that of"))
    }

    @Test func `a stopped import leaves nothing`() throws {
        let workplace = try Workplace()
        try writeTwoSamples(to: workplace, "run")
        try workplace.write(numpy(shape: "(2,)", bytes([Float(1), 2])), to: "run/1/fc1.npy")
        let request = ImportRequest(layout: .npz, sources: [workplace.path("run")], producer: "tests")
        #expect(try importArchive(request, to: workplace.path("run.h5"), shouldStop: { true }) == nil)
        #expect(try workplace.names() == ["run"])
    }
}
