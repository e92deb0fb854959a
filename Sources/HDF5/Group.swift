internal import CHDF5

/// A group: names, each with a group or a data set behind it.
///
/// Only hard links are followed, unless the file is trusted with others. A soft or external link could lead out of the
/// file, and its name counts as absent.
public final class Group: Object, @unchecked Sendable {
    /// What lies behind a name.
    public enum ChildKind: String, Sendable, Hashable { case group, dataset, other }

    /// How a name leads to what lies behind it.
    public enum LinkKind: String, Sendable, Hashable {
        case hard
        /// To a path in the same file.
        case soft
        /// To a path in another file.
        case external
        /// A kind that a program has defined for itself.
        case other
    }

    init(opening name: String, in parent: Handle, file place: Place) throws(HDF5Error) {
        let handle = try Library.open("open the group", at: place.text, parent: parent) {
            H5Gopen2(parent.id, name, hid_t(H5P_DEFAULT))
        }
        super.init(handle: handle, place: place)
    }

    private init(handle: Handle, at place: Place) { super.init(handle: handle, place: place) }

    /// Creates a group. The name must not exist.
    @discardableResult
    public func createGroup(_ name: String) throws(HDF5Error) -> Group {
        let place = place.child(name)
        let created = try Library.open("create the group", at: place.text, parent: handle) {
            H5Gcreate2(handle.id, name, hid_t(H5P_DEFAULT), hid_t(H5P_DEFAULT), hid_t(H5P_DEFAULT))
        }
        return Group(handle: created, at: place)
    }

    /// Opens a group by one name; a path with `/` inside is not followed.
    public func group(_ name: String) throws(HDF5Error) -> Group {
        guard try kind(of: name) == .group else { throw absent("group", name) }
        return try Group(opening: name, in: handle, file: place.child(name))
    }

    /// Opens a data set by one name; a path with `/` inside is not followed.
    public func dataset(_ name: String) throws(HDF5Error) -> Dataset {
        guard try kind(of: name) == .dataset else { throw absent("data set", name) }
        let place = place.child(name)
        return Dataset(
            handle: try Library.open("open the data set", at: place.text, parent: handle) {
                H5Dopen2(handle.id, name, hid_t(H5P_DEFAULT))
            }, place: place)
    }

    private func absent(_ noun: String, _ name: String) -> HDF5Error {
        HDF5Error(operation: "open the \(noun)", place: place.child(name).text, causes: ["there is none of this name"])
    }

    /// What lies behind a name of this group; nil where nothing does, or a link that is not a hard one.
    public func kind(of name: String) throws(HDF5Error) -> ChildKind? {
        guard let link = try linkKind(of: name), follows(link) else { return nil }
        let type = try Library.call("look up “\(name)”", at: place.child(name).text) {
            chdf5_object_type(handle.id, name)
        }
        switch H5O_type_t(type) {
        case H5O_TYPE_GROUP: return .group
        case H5O_TYPE_DATASET: return .dataset
        default: return .other
        }
    }

    /// Whether the file is trusted with links of a kind.
    public func follows(_ link: LinkKind) -> Bool { link == .hard || place.trust.contains(.links) }

    /// How a name of this group leads on; nil where there is none of this name. No link is followed.
    public func linkKind(of name: String) throws(HDF5Error) -> LinkKind? {
        guard !name.isEmpty, !name.utf8.contains(UInt8(ascii: "/")), name != "." else { return nil }
        let exists = try Library.call("look up “\(name)”", at: place.text) {
            H5Lexists(handle.id, name, hid_t(H5P_DEFAULT))
        }
        guard exists > 0 else { return nil }
        switch Library.locked({ chdf5_link_type(handle.id, name) }) {
        case H5L_TYPE_HARD: return .hard
        case H5L_TYPE_SOFT: return .soft
        case H5L_TYPE_EXTERNAL: return .external
        default: return .other
        }
    }

    /// The names in this group that are hard links, ordered by their Unicode scalars, each with what lies behind it.
    public func children() throws(HDF5Error) -> [(name: String, kind: ChildKind)] {
        var children: [(name: String, kind: ChildKind)] = []
        for name in try names() {
            if let kind = try kind(of: name) { children.append((name, kind)) }
        }
        return children
    }

