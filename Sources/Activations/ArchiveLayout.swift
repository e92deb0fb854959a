/// How data lie in chunks, and how names are written.
enum ArchiveLayout {
    /// No chunk of a layer is larger, unless one sample is.
    static let chunkBytes = 16 * 1024 * 1024
    /// Rows per chunk of everything that has a few bytes per record.
    static let seriesRows = 128

    /// Samples per chunk: ceil(n/m), m the fewest chunks of at most 16 MiB. Whole rows, because a chunk that splits
    /// the units makes reading a record 37 times slower.
    static func samplesPerChunk(samples: Int, bytesPerSample: Int) -> Int {
        let most = max(1, chunkBytes / max(1, bytesPerSample))
        let chunks = max(1, (samples + most - 1) / most)
        return max(1, (samples + chunks - 1) / chunks)
    }

    /// The largest id, in bytes.
    static let idBytes = 128

    /// Whether `id` can stand in file names, keys and addresses as it is: ASCII letters, digits and `-._`, and no dot
    /// in front. Every UUID is one.
    static func isPlain(_ id: String) -> Bool {
        let bytes = Array(id.utf8)
        return (1...idBytes).contains(bytes.count) && bytes[0] != UInt8(ascii: ".")
            && bytes.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"):
                    true
                default: false
                }
            }
    }

    /// A framework's name as it stands in the archive: `/` would make groups.
    static func stored(_ name: String) -> String {
        String(name.map { $0 == "/" ? ":" : $0 })
    }
}
