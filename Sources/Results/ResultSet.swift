internal import FoundationEssentials

/// The terms of one GIB complexity, feature by feature.
public struct FeatureTerms: Sendable, Hashable {
    /// I(X_i;Q) in bits, one per input feature.
    public var single: [Double]
    /// I(X_{-i};Q) in bits, one per input feature.
    public var remaining: [Double]

    /// Creates the terms of N features; both arrays have length N.
    public init(single: [Double], remaining: [Double]) {
        precondition(single.count == remaining.count, "every feature has both terms")
        self.single = single
        self.remaining = remaining
    }
}

/// The spectrum of the kernel PCA that reduced the inputs of an analysis.
public struct Reduction: Sendable, Hashable {
    /// The archive's id.
    public var archive: String
    /// The reduction as the parameters name it, such as `kpca:50`.
    public var name: String
    /// The split whose samples fitted the basis.
    public var fittedSplit: String
    /// How many samples fitted it.
    public var samples: Int
    /// The eigenvalues of the centred Gram matrix, largest first.
    public var eigenvalues: [Double]
    /// The residual ‖Kv − λv‖ of each eigenpair: λ is exact to within it.
    public var residuals: [Double]

    /// Creates a reduction's record.
    public init(
        archive: String, name: String, fittedSplit: String, samples: Int, eigenvalues: [Double], residuals: [Double]
    ) {
        self.archive = archive
        self.name = name
        self.fittedSplit = fittedSplit
        self.samples = samples
        self.eigenvalues = eigenvalues
        self.residuals = residuals
    }
}

/// A cell that could not be analyzed, and why.
public struct Failure: Sendable, Hashable {
    /// The archive's id.
    public var archive: String
    /// The split's name.
    public var split: String
    /// The layer's name; empty where the whole split failed.
    public var layer: String
    /// The epoch; nil where the whole split failed.
    public var epoch: Int?
    /// A sentence that says where, what is wrong and what to do.
    public var reason: String

    /// Creates a failure.
    public init(archive: String, split: String, layer: String, epoch: Int?, reason: String) {
        self.archive = archive
        self.split = split
        self.layer = layer
        self.epoch = epoch
        self.reason = reason
    }
}

/// One call of the analyzer that contributed: what was asked, and by which version.
public struct Provenance: Sendable, Hashable {
    /// The request as JSON.
    public var request: String
    /// The version of InfoPlane.
    public var toolVersion: String
    /// The seed of the request.
    public var seed: UInt64

    /// Creates a record of one call.
    public init(request: String, toolVersion: String, seed: UInt64) {
        self.request = request
        self.toolVersion = toolVersion
        self.seed = seed
    }

    /// The discretizations that were asked for, the headline first; the default headline where the request names none.
    public var discretizations: [String] {
        (try? JSONDecoder().decode(Asked.self, from: Data(request.utf8)))?.binning ?? [Self.defaultHeadline]
    }

    /// What the analyzer takes first where it is not told.
    static let defaultHeadline = "width:30@run"

    private struct Asked: Decodable {
        let binning: [String]?
    }
}

/// Everything that analyses found: measurements by key, the arrays kept beside them, failures and provenance.
public struct ResultSet: Sendable {
    /// The archives that the measurements were computed from, by id.
    public private(set) var archives: [String: AnalyzedArchive] = [:]
    /// All measurements, in no particular order; `sortedMeasurements` is the order of tables.
    public private(set) var measurements: [Measurement] = []
    /// The terms of kept GIB complexities, by the key of the complexity.
    public private(set) var featureTerms: [Measurement.Key: FeatureTerms] = [:]
    /// PMI per analyzed sample in bits, by the key of the I(Z;Y) whose mean it is.
    public private(set) var pointwise: [Measurement.Key: [Double]] = [:]
    /// The values under the null hypothesis of a measurement, one per permutation, in bits, by the key of the measurement.
    ///
    /// Permutation b is the same shuffle of the samples in every layer, epoch and discretization of a split, so that a
    /// maximum over a grid of measurements can be formed permutation by permutation.
    public private(set) var nulls: [Measurement.Key: [Double]] = [:]
    /// The reductions of inputs.
    public private(set) var reductions: [Reduction] = []
    /// The cells that failed and lack a number that was asked for, in no particular order.
    public var failures: [Failure] { Array(failuresByCell.values) }
    /// Every call that contributed.
    public private(set) var provenance: [Provenance] = []
    /// The discretizations in the order in which the calls asked for them, each once: the headline comes before the others. The
    /// default headline stands last where no call asked for it.
    public var askedDiscretizations: [String] {
        var seen: Set<String> = []
        let all = provenance.flatMap(\.discretizations) + [Provenance.defaultHeadline]
        return all.filter { seen.insert($0).inserted }
    }

