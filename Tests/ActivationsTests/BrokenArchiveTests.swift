import Activations
import Foundation
import HDF5
import Testing

/// An archive written object by object, so that every rule can be broken.
private struct Handmade {
    typealias Make = (Group, String) throws -> Dataset

    var attributes: [String: [String: Attribute]] = [
        "/": [
            "format": .string("activation-archive"), "version": .string("1.0"), "id": .string("x"),
            "created": .string("2026-01-02T03:04:05Z"), "producer": .string("hand"), "closed": .uint8(1),
        ],
        "/splits/s/inputs": ["sha256": .string(""), "per_epoch": .int64(0)],
        "/splits/s/labels": ["sha256": .string("")],
        "/splits/s/sample_ids": ["sha256": .string("")],
        "/splits/s/layers/a": ["order": .int64(0), "kind": .string("dense")],
        "/splits/s/layers/b": ["order": .int64(1), "kind": .string("softmax")],
    ]
    var datasets: [String: Make] = [
        "/committed": { try $0.write([2], to: $1, shape: []) },
        "/epoch": { try $0.write([0, 1], to: $1) },
        "/metrics/loss": { try $0.write([0.5, 0.25], to: $1) },
        "/splits/s/inputs": { try $0.write([UInt8](repeating: 0, count: 6), to: $1, shape: [3, 2]) },
        "/splits/s/labels": { try $0.write([0, 1, 0], to: $1) },
        "/splits/s/sample_ids": { try $0.write([0, 1, 2], to: $1) },
    ]

    /// Groups beside those that every archive has.
    var groups: [String] = []

    init() {
        for layer in ["a", "b"] {
            datasets["/splits/s/layers/\(layer)"] = {
                try $0.write([Float](repeating: 0, count: 12), to: $1, shape: [2, 3, 2])
            }
            datasets["/splits/s/ranges/\(layer)"] = { try $0.write([0.0, 0, 0, 0], to: $1, shape: [2, 2]) }
            datasets["/splits/s/digests/\(layer)"] = {
                try $0.write([UInt8](repeating: 0, count: 64), to: $1, shape: [2, 32])
            }
        }
    }

    /// Opens the archive; the findings without the file's path, none where it opens.
    func findings() throws -> [String] {
        let temporary = try TemporaryFile()
        do {
            let file = try File(creating: temporary.path)
            for name in ["splits", "metrics"] { try file.root.createGroup(name) }
            let split = try file.root.group("splits").createGroup("s")
            for name in ["layers", "ranges", "digests"] { try split.createGroup(name) }
            for path in groups {
                let names = path.split(separator: "/").map(String.init)
                try names.dropLast().reduce(file.root) { try $0.group($1) }.createGroup(names[names.count - 1])
            }
            for (path, make) in datasets {
                let names = path.split(separator: "/").map(String.init)
                let group = try names.dropLast().reduce(file.root) { try $0.group($1) }
                let dataset = try make(group, names[names.count - 1])
                for (name, value) in attributes[path] ?? [:] { try dataset.setAttribute(name, to: value) }
            }
            for (name, value) in attributes["/"] ?? [:] { try file.root.setAttribute(name, to: value) }
            try file.close()
        }
        do {
            _ = try ActivationArchive(opening: temporary.path)
            return []
        } catch {
            if error.kind == .inaccessible { Issue.record(error) }
            return error.findings.map { $0.description.replacingOccurrences(of: temporary.path, with: "run.h5") }
        }
    }
}

@Suite struct BrokenArchiveTests {
    @Test func `a whole archive has no findings`() throws { #expect(try Handmade().findings() == []) }

    @Test func `every required data set is missed, and an optional one is not`() throws {
        for path in Handmade().datasets.keys where !path.contains("/layers/") {
            var archive = Handmade()
            archive.datasets[path] = nil
            if path.hasPrefix("/metrics") {
                #expect(try archive.findings() == [])
            } else {
                #expect(
                    try archive.findings() == [
                        "run.h5:\(path): this data set is missing. Record again with a recorder that writes it."
                    ])
            }
        }
    }

