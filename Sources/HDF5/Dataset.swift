internal import CHDF5

/// An n-dimensional array in a file.
public final class Dataset: Object, @unchecked Sendable {
    /// Bytes that were stored when that was last looked up. Under the lock only.
    private var knownSize = 0
    /// How it is stored, once that was looked up. Under the lock only.
    private var knownStorage: Storage?

    /// The number type, nil for text and for types that we do not use (big-endian, compound, ...).
    public var elementType: ElementType? {
        get throws(HDF5Error) { try storage("find the type").elementType }
    }

    /// Whether the elements are variable-length strings.
    public var holdsText: Bool {
        get throws(HDF5Error) {
            let type = try open("find the type") { H5Dget_type(handle.id) }
            return Library.locked { H5Tis_variable_str(type.id) } > 0
        }
    }

    /// The extent of every axis now; empty for a scalar. Axis 0 grows while the file is written.
    public var shape: [Int] {
        get throws(HDF5Error) { try extents().current }
    }

    /// Whether axis 0, and no other, can be extended.
    public var isGrowable: Bool {
        get throws(HDF5Error) {
            let (current, maximum) = try extents()
            return maximum.first == chdf5_unlimited()
                && maximum.dropFirst().elementsEqual(
                    current.dropFirst().map { hsize_t($0) })
        }
    }

    private func extents() throws(HDF5Error) -> (current: [Int], maximum: [hsize_t]) {
        let operation = "find the shape"
        // Of a virtual data set, even the shape can lie in other files.
        try checkLayout(operation)
        let space = try open(operation) { H5Dget_space(handle.id) }
        let rank = Int(try Library.call(operation, at: place.text) { H5Sget_simple_extent_ndims(space.id) })
        guard rank > 0 else { return ([], []) }
        var current = [hsize_t](repeating: 0, count: rank)
        var maximum = current
        try call(operation) { H5Sget_simple_extent_dims(space.id, &current, &maximum) }
        var shape: [Int] = []
        for extent in current {
            guard let extent = Int(exactly: extent) else {
                throw refusal(operation, "an axis claims \(extent) elements")
            }
            shape.append(extent)
        }
        return (shape, maximum)
    }

    /// The shape of a chunk, nil where the data set is not chunked.
    public var chunk: [Int]? {
        get throws(HDF5Error) {
            guard case .chunks(let shape) = try storage("find the layout").layout else { return nil }
            return shape
        }
    }

    /// The names of the filters that every chunk passes, in order ("deflate", "shuffle", ...).
    public var filters: [String] {
        get throws(HDF5Error) { try storage("find the filters").filterNames }
    }

    private func storage(_ operation: String) throws(HDF5Error) -> Storage {
        try Library.locked { () throws(HDF5Error) in
            if let knownStorage { return knownStorage }
            let type = try open(operation) { H5Dget_type(handle.id) }
            let creation = try open(operation) { H5Dget_create_plist(handle.id) }
            let storage = Storage(of: handle.id, type: type.id, creation: creation.id)
            knownStorage = storage
            return storage
        }
    }

    /// Bytes that the data take up in the file. O(chunks).
    public var storageSize: Int { Int(Library.locked { H5Dget_storage_size(handle.id) }) }

    /// How many of the first `rows` rows, without a gap, lie within the first `size` bytes of the file: whole chunks of
    /// them, or all and none where the data set is not chunked. A chunk that cannot be found is not there. O(chunks²).
    public func rows(_ rows: Int, within size: Int) throws(HDF5Error) -> Int {
        func isWithin(_ part: Range<Int>) -> Bool {
            guard let end = try? endInFile(ofRows: part.upperBound, from: part.lowerBound) else { return false }
            return end <= size
        }
        let step = try chunk?.first ?? rows
        guard step > 0 else { return 0 }
        var whole = 0
        while whole < rows {
            let next = min(rows, whole + step)
            guard isWithin(whole..<next) else { return whole }
            whole = next
        }
        return whole
    }

