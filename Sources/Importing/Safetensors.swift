internal import Activations
internal import FoundationEssentials

/// An epoch in a `.safetensors` file: eight bytes with the length of a JSON header, the header, the data.
///
/// Source: the format's description in the README of github.com/huggingface/safetensors.
private struct SafetensorsEpoch: EpochSource {
    let epoch: Int
    let place: String
    let arrays: [String: TensorLayout]
    private let starts: [String: Int]

    /// The format's own limit of a header.
    private static let largestHeader = 100_000_000

    init(_ epoch: Int, file path: String) throws(ImportError) {
        self.epoch = epoch
        place = path
        let file = try FileRegion(path)
        guard file.size >= 8 else {
            throw ImportError("\(path): \(file.size) bytes are no safetensors file. Copy it again.")
        }
        let claim = try file.read(0..<8).reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        guard claim <= UInt64(min(Self.largestHeader, file.size - 8)) else {
            throw ImportError(
                "\(path): claims a header of \(claim) bytes in a file of \(file.size). It is cut off or no safetensors "
                    + "file: copy it again.")
        }
        let dataStart = 8 + Int(claim)
        let header: [String: Field]
        do {
            header = try JSONDecoder().decode([String: Field].self, from: Data(try file.read(8..<dataStart)))
        } catch let error as ImportError {
            throw error
        } catch {
            throw ImportError("\(path): its header is not the JSON of a safetensors file. Copy or save it again.")
        }
        var arrays: [String: TensorLayout] = [:]
        var starts: [String: Int] = [:]
        for (name, field) in header {
            guard case .tensor(let tensor) = field else {
                guard name == "__metadata__" else {
                    throw ImportError("\(path):\(name): has no dtype, shape and offsets. Save the file again.")
                }
                continue
            }
            let layout = try tensor.layout(at: "\(path):\(name)")
            let offsets = tensor.offsets
            guard offsets.count == 2, offsets[0] >= 0, offsets[0] <= offsets[1], offsets[1] <= file.size - dataStart,
                offsets[1] - offsets[0] == layout.bytes
            else {
                throw ImportError(
                    "\(path):\(name): lies at \(offsets) of \(file.size - dataStart) bytes; its shape \(tensor.shape) "
                        + "takes \(layout.bytes). The file is cut off or damaged: copy it again.")
            }
            arrays[name] = layout
            starts[name] = dataStart + offsets[0]
        }
        self.arrays = arrays
        self.starts = starts
    }

    func read(_ name: String) throws(ImportError) -> ElementArray {
        guard let layout = arrays[name], let start = starts[name] else {
            preconditionFailure("only arrays of this epoch are read")
        }
        let file = try FileRegion(place)
        guard start + layout.bytes <= file.size else {
            throw ImportError("\(place): it became shorter meanwhile. Import again when nothing changes it.")
        }
        let bytes = try file.read(start..<start + layout.bytes)
        var result: Result<ElementArray, ImportError>?
        bytes.withUnsafeBytes { raw in
            result = Result { () throws(ImportError) in try layout.elements(of: raw, at: "\(place):\(name)") }
        }
        return try result!.get()
    }

    private enum Field: Decodable {
        case tensor(Tensor)
        case other

        init(from decoder: any Decoder) throws {
            self = (try? Tensor(from: decoder)).map { .tensor($0) } ?? .other
        }
    }

    private struct Tensor: Decodable {
        let dtype: String
        let shape: [Int]
        let offsets: [Int]

        enum CodingKeys: String, CodingKey {
            case dtype, shape
            case offsets = "data_offsets"
        }

        func layout(at place: String) throws(ImportError) -> TensorLayout {
            let kinds: [String: TensorLayout.Kind] = [
                "F16": .float16, "BF16": .bfloat16, "F32": .float32, "F64": .float64, "BOOL": .bool,
                "I8": .signed(bytes: 1), "I16": .signed(bytes: 2), "I32": .signed(bytes: 4), "I64": .signed(bytes: 8),
                "U8": .unsigned(bytes: 1), "U16": .unsigned(bytes: 2), "U32": .unsigned(bytes: 4),
                "U64": .unsigned(bytes: 8),
            ]
            guard let kind = kinds[dtype] else {
                throw ImportError(
                    "\(place): is of type \(dtype); expected \(kinds.keys.sorted().joined(separator: ", ")). Convert it."
                )
            }
            guard let layout = TensorLayout(kind, shape: shape) else {
                throw ImportError("\(place): the shape \(shape) is impossible. Save it again.")
            }
            return layout
        }
    }
}

/// Epochs of the layout `safetensors`.
func safetensorsEpochs(in paths: [String]) throws(ImportError) -> EpochSources {
    var sources = EpochSources()
    try Folder.epochs(in: paths, ending: ".safetensors", folders: false, into: &sources) {
        (epoch, path, _) throws(ImportError) in try SafetensorsEpoch(epoch, file: path)
    }
    return sources
}
