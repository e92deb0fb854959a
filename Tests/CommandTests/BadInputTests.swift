import Foundation
import HDF5
import Testing

/// Every wrong input gets one sentence and the exit code of the design: 2 where the tool could not run, 64 for usage.
@Suite struct BadInputTests {
    private func expectSentence(
        _ arguments: [String], in folder: Folder, code: Int32 = 2, _ words: String...,
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let output = try Tool.run(arguments, in: folder)
        #expect(output.code == code, "\(arguments): \(output.error)", sourceLocation: sourceLocation)
        #expect(output.out.isEmpty, sourceLocation: sourceLocation)
        for word in words {
            #expect(output.error.contains(word), "\(output.error)", sourceLocation: sourceLocation)
        }
        if code == 2 {
            #expect(output.error.hasPrefix("error: "), "\(output.error)", sourceLocation: sourceLocation)
            #expect(output.error.hasSuffix(".\n"), "\(output.error)", sourceLocation: sourceLocation)
        }
    }

    @Test func `files that are no archives`() throws {
        let folder = try Folder()
        try folder.write(Data(), to: "empty.h5")
        try folder.write(Data("not HDF5 at all".utf8), to: "text.h5")
        try FileManager.default.createDirectory(atPath: folder.path("folder.h5"), withIntermediateDirectories: false)
        try File(creating: folder.path("foreign.h5")).close()
        try folder.recordTwelveBits()
        #expect(try Tool.run("analyze", "run.h5", "--epochs", "last", in: folder).code == 0)
        let bytes = try folder.data("run.h5")
        for (index, share) in [0.001, 0.1, 0.5, 0.9, 0.999].enumerated() {
            try folder.write(bytes.prefix(Int(Double(bytes.count) * share)), to: "cut\(index).h5")
        }
        try folder.write(bytes, to: "newer.h5")
        let newer = try File(opening: folder.path("newer.h5"), .readWrite)
        try newer.root.setAttribute("version", to: .string("2.0"))
        try newer.close()
        let names = ["missing.h5", "empty.h5", "text.h5", "folder.h5", "foreign.h5", "newer.h5", "run.results.h5"]
        for name in names + (0..<5).map({ "cut\($0).h5" }) {
            for command in [["inspect"], ["analyze", "-o", "out.h5"], ["reduce", "-o", "out.h5"]] {
                try expectSentence(command + [name], in: folder, name)
            }
        }
        #expect(!folder.exists("out.h5"))
        try expectSentence(["inspect", "newer.h5"], in: folder, "2.0")
    }

    @Test func `names that are unknown are answered with the nearest`() throws {
        let folder = try Folder()
        try folder.recordTwelveBits()
        try expectSentence(["analyze", "run.h5", "--layer", "fc9"], in: folder, "fc9", "fc1")
        try expectSentence(["analyze", "run.h5", "--split", "tset"], in: folder, "test")
        try expectSentence(["analyze", "run.h5", "--epochs", "999"], in: folder, "epoch 999")
        try expectSentence(["analyze", "run.h5", "--binning", "widht:30@run"], in: folder, code: 64, "width")
        try expectSentence(["analyze", "run.h5", "--target", "pmi-lable"], in: folder, code: 64, "pmi-label")
        try expectSentence(["reduce", "run.h5", "--kernel", "rfb"], in: folder, code: 64, "rbf")
        try expectSentence(["reduce", "run.h5", "--source", "fc9"], in: folder, "fc9")
        #expect(try folder.names() == ["run.h5"])
    }

    @Test func `impossible numbers are usage errors`() throws {
        let folder = try Folder()
        try folder.recordTwelveBits()
        for arguments in [
            ["analyze", "run.h5", "--jobs", "0"], ["analyze", "run.h5", "--samples", "0"],
            ["analyze", "run.h5", "--shard", "5/4"], ["analyze", "run.h5", "--binning", "width:0@run"],
            ["analyze", "run.h5", "--epochs", "every:0"], ["export", "run.h5", "--beta", "0"],
            ["record", "szt", "-o", "x.h5", "--hidden", "3,x"],
            ["record", "szt", "-o", "x.h5", "--activation", "tahn"],
            ["record", "szt", "-o", "x.h5", "--epsilon", "0.1"], ["record", "csv", "-o", "x.h5"],
        ] {
            try expectSentence(arguments, in: folder, code: 64)
        }
        #expect(try folder.names() == ["run.h5"])
    }