    private var rows: [Measurement.Key: Int] = [:]
    private var failuresByCell: [Cell: Failure] = [:]

    /// What a failure belongs to: a layer of a split in one epoch. Where a whole split failed, it has neither layer nor epoch.
    public struct Cell: Hashable, Sendable {
        /// The archive's id.
        public let archive: String
        /// The split's name.
        public let split: String
        /// The layer's name.
        public let layer: String
        /// The epoch of the record.
        public let epoch: Int?

        /// Names a cell; `layer` is empty and `epoch` nil for a whole split.
        public init(archive: String, split: String, layer: String, epoch: Int?) {
            self.archive = archive
            self.split = split
            self.layer = layer
            self.epoch = epoch
        }

        init(_ failure: Failure) {
            self.init(archive: failure.archive, split: failure.split, layer: failure.layer, epoch: failure.epoch)
        }

        init(_ key: Measurement.Key) {
            self.init(archive: key.archive, split: key.split, layer: key.layer, epoch: key.epoch)
        }
    }

    /// Creates an empty set.
    public init() {}

    /// The measurement with this key. O(1).
    public subscript(key: Measurement.Key) -> Measurement? {
        rows[key].map { measurements[$0] }
    }

    /// The measurements in the order of tables. O(m log m).
    public var sortedMeasurements: [Measurement] {
        measurements.sorted { $0.key < $1.key }
    }

    /// Takes memory for so many more measurements at once.
    public mutating func reserveCapacity(for more: Int) {
        rows.reserveCapacity(measurements.count + more)
        measurements.reserveCapacity(measurements.count + more)
    }

    /// Puts a measurement in; one with the same key is replaced.
    public mutating func insert(_ measurement: Measurement) {
        let next = measurements.count
        // Found, or put in, by one search.
        let row = { (row: inout Int) in row }(&rows[measurement.key, default: next])
        if row < next { measurements[row] = measurement } else { measurements.append(measurement) }
    }

    /// Keeps the terms of a GIB complexity.
    public mutating func keep(_ terms: FeatureTerms, for key: Measurement.Key) {
        featureTerms[key] = terms
    }

    /// Keeps the PMI per sample of an I(Z;Y).
    public mutating func keep(pointwise values: [Double], for key: Measurement.Key) {
        pointwise[key] = values
    }

    /// Keeps the values of a measurement under its null hypothesis, permutation by permutation.
    public mutating func keep(null values: [Double], for key: Measurement.Key) {
        nulls[key] = values
    }

    /// Keeps the spectrum of a reduction; the same reduction is kept once.
    public mutating func insert(_ reduction: Reduction) {
        reductions.removeAll {
            $0.archive == reduction.archive && $0.name == reduction.name && $0.fittedSplit == reduction.fittedSplit
                && $0.samples == reduction.samples
        }
        reductions.append(reduction)
    }

    /// Notes the archive; a newer description of the same id replaces the older (an archive may have grown).
    public mutating func insert(_ archive: AnalyzedArchive) {
        archives[archive.id] = archive
    }

    /// Notes a failed cell; its last reason stands.
    public mutating func insert(_ failure: Failure) {
        failuresByCell[Cell(failure)] = failure
    }

    /// What is noted of a cell; nil for nothing.
    public func failure(of cell: Cell) -> Failure? { failuresByCell[cell] }

    /// Forgets that a cell failed, because it lacks nothing any more.
    public mutating func dropFailure(of cell: Cell) { failuresByCell[cell] = nil }

    /// Notes a call that contributed; the same call is noted once.
    public mutating func insert(_ call: Provenance) {
        if !provenance.contains(call) { provenance.append(call) }
    }

    /// Removes every measurement, with its kept arrays, for which `shouldDrop` holds, and returns how many. O(m).
    @discardableResult
    public mutating func drop(where shouldDrop: (Measurement.Key) -> Bool) -> Int {
        let kept = measurements.filter { !shouldDrop($0.key) }
        let dropped = measurements.count - kept.count
        guard dropped > 0 else { return 0 }
        measurements = kept
        rows = Dictionary(uniqueKeysWithValues: kept.enumerated().map { ($1.key, $0) })
        featureTerms = featureTerms.filter { rows[$0.key] != nil }
        pointwise = pointwise.filter { rows[$0.key] != nil }
        nulls = nulls.filter { rows[$0.key] != nil }
        return dropped
    }
}
