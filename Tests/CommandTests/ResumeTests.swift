import Foundation
import Testing

/// Analyses that are killed, or that share a results file: every number that was saved stays.
@Suite struct ResumeTests {
    /// How many numbers of the default analysis of run.h5 a results file holds, and how many there are. Asked of a copy.
    private func stored(
        in results: String, folder: Folder
    ) throws -> (reused: Int, total: Int) {
        if folder.exists("seen.h5") { try FileManager.default.removeItem(atPath: folder.path("seen.h5")) }
        try folder.write(try folder.data(results), to: "seen.h5")
        let plan = try Tool.run("analyze", "run.h5", "--dry-run", "--json", "-o", "seen.h5", in: folder)
        let json = try #require(
            try JSONSerialization.jsonObject(with: Data(plan.out.utf8)) as? [String: Any], "\(plan.error)")
        let total = try #require(json["measurements"] as? Int)
        return (total - (try #require(json["open_measurements"] as? Int)), total)
    }

    /// Waits, at most 30 s, until `isReached` or the process has ended.
    private func wait(for process: Process, until isReached: () throws -> Bool) throws {
        let end = Date() + 30
        while process.isRunning, Date() < end {
            if try isReached() { return }
            Thread.sleep(forTimeInterval: 0.02)
        }
    }

    private func tables(_ results: String, in folder: Folder) throws -> [String] {
        try ["measurements", "features", "pmi"].map {
            let output = try Tool.run("export", results, "--table", $0, in: folder)
            #expect(output.code == 0 && output.out.count > 100, "\(output.error)")
            return output.out
        }
    }

    // Checkpoints come a second apart at the soonest, so that the analysis has to take some: 31 records on one job.
    @Test func `a killed analysis goes on from what it had saved`() throws {
        let folder = try Folder()
        try Tool.run("record", "szt", "--epochs", "30", "--schedule", "every:1", "-o", "run.h5", in: folder)
        let (process, _, _) = try Tool.start(["analyze", "run.h5", "-j", "1", "-o", "killed.h5"], in: folder)
        var seen = Data()
        try wait(for: process) {
            guard folder.exists("killed.h5") else { return false }
            let bytes = try folder.data("killed.h5")
            if bytes == seen { return false }
            seen = bytes
            return try stored(in: "killed.h5", folder: folder).reused > 0
        }
        kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
        #expect(process.terminationReason == .uncaughtSignal, "it was killed before it was done")
        let (saved, total) = try stored(in: "killed.h5", folder: folder)
        #expect(saved > 0 && saved < total)
        let resumed = try Tool.run("analyze", "run.h5", "-o", "killed.h5", "--json", in: folder)
        let json = try #require(try JSONSerialization.jsonObject(with: Data(resumed.out.utf8)) as? [String: Any])
        #expect(resumed.code == 0 && json["reused"] as? Int == saved && json["computed"] as? Int == total - saved)
        #expect(try Tool.run("analyze", "run.h5", "-o", "whole.h5", in: folder).code == 0)
        let isSame = try tables("killed.h5", in: folder) == tables("whole.h5", in: folder)
        #expect(isSame)
    }

    @Test func `two analyses at once on one results file lose no row`() throws {
        let folder = try Folder()
        try Tool.run("record", "szt", "--epochs", "10", "--schedule", "every:1", "-o", "run.h5", in: folder)
        let second = ["--epochs", "last", "--binning", "width:50@run"]
        let (long, _, error) = try Tool.start(["analyze", "run.h5", "-j", "1", "-o", "s.h5"], in: folder)
        try wait(for: long) { folder.exists("s.h5") }
        #expect(long.isRunning, "the first analysis is at work when the second begins")
        let short = try Tool.run(["analyze", "run.h5", "-o", "s.h5"] + second, in: folder)
        long.waitUntilExit()
        #expect(short.code == 0, "\(short.error)")
        let words = try String(contentsOfFile: error, encoding: .utf8)
        #expect(long.terminationStatus == 0, "\(words)")
        for arguments in [[], second] {
            #expect(try Tool.run(["analyze", "run.h5", "-o", "turns.h5"] + arguments, in: folder).code == 0)
        }
        let isSame = try tables("s.h5", in: folder) == tables("turns.h5", in: folder)
        #expect(isSame)
        #expect(try folder.names().allSatisfy { !$0.hasSuffix(".tmp") })
    }
}
