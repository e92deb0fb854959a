internal import LinearAlgebra
internal import SampleFiles

/// Where the images and labels of a data set in IDX files are.
///
/// Source of the format: LeCun, Cortes, Burges, "The MNIST Database of Handwritten Digits", section "File formats".
public struct IDXFiles: Sendable, Hashable, Codable {
    /// Images (or any samples: the first dimension counts them) to train on.
    public let trainImages: String
    /// Labels to train on, one whole number per image.
    public let trainLabels: String
    /// Images to test on, where there are any.
    public let testImages: String?
    /// Labels to test on, where there are any.
    public let testLabels: String?

    /// Names the files; test images without test labels, or the reverse, are refused.
    public init(
        trainImages: String, trainLabels: String, testImages: String? = nil, testLabels: String? = nil
    ) throws(TrainingError) {
        if (testImages == nil) != (testLabels == nil) {
            throw TrainingError(
                .request,
                "\(testImages ?? testLabels ?? ""): test \(testImages == nil ? "labels" : "images") alone; "
                    + "expected images and labels. Give both or neither.")
        }
        self.trainImages = trainImages
        self.trainLabels = trainLabels
        self.testImages = testImages
        self.testLabels = testLabels
    }

    /// Finds the files by their usual names, `train-images-idx3-ubyte`, `train-labels-idx1-ubyte` and, where they exist,
    /// `t10k-images-idx3-ubyte`, `t10k-labels-idx1-ubyte`, each with or without `.gz`.
    public init(inFolder folder: String) throws(TrainingError) {
        func find(_ name: String) -> String? {
            [name, name + ".gz"].map { folder + "/" + $0 }.first { FileBytes.exists($0).something }
        }
        guard FileBytes.exists(folder).folder else {
            throw TrainingError(.data, "\(folder): not a folder; expected one with IDX files. Check the path.")
        }
        guard let images = find("train-images-idx3-ubyte"), let labels = find("train-labels-idx1-ubyte") else {
            throw TrainingError(
                .data,
                "\(folder): no IDX data set; expected train-images-idx3-ubyte and train-labels-idx1-ubyte, "
                    + "with or without .gz. Name the files where they are called otherwise.")
        }
        try self.init(
            trainImages: images, trainLabels: labels, testImages: find("t10k-images-idx3-ubyte"),
            testLabels: find("t10k-labels-idx1-ubyte"))
    }

    func load(trainShare: Double?, seed: UInt64) throws(TrainingError) -> DataSet {
        if testImages != nil, let trainShare {
            throw TrainingError(
                .request,
                "train share: \(trainShare) was given, but the test samples have files of their own. Leave it out.")
        }
        let images = try IDXArray(readingFrom: trainImages)
        let trainNumbers = try Self.labels(from: trainLabels, for: images, trainImages)
        var numbers = trainNumbers
        var testArray: IDXArray?
        if let testImages, let testLabels {
            let array = try IDXArray(readingFrom: testImages)
            guard array.shape.dropFirst() == images.shape.dropFirst() else {
                throw TrainingError(
                    .data,
                    "\(testImages): samples of shape \(text(array.shape.dropFirst())), but those of \(trainImages) have "
                        + "\(text(images.shape.dropFirst())). Give files of one data set.")
            }
            numbers += try Self.labels(from: testLabels, for: array, testImages)
            testArray = array
        }
        let (ids, names) = try ClassIDs.of(numbers: numbers, trainLabels)
        let count = images.shape[0]
        let read = LabelledSamples(
            inputs: images.samples, labels: Array(ids[..<count]), sampleIDs: Array(0..<count))
        var test = testArray.map { array in
            LabelledSamples(
                inputs: array.samples, labels: Array(ids[count...]), sampleIDs: Array(0..<array.shape[0]))
        }
        var train = read
        if test == nil { (train, test) = try DataSource.split(read, share: trainShare, seed: seed) }
        let shape = Array(images.shape.dropFirst())
        let width = images.samples.columns
        let bounds =
            images.isBytes
            ? InputBounds(low: Array(repeating: 0, count: width), high: Array(repeating: 1, count: width))
            : InputBounds(spanning: [train.inputs] + (test.map { [$0.inputs] } ?? []))
        let parts = trainImages.split(separator: "/")
        return DataSet(
            name: parts.count > 1 ? String(parts[parts.count - 2]) : trainImages, train: train, test: test, all: nil,
            inputShape: shape.isEmpty ? [1] : shape, classNames: names, bounds: bounds)
    }

    private static func labels(
        from path: String, for images: IDXArray, _ imagesPath: String
    ) throws(TrainingError) -> [Int] {
        let array = try IDXArray(readingFrom: path)
        guard array.shape.count == 1, !array.isReal else {
            throw TrainingError(
                .data,
                "\(path): \(array.isReal ? "real numbers" : "\(array.shape.count) dimensions"); expected labels: whole "
                    + "numbers in one dimension. Is it the file of the images?")
        }
        guard array.shape[0] == images.shape[0] else {
            throw TrainingError(
                .data,
                "\(path): \(array.shape[0]) labels, but \(imagesPath) has \(images.shape[0]) samples. "
                    + "Give files of one data set.")
        }
        return array.wholeNumbers
    }
}