    /// Where in the file the rows before `rows` end, nil where some of them are nowhere. O(chunks).
    ///
    /// A data set of no rows ends at 0; rows count only where the data set is chunked.
    ///
    /// - Parameters:
    ///   - rows: the row after the last one that counts.
    ///   - first: the first row that counts, the first one of a chunk.
    public func endInFile(ofRows rows: Int, from first: Int = 0) throws(HDF5Error) -> Int? {
        let operation = "find the chunks"
        let shape = try shape
        guard let chunk = try chunk else {
            let (offset, size) = Library.locked { (H5Dget_offset(handle.id), H5Dget_storage_size(handle.id)) }
            guard !shape.contains(0) else { return 0 }
            return offset == chdf5_undefined_address() ? nil : Int(exactly: offset).map { $0 + Int(size) }
        }
        var end = 0
        let last = [rows] + shape.dropFirst()
        guard !last.contains(0) else { return 0 }
        var corner = [first] + shape.dropFirst().map { _ in 0 }
        while true {
            var mask: UInt32 = 0
            var address: haddr_t = 0
            var size: hsize_t = 0
            try call(operation) {
                H5Dget_chunk_info_by_coord(handle.id, corner.map { hsize_t($0) }, &mask, &address, &size)
            }
            guard address != chdf5_undefined_address(), let start = Int(exactly: address) else { return nil }
            end = max(end, start + Int(size))
            // The next corner, the last axis first.
            var axis = shape.count - 1
            while axis >= 0 {
                corner[axis] += chunk[axis]
                if corner[axis] < last[axis] { break }
                corner[axis] = 0
                axis -= 1
            }
            if axis < 0 { return end }
        }
    }

    // MARK: Reading

    /// Reads the whole data set, row-major.
    public func read<T: Element>(_: T.Type = T.self) throws(HDF5Error) -> [T] {
        let shape = try shape
        return try read(start: Array(repeating: 0, count: shape.count), count: shape)
    }

    /// Reads the block of `count` elements per axis that begins at `start`, row-major, into a fresh array.
    ///
    /// A claim beyond what the file can hold is refused before memory is taken.
    public func read<T: Element>(_: T.Type = T.self, start: [Int], count: [Int]) throws(HDF5Error) -> [T] {
        let operation = "read the data set"
        let shape = try shape
        let total = try checkedCount(
            operation, start: start, count: count, of: shape, elementSize: T.elementType.size)
        guard try elementType == T.elementType else {
            throw refusal(operation, "it does not hold \(T.elementType.rawValue)")
        }
        guard total > 0 else { return [] }
        var failure: HDF5Error?
        let values = [T](unsafeUninitializedCapacity: total) { buffer, initialized in
            do throws(HDF5Error) {
                let bytes = UnsafeMutableRawBufferPointer(UnsafeMutableBufferPointer(rebasing: buffer[..<total]))
                try read(start: start, count: count, of: shape, as: T.elementType, into: bytes)
                initialized = total
            } catch {
                failure = error
            }
        }
        if let failure { throw explained(failure) }
        return values
    }

    /// Reads a block as `read(_:start:count:)` does, and hands it on piece by piece, in order: each a multiple of `unit`
    /// elements, but for the last ones of a chunk's. Where bytes are stored as they are, a piece is small enough to be looked at
    /// before it leaves the cache, and nothing else is held in memory.
    public func forEachPiece<T: Element>(
        _: T.Type = T.self, start: [Int], count: [Int], unit: Int, _ body: (UnsafeBufferPointer<T>) -> Void
    ) throws(HDF5Error) {
        let operation = "read the data set"
        precondition(unit > 0, "a piece has elements")
        let shape = try shape
        let total = try checkedCount(
            operation, start: start, count: count, of: shape, elementSize: T.elementType.size)
        if total > 0, let source = place.bytes, case let storage = try storage(operation),
            storage.elementType == T.elementType
        {
            let reading = DirectReading(dataset: self, storage: storage, bytes: source, operation: operation)
            let isRead = try reading.forEachPiece(
                start: start, count: count, of: shape, unitBytes: unit * T.elementType.size
            ) { body($0.bindMemory(to: T.self)) }
            if isRead { return }
        }
        try read(T.self, start: start, count: count).withUnsafeBufferPointer(body)
    }

