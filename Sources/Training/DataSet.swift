public import LinearAlgebra
internal import Randomness

/// Samples with their labels, in an order that does not change.
public struct LabelledSamples: Sendable {
    /// The inputs as the network sees them, samples × features.
    public internal(set) var inputs: Matrix<Float>
    /// The class id of each sample, from 0.
    public let labels: [Int]
    /// The place of each sample in the data as they were read, from 0.
    public let sampleIDs: [Int]

    /// The number of samples.
    public var count: Int { inputs.rows }

    func selecting(_ rows: [Int]) -> LabelledSamples {
        let width = inputs.columns
        var values: [Float] = []
        values.reserveCapacity(rows.count * width)
        for row in rows { values.append(contentsOf: inputs.values[(row * width)..<((row + 1) * width)]) }
        return LabelledSamples(
            inputs: Matrix(rows: rows.count, columns: width, values: values), labels: rows.map { labels[$0] },
            sampleIDs: rows.map { sampleIDs[$0] })
    }

    func prefix(_ count: Int) -> LabelledSamples {
        count >= self.count ? self : selecting(Array(0..<count))
    }
}

/// The smallest and largest value that each input may take.
struct InputBounds: Sendable {
    var low: [Float]
    var high: [Float]

    @inline(__always)
    func clip(_ value: Float, _ feature: Int) -> Float { min(max(value, low[feature]), high[feature]) }
}

/// Where data come from.
public enum DataSource: Sendable, Hashable, Codable {
    /// The 12-bit task, generated; see ``TwelveBitTask``.
    case szt
    /// IDX files of images and labels, gzip or not, with or without test files of their own.
    case idx(IDXFiles)
    /// A table whose last column is the label.
    case csv(path: String)

    /// The files that are read.
    var paths: [String] {
        switch self {
        case .szt: []
        case .idx(let files):
            [files.trainImages, files.trainLabels, files.testImages, files.testLabels].compactMap(\.self)
        case .csv(let path): [path]
        }
    }

    /// Reads the data: files checked, labels turned into class ids, training and test samples apart.
    ///
    /// Without test files, `trainShare` (default 0.8) of the samples, drawn by `seed`, are for training and the rest for
    /// testing, both in their original order; a share that rounds to all samples leaves none for testing. Bytes of IDX files become v/255.
    ///
    /// - Throws: an error of kind `data` for a file that is missing, damaged or contradicts another; of kind `request`
    ///   for a share outside (0, 1], or a share where the test samples are files of their own.
    public func load(trainShare: Double? = nil, seed: UInt64 = 0) throws(TrainingError) -> DataSet {
        switch self {
        case .szt:
            let all = TwelveBitTask.samples
            let (train, test) = try Self.split(all, share: trainShare, seed: seed)
            return DataSet(
                name: "12-bit task", train: train, test: test, all: all, inputShape: [12], classNames: ["0", "1"],
                bounds: InputBounds(low: Array(repeating: 0, count: 12), high: Array(repeating: 1, count: 12)))
        case .idx(let files):
            return try files.load(trainShare: trainShare, seed: seed)
        case .csv(let path):
            let table = try CSVTable(readingFrom: path)
            let (train, test) = try Self.split(table.samples, share: trainShare, seed: seed)
            return DataSet(
                name: fileName(path), train: train, test: test, all: nil, inputShape: [table.samples.inputs.columns],
                classNames: table.classNames, bounds: InputBounds(spanning: [table.samples.inputs]))
        }
    }

    static func split(
        _ samples: LabelledSamples, share: Double?, seed: UInt64
    ) throws(TrainingError) -> (train: LabelledSamples, test: LabelledSamples?) {
        let share = share ?? 0.8
        guard share > 0, share <= 1 else {
            throw TrainingError(
                .request, "train share: \(share) is no share; expected more than 0 and at most 1. Give for example 0.8."
            )
        }
        let count = Int((share * Double(samples.count)).rounded())
        guard count >= 1 else {
            throw TrainingError(
                .request,
                "train share: \(share) of \(samples.count) samples leaves none to train on. Give a larger share.")
        }
        if count == samples.count { return (samples, nil) }
        var generator = RandomStream.split.generator(seed: seed)
        let order = generator.permutation(of: samples.count)
        return (samples.selecting(order[..<count].sorted()), samples.selecting(order[count...].sorted()))
    }
}