    @Test func `every data set of another type or rank is refused`() throws {
        for path in Handmade().datasets.keys {
            var archive = Handmade()
            archive.datasets[path] = { try $0.write([1, 2] as [UInt64], to: $1) }
            let text = try archive.findings().first {
                $0.hasPrefix("run.h5:\(path): it holds another type [2]; expected")
            }
            #expect(text != nil, "\(path)")
        }
        var archive = Handmade()
        archive.datasets["/splits/s/layers/a"] = { try $0.write([Float](repeating: 0, count: 6), to: $1) }
        #expect(
            try archive.findings() == [
                "run.h5:/splits/s/layers/a: it holds float32 [6]; expected float16|float32|float64 [E, n, ...]. "
                    + "Record again with a recorder that keeps to this."
            ])
    }

    @Test func `every attribute that is missing, of another type or of another value is named`() throws {
        let required = Handmade().attributes.flatMap { path, values in values.keys.map { (path, $0) } }
        for (path, name) in required where !["format", "version", "per_epoch"].contains(name) {
            let object = path == "/" ? "run.h5" : "run.h5:\(path)"
            var archive = Handmade()
            archive.attributes[path]?[name] = nil
            let missing = try archive.findings()
            #expect(missing.count == 1 && missing[0].contains("the attribute “\(name)” is missing"), "\(path) \(name)")
            #expect(missing.first?.hasPrefix(object) == true)
            archive.attributes[path]?[name] = .float64(1)
            let changed = try archive.findings()
            #expect(changed.first?.contains("the attribute “\(name)” is not of type") == true, "\(changed)")
        }
        var archive = Handmade()
        archive.attributes["/splits/s/layers/a"]?["kind"] = .string("magic")
        #expect(try archive.findings()[0].contains("the attribute “kind” is “magic”; expected one of input, dense,"))
    }

    @Test func `samples that differ from the labels are named, all at once`() throws {
        var archive = Handmade()
        archive.datasets["/splits/s/layers/a"] = {
            try $0.write([Float](repeating: 0, count: 16), to: $1, shape: [2, 4, 2])
        }
        archive.datasets["/splits/s/inputs"] = { try $0.write([UInt8](repeating: 0, count: 4), to: $1, shape: [2, 2]) }
        archive.datasets["/splits/s/sample_ids"] = { try $0.write([0, 1, 2, 3], to: $1) }
        #expect(
            try archive.findings() == [
                "run.h5:/splits/s/sample_ids: 4 samples, but the labels have 3. Record this split again.",
                "run.h5:/splits/s/inputs: 2 samples, but the labels have 3. Record this split again.",
                "run.h5:/splits/s/layers/a: 4 samples, but the labels have 3. Record this layer again.",
            ])
    }

    @Test func `fewer records than committed are named, more are not`() throws {
        var archive = Handmade()
        archive.datasets["/committed"] = { try $0.write([3], to: $1, shape: []) }
        let tooFew = try archive.findings()
        #expect(
            tooFew == [
                "run.h5:/committed: 3 records are committed, but /epoch has 2, the shortest of 8 data sets with too few. "
                    + "The file is damaged: copy it again from its source, or save what is whole of it: "
                    + "infoplane repair run.h5 -o NEW."
            ])
        archive.datasets["/committed"] = { try $0.write([2], to: $1, shape: []) }
        archive.datasets["/splits/s/ranges/b"] = { try $0.write([0.0, 0], to: $1, shape: [1, 2]) }
        #expect(
            try archive.findings() == [
                "run.h5:/committed: 2 records are committed, but /splits/s/ranges/b has 1. "
                    + "The file is damaged: copy it again from its source, or save what is whole of it: "
                    + "infoplane repair run.h5 -o NEW."
            ])
        archive.datasets["/committed"] = { try $0.write([1], to: $1, shape: []) }
        #expect(try archive.findings() == [])
        archive.datasets["/committed"] = { try $0.write([-1], to: $1, shape: []) }
        #expect(try archive.findings()[0].contains("-1 records are committed"))
    }

    @Test func `negative epochs, steps and orders are refused`() throws {
        var archive = Handmade()
        archive.datasets["/epoch"] = { try $0.write([-5, 1], to: $1) }
        #expect(
            try archive.findings() == [
                "run.h5:/epoch: the epoch of record 0 is -5, a negative number. "
                    + "Count from 0, which is before training: record again."
            ])
        archive.datasets["/epoch"] = { try $0.write([0, 1], to: $1) }
        archive.datasets["/step"] = { try $0.write([3, -1], to: $1) }
        #expect(try archive.findings()[0].hasPrefix("run.h5:/step: the step of record 1 is -1, a negative number."))
        archive.datasets["/step"] = nil
        archive.attributes["/splits/s/layers/a"]?["order"] = .int64(-1)
        let order = try archive.findings()
        #expect(order.count == 1)
        #expect(order.first?.hasPrefix("run.h5:/splits/s/layers/a: its order is -1, a negative number.") == true)
        // What is not committed does not count.
        archive = Handmade()
        archive.datasets["/committed"] = { try $0.write([1], to: $1, shape: []) }
        archive.datasets["/epoch"] = { try $0.write([0, -1], to: $1) }
        #expect(try archive.findings() == [])
    }

    @Test func `epochs that do not ascend are named, unless steps do`() throws {
        var archive = Handmade()
        archive.datasets["/epoch"] = { try $0.write([1, 1], to: $1) }
        #expect(try archive.findings()[0].hasPrefix("run.h5:/epoch: epoch 1 follows epoch 1."))
        archive.datasets["/step"] = { try $0.write([1, 2], to: $1) }
        #expect(try archive.findings() == [])
        archive.datasets["/epoch"] = { try $0.write([1, 0], to: $1) }
        #expect(try archive.findings()[0].contains("epoch 0 follows epoch 1"))
    }

    @Test func `two layers of the same order are named`() throws {
        var archive = Handmade()
        archive.attributes["/splits/s/layers/b"]?["order"] = .int64(0)
        #expect(try archive.findings() == ["run.h5:/splits/s/layers/b: its order 0 is also that of “a”. Record again."])
    }

    @Test func `inputs per epoch need an axis of records and digests`() throws {
        var archive = Handmade()
        archive.attributes["/splits/s/inputs"] = ["per_epoch": .uint8(1)]
        #expect(try archive.findings()[0].contains("input_digests: this data set is missing") == false)
        archive.datasets["/splits/s/inputs"] = {
            try $0.write([UInt8](repeating: 0, count: 12), to: $1, shape: [2, 3, 2])
        }
        #expect(try archive.findings()[0].contains("input_digests: this data set is missing"))
        archive.datasets["/splits/s/input_digests"] = {
            try $0.write([UInt8](repeating: 0, count: 64), to: $1, shape: [2, 32])
        }
        #expect(try archive.findings() == [])
        archive.datasets["/splits/s/input_digests"] = {
            try $0.write([UInt8](repeating: 0, count: 62), to: $1, shape: [2, 31])
        }
        #expect(try archive.findings()[0].contains("axis 1 has 31 elements, expected 32"))
    }

    @Test func `inputs that contradict their attribute per_epoch are told what it claims`() throws {
        var archive = Handmade()
        archive.attributes["/splits/s/inputs"]?["per_epoch"] = .uint8(1)
        #expect(
            try archive.findings() == [
                "run.h5:/splits/s/inputs: the attribute “per_epoch” is 1, which claims the shape [records, samples, ...]; "
                    + "the shape is [3, 2], and the labels have 3 samples. "
                    + "Set “per_epoch” to 0 if these inputs do not change, else record this split again."
            ])
        archive.datasets["/splits/s/inputs"] = { try $0.write([UInt8](repeating: 0, count: 3), to: $1) }
        #expect(try archive.findings()[0].contains("[E, n, ...], because the attribute “per_epoch” is 1. Record"))
        archive.attributes["/splits/s/inputs"]?["per_epoch"] = .uint8(0)
        archive.datasets["/splits/s/inputs"] = {
            try $0.write([UInt8](repeating: 0, count: 12), to: $1, shape: [2, 3, 2])
        }
        #expect(
            try archive.findings()[0].contains("is not 1, which claims the shape [samples, ...]; the shape is [2, 3"))
    }

    @Test func `one is counted in the singular`() throws {
        var archive = Handmade()
        archive.datasets["/committed"] = { try $0.write([1], to: $1, shape: []) }
        archive.datasets["/splits/s/ranges/a"] = { try $0.write([Double](), to: $1, shape: [0, 2]) }
        archive.datasets["/splits/s/sample_ids"] = { try $0.write([0], to: $1) }
        #expect(try archive.findings()[0].contains("sample_ids: 1 sample, but the labels have 3."))
        #expect(try archive.findings()[1].contains("1 record is committed, but /splits/s/ranges/a has 0. The"))
    }

    @Test func `a name with a full stop at its end does not make two`() throws {
        let temporary = try TemporaryFile()
        var description = SmallRun.description
        description.splits[1].layers[0].name = "fc1."
        try ArchiveWriter(creating: temporary.path, description).close()
        let archive = try ActivationArchive(opening: temporary.path)
        let error = #expect(throws: ArchiveError.self) { try archive.ranges(split: "train-fgsm", layer: "softmax") }
        #expect(error?.description.hasSuffix("there is no layer “softmax”; there are fc1. Name one of these.") == true)
    }

    @Test func `links in place of objects are named, and others are ignored`() throws {
        let path = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent(
            "Golden/archive-1.0-links.h5"
        ).path
        let error = #expect(throws: ArchiveError.self) { try ActivationArchive(opening: path) }
        let findings = error?.description.replacingOccurrences(of: path, with: "run.h5").split(separator: "\n") ?? []
        func finding(_ object: String, _ link: String, _ noun: String) -> Substring {
            "run.h5:\(object): this is \(link), expected a \(noun); a link is not followed, because it can lead "
                + "anywhere. Put the \(noun) itself in its place, or allow links (--allow links) if you trust the file."
        }
        #expect(error?.kind == .malformed)
        #expect(
            findings == [
                finding("/metrics/other", "a soft link", "data set"),
                finding("/splits/copy", "a soft link", "group"),
                finding("/splits/train/layers/dangling", "a soft link", "data set"),
                finding("/splits/train/layers/external", "a link to another file", "data set"),
                finding("/splits/train/layers/soft", "a soft link", "data set"),
                finding("/splits/train/ranges/softmax", "a soft link", "data set"),
            ])
    }

    @Test func `a group in place of a layer, and ranges and digests without a layer, are named`() throws {
        var archive = Handmade()
        archive.groups = ["/splits/s/layers/c"]
        for (kind, name) in [("ranges", "a"), ("digests", "b"), ("ranges", "c"), ("digests", "c")] {
            let make = archive.datasets["/splits/s/\(kind)/a"]
            archive.datasets["/splits/s/\(kind)/\(name == "c" ? "c" : "lost-" + name)"] = make
        }
        #expect(
            try archive.findings() == [
                "run.h5:/splits/s/ranges/lost-a: there is no layer of this name in /splits/s/layers. "
                    + "Put the layer back, or remove this object.",
                "run.h5:/splits/s/digests/lost-b: there is no layer of this name in /splits/s/layers. "
                    + "Put the layer back, or remove this object.",
                "run.h5:/splits/s/layers/c: this is a group, expected a data set. "
                    + "Record again with a recorder that writes one.",
            ])
    }

    @Test func `an archive without splits, without layers or without samples is refused`() throws {
        var archive = Handmade()
        for path in archive.datasets.keys where path.contains("/layers/") { archive.datasets[path] = nil }
        #expect(try archive.findings() == ["run.h5:/splits/s/layers: there is no layer. Record at least one."])
        archive = Handmade()
        archive.datasets["/splits/s/labels"] = { try $0.write([Int](), to: $1) }
        #expect(try archive.findings()[0].hasPrefix("run.h5:/splits/s/labels: there are no samples."))
    }

    @Test func `huge shapes are refused before memory is taken`() throws {
        var archive = Handmade()
        archive.datasets["/splits/s/layers/a"] = {
            try $0.createDataset($1, of: .float32, shape: [2, 3, 1 << 40], chunk: [1, 1, 1024])
        }
        let claim = try archive.findings()
        #expect(claim.count == 1 && claim[0].contains("the committed records take 26388279"))
        archive.datasets["/splits/s/layers/a"] = {
            try $0.createDataset($1, of: .float32, shape: [2, 3, 1 << 40, 1 << 40], chunk: [1, 1, 1, 1024])
        }
        #expect(try archive.findings()[0].contains("is too large for any file"))
        archive = Handmade()
        archive.datasets["/committed"] = { try $0.write([1 << 50], to: $1, shape: []) }
        archive.datasets["/epoch"] = { try $0.createDataset($1, of: .int64, shape: [1 << 50], chunk: [128]) }
        #expect(try archive.findings()[0].contains("it claims 9007199254740992 bytes, but only 0 are stored for it"))
    }

    @Test func `records and samples beyond the end are refused`() throws {
        let temporary = try TemporaryFile()
        try SmallRun.write(to: temporary.path, options: WriterOptions(deflate: 1))
        let archive = try ActivationArchive(opening: temporary.path)
        #expect(throws: ArchiveError.self) {
            try archive.activations(split: "train", layer: "conv", record: 0, samples: 0..<6)
        }
        #expect(throws: ArchiveError.self) { try archive.range(split: "train", layer: "conv", record: 3) }
        #expect(throws: ArchiveError.self) { try archive.inputs(split: "train-fgsm", record: -1, samples: 0..<5) }
    }

    @Test func `other versions: every 1 is read, 2 is refused by name`() throws {
        var archive = Handmade()
        archive.attributes["/"]?["version"] = .string("1.7")
        archive.attributes["/"]?["novelty"] = .string("ignored")
        archive.datasets["/splits/s/novelty"] = { try $0.write([1], to: $1) }
        #expect(try archive.findings() == [])
        archive.attributes["/"]?["version"] = .string("2.0")
        #expect(
            try archive.findings() == [
                "run.h5: the archive has version 2.0, this program reads 1.x. Use a newer InfoPlane."
            ])
        archive.attributes["/"]?["version"] = .string("new")
        #expect(try archive.findings()[0].hasPrefix("run.h5: “new” is no version of the format, expected 1.x."))
        archive.attributes["/"]?["format"] = .string("infoplane-results")
        #expect(try archive.findings()[0].contains("the format is “infoplane-results”, expected “activation-archive”"))
        archive.attributes["/"]?["format"] = nil
        #expect(try archive.findings()[0].contains("it does not name its format"))
    }

    @Test func `missing, empty and foreign files get one sentence each`() throws {
        let temporary = try TemporaryFile()
        func message() -> String {
            let error = #expect(throws: ArchiveError.self) { try ActivationArchive(opening: temporary.path) }
            return error?.description.replacingOccurrences(of: temporary.path, with: "run.h5") ?? ""
        }
        #expect(message() == "run.h5: there is no such file. Check the path.")
        let contents: [(String, [UInt8])] = [
            ("the file is empty. Record again.", []),
            ("this is not an HDF5 file. Name", Array("epoch,loss\n".utf8)),
            ("this is not an HDF5 file; it looks like a NumPy array. Name", [0x93] + Array("NUMPY\u{1}".utf8)),
            ("this is not an HDF5 file; it looks like a zip archive, perhaps", Array("PK\u{3}\u{4}....".utf8)),
            ("this is not an HDF5 file; it looks like a Python pickle. Name", [0x80, 0x04, 0x95]),
            ("the HDF5 file is damaged (", [0x89, 0x48, 0x44, 0x46, 0x0D, 0x0A, 0x1A, 0x0A]),
        ]
        for (expected, bytes) in contents {
            try Data(bytes).write(to: URL(fileURLWithPath: temporary.path))
            #expect(message().hasPrefix("run.h5: \(expected)"))
        }
        try FileManager.default.removeItem(atPath: temporary.path)
        try FileManager.default.createDirectory(atPath: temporary.path, withIntermediateDirectories: false)
        #expect(message() == "run.h5: this is a directory. Name an archive in it.")
        let null = #expect(throws: ArchiveError.self) { try ActivationArchive(opening: "/dev/null") }
        #expect(null?.description == "/dev/null: this is no regular file. Name an archive on a disk.")
    }

    @Test(.enabled(if: geteuid() != 0, "root may read everything"))
    func `a file without permission gets one sentence`() throws {
        let temporary = try TemporaryFile()
        try SmallRun.write(to: temporary.path)
        chmod(temporary.path, 0)
        let error = #expect(throws: ArchiveError.self) { try ActivationArchive(opening: temporary.path) }
        #expect(error?.description.contains("there is no permission to read it") == true)
    }

    // In processes of their own: the way to be wrong here is to crash, and libhdf5 can keep parts of damaged files.
    @Test func `a closed file that is cut off anywhere is refused`() async {
        await #expect(processExitsWith: .success) {
            let temporary = try TemporaryFile()
            try SmallRun.write(to: temporary.path)
            let whole = try Data(contentsOf: URL(fileURLWithPath: temporary.path))
            for length in stride(from: 8, to: whole.count, by: 331) {
                try whole.prefix(length).write(to: URL(fileURLWithPath: temporary.path))
                #expect(throws: ArchiveError.self) { try ActivationArchive(opening: temporary.path) }
            }
        }
    }

    @Test func `an unclosed file that is cut off is refused, or has all its records`() async {
        await #expect(processExitsWith: .success) {
            let temporary = try TemporaryFile()
            let writer = try SmallRun.write(to: temporary.path, close: false)
            let whole = try Data(contentsOf: URL(fileURLWithPath: temporary.path))
            let cut = temporary.path + ".cut"
            for length in stride(from: 8, to: whole.count, by: 331) {
                try whole.prefix(length).write(to: URL(fileURLWithPath: cut))
                guard let archive = try? ActivationArchive(opening: cut) else { continue }
                for record in 0..<archive.committedRecords {
                    #expect(try SmallRun.damages(of: record, in: archive) == [], "cut at \(length)")
                }
            }
            try writer.close()
        }
    }

    @Test func `a changed byte of a record is found by its digest`() throws {
        let temporary = try TemporaryFile()
        try SmallRun.write(to: temporary.path)
        var bytes = try Data(contentsOf: URL(fileURLWithPath: temporary.path))
        let record = SmallRun.softmax(1).withUnsafeBytes { Data($0) }
        let place = try #require(bytes.range(of: record))
        bytes[place.lowerBound] ^= 1
        try bytes.write(to: URL(fileURLWithPath: temporary.path))
        let archive = try ActivationArchive(opening: temporary.path)
        #expect(try archive.digestMatches(split: "train", layer: "softmax", record: 0))
        #expect(try !archive.digestMatches(split: "train", layer: "softmax", record: 1))
    }

    @Test func `a file with changed bytes is refused or read, and never ends the program`() async {
        await #expect(processExitsWith: .success) {
            let temporary = try TemporaryFile()
            try SmallRun.write(to: temporary.path, options: WriterOptions(deflate: 1))
            let whole = try Data(contentsOf: URL(fileURLWithPath: temporary.path))
            // Texts lie in heaps without checksums, and libhdf5 1.10 believes their lengths: bytes there are left alone.
            var heaps: [Range<Int>] = []
            var from = whole.startIndex
            while let found = whole.range(of: Data("GCOL".utf8), in: from..<whole.endIndex) {
                heaps.append(found.lowerBound..<found.lowerBound + 4096)
                from = found.upperBound
            }
            var state: UInt64 = 1
            for _ in 0..<400 {
                var bytes = whole
                for _ in 0..<4 {
                    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                    let place = Int(state >> 33) % bytes.count
                    if heaps.contains(where: { $0.contains(place) }) { continue }
                    bytes[place] = UInt8(truncatingIfNeeded: state >> 24)
                }
                try bytes.write(to: URL(fileURLWithPath: temporary.path))
                guard let archive = try? ActivationArchive(opening: temporary.path) else { continue }
                for record in 0..<archive.committedRecords { _ = try? SmallRun.damages(of: record, in: archive) }
            }
        }
    }

    @Test func `an unknown split or layer names the nearest`() throws {
        let temporary = try TemporaryFile()
        try SmallRun.write(to: temporary.path)
        let archive = try ActivationArchive(opening: temporary.path)
        let layer = #expect(throws: ArchiveError.self) { try archive.ranges(split: "train", layer: "sofmax") }
        #expect(layer?.description.hasSuffix("Did you mean “softmax”?") == true)
        let split = #expect(throws: ArchiveError.self) { try archive.labels(split: "validation") }
        #expect(
            split?.description.hasSuffix(
                "there is no split “validation”; there are train, train-fgsm. Name one of these.") == true)
    }
}
