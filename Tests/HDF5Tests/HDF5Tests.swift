import Foundation
import HDF5
import Testing

/// A path in a fresh directory that goes away with the value.
final class TemporaryFile {
    let path: String
    private let directory: URL

    init(_ name: String = "file.h5") throws {
        directory = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        path = directory.appendingPathComponent(name).path
    }

    deinit { try? FileManager.default.removeItem(at: directory) }
}

@Suite struct HDF5Tests {
    @Test func `every number type comes back as it was written, contiguous, chunked and deflated`() throws {
        let temporary = try TemporaryFile()
        let file = try File(creating: temporary.path)
        func check<T: Element & Equatable>(_ values: [T], _ name: String) throws {
            let group = try file.root.createGroup(name)
            try group.write(values, to: "contiguous", shape: [2, 3])
            try group.write(values, to: "chunked", shape: [2, 3], chunk: [1, 3])
            try group.write(values, to: "deflated", shape: [2, 3], chunk: [64, 64], deflate: 6)
            for child in try group.children() {
                let dataset = try group.dataset(child.name)
                #expect(try dataset.read(T.self) == values)
                #expect(try dataset.shape == [2, 3])
                #expect(try dataset.elementType == T.elementType)
                #expect(try dataset.read(start: [1, 1], count: [1, 2]) == Array(values[4...5]))
            }
            #expect(try group.dataset("contiguous").chunk == nil)
            #expect(try group.dataset("chunked").chunk == [1, 3])
            #expect(try group.dataset("deflated").filters == ["deflate"])
        }
        try check([1, 2, 3, 4, 5, UInt8.max], "uint8")
        try check([Int32.min, 2, 3, 4, 5, Int32.max], "int32")
        try check([Int64.min, 2, 3, 4, 5, Int64.max], "int64")
        try check([0, 2, 3, 4, 5, UInt64.max], "uint64")
        try check([0x3C00, 0xFBFF, 0x0001, 4, 5, 0x8000] as [UInt16], "float16")
        try check([1, .pi, -0.0, .infinity, 5, Float.leastNonzeroMagnitude], "float32")
        try check([1, .pi, -0.0, .infinity, 5, Double.leastNonzeroMagnitude], "float64")
        try file.close()
    }

