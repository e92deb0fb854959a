import Activations
import Foundation
import HDF5
import Testing

/// `infoplane validate` and `infoplane checksum`, as they are run.
@Suite struct ValidateTests {
    private func samplePath(_ name: String) -> String {
        URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appendingPathComponent("samples/\(name)").path
    }

    /// Overwrites a label and a value, so that a digest and a range differ.
    private func damage(_ path: String) throws {
        let file = try File(opening: path, .readWrite)
        let split = try file.root.group("splits").group("all")
        let layer = try split.group("layers").dataset("fc1")
        try layer.write([Float(1000)], start: [1, 2, 3], count: [1, 1, 1])
        try file.close()
    }

    @Test func `the samples have no violation`() throws {
        let folder = try Folder()
        for name in ["szt-tanh.h5", "szt-relu.h5"] {
            let output = try Tool.run("validate", samplePath(name), "--digests", in: folder)
            #expect(output.code == 0, "\(output.out)")
            #expect(!output.out.contains("violation") && !output.out.contains("critical"), "\(output.out)")
            #expect(output.error.isEmpty)
        }
    }

    @Test func `findings are listed with code, place and what to do, and a violation is exit code 1`() throws {
        let folder = try Folder()
        try folder.recordTwelveBits("good.h5", "--title", "a test")
        let good = try Tool.run("validate", "good.h5", "--digests", in: folder)
        #expect(good.code == 0, "\(good.out)")
        try folder.write(try folder.data("good.h5"), to: "bad.h5")
        try damage(folder.path("bad.h5"))
        let bad = try Tool.run("validate", "bad.h5", in: folder)
        #expect(bad.code == 1 && bad.error.isEmpty)
        #expect(bad.out.hasPrefix("bad.h5: 1 violation"), "\(bad.out)")
        #expect(bad.out.contains("  violation   range-differs"), "\(bad.out)")
        #expect(bad.out.contains("/splits/all/layers/fc1\n    at epoch "), "\(bad.out)")
        #expect(bad.out.contains("reach from -") && bad.out.contains(" to 1000.0; analyze bins by the range.\n"))
        #expect(bad.out.contains("    → Copy the archive again from its source, or record again.\n"))
        #expect(!bad.out.contains("\u{1B}"))
        let digests = try Tool.run("validate", "bad.h5", "--digests", in: folder)
        #expect(digests.code == 1 && digests.out.hasPrefix("bad.h5: 2 violations"), "\(digests.out)")
        // Nothing that was recorded is read.
        #expect(try Tool.run("validate", "bad.h5", "--quick", in: folder).code == 0)
    }

    @Test func `JSON has every finding of every archive`() throws {
        let folder = try Folder()
        try folder.recordTwelveBits("a.h5")
        try folder.write(try folder.data("a.h5"), to: "b.h5")
        try damage(folder.path("b.h5"))
        try folder.write(Data("text".utf8), to: "c.h5")
        let output = try Tool.run("validate", "a.h5", "b.h5", "c.h5", "--json", in: folder)
        #expect(output.code == 1 && output.error.isEmpty)
        let list = try #require(
            try JSONSerialization.jsonObject(with: Data(output.out.utf8)) as? [[String: Any]])
        #expect(list.map { $0["archive"] as? String } == ["a.h5", "b.h5", "c.h5"])
        #expect(list.map { $0["complete"] as? Bool } == [true, true, false])
        #expect(list.dropFirst().map { $0["severity"] as? String } == ["violation", "critical"])
        let first = try #require((list[1]["findings"] as? [[String: String]])?.first)
        #expect(Set(first.keys) == ["code", "severity", "place", "problem", "remedy"])
        #expect(first["code"] == "range-differs" && first["place"] == "b.h5:/splits/all/layers/fc1")
        let foreign = try #require(list[2]["findings"] as? [[String: String]])
        #expect(foreign.map { $0["code"] } == ["not-an-archive"])
    }

    @Test func `what is not there is exit code 2, and the others are validated`() throws {
        let folder = try Folder()
        try folder.recordTwelveBits("a.h5")
        let output = try Tool.run("validate", "missing.h5", "a.h5", in: folder)
        #expect(output.code == 2)
        #expect(output.error == "error: missing.h5: there is no such file. Check the path.\n")
        #expect(output.out.hasPrefix("a.h5: "))
        #expect(try Tool.run("validate", "a.h5", "--quick", "--digests", in: folder).code == 64)
        #expect(try Tool.run("validate", in: folder).code == 64)
    }

    @Test func `every rule is listed with its code`() throws {
        let folder = try Folder()
        let lines = try Tool.run("validate", "--rules", in: folder).out.split(separator: "\n")
        #expect(lines.count == ArchiveRule.allCases.count + 1)
        for (line, rule) in zip(lines.dropFirst(), ArchiveRule.allCases) {
            #expect(line.hasPrefix(rule.rawValue + " ") && line.contains(rule.severity.rawValue))
        }
    }

    @Test func `a checksum is one line per archive, whatever the compression`() throws {
        let folder = try Folder()
        try folder.recordTwelveBits("plain.h5")
        try folder.recordTwelveBits("small.h5", "--deflate", "6", "--title", "another")
        try folder.recordTwelveBits("other.h5", "--seed", "7")
        let output = try Tool.run("checksum", "plain.h5", "small.h5", "other.h5", "--verify", in: folder)
        #expect(output.code == 0 && output.error.isEmpty)
        let lines = output.out.split(separator: "\n").map { $0.split(separator: " ", omittingEmptySubsequences: false) }
        #expect(lines.map { $0.count } == [3, 3, 3])
        #expect(lines.map { $0.last } == ["plain.h5", "small.h5", "other.h5"])
        #expect(lines[0][0] == lines[1][0] && lines[0][0] != lines[2][0] && lines[0][0].count == 64)
        let archive = try ActivationArchive(opening: folder.path("plain.h5"))
        #expect(try archive.contentDigest() == String(lines[0][0]))
    }

    @Test func `bytes that have changed are found by --verify, and there is no line for them`() throws {
        let folder = try Folder()
        try folder.recordTwelveBits("a.h5")
        try folder.write(try folder.data("a.h5"), to: "b.h5")
        try damage(folder.path("b.h5"))
        // The digest is made of those that were stored.
        let quick = try Tool.run("checksum", "a.h5", "b.h5", in: folder)
        #expect(quick.code == 0 && Set(quick.out.split(separator: "\n").map { $0.prefix(64) }).count == 1)
        let output = try Tool.run("checksum", "b.h5", "a.h5", "--verify", in: folder)
        #expect(output.code == 1 && output.out.hasSuffix("  a.h5\n") && !output.out.contains("b.h5"))
        #expect(output.error.hasPrefix("changed: b.h5:/splits/all/layers/fc1: the values of epoch "), "\(output.error)")
        let object = try Tool.run("checksum", "b.h5", "--verify", "--json", in: folder)
        #expect(object.code == 1 && object.out.contains(#""verified":false"#), "\(object.out)")
        #expect(try Tool.run("checksum", "missing.h5", "a.h5", in: folder).code == 2)
    }
}
