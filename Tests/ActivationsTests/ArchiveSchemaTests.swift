import Activations
import Foundation
import HDF5
import Testing

/// The root of the checkout.
private let repository = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

@Suite struct ArchiveSchemaTests {
    static func published() throws -> ArchiveSchema {
        let url = repository.appendingPathComponent("schemas/activation-archive-v1.json")
        return try JSONDecoder().decode(ArchiveSchema.self, from: Data(contentsOf: url))
    }

    @Test func `the published schema and the one in the program are the same`() throws {
        let published = try Self.published()
        #expect(published.objects.map(\.path) == ArchiveSchema.version1.objects.map(\.path))
        for (one, other) in zip(published.objects, ArchiveSchema.version1.objects) { #expect(one == other) }
        #expect(published == ArchiveSchema.version1)
    }

    @Test(arguments: [true, false]) func `what the writer writes keeps to the published schema, object by object`(
        deflates: Bool
    ) throws {
        let file = try TemporaryFile()
        try SmallRun.write(to: file.path, options: WriterOptions(deflate: deflates ? 1 : nil))
        var walk = Walk(schema: try Self.published())
        try walk.visit(File(opening: file.path).root, pattern: "/")
        #expect(walk.problems == [])
        // Every object of the schema is in the small run.
        #expect(walk.seen == Set(walk.schema.objects.map(\.path)))
        #expect(
            walk.seenAttributes
                == Set(
                    walk.schema.objects.flatMap { rule in
                        rule.attributes.map { "\(rule.path)@\($0.name)" }
                    }))
    }

    @Test func `an object beyond the schema is noticed by this test`() throws {
        let file = try TemporaryFile()
        try SmallRun.write(to: file.path)
        do {
            let changed = try File(opening: file.path, .readWrite, locking: false)
            try changed.root.write([1], to: "extra")
            try changed.root.setAttribute("more", to: .int64(1))
            try changed.root.group("metrics").write([1], to: "short")
            try changed.close()
        }
        var walk = Walk(schema: try Self.published())
        try walk.visit(File(opening: file.path).root, pattern: "/")
        #expect(walk.problems == ["/: attribute more", "/extra: no rule", "/metrics/short: int64 [1]"])
    }

    @Test func `the golden archive of version 1 is read`() throws {
        let url = repository.appendingPathComponent("Tests/ActivationsTests/Golden/archive-1.0.h5")
        #expect(try Data(contentsOf: url).count < 100_000)
        let archive = try ActivationArchive(opening: url.path)
        #expect(archive.info.version == "1.0" && archive.info.id == "00000000-0000-4000-8000-000000000001")
        #expect(archive.epochs == [0, 10, 20] && archive.steps == [0, 100, 200])
        #expect(archive.metrics[1].name == "train_loss" && archive.metrics[1].values == [1, 0.5, 1.0 / 3])
        for record in 0..<3 { #expect(try SmallRun.damages(of: record, in: archive) == []) }
        let cell = try archive.activations(split: "train", layer: "fc1:relu", record: 2, samples: 4..<5)
        #expect(cell.values == .float32([5, 5.375, 5.75, 6.125]))
        #expect(try archive.contentDigest() == Self.goldenDigest)
    }

    static let goldenDigest = "91b4070f683b14e7c9ca0c58a264f2034b2f077c3f134a94e2f2f6d0e74e571e"

    @Test(.enabled(if: ProcessInfo.processInfo.environment["INFOPLANE_GOLDEN"] != nil, "makes a golden archive"))
    func `a golden archive is made where the environment says`() throws {
        let path = try #require(ProcessInfo.processInfo.environment["INFOPLANE_GOLDEN"])
        try SmallRun.write(to: path)
        print(try ActivationArchive(opening: path).contentDigest())
    }
}

/// Compares all objects of a file with the schema.
private struct Walk {
    let schema: ArchiveSchema
    var problems: [String] = []
    var seen: Set<String> = []
    var seenAttributes: Set<String> = []
    private let records = 3

    init(schema: ArchiveSchema) { self.schema = schema }

    mutating func visit(_ group: Group, pattern: String) throws {
        guard let rule = rule(pattern, kind: .group, at: group.path) else { return }
        try checkAttributes(of: group, rule)
        for child in try group.children() {
            let base = pattern == "/" ? "" : pattern
            let known = schema.objects.first { $0.path == "\(base)/\(child.name)" }
            let named = schema.objects.first {
                $0.path.hasPrefix("\(base)/<") && !$0.path.dropFirst(base.count + 1).contains("/")
            }
            let childPattern = (known ?? named)?.path ?? "\(base)/\(child.name)"
            if child.kind == .group {
                try visit(group.group(child.name), pattern: childPattern)
            } else {
                try check(group.dataset(child.name), pattern: childPattern)
            }
        }
    }

    private mutating func rule(_ pattern: String, kind: ArchiveSchema.ObjectRule.Kind, at path: String)
        -> ArchiveSchema.ObjectRule?
    {
        guard let rule = schema.objects.first(where: { $0.path == pattern }), rule.kind == kind else {
            problems.append("\(path): no rule")
            return nil
        }
        seen.insert(pattern)
        return rule
    }

    private mutating func check(_ dataset: Dataset, pattern: String) throws {
        guard let rule = rule(pattern, kind: .dataset, at: dataset.path) else { return }
        try checkAttributes(of: dataset, rule)
        let shape = try dataset.shape
        let type = try dataset.elementType?.rawValue ?? "?"
        let form = rule.forms?.first { form in
            form.types.contains { $0.rawValue == type } && matches(shape, form.shape)
        }
        guard let form else {
            problems.append("\(dataset.path): \(type) \(shape)")
            return
        }
        let grows = form.shape.first == "E"
        if try dataset.isGrowable != grows { problems.append("\(dataset.path): growable") }
        guard grows, let chunk = try dataset.chunk else {
            if grows { problems.append("\(dataset.path): not chunked") }
            return
        }
        let expected =
            form.shape.contains("n") ? [1] + shape.dropFirst() : [schema.seriesRowsPerChunk] + shape.dropFirst()
        if chunk != expected { problems.append("\(dataset.path): chunk \(chunk)") }
    }

    private func matches(_ shape: [Int], _ pattern: [String]) -> Bool {
        let isOpen = pattern.last == "..."
        let fixed = isOpen ? pattern.dropLast() : pattern[...]
        guard isOpen ? shape.count >= fixed.count : shape.count == fixed.count else { return false }
        return zip(shape, fixed).allSatisfy { extent, symbol in
            switch symbol {
            case "E": extent == records
            case "n": extent == SmallRun.samples
            case "k": extent >= 1
            default: String(extent) == symbol
            }
        }
    }

    private mutating func checkAttributes(of object: Object, _ rule: ArchiveSchema.ObjectRule) throws {
        let names = try object.attributeNames()
        for name in names {
            guard let attribute = rule.attributes.first(where: { $0.name == name }) else {
                problems.append("\(object.path): attribute \(name)")
                continue
            }
            seenAttributes.insert("\(rule.path)@\(name)")
            let value = try object.attribute(name)
            let isOfType =
                switch (attribute.type, value) {
                case (.string, .string(let text)): attribute.values?.contains(text) ?? true
                case (.strings, .strings), (.uint8, .uint8), (.integer, .uint8), (.integer, .int64): true
                default: false
                }
            if !isOfType { problems.append("\(object.path): type or value of \(name)") }
        }
        for attribute in rule.attributes where attribute.required == .always && !names.contains(attribute.name) {
            problems.append("\(object.path): no \(attribute.name)")
        }
    }
}
