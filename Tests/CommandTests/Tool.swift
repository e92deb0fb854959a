import Foundation
import Testing

/// The built binary, as its user runs it.
enum Tool {
    struct Output {
        let code: Int32
        let out: String
        let error: String
    }

    /// The binary lies beside the bundle of the tests.
    static let url: URL = {
        var folder = URL(fileURLWithPath: CommandLine.arguments[0]).resolvingSymlinksInPath()
            .deletingLastPathComponent()
        for _ in 0..<6 {
            let candidate = folder.appendingPathComponent("infoplane")
            var isFolder: ObjCBool = false
            if FileManager.default.fileExists(atPath: candidate.path, isDirectory: &isFolder), !isFolder.boolValue {
                return candidate
            }
            folder.deleteLastPathComponent()
        }
        preconditionFailure("the infoplane binary is built beside the tests")
    }()

    /// Starts the tool. With `largestFile`, no file may grow past so many kB: writing fails as on a full disk.
    /// What stands in `variables` is added to the environment.
    static func start(
        _ arguments: [String], in folder: Folder, largestFile: Int? = nil, variables: [String: String] = [:]
    ) throws -> (Process, out: String, error: String) {
        let process = Process()
        if let largestFile {
            process.executableURL = URL(fileURLWithPath: "/bin/bash")
            let script = "trap '' XFSZ; ulimit -f \(largestFile); exec \"$0\" \"$@\""
            process.arguments = ["-c", script, url.path] + arguments
        } else {
            process.executableURL = url
            process.arguments = arguments
        }
        process.currentDirectoryURL = folder.url
        var environment = ProcessInfo.processInfo.environment
        environment["COLUMNS"] = nil
        environment.merge(variables) { $1 }
        process.environment = environment
        let name = UUID().uuidString
        let out = folder.path("\(name).out")
        let error = folder.path("\(name).err")
        for path in [out, error] { try Data().write(to: URL(fileURLWithPath: path)) }
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = try FileHandle(forWritingTo: URL(fileURLWithPath: out))
        process.standardError = try FileHandle(forWritingTo: URL(fileURLWithPath: error))
        try process.run()
        return (process, out, error)
    }

    @discardableResult
    static func run(_ arguments: String..., in folder: Folder) throws -> Output {
        try run(arguments, in: folder)
    }

    static func run(
        _ arguments: [String], in folder: Folder, largestFile: Int? = nil, variables: [String: String] = [:]
    ) throws -> Output {
        let (process, out, error) = try start(
            arguments, in: folder, largestFile: largestFile, variables: variables)
        process.waitUntilExit()
        defer { for path in [out, error] { try? FileManager.default.removeItem(atPath: path) } }
        return Output(
            code: process.terminationReason == .exit ? process.terminationStatus : -process.terminationStatus,
            out: try String(contentsOfFile: out, encoding: .utf8),
            error: try String(contentsOfFile: error, encoding: .utf8))
    }
}

/// A fresh folder that is removed when the test lets go of it.
final class Folder {
    let url: URL

    init() throws {
        url = FileManager.default.temporaryDirectory.appendingPathComponent("infoplane-" + UUID().uuidString)
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(at: url) }

    func path(_ name: String) -> String { url.appendingPathComponent(name).path }
    func exists(_ name: String) -> Bool { FileManager.default.fileExists(atPath: path(name)) }
    func data(_ name: String) throws -> Data { try Data(contentsOf: URL(fileURLWithPath: path(name))) }
    func write(_ data: Data, to name: String) throws { try data.write(to: URL(fileURLWithPath: path(name))) }
    func names() throws -> [String] { try FileManager.default.contentsOfDirectory(atPath: url.path).sorted() }
}

extension Folder {
    /// Records the 12-bit task, small and quick, and says where.
    @discardableResult
    func recordTwelveBits(_ name: String = "run.h5", _ extra: String...) throws -> Tool.Output {
        try Tool.run(
            ["record", "szt", "--epochs", "20", "--schedule", "log:4", "-o", name] + extra, in: self)
    }
}

/// The value of a row.
func number(_ row: [String: String]) throws -> Double {
    try #require((row["value"]).flatMap { Double($0) })
}

/// CSV of the kind that `export` writes: every row by the names of the header.
func rows(ofCSV text: String) -> [[String: String]] {
    var lines: [[String]] = []
    for line in text.split(separator: "\n") {
        var fields = [""]
        var isQuoted = false
        for character in line {
            if character == "\"" {
                isQuoted.toggle()
            } else if character == ",", !isQuoted {
                fields.append("")
            } else {
                fields[fields.count - 1].append(character)
            }
        }
        lines.append(fields)
    }
    guard let header = lines.first else { return [] }
    return lines.dropFirst().map { Dictionary(uniqueKeysWithValues: zip(header, $0)) }
}
