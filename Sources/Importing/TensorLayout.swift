internal import Activations

/// How the numbers of an array lie in a file of any of the layouts.
struct TensorLayout: Hashable {
    enum Kind: Hashable {
        case float16, bfloat16, float32, float64, bool
        case signed(bytes: Int)
        case unsigned(bytes: Int)

        var size: Int {
            switch self {
            case .bool: 1
            case .float16, .bfloat16: 2
            case .float32: 4
            case .float64: 8
            case .signed(let bytes), .unsigned(let bytes): bytes
            }
        }

        /// As what the numbers stand in memory and in the archive; exact.
        var type: NumberType {
            switch self {
            case .float16: .float16
            case .bfloat16, .float32: .float32
            case .float64: .float64
            case .bool, .unsigned(bytes: 1): .uint8
            case .signed(bytes: 1), .signed(bytes: 2), .signed(bytes: 4), .unsigned(bytes: 2): .int32
            case .signed, .unsigned: .int64
            }
        }
    }

    let kind: Kind
    let shape: [Int]
    /// Whether the bytes of a number are in big-endian order.
    let isBig: Bool
    /// Whether the first axis runs fastest.
    let isFortran: Bool
    /// Numbers.
    let count: Int
    /// What all numbers take up in the file.
    let bytes: Int

    /// Nil where no memory could hold an array of this shape.
    init?(_ kind: Kind, shape: [Int], isBig: Bool = false, isFortran: Bool = false) {
        var total = kind.size
        for axis in shape {
            let (product, overflow) = total.multipliedReportingOverflow(by: axis)
            guard axis >= 0, !overflow, product < 1 << 50 else { return nil }
            total = product
        }
        self.kind = kind
        self.shape = shape
        self.isBig = isBig
        self.isFortran = isFortran && shape.count > 1
        count = total / kind.size
        bytes = total
    }

    /// The numbers, row-major.
    ///
    /// - Precondition: there are ``bytes`` of them.
    func elements(of raw: UnsafeRawBufferPointer, at place: String) throws(ImportError) -> ElementArray {
        precondition(raw.count == bytes, "as many bytes as the shape takes")
        switch kind {
        case .float16: return .float16(load(raw, UInt16.self))
        case .bfloat16: return .float32(load(raw, UInt16.self).map { Float(bitPattern: UInt32($0) << 16) })
        case .float32: return .float32(load(raw, UInt32.self).map { Float(bitPattern: $0) })
        case .float64: return .float64(load(raw, UInt64.self).map { Double(bitPattern: $0) })
        case .bool, .unsigned(bytes: 1): return .uint8(load(raw, UInt8.self))
        case .unsigned(bytes: 2): return .int32(load(raw, UInt16.self).map { Int32($0) })
        case .unsigned(bytes: 4): return .int64(load(raw, UInt32.self).map { Int64($0) })
        case .signed(bytes: 1): return .int32(load(raw, Int8.self).map { Int32($0) })
        case .signed(bytes: 2): return .int32(load(raw, Int16.self).map { Int32($0) })
        case .signed(bytes: 4): return .int32(load(raw, Int32.self))
        case .signed: return .int64(load(raw, Int64.self))
        case .unsigned:
            let values = load(raw, UInt64.self)
            if let value = values.first(where: { $0 > UInt64(Int64.max) }) {
                throw ImportError("\(place): \(value) is beyond int64. Save it as another type.")
            }
            return .int64(values.map { Int64($0) })
        }
    }

    private func load<T: FixedWidthInteger & BitwiseCopyable>(_ raw: UnsafeRawBufferPointer, _: T.Type) -> [T] {
        var values = [T](unsafeUninitializedCapacity: count) { buffer, filled in
            UnsafeMutableRawBufferPointer(buffer).copyMemory(from: raw)
            filled = count
        }
        if isBig { for index in values.indices { values[index] = T(bigEndian: values[index]) } }
        return isFortran ? rowMajor(values) : values
    }

    private func rowMajor<T>(_ values: [T]) -> [T] {
        var strides = [Int](repeating: 1, count: shape.count)
        for axis in shape.indices.dropLast().reversed() { strides[axis] = strides[axis + 1] * shape[axis + 1] }
        var result = values
        var place = [Int](repeating: 0, count: shape.count)
        var target = 0
        for value in values {
            result[target] = value
            for axis in shape.indices {
                place[axis] += 1
                target += strides[axis]
                if place[axis] < shape[axis] { break }
                target -= strides[axis] * shape[axis]
                place[axis] = 0
            }
        }
        return result
    }
}

/// One recorded epoch in a foreign layout.
protocol EpochSource {
    var epoch: Int { get }
    /// File, folder or group, for messages.
    var place: String { get }
    /// All arrays by name; no data have been read for this.
    var arrays: [String: TensorLayout] { get }
    /// Reads the numbers of one, row-major.
    func read(_ name: String) throws(ImportError) -> ElementArray
}

/// What is found in the sources before any data are read.
struct EpochSources {
    /// Ascending, each number once.
    var epochs: [any EpochSource] = []
    /// Files that hold what does not belong to an epoch: `inputs`, `labels`, `sample_ids`, where they lie beside.
    var beside: [String: String] = [:]
    /// Everything wrong.
    var problems: [String] = []

    /// Orders the epochs and names those that occur twice.
    mutating func order() {
        epochs.sort { $0.epoch < $1.epoch }
        for (first, second) in zip(epochs, epochs.dropFirst()) where first.epoch == second.epoch {
            problems.append(
                "\(second.place): is epoch \(second.epoch) by its last number, and so is \(first.place). "
                    + "Rename one, or move it away.")
        }
    }

    /// The last whole number in a name.
    static func epoch(in name: String) -> Int? {
        let runs = name.split { !($0.isASCII && $0.isNumber) }
        return runs.last.flatMap { Int($0) }
    }
}
