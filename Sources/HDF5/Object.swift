internal import CHDF5

/// What groups and data sets have in common: a path and attributes.
public class Object: @unchecked Sendable {
    let handle: Handle
    let place: Place

    /// Bytes of the values of an attribute; texts are limited to as many when the file is tried.
    private static let largestAttribute = 16 << 20

    init(handle: Handle, place: Place) {
        self.handle = handle
        self.place = place
    }

    /// The path of the object inside its file: `/splits/train`.
    public final var path: String { place.object }

    /// File and object, for messages: `run.h5:/splits/train`.
    public final var location: String { place.text }

    func call<Status: SignedInteger>(_ operation: String, _ body: () -> Status) throws(HDF5Error) {
        _ = try Library.call(operation, at: place.text, body)
    }

    func open(_ operation: String, _ body: () -> hid_t) throws(HDF5Error) -> Handle {
        try Library.open(operation, at: place.text, parent: handle, body)
    }

    func refusal(_ operation: String, _ reason: String) -> HDF5Error {
        HDF5Error(operation: operation, place: place.text, causes: [reason])
    }

    /// The names of all attributes, ordered by their Unicode scalars.
    public final func attributeNames() throws(HDF5Error) -> [String] {
        let operation = "list the attributes"
        let names = CollectedNames()
        try call(operation) {
            H5Aiterate2(
                handle.id, H5_INDEX_NAME, H5_ITER_INC, nil,
                { _, name, _, names in
                    guard let name, let names else { return -1 }
                    Unmanaged<CollectedNames>.fromOpaque(names).takeUnretainedValue().append(name)
                    return 0
                }, Unmanaged.passUnretained(names).toOpaque())
        }
        return try names.valid(in: self, operation)
    }

    /// The value of an attribute, nil where there is none of this name.
    public final func attribute(_ name: String) throws(HDF5Error) -> Attribute? {
        let operation = "read the attribute “\(name)”"
        let exists = try Library.call(operation, at: place.text) { H5Aexists(handle.id, name) }
        guard exists > 0 else { return nil }
        let attribute = try open(operation) { H5Aopen(handle.id, name, hid_t(H5P_DEFAULT)) }
        let type = try open(operation) { H5Aget_type(attribute.id) }
        let space = try open(operation) { H5Aget_space(attribute.id) }
        let rank = try Library.call(operation, at: place.text) { H5Sget_simple_extent_ndims(space.id) }
        let points = try Library.call(operation, at: place.text) { H5Sget_simple_extent_npoints(space.id) }
        // An attribute lies in an object header or a heap; a million values are no attribute but damage.
        guard rank <= 1, points >= 0, points <= 1_000_000, rank == 1 || points == 1 else {
            throw refusal(operation, "it claims \(points) values on \(rank) axes")
        }
        let size = Library.locked { H5Tget_size(type.id) }
        guard size <= Self.largestAttribute / max(1, Int(points)) else {
            throw refusal(operation, "it claims \(points) values of \(size) bytes, more than 16 MiB")
        }
        let count = Int(points)
        switch Library.locked({ H5Tget_class(type.id) }) {
        case H5T_STRING:
            let strings = try readStrings(operation, type: type, space: space, count: count) {
                H5Aread(attribute.id, $0, $1)
            }
            return rank == 0 ? .string(strings[0]) : .strings(strings)
        case H5T_INTEGER:
            let isByte = Library.locked { H5Tequal(type.id, chdf5_uint8()) } > 0
            var values = [Int64](repeating: 0, count: count)
            try call(operation) {
                values.withUnsafeMutableBytes { H5Aread(attribute.id, chdf5_native_int64(), $0.baseAddress) }
            }
            if rank == 1 { return .int64s(values) }
            return isByte ? .uint8(UInt8(values[0])) : .int64(values[0])
        case H5T_FLOAT:
            var values = [Double](repeating: 0, count: count)
            try call(operation) {
                values.withUnsafeMutableBytes { H5Aread(attribute.id, chdf5_native_float64(), $0.baseAddress) }
            }
            return rank == 0 ? .float64(values[0]) : .float64s(values)
        default:
            throw refusal(operation, "it holds neither text nor numbers")
        }
    }

