/// The rules of an archive's structure: which objects there are, of which type and shape, with which attributes.
public struct ArchiveSchema: Sendable, Hashable, Codable {
    /// The value of the attribute `format`.
    public static let format = "activation-archive"
    /// The version that is written. Every 1.x is read.
    public static let version = "1.0"

    /// The value of the attribute `format`.
    public let format: String
    /// Major and minor version.
    public let version: String
    /// The largest chunk of a layer.
    public let chunkBytes: Int
    /// Rows per chunk of what has a few bytes per record.
    public let seriesRowsPerChunk: Int
    /// The letters in shapes.
    public let symbols: [Symbol]
    /// Every object, parents before children.
    public let objects: [ObjectRule]

    /// A letter that stands for a length.
    public struct Symbol: Sendable, Hashable, Codable {
        /// As it stands in a shape.
        public let name: String
        /// What it stands for.
        public let meaning: String
    }

    /// When an object or an attribute must exist.
    public enum Requirement: String, Sendable, Hashable, Codable {
        case always, optional
        case fixedInputs = "fixed-inputs"
        case perEpochInputs = "per-epoch-inputs"
    }

    /// The rule of all objects whose path has one pattern.
    public struct ObjectRule: Sendable, Hashable, Codable {
        /// Group or data set.
        public enum Kind: String, Sendable, Hashable, Codable { case group, dataset }

        /// The path, with names in angle brackets where any name may stand.
        public let path: String
        /// Group or data set.
        public let kind: Kind
        /// Whether there must be one in every parent.
        public let required: Requirement
        /// For a data set the types and shapes of which it has one.
        public let forms: [Form]?
        /// Attributes that have a meaning; others are ignored.
        public let attributes: [AttributeRule]
        /// What it holds.
        public let meaning: String

        init(
            path: String, kind: Kind, required: Requirement, forms: [Form]? = nil, attributes: [AttributeRule] = [],
            meaning: String
        ) {
            self.path = path
            self.kind = kind
            self.required = required
            self.forms = forms
            self.attributes = attributes
            self.meaning = meaning
        }
    }

    /// Types and a shape that go together.
    public struct Form: Sendable, Hashable, Codable, CustomStringConvertible {
        /// One of these.
        public let types: [NumberType]
        /// A number or a symbol per axis.
        public let shape: [String]

        /// `float32|float64 [n, k]`.
        public var description: String {
            "\(types.map(\.rawValue).joined(separator: "|")) [\(shape.joined(separator: ", "))]"
        }
    }

    /// The rule of one attribute.
    public struct AttributeRule: Sendable, Hashable, Codable {
        /// One text, a list of texts, one uint8, one integer of any type.
        public enum ValueType: String, Sendable, Hashable, Codable { case string, strings, uint8, integer }

        /// Its name.
        public let name: String
        /// The type of its value.
        public let type: ValueType
        /// Whether it must exist.
        public let required: Requirement
        /// The values that it may have; nil: any.
        public let values: [String]?
        /// What it says.
        public let meaning: String

        init(name: String, type: ValueType, required: Requirement, values: [String]? = nil, meaning: String) {
            self.name = name
            self.type = type
            self.required = required
            self.values = values
            self.meaning = meaning
        }
    }

    /// The rule for a path pattern that stands in the schema.
    public func rule(_ path: String) -> ObjectRule? { objects.first { $0.path == path } }
}
