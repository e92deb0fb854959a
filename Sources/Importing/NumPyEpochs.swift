internal import Activations
internal import FoundationEssentials
internal import SampleFiles

extension TensorLayout {
    init?(_ header: NumPyHeader) {
        let kind: Kind
        switch (header.kind, header.size) {
        case ("f", 2): kind = .float16
        case ("f", 4): kind = .float32
        case ("f", _): kind = .float64
        case ("i", let bytes): kind = .signed(bytes: bytes)
        case ("u", let bytes): kind = .unsigned(bytes: bytes)
        default: kind = .bool
        }
        self.init(kind, shape: header.shape, isBig: header.isBig, isFortran: header.isFortran)
    }
}

/// A NumPy array somewhere: in a file of its own or in a zip file. Its header is read, its data are not.
struct NumPySource {
    let place: String
    let layout: TensorLayout
    private let dataStart: Int

    /// - Parameters:
    ///   - size: of the whole file.
    ///   - read: returns the first so many bytes.
    init(
        at place: String, size: Int, read: (Int) throws(ImportError) -> [UInt8]
    ) throws(ImportError) {
        self.place = place
        var beginning = try read(min(size, 4096))
        if let length = NumPyHeader.length(beginning: beginning), length > beginning.count, length <= 1 << 20 {
            beginning = try read(min(size, length))
        }
        let header: NumPyHeader
        do throws(SampleFileError) {
            header = try NumPyHeader(beginning, place)
        } catch {
            throw ImportError(error.description)
        }
        guard let layout = TensorLayout(header) else {
            throw ImportError("\(place): the shape \(header.shape) is impossible. Save it again.")
        }
        guard size - header.dataStart >= layout.bytes else {
            throw ImportError(
                "\(place): \(size - header.dataStart) bytes of data; expected \(layout.bytes) for shape \(header.shape). "
                    + "The file is cut off: copy it again.")
        }
        self.layout = layout
        dataStart = header.dataStart
    }

    /// A `.npy` file.
    init(file path: String) throws(ImportError) {
        let file = try FileRegion(path)
        try self.init(at: path, size: file.size) { count throws(ImportError) in try file.read(0..<count) }
    }

    func elements(of bytes: [UInt8]) throws(ImportError) -> ElementArray {
        var result: Result<ElementArray, ImportError>?
        bytes.withUnsafeBytes { raw in
            let data = UnsafeRawBufferPointer(rebasing: raw[dataStart..<dataStart + layout.bytes])
            result = Result { () throws(ImportError) in try layout.elements(of: data, at: place) }
        }
        return try result!.get()
    }

    /// The numbers of a `.npy` file.
    func readFile() throws(ImportError) -> ElementArray {
        let file = try FileRegion(place)
        guard file.size >= dataStart + layout.bytes else {
            throw ImportError("\(place): it became shorter meanwhile. Import again when nothing changes it.")
        }
        return try elements(of: try file.read(0..<dataStart + layout.bytes))
    }
}

/// An epoch in a `.npz` file.
private struct ZippedEpoch: EpochSource {
    let epoch: Int
    let place: String
    private let sources: [String: NumPySource]

    init(_ epoch: Int, file path: String) throws(ImportError) {
        self.epoch = epoch
        place = path
        let file = try ZipFile(path)
        var sources: [String: NumPySource] = [:]
        for entry in file.entries {
            let name = entry.name.hasSuffix(".npy") ? String(entry.name.dropLast(4)) : entry.name
            sources[name] = try NumPySource(at: "\(path):\(name)", size: entry.size) { count throws(ImportError) in
                try file.read(entry, count: count)
            }
        }
        self.sources = sources
    }

    var arrays: [String: TensorLayout] { sources.mapValues(\.layout) }

    func read(_ name: String) throws(ImportError) -> ElementArray {
        let file = try ZipFile(place)
        guard let source = sources[name],
            let entry = file.entries.first(where: { $0.name == name + ".npy" || $0.name == name })
        else { throw ImportError("\(place): \(name) is no longer there. Import again when nothing changes it.") }
        let bytes = try file.read(entry, count: entry.size)
        guard
            try NumPySource(at: source.place, size: bytes.count, read: { Array(bytes.prefix($0)) }).layout
                == source.layout
        else { throw ImportError("\(source.place): it changed meanwhile. Import again when nothing changes it.") }
        return try source.elements(of: bytes)
    }
}

