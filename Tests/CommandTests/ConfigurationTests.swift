import Foundation
import Testing

@Suite struct ConfigurationFileTests {
    private func folderWithRun() throws -> Folder {
        let folder = try Folder()
        try folder.recordTwelveBits()
        return folder
    }

    private func write(_ text: String, to name: String, in folder: Folder) throws {
        try folder.write(Data(text.utf8), to: name)
    }

    @Test func `a file does what the same options do, and the results write it back`() throws {
        let folder = try folderWithRun()
        let settings = """
            archive: run.h5   # also what decides no number may stand here
            epochs: last
            binning: [width:20@run, "width:7@[-1,1]"]
            target:
              - label
            permutations: 9
            output: configured.results.h5
            jobs: 1
            """
        try write(settings, to: "infoplane.yaml", in: folder)
        #expect(try Tool.run("analyze", "--config", "infoplane.yaml", in: folder).code == 0)
        let typed = [
            "analyze", "run.h5", "--epochs", "last", "--binning", "width:20@run", "--binning", "width:7@[-1,1]",
            "--target", "label", "--permutations", "9", "-o", "typed.results.h5",
        ]
        #expect(try Tool.run(typed, in: folder).code == 0)
        let export = try Tool.run("export", "configured.results.h5", in: folder).out
        #expect(export.count > 1000)
        #expect(export == (try Tool.run("export", "typed.results.h5", in: folder).out))

        let written = try Tool.run("config", "configured.results.h5", in: folder)
        #expect(written.code == 0 && written.error.isEmpty)
        try write(written.out, to: "again.yaml", in: folder)
        let again = ["analyze", "run.h5", "--config=again.yaml", "-o", "again.results.h5"]
        #expect(try Tool.run(again, in: folder).code == 0)
        #expect(try Tool.run("export", "again.results.h5", in: folder).out == export)
        #expect(try Tool.run("config", "again.results.h5", in: folder).out == written.out)
    }

    @Test func `what is typed is taken before what stands in the file`() throws {
        let folder = try folderWithRun()
        try write("epochs: last\nno-gib: true\noutput: a.h5\nbinning: [exact]\n", to: "c.yaml", in: folder)
        let arguments = [
            "analyze", "run.h5", "--config", "c.yaml", "--target", "label", "-o", "b.h5", "--permutations=0",
        ]
        #expect(try Tool.run(arguments, in: folder).code == 0)
        #expect(folder.exists("b.h5") && !folder.exists("a.h5"))
        let settings = try Tool.run("config", "b.h5", in: folder).out.split(separator: "\n")
        for line in ["epochs: last", "no-gib: false", "target: [label]", "binning: [exact]", "permutations: 0"] {
            #expect(settings.contains(Substring(line)), "\(line)")
        }
    }

    @Test func `a job array takes of a file what decides its numbers`() throws {
        let folder = try folderWithRun()
        try write("archive: x.h5\njobs: 3\nepochs: last\nbinning: [exact, step:1]\nseed: 7\n", to: "c.yaml", in: folder)
        let arguments = ["slurm", "run.h5", "-o", "all.h5", "--config", "c.yaml", "--dry-run", "--seed", "8"]
        let output = try Tool.run(arguments, in: folder)
        #expect(output.code == 0, "\(output.error)")
        let options = try #require(output.out.split(separator: "\n").first { $0.hasPrefix("options=") })
        #expect(options == "options=('--epochs=last' '--binning=exact' '--binning=step:1' '--seed=8')")
        try write("epoch: last\n", to: "c.yaml", in: folder)
        let wrong = try Tool.run(arguments, in: folder)
        #expect(wrong.code == 2 && wrong.error.hasPrefix("error: c.yaml:1: there is no setting 'epoch'"))
    }

    @Test func `the defaults are written with a comment each, and change nothing`() throws {
        let folder = try folderWithRun()
        let defaults = try Tool.run("config", in: folder).out
        try write(defaults, to: "infoplane.yaml", in: folder)
        let plan = try Tool.run("analyze", "run.h5", "--dry-run", "--json", in: folder).out
        let configured = ["analyze", "run.h5", "--config", "infoplane.yaml", "--dry-run", "--json"]
        #expect(try Tool.run(configured, in: folder).out == plan)
        // Every option of analyze's help is in the file, as a setting or as a comment.
        let help = try Tool.run("analyze", "--help", in: folder).out
        let options = help.split(separator: "\n").compactMap { line -> Substring? in
            let words = line.split(separator: " ")
            guard line.hasPrefix("  -"), let long = words.first(where: { $0.hasPrefix("--") }) else { return nil }
            return long.dropFirst(2)
        }
        #expect(options.count > 20)
        for option in options where !["config", "help", "version"].contains(option) {
            #expect(defaults.contains("\n\(option):") || defaults.contains("\n# \(option):"), "\(option)")
        }
    }

    @Test func `what a file cannot set is one sentence with its line`() throws {
        let folder = try folderWithRun()
        let cases: [(String, String)] = [
            ("epoch: last\n", "c.yaml:1: there is no setting 'epoch' (did you mean 'epochs'?)."),
            ("\nepochs: lst\n", "c.yaml: epochs 'lst': not a choice of epochs"),
            ("epochs: [1, 2]\n", "c.yaml:1: 'epochs' is set to a list; expected one value."),
            ("epochs: true\n", "c.yaml:1: 'epochs' is set to true; expected a value."),
            ("follow: yes\n", "c.yaml:1: 'follow' is set to 'yes'; expected true or false."),
            ("binning: []\n", "c.yaml:1: 'binning' is an empty list."),
            ("jobs: many\n", "c.yaml: The value 'many' is invalid for '--jobs"),
            ("config: d.yaml\n", "c.yaml:1: there is no setting 'config'"),
            ("follow: true\ndry-run: true\n", "c.yaml: --follow and --dry-run contradict each other."),
        ]
        for (text, sentence) in cases {
            try write(text, to: "c.yaml", in: folder)
            let output = try Tool.run("analyze", "run.h5", "--config", "c.yaml", in: folder)
            #expect(output.code == 2 && output.out.isEmpty)
            #expect(output.error.hasPrefix("error: " + sentence), "\(output.error)")
            #expect(output.error.hasSuffix(".\n") && output.error.split(separator: "\n").count == 1, "\(output.error)")
        }
        let missing = try Tool.run("analyze", "run.h5", "--config", "none.yaml", in: folder)
        #expect(missing.code == 2 && missing.error.hasPrefix("error: none.yaml: "))
        #expect(!folder.exists("run.results.h5"))
    }

    @Test func `of several calls the last is written, others by their number`() throws {
        let folder = try folderWithRun()
        for bins in [20, 30] {
            let call = ["analyze", "run.h5", "--epochs", "last", "--no-gib", "--binning", "width:\(bins)@run"]
            #expect(try Tool.run(call, in: folder).code == 0)
        }
        let last = try Tool.run("config", "run.results.h5", in: folder)
        #expect(last.out.contains("\nbinning: [width:30@run]\n") && last.error.contains("2 different calls"))
        let first = try Tool.run("config", "run.results.h5", "--call", "1", in: folder)
        #expect(first.out.contains("\nbinning: [width:20@run]\n") && first.error.isEmpty)
        #expect(try Tool.run("config", "run.results.h5", "--call", "3", in: folder).code == 2)
        #expect(try Tool.run("config", "--call", "1", in: folder).code == 64)
    }
}
