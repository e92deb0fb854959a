internal import FoundationEssentials

/// What a subset says of its source, beside the hyperparameters of the source.
struct SubsetProvenance: Encodable {
    let source: String
    let sourceContent: String
    let sourceProducer: String
    let sourceCreated: String
    let splits: [String]?
    let layers: [String]?
    let epochs: [Int]?
    let samples: Int?
    let dtype: String?

    enum CodingKeys: String, CodingKey {
        case source, splits, layers, epochs, samples, dtype
        case sourceContent = "source_content"
        case sourceProducer = "source_producer"
        case sourceCreated = "source_created"
    }
}

/// What a repaired copy says of its damaged source, beside the hyperparameters of the source.
struct RepairProvenance: Encodable {
    let source: String
    let sourceProducer: String
    let sourceCreated: String
    /// Committed records of the source, and how many of them are kept.
    let sourceRecords: Int
    let records: Int
    /// Every data set that is not whole, with the number of its first whole records.
    let damaged: [String: Int]
    /// Splits and layers that were left out.
    let dropped: [String]

    enum CodingKeys: String, CodingKey {
        case source, records, damaged, dropped
        case sourceProducer = "source_producer"
        case sourceCreated = "source_created"
        case sourceRecords = "source_records"
    }
}

/// Returns the JSON object `hyperparameters` with one more key: `key`, or `key-2` where there is one already, and so on.
/// The text of the others stays as it is, so that no number loses digits.
func adding(_ provenance: some Encodable, as key: String, to hyperparameters: String) -> String {
    let keys = (try? JSONDecoder().decode([String: Ignored].self, from: Data(hyperparameters.utf8)))?.keys
    let names = sequence(first: 1) { $0 + 1 }.lazy.map { $0 == 1 ? key : "\(key)-\($0)" }
    let name = names.first { keys?.contains($0) != true } ?? key
    guard let keys, let end = hyperparameters.lastIndex(of: "}") else {
        // No JSON object: kept as text.
        return "{\"source_hyperparameters\": \(json(hyperparameters)), \"\(name)\": \(json(provenance))}"
    }
    return hyperparameters[..<end] + (keys.isEmpty ? "" : ", ") + "\"\(name)\": \(json(provenance))}"
}

private func json(_ value: some Encodable) -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    guard let data = try? encoder.encode(value) else { preconditionFailure("text and numbers are valid JSON") }
    return String(decoding: data, as: UTF8.self)
}

/// Any JSON value.
private struct Ignored: Decodable {
    init(from decoder: any Decoder) {}
}
