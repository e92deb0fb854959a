import Foundation
import HDF5
import Testing

/// Files that are made to harm their reader. `Fixtures/make-hostile` says how.
@Suite struct HostileFileTests {
    private static func fixture(_ name: String) -> String {
        URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Fixtures/\(name)").path
    }

    @Test func `groups that contain themselves are opened and come to an end`() throws {
        let root = try File(opening: Self.fixture("cycle.h5")).root
        #expect(try root.names() == ["a", "again"])
        let inner = try root.group("a").group("b").group("up").group("b").group("root").group("a").group("b")
        #expect(try inner.dataset("numbers").read(Int.self) == [1, 2, 3])
    }

    @Test(arguments: ["earliest.h5", "v108.h5", "latest.h5"])
    func `files in the formats of other libraries are read`(name: String) throws {
        let root = try File(opening: Self.fixture(name)).root
        #expect(try root.group("group").attribute("text") == .string("größer, 層"))
        let numbers = try root.group("group").dataset("numbers")
        #expect(try numbers.shape == [2, 3])
        #expect(try numbers.read(Double.self) == [0, 1, 2, 3, 4, 5])
        #expect(try root.group("group").dataset("chunks").read(Int.self) == Array(0..<100))
    }

    @Test func `what makes libhdf5 crash is refused by a sentence`() throws {
        let path = Self.fixture("tree-loop.h5")
        let error = #expect(throws: HDF5Error.self) { try File(opening: path) }
        #expect(
            error?.description == "\(path):/: could not open the file: libhdf5 crashes on it. "
                + "Copy it again from its source, or record again.")
    }

    @Test func `a text of two gigabytes is claimed in vain`() throws {
        let error = #expect(throws: HDF5Error.self) {
            try File(opening: Self.fixture("long-text.h5")).root.attribute("text")
        }
        #expect(error != nil)
        #expect(try peakMemory() < 1 << 30)
    }

    @Test func `a text of two gigabytes takes no memory where it is there, either`() throws {
        let temporary = try TemporaryFile()
        var bytes = try Data(contentsOf: URL(fileURLWithPath: Self.fixture("long-text.h5")))
        // The end of the file in a superblock of version 0, which has no checksum; the file is sparse.
        let end = 3 << 30
        bytes.replaceSubrange(40..<48, with: withUnsafeBytes(of: UInt64(end).littleEndian) { Data($0) })
        try bytes.write(to: URL(fileURLWithPath: temporary.path))
        #expect(truncate(temporary.path, off_t(end)) == 0)
        let error = #expect(throws: HDF5Error.self) { try File(opening: temporary.path).root.attribute("text") }
        #expect(error?.reason == "it claims more memory than any file of its kind needs")
        #expect(try peakMemory() < 1 << 30)
        // The child that tries it, and those of other tests: what such a process has, and 192 MiB.
        var usage = rusage()
        #expect(getrusage(RUSAGE_CHILDREN.rawValue, &usage) == 0 && usage.ru_maxrss << 10 < 1 << 30)
    }

    @Test func `a petabyte of which kilobytes are stored is not allocated`() throws {
        let root = try File(opening: Self.fixture("claim.h5")).root
        for name in ["deflated", "plain"] {
            let dataset = try root.dataset(name)
            #expect(try dataset.shape == [1 << 27, 1 << 20])
            let whole = #expect(throws: HDF5Error.self) { try dataset.read(Double.self) }
            #expect(whole?.reason.hasPrefix("it claims 1125899906842624 bytes, but only ") == true, "\(whole as Any)")
            #expect(throws: HDF5Error.self) {
                try dataset.read(Double.self, start: [0, 0], count: [1 << 10, 1 << 20])
            }
        }
        #expect(try root.dataset("deflated").read(Double.self, start: [0, 0], count: [1, 11]).last == 0)
        // What was never written is zeros, as ever.
        #expect(try root.dataset("sparse").read(Double.self) == Array(repeating: 0, count: 1000))
        #expect(try peakMemory() < 1 << 30)
    }

    @Test func `filters that archives do not use are refused by name, unless they are trusted`() throws {
        let path = Self.fixture("filters.h5")
        let root = try File(opening: path).root
        for name in ["lzf", "scaleoffset"] {
            let dataset = try root.dataset(name)
            let error = #expect(throws: HDF5Error.self) { try dataset.read(Int.self) }
            #expect(
                error?.reason == "its data went through the filter “\(name)”; only deflate, shuffle and fletcher32 are "
                    + "taken")
            #expect(error?.remedy?.contains("--allow plugins") == true)
        }
        #expect(try root.dataset("fletcher32").read(Int.self) == Array(0..<1000))
        // This one is built into libhdf5; lzf needs a plug-in, which may not be here.
        let trusted = try File(opening: path, trusting: .plugins).root
        #expect(try trusted.dataset("scaleoffset").read(Int.self) == Array(0..<1000))
    }

    @Test func `links and data elsewhere are followed only where the file is trusted with them`() throws {
        let path = Self.fixture("links.h5")
        let root = try File(opening: path, trusting: .links).root
        #expect(try root.kind(of: "soft") == .dataset)
        #expect(try root.dataset("soft").read(Int.self) == [0, 1, 2])
        #expect(try root.dataset("elsewhere").read(UInt8.self).isEmpty == false)
        #expect(throws: HDF5Error.self) { try File(opening: path).root.dataset("elsewhere").shape }
    }

    @Test func `a file of this process is opened again while it is written, without a trial of what is on disk`() throws
    {
        let temporary = try TemporaryFile()
        let writer = try File(creating: temporary.path)
        try writer.root.write([1, 2], to: "numbers")
        #expect(try File(opening: temporary.path, .readWrite).root.dataset("numbers").read(Int.self) == [1, 2])
        try writer.root.write([3], to: "more")
        try writer.close()
        #expect(try File(opening: temporary.path).root.dataset("more").read(Int.self) == [3])
    }

    @Test func `a trial leaves no lock behind`() throws {
        let path = Self.fixture("earliest.h5")
        let file = try File(opening: path)
        #expect(File.isLocked(path))
        try file.close()
        #expect(!File.isLocked(path))
    }

    /// The most memory that this process has held, in bytes.
    private func peakMemory() throws -> Int {
        guard let status = try? String(contentsOfFile: "/proc/self/status", encoding: .utf8) else { return 0 }
        let line = try #require(status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") })
        return try #require(line.split(separator: " ").dropFirst().first.flatMap { Int($0) }) << 10
    }
}
