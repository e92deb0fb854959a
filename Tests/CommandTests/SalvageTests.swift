import Activations
import Foundation
import HDF5
import Testing

/// `repair -o`, and archives that are read only where plug-ins are allowed.
@Suite struct SalvageTests {
    @Test func `what is whole of a file that is cut off is saved, and is an archive like any other`() throws {
        let folder = try Folder()
        try folder.recordTwelveBits("whole.h5")
        let whole = try folder.data("whole.h5")
        try folder.write(whole.prefix(whole.count * 7 / 10), to: "cut.h5")
        for command in [["inspect"], ["repair"], ["analyze", "-o", "x.h5"], ["subset", "-o", "x.h5"]] {
            let refused = try Tool.run(command + ["cut.h5"], in: folder)
            #expect(refused.code == 2 && refused.out.isEmpty)
            #expect(
                refused.error
                    == "error: cut.h5: the file is cut off. Copy it again, whole, from its source, or save what is whole "
                    + "of it: infoplane repair cut.h5 -o NEW.\n")
        }
        let saved = try Tool.run("repair", "cut.h5", "-o", "saved.h5", "--json", in: folder)
        #expect(saved.code == 1 && saved.error.isEmpty, "\(saved.error)")
        let json = try #require(try JSONSerialization.jsonObject(with: Data(saved.out.utf8)) as? [String: Any])
        let records = try #require(json["saved_records"] as? Int)
        #expect(json["committed_records"] as? Int == 5 && (1..<5).contains(records), "\(saved.out)")
        let archive = try ActivationArchive(opening: folder.path("saved.h5"))
        let source = try ActivationArchive(opening: folder.path("whole.h5"))
        #expect(archive.epochs == Array(source.epochs.prefix(records)) && archive.info.derivedFrom == source.info.id)
        #expect(try Tool.run("validate", "saved.h5", "--digests", in: folder).code == 0)
        let epochs = "0-\(archive.epochs[records - 1])"
        try Tool.run("subset", "whole.h5", "--epochs", epochs, "-o", "same.h5", in: folder)
        let sums = try Tool.run("checksum", "saved.h5", "same.h5", "--verify", in: folder).out.split(separator: "\n")
        #expect(sums.count == 2 && Set(sums.map { $0.prefix(64) }).count == 1, "\(sums)")
        let words = try Tool.run("repair", "cut.h5", "-o", "again.h5", in: folder)
        #expect(
            words.out.contains(
                "again.h5: saved the first \(records) of 5 committed records, epochs 0 to \(archive.epochs[records - 1]); "
                    + "cut.h5 is as it was.\n"), "\(words.out)")
        #expect(try folder.data("cut.h5") == whole.prefix(whole.count * 7 / 10))
    }

    @Test func `a repair names the way to save a damaged archive, and refuses what it cannot do`() throws {
        let folder = try Folder()
        try folder.recordTwelveBits()
        let file = try File(opening: folder.path("run.h5"), .readWrite)
        let digests = try file.root.group("splits").group("train").group("digests").dataset("fc2")
        try digests.write([UInt8](repeating: 1, count: 32), start: [2, 0], count: [1, 32])
        try file.close()
        let before = try folder.data("run.h5")
        let checked = try Tool.run("repair", "run.h5", in: folder)
        #expect(checked.code == 1, "\(checked.error)")
        #expect(checked.out.hasSuffix("Save what is whole of it: infoplane repair run.h5 -o NEW.\n"), "\(checked.out)")
        let saved = try Tool.run("repair", "run.h5", "-o", "two.h5", in: folder)
        #expect(saved.code == 1, "\(saved.error)")
        #expect(saved.out.contains("More could be saved: 5 with --drop-layers fc2.\n"), "\(saved.out)")
        let more = try Tool.run("repair", "run.h5", "-o", "five.h5", "--drop-layers", "fc2", in: folder)
        #expect(more.code == 0 && more.out.contains("saved 5 committed records, every byte as recorded"), "\(more.out)")
        for (arguments, code, words) in [
            (["repair", "run.h5", "-o", "two.h5"], 2, "two.h5: there is such a file already; nothing was overwritten"),
            (["repair", "run.h5", "-o", "run.h5"], 2, "this is the archive that would be copied"),
            (["repair", "run.h5", "-o", "x.h5", "--drop-layers", "fc9"], 2, "Did you mean"),
            (["repair", "run.h5", "-o", "/nonexistent/x.h5"], 2, "/nonexistent/x.h5: there is no such directory"),
            (["repair", "run.h5", "--drop-splits", "test"], 64, "go with -o"),
            (["repair", "none.h5", "-o", "x.h5"], 2, "there is no such file"),
        ] as [([String], Int32, String)] {
            let output = try Tool.run(arguments, in: folder)
            #expect(output.code == code && output.error.contains(words), "\(arguments): \(output.error)")
            #expect(output.out.isEmpty)
        }
        // A file that may not grow past 64 kB stands for the disk that is full.
        let full = try Tool.run(["repair", "run.h5", "-o", "x.h5"], in: folder, largestFile: 64)
        #expect(full.code == 2 && full.error.hasPrefix("error: x.h5") && !full.error.contains(".tmp"), "\(full.error)")
        #expect(try folder.names() == ["five.h5", "run.h5", "two.h5"])
        #expect(try folder.data("run.h5") == before)
    }

    // MARK: Plug-ins

    /// Debian's plug-in for lzf, which does not name the library that it needs.
    private static let lzf: (folder: String, library: String)? = {
        let folders = ["/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu"]
        return folders.map { ("\($0)/hdf5/serial/plugins", "\($0)/liblzf.so.1") }.first { folder, library in
            FileManager.default.fileExists(atPath: "\(folder)/liblzf_filter.so")
                && FileManager.default.fileExists(atPath: library)
        }
    }()

    private func folderWithLZF() throws -> Folder {
        let folder = try Folder()
        let fixture = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appendingPathComponent("ActivationsTests/Golden/archive-1.0-lzf.h5")
        try folder.write(try Data(contentsOf: fixture), to: "lzf.h5")
        return folder
    }

    private static let readers = [
        ["validate", "lzf.h5", "--digests"], ["checksum", "lzf.h5", "--verify"], ["repair", "lzf.h5"],
        ["repair", "lzf.h5", "-o", "saved.h5"], ["subset", "lzf.h5", "-o", "copy.h5"],
        ["reduce", "lzf.h5", "--source", "fc", "--components", "2"], ["analyze", "lzf.h5", "--no-gib"],
        ["inspect", "lzf.h5"], ["estimate", "lzf.h5:/splits/train/sample_ids", "--plain"],
    ]

    @Test func `a filter of a plug-in is refused by every command, and told of`() throws {
        let folder = try folderWithLZF()
        for arguments in Self.readers.dropLast() {
            let output = try Tool.run(arguments, in: folder)
            #expect(output.code == (arguments[0] == "validate" ? 1 : 2), "\(arguments): \(output.error)")
            #expect((output.out + output.error).contains("filter “lzf”"), "\(arguments)")
        }
        // Allowed, and not there.
        let output = try Tool.run(
            ["repair", "lzf.h5", "-o", "saved.h5", "--allow", "plugins"], in: folder,
            variables: ["HDF5_PLUGIN_PATH": "/nonexistent"])
        #expect(output.code == 2 && output.error.contains("its first record cannot be read ("), "\(output.error)")
        #expect(output.error.hasSuffix("(HDF5_PLUGIN_PATH); if it does, the file is damaged.\n"), "\(output.error)")
        #expect(try folder.names() == ["lzf.h5"])
    }

    @Test(.enabled(if: lzf != nil, "needs hdf5-plugin-lzf and liblzf1"))
    func `a filter of a plug-in is read by every command where it is allowed`() throws {
        let lzf = try #require(Self.lzf)
        let folder = try folderWithLZF()
        for arguments in Self.readers {
            let output = try Tool.run(
                arguments + ["--allow", "plugins"], in: folder,
                variables: ["HDF5_PLUGIN_PATH": lzf.folder, "LD_PRELOAD": lzf.library])
            // A foreign filter remains a violation.
            #expect(output.code == (arguments[0] == "validate" ? 1 : 0), "\(arguments): \(output.error)")
            #expect(!output.out.contains("digest-differs") && !output.out.contains("damaged"), "\(output.out)")
        }
        // The copies have no such filter.
        let sums = try Tool.run("checksum", "saved.h5", "copy.h5", "--verify", in: folder)
        #expect(sums.code == 0 && Set(sums.out.split(separator: "\n").map { $0.prefix(64) }).count == 1, "\(sums)")
    }
}
