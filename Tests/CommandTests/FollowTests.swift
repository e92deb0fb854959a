import Foundation
import Testing

@Suite(.serialized) struct FollowTests {
    private let folder: Folder

    init() throws { folder = try Folder() }

    /// A recording, halted after its first records, and an analysis that has done those.
    private func followHaltedRecording() throws -> (recorder: Process, follower: Process, out: String, error: String) {
        let (recorder, _, _) = try Tool.start(
            [
                "record", "szt", "--epochs", "3000", "--schedule", "every:150", "--recorded-samples", "100", "-o",
                "run.h5",
            ], in: folder)
        try wait { try Tool.run("inspect", "run.h5", in: folder).code == 0 }
        kill(recorder.processIdentifier, SIGSTOP)
        let (follower, out, error) = try Tool.start(Self.analysis + ["--follow"], in: folder)
        try wait { folder.exists("run.results.h5") }
        return (recorder, follower, out, error)
    }

    private static let analysis = ["analyze", "run.h5", "--no-gib", "--samples", "200"]

    /// Waits for at most three minutes, for other tests may keep all cores busy, without giving the thread to other tests.
    private func wait(until isSo: () throws -> Bool) throws {
        for _ in 0..<18_000 {
            guard try !isSo() else { return }
            usleep(10_000)
        }
        Issue.record("nothing happened for three minutes")
    }

    @Test func `a live recording is analyzed to its end, to the same numbers as afterwards`() throws {
        let (recorder, follower, out, error) = try followHaltedRecording()
        kill(recorder.processIdentifier, SIGCONT)
        recorder.waitUntilExit()
        follower.waitUntilExit()
        #expect(try follower.terminationStatus == 0 && String(contentsOfFile: error, encoding: .utf8) == "")
        let rounds = try String(contentsOfFile: out, encoding: .utf8)
        #expect(rounds.split(separator: "\n").count > 1, "\(rounds)")
        _ = try Tool.run(Self.analysis + ["-o", "once.h5"], in: folder)
        let live = try Tool.run("export", "run.results.h5", in: folder).out
        #expect(try live == Tool.run("export", "once.h5", in: folder).out)
        #expect(live.split(separator: "\n").count > 4000)
    }

    @Test func `following ends where the recorder was killed, and says so`() throws {
        let (recorder, follower, out, error) = try followHaltedRecording()
        kill(recorder.processIdentifier, SIGKILL)
        recorder.waitUntilExit()
        follower.waitUntilExit()
        #expect(follower.terminationStatus == 0)
        #expect(try String(contentsOfFile: out, encoding: .utf8).contains("measurements computed"))
        #expect(
            try String(contentsOfFile: error, encoding: .utf8)
                .contains("run.h5: its recorder has ended without closing it, after "))
    }

    @Test func `a file that is not there is not waited for`() throws {
        let output = try Tool.run("analyze", "absent.h5", "--follow", in: folder)
        #expect(output.code == 2 && output.error.contains("absent.h5: there is no such file"))
    }
}
