internal import CZip

/// A zip file whose entries are read one by one. What an entry claims to hold is checked before memory is taken.
final class ZipFile {
    struct Entry {
        let name: String
        let index: UInt64
        /// Bytes after decompression.
        let size: Int
    }

    let path: String
    let entries: [Entry]
    private let archive: OpaquePointer

    init(_ path: String) throws(ImportError) {
        self.path = path
        let fileSize = try FileRegion(path).size
        var code: Int32 = 0
        guard let archive = zip_open(path, ZIP_RDONLY, &code) else {
            var error = zip_error_t()
            zip_error_init_with_code(&error, code)
            let reason = String(cString: zip_error_strerror(&error))
            zip_error_fini(&error)
            throw ImportError(
                "\(path): cannot be read as npz, which is a zip file (\(reason)). Save it again by numpy.savez.")
        }
        do throws(ImportError) {
            entries = try Self.entries(of: archive, path, fileSize: fileSize)
        } catch {
            zip_discard(archive)
            throw error
        }
        self.archive = archive
    }

    deinit { zip_discard(archive) }

    private static func entries(
        of archive: OpaquePointer, _ path: String, fileSize: Int
    ) throws(ImportError) -> [Entry] {
        var entries: [Entry] = []
        var names: Set<String> = []
        for index in 0..<UInt64(max(0, zip_get_num_entries(archive, 0))) {
            var status = zip_stat_t()
            zip_stat_init(&status)
            guard zip_stat_index(archive, index, 0, &status) == 0, let text = status.name,
                let name = String(validatingCString: text)
            else {
                throw ImportError("\(path): entry \(index) of the zip file is damaged. Save it again by numpy.savez.")
            }
            guard names.insert(name).inserted else {
                throw ImportError("\(path): holds \(name) twice. Save it again by numpy.savez.")
            }
            guard Int32(status.comp_method) == ZIP_CM_STORE || Int32(status.comp_method) == ZIP_CM_DEFLATE else {
                throw ImportError(
                    "\(path):\(name): is compressed by method \(status.comp_method); expected none or deflate. "
                        + "Save it again by numpy.savez or numpy.savez_compressed.")
            }
            // Deflate cannot shrink anything by more than 1032.
            guard status.comp_size <= UInt64(fileSize), status.size <= status.comp_size * 1032 + 1024 else {
                throw ImportError(
                    "\(path):\(name): claims \(status.size) bytes from \(status.comp_size) in a file of \(fileSize). "
                        + "The file is damaged: save it again.")
            }
            entries.append(Entry(name: name, index: index, size: Int(status.size)))
        }
        return entries
    }

    /// The first bytes of an entry, or all of it; then its checksum is compared, too.
    func read(_ entry: Entry, count: Int) throws(ImportError) -> [UInt8] {
        precondition(count <= entry.size, "no more than there is")
        let place = "\(path):\(entry.name)"
        guard let file = zip_fopen_index(archive, entry.index, 0) else {
            let reason = String(cString: zip_error_strerror(zip_get_error(archive)))
            throw ImportError("\(place): cannot be read (\(reason)). Save it again by numpy.savez.")
        }
        defer { zip_fclose(file) }
        var status: Int64 = 0
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            while filled < count {
                status = zip_fread(file, buffer.baseAddress! + filled, UInt64(count - filled))
                if status <= 0 { break }
                filled += Int(status)
            }
        }
        var isWhole = bytes.count == count
        if isWhole, count == entry.size {
            // The checksum is compared at the end of the data, which only a read beyond meets.
            var byte: UInt8 = 0
            isWhole = zip_fread(file, &byte, 1) == 0
        }
        guard isWhole else {
            throw ImportError(
                "\(place): its data are damaged: \(bytes.count) of \(count) bytes, or a wrong checksum. Copy the file again."
            )
        }
        return bytes
    }
}
