import Activations
import Foundation
import Importing
import Testing

/// A fresh folder that goes away with the value.
final class Workplace {
    let url: URL

    init() throws {
        url = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(at: url) }

    func path(_ name: String) -> String { url.appendingPathComponent(name).path }

    func write(_ data: Data, to name: String) throws {
        let file = url.appendingPathComponent(name)
        try FileManager.default.createDirectory(
            at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try data.write(to: file)
    }

    func names() throws -> [String] { try FileManager.default.contentsOfDirectory(atPath: url.path).sorted() }

    /// Imports from `sources` in this folder and opens what comes of it.
    func imported(
        _ layout: ImportLayout, _ sources: String..., change: (inout ImportRequest) -> Void = { _ in }
    ) throws -> ActivationArchive {
        var request = ImportRequest(layout: layout, sources: sources.map(path), producer: "tests")
        change(&request)
        let output = path("run-\(UUID().uuidString).h5")
        _ = try #require(try importArchive(request, to: output))
        return try ActivationArchive(opening: output)
    }

    /// What an import that must fail says.
    func refusal(
        _ layout: ImportLayout, _ sources: String..., change: (inout ImportRequest) -> Void = { _ in },
        sourceLocation: SourceLocation = #_sourceLocation
    ) -> String {
        var request = ImportRequest(layout: layout, sources: sources.map(path), producer: "tests")
        change(&request)
        do {
            _ = try importArchive(request, to: path("refused.h5"))
            Issue.record("the import was not refused", sourceLocation: sourceLocation)
            return ""
        } catch {
            #expect(!FileManager.default.fileExists(atPath: path("refused.h5")), sourceLocation: sourceLocation)
            #expect(((try? names()) ?? []).allSatisfy { !$0.hasSuffix(".tmp") }, sourceLocation: sourceLocation)
            return "\(error)"
        }
    }
}

/// What `Fixtures/make.py` wrote.
enum Fixture {
    static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Fixtures")

    static func data(_ name: String) throws -> Data { try Data(contentsOf: folder.appendingPathComponent(name)) }

    static func values(epoch: Int, layer: Int) -> [Double] {
        (0..<6).flatMap { i in (0..<3).map { j in Double(epoch) + Double(layer) / 4 + Double(i) - Double(j) / 2 } }
    }
}

/// A NumPy file by hand: magic, version 1.0, the header padded to 64 bytes, the data.
func numpy(_ descr: String = "<f4", shape: String, fortran: Bool = false, _ data: [UInt8]) -> Data {
    var header = "{'descr': '\(descr)', 'fortran_order': \(fortran ? "True" : "False"), 'shape': \(shape), }"
    while (10 + header.utf8.count + 1) % 64 != 0 { header += " " }
    header += "\n"
    let length = header.utf8.count
    return Data(
        [0x93] + Array("NUMPY".utf8) + [1, 0, UInt8(length & 0xFF), UInt8(length >> 8)] + Array(header.utf8) + data)
}

/// The bytes of numbers, little-endian.
func bytes<T>(_ values: [T]) -> [UInt8] { values.withUnsafeBytes { Array($0) } }

/// A safetensors file by hand.
func safetensors(header: String, _ data: [UInt8], claiming length: UInt64? = nil) -> Data {
    Data(bytes([length ?? UInt64(header.utf8.count)]) + Array(header.utf8) + data)
}

/// Two samples: inputs 0 and 1, labels 0 and 1, in `inputs.npy` and `labels.npy` of a folder.
func writeTwoSamples(to workplace: Workplace, _ folder: String) throws {
    try workplace.write(numpy(shape: "(2, 1)", bytes([Float(0), 1])), to: "\(folder)/inputs.npy")
    try workplace.write(numpy("<i8", shape: "(2,)", bytes([Int64(0), 1])), to: "\(folder)/labels.npy")
}
