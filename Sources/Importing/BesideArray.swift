internal import Activations
internal import HDF5

/// An array that belongs to no epoch, such as inputs or labels: a `.npy` file, or a data set written `file.h5:/path`.
struct BesideArray {
    let place: String
    let shape: [Int]
    let values: ElementArray

    init(_ place: String, _ shape: [Int], _ values: ElementArray) {
        self.place = place
        self.shape = shape
        self.values = values
    }

    /// Reads it, whole.
    init(readingFrom place: String) throws(ImportError) {
        self.place = place
        if let colon = place.indices.last(where: { place[$0...].hasPrefix(":/") }) {
            let dataset = try Self.dataset(String(place[place.index(after: colon)...]), of: String(place[..<colon]))
            shape = try StoredArrays.layout(of: dataset).shape
            values = try StoredArrays.read(dataset)
            return
        }
        guard place.hasSuffix(".npy") else {
            throw ImportError(
                "\(place): is neither a .npy file nor a data set, as in file.h5:/path. Give one of these.")
        }
        let source = try NumPySource(file: place)
        shape = source.layout.shape
        values = try source.readFile()
    }

    private static func dataset(_ path: String, of file: String) throws(ImportError) -> Dataset {
        _ = try FileRegion(file)
        let names = path.split(separator: "/").map(String.init)
        guard let last = names.last else {
            throw ImportError("\(file):/: names no data set. Write file.h5:/path/of/dataset.")
        }
        return try StoredArrays.reading { () throws(HDF5Error) in
            var group = try File(opening: file).root
            for name in names.dropLast() { group = try group.group(name) }
            return try group.dataset(last)
        }
    }

    /// The length of the first axis; 1 where there is none.
    var samples: Int { shape.first ?? 1 }

    /// As inputs of a split.
    func inputs() throws(ImportError) -> Cell {
        guard !shape.isEmpty, values.count > 0 else {
            throw ImportError("\(place): shape \(shape) holds no inputs; expected samples by features. Give another.")
        }
        return Cell(samples: shape[0], unitShape: Array(shape.dropFirst()), values: values)
    }

    /// As labels of a split: whole numbers are classes, others are to be predicted.
    func labels(names: [String]) throws(ImportError) -> Labels {
        guard (1...2).contains(shape.count), values.count > 0 else {
            throw ImportError(
                "\(place): shape \(shape) holds no labels; expected one or a row per sample. Give another.")
        }
        switch values {
        case .float16, .float32, .float64:
            guard names.isEmpty else {
                throw ImportError(
                    "\(place): holds \(values.elementType.rawValue), which are numbers to predict and have no class "
                        + "names. Save class ids as int64, or leave --class-names out.")
            }
            return .values(values.asDouble(), width: shape.count == 2 ? shape[1] : 1)
        default: return .classes(try integers(noun: "class ids"), names: names)
        }
    }

    /// As one whole number per sample.
    func integers(noun: String) throws(ImportError) -> [Int] {
        guard shape.count == 1 || shape.count == 2 && shape[1] == 1 else {
            throw ImportError("\(place): shape \(shape); expected one of the \(noun) per sample. Give another.")
        }
        switch values {
        case .uint8(let values): return values.map { Int($0) }
        case .int32(let values): return values.map { Int($0) }
        case .int64(let values): return values.map { Int($0) }
        case .float16, .float32, .float64:
            throw ImportError("\(place): holds \(values.elementType.rawValue); expected whole numbers. Save int64.")
        }
    }
}
