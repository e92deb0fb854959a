internal import CHDF5

/// The type of variable-length UTF-8 strings.
func makeStringType(_ operation: String, at place: String) throws(HDF5Error) -> Handle {
    let type = try Library.open(operation, at: place, parent: nil) { H5Tcopy(chdf5_c_string()) }
    try Library.call(operation, at: place) { H5Tset_size(type.id, chdf5_variable_length()) }
    try Library.call(operation, at: place) { H5Tset_cset(type.id, H5T_CSET_UTF8) }
    return type
}

extension Object {
    /// Passes `texts` as C strings to a write call.
    func withCStrings(
        _ texts: [String], _ operation: String, _ write: (UnsafeRawPointer) -> herr_t
    ) throws(HDF5Error) {
        var bytes: [UInt8] = []
        var offsets: [Int] = []
        for text in texts {
            offsets.append(bytes.count)
            bytes.append(contentsOf: text.utf8)
            guard !bytes[offsets[offsets.count - 1]...].contains(0) else {
                throw refusal(operation, "a text contains the character U+0000")
            }
            bytes.append(0)
        }
        try call(operation) {
            bytes.withUnsafeBufferPointer { buffer in
                let pointers = offsets.map { buffer.baseAddress?.advanced(by: $0) }
                return pointers.withUnsafeBytes { raw in raw.baseAddress.map(write) ?? 0 }
            }
        }
    }

    /// Reads `count` strings, of variable length, by `read` (memory type, buffer).
    func readStrings(
        _ operation: String, type: Handle, space: Handle, count: Int,
        _ read: (hid_t, UnsafeMutableRawPointer?) -> herr_t
    ) throws(HDF5Error) -> [String] {
        guard Library.locked({ H5Tis_variable_str(type.id) }) > 0 else {
            throw refusal(operation, "its text is not of variable length")
        }
        guard count > 0 else { return [] }
        var pointers = [UnsafeMutablePointer<CChar>?](repeating: nil, count: count)
        try call(operation) { pointers.withUnsafeMutableBytes { read(type.id, $0.baseAddress) } }
        defer {
            Library.locked {
                _ = pointers.withUnsafeMutableBytes {
                    H5Dvlen_reclaim(type.id, space.id, hid_t(H5P_DEFAULT), $0.baseAddress)
                }
            }
        }
        var texts: [String] = []
        texts.reserveCapacity(count)
        for pointer in pointers {
            guard let pointer else {
                texts.append("")
                continue
            }
            guard let text = String(validatingCString: pointer) else {
                throw refusal(operation, "its text is not UTF-8")
            }
            texts.append(text)
        }
        return texts
    }
}
