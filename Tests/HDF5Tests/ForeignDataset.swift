import CHDF5
import HDF5

/// A data set as any program could write it, made by libhdf5 itself: filters, fill values and layouts that archives do not
/// have.
struct ForeignDataset {
    enum Filter { case deflate, shuffle, fletcher32 }

    var type = ElementType.float32
    var shape: [Int]
    /// Nil for a contiguous one.
    var chunk: [Int]?
    var filters: [Filter] = []
    var growable = false
    /// The bytes of an element that was never written; nil for zeros.
    var fill: [UInt8]?
    var leavesEdgesUnfiltered = false
    var isOldFormat = false
    var userBlock = 0
    /// Takes the place of all chunks that a program could allocate only when they are written.
    var isAllocatedEarly = false

    /// What is written: a block, row-major.
    struct Block {
        let start: [Int]
        let count: [Int]
        let bytes: [UInt8]
    }

    /// A chunk as it is stored, whatever its filters would make of it.
    struct RawChunk {
        let corner: [Int]
        var mask: UInt32 = 0
        let bytes: [UInt8]
    }

    /// Creates a file with this data set, named `x`.
    func write(_ blocks: [Block], raw: [RawChunk] = [], to path: String) {
        Library.locked {
            let access = H5Pcreate(chdf5_file_access_class())
            let creation = H5Pcreate(chdf5_file_create_class())
            if isOldFormat {
                H5Pset_libver_bounds(access, H5F_LIBVER_EARLIEST, H5F_LIBVER_V18)
            } else {
                H5Pset_libver_bounds(access, H5F_LIBVER_V110, H5F_LIBVER_V110)
            }
            H5Pset_userblock(creation, hsize_t(userBlock))
            let file = H5Fcreate(path, chdf5_create_replacing(), creation, access)
            let extents = shape.map { hsize_t($0) }
            var most = extents
            if growable { most[0] = chdf5_unlimited() }
            let space = H5Screate_simple(Int32(shape.count), extents, most)
            let layout = H5Pcreate(chdf5_dataset_create_class())
            if let chunk { H5Pset_chunk(layout, Int32(chunk.count), chunk.map { hsize_t($0) }) }
            for filter in filters {
                switch filter {
                case .deflate: H5Pset_deflate(layout, 1)
                case .shuffle: H5Pset_shuffle(layout)
                case .fletcher32: H5Pset_fletcher32(layout)
                }
            }
            if leavesEdgesUnfiltered { H5Pset_chunk_opts(layout, UInt32(H5D_CHUNK_DONT_FILTER_PARTIAL_CHUNKS)) }
            if isAllocatedEarly { H5Pset_alloc_time(layout, H5D_ALLOC_TIME_EARLY) }
            if let fill { H5Pset_fill_value(layout, identifier, fill) }
            let dataset = H5Dcreate2(
                file, "x", identifier, space, hid_t(H5P_DEFAULT), layout, hid_t(H5P_DEFAULT))
            precondition(dataset >= 0, "libhdf5 makes \(self)")
            for block in blocks {
                let memory = H5Screate_simple(Int32(block.count.count), block.count.map { hsize_t($0) }, nil)
                H5Sselect_hyperslab(
                    space, H5S_SELECT_SET, block.start.map { hsize_t($0) }, nil, block.count.map { hsize_t($0) }, nil)
                let status = H5Dwrite(dataset, identifier, memory, space, hid_t(H5P_DEFAULT), block.bytes)
                precondition(status >= 0, "libhdf5 writes \(self)")
                H5Sclose(memory)
            }
            for chunk in raw {
                let status = H5Dwrite_chunk(
                    dataset, hid_t(H5P_DEFAULT), chunk.mask, chunk.corner.map { hsize_t($0) }, chunk.bytes.count,
                    chunk.bytes)
                precondition(status >= 0, "libhdf5 writes a chunk of \(self)")
            }
            H5Dclose(dataset)
            H5Pclose(layout)
            H5Sclose(space)
            H5Fclose(file)
            H5Pclose(creation)
            H5Pclose(access)
        }
    }

    /// A chunk of the data set `x` as it is stored, and where.
    static func chunk(at corner: [Int], in path: String) -> (bytes: [UInt8], address: Int) {
        Library.locked {
            let file = H5Fopen(path, chdf5_read_only(), hid_t(H5P_DEFAULT))
            let dataset = H5Dopen2(file, "x", hid_t(H5P_DEFAULT))
            let offset = corner.map { hsize_t($0) }
            var (mask, address, size) = (UInt32(0), haddr_t(0), hsize_t(0))
            H5Dget_chunk_info_by_coord(dataset, offset, &mask, &address, &size)
            var bytes = [UInt8](repeating: 0, count: Int(size))
            H5Dread_chunk(dataset, hid_t(H5P_DEFAULT), offset, &mask, &bytes)
            H5Dclose(dataset)
            H5Fclose(file)
            return (bytes, Int(address))
        }
    }

    private var identifier: hid_t {
        switch type {
        case .uint8: chdf5_uint8()
        case .int32: chdf5_int32()
        case .int64: chdf5_int64()
        case .uint64: chdf5_uint64()
        case .float32: chdf5_float32()
        case .float64: chdf5_float64()
        case .float16: preconditionFailure("libhdf5 1.10 has no name for it")
        }
    }
}
