import Cluster
import Foundation
import Testing

@Suite struct JobFolderTests {
    private let place: String

    init() throws {
        place = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString).path
        try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: true)
    }

    private var job: ClusterJob {
        ClusterJob(
            toolVersion: "1", binary: "/bin/infoplane",
            archives: [.init(path: "/a.h5", id: "i", contentDigest: "d", records: 4, shards: 2)],
            arguments: ["--no-gib"], sbatch: [], retries: 3, output: place + "/all.results.h5")
    }

    @Test func `it lies beside the results`() {
        #expect(JobFolder(besides: "/x/all.results.h5").path == "/x/all.slurm")
        #expect(JobFolder(besides: "/x/all.h5").path == "/x/all.slurm")
        #expect(JobFolder(besides: "/x/all").path == "/x/all.slurm")
    }

    @Test func `plan, submissions and outcome are read back`() throws {
        let folder = JobFolder(besides: job.output)
        #expect(try folder.job() == nil && folder.submissions().isEmpty && folder.outcome() == nil)
        let table = ShardTable([.init(archive: "/a.h5", units: 9, cost: 9)], tasks: 2)
        try folder.write(job, table)
        #expect(try folder.job() == job && folder.shards() == table)
        let submissions = [
            JobFolder.Submission(round: 0, array: 12, merge: 13, tasks: 2),
            JobFolder.Submission(round: 0, array: nil, merge: 14, tasks: 0),
        ]
        for submission in submissions { try folder.note(submission) }
        #expect(folder.submissions() == submissions && submissions[0].jobs == [12, 13] && submissions[1].jobs == [14])
        let outcome = JobFolder.Outcome(code: 1, lines: ["one", "two"])
        try folder.note(outcome)
        #expect(folder.outcome() == outcome)
        try folder.note(nil)
        #expect(folder.outcome() == nil)
        try FileManager.default.removeItem(atPath: place)
    }

    @Test func `a foreign folder is left alone`() throws {
        let folder = JobFolder(place + "/all.slurm")
        try FileManager.default.createDirectory(atPath: folder.path, withIntermediateDirectories: true)
        #expect(try folder.job() == nil, "an empty one is taken")
        try Data("diary".utf8).write(to: URL(fileURLWithPath: folder.path + "/diary.txt"))
        let error = #expect(throws: ClusterError.self) { try folder.job() }
        #expect(error?.problem.contains("is not the folder of a job") == true)
        try FileManager.default.removeItem(atPath: place)
    }

    @Test func `a place that cannot be written is named with the system's reason`() throws {
        try Data().write(to: URL(fileURLWithPath: place + "/file"))
        let folder = JobFolder(place + "/file/all.slurm")
        let table = ShardTable([.init(archive: "/a.h5", units: 9, cost: 9)], tasks: 1)
        let error = #expect(throws: ClusterError.self) { try folder.write(job, table) }
        #expect(
            error?.description.contains("could not be written: not a directory") == true, "\(String(describing: error))"
        )
        try FileManager.default.removeItem(atPath: place)
    }

    @Test func `the last trouble in a task's log is found`() throws {
        let folder = JobFolder(besides: job.output)
        try folder.write(job, ShardTable([.init(archive: "/a.h5", units: 9, cost: 9)], tasks: 1))
        #expect(folder.lastTrouble(ofTask: 1) == nil)
        func log(_ text: String) throws { try Data(text.utf8).write(to: URL(fileURLWithPath: folder.log(ofTask: 1))) }
        try log("one error: old\nshard 1/1 ended with exit code 137\n")
        #expect(folder.lastTrouble(ofTask: 1) == "one error: old")
        try log("shard 1/1 of a.h5\nshard 1/1 ended with exit code 137\nmore\n")
        #expect(folder.lastTrouble(ofTask: 1) == "shard 1/1 ended with exit code 137")
        try FileManager.default.removeItem(atPath: place)
    }

    @Test func `a job goes on where only options of sbatch and shards differ`() {
        var other = job
        other.sbatch = ["--time=60"]
        other.archives[0].shards = 7
        other.retries = 0
        #expect(job.difference(from: other) == nil)
        for (change, word) in [
            ({ $0.arguments = [] }, "options"), ({ $0.archives[0].contentDigest = "e" }, "state"),
            ({ $0.archives = [] }, "other archives"), ({ $0.toolVersion = "0" }, "InfoPlane 0"),
        ] as [((inout ClusterJob) -> Void, String)] {
            other = job
            change(&other)
            #expect(job.difference(from: other)?.contains(word) == true)
        }
    }

    @Test(arguments: [
        (["--partition=cpu", "--mem=4G", "-p", "cpu"], nil), (["--array=1-3"], "--array=1-3"),
        (["-p", "x", "-a1"], "-a1"),
        (["--dependency", "afterok:1"], "--dependency"), (["--output=x"], "--output=x"), (["-N2"], "-N2"),
    ])
    func `options that the job sets itself are refused`(options: [String], found: String?) {
        #expect(SbatchOptions.reserved(in: options) == found)
    }
}