    /// Creates an attribute, or overwrites in place the value of one that has the same type and length.
    public final func setAttribute(_ name: String, to value: Attribute) throws(HDF5Error) {
        let operation = "write the attribute “\(name)”"
        let type = try value.typeHandle(operation, at: place.text)
        let space = try open(operation) {
            guard let count = value.count else { return H5Screate(H5S_SCALAR) }
            var extent = hsize_t(count)
            return H5Screate_simple(1, &extent, nil)
        }
        let exists = try Library.call(operation, at: place.text) { H5Aexists(handle.id, name) }
        let attribute = try open(operation) {
            exists > 0
                ? H5Aopen(handle.id, name, hid_t(H5P_DEFAULT))
                : H5Acreate2(handle.id, name, type.id, space.id, hid_t(H5P_DEFAULT), hid_t(H5P_DEFAULT))
        }
        if exists > 0 {
            let stored = try open(operation) { H5Aget_space(attribute.id) }
            guard Library.locked({ H5Sextent_equal(stored.id, space.id) }) > 0 else {
                throw refusal(operation, "it exists with another length")
            }
        }
        switch value {
        case .string(let text): try write([text], operation, attribute, type)
        case .strings(let texts): try write(texts, operation, attribute, type)
        case .uint8(let number): try write([number], operation, attribute, type)
        case .int64(let number): try write([number], operation, attribute, type)
        case .int64s(let numbers): try write(numbers, operation, attribute, type)
        case .float64(let number): try write([number], operation, attribute, type)
        case .float64s(let numbers): try write(numbers, operation, attribute, type)
        }
    }

    private func write<T: Element>(
        _ values: [T], _ operation: String, _ attribute: Handle, _ type: Handle
    ) throws(HDF5Error) {
        guard !values.isEmpty else { return }
        try call(operation) { values.withUnsafeBytes { H5Awrite(attribute.id, type.id, $0.baseAddress) } }
    }

    private func write(
        _ texts: [String], _ operation: String, _ attribute: Handle, _ type: Handle
    ) throws(HDF5Error) {
        guard !texts.isEmpty else { return }
        try withCStrings(texts, operation) { H5Awrite(attribute.id, type.id, $0) }
    }
}

/// The value of an attribute: one value, or a one-dimensional array.
public enum Attribute: Sendable, Hashable {
    case string(String)
    case strings([String])
    case uint8(UInt8)
    /// Any integer type but one uint8 is read as this.
    case int64(Int64)
    case int64s([Int64])
    /// Any floating-point type is read as this.
    case float64(Double)
    case float64s([Double])

    /// The number of values, nil for a scalar.
    var count: Int? {
        switch self {
        case .string, .uint8, .int64, .float64: nil
        case .strings(let values): values.count
        case .int64s(let values): values.count
        case .float64s(let values): values.count
        }
    }

    fileprivate func typeHandle(_ operation: String, at place: String) throws(HDF5Error) -> Handle {
        switch self {
        case .string, .strings: return try makeStringType(operation, at: place)
        default: break
        }
        return try Library.open(operation, at: place, parent: nil) {
            switch self {
            case .uint8: H5Tcopy(chdf5_uint8())
            case .float64, .float64s: H5Tcopy(chdf5_float64())
            default: H5Tcopy(chdf5_int64())
            }
        }
    }
}

/// Names that a C callback gathers.
final class CollectedNames {
    private var names: [String?] = []

    func append(_ name: UnsafePointer<CChar>) { names.append(String(validatingCString: name)) }

    func valid(in object: Object, _ operation: String) throws(HDF5Error) -> [String] {
        var valid: [String] = []
        for name in names {
            guard let name else { throw object.refusal(operation, "a name is not UTF-8") }
            valid.append(name)
        }
        return valid.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }
}