    @Test func `nothing that exists is overwritten`() throws {
        let folder = try Folder()
        try folder.recordTwelveBits("a.h5")
        try folder.recordTwelveBits("b.h5")
        try Tool.run("analyze", "a.h5", "--epochs", "last", in: folder)
        let archive = try folder.data("a.h5")
        let results = try folder.data("a.results.h5")
        try expectSentence(["record", "szt", "-o", "a.h5"], in: folder, "a.h5", "exists")
        try expectSentence(["analyze", "b.h5", "-o", "a.results.h5"], in: folder, "another archive")
        try expectSentence(["analyze", "b.h5", "-o", "a.h5"], in: folder, "a.h5", "activation archive")
        try expectSentence(["merge", "a.results.h5", "-o", "a.results.h5"], in: folder, "exists")
        #expect(try folder.data("a.h5") == archive)
        #expect(try folder.data("a.results.h5") == results)
    }

    @Test func `shards that contradict are refused and nothing is written`() throws {
        let folder = try Folder()
        try folder.recordTwelveBits()
        try Tool.run("analyze", "run.h5", "--epochs", "last", in: folder)
        try folder.write(try folder.data("run.results.h5"), to: "other.results.h5")
        let other = try File(opening: folder.path("other.results.h5"), .readWrite)
        try other.root.group("measurements").dataset("value").write([0.123], start: [3], count: [1])
        try other.close()
        try expectSentence(
            ["merge", "run.results.h5", "other.results.h5", "-o", "all.h5"], in: folder, "0.123 bits")
        #expect(!folder.exists("all.h5"))
    }

    @Test func `a folder without permission and a full disk lose nothing`() throws {
        let folder = try Folder()
        try folder.recordTwelveBits()
        try expectSentence(["analyze", "run.h5", "-o", "/nonexistent/r.h5"], in: folder, "/nonexistent/r.h5")
        try expectSentence(["record", "szt", "-o", "/nonexistent/r.h5"], in: folder, "/nonexistent/r.h5")
        try Tool.run("analyze", "run.h5", "--epochs", "last", in: folder)
        // A file that may not grow past 64 kB stands for the disk that is full.
        let before = try Tool.run("export", "run.results.h5", in: folder).out
        for arguments in [
            ["analyze", "run.h5", "--keep", "all"], ["export", "run.results.h5", "--table", "pmi", "-o", "pmi.csv"],
            ["record", "szt", "--epochs", "1", "-o", "full.h5"], ["report", "run.results.h5", "-o", "full.html"],
        ] {
            let output = try Tool.run(arguments, in: folder, largestFile: 64)
            #expect(output.code == 2, "\(arguments): \(output.error)")
            #expect(output.error.hasPrefix("error: ") && output.error.hasSuffix(".\n"), "\(output.error)")
        }
        let after = Set(try Tool.run("export", "run.results.h5", in: folder).out.split(separator: "\n"))
        #expect(before.split(separator: "\n").allSatisfy(after.contains))
        #expect(!folder.exists("pmi.csv") && !folder.exists("full.html"))
        #expect(try folder.names().allSatisfy { !$0.hasSuffix(".tmp") })
    }

    @Test func `every command answers --help with examples`() throws {
        let folder = try Folder()
        for command in [
            "record", "inspect", "analyze", "reduce", "merge", "export", "report", "verdict", "estimate", "selftest",
            "validate", "checksum",
        ] {
            let output = try Tool.run(command, "--help", in: folder)
            #expect(output.code == 0 && output.out.contains("EXAMPLES:"), "\(command)")
        }
        #expect(try Tool.run("--version", in: folder).out == "0.1.0\n")
    }
}
