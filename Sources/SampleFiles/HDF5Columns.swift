internal import HDF5
internal import LinearAlgebra
internal import Spelling

/// Reads a data set of numbers from an HDF5 file; axes after the first stand side by side.
func readDataset(
    _ dataset: String, of path: String, trusting trust: File.Trust
) throws(SampleFileError) -> Matrix<Double> {
    let place = "\(path):\(dataset)"
    let content: Content
    do throws(HDF5Error) {
        content = try Content(of: dataset, in: try File(opening: path, trusting: trust).root)
    } catch {
        throw SampleFileError(error.description)
    }
    switch content {
    case .numbers(let values, let shape):
        let rows = shape[0]
        return Matrix(rows: rows, columns: rows == 0 ? 0 : values.count / rows, values: values)
    case .otherType:
        throw SampleFileError("\(place): holds no rows of numbers; expected a data set of them. Name another.")
    case .missing(let name, let others):
        let hint = nearest(to: name, among: others).map { "Did you mean \($0)?" } ?? "Nothing is there."
        throw SampleFileError("\(place): there is no data set or group '\(name)' on this path. \(hint)")
    }
}

/// What lies on a path in an HDF5 file.
private enum Content {
    case numbers([Double], shape: [Int])
    /// Text, compound values, a single value.
    case otherType
    /// The first name that is not there, and the names that are.
    case missing(String, among: [String])

    init(of path: String, in root: Group) throws(HDF5Error) {
        var group = root
        let names = path.split(separator: "/").map(String.init)
        for (depth, name) in names.enumerated() {
            let isLast = depth == names.count - 1
            guard try group.kind(of: name) == (isLast ? .dataset : .group) else {
                self = .missing(name, among: try group.children().map(\.name))
                return
            }
            if !isLast {
                group = try group.group(name)
                continue
            }
            let dataset = try group.dataset(name)
            let shape = try dataset.shape
            guard !shape.isEmpty, let values = try Self.numbers(of: dataset) else {
                self = .otherType
                return
            }
            self = .numbers(values, shape: shape)
            return
        }
        self = .missing(path, among: try root.children().map(\.name))
    }

    private static func numbers(of dataset: Dataset) throws(HDF5Error) -> [Double]? {
        switch try dataset.elementType {
        case .uint8: try dataset.read(UInt8.self).map(Double.init)
        case .int32: try dataset.read(Int32.self).map(Double.init)
        case .int64: try dataset.read(Int64.self).map(Double.init)
        case .uint64: try dataset.read(UInt64.self).map(Double.init)
        case .float16: try dataset.read(UInt16.self).map { Double(Float(half: $0)) }
        case .float32: try dataset.read(Float.self).map(Double.init)
        case .float64: try dataset.read(Double.self)
        case nil: nil
        }
    }
}

extension Float {
    /// The value of a binary16 pattern, exactly.
    init(half bits: UInt16) {
        let (exponent, fraction) = (Int(bits >> 10 & 0x1F), Float(bits & 0x3FF))
        let magnitude: Float =
            switch exponent {
            case 0: fraction * 0x1p-24
            case 31: fraction == 0 ? .infinity : .nan
            default: Float(sign: .plus, exponent: exponent - 15, significand: 1 + fraction * 0x1p-10)
            }
        self = bits >> 15 == 0 ? magnitude : -magnitude
    }
}