    private func read(
        start: [Int], count: [Int], of shape: [Int], as type: ElementType, into bytes: UnsafeMutableRawBufferPointer
    ) throws(HDF5Error) {
        let operation = "read the data set"
        let storage = try storage(operation)
        if let source = place.bytes {
            let reading = DirectReading(dataset: self, storage: storage, bytes: source, operation: operation)
            if try reading.read(start: start, count: count, of: shape, into: bytes) { return }
        }
        if storage.leavesGaps { bytes.initializeMemory(as: UInt8.self, repeating: 0) }
        let memory = try memorySpace(operation, count)
        let selection = try select(operation, start: start, count: count)
        try call(operation) {
            H5Dread(handle.id, type.identifier, memory.id, selection.id, hid_t(H5P_DEFAULT), bytes.baseAddress)
        }
    }

    /// A filter of a plug-in may not be there.
    private func explained(_ failure: HDF5Error) -> HDF5Error {
        guard let filter = try? storage(failure.operation).foreignFilter else { return failure }
        return HDF5Error(
            operation: failure.operation, place: failure.place, causes: failure.causes,
            remedy: "See that HDF5 finds the plug-in of the filter “\(filter)” and what it needs (HDF5_PLUGIN_PATH); "
                + "if it does, the file is damaged.")
    }

    /// Reads a one-dimensional data set of variable-length strings.
    public func readStrings() throws(HDF5Error) -> [String] {
        let operation = "read the data set"
        let shape = try shape
        guard shape.count == 1 else { throw refusal(operation, "it has \(shape.count) axes, a list of texts has 1") }
        // A reference to a string takes 16 bytes in the file.
        let count = try checkedCount(operation, start: [0], count: shape, of: shape, elementSize: 16)
        let type = try open(operation) { H5Dget_type(handle.id) }
        let space = try open(operation) { H5Dget_space(handle.id) }
        return try readStrings(operation, type: type, space: space, count: count) { type, buffer in
            H5Dread(handle.id, type, hid_t(H5S_ALL), hid_t(H5S_ALL), hid_t(H5P_DEFAULT), buffer)
        }
    }

    // MARK: Writing

    /// Writes the whole data set, row-major.
    public func write<T: Element>(_ values: [T]) throws(HDF5Error) {
        let shape = try shape
        try write(values, start: Array(repeating: 0, count: shape.count), count: shape)
    }

    /// Writes the block of `count` elements per axis that begins at `start`, row-major.
    public func write<T: Element>(_ values: [T], start: [Int], count: [Int]) throws(HDF5Error) {
        let operation = "write the data set"
        precondition(values.count == count.reduce(1, *), "as many values as the block has elements")
        guard try elementType == T.elementType else {
            throw refusal(operation, "it does not hold \(T.elementType.rawValue)")
        }
        guard !values.isEmpty else { return }
        let memory = try memorySpace(operation, count)
        let selection = try select(operation, start: start, count: count)
        try call(operation) {
            values.withUnsafeBytes {
                H5Dwrite(
                    handle.id, T.elementType.identifier, memory.id, selection.id, hid_t(H5P_DEFAULT),
                    $0.baseAddress)
            }
        }
    }

    func write(_ texts: [String]) throws(HDF5Error) {
        guard !texts.isEmpty else { return }
        let operation = "write the data set"
        let type = try open(operation) { H5Dget_type(handle.id) }
        try withCStrings(texts, operation) {
            H5Dwrite(handle.id, type.id, hid_t(H5S_ALL), hid_t(H5S_ALL), hid_t(H5P_DEFAULT), $0)
        }
    }

    /// Extends axis 0 to `rows`; what is new reads as zeros until it is written.
    public func extend(toRows rows: Int) throws(HDF5Error) {
        var extent = try shape.map { hsize_t($0) }
        precondition(!extent.isEmpty, "a scalar has no rows")
        extent[0] = hsize_t(rows)
        try call("extend the data set") { H5Dset_extent(handle.id, extent) }
    }

    // MARK: Checks

