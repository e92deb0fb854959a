import Activations
import Foundation
import HDF5
import Testing

/// A recorder that dies within each of its writes in turn: what a SIGKILL can do, without waiting for chance. The kernel
/// stops a killed write between two pages.
struct CrashTests {
    private let folder: Folder

    init() throws {
        folder = try Folder()
        // Small and quick; the first layer is larger than a page, so that its writes can be torn.
        let rows = (0..<400).map { "\($0 % 7),\($0 % 11),\($0 % 13),\($0 % 3 == 0 ? "yes" : "no")\n" }
        try folder.write(Data(("a,b,c,label\n" + rows.joined()).utf8), to: "data.csv")
    }

    /// Every write is tried with INFOPLANE_EVERY_WRITE=1, else so many spread over all.
    private static let crashes =
        ProcessInfo.processInfo.environment["INFOPLANE_EVERY_WRITE"] == "1" ? Int.max : 40

    private static let run = [
        "record", "csv", "data.csv", "--hidden", "8,3", "--epochs", "6", "--schedule", "every:1", "--batch-size", "400",
        "-o", "run.h5",
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
        try preloaded(Self.run + extra, variables)
    }

    private func preloaded(_ arguments: [String], _ variables: [String: String]) throws -> Tool.Output {
        let library = try #require(Self.library)
        if folder.exists("log") { try FileManager.default.removeItem(atPath: folder.path("log")) }
        return try Tool.run(
            arguments, in: folder,
            variables: variables.merging(["LD_PRELOAD": library, "TORN_WRITE_LOG": folder.path("log")]) { $1 })
    }

    /// A write as far as it reached the file, and its first eight bytes as a number.
    private struct Write {
        let offset: Int
        let size: Int
        let value: UInt64
    }

    /// The writes of the last preloaded program.
    private func writes() throws -> [Write] {
        try String(contentsOfFile: folder.path("log"), encoding: .utf8).split(separator: "\n").map { line in
            let numbers = line.split(separator: " ").compactMap { UInt64($0) }
            return Write(offset: Int(numbers[1]), size: Int(numbers[2]), value: numbers[3])
        }
    }

    /// Records, lets nothing happen to the recorder, and says how often it wrote.
    private func recordWhole(_ extra: [String]) throws -> Int {
        #expect(try record(extra, [:]).code == 0)
        return try writes().count
    }

    /// Where the counter of committed records lies in run.h5.
    private func counterOffset() throws -> Int {
        let end = try File(opening: folder.path("run.h5")).root.dataset("committed").endInFile(ofRows: 0)
        return try #require(end) - 8
    }

    /// The archive without what is its own: its content digest.
    private func digest() throws -> String {
        let archive = try ActivationArchive(opening: folder.path("run.h5"))
        #expect(archive.info.isClosed && archive.committedRecords == 7)
        return try archive.contentDigest()
    }

    /// How many records a repair has kept; nil where it could not run.
    private func recordsKept(_ repair: Tool.Output) throws -> Int? {
        guard repair.code == 0 else { return nil }
        let json = try JSONSerialization.jsonObject(with: Data(repair.out.utf8)) as? [String: Any]
        return try #require(json?["committed_records"] as? Int)
    }

    private func continueToTheEnd(_ extra: [String], _ whole: String, _ comment: Comment) throws {
        let continued = try Tool.run(Self.run + extra + ["--continue"], in: folder)
        #expect(continued.code == 0, "\(comment): \(continued.error)")
        #expect(try digest() == whole, comment)
        #expect(try Process.status(of: "h5dump", folder.path("run.h5")) == 0, comment)
    }

