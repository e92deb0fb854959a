internal import FoundationEssentials

/// What a layer is.
public enum LayerKind: String, CaseIterable, Sendable, Hashable, Codable {
    case input, dense, convolution, recurrent, attention, normalization, embedding, block, logits, softmax, other
}

/// The labels of a split, one row per sample.
public enum Labels: Sendable, Hashable {
    /// Class ids; `names[id]` where names are given.
    case classes([Int], names: [String])
    /// `width` numbers per sample, row-major.
    case values([Double], width: Int)

    /// The number of samples.
    public var count: Int {
        switch self {
        case .classes(let ids, _): ids.count
        case .values(let values, let width): width > 0 ? values.count / width : 0
        }
    }
}

/// Rows of numbers: samples × units, whose last axes may have a shape of their own.
public struct Cell: Sendable, Hashable {
    /// The number of rows.
    public let samples: Int
    /// The shape of one row; empty for one number per sample.
    public let unitShape: [Int]
    /// Row-major.
    public let values: ElementArray

    /// - Precondition: `values.count` is the product of `samples` and `unitShape`.
    public init(samples: Int, unitShape: [Int], values: ElementArray) {
        precondition(values.count == samples * unitShape.reduce(1, *), "a cell is full")
        self.samples = samples
        self.unitShape = unitShape
        self.values = values
    }

    /// Numbers per row.
    public var units: Int { unitShape.reduce(1, *) }
}

/// Everything about a new archive that is known before its first record.
public struct ArchiveDescription: Sendable {
    /// Names this archive everywhere; a fresh UUID by default.
    public var id = UUID().uuidString.lowercased()
    /// ISO 8601; now by default.
    public var created = Date().formatted(.iso8601)
    /// The program that records, with its version.
    public var producer: String
    /// A line for people.
    public var title = ""
    /// The network in one line: "12-10-7-5-4-3-2 tanh".
    public var model = ""
    /// A JSON object.
    public var hyperparameters = "{}"
    /// The id of the archive that this one is cut from.
    public var derivedFrom: String?
    /// The names of all metrics; nil: those of the first record.
    public var metricNames: [String]?
    /// Whether every record has a step beside its epoch.
    public var hasSteps = false
    /// At least one.
    public var splits: [SplitDescription]

    /// Describes an archive; what has a default may be set afterwards.
    public init(producer: String, splits: [SplitDescription]) {
        self.producer = producer
        self.splits = splits
    }
}

/// A split of a new archive. The labels say how many samples it has.
public struct SplitDescription: Sendable {
    /// The inputs of a split.
    public enum Inputs: Sendable {
        /// The same for all records.
        case fixed(Cell)
        /// Written with every record; `shape` is that of one sample.
        case perEpoch(shape: [Int], type: NumberType)
    }

    /// train, test, ...
    public var name: String
    /// What the network gets.
    public var inputs: Inputs
    /// What it should answer.
    public var labels: Labels
    /// The index of every sample in the original data set.
    public var sampleIDs: [Int]
    /// At least one.
    public var layers: [LayerDescription]

    /// Describes a split.
    public init(name: String, inputs: Inputs, labels: Labels, sampleIDs: [Int], layers: [LayerDescription]) {
        self.name = name
        self.inputs = inputs
        self.labels = labels
        self.sampleIDs = sampleIDs
        self.layers = layers
    }
}

/// A layer of a new archive.
public struct LayerDescription: Sendable, Hashable {
    /// The name; `/` in it is written as `:`.
    public var name: String
    /// The place of the layer in the network, from the input on.
    public var order: Int
    /// What the layer is.
    public var kind: LayerKind
    /// The function after which it is recorded, such as "relu".
    public var activation: String?
    /// The type of the framework's module, such as "torch.nn.Linear".
    public var module: String?
    /// How axes were reduced before recording, such as "mean over positions".
    public var pooling: String?
    /// The shape of one sample.
    public var unitShape: [Int]
    /// float16, float32 or float64.
    public var elementType: NumberType

    /// Describes a layer.
    public init(
        name: String, order: Int, kind: LayerKind, activation: String? = nil, module: String? = nil,
        pooling: String? = nil, unitShape: [Int], elementType: NumberType = .float32
    ) {
        self.name = name
        self.order = order
        self.kind = kind
        self.activation = activation
        self.module = module
        self.pooling = pooling
        self.unitShape = unitShape
        self.elementType = elementType
    }
}

/// How an archive is written.
public struct WriterOptions: Sendable, Hashable {
    /// Level 1 to 9 of the deflate filter on layers and inputs; nil for none.
    public var deflate: Int?
    /// Whether every record is forced to the disk, against loss of power.
    public var synchronizes: Bool

    /// No filter, and safe against the death of the process, by default.
    public init(deflate: Int? = nil, synchronizes: Bool = false) {
        self.deflate = deflate
        self.synchronizes = synchronizes
    }
}