    /// All names in this group, links of every kind among them, ordered by their Unicode scalars.
    public func names() throws(HDF5Error) -> [String] {
        let operation = "list the group"
        let links = try Library.call(operation, at: place.text) { chdf5_link_count(handle.id) }
        let names = CollectedNames()
        var buffer: [CChar] = []
        for index in 0..<max(0, links) {
            let length = try Library.call(operation, at: place.text) {
                H5Lget_name_by_idx(
                    handle.id, ".", H5_INDEX_NAME, H5_ITER_INC, hsize_t(index), nil, 0, hid_t(H5P_DEFAULT))
            }
            buffer = [CChar](repeating: 0, count: length + 1)
            try call(operation) {
                H5Lget_name_by_idx(
                    handle.id, ".", H5_INDEX_NAME, H5_ITER_INC, hsize_t(index), &buffer, buffer.count,
                    hid_t(H5P_DEFAULT))
            }
            buffer.withUnsafeBufferPointer { text in text.baseAddress.map(names.append) }
        }
        return try names.valid(in: self, operation)
    }

    /// Creates a data set filled with zeros.
    ///
    /// - Parameters:
    ///   - name: its name in this group.
    ///   - type: of its elements.
    ///   - shape: its extent along each axis.
    ///   - growable: whether axis 0 may be extended; then a chunk shape must be given.
    ///   - chunk: shape of one chunk, nil for one contiguous block. Axes are cut to the shape where that is fixed.
    ///   - deflate: level 1 to 9 of the deflate filter, nil for none; needs chunks.
    @discardableResult
    public func createDataset(
        _ name: String, of type: ElementType, shape: [Int], growable: Bool = false, chunk: [Int]? = nil,
        deflate: Int? = nil
    ) throws(HDF5Error) -> Dataset {
        try createDataset(
            name, identifier: type.identifier, shape: shape, growable: growable, chunk: chunk, deflate: deflate)
    }

    private func createDataset(
        _ name: String, identifier: hid_t, shape: [Int], growable: Bool, chunk: [Int]?, deflate: Int?
    ) throws(HDF5Error) -> Dataset {
        precondition(chunk == nil || chunk?.count == shape.count, "a chunk has the rank of its data set")
        precondition(chunk != nil || !growable && deflate == nil, "growing and deflating need chunks")
        precondition(!growable || !shape.isEmpty, "a scalar cannot grow")
        let place = place.child(name)
        let operation = "create the data set"
        let space = try Library.open(operation, at: place.text, parent: nil) {
            guard !shape.isEmpty else { return H5Screate(H5S_SCALAR) }
            let extent = shape.map { hsize_t($0) }
            var maximum = extent
            if growable { maximum[0] = chdf5_unlimited() }
            return H5Screate_simple(Int32(shape.count), extent, maximum)
        }
        let creation = try Library.open(operation, at: place.text, parent: nil) {
            H5Pcreate(chdf5_dataset_create_class())
        }
        try Library.call(operation, at: place.text) { H5Pset_obj_track_times(creation.id, false) }
        // Without this, libhdf5 writes fill values to every new chunk before the data.
        try Library.call(operation, at: place.text) { H5Pset_fill_time(creation.id, H5D_FILL_TIME_IFSET) }
        if let chunk, growable || !shape.contains(0) {
            let cut = chunk.indices.map { axis in
                hsize_t(growable && axis == 0 ? chunk[axis] : min(chunk[axis], shape[axis]))
            }
            try Library.call(operation, at: place.text) { H5Pset_chunk(creation.id, Int32(cut.count), cut) }
            if let deflate {
                try Library.call(operation, at: place.text) { H5Pset_deflate(creation.id, UInt32(deflate)) }
            }
        }
        let created = try Library.open(operation, at: place.text, parent: handle) {
            H5Dcreate2(
                handle.id, name, identifier, space.id, hid_t(H5P_DEFAULT), creation.id, hid_t(H5P_DEFAULT))
        }
        return Dataset(handle: created, place: place)
    }

    /// Creates a data set and writes `values` to it, row-major; without a shape it has one dimension.
    @discardableResult
    public func write<T: Element>(
        _ values: [T], to name: String, shape: [Int]? = nil, chunk: [Int]? = nil, deflate: Int? = nil
    ) throws(HDF5Error) -> Dataset {
        let dataset = try createDataset(
            name, of: T.elementType, shape: shape ?? [values.count], chunk: chunk, deflate: deflate)
        try dataset.write(values)
        return dataset
    }

    /// Creates a one-dimensional data set of variable-length UTF-8 strings.
    @discardableResult
    public func write(_ texts: [String], to name: String, chunk: Int? = nil, deflate: Int? = nil) throws(HDF5Error)
        -> Dataset
    {
        let type = try makeStringType("create the data set", at: place.child(name).text)
        let dataset = try createDataset(
            name, identifier: type.id, shape: [texts.count], growable: false, chunk: chunk.map { [$0] },
            deflate: deflate)
        try dataset.write(texts)
        return dataset
    }
}