    @Test func `texts and attributes of every kind come back as they were written`() throws {
        let temporary = try TemporaryFile()
        let values: [String: Attribute] = [
            "string": .string("größer, 層"), "empty": .string(""), "strings": .strings(["a", "", "層"]),
            "byte": .uint8(255), "integer": .int64(.min), "integers": .int64s([1, -2]), "number": .float64(0.1),
            "numbers": .float64s([0.1, .nan]), "none": .int64s([]),
        ]
        let texts = ["", "a", String(repeating: "長", count: 10_000)]
        do {
            let file = try File(creating: temporary.path)
            try file.root.write(texts, to: "texts")
            try file.root.write([String](), to: "no texts")
            try file.root.write(texts, to: "packed", chunk: 128, deflate: 6)
            for (name, value) in values { try file.root.setAttribute(name, to: value) }
            try file.close()
        }
        let file = try File(opening: temporary.path)
        #expect(try file.root.dataset("texts").readStrings() == texts)
        #expect(try file.root.dataset("packed").readStrings() == texts)
        #expect(try file.root.dataset("no texts").readStrings() == [])
        #expect(try file.root.dataset("texts").holdsText)
        #expect(try file.root.attributeNames() == values.keys.sorted())
        for (name, value) in values where name != "numbers" { #expect(try file.root.attribute(name) == value) }
        #expect(try file.root.attribute("absent") == nil)
    }

    @Test func `an attribute is overwritten in place, but not by one of another length`() throws {
        let temporary = try TemporaryFile()
        let file = try File(creating: temporary.path)
        try file.root.setAttribute("a", to: .int64(1))
        try file.root.setAttribute("a", to: .int64(2))
        #expect(try file.root.attribute("a") == .int64(2))
        #expect(throws: HDF5Error.self) { try file.root.setAttribute("a", to: .int64s([1, 2])) }
        #expect(throws: HDF5Error.self) { try file.root.setAttribute("b", to: .string("nul\0")) }
        #expect(throws: HDF5Error.self) { try file.root.write(["nul\0"], to: "c") }
    }

    @Test func `a growing data set is extended and written row by row`() throws {
        let temporary = try TemporaryFile()
        let file = try File(creating: temporary.path)
        let grown = try file.root.createDataset(
            "grown", of: .int64, shape: [0, 2], growable: true, chunk: [1, 2])
        #expect(try grown.isGrowable)
        for row in 0..<3 {
            try grown.extend(toRows: row + 1)
            try grown.write([row, -row], start: [row, 0], count: [1, 2])
        }
        #expect(try grown.read(Int.self) == [0, 0, 1, -1, 2, -2])
        #expect(throws: HDF5Error.self) { try grown.read(Int.self, start: [3, 0], count: [1, 2]) }
        #expect(throws: HDF5Error.self) { try grown.read(Int.self, start: [Int.max, 0], count: [1, 2]) }
        #expect(throws: HDF5Error.self) { try grown.read(Double.self) }
        #expect(try file.root.write([1], to: "fixed").isGrowable == false)
    }

    @Test func `an existing file is overwritten only when asked`() throws {
        let temporary = try TemporaryFile()
        try File(creating: temporary.path).close()
        #expect(throws: HDF5Error.self) { try File(creating: temporary.path) }
        try File(creating: temporary.path, replacing: true).close()
    }

    @Test func `names that are absent, links and paths are refused, and a failure leaves nothing behind`() throws {
        let temporary = try TemporaryFile()
        let file = try File(creating: temporary.path)
        try file.root.createGroup("a").createGroup("b")
        #expect(try file.root.kind(of: "a") == .group)
        for name in ["absent", "a/b", "", ".", "/"] {
            #expect(try file.root.kind(of: name) == nil)
            #expect(throws: HDF5Error.self) { try file.root.group(name) }
            #expect(throws: HDF5Error.self) { try file.root.dataset(name) }
        }
        let error = #expect(throws: HDF5Error.self) { try File(opening: temporary.path + ".absent") }
        #expect(error?.description.contains("No such file") == true)
    }

    @Test func `a claim beyond the size of the file is refused before memory is taken`() throws {
        let temporary = try TemporaryFile()
        do {
            let file = try File(creating: temporary.path)
            // 2^60 elements, of which no chunk was ever written.
            try file.root.createDataset("huge", of: .float64, shape: [1 << 30, 1 << 30], chunk: [1, 1024])
            try file.root.createDataset("overflow", of: .float64, shape: [1 << 40, 1 << 40], chunk: [1, 1024])
            try file.root.createDataset(
                "deflated", of: .uint8, shape: [1 << 40], chunk: [1024], deflate: 1)
            try file.root.write([1.5], to: "true")
            try file.close()
        }
        let file = try File(opening: temporary.path)
        for name in ["huge", "overflow", "deflated"] {
            let dataset = try file.root.dataset(name)
            if name == "deflated" {
                #expect(throws: HDF5Error.self) { try dataset.read(UInt8.self) }
            } else {
                #expect(throws: HDF5Error.self) { try dataset.read(Double.self) }
            }
        }
        #expect(try file.root.dataset("true").read(Double.self) == [1.5])
    }

    @Test func `a file is read while its writer holds it, and after its mark was cleared`() throws {
        let temporary = try TemporaryFile()
        let writer = try File(creating: temporary.path)
        let rows = try writer.root.createDataset("rows", of: .int64, shape: [0], growable: true, chunk: [128])
        try writer.startSWMRWriting()
        try rows.extend(toRows: 1)
        try rows.write([7], start: [0], count: [1])
        try writer.flush()
        try writer.synchronize()
        // A copy made now is what a killed writer leaves.
        let copy = temporary.path + ".copy"
        try FileManager.default.copyItem(atPath: temporary.path, toPath: copy)
        let refusal = #expect(throws: HDF5Error.self) { try File(opening: copy) }
        #expect(refusal?.mentions("already open for") == true)
        #expect(try File(opening: copy, .readOnlyWhileWritten).root.dataset("rows").read(Int.self) == [7])
        try File.clearWriterMark(of: copy)
        #expect(try File(opening: copy).root.dataset("rows").read(Int.self) == [7])
        try writer.close()
        #expect(throws: HDF5Error.self) { try rows.shape }
    }

    @Test func `handles are used and released by many tasks at once`() async throws {
        let temporary = try TemporaryFile()
        try File(creating: temporary.path).root.write(Array(0..<1000), to: "numbers", chunk: [10])
        let file = try File(opening: temporary.path)
        let sum = try await withThrowingTaskGroup(of: Int.self) { group in
            for task in 0..<50 {
                group.addTask {
                    try file.root.dataset("numbers").read(Int.self, start: [task], count: [1])[0]
                }
            }
            var sum = 0
            for try await number in group { sum += number }
            return sum
        }
        #expect(sum == 49 * 50 / 2)
    }

    @Test func `nothing is read from other files, and foreign types are no types of ours`() throws {
        let path = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent(
            "Fixtures/links.h5")
        let root = try File(opening: path.path).root
        #expect(try root.children().map(\.name) == ["big", "elsewhere", "fixed text", "hard", "virtual"])
        #expect(try root.dataset("hard").read(Int.self) == [0, 1, 2])
        for link in ["soft", "dangling", "external"] { #expect(try root.kind(of: link) == nil) }
        #expect(
            try root.names() == ["big", "dangling", "elsewhere", "external", "fixed text", "hard", "soft", "virtual"])
        #expect(try ["hard", "soft", "dangling", "external"].map(root.linkKind) == [.hard, .soft, .soft, .external])
        #expect(try root.linkKind(of: "absent") == nil)
        for name in ["elsewhere", "virtual"] {
            let dataset = try root.dataset(name)
            let error = #expect(throws: HDF5Error.self) {
                if name == "virtual" { _ = try dataset.read(Int.self) } else { _ = try dataset.read(UInt8.self) }
            }
            #expect(error?.reason == "its data lie in another file")
        }
        #expect(try root.dataset("big").elementType == nil)
        #expect(throws: HDF5Error.self) { try root.dataset("big").read(Float.self) }
        #expect(throws: HDF5Error.self) { try root.dataset("fixed text").readStrings() }
    }

    @Test func `a crash within libhdf5 is a sentence, and any other stays what it is`() async {
        let result = await #expect(processExitsWith: .exitCode(2), observing: [\.standardErrorContent]) {
            Library.locked { UnsafeMutablePointer<Int>(bitPattern: 8)?.pointee = 1 }
        }
        let text = String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
        #expect(text.contains("the HDF5 file is damaged (libhdf5 crashes on it)"))
        await #expect(processExitsWith: .signal(SIGSEGV)) {
            Library.locked {}
            UnsafeMutablePointer<Int>(bitPattern: 8)?.pointee = 1
        }
    }
}
