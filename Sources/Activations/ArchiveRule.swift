/// What is checked of an archive: every rule with its code, how grave it is to break it, and what it says.
///
/// The first rules are those of the structure, which opening an archive checks; the others belong to
/// ``ArchiveValidation``.
public enum ArchiveRule: String, CaseIterable, Sendable, Hashable {
    /// How grave a finding is.
    public enum Severity: String, CaseIterable, Sendable, Hashable, Comparable {
        /// The archive keeps to its format; something in it is worth a look.
        case suggestion
        /// A rule of the format is broken, or what is stored contradicts itself.
        case violation
        /// The file cannot be read as an archive, or not as a whole.
        case critical

        /// By gravity.
        public static func < (a: Severity, b: Severity) -> Bool { a.rank < b.rank }

        private var rank: Int { self == .critical ? 2 : self == .violation ? 1 : 0 }
    }

    // The structure.
    case notAnArchive = "not-an-archive"
    case damaged
    case cutOff = "cut-off"
    case newerVersion = "newer-version"
    case badVersion = "bad-version"
    case missingObject = "missing-object"
    case wrongObject = "wrong-object"
    case link
    case wrongForm = "wrong-form"
    case impossibleShape = "impossible-shape"
    case empty
    case sampleCount = "sample-count"
    case perEpochContradiction = "per-epoch-contradiction"
    case tooFewRecords = "too-few-records"
    case orphan
    case missingAttribute = "missing-attribute"
    case attributeType = "attribute-type"
    case attributeValue = "attribute-value"
    case negativeNumber = "negative-number"
    case epochOrder = "epoch-order"
    case layerOrder = "layer-order"
    // The file as a whole.
    case badHyperparameters = "bad-hyperparameters"
    case missingProvenance = "missing-provenance"
    case idNoUUID = "id-no-uuid"
    case notClosed = "not-closed"
    case uncommittedTail = "uncommitted-tail"
    case noRecords = "no-records"
    case notPaged = "not-paged"
    case unknownObject = "unknown-object"
    case foreignFilter = "foreign-filter"
    case slowChunks = "slow-chunks"
    // Samples and labels.
    case labelDrift = "label-drift"
    case ambiguousIDs = "ambiguous-ids"
    case repeatedIDs = "repeated-ids"
    case missingClass = "missing-class"
    case classShares = "class-shares"
    case unnamedClass = "unnamed-class"
    case noClassNames = "no-class-names"
    // What was recorded.
    case notFinite = "not-finite"
    case digestDiffers = "digest-differs"
    case rangeDiffers = "range-differs"
    case negativeAfterReLU = "negative-after-relu"
    case overwrittenInPlace = "overwritten-in-place"
    case noNegatives = "no-negatives"
    case deadLayer = "dead-layer"
    case deadUnits = "dead-units"
    case constantUnits = "constant-units"
    case halfTies = "float16-ties"
    case wideType = "float64-holds-float32"

    /// How grave a finding of this rule is.
    public var severity: Severity {
        switch self {
        case .notAnArchive, .damaged, .cutOff, .newerVersion, .badVersion, .missingObject, .wrongObject, .link,
            .wrongForm,
            .impossibleShape, .empty, .sampleCount, .perEpochContradiction, .tooFewRecords:
            .critical
        case .orphan, .missingAttribute, .attributeType, .attributeValue, .negativeNumber, .epochOrder, .layerOrder,
            .badHyperparameters, .foreignFilter, .labelDrift, .unnamedClass, .notFinite, .digestDiffers, .rangeDiffers,
            .negativeAfterReLU, .overwrittenInPlace:
            .violation
        case .missingProvenance, .idNoUUID, .notClosed, .uncommittedTail, .noRecords, .notPaged, .unknownObject,
            .slowChunks, .ambiguousIDs, .repeatedIDs, .missingClass, .classShares, .noClassNames, .noNegatives,
            .deadLayer, .deadUnits, .constantUnits, .halfTies, .wideType:
            .suggestion
        }
    }

    /// What the rule asks for, or what it looks at, in a line.
    public var meaning: String {
        switch self {
        case .notAnArchive: "the file is HDF5 and says that it is an activation archive"
        case .damaged: "HDF5 can read every part of the file"
        case .cutOff: "the file is as long as its records need"
        case .newerVersion: "the major version of the format is 1"
        case .badVersion: "the version of the format is major.minor"
        case .missingObject: "every required group and data set is there"
        case .wrongObject: "groups are groups, data sets are data sets"
        case .link: "every object is in the file itself, under a hard link"
        case .wrongForm: "every data set has a type and a shape that the format knows"
        case .impossibleShape: "no shape is larger than any file"
        case .empty: "there is a split, a layer in it, a sample, and no axis of length 0"
        case .sampleCount: "inputs, ids and layers have as many samples as the labels"
        case .perEpochContradiction: "the attribute per_epoch fits the shape of the inputs"
        case .tooFewRecords: "every data set has the committed records"
        case .orphan: "ranges and digests belong to a layer"
        case .missingAttribute: "every required attribute is there"
        case .attributeType: "attributes have the type of the format"
        case .attributeValue: "attributes have a value of the format"
        case .negativeNumber: "the counter, epochs, steps and orders count from 0"
        case .epochOrder: "epochs ascend; where there are steps, the pairs (epoch, step) do"
        case .layerOrder: "no two layers of a split have the same order"
        case .badHyperparameters: "hyperparameters are a JSON object"
        case .missingProvenance: "title, model, hyperparameters and a producer with its version are given"
        case .idNoUUID: "the id is a UUID"
        case .notClosed: "the recorder closed the archive"
        case .uncommittedTail: "no data set goes on after the committed records"
        case .noRecords: "a record is committed"
        case .notPaged: "the file has pages, so that a killed writer cannot tear a structure"
        case .unknownObject: "every object is known to the format"
        case .foreignFilter: "the only filter is deflate"
        case .slowChunks: "chunks hold whole samples of one record, up to 16 MiB"
        case .labelDrift: "a sample has the same label in every split"
        case .ambiguousIDs: "a sample id means the same sample in every split"
        case .repeatedIDs: "a sample is in a split once"
        case .missingClass: "every class is in every split"
        case .classShares: "the classes have similar shares in all splits"
        case .unnamedClass: "every class has a name where there are names"
        case .noClassNames: "classes have names"
        case .notFinite: "layers, inputs and labels are finite"
        case .digestDiffers: "data have the digest that was stored with them"
        case .rangeDiffers: "the stored extremes of a record are those of its values"
        case .negativeAfterReLU: "nothing is negative after a ReLU"
        case .overwrittenInPlace: "what claims to be linear does not look like the output of a ReLU"
        case .noNegatives: "a layer before its activation function has negative values"
        case .deadLayer: "not all units of a layer are 0 for all samples"
        case .deadUnits: "no unit is 0 for all samples"
        case .constantUnits: "no unit has the same value for all samples"
        case .halfTies: "float16 tells the samples apart"
        case .wideType: "float64 is used where float32 does not suffice"
        }
    }
}
