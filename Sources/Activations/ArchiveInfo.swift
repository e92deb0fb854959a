internal import HDF5

/// What an archive says about itself.
public struct ArchiveInfo: Sendable, Hashable {
    /// Version of the format, 1.x.
    public let version: String
    /// UUID.
    public let id: String
    /// ISO 8601.
    public let created: String
    /// The program that recorded.
    public let producer: String
    /// A line for people; may be empty.
    public let title: String
    /// The network in one line; may be empty.
    public let model: String
    /// A JSON object.
    public let hyperparameters: String
    /// The id of the archive that this one is cut from.
    public let derivedFrom: String?
    /// Whether the writer closed the file normally. If not, it lives or died; committed records are whole.
    public let isClosed: Bool

    init(version: String, attributes: [String: Attribute]) {
        func text(_ name: String) -> String? {
            guard case .string(let text)? = attributes[name] else { return nil }
            return text
        }
        self.version = version
        id = text("id") ?? ""
        created = text("created") ?? ""
        producer = text("producer") ?? ""
        title = text("title") ?? ""
        model = text("model") ?? ""
        hyperparameters = text("hyperparameters") ?? "{}"
        derivedFrom = text("derived_from")
        isClosed = attributes["closed"] == .uint8(1)
    }
}

/// Numbers that were measured while training, one per committed record.
public struct Metric: Sendable {
    /// train_loss, ...
    public let name: String
    /// NaN = not measured.
    public let values: [Double]
}

/// A fixed set of samples and what was recorded of it.
public struct SplitInfo: Sendable, Hashable {
    /// train, test, ...
    public let name: String
    /// n.
    public let sampleCount: Int
    /// What the network got.
    public let inputs: InputsInfo
    /// What it should answer.
    public let labels: LabelsInfo
    /// From the input on.
    public let layers: [LayerInfo]
}

/// The inputs of a split.
public struct InputsInfo: Sendable, Hashable {
    /// The shape of one sample.
    public let shape: [Int]
    /// As stored.
    public let elementType: NumberType
    /// Whether they change from record to record.
    public let perEpoch: Bool
}

/// The labels of a split.
public enum LabelsInfo: Sendable, Hashable {
    /// Class ids; names are empty where none are stored.
    case classes(names: [String])
    /// So many numbers per sample.
    case values(width: Int)
}

/// A layer of a split.
public struct LayerInfo: Sendable, Hashable {
    /// Unique in its split.
    public let name: String
    /// The place in the network, ascending from the input on.
    public let order: Int
    /// What the layer is.
    public let kind: LayerKind
    /// The function after which it was recorded.
    public let activation: String?
    /// The type of the framework's module.
    public let module: String?
    /// How axes were reduced before recording.
    public let pooling: String?
    /// The shape of one sample.
    public let unitShape: [Int]
    /// As stored.
    public let elementType: NumberType
    /// n of the split.
    public let sampleCount: Int

    /// Numbers per sample.
    public var units: Int { unitShape.reduce(1, *) }

    /// Bytes of one record in memory; in the file fewer where it is deflated.
    public var bytesPerRecord: Int { sampleCount * units * elementType.size }
}

/// Everything that the validator found, with open data sets.
struct ArchiveContents: Sendable {
    let info: ArchiveInfo
    let committed: Int
    let epochs: [Int]
    let steps: [Int]?
    let metrics: [Metric]
    let splits: [SplitContents]
}

struct SplitContents: Sendable {
    let info: SplitInfo
    let inputs: Dataset
    let inputDigests: Dataset?
    let labels: Dataset
    /// The shape of the label of one sample.
    let labelUnitShape: [Int]
    let sampleIDs: Dataset
    let layers: [LayerContents]
}

struct LayerContents: Sendable {
    let info: LayerInfo
    let values: Dataset
    let ranges: Dataset
    let digests: Dataset
}