    @Test(.enabled(if: library != nil, "needs a C compiler"), arguments: [[], ["--deflate", "1"]])
    func `a recorder killed within any write leaves every committed record, and goes on`(extra: [String]) throws {
        let count = try recordWhole(extra)
        #expect(count > 300)
        let whole = try digest()
        let counter = try counterOffset()
        let step = max(1, count / Self.crashes)
        var died = (early: 0, later: 0)
        for number in stride(from: 1, through: count, by: step) {
            try FileManager.default.removeItem(atPath: folder.path("run.h5"))
            #expect(try record(extra, ["TORN_WRITE_AT": "\(number)"]).code == -SIGKILL)
            let counted = try writes().last { $0.offset == counter && $0.size == 8 }?.value ?? 0
            let inspected = try Tool.run("inspect", "run.h5", in: folder)
            let repaired = try Tool.run("repair", "run.h5", "--json", in: folder)
            if repaired.code == 2 {
                // Before readers are let in there is nothing to lose, and a sentence says so.
                #expect(repaired.error.hasPrefix("error: run.h5"), "\(number): \(repaired.error)")
                #expect(inspected.code == 2 && inspected.error == repaired.error)
                #expect(died.later == 0, "write \(number) of \(count) cost the file: \(repaired.error)")
                died.early += 1
                continue
            }
            died.later += 1
            #expect(inspected.code == 0, "\(number): \(inspected.error)")
            // No record that the recorder has counted is missing, and none has come from nowhere.
            #expect(try recordsKept(repaired) == Int(counted), "\(number): \(repaired.out)\(repaired.error)")
            // After the repair, whoever knows nothing of writers reads the whole file.
            #expect(try Process.status(of: "h5dump", folder.path("run.h5")) == 0, "\(number)")
            // Every third time the recorder goes on where the repaired file ends.
            if died.later % 3 == 0 { try continueToTheEnd(extra, whole, "\(number)") }
        }
        #expect(died.later > died.early, "\(died)")
    }

    @Test(.enabled(if: library != nil, "needs a C compiler"))
    func `a recorder goes on without a repair`() throws {
        let count = try recordWhole([])
        let whole = try digest()
        for number in [count / 2, count * 3 / 4] + Array(count - 6...count) {
            try FileManager.default.removeItem(atPath: folder.path("run.h5"))
            #expect(try record([], ["TORN_WRITE_AT": "\(number)"]).code == -SIGKILL)
            try continueToTheEnd([], whole, "\(number)")
        }
        // What is complete stays so.
        try continueToTheEnd([], whole, "complete")
    }

    @Test(.enabled(if: library != nil, "needs a C compiler"), arguments: ["--continue", "repair"])
    func `who is killed while continuing or repairing loses nothing either`(command: String) throws {
        let count = try recordWhole([])
        let whole = try digest()
        try FileManager.default.removeItem(atPath: folder.path("run.h5"))
        #expect(try record([], ["TORN_WRITE_AT": "\(count * 2 / 3)"]).code == -SIGKILL)
        let killed = try folder.data("run.h5")
        let arguments = command == "repair" ? ["repair", "run.h5"] : Self.run + [command]
        let kept = try ActivationArchive(opening: folder.path("run.h5")).committedRecords
        #expect(kept > 0)
        #expect(try preloaded(arguments, [:]).code == 0)
        let last = try writes().count
        // The first writes, where the file changes hands, one by one.
        let numbers = Set(1...min(12, last)).union(stride(from: 13, through: last, by: max(1, last / Self.crashes)))
        for number in numbers.union([last]).sorted() {
            try folder.write(killed, to: "run.h5")
            #expect(try preloaded(arguments, ["TORN_WRITE_AT": "\(number)"]).code == -SIGKILL)
            let inspected = try Tool.run("inspect", "run.h5", in: folder)
            #expect(inspected.code == 0, "\(number): \(inspected.error)")
            let repaired = try Tool.run("repair", "run.h5", "--json", in: folder)
            #expect(try recordsKept(repaired) ?? -1 >= kept, "\(number): \(repaired.out)\(repaired.error)")
            try continueToTheEnd([], whole, "\(number)")
        }
    }

    @Test(.enabled(if: library != nil, "needs a C compiler"))
    func `no structure of the file lies across two pages`() throws {
        // The largest structure of the format, a data block of an extensible array, outgrows a page only where a data set
        // has more than 8,180 chunks;
        // activations, inputs and labels are larger than a page, and begin with one.
        #expect(try recordWhole([]) > 300)
        let crossing = try writes().filter { $0.offset / 4096 != ($0.offset + $0.size - 1) / 4096 }
        #expect(crossing.allSatisfy { $0.size > 4096 && $0.offset % 4096 == 0 }, "\(crossing)")
        #expect(!crossing.isEmpty)
    }

    @Test(.enabled(if: library != nil, "needs a C compiler"))
    func `a disk that fills up at any write costs no committed record`() throws {
        let count = try recordWhole([])
        // The first writes, where the file comes to be, one by one.
        let numbers = Array(1...12) + stride(from: 13, through: count, by: max(1, count / min(Self.crashes, 400)))
        for number in numbers {
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
    /// How a program of the system ends.
    fileprivate static func status(of program: String, _ arguments: String...) throws -> Int32 {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = [program] + arguments
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        return process.terminationStatus
    }
}
