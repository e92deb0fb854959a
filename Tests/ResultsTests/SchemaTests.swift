import Foundation
import HDF5
import Results
import Testing

/// `schemas/results-v1.json` against a file that the writer made: neither may know more than the other.
@Suite struct SchemaTests {
    struct Schema: Decodable {
        struct Rule: Decodable {
            struct Form: Decodable {
                let types: [String]
                let shape: [String]
            }

            struct AttributeRule: Decodable {
                let name: String
            }

            let path: String
            let kind: String
            let forms: [Form]?
            let attributes: [AttributeRule]
        }

        let format: String
        let version: String
        let quantities: [String]
        let objects: [Rule]
    }

    static let schema: Schema = {
        let path = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("../../schemas/results-v1.json")
        guard let data = try? Data(contentsOf: path), let schema = try? JSONDecoder().decode(Schema.self, from: data)
        else { preconditionFailure("the schema is in the repository") }
        return schema
    }()

    /// /archives/a/metrics/train_loss → /archives/<id>/metrics/<name>
    private func pattern(of path: String) -> String {
        var parts = path.split(separator: "/").map(String.init)
        if parts.first == "archives" {
            if parts.count > 1 { parts[1] = "<id>" }
            if parts.count > 3 { parts[3] = "<name>" }
        }
        if parts.first == "reductions", parts.count > 1 { parts[1] = "<number>" }
        return "/" + parts.joined(separator: "/")
    }

    @Test func `every object of a written file is in the schema, and the reverse`() throws {
        try withFolder { folder in
            var file = ResultsFile(folder + "r.h5")
            var results = makeResults()
            try file.write(&results)
            let root = try File(opening: folder + "r.h5").root
            var found: Set<String> = []
            func visit(_ group: Group, _ path: String) throws {
                try check(group, path.isEmpty ? "/" : path, "group", types: nil, rank: nil)
                found.insert(pattern(of: path))
                for (name, kind) in try group.children() {
                    let child = path + "/" + name
                    if kind == .group {
                        try visit(try group.group(name), child)
                    } else {
                        let dataset = try group.dataset(name)
                        let type = try dataset.holdsText ? "string" : dataset.elementType?.rawValue
                        try check(dataset, child, "dataset", types: type, rank: dataset.shape.count)
                        found.insert(pattern(of: child))
                    }
                }
            }
            func check(_ object: Object, _ path: String, _ kind: String, types: String?, rank: Int?) throws {
                let rule = try #require(
                    Self.schema.objects.first { $0.path == pattern(of: path) }, "\(path) is not in the schema")
                #expect(rule.kind == kind, "\(path)")
                #expect(Set(try object.attributeNames()) == Set(rule.attributes.map(\.name)), "\(path)")
                if let types { #expect(rule.forms?.contains { $0.types.contains(types) } == true, "\(path): \(types)") }
                if let rank { #expect(rule.forms?.contains { $0.shape.count == rank } == true, "\(path)") }
            }
            try visit(root, "")
            #expect(found == Set(Self.schema.objects.map(\.path)))
        }
    }

    @Test func `the quantities of the schema are those that are stored, in their order`() {
        let derived: Set<Quantity> = [.ibObjective, .gibObjective]
        #expect(Self.schema.quantities == Quantity.allCases.filter { !derived.contains($0) }.map(\.rawValue))
        #expect(Self.schema.format == "infoplane-results" && Self.schema.version == "1.0")
    }
}
