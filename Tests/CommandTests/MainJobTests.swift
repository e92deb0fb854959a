import Foundation
import Testing

@Suite struct MainJobTests {
    @Test func `record, inspect, analyze and export work one after the other`() throws {
        let folder = try Folder()
        let recorded = try folder.recordTwelveBits()
        #expect(recorded.code == 0, "\(recorded.error)")
        #expect(recorded.error.isEmpty, "a pipe sees no progress")
        let inspected = try Tool.run("inspect", "run.h5", in: folder)
        #expect(inspected.code == 0 && inspected.out.contains("split all: 4096 samples"))
        let json = try JSONSerialization.jsonObject(
            with: Data(try Tool.run("inspect", "run.h5", "--json", in: folder).out.utf8))
        let archive = try #require(json as? [String: Any])
        #expect(archive["records"] as? Int == 5 && (archive["epochs"] as? [Int])?.first == 0)

        let analyzed = try Tool.run("analyze", "run.h5", in: folder)
        #expect(analyzed.code == 0 && analyzed.error.isEmpty, "\(analyzed.error)")
        #expect(try folder.names() == ["run.h5", "run.results.h5"])
        let csv = try Tool.run("export", "run.results.h5", in: folder).out
        let table = rows(ofCSV: csv)
        #expect(Set(table.map { $0["split"] }) == ["all"])
        #expect(Set(table.map { $0["target"] }) == ["", "pmi-label", "pmi-soft", "label"])
        // The net is deterministic: I(X;Z) = H(Z) in every cell, to the last bit of the sums' rounding (1e-12).
        let entropies = table.filter { $0["quantity"] == "H(Z)" }
        #expect(entropies.count == 5 * 7 * 8)
        for row in entropies {
            let other = try #require(
                table.first {
                    $0["quantity"] == "I(X;Z)" && $0["layer"] == row["layer"] && $0["epoch"] == row["epoch"]
                        && $0["discretization"] == row["discretization"]
                })
            let difference = try number(row) - number(other)
            #expect(abs(difference) < 1e-12)
        }
        // C is the mean of its terms.
        let features = rows(ofCSV: try Tool.run("export", "run.results.h5", "--table", "features", in: folder).out)
        #expect(features.count == 5 * 7 * 3 * 12)
        let cell = features.filter { $0["layer"] == "fc2" && $0["epoch"] == "20" && $0["target"] == "pmi-label" }
        let mean = cell.reduce(0) { $0 + Double($1["I(X_i;Q)"]!)! + Double($1["I(X_-i;Q)"]!)! } / 24
        let complexity = try #require(
            table.first {
                $0["quantity"] == "GIB complexity" && $0["layer"] == "fc2" && $0["epoch"] == "20"
                    && $0["target"] == "pmi-label"
            })
        #expect(abs(mean - (try number(complexity))) < 1e-12)
        // The mean of PMI is I(Z;Y), its weights sum to 1.
        let pmi = rows(ofCSV: try Tool.run("export", "run.results.h5", "--table", "pmi", in: folder).out)
            .filter { $0["layer"] == "fc5" && $0["epoch"] == "20" }
        #expect(pmi.count == 4096)
        let relevance = try #require(
            table.first {
                $0["quantity"] == "I(Z;Y)" && $0["layer"] == "fc5" && $0["epoch"] == "20"
                    && $0["discretization"] == "width:30@run"
            })
        #expect(abs(pmi.reduce(0) { $0 + Double($1["pmi"]!)! } / 4096 - (try number(relevance))) < 1e-12)
        #expect(abs(pmi.reduce(0) { $0 + Double($1["weight"]!)! } - 1) < 1e-12)
    }

    @Test func `every published rule runs on every layer, and values outside its range are flagged`() throws {
        let folder = try Folder()
        try folder.recordTwelveBits()
        let presets = ["idnns-30", "idnns-100", "saxe-0.07", "saxe-0.5", "lorenzen-30", "lorenzen-100", "lorenzen-256"]
        let analyzed = try Tool.run(
            ["analyze", "run.h5", "--epochs", "last", "--no-gib", "--binning", "width:30@[0,0.5]"]
                + presets.flatMap { ["--binning", $0] }, in: folder)
        #expect(analyzed.code == 0, "\(analyzed.error)")
        let table = rows(ofCSV: try Tool.run("export", "run.results.h5", in: folder).out)
        for preset in presets {
            #expect(table.count { $0["discretization"] == preset && $0["quantity"] == "H(Z)" } == 7, "\(preset)")
        }
        // The range of the network is that of its tanh layers, inside [-1, 1]; the logits of a trained net lie outside.
        let logits = table.filter { $0["layer"] == "logits" && $0["discretization"] == "lorenzen-30" }
        #expect(!logits.isEmpty && logits.allSatisfy { $0["flags"]?.contains("out-of-range") == true })
    }

    @Test func `a new bin count costs only itself`() throws {
        let folder = try Folder()
        try folder.recordTwelveBits()
        #expect(try Tool.run("analyze", "run.h5", in: folder).code == 0)
        let plan = try Tool.run("analyze", "run.h5", "--binning", "width:50@run", "--dry-run", in: folder)
        #expect(plan.out.contains("Nothing was computed"))
        let second = try Tool.run("analyze", "run.h5", "--binning", "width:50@run", in: folder)
        #expect(second.out.contains(", 1 reused"), "H(Y) is there: \(second.out)")
        let third = try Tool.run("analyze", "run.h5", "--binning", "width:50@run", in: folder)
        #expect(third.out.contains(": 0 measurements computed"))
    }

    @Test func `the time that a command says its work took lies within its own`() throws {
        let folder = try Folder()
        try folder.recordTwelveBits()
        let reduce = ["reduce", "run.h5", "--components", "2", "--samples", "200"]
        let estimate = ["estimate", "run.h5:/splits/all/inputs", "run.h5:/splits/all/labels", "--label"]
        for command in [["analyze", "run.h5", "--epochs", "last"], reduce, estimate] {
            let start = ContinuousClock.now
            let ran = try Tool.run(command + ["--json"], in: folder)
            let whole = start.duration(to: .now) / .seconds(1)
            #expect(ran.code == 0, "\(ran.error)")
            let answer = try JSONSerialization.jsonObject(with: Data(ran.out.utf8))
            let told = try #require(answer as? [String: Any] ?? (answer as? [[String: Any]])?.first)
            let seconds = try #require(told["seconds"] as? Double)
            #expect(seconds > 0 && seconds < whole, "\(command[0]): \(seconds) of \(whole)")
            if command == reduce {
                let eigenvalues = try #require(told["eigenvalues"] as? [Double])
                #expect(eigenvalues.count == 2 && eigenvalues[0] >= eigenvalues[1] && eigenvalues[1] > 0)
                #expect((told["residuals"] as? [Double])?.count == 2)
            }
        }
    }

    @Test func `jobs, shards and a kill change no byte of the tables`() throws {
        let folder = try Folder()
        try folder.recordTwelveBits()
        func tables(_ results: String) throws -> [String] {
            try ["measurements", "features", "pmi"].map {
                try Tool.run("export", results, "--table", $0, in: folder).out
            }
        }
        #expect(try Tool.run("analyze", "run.h5", "--jobs", "1", "-o", "one.h5", in: folder).code == 0)
        #expect(try Tool.run("analyze", "run.h5", "--jobs", "2", "-o", "two.h5", in: folder).code == 0)
        let whole = try tables("one.h5")
        #expect(try tables("two.h5") == whole)
        for number in 1...3 {
            #expect(
                try Tool.run("analyze", "run.h5", "--shard", "\(number)/3", "-o", "part\(number).h5", in: folder).code
                    == 0)
        }
        #expect(try Tool.run("merge", "part1.h5", "part2.h5", "part3.h5", "-o", "merged.h5", in: folder).code == 0)
        #expect(try tables("merged.h5") == whole)
        for milliseconds in [30, 60, 120, 240] {
            let (process, _, _) = try Tool.start(["analyze", "run.h5", "-o", "killed.h5"], in: folder)
            Thread.sleep(forTimeInterval: Double(milliseconds) / 1000)
            kill(process.processIdentifier, SIGKILL)
            process.waitUntilExit()
        }
        #expect(try Tool.run("analyze", "run.h5", "-o", "killed.h5", in: folder).code == 0)
        #expect(try tables("killed.h5") == whole)
    }

    @Test func `Ctrl-C closes the archive whole and the analysis goes on later`() throws {
        let folder = try Folder()
        let (process, out, error) = try Tool.start(
            ["record", "szt", "--epochs", "100000", "--schedule", "every:5", "-o", "run.h5"], in: folder)
        while process.isRunning, !folder.exists("run.h5") { Thread.sleep(forTimeInterval: 0.01) }
        Thread.sleep(forTimeInterval: 0.5)
        process.interrupt()
        process.waitUntilExit()
        #expect(process.terminationStatus == 1)
        #expect(try String(contentsOfFile: error, encoding: .utf8).contains("the archive is whole"))
        #expect(try String(contentsOfFile: out, encoding: .utf8).contains("records of"))
        let inspected = try Tool.run("inspect", "run.h5", "--json", in: folder)
        #expect(inspected.out.contains("\"closed\":true"))
        #expect(try Tool.run("analyze", "run.h5", "--epochs", "0", in: folder).code == 0)
    }

    @Test func `a killed recorder loses no committed record`() throws {
        let folder = try Folder()
        for trial in 0..<12 {
            let name = "run\(trial).h5"
            let extra = trial.isMultiple(of: 3) ? ["--deflate", "1"] : []
            let (process, _, _) = try Tool.start(
                ["record", "szt", "--epochs", "100000", "--schedule", "every:1", "-o", name] + extra, in: folder)
            // However slow the machine is: the first record is committed before the kill.
            while process.isRunning,
                !(try Tool.run("inspect", name, "--json", in: folder).out.contains("\"epochs\":[0"))
            {
                Thread.sleep(forTimeInterval: 0.02)
            }
            Thread.sleep(forTimeInterval: 0.037 * Double(trial))
            kill(process.processIdentifier, SIGKILL)
            process.waitUntilExit()
            let inspected = try Tool.run("inspect", name, "--json", in: folder)
            #expect(inspected.code == 0, "\(inspected.error)")
            let json = try #require(
                try JSONSerialization.jsonObject(with: Data(inspected.out.utf8)) as? [String: Any])
            let records = try #require(json["records"] as? Int)
            #expect(records >= 1)
            let analyzed = try Tool.run(
                "analyze", name, "--epochs", "last", "--binning", "width:30@run", "--no-gib", in: folder)
            #expect(analyzed.code == 0, "\(analyzed.error)")
            try FileManager.default.removeItem(atPath: folder.path(name))
        }
    }

    @Test func `the same seed records the same activations`() throws {
        let folder = try Folder()
        try folder.recordTwelveBits("a.h5")
        try folder.recordTwelveBits("b.h5")
        try folder.recordTwelveBits("c.h5", "--seed", "1")
        func values(_ name: String) throws -> String {
            #expect(try Tool.run("analyze", name, "--no-gib", "-o", name + ".results", in: folder).code == 0)
            return try Tool.run("export", name + ".results", in: folder).out
                .split(separator: "\n").map { $0.drop { $0 != "," } }.joined(separator: "\n")
        }
        #expect(try values("a.h5") == values("b.h5"))
        #expect(try values("a.h5") != values("c.h5"))
    }

    @Test func `kernel PCA of inputs and layers is written and used`() throws {
        let folder = try Folder()
        try folder.recordTwelveBits()
        let inputs = try Tool.run(
            "reduce", "run.h5", "--source", "inputs", "--components", "5", "--kernel", "linear", "--samples", "500",
            in: folder)
        #expect(inputs.code == 0 && folder.exists("run.inputs.reduction.h5"), "\(inputs.error)")
        let layer = try Tool.run(
            "reduce", "run.h5", "--source", "fc2", "--components", "3", "--samples", "400", "-o", "fc2.h5", in: folder)
        #expect(layer.code == 0, "\(layer.error)")
        let analyzed = try Tool.run(
            "analyze", "run.h5", "--reduce-inputs", "kpca:5", "--samples", "500", "--epochs", "last", in: folder)
        #expect(analyzed.code == 0, "\(analyzed.error)")
        let table = rows(ofCSV: try Tool.run("export", "run.results.h5", in: folder).out)
        let parameters = Set(table.filter { $0["quantity"] == "GIB complexity" }.map { $0["parameters"] })
        let reduced = "input=width:30@unit;reduce=kpca:5"
        // The weighted target has its control, and says how it was drawn.
        #expect(parameters == [reduced, reduced + ";shuffles=10;seed=0"])
    }

    @Test func `says where the kernel is too narrow for the scale of the inputs`() throws {
        let folder = try Folder()
        // As pixels from 0 to 255: no two rows are alike.
        let samples = (0..<60).map { row in (0..<4).map { "\((row * (37 + 11 * $0)) % 256)" } + ["\(row % 2)"] }
        let lines = [["a", "b", "c", "d", "label"]] + samples
        try folder.write(Data(lines.map { $0.joined(separator: ",") }.joined(separator: "\n").utf8), to: "pixels.csv")
        try Tool.run("record", "csv", "pixels.csv", "--hidden", "3", "--epochs", "1", "-o", "run.h5", in: folder)
        let refused = try Tool.run("reduce", "run.h5", "--components", "2", "-o", "r.h5", in: folder)
        #expect(refused.code == 2 && refused.error.contains("no two samples are alike"), "\(refused.error)")
        for (kernel, named, isNarrow) in [
            ("rbf:gamma=0.001", "gamma=0.001;", true), ("rbf:gamma=0.00001", "gamma=1e-05;", false),
            ("linear", "reduce=kpca:2@linear;", false),
        ] {
            let reduced = try Tool.run(
                "reduce", "run.h5", "--components", "2", "--kernel", kernel, "-o", "\(isNarrow)\(kernel.first!).h5",
                in: folder)
            #expect(
                reduced.code == 0 && reduced.error.contains("warning: to this kernel") == isNarrow, "\(reduced.error)")
            let analyzed = try Tool.run(
                "analyze", "run.h5", "--split", "train", "--reduce-inputs", "kpca:2@\(kernel)", "--target", "label",
                "--no-error-bars", "--binning", "width:5@run", "--estimator", "plug-in", "--estimator", "ksg1:k=3",
                "--estimator", "ksg2:k=4", in: folder)
            #expect(analyzed.code == 0, "\(analyzed.error)")
            let table = rows(ofCSV: try Tool.run("export", "run.results.h5", in: folder).out)
            // Every number over reduced inputs, by every estimator, and no other.
            let reducedRows = table.filter { $0["parameters"]!.contains(named) }
            for estimator in ["plug-in", "ksg1:k=3", "ksg2:k=4"] {
                #expect(reducedRows.contains { $0["estimator"] == estimator }, "\(estimator)")
            }
            #expect(reducedRows.allSatisfy { $0["flags"]!.contains("narrow-kernel") == isNarrow })
            #expect(
                table.filter { !$0["parameters"]!.contains("reduce=") }.allSatisfy {
                    !$0["flags"]!.contains("narrow-kernel")
                })
        }
    }

    @Test func `objectives are derived for every beta`() throws {
        let folder = try Folder()
        try folder.recordTwelveBits()
        try Tool.run("analyze", "run.h5", "--epochs", "last", in: folder)
        let table = rows(ofCSV: try Tool.run("export", "run.results.h5", "--beta", "0.5,2", in: folder).out)
        func value(_ quantity: String, _ parameters: String) throws -> Double {
            let row = table.first {
                $0["quantity"] == quantity && $0["layer"] == "fc1" && $0["discretization"] == "width:30@run"
                    && $0["parameters"] == parameters && ["", "label"].contains($0["target"])
            }
            return try #require((row?["value"]).flatMap { Double($0) })
        }
        let null = "permutations=99;seed=0"
        // One division and one subtraction: the same operations give the same bits.
        #expect(
            try value("IB objective", "beta=0.5") == value("I(Z;Y)", null) - value("I(X;Z)", "") / 0.5)
        #expect(
            try value("GIB objective", "input=width:30@unit;beta=2")
                == value("I(Z;Y)", null) - value("GIB complexity", "input=width:30@unit") / 2)
    }
}
