import Activations
import HDF5

/// Every object of an archive in memory, so that each can be changed, and the whole written anew.
struct EditableArchive {
    struct Content {
        var values: ElementArray
        var shape: [Int]
        var chunk: [Int]?
        var isDeflated = false
    }

    var datasets: [String: Content] = [:]
    /// Parents before children, as they are ordered by their names.
    var groups: Set<String> = []
    /// By the path of the object.
    var attributes: [String: [String: Attribute]] = [:]

    init(reading path: String) throws {
        let file = try File(opening: path)
        try read(file.root, at: "")
        try file.close()
    }

    private mutating func read(_ group: Group, at path: String) throws {
        try readAttributes(of: group, at: path.isEmpty ? "/" : path)
        for (name, kind) in try group.children() {
            let child = "\(path)/\(name)"
            switch kind {
            case .group:
                groups.insert(child)
                try read(try group.group(name), at: child)
            case .dataset:
                let dataset = try group.dataset(name)
                try readAttributes(of: dataset, at: child)
                let values: ElementArray? =
                    switch try dataset.elementType {
                    case .uint8: .uint8(try dataset.read())
                    case .int32: .int32(try dataset.read())
                    case .int64: .int64(try dataset.read())
                    case .float16: .float16(try dataset.read())
                    case .float32: .float32(try dataset.read())
                    case .float64: .float64(try dataset.read())
                    default: nil
                    }
                datasets[child] = Content(
                    values: values ?? .uint8([]), shape: try dataset.shape, chunk: try dataset.chunk,
                    isDeflated: try !dataset.filters.isEmpty)
            case .other: break
            }
        }
    }

    private mutating func readAttributes(of object: Object, at path: String) throws {
        for name in try object.attributeNames() { attributes[path, default: [:]][name] = try object.attribute(name) }
    }

    func write(to path: String) throws {
        let file = try File(creating: path, replacing: true)
        func parent(of path: String) throws -> (Group, String) {
            let names = path.split(separator: "/").map(String.init)
            return (try names.dropLast().reduce(file.root) { try $0.group($1) }, names[names.count - 1])
        }
        func setAttributes(of object: Object, at path: String) throws {
            for (name, value) in attributes[path] ?? [:] { try object.setAttribute(name, to: value) }
        }
        try setAttributes(of: file.root, at: "/")
        for path in groups.sorted() {
            let (group, name) = try parent(of: path)
            try setAttributes(of: try group.createGroup(name), at: path)
        }
        for (path, content) in datasets.sorted(by: { $0.key < $1.key }) {
            let (group, name) = try parent(of: path)
            let dataset = try group.createDataset(
                name, of: content.values.stored, shape: content.shape, growable: content.chunk != nil,
                chunk: content.chunk, deflate: content.isDeflated ? 1 : nil)
            // What is to claim more than it has gets no values.
            if content.values.count == content.shape.reduce(1, { $0 &* $1 }) {
                switch content.values {
                case .uint8(let values): try dataset.write(values)
                case .int32(let values): try dataset.write(values)
                case .int64(let values): try dataset.write(values)
                case .float16(let values): try dataset.write(values)
                case .float32(let values): try dataset.write(values)
                case .float64(let values): try dataset.write(values)
                }
            }
            try setAttributes(of: dataset, at: path)
        }
        try file.close()
    }

    // MARK: Edits

    /// Removes an object and all below it.
    mutating func remove(_ path: String) {
        datasets = datasets.filter { $0.key != path && !$0.key.hasPrefix(path + "/") }
        groups = groups.filter { $0 != path && !$0.hasPrefix(path + "/") }
    }

    /// Puts numbers in place of a data set; the shape stays, unless one is given.
    mutating func set(_ path: String, _ values: ElementArray, shape: [Int]? = nil) {
        let old = datasets[path]
        datasets[path] = Content(values: values, shape: shape ?? old?.shape ?? [values.count], chunk: nil)
    }

    /// Changes the values of a layer, and its ranges with them; NaN in a layer leaves the ranges as they are.
    mutating func setLayer(_ path: String, change: (inout [Float]) -> Void) {
        guard var content = datasets[path], case .float32(var values) = content.values else { return }
        change(&values)
        content.values = .float32(values)
        datasets[path] = content
        guard values.allSatisfy(\.isFinite) else { return }
        let size = values.count / content.shape[0]
        let ranges = stride(from: 0, to: values.count, by: size).flatMap { start in
            let record = values[start..<start + size]
            return [Double(record.min() ?? 0), Double(record.max() ?? 0)]
        }
        let place = path.split(separator: "/layers/", maxSplits: 1)
        datasets["\(place[0])/ranges/\(place[1])"]?.values = .float64(ranges)
    }
}

extension ElementArray {
    fileprivate var stored: ElementType {
        switch self {
        case .uint8: .uint8
        case .int32: .int32
        case .int64: .int64
        case .float16: .float16
        case .float32: .float32
        case .float64: .float64
        }
    }
}
