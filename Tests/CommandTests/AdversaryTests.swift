import Activations
import Foundation
import Testing

/// A table of one's own, changed inputs, and output that other programs read.
@Suite struct AdversaryTests {
    /// 60 rows of 4 numbers in 3 classes that overlap a little.
    private func writeTable(in folder: Folder) throws {
        var lines = ["a,b,c,d,kind"]
        for row in 0..<60 {
            let kind = row % 3
            let values = (0..<4).map { column in
                Double(kind * (column + 1)) / 2 + Double((row * (7 + column) + column * 3) % 11) / 10
            }
            lines.append(values.map { "\($0)" }.joined(separator: ",") + "," + ["red", "green", "blue"][kind])
        }
        try folder.write(Data(lines.joined(separator: "\n").utf8), to: "table.csv")
    }

    private func record(_ name: String, _ extra: String..., in folder: Folder) throws {
        let output = try Tool.run(
            [
                "record", "csv", "table.csv", "--hidden", "6,3", "--epochs", "4", "--schedule", "every:1",
                "--batch-size", "8", "--adversary", "fgsm", "--epsilon", "0.1", "-o", name,
            ] + extra, in: folder)
        #expect(output.code == 0 && output.error.isEmpty, "\(output.error)")
    }

    private func json(_ output: Tool.Output) throws -> Any {
        #expect(output.code == 0, "\(output.error)")
        return try JSONSerialization.jsonObject(with: Data(output.out.utf8))
    }

    @Test func `FGSM moves every input by at most epsilon, anew in every record`() throws {
        let folder = try Folder()
        try writeTable(in: folder)
        try record("run.h5", in: folder)
        let archive = try ActivationArchive(opening: folder.path("run.h5"))
        #expect(archive.splits.map(\.name).sorted() == ["test", "train", "train-fgsm"])
        let changed = try #require(archive.splits.first { $0.name == "train-fgsm" })
        #expect(changed.sampleCount == 48 && changed.inputs.perEpoch && archive.committedRecords == 5)
        let clean = try archive.inputs(split: "train", record: 0, samples: 0..<48).values.asDouble()
        var records: [[Double]] = []
        for record in 0..<5 {
            let moved = try archive.inputs(split: "train-fgsm", record: record, samples: 0..<48).values.asDouble()
            let changes = zip(moved, clean).map { abs($0 - $1) }
            // Inputs up to 8 in Float32: half a unit in the last place is below 5e-7.
            #expect(changes.allSatisfy { $0 <= 0.1 + 1e-6 })
            // All but those at the edge of the valid range and those without slope move by all of epsilon.
            #expect(changes.count { $0 > 0.1 - 1e-6 } > changes.count / 2)
            records.append(moved)
        }
        #expect(records[0] != records[4])
    }

    @Test func `adversarial training begins alike and ends elsewhere`() throws {
        let folder = try Folder()
        try writeTable(in: folder)
        try record("plain.h5", in: folder)
        try record("robust.h5", "--adversarial-training", in: folder)
        let plain = try ActivationArchive(opening: folder.path("plain.h5"))
        let robust = try ActivationArchive(opening: folder.path("robust.h5"))
        func first(_ archive: ActivationArchive, record: Int) throws -> [Double] {
            try archive.activations(split: "train", layer: "fc1", record: record, samples: 0..<48).values.asDouble()
        }
        #expect(try first(plain, record: 0) == first(robust, record: 0))
        #expect(try first(plain, record: 4) != first(robust, record: 4))
        #expect(plain.info.hyperparameters != robust.info.hyperparameters)
    }

