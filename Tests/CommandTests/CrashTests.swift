import Activations
import Foundation
import Testing

/// A recorder that dies within each of its writes in turn: what a SIGKILL can do, without waiting for chance. The kernel
/// stops a killed write between two pages.
struct CrashTests {
    private let folder: Folder

    init() throws { folder = try Folder() }

    /// Every write is tried with INFOPLANE_EVERY_WRITE=1, else so many spread over all.
    private static let crashes =
        ProcessInfo.processInfo.environment["INFOPLANE_EVERY_WRITE"] == "1" ? Int.max : 40

    private static let run = [
        "record", "szt", "--hidden", "3,2", "--epochs", "6", "--schedule", "every:1", "--recorded-samples", "40",
        "--batch-size", "4096", "-o", "run.h5",
    ]

    /// The library that ends a write, compiled once; nil where there is no C compiler.
    private static let library: String? = {
        let source = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("TornWrite/torn_write.c")
        let built = FileManager.default.temporaryDirectory
            .appendingPathComponent("torn-write-\(ProcessInfo.processInfo.processIdentifier).so")
        let compiler = Process()
        compiler.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        compiler.arguments = ["cc", "-shared", "-fPIC", "-O1", source.path, "-o", built.path, "-ldl"]
        guard (try? compiler.run()) != nil else { return nil }
        compiler.waitUntilExit()
        return compiler.terminationStatus == 0 ? built.path : nil
    }()

    private func record(_ extra: [String], _ variables: [String: String]) throws -> Tool.Output {
        let library = try #require(Self.library)
        return try Tool.run(
            Self.run + extra, in: folder, variables: variables.merging(["LD_PRELOAD": library]) { $1 })
    }

    /// Offset and size of every write of a recording that is let alone.
    private func writes(_ extra: [String]) throws -> [(offset: Int, size: Int)] {
        #expect(try record(extra, ["TORN_WRITE_LOG": folder.path("log")]).code == 0)
        return try String(contentsOfFile: folder.path("log"), encoding: .utf8).split(separator: "\n").map { line in
            let numbers = line.split(separator: " ").compactMap { Int($0) }
            return (numbers[1], numbers[2])
        }
    }

    /// The archive without what is its own: its content digest.
    private func digest() throws -> String {
        let archive = try ActivationArchive(opening: folder.path("run.h5"))
        #expect(archive.info.isClosed && archive.committedRecords == 7)
        return try archive.contentDigest()
    }

    @Test(.enabled(if: library != nil, "needs a C compiler"), arguments: [[], ["--deflate", "1"]])
    func `a recorder killed within any write leaves every committed record, and goes on`(extra: [String]) throws {
        let count = try writes(extra).count
        #expect(count > 300)
        let whole = try digest()
        let step = max(1, count / Self.crashes)
        var died = (early: 0, later: 0)
        for number in stride(from: 1, through: count, by: step) {
            try FileManager.default.removeItem(atPath: folder.path("run.h5"))
            #expect(try record(extra, ["TORN_WRITE_AT": "\(number)"]).code == -SIGKILL)
            let repaired = try Tool.run("repair", "run.h5", "--json", in: folder)
            if repaired.code == 2 {
                // Before readers are let in there is nothing to lose, and a sentence says so.
                #expect(repaired.error.hasPrefix("error: run.h5"), "\(number): \(repaired.error)")
                #expect(try Tool.run("inspect", "run.h5", in: folder).code == 2)
                #expect(died.later == 0, "write \(number) of \(count) cost the file: \(repaired.error)")
                died.early += 1
                continue
            }
            died.later += 1
            #expect(repaired.code == 0, "\(number): \(repaired.out)\(repaired.error)")
            // After the repair, whoever knows nothing of writers opens the file.
            #expect(try Process.output(of: "h5ls", folder.path("run.h5")).contains("committed"), "\(number)")
            // Every third time the recorder goes on where the repaired file ends.
            guard number % 3 == 0 else { continue }
            let continued = try Tool.run(Self.run + extra + ["--continue"], in: folder)
            #expect(continued.code == 0, "\(number): \(continued.error)")
            #expect(try digest() == whole, "\(number)")
        }
        #expect(died.later > died.early, "\(died)")
    }

    @Test(.enabled(if: library != nil, "needs a C compiler"))
    func `a recorder goes on without a repair`() throws {
        let count = try writes([]).count
        let whole = try digest()
        for number in [count / 2, count * 3 / 4, count - 1] {
            try FileManager.default.removeItem(atPath: folder.path("run.h5"))
            #expect(try record([], ["TORN_WRITE_AT": "\(number)"]).code == -SIGKILL)
            #expect(try Tool.run(Self.run + ["--continue"], in: folder).code == 0)
            #expect(try digest() == whole, "\(number)")
        }
    }

    @Test(.enabled(if: library != nil, "needs a C compiler"))
    func `no structure of the file lies across two pages`() throws {
        // The largest structure of the format, an extensible array's data block, has 2 kB in a run of this length;
        // activations, inputs and labels are larger than a page, and begin with one.
        let crossing = try writes([]).filter { $0.offset / 4096 != ($0.offset + $0.size - 1) / 4096 }
        #expect(crossing.allSatisfy { $0.size > 4096 && $0.offset % 4096 == 0 }, "\(crossing)")
        #expect(!crossing.isEmpty)
    }

    @Test(.enabled(if: library != nil, "needs a C compiler"))
    func `a disk that fills up at any write costs no committed record`() throws {
        let count = try writes([]).count
        for number in stride(from: 1, through: count, by: max(1, count / min(Self.crashes, 400))) {
            try? FileManager.default.removeItem(atPath: folder.path("run.h5"))
            let output = try record([], ["FULL_DISK_AT": "\(number)"])
            #expect(output.code == 2 && output.error.contains("No space left on device"), "\(number): \(output)")
            guard folder.exists("run.h5") else { continue }
            let repaired = try Tool.run("repair", "run.h5", in: folder)
            #expect(repaired.code == 0, "\(number): \(repaired.out)\(repaired.error)")
        }
    }
}

extension Process {
    /// What a program of the system prints.
    fileprivate static func output(of program: String, _ arguments: String...) throws -> String {
        let process = Process()
        let pipe = Pipe()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = [program] + arguments
        process.standardOutput = pipe
        process.standardError = FileHandle.nullDevice
        try process.run()
        let data = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return String(decoding: data, as: UTF8.self)
    }
}
