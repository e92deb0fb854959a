internal import CHDF5

/// How a data set lies in its file. All of it is decided when the data set is created, so it is asked for once.
struct Storage: Sendable {
    enum Layout: Sendable, Hashable {
        /// With the shape of a chunk.
        case chunks([Int])
        case contiguous
        /// Inside the object's header.
        case compact
        /// In other files: external storage, a virtual data set.
        case elsewhere
    }

    let layout: Layout
    /// The number type, nil for text and for types that we do not use.
    let elementType: ElementType?
    /// The names of the filters, in the order in which a chunk passes them.
    let filterNames: [String]
    /// The filters, nil where one is not of those that archives use.
    let filters: [ChunkFilter]?
    /// The first filter that archives do not use, or that stands there twice.
    let foreignFilter: String?
    /// Chunks that reach beyond the data set pass no filter.
    let leavesEdgesUnfiltered: Bool
    /// What an element is that was never written; nil where only libhdf5 can tell.
    let fill: [UInt8]?
    /// libhdf5 reads what was never written by leaving the memory as it is.
    let leavesGaps: Bool

    /// To be called under the lock, with the data set and its creation properties.
    init(of dataset: hid_t, type: hid_t, creation: hid_t) {
        elementType = ElementType(identifier: type)
        let kind = H5Pget_layout(creation)
        if H5Pget_external_count(creation) > 0 || kind == H5D_VIRTUAL {
            layout = .elsewhere
        } else if kind == H5D_CHUNKED {
            var extents = [hsize_t](repeating: 0, count: Int(H5S_MAX_RANK))
            let rank = H5Pget_chunk(creation, Int32(extents.count), &extents)
            layout = .chunks(extents.prefix(max(0, Int(rank))).map { Int(clamping: $0) })
        } else {
            layout = kind == H5D_CONTIGUOUS ? .contiguous : .compact
        }
        var names: [String] = []
        var known: [ChunkFilter] = []
        var foreign: String?
        for index in 0..<UInt32(max(0, H5Pget_nfilters(creation))) {
            var (flags, configuration) = (UInt32(0), UInt32(0))
            var values = [UInt32](repeating: 0, count: 8)
            var count = values.count
            var text = [CChar](repeating: 0, count: 256)
            let identifier = H5Pget_filter2(
                creation, index, &flags, &count, &values, text.count - 1, &text, &configuration)
            let name = text.withUnsafeBufferPointer { $0.baseAddress.map { String(cString: $0) } ?? "" }
            names.append(name)
            let filter = ChunkFilter(identifier: identifier, values: values.prefix(min(count, values.count)))
            if let filter, !known.contains(filter) {
                known.append(filter)
            } else {
                foreign = foreign ?? (filter == nil ? name : "\(name) (twice)")
            }
        }
        filterNames = names
        foreignFilter = foreign
        filters = foreign == nil ? known : nil
        var options: UInt32 = 0
        let hasOptions = kind == H5D_CHUNKED && H5Pget_chunk_opts(creation, &options) >= 0
        leavesEdgesUnfiltered = hasOptions && options & UInt32(H5D_CHUNK_DONT_FILTER_PARTIAL_CHUNKS) != 0
        var status = H5D_FILL_VALUE_ERROR
        var time = H5D_FILL_TIME_ERROR
        H5Pfill_value_defined(creation, &status)
        H5Pget_fill_time(creation, &time)
        leavesGaps = time == H5D_FILL_TIME_NEVER || status == H5D_FILL_VALUE_UNDEFINED
        if let size = elementType?.size {
            var bytes = [UInt8](repeating: 0, count: size)
            let isOurs = leavesGaps || status == H5D_FILL_VALUE_DEFAULT
            fill = isOurs || H5Pget_fill_value(creation, type, &bytes) >= 0 ? bytes : nil
        } else {
            fill = nil
        }
        H5Eclear2(hid_t(H5E_DEFAULT))
    }
}
