import ExecutableScripts
import Foundation
import Results
import Testing

/// The job array without a Slurm: stand-ins take the submissions, and the batch scripts are run by bash. `tools/slurm test`
/// runs the real one.
@Suite struct SlurmTests {
    private let folder: Folder

    init() throws { folder = try Folder() }

    /// Programs named like Slurm's that note how they were called.
    private func makeStandIns() throws {
        let place = folder.url.appendingPathComponent("bin")
        try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
        let calls = folder.path("calls")
        for (name, script) in [
            ("sbatch", "echo \"$*\" >>\"\(calls)\"; wc -l <\"\(calls)\""),
            (
                "scontrol",
                "[ \"$2\" = config ] && echo 'MaxArraySize            = 51' || echo 'JobId=1 JobState=FAILED'"
            ),
            ("squeue", "true"), ("scancel", "true"),
        ] {
            let path = place.appendingPathComponent(name)
            try writeProgram("#!/bin/bash\n\(script)\n", to: path.path)
        }
    }

    private func infoplane(_ arguments: String...) throws -> Tool.Output {
        try Tool.run(arguments, in: folder, variables: ["PATH": folder.path("bin") + ":/usr/bin:/bin"])
    }

    private func calls() throws -> [String] {
        String(decoding: try folder.data("calls"), as: UTF8.self).split(separator: "\n").map(String.init)
    }

