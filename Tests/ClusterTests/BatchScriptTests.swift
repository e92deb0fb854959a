import Cluster
import ExecutableScripts
import Foundation
import Testing

@Suite struct BatchScriptTests {
    private static func job(binary: String, sbatch: [String] = [], arguments: [String] = []) -> ClusterJob {
        ClusterJob(
            toolVersion: "1", binary: binary, archives: [], arguments: arguments, sbatch: sbatch, retries: 3,
            output: "/x/all.results.h5")
    }

    @Test func `options of sbatch stand on one line, quoted as sbatch reads them`() {
        let scripts = BatchScripts(
            Self.job(binary: "/bin/true", sbatch: ["-p", "cpu", "--mem=4G", "--comment=a \"b\" # c"]),
            in: JobFolder("/data/50% done/all.slurm"))
        for script in [scripts.tasks, scripts.merge] {
            #expect(script.contains(#"#SBATCH -p cpu --mem=4G "--comment=a \"b\" # c""# + "\n"))
        }
        #expect(scripts.tasks.contains(#"#SBATCH --output="/data/50%% done/all.slurm/logs/%a.log""# + "\n"))
        #expect(scripts.tasks.contains("#SBATCH --job-name=infoplane-all\n"))
        #expect(!BatchScripts(Self.job(binary: "/bin/true"), in: JobFolder("/x")).tasks.contains("#SBATCH \n"))
    }

    /// Runs the script of the tasks by bash, with a program that prints what it is given, one argument a line.
    private func run(task: String, besides: (URL) throws -> Void = { _ in }) throws -> (
        code: Int32, out: String, folder: URL
    ) {
        let place = FileManager.default.temporaryDirectory.appendingPathComponent("it's \(UUID().uuidString)")
        let folder = place.appendingPathComponent("all.slurm")
        try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
        let program = place.appendingPathComponent("infoplane")
        try writeProgram(
            "#!/bin/bash\nprintf '<%s>' \"$@\"; echo\ncat\ncase \"$*\" in *bad.h5*) exit 2;; esac\n", to: program.path)
        let archives = ["good.h5", "bad.h5"].map { place.appendingPathComponent($0) }
        for archive in archives { try Data().write(to: archive) }
        let table = ShardTable(
            archives.map { ShardTable.Work(archive: $0.path, units: 2, cost: 5) }, tasks: 1)
        let job = Self.job(binary: program.path, arguments: ["--layer=it's", "--binning=width:30@[-1,1]"])
        try JobFolder(folder.path).write(job, table)
        try besides(place)
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/bash")
        process.arguments = [folder.appendingPathComponent("tasks.sh").path]
        process.environment = ["SLURM_ARRAY_TASK_ID": task, "SLURM_CPUS_PER_TASK": "3", "PATH": "/usr/bin:/bin"]
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardInput = FileHandle.nullDevice
        try process.run()
        let out = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        try FileManager.default.removeItem(at: place)
        return (process.terminationStatus, out, place)
    }

    @Test func `a task runs its shards, every word as it was given, and goes on after one that fails`() throws {
        let (code, out, place) = try run(task: "1")
        #expect(code == 2)
        for (index, name) in ["good", "bad"].enumerated() {
            #expect(
                out.contains(
                    "<analyze><\(place.path)/\(name).h5><--shard><1/1><-o>"
                        + "<\(place.path)/all.slurm/parts/1/\(index + 1)-1.results.h5><--jobs><3><--layer=it's>"
                        + "<--binning=width:30@[-1,1]>"), "\(out)")
        }
        #expect(out.contains("bad.h5 ended with exit code 2\n"))
    }

    @Test func `a task without shards does nothing`() throws {
        let (code, out, _) = try run(task: "2")
        #expect(code == 0 && out.isEmpty)
    }

    @Test(arguments: [
        ("good.h5", "good.h5 is not visible on this node"), ("infoplane", "infoplane is not on this node"),
        ("all.slurm/shards.tsv", "all.slurm is not visible on this node"),
    ])
    func `what the node does not see is named`(missing: String, sentence: String) throws {
        let (code, out, _) = try run(task: "1") {
            try FileManager.default.removeItem(at: $0.appendingPathComponent(missing))
        }
        #expect(code == 2 && out.contains(sentence) && out.contains("error: "), "\(out)")
    }
}
