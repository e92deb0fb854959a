public import Activations

/// How activations lie in the files of other programs.
public enum ImportLayout: String, CaseIterable, Sendable, Hashable {
    /// One `.npz` file, or one folder of `.npy` files, per epoch; the array's name is the layer.
    case npz
    /// One HDF5 file with data sets `/<epoch>/activations/<layer>`.
    case deepBottleneck = "deep-bottleneck"
    /// One `.safetensors` file per epoch; the tensor's name is the layer.
    case safetensors
}

/// What to import, and what the files do not say.
public struct ImportRequest: Sendable {
    /// How the sources are read.
    public var layout: ImportLayout
    /// Files, or folders of them.
    public var sources: [String]
    /// The name of the split.
    public var split = "train"
    /// `x.npy` or `file.h5:/path`; nil: found with the sources.
    public var inputs: String?
    /// `y.npy` or `file.h5:/path`; nil: found with the sources.
    public var labels: String?
    /// `ids.npy` or `file.h5:/path`; nil: found with the sources, else 0, 1, 2, ...
    public var sampleIDs: String?
    /// Layers from the input on, names or patterns with `*` and `?`; nil: all, in the natural order of their names.
    public var layers: [String]?
    /// What layers are; `other` where nothing is said.
    public var kinds: [String: LayerKind] = [:]
    /// The name of class 0, 1, ...
    public var classNames: [String] = []
    /// A line for people.
    public var title = ""
    /// The network in one line.
    public var model = ""
    /// Level 1 to 9 of deflate; nil for none.
    public var deflate: Int?
    /// What layers are rounded to; nil: as they are.
    public var elementType: NumberType?
    /// The program that asks, with its version.
    public var producer: String

    /// A request; what has a default may be set afterwards.
    public init(layout: ImportLayout, sources: [String], producer: String) {
        self.layout = layout
        self.sources = sources
        self.producer = producer
    }
}

/// What was imported.
public struct ImportSummary: Sendable {
    /// Of every record, ascending.
    public let epochs: [Int]
    /// From the input on.
    public let layers: [String]
    /// n.
    public let samples: Int
    /// Whether the order of the layers is only that of their names.
    public let isNaturallyOrdered: Bool
}

/// How far an import has come.
public struct ImportProgress: Sendable {
    /// Layers of records written.
    public let done: Int
    /// Layers of records in all.
    public let total: Int
    /// The layer just written.
    public let place: String
}
