internal import Activations
internal import HDF5

/// An epoch of the deep-bottleneck layout: the group `/<epoch>/activations` with one data set per layer.
private struct GroupEpoch: EpochSource {
    let epoch: Int
    let place: String
    let arrays: [String: TensorLayout]
    private let datasets: [String: Dataset]

    init(_ epoch: Int, group: Group) throws(ImportError) {
        self.epoch = epoch
        place = group.location
        (arrays, datasets) = try StoredArrays.all(in: group)
    }

    func read(_ name: String) throws(ImportError) -> ElementArray {
        guard let dataset = datasets[name] else { preconditionFailure("only arrays of this epoch are read") }
        return try StoredArrays.read(dataset)
    }
}

/// Arrays in HDF5 files of any origin.
enum StoredArrays {
    static func all(in group: Group) throws(ImportError) -> ([String: TensorLayout], [String: Dataset]) {
        var layouts: [String: TensorLayout] = [:]
        var datasets: [String: Dataset] = [:]
        for (name, kind) in try reading({ () throws(HDF5Error) in try group.children() }) {
            guard kind == .dataset else {
                throw ImportError(
                    "\(group.location)/\(name): is no data set; expected one of samples by units for every layer. "
                        + "Move it elsewhere in the file.")
            }
            let dataset = try reading { () throws(HDF5Error) in try group.dataset(name) }
            layouts[name] = try layout(of: dataset)
            datasets[name] = dataset
        }
        return (layouts, datasets)
    }

    static func layout(of dataset: Dataset) throws(ImportError) -> TensorLayout {
        let (type, shape) = try reading { () throws(HDF5Error) in (try dataset.elementType, try dataset.shape) }
        let kind: TensorLayout.Kind
        switch type {
        case .float16: kind = .float16
        case .float32: kind = .float32
        case .float64: kind = .float64
        case .uint8: kind = .unsigned(bytes: 1)
        case .int32: kind = .signed(bytes: 4)
        case .int64: kind = .signed(bytes: 8)
        case .uint64: kind = .unsigned(bytes: 8)
        case nil:
            throw ImportError(
                "\(dataset.location): holds none of float16, float32, float64, uint8, int32, int64, uint64 in "
                    + "little-endian order. Convert it.")
        }
        guard let layout = TensorLayout(kind, shape: shape) else {
            throw ImportError("\(dataset.location): the shape \(shape) is impossible. Save it again.")
        }
        return layout
    }

    static func read(_ dataset: Dataset) throws(ImportError) -> ElementArray {
        if try reading({ () throws(HDF5Error) in try dataset.elementType }) == .uint64 {
            let values = try reading { () throws(HDF5Error) in try dataset.read(UInt64.self) }
            if let value = values.first(where: { $0 > UInt64(Int64.max) }) {
                throw ImportError("\(dataset.location): \(value) is beyond int64. Save it as another type.")
            }
            return .int64(values.map { Int64($0) })
        }
        return try reading { () throws(HDF5Error) in
            switch try dataset.elementType {
            case .float16: .float16(try dataset.read())
            case .float32: .float32(try dataset.read())
            case .float64: .float64(try dataset.read())
            case .uint8: .uint8(try dataset.read())
            case .int32: .int32(try dataset.read())
            case .int64, .uint64, nil: .int64(try dataset.read())
            }
        }
    }

    static func reading<Value>(_ body: () throws(HDF5Error) -> Value) throws(ImportError) -> Value {
        do throws(HDF5Error) {
            return try body()
        } catch {
            throw ImportError("\(error.description) The file is damaged, or of another kind: check it.")
        }
    }
}

/// Epochs of the layout `deep-bottleneck`.
func deepBottleneckEpochs(in paths: [String]) throws(ImportError) -> EpochSources {
    guard paths.count == 1 else {
        throw ImportError(
            "\(paths.joined(separator: ", ")): the layout deep-bottleneck is one file. Import each by itself.")
    }
    let path = paths[0]
    _ = try FileRegion(path)
    let root = try StoredArrays.reading { () throws(HDF5Error) in try File(opening: path).root }
    var sources = EpochSources()
    for (name, kind) in try StoredArrays.reading({ () throws(HDF5Error) in try root.children() }) {
        if kind == .dataset {
            let nouns = [
                "inputs": "inputs", "X": "inputs", "labels": "labels", "y": "labels", "sample_ids": "sample_ids",
            ]
            if let noun = nouns[name] { sources.beside[noun] = "\(path):/\(name)" }
            continue
        }
        let activations: Group? = try StoredArrays.reading { () throws(HDF5Error) in
            guard kind == .group, case let group = try root.group(name), try group.kind(of: "activations") == .group
            else { return nil }
            return try group.group("activations")
        }
        guard let activations else { continue }
        guard let epoch = EpochSources.epoch(in: name) else {
            sources.problems.append(
                "\(path):/\(name): has activations, but no number of an epoch in its name. Rename the group.")
            continue
        }
        do throws(ImportError) {
            sources.epochs.append(try GroupEpoch(epoch, group: activations))
        } catch {
            sources.problems += error.sentences
        }
    }
    if sources.epochs.isEmpty, sources.problems.isEmpty {
        sources.problems.append(
            "\(path): holds no group /<epoch>/activations, as the layout deep-bottleneck has. Check the file and --from."
        )
    }
    sources.order()
    return sources
}