/// An epoch in a folder of `.npy` files.
private struct FolderEpoch: EpochSource {
    let epoch: Int
    let place: String
    private let sources: [String: NumPySource]

    init(_ epoch: Int, folder path: String) throws(ImportError) {
        self.epoch = epoch
        place = path
        var sources: [String: NumPySource] = [:]
        for name in try Folder.names(in: path) where name.hasSuffix(".npy") {
            sources[String(name.dropLast(4))] = try NumPySource(file: "\(path)/\(name)")
        }
        guard !sources.isEmpty else {
            throw ImportError("\(path): holds no .npy file. Save one per layer, or move the folder away.")
        }
        self.sources = sources
    }

    var arrays: [String: TensorLayout] { sources.mapValues(\.layout) }

    func read(_ name: String) throws(ImportError) -> ElementArray {
        guard let source = sources[name] else { preconditionFailure("only arrays of this epoch are read") }
        return try source.readFile()
    }
}

/// What lies in a folder.
enum Folder {
    /// Names without those that begin with a dot, in natural order.
    static func names(in path: String) throws(ImportError) -> [String] {
        guard let names = try? FileManager.default.contentsOfDirectory(atPath: path) else {
            throw ImportError("\(path): the folder cannot be listed. Check its rights.")
        }
        return names.filter { !$0.hasPrefix(".") }.sorted()
    }

    /// Whether there is something, and whether it is a folder.
    static func kind(of path: String) -> (exists: Bool, isFolder: Bool) {
        let found = FileBytes.exists(path)
        return (found.something, found.folder)
    }

    /// The files of one epoch each in the sources: given themselves, or lying in a given folder.
    static func epochs(
        in paths: [String], ending suffix: String, folders: Bool, into sources: inout EpochSources,
        _ make: (Int, _ path: String, _ isFolder: Bool) throws(ImportError) -> any EpochSource
    ) throws(ImportError) {
        for path in paths {
            let kind = kind(of: path)
            guard kind.exists else {
                sources.problems.append("\(path): there is no such file or folder. Check the path.")
                continue
            }
            guard kind.isFolder else {
                add(path, isFolder: false, to: &sources, make)
                continue
            }
            let before = (sources.epochs.count, sources.problems.count)
            for name in try names(in: path) {
                let child = "\(path.hasSuffix("/") ? String(path.dropLast()) : path)/\(name)"
                let isFolder = Self.kind(of: child).isFolder
                if name.hasSuffix(suffix) && !isFolder || isFolder && folders {
                    add(child, isFolder: isFolder, to: &sources, make)
                } else if let beside = ["inputs", "labels", "sample_ids"].first(where: { name == $0 + ".npy" }) {
                    if let other = sources.beside[beside] {
                        sources.problems.append("\(child): \(other) holds \(beside), too. Name one by an option.")
                    }
                    sources.beside[beside] = child
                }
            }
            if (sources.epochs.count, sources.problems.count) == before {
                sources.problems.append(
                    "\(path): holds no epoch; expected files *\(suffix)\(folders ? " or folders of .npy files" : "") with "
                        + "the number of the epoch in the name. Check the path and --from.")
            }
        }
        sources.order()
    }

    private static func add(
        _ path: String, isFolder: Bool, to sources: inout EpochSources,
        _ make: (Int, _ path: String, _ isFolder: Bool) throws(ImportError) -> any EpochSource
    ) {
        let name = path.split(separator: "/").last.map(String.init) ?? path
        let stem = isFolder ? name : name.split(separator: ".").dropLast().joined(separator: ".")
        guard let epoch = EpochSources.epoch(in: stem.isEmpty ? name : stem) else {
            sources.problems.append(
                "\(path): has no number of an epoch in its name. Rename it, as epoch_10, or move it away.")
            return
        }
        do throws(ImportError) {
            sources.epochs.append(try make(epoch, path, isFolder))
        } catch {
            sources.problems += error.sentences
        }
    }
}

/// Epochs of the layout `npz`.
func numPyEpochs(in paths: [String]) throws(ImportError) -> EpochSources {
    var sources = EpochSources()
    try Folder.epochs(in: paths, ending: ".npz", folders: true, into: &sources) {
        (epoch, path, isFolder) throws(ImportError) in
        if isFolder { return try FolderEpoch(epoch, folder: path) }
        return try ZippedEpoch(epoch, file: path)
    }
    return sources
}