    /// Runs a task by its batch script.
    private func runTask(_ number: Int, of job: String = "all") throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/bash")
        process.arguments = [folder.path("\(job).slurm/tasks.sh")]
        process.environment = ["SLURM_ARRAY_TASK_ID": String(number), "PATH": "/usr/bin:/bin"]
        process.standardOutput = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        #expect(process.terminationStatus == 0)
    }

    private func tables(_ results: String) throws -> [String] {
        try ["measurements", "features", "pmi"].map {
            try Tool.run("export", results, "--table", $0, in: folder).out
        }
    }

    @Test func `tasks, a resubmission of what is missing, and the merging make the bytes of one analysis`() throws {
        try makeStandIns()
        try folder.recordTwelveBits("a.h5")
        try folder.recordTwelveBits("b.h5", "--seed", "2")
        let submitted = try infoplane(
            "slurm", "a.h5", "b.h5", "-o", "all.results.h5", "--tasks", "4", "--", "-p", "cpu")
        #expect(submitted.code == 0 && submitted.out.contains("job 1, 4 tasks; job 2,"), "\(submitted.error)")
        let whole = folder.path("all.slurm") + "/"
        #expect(
            try calls() == [
                "--parsable --array=1-4 \(whole)tasks.sh", "--parsable --dependency=afterany:1 \(whole)merge.sh 0",
            ])
        for task in [1, 2, 4] { try runTask(task) }
        // One part is damaged, as by a disk: it is computed again.
        let part = "all.slurm/parts/2/1-2.results.h5"
        try folder.write(try folder.data(part).prefix(1000), to: part)
        let merge = try infoplane("slurm-merge", "all.slurm")
        #expect(merge.code == 0 && merge.out.contains("time 1 of 3: 2 tasks as job 3, 4"), "\(merge.error)")
        #expect(merge.error.contains("task 3 (shard 1/2 of") && merge.error.contains("put aside"), "\(merge.error)")
        #expect(
            try calls().suffix(2) == [
                "--parsable --array=2-3 \(whole)tasks.sh", "--parsable --dependency=afterany:3 \(whole)merge.sh 1",
            ])
        #expect(!folder.exists("all.results.h5"))
        for task in [2, 3] { try runTask(task) }
        let end = try infoplane("slurm-merge", "all.slurm", "--round", "1")
        #expect(end.code == 0, "\(end.error)")
        #expect(!folder.exists("all.slurm/parts"))
        for name in ["a", "b"] { #expect(try Tool.run("analyze", "\(name).h5", in: folder).code == 0) }
        #expect(try Tool.run("merge", "a.results.h5", "b.results.h5", "-o", "one.h5", in: folder).code == 0)
        let isSame = try tables("all.results.h5") == tables("one.h5")
        #expect(isSame)
        let again = try infoplane("slurm", "a.h5", "b.h5", "-o", "all.results.h5", "--wait")
        #expect(again.code == 0 && again.out == end.out, "a job that is done is told, and not done again")
        #expect(try calls().count == 4)
    }

    @Test func `what is still missing after the last time is named, and the same command goes on`() throws {
        try makeStandIns()
        try folder.recordTwelveBits("a.h5")
        #expect(try infoplane("slurm", "a.h5", "-o", "all.results.h5", "--tasks", "3", "--retries", "1").code == 0)
        for task in [1, 3] { try runTask(task) }
        try folder.write(Data("error: the disk is full\n".utf8), to: "all.slurm/logs/2.log")
        let end = try infoplane("slurm-merge", "all.slurm", "--round", "1")
        #expect(end.code == 1 && end.out.contains("all.results.h5: not written. 1 task did not end after 2 times"))
        #expect(end.out.contains("task 2 (shard 2/3 of") && end.out.contains("the disk is full"), "\(end.out)")
        #expect(try calls().count == 2 && !folder.exists("all.results.h5"))
        // With other options of sbatch; another request is refused.
        let other = try infoplane("slurm", "a.h5", "-o", "all.results.h5", "--no-gib")
        #expect(other.code == 2 && other.error.contains("was given the options ''"), "\(other.error)")
        let further = try infoplane("slurm", "a.h5", "-o", "all.results.h5", "--", "--time=600")
        #expect(further.code == 0 && further.error.contains("goes on from the parts that are there"))
        #expect(try calls().last == "--parsable \(folder.path("all.slurm/merge.sh")) 0")
        #expect(String(decoding: try folder.data("all.slurm/tasks.sh"), as: UTF8.self).contains("#SBATCH --time=600\n"))
        try runTask(2)
        #expect(try infoplane("slurm-merge", "all.slurm").code == 0 && folder.exists("all.results.h5"))
    }

    @Test func `programs get the numbers of the jobs, and the end, as JSON`() throws {
        struct Jobs: Decodable {
            let array: Int?
            let tasks: Int
            let merge: Int
            let folder: String
        }
        struct End: Decodable {
            let code: Int
            let lines: [String]
        }
        try makeStandIns()
        try folder.recordTwelveBits("a.h5")
        let submitted = try infoplane("slurm", "a.h5", "-o", "all.results.h5", "--tasks", "2", "--json")
        let jobs = try JSONDecoder().decode(Jobs.self, from: Data(submitted.out.utf8))
        #expect(jobs.array == 1 && jobs.tasks == 2 && jobs.merge == 2 && jobs.folder == folder.path("all.slurm"))
        for task in [1, 2] { try runTask(task) }
        #expect(try infoplane("slurm-merge", "all.slurm").code == 0)
        let ended = try infoplane("slurm", "a.h5", "-o", "all.results.h5", "--wait", "--json")
        let end = try JSONDecoder().decode(End.self, from: Data(ended.out.utf8))
        #expect(end.code == 0 && end.lines.last?.contains("all.results.h5: ") == true, "\(ended.out)")
    }

    @Test func `an archive that has grown since is no longer joined`() throws {
        try makeStandIns()
        try folder.recordTwelveBits("a.h5")
        #expect(try infoplane("slurm", "a.h5", "-o", "all.results.h5", "--tasks", "1").code == 0)
        try Tool.run("record", "szt", "--epochs", "30", "--schedule", "log:4", "--overwrite", "-o", "a.h5", in: folder)
        let merge = try infoplane("slurm-merge", "all.slurm")
        #expect(
            merge.code == 2 && merge.error.contains("a.h5: has") && merge.error.contains("when the job was planned"))
        let wait = try infoplane("slurm", "a.h5", "-o", "all.results.h5", "--wait")
        #expect(wait.code == 2 && wait.error.contains("another state of"), "\(wait.error)")
    }

    @Test func `a dry run prints the scripts, needs no Slurm and leaves nothing`() throws {
        try folder.recordTwelveBits("a.h5")
        let output = try Tool.run(
            ["slurm", "a.h5", "-o", "all.results.h5", "--dry-run", "--", "--mem=4G"], in: folder,
            variables: ["PATH": "/none"])
        #expect(output.code == 0 && output.error.contains("Nothing was submitted"), "\(output.error)")
        #expect(output.out.hasPrefix("#!/bin/bash\n") && output.out.contains("\n#SBATCH --mem=4G\n"))
        #expect(output.out.contains("slurm-merge '\(folder.path("all.slurm"))'"))
        #expect(output.out.contains("infoplane='\(Tool.url.path)'"), "the running program is known by its whole path")
        #expect(try folder.names() == ["a.h5"])
    }

    /// What the tasks compute is what was asked for: every option differs from its default here.
    @Test func `every option of the request reaches the tasks`() throws {
        try folder.recordTwelveBits("a.h5")
        let options = [
            "--split", "test", "--split", "train", "--layer", "fc1", "--layer", "fc2", "--epochs", "0,20", "--samples",
            "200", "--subsampling", "--estimator", "plug-in", "--estimator", "ross:k=4", "--binning", "width:7@[-1,1]",
            "--binning", "saxe-0.07", "--target", "label", "--input-binning", "exact", "--label-binning", "step:2",
            "--reduce-inputs", "kpca:3", "--keep", "all", "--no-error-bars", "--permutations", "5", "--shuffles", "3",
            "--seed", "9",
        ]
        let scripts = try Tool.run(["slurm", "a.h5", "--dry-run"] + options, in: folder).out
        let line = try #require(scripts.split(separator: "\n").first { $0.hasPrefix("options=(") })
        let words = line.dropFirst(9).dropLast().split(separator: " ").map { $0.dropFirst().dropLast() }.map(
            String.init)
        #expect(try Tool.run(["analyze", "a.h5", "-o", "asked.h5"] + options, in: folder).code == 0)
        #expect(try Tool.run(["analyze", "a.h5", "-o", "told.h5"] + words, in: folder).code == 0)
        func requests(_ name: String) throws -> [String] {
            var file = ResultsFile(folder.path(name))
            return try file.read().provenance.map(\.request)
        }
        #expect(try requests("told.h5") == requests("asked.h5"))
    }

    @Test func `bad input gets its sentence`() throws {
        try makeStandIns()
        try folder.recordTwelveBits("a.h5")
        func refused(_ arguments: [String], path: String? = nil, code: Int32 = 2, _ words: String...) throws {
            let output = try Tool.run(
                ["slurm"] + arguments, in: folder,
                variables: ["PATH": path ?? folder.path("bin") + ":/usr/bin:/bin"])
            #expect(output.code == code && output.out.isEmpty, "\(arguments): \(output.error)")
            for word in words { #expect(output.error.contains(word), "\(output.error)") }
        }
        try refused(["a.h5"], path: "/none", "no Slurm to submit to", "login node", "infoplane merge")
        try refused(["a.h5", "--tasks", "51"], "at most 50 tasks", "MaxArraySize")
        try refused(["a.h5", "a.h5", "-o", "x.h5"], "Name every archive once")
        try refused(["missing.h5"], "missing.h5")
        try refused(["a.h5", "--layer", "fc9"], "fc9", "fc1")
        try refused(["a.h5", "a.h5"], code: 64, "-o is missing")
        try refused(["a.h5", "--tasks", "0"], code: 64, "--tasks 0")
        try refused(["a.h5", "--", "--array=1"], code: 64, "--array=1 after --")
        try refused(["a.h5", "-o", "a\tb.h5"], code: 64, "tab")
        try refused(["a.h5", "--binning", "widht:3@run"], code: 64, "width")
        try refused(["a.h5", "-o", "/proc/none/x.h5"], "/proc/none", "could not be written")
        try folder.write(
            Data("#!/bin/bash\necho 'sbatch: error: Batch job submission failed: Invalid account' >&2; exit 1\n".utf8),
            to: "bin/sbatch")
        try refused(["a.h5"], "sbatch: Batch job submission failed: Invalid account. ", "--account")
        #expect(try folder.names() == ["a.h5", "bin"], "nothing is left of a job that was refused")
        let merge = try infoplane("slurm-merge", "nowhere.slurm")
        #expect(merge.code == 2 && merge.error.contains("nowhere.slurm: there is no job"))
    }
}
