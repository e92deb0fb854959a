import Foundation
import Testing

/// What is written never destroys what was read, and no argument is answered by a crash.
@Suite struct HarmlessOutputTests {
    /// Everything in the folder with its bytes; a folder in it has none.
    private func contents(of folder: Folder) throws -> [String: Data] {
        try Dictionary(uniqueKeysWithValues: folder.names().map { ($0, (try? folder.data($0)) ?? Data()) })
    }

    @Test func `an output that would destroy an archive, results or an input is refused`() throws {
        let folder = try Folder()
        try folder.recordTwelveBits("a.h5")
        #expect(try Tool.run("analyze", "a.h5", "--epochs", "last", in: folder).code == 0)
        #expect(try Tool.run("analyze", "a.h5", "--epochs", "0", "-o", "other.h5", in: folder).code == 0)
        try folder.write(Data("a page of mine".utf8), to: "existing")
        let before = try contents(of: folder)
        let results = "a.results.h5"
        for (arguments, target) in [
            (["export", results], "a.h5"), (["export", results], results), (["export", results], "./" + results),
            (["export", results], "other.h5"), (["export", results, "--format", "json"], "a.h5"),
            (["export", results], folder.path(results)),
            (["reduce", "a.h5", "--components", "2"], "a.h5"), (["reduce", "a.h5", "--components", "2"], "existing"),
            (["reduce", "a.h5", "--components", "2"], results),
            (["report", results], results), (["report", results], "a.h5"), (["report", results], "other.h5"),
            (["report", results, "other.h5"], "other.h5"), (["merge", results, "other.h5"], "other.h5"),
            (["merge", results], "a.h5"), (["analyze", "a.h5"], "a.h5"), (["analyze", "a.h5"], "existing"),
            (["record", "szt", "--epochs", "1"], "existing"),
        ] {
            let output = try Tool.run(arguments + ["-o", target], in: folder)
            #expect(output.code == 2, "\(arguments) -o \(target): \(output.out) \(output.error)")
            #expect(output.error.hasPrefix("error: ") && output.error.contains(target), "\(output.error)")
            let after = try contents(of: folder)
            let isUntouched = after == before
            #expect(isUntouched, "\(arguments) -o \(target)")
            // What was destroyed stays destroyed: put it back for the next.
            for (name, bytes) in before where after[name] != bytes { try folder.write(bytes, to: name) }
            for name in after.keys where before[name] == nil {
                try FileManager.default.removeItem(atPath: folder.path(name))
            }
        }
    }

    @Test func `pages and tables that the tool wrote itself are replaced`() throws {
        let folder = try Folder()
        try folder.recordTwelveBits("a.h5")
        #expect(try Tool.run("analyze", "a.h5", "--epochs", "last", in: folder).code == 0)
        for _ in 0..<2 {
            #expect(try Tool.run("report", "a.results.h5", "-o", "r.html", in: folder).code == 0)
            #expect(try Tool.run("export", "a.results.h5", "-o", "t.csv", in: folder).code == 0)
        }
    }

    @Test func `what an input or label binning cannot be is a usage error in words`() throws {
        let folder = try Folder()
        try folder.recordTwelveBits("a.h5")
        let before = try contents(of: folder)
        for (option, value) in [
            ("--input-binning", "width:2@run"), ("--input-binning", "width:2@network"), ("--input-binning", "argmax"),
            ("--label-binning", "width:3@network"), ("--label-binning", "width:3@run"),
            ("--epochs", "-9223372036854775808"), ("--epochs", "0,-1"), ("--epochs", "9223372036854775808"),
            ("--shard", "9223372036854775808/9223372036854775808"), ("--shard", "1//2"), ("--shard", "/1/2"),
            ("--shard", "1/2/"), ("--shard", "-1/2"), ("--shard", "0/2"), ("--shard", "1/0"),
        ] {
            let output = try Tool.run("analyze", "a.h5", option + "=" + value, in: folder)
            #expect(output.code == 64, "\(option) \(value): \(output.code) \(output.out) \(output.error)")
            #expect(output.error.contains(value) && output.out.isEmpty, "\(option) \(value): \(output.error)")
            #expect(!output.error.contains("Error("), "\(output.error)")
            let after = try contents(of: folder)
            let isUntouched = after == before
            #expect(isUntouched, "\(option) \(value)")
            for name in after.keys where before[name] == nil {
                try FileManager.default.removeItem(atPath: folder.path(name))
            }
        }
    }

    // 36 units: the first of the most shards there can be has none of them, the last one has the last.
    @Test func `more shards than there are units leave most of them empty`() throws {
        let folder = try Folder()
        try folder.recordTwelveBits("a.h5")
        for (shard, isEmpty) in [("1/\(Int.max)", true), ("\(Int.max)/\(Int.max)", false)] {
            let output = try Tool.run("analyze", "a.h5", "--shard", shard, "-o", "part.h5", in: folder)
            #expect(output.code == 0, "\(shard): \(output.error)")
            #expect(output.out.contains(": 0 measurements computed") == isEmpty, "\(shard): \(output.out)")
        }
    }
}