    @Test func `what one trains on and what one is attacked by may differ`() throws {
        let folder = try Folder()
        try writeTable(in: folder)
        try record("short.h5", "--adversarial-training", in: folder)
        try record("long.h5", "--train-on", "fgsm", in: folder)
        try record(
            "other.h5", "--train-on", "pgd", "--training-epsilon", "0.05", "--pgd-steps", "2", "--measure", "noise",
            "--measure", "pgd", in: folder)
        let archives = try ["short", "long", "other"].map { try ActivationArchive(opening: folder.path("\($0).h5")) }
        #expect(archives[0].info.hyperparameters == archives[1].info.hyperparameters)
        #expect(try archives[0].contentDigest() == archives[1].contentDigest())
        #expect(archives[2].info.title.hasSuffix(", trained on pgd"))
        // Each step of PGD is 2.5 ε / steps of its own ε.
        #expect(
            archives[2].info.hyperparameters.contains("\"training_epsilon\":0.05,\"training_pgd_step_size\":0.0625,"))
        #expect(archives[2].splits.map(\.name).sorted() == ["test", "train", "train-fgsm"])
        #expect(
            archives[2].metrics.map(\.name).filter { $0.hasPrefix("test_") }.sorted()
                == ["test_accuracy", "test_loss", "test_noise_accuracy", "test_pgd_accuracy"])
    }

    @Test(arguments: [
        (["--adversarial-training"], "need --adversary"),
        (
            ["--adversary", "fgsm", "--train-on", "pgd", "--adversarial-training"],
            "trains on fgsm, but --train-on says pgd"
        ),
        (["--adversary", "fgsm", "--training-epsilon", "0.1"], "--training-epsilon needs"),
        (["--train-on", "clean", "--epsilon", "0.1"], "--epsilon needs"),
        (["--train-on", "noise", "--pgd-steps", "3"], "--pgd-steps and --pgd-step-size need pgd"),
        (["--measure", "fgsm", "--measure", "fgsm"], "names an attack twice"),
        (["--train-on", "dirty"], "dirty"),
    ])
    func `adversaries that contradict each other are refused`(arguments: [String], reason: String) throws {
        let folder = try Folder()
        let output = try Tool.run(["record", "szt", "-o", "run.h5"] + arguments, in: folder)
        #expect(output.code == 64 && output.error.contains(reason), "\(output.error)")
        #expect(!FileManager.default.fileExists(atPath: folder.path("run.h5")))
    }

    @Test func `the changed split is analyzed alone, and every summary is JSON`() throws {
        let folder = try Folder()
        try writeTable(in: folder)
        try record("run.h5", "--adversarial-training", in: folder)
        #expect(try json(try Tool.run("inspect", "run.h5", "--json", in: folder)) is [String: Any])
        let analyze = ["analyze", "run.h5", "--split", "train-fgsm", "--json"]
        let plan = try #require(try json(try Tool.run(analyze + ["--dry-run"], in: folder)) as? [String: Any])
        let analyzed = try #require(try json(try Tool.run(analyze, in: folder)) as? [String: Any])
        #expect((analyzed["computed"] as? Int ?? 0) > 0 && analyzed["failed_cells"] as? Int == 0)
        #expect(analyzed["computed"] as? Int == plan["open_measurements"] as? Int)
        #expect(analyzed["interrupted"] as? Bool == false)

        let exported = try json(try Tool.run("export", "run.results.h5", "--format", "json", in: folder))
        let table = rows(ofCSV: try Tool.run("export", "run.results.h5", in: folder).out)
        #expect((exported as? [Any])?.count == table.count && table.count == analyzed["computed"] as? Int)
        #expect(Set(table.map { $0["split"] }) == ["train-fgsm"])
        // The net is deterministic: I(X;Z) = H(Z) to the rounding of the sums, where X are the inputs of that record.
        let cells = table.filter { $0["quantity"] == "I(X;Z)" }
        #expect(cells.count == 5 * 4 * 8)
        for row in cells {
            let entropy = try #require(
                table.first {
                    $0["quantity"] == "H(Z)" && $0["layer"] == row["layer"] && $0["epoch"] == row["epoch"]
                        && $0["discretization"] == row["discretization"]
                })
            let difference = try number(row) - number(entropy)
            #expect(abs(difference) < 1e-12)
            #expect(try number(row) <= log2(48) + 1e-12)
        }

        let report = try Tool.run("report", "run.results.h5", "-o", "r.html", "--json", in: folder)
        let sections = try #require(try json(report) as? [[String: Any]])
        #expect(!sections.isEmpty && sections.allSatisfy { $0["heading"] is String && $0["tables"] is [Any] })
        for name in try FileManager.default.contentsOfDirectory(atPath: folder.path("r.charts")) {
            #expect(try JSONSerialization.jsonObject(with: folder.data("r.charts/" + name)) is [String: Any])
        }
    }

    @Test func `a pipe gets no escape codes, a terminal none where NO_COLOR is set`() throws {
        let folder = try Folder()
        try writeTable(in: folder)
        let report = ["report", "run.results.h5", "-o", "r.html"]
        for arguments in [
            ["record", "csv", "table.csv", "--epochs", "2", "-o", "run.h5"], ["inspect", "run.h5"],
            ["analyze", "run.h5"], ["reduce", "run.h5", "--components", "2"],
            ["merge", "run.results.h5", "-o", "merged.h5"], ["export", "run.results.h5"], report,
            report + ["--brief"], report + ["--json"], ["report", "--help"], ["analyze", "missing.h5"],
            ["analyze", "run.h5", "--epochs", "x"],
        ] {
            for variables in [[:], ["NO_COLOR": "1"], ["CLICOLOR_FORCE": "1", "TERM": "xterm-256color"]] {
                let output = try Tool.run(arguments, in: folder, variables: variables)
                let words = output.out + output.error
                #expect(!words.isEmpty && !words.utf8.contains(0x1B), "\(arguments): \(words)")
            }
        }
        #expect(try shown(report, variables: ["NO_COLOR": "", "TERM": "xterm"], in: folder).contains(0x1B))
        let plain = try shown(report, variables: ["NO_COLOR": "1", "TERM": "xterm"], in: folder)
        #expect(plain.count > 100 && !plain.contains(0x1B))
    }

    /// What the tool writes to standard output where that is a terminal.
    private func shown(_ arguments: [String], variables: [String: String], in folder: Folder) throws -> [UInt8] {
        var controller: Int32 = -1
        var terminal: Int32 = -1
        try #require(openpty(&controller, &terminal, nil, nil, nil) == 0)
        defer { close(controller) }
        let process = Process()
        process.executableURL = Tool.url
        process.arguments = arguments
        process.currentDirectoryURL = folder.url
        process.environment = ProcessInfo.processInfo.environment.merging(variables) { $1 }
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = FileHandle(fileDescriptor: terminal, closeOnDealloc: false)
        process.standardError = FileHandle.nullDevice
        try process.run()
        close(terminal)
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4096)
        while case let count = read(controller, &buffer, buffer.count), count > 0 { bytes += buffer.prefix(count) }
        process.waitUntilExit()
        #expect(process.terminationStatus == 0)
        return bytes
    }
}