    private func select(_ operation: String, start: [Int], count: [Int]) throws(HDF5Error) -> Handle {
        let space = try open(operation) { H5Dget_space(handle.id) }
        guard !count.isEmpty else { return space }
        try call(operation) {
            H5Sselect_hyperslab(
                space.id, H5S_SELECT_SET, start.map { hsize_t($0) }, nil, count.map { hsize_t($0) }, nil)
        }
        return space
    }

    /// Memory of the shape of a block: where its rank is another, libhdf5 goes element by element (25 times slower, measured).
    private func memorySpace(_ operation: String, _ count: [Int]) throws(HDF5Error) -> Handle {
        try open(operation) {
            count.isEmpty
                ? H5Screate(H5S_SCALAR) : H5Screate_simple(Int32(count.count), count.map { hsize_t($0) }, nil)
        }
    }

    /// The number of elements of a block that lies within the data set and can be in the file.
    private func checkedCount(
        _ operation: String, start: [Int], count: [Int], of shape: [Int], elementSize: Int
    ) throws(HDF5Error) -> Int {
        guard start.count == shape.count, count.count == shape.count else {
            throw refusal(operation, "it has \(shape.count) axes, not \(count.count)")
        }
        var total = 1
        var bytes = elementSize
        for axis in shape.indices {
            guard start[axis] >= 0, count[axis] >= 0, start[axis] <= shape[axis] - count[axis] else {
                throw refusal(
                    operation,
                    "axis \(axis) has \(shape[axis]) elements, asked are \(count[axis]) from \(start[axis])")
            }
            let (product, overflow) = bytes.multipliedReportingOverflow(by: count[axis])
            guard !overflow else { throw refusal(operation, "the shape \(shape) is too large for any file") }
            bytes = product
            total = bytes / elementSize
        }
        try checkLayout(operation)
        try checkFilters(operation)
        if place.limitedByFile, bytes > Self.freeClaim { try checkClaim(operation, bytes: bytes) }
        return total
    }

    /// Bytes that are read without looking how many are stored: what was never written reads as zeros.
    private static let freeClaim = 1 << 20

    /// Refuses to read more than what is stored for this data set can become.
    private func checkClaim(_ operation: String, bytes: Int) throws(HDF5Error) {
        // Where libhdf5 runs other programs' filters or reads other files, nothing is known of what comes out.
        let storage = try storage(operation)
        guard storage.layout != .elsewhere, let known = storage.filters else { return }
        let factor = known.contains(.deflate) ? ChunkFilter.largestDeflateFactor : 1
        func holds(_ stored: Int) -> Bool {
            let (capacity, overflow) = stored.multipliedReportingOverflow(by: factor)
            return overflow || bytes <= capacity
        }
        // Looking up what is stored is O(chunks): it only grows, and is remembered.
        if Library.locked({ holds(knownSize) }) { return }
        let stored = Library.locked {
            // Damage can make the sizes of chunks add up to anything.
            knownSize = min(Int(clamping: H5Dget_storage_size(handle.id)), place.fileSize ?? .max)
            return knownSize
        }
        guard holds(stored) else {
            throw refusal(operation, "it claims \(bytes) bytes, but only \(stored) are stored for it")
        }
    }

    /// External and virtual data sets would read other files.
    private func checkLayout(_ operation: String) throws(HDF5Error) {
        guard try storage(operation).layout != .elsewhere || place.trust.contains(.links) else {
            throw HDF5Error(
                operation: operation, place: place.text, causes: ["its data lie in another file"],
                remedy: "Allow links (--allow links) if you trust the file: it can name any file that you may read.")
        }
    }

    private func checkFilters(_ operation: String) throws(HDF5Error) {
        guard !place.trust.contains(.plugins), let filter = try storage(operation).foreignFilter else { return }
        throw HDF5Error(
            operation: operation, place: place.text,
            causes: ["its data went through the filter “\(filter)”; only deflate, shuffle and fletcher32 are taken"],
            remedy:
                "Allow plug-ins (--allow plugins) if you trust the file and the libraries in HDF5's plug-in folder, "
                + "or write it again with another filter.")
    }

    /// Whether the data can be read at all: where they lie, and through which filters they went.
    public func checkReadable() throws(HDF5Error) {
        let operation = "read the data set"
        try checkLayout(operation)
        try checkFilters(operation)
    }
}
