/// What the results keep of the archive that they were computed from, so that a report needs no archive.
public struct AnalyzedArchive: Sendable, Hashable, Codable {
    /// One split: its name, its size and the shape of one input.
    public struct Split: Sendable, Hashable, Codable {
        /// The split's name.
        public var name: String
        /// The number of recorded samples.
        public var samples: Int
        /// The shape of one input sample, such as [28, 28]; an image where it has two axes.
        public var inputShape: [Int]
        /// Whether the inputs change from record to record.
        public var inputsPerEpoch: Bool
        /// The names of the classes; empty for regression.
        public var classNames: [String]

        /// Creates a split's description.
        public init(name: String, samples: Int, inputShape: [Int], inputsPerEpoch: Bool, classNames: [String]) {
            self.name = name
            self.samples = samples
            self.inputShape = inputShape
            self.inputsPerEpoch = inputsPerEpoch
            self.classNames = classNames
        }
    }

    /// One layer: its name, its place and what it is.
    public struct Layer: Sendable, Hashable, Codable {
        /// The layer's name.
        public var name: String
        /// Its place in the network.
        public var order: Int
        /// Its kind, a word of the archive format: dense, logits, softmax, ...
        public var kind: String
        /// Its activation function, where one was recorded.
        public var activation: String?
        /// How many units it has.
        public var units: Int

        /// Creates a layer's description.
        public init(name: String, order: Int, kind: String, activation: String?, units: Int) {
            self.name = name
            self.order = order
            self.kind = kind
            self.activation = activation
            self.units = units
        }
    }

    /// One value per record; nil where it was not measured.
    public struct Metric: Sendable, Hashable, Codable {
        /// The metric's name, such as `train_loss`.
        public var name: String
        /// One value per record, in the order of `epochs`.
        public var values: [Double?]

        /// Creates a metric.
        public init(name: String, values: [Double?]) {
            self.name = name
            self.values = values
        }
    }

    /// The archive's id (UUID).
    public var id: String
    /// The title of the recorded run.
    public var title: String
    /// The model, in words.
    public var model: String
    /// What wrote the archive.
    public var producer: String
    /// When it was created (ISO 8601).
    public var created: String
    /// How the model was trained, as JSON text.
    public var hyperparameters: String
    /// The digest of the analyzed content, so that the numbers can be traced to the bytes.
    public var contentDigest: String
    /// The epoch number of each record.
    public var epochs: [Int]
    /// What the recorder measured beside the activations.
    public var metrics: [Metric]
    /// The splits.
    public var splits: [Split]
    /// The layers, in their order.
    public var layers: [Layer]

    /// Creates a description.
    public init(
        id: String, title: String, model: String, producer: String, created: String, hyperparameters: String,
        contentDigest: String, epochs: [Int], metrics: [Metric], splits: [Split], layers: [Layer]
    ) {
        self.id = id
        self.title = title
        self.model = model
        self.producer = producer
        self.created = created
        self.hyperparameters = hyperparameters
        self.contentDigest = contentDigest
        self.epochs = epochs
        self.metrics = metrics
        self.splits = splits
        self.layers = layers
    }
}
