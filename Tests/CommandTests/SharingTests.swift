import Activations
import Foundation
import Testing

/// `subset` and `import`, as their users run them.
@Suite struct SharingTests {
    @Test func `the analysis of a subset is that of the same rows of the whole`() throws {
        let folder = try Folder()
        try folder.recordTwelveBits()
        let cut = try Tool.run(
            "subset", "run.h5", "--layers", "fc4,soft*", "--splits", "train", "--epochs", "3-20", "--samples", "300",
            "--deflate", "-o", "small.h5", in: folder)
        #expect(cut.code == 0, "\(cut.error)")
        #expect(cut.out.hasPrefix("small.h5: 3 of 5 records, 2 layers of train (300), cut from "), "\(cut.out)")
        // Ranges of the run would be those of more samples and records: bins of fixed width do not depend on them.
        for (archive, more) in [("run.h5", ["--layer", "fc4", "--layer", "softmax"]), ("small.h5", [])] {
            let output = try Tool.run(
                [
                    "analyze", archive, "--split", "train", "--epochs", "3-20", "--samples", "300", "--binning",
                    "step:0.05",
                ]
                    + more, in: folder)
            #expect(output.code == 0, "\(output.error)")
        }
        func numbers(_ name: String) throws -> [String] {
            rows(ofCSV: try Tool.run("export", name, in: folder).out).map { row in
                ["layer", "epoch", "quantity", "target", "discretization", "value", "p_value", "flags"]
                    .map { row[$0] ?? "" }.joined(separator: " ")
            }.sorted()
        }
        let whole = try numbers("run.results.h5")
        #expect(try numbers("small.results.h5") == whole)
        #expect(whole.count > 50)
        #expect(try folder.names() == ["run.h5", "run.results.h5", "small.h5", "small.results.h5"])
    }

    @Test func `wrong subsets and imports get a sentence and leave nothing`() throws {
        let folder = try Folder()
        try folder.recordTwelveBits()
        let before = try folder.data("run.h5")
        for (arguments, code, words) in [
            (["subset", "run.h5", "-o", "x.h5", "--layers", "fc9"], 2, "Did you mean"),
            (["subset", "run.h5", "-o", "x.h5", "--epochs", "7"], 2, "epoch 7 was not recorded"),
            (["subset", "run.h5", "-o", "x.h5", "--epochs", "100-200"], 2, "no record is chosen"),
            (["subset", "run.h5", "-o", "x.h5", "--epochs", "9-5"], 64, "expected all, last, every:K, A-B or a list"),
            (["subset", "run.h5", "-o", "x.h5", "--dtype", "int8"], 64, "float16"),
            (["subset", "run.h5", "-o", "x.h5", "--deflate", "10"], 64, "from 1 to 9"),
            (["subset", "run.h5", "-o", "run.h5"], 2, "this is the archive that would be copied"),
            (["subset", "run.h5", "-o", "/nonexistent/x.h5"], 2, "/nonexistent/x.h5: there is no such directory"),
            (["subset", "none.h5", "-o", "x.h5"], 2, "no such file"),
            (["import", "--from", "npy", "run", "-o", "x.h5"], 64, "deep-bottleneck"),
            (["import", "--from", "npz", "run", "-o", "x.h5"], 2, "run: there is no such file"),
            (["import", "--from", "npz", "run", "--kind", "fc=dens", "-o", "x.h5"], 64, "layer=kind"),
            (["import", "--from", "deep-bottleneck", "run.h5", "-o", "x.h5"], 2, "no group /<epoch>/activations"),
            (["import", "--from", "npz", "run.h5", "-o", "run.h5"], 2, "nothing was overwritten"),
        ] as [([String], Int32, String)] {
            let output = try Tool.run(arguments, in: folder)
            #expect(output.code == code && output.error.contains(words), "\(arguments): \(output.error)")
            #expect(output.out.isEmpty)
        }
        // A file that may not grow past 64 kB stands for the disk that is full.
        let full = try Tool.run(["subset", "run.h5", "-o", "x.h5"], in: folder, largestFile: 64)
        #expect(full.code == 2 && full.error.hasPrefix("error: x.h5") && !full.error.contains(".tmp"), "\(full.error)")
        #expect(try folder.names() == ["run.h5"])
        #expect(try folder.data("run.h5") == before)
    }

    @Test func `an import is analyzed like a recording, and both commands have examples`() throws {
        let folder = try Folder()
        let fixture = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appendingPathComponent("ImportingTests/Fixtures/deep-bottleneck.h5")
        try folder.write(try Data(contentsOf: fixture), to: "activations.h5")
        let output = try Tool.run(
            "import", "--from", "deep-bottleneck", "activations.h5", "--kind", "0=dense", "--model", "3-3", "-o",
            "run.h5",
            in: folder)
        #expect(output.code == 0 && output.out == "run.h5: 3 records, epochs 0 to 10, of train (6): 0, 1\n")
        #expect(output.error.contains("order of their names") && output.error.contains("infoplane validate run.h5"))
        #expect(try Tool.run("analyze", "run.h5", in: folder).code == 0)
        for command in ["subset", "import"] {
            let help = try Tool.run(command, "--help", in: folder)
            #expect(help.code == 0 && help.out.contains("EXAMPLES:"))
        }
    }
}