/// Data ready for training.
public struct DataSet: Sendable {
    /// What the data are called in titles.
    public let name: String
    /// The samples to train on.
    public internal(set) var train: LabelledSamples
    /// The samples kept apart, where there are any.
    public internal(set) var test: LabelledSamples?
    /// Every pattern of a generated task, where there is one.
    public internal(set) var all: LabelledSamples?
    /// The shape of one sample, for example 28 × 28.
    public let inputShape: [Int]
    /// The name of each class.
    public let classNames: [String]
    var bounds: InputBounds

    /// Puts the training samples, and the test samples, into an order drawn by `seed`, so that the first ones stand for
    /// all: files are often sorted, by class or otherwise. `all` keeps its order.
    public mutating func shuffle(seed: UInt64) {
        var generator = RandomStream.samples.generator(seed: seed)
        train = train.selecting(generator.permutation(of: train.count))
        if let samples = test { test = samples.selecting(generator.permutation(of: samples.count)) }
    }

    /// Subtracts from every feature its mean and divides by its standard deviation, both over the training samples; a
    /// feature that is constant there is only centred.
    mutating func standardize() {
        let (rows, columns) = (train.inputs.rows, train.inputs.columns)
        var means = [Double](repeating: 0, count: columns)
        var squares = means
        for row in 0..<rows {
            for column in 0..<columns { means[column] += Double(train.inputs.values[row * columns + column]) }
        }
        for column in 0..<columns { means[column] /= Double(rows) }
        for row in 0..<rows {
            for column in 0..<columns {
                let difference = Double(train.inputs.values[row * columns + column]) - means[column]
                squares[column] += difference * difference
            }
        }
        let scales = squares.map { square in
            let deviation = (square / Double(rows)).squareRoot()
            return deviation > 0 ? 1 / deviation : 1
        }
        func scaled(_ value: Float, _ column: Int) -> Float { Float((Double(value) - means[column]) * scales[column]) }
        func apply(_ matrix: inout Matrix<Float>) {
            let count = matrix.values.count
            matrix.values.withUnsafeMutableBufferPointer { values in
                for i in 0..<count { values[i] = scaled(values[i], i % columns) }
            }
        }
        apply(&train.inputs)
        if test != nil { apply(&test!.inputs) }
        if all != nil { apply(&all!.inputs) }
        for column in 0..<columns {
            bounds.low[column] = scaled(bounds.low[column], column)
            bounds.high[column] = scaled(bounds.high[column], column)
        }
    }
}

extension InputBounds {
    /// The range of each feature over all samples of these matrices, which have the same columns.
    init(spanning matrices: [Matrix<Float>]) {
        let columns = matrices[0].columns
        low = Array(repeating: .infinity, count: columns)
        high = Array(repeating: -.infinity, count: columns)
        for matrix in matrices {
            for row in 0..<matrix.rows {
                for column in 0..<columns {
                    let value = matrix.values[row * columns + column]
                    low[column] = min(low[column], value)
                    high[column] = max(high[column], value)
                }
            }
        }
    }
}

/// The last part of a path.
func fileName(_ path: String) -> String {
    path.split(separator: "/").last.map(String.init) ?? path
}

/// Class ids for labels of any kind.
enum ClassIDs {
    /// Returns ids from 0 in ascending order of the whole numbers, and the classes' names.
    static func of(numbers: [Int], _ place: String) throws(TrainingError) -> (ids: [Int], names: [String]) {
        let classes = Set(numbers).sorted()
        try check(classes: classes.count, samples: numbers.count, only: classes.first.map(String.init), place)
        let ids = Dictionary(uniqueKeysWithValues: zip(classes, classes.indices))
        return (numbers.map { ids[$0]! }, classes.map(String.init))
    }

    /// Returns ids from 0 in alphabetical (Unicode) order of the names, and the names.
    static func of(names: [String], _ place: String) throws(TrainingError) -> (ids: [Int], names: [String]) {
        let classes = Set(names).sorted()
        try check(classes: classes.count, samples: names.count, only: classes.first, place)
        let ids = Dictionary(uniqueKeysWithValues: zip(classes, classes.indices))
        return (names.map { ids[$0]! }, classes)
    }

    private static func check(classes: Int, samples: Int, only: String?, _ place: String) throws(TrainingError) {
        guard classes > 1 else {
            throw TrainingError(
                .data,
                "\(place): all \(samples) samples have the label \(only ?? ""); expected at least two classes. "
                    + "Give data with another class.")
        }
        guard classes < samples || samples == 2 else {
            throw TrainingError(
                .data,
                "\(place): every sample has a label of its own; expected classes that samples share. "
                    + "Is the label in another column or file?")
        }
    }
}
