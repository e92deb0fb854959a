import Activations
import Foundation
import HDF5
import Importing
import Testing

/// Files that lie about themselves cost a sentence, and no memory in proportion to the lie.
@Suite struct HostileSourceTests {
    @Test func `safetensors that lie are refused`() throws {
        let workplace = try Workplace()
        try writeTwoSamples(to: workplace, "run")
        func header(_ dtype: String = "F32", shape: String = "[2]", offsets: String = "[0,8]") -> String {
            #"{"x":{"dtype":"\#(dtype)","shape":\#(shape),"data_offsets":\#(offsets)}}"#
        }
        let data = bytes([Float(1), 2])
        for (file, words) in [
            (Data([1, 2, 3]), "no safetensors file"),
            (safetensors(header: header(), data, claiming: .max), "claims a header of 18446744073709551615 bytes"),
            (safetensors(header: header(), data, claiming: 1 << 30), "claims a header"),
            (safetensors(header: "[1,2]", data), "not the JSON"),
            (safetensors(header: String(repeating: "[", count: 100_000), data), "not the JSON"),
            (safetensors(header: #"{"x":{"dtype":"F32"}}"#, data), "no dtype, shape and offsets"),
            (safetensors(header: header("F8_E4M3"), data), "type F8_E4M3"),
            (safetensors(header: header(shape: "[-2]"), data), "impossible"),
            (safetensors(header: header(shape: "[9223372036854775807,9]"), data), "impossible"),
            (safetensors(header: header(shape: "[1000000000]"), data), "cut off or damaged"),
            (safetensors(header: header(offsets: "[0,9223372036854775807]"), data), "cut off or damaged"),
            (safetensors(header: header(offsets: "[-8,0]"), data), "cut off or damaged"),
            (safetensors(header: header(offsets: "[8,0]"), data), "cut off or damaged"),
            (safetensors(header: header(offsets: "[4,12]"), data), "cut off or damaged"),
            (safetensors(header: header(offsets: "[0]"), data), "cut off or damaged"),
        ] {
            try workplace.write(file, to: "run/1.safetensors")
            let text = workplace.refusal(.safetensors, "run")
            #expect(text.contains(words), "\(text)")
        }
    }

    @Test func `NumPy files that lie are refused`() throws {
        let workplace = try Workplace()
        try writeTwoSamples(to: workplace, "run")
        for (file, words) in [
            (numpy(shape: "(2, 1000000000)", [0]), "cut off"), (numpy(shape: "(9223372036854775807, 8)", []), "impossible"),
            (numpy("|O", shape: "(2,)", [0]), "'|O'"), (numpy(shape: "(-2,)", []), "impossible"),
            (Data("hello, world".utf8), "no NumPy array"), (Data(), "no NumPy array"),
            (Data([0x93] + Array("NUMPY".utf8) + [2, 0, 255, 255, 255, 255]), "cut off"),
            (numpy("<f4", shape: "()", bytes([Float(1)])), "expected 2 samples"),
        ] {
            try workplace.write(file, to: "run/1/x.npy")
            let text = workplace.refusal(.npz, "run")
            #expect(text.contains(words), "\(text)")
        }
    }

    @Test(arguments: ["run2_epoch_0.npz", "run2_epoch_10.npz"])
    func `an npz file that is cut off or flipped anywhere is refused, or whole`(name: String) throws {
        let workplace = try Workplace()
        let whole = try Fixture.data(name)
        try workplace.write(whole, to: "run/\(name)")
        let digest = try workplace.imported(.npz, "run").contentDigest()
        var outcomes = (refused: 0, whole: 0)
        for place in stride(from: 0, to: whole.count, by: 7) {
            var flipped = whole
            flipped[place] ^= 0x41
            for (index, data) in [flipped, whole.prefix(place)].enumerated() {
                try workplace.write(data, to: "run/\(name)")
                do {
                    let archive = try workplace.imported(.npz, "run")
                    // Only what does not count was hit, such as a date; a name makes another layer.
                    if archive.splits[0].layers.map(\.name) == ["big", "fc2", "fc10", "half"] {
                        #expect(try archive.contentDigest() == digest, "byte \(place)")
                    }
                    #expect(index == 0, "a file cut off at \(place) was read")
                    outcomes.whole += 1
                } catch {
                    #expect("\(error)".hasSuffix("."), "\(error)")
                    outcomes.refused += 1
                }
            }
        }
        #expect(outcomes.refused > outcomes.whole)
    }

    @Test func `a zip entry that claims more than deflate could make is refused`() throws {
        let workplace = try Workplace()
        var data = try Fixture.data("run2_epoch_10.npz")
        // The first central record: signature, and the size after decompression 24 bytes on.
        let start = try #require(data.range(of: Data([0x50, 0x4B, 1, 2]))).lowerBound
        data.replaceSubrange(start + 24..<start + 28, with: [0xFF, 0xFF, 0xFF, 0x7F])
        try workplace.write(data, to: "run/1.npz")
        let text = workplace.refusal(.npz, "run")
        #expect(text.contains("claims 2147483647 bytes") || text.contains("cannot be read as npz"), "\(text)")
    }

    @Test func `HDF5 files of another kind, cut off or of other types are refused`() throws {
        let workplace = try Workplace()
        let whole = try Fixture.data("deep-bottleneck.h5")
        for share in [0.0, 0.1, 0.5, 0.9, 0.99] {
            try workplace.write(whole.prefix(Int(Double(whole.count) * share)), to: "cut.h5")
            #expect(workplace.refusal(.deepBottleneck, "cut.h5").contains("cut.h5"))
        }
        try workplace.write(Data("hello".utf8), to: "text.h5")
        #expect(workplace.refusal(.deepBottleneck, "text.h5").contains("text.h5"))
        #expect(workplace.refusal(.deepBottleneck, "missing.h5").contains("cannot be opened"))
        let file = try File(creating: workplace.path("other.h5"))
        let group = try file.root.createGroup("5").createGroup("activations")
        try group.write(["a"], to: "words")
        try file.close()
        #expect(workplace.refusal(.deepBottleneck, "other.h5").contains("words: holds none of float16"))
        try File(creating: workplace.path("empty.h5")).close()
        #expect(workplace.refusal(.deepBottleneck, "empty.h5").contains("no group /<epoch>/activations"))
    }
}