/// An array read from an IDX file: two zero bytes, an element type, the number of dimensions, the dimensions and the
/// elements, everything big-endian.
struct IDXArray {
    let shape: [Int]
    private let type: ElementType
    private let bytes: [UInt8]
    private let start: Int

    private enum ElementType: UInt8 {
        case uint8 = 0x08
        case int8 = 0x09
        case int16 = 0x0B
        case int32 = 0x0C
        case float32 = 0x0D
        case float64 = 0x0E

        var size: Int {
            switch self {
            case .uint8, .int8: 1
            case .int16: 2
            case .int32, .float32: 4
            case .float64: 8
            }
        }
    }

    init(readingFrom path: String) throws(TrainingError) {
        bytes = try reading { () throws(SampleFileError) in try FileBytes.contents(of: path) }
        guard bytes.count >= 4, bytes[0] == 0, bytes[1] == 0, let type = ElementType(rawValue: bytes[2]) else {
            let found = bytes.prefix(4).map { hexadecimal($0) }.joined(separator: " ")
            throw TrainingError(
                .data,
                "\(path): not an IDX file; expected 00 00, a type from 08 to 0e and the dimensions, "
                    + "found \(bytes.isEmpty ? "an empty file" : found). Give an IDX file, plain or gzip.")
        }
        self.type = type
        let dimensions = Int(bytes[3])
        start = 4 + 4 * dimensions
        guard dimensions >= 1, bytes.count >= start else {
            throw TrainingError(
                .data,
                "\(path): \(dimensions) dimensions in \(bytes.count) bytes; expected at least one dimension and its "
                    + "header whole. Fetch the file again.")
        }
        var shape: [Int] = []
        var count = type.size
        for dimension in 0..<dimensions {
            let extent = Int(Self.word(bytes, 4 + 4 * dimension))
            let (product, overflow) = count.multipliedReportingOverflow(by: extent)
            guard extent > 0, !overflow else {
                throw TrainingError(
                    .data,
                    "\(path): dimension \(dimension + 1) is \(extent); expected sizes from 1 that fit in memory. "
                        + "Fetch the file again.")
            }
            count = product
            shape.append(extent)
        }
        self.shape = shape
        guard bytes.count - start == count else {
            throw TrainingError(
                .data,
                "\(path): \(bytes.count - start) bytes of data; its header says \(text(shape[...])) elements, "
                    + "\(count) bytes. The file is damaged or cut off: fetch it again.")
        }
        guard !isReal || (0..<(count / type.size)).allSatisfy({ real($0).isFinite }) else {
            throw TrainingError(.data, "\(path): an element is not finite; expected numbers. Repair the data.")
        }
    }

    var isBytes: Bool { type == .uint8 }
    var isReal: Bool { type == .float32 || type == .float64 }

    /// Samples × everything else, as the network sees them: bytes as v/255, other types as they are.
    var samples: Matrix<Float> {
        let (rows, columns) = (shape[0], shape.dropFirst().reduce(1, *))
        let values = [Float](unsafeUninitializedCapacity: rows * columns) { buffer, filled in
            if isBytes {
                bytes.withUnsafeBufferPointer { bytes in
                    for i in 0..<(rows * columns) { buffer[i] = Float(bytes[start + i]) / 255 }
                }
            } else {
                for i in 0..<(rows * columns) { buffer[i] = isReal ? Float(real(i)) : Float(whole(i)) }
            }
            filled = rows * columns
        }
        return Matrix(rows: rows, columns: columns, values: values)
    }

    /// The elements of an array that is not real.
    var wholeNumbers: [Int] { (0..<shape.reduce(1, *)).map(whole) }

    private func whole(_ index: Int) -> Int {
        let place = start + index * type.size
        return switch type {
        case .uint8: Int(bytes[place])
        case .int8: Int(Int8(bitPattern: bytes[place]))
        case .int16: Int(Int16(bitPattern: UInt16(bytes[place]) << 8 | UInt16(bytes[place + 1])))
        case .int32, .float32, .float64: Int(Int32(bitPattern: Self.word(bytes, place)))
        }
    }

    private func real(_ index: Int) -> Double {
        let place = start + index * type.size
        let word = Self.word(bytes, place)
        guard type == .float64 else { return Double(Float(bitPattern: word)) }
        return Double(bitPattern: UInt64(word) << 32 | UInt64(Self.word(bytes, place + 4)))
    }

    private static func word(_ bytes: [UInt8], _ place: Int) -> UInt32 {
        UInt32(bytes[place]) << 24 | UInt32(bytes[place + 1]) << 16 | UInt32(bytes[place + 2]) << 8
            | UInt32(bytes[place + 3])
    }
}

private func text(_ shape: ArraySlice<Int>) -> String {
    shape.isEmpty ? "one number" : shape.map(String.init).joined(separator: " × ")
}

private func hexadecimal(_ byte: UInt8) -> String {
    (byte < 16 ? "0" : "") + String(byte, radix: 16)
}
