internal import FoundationEssentials
internal import HDF5

/// Writes a result set as an HDF5 file of format version 1.
struct ResultsEncoder {
    private let results: ResultSet

    init(_ results: ResultSet) {
        self.results = results
    }

    func write(to path: String) throws(HDF5Error) {
        let file = try File(creating: path, replacing: true)
        try file.root.setAttribute("format", to: .string(ResultsLayout.format))
        try file.root.setAttribute("version", to: .string(ResultsLayout.version))
        try writeMeasurements(in: file.root)
        try writeArrays(in: file.root)
        try writeArchives(in: file.root.createGroup("archives"))
        try writeReductions(in: file.root.createGroup("reductions"))
        try writeFailures(in: file.root.createGroup("failures"))
        try writeProvenance(in: file.root.createGroup("provenance"))
        try file.close()
    }

    private func writeMeasurements(in root: Group) throws(HDF5Error) {
        let group = try root.createGroup("measurements")
        let categories = try root.createGroup("categories")
        for (name, column) in textColumns() {
            try group.writeColumn(column.codes, to: name)
            try categories.write(column.categories, to: name)
        }
        let absent = ResultsLayout.notApplicable
        try group.writeColumn(column { $0.pointee.key.order.map(Int64.init) ?? absent }, to: "order")
        try group.writeColumn(column { $0.pointee.key.epoch.map(Int64.init) ?? absent }, to: "epoch")
        try group.writeColumn(column { Int64($0.pointee.key.samples) }, to: "samples")
        try group.writeColumn(column { $0.pointee.value }, to: "value")
        try group.writeColumn(column { $0.pointee.standardError ?? .nan }, to: "standard_error")
        try group.writeColumn(column { $0.pointee.nullMean ?? .nan }, to: "null_mean")
        try group.writeColumn(column { $0.pointee.pValue ?? .nan }, to: "p_value")
        try group.writeColumn(column { $0.pointee.ceiling ?? .nan }, to: "ceiling")
    }

    /// One field of every measurement. By pointers, because a copy of a measurement counts references to eleven texts.
    private func column<Value>(_ field: (UnsafePointer<Measurement>) -> Value) -> [Value] {
        results.measurements.withUnsafeBufferPointer { rows in
            rows.indices.map { field(rows.baseAddress! + $0) }
        }
    }

    private func textColumns() -> [(name: String, column: CategoricalColumn)] {
        ResultsLayout.textColumns.map { name in
            let texts =
                switch name {
                case "archive": column { $0.pointee.key.archive }
                case "split": column { $0.pointee.key.split }
                case "layer": column { $0.pointee.key.layer }
                case "quantity": column { $0.pointee.key.quantity.rawValue }
                case "estimator": column { $0.pointee.key.estimator }
                case "discretization": column { $0.pointee.key.discretization }
                case "range": column { $0.pointee.key.range }
                case "target": column { $0.pointee.key.target }
                case "parameters": column { $0.pointee.key.parameters }
                case "flags": column { $0.pointee.flags.joined(separator: "|") }
                default: preconditionFailure("every text column has its field")
                }
            return (name, CategoricalColumn(texts))
        }
    }

    /// Arrays of different lengths, end to end, with the row that each belongs to and where it starts.
    private func writeArrays(in root: Group) throws(HDF5Error) {
        var features: [(Int, FeatureTerms)] = []
        var pointwise: [(Int, [Double])] = []
        var nulls: [(Int, [Double])] = []
        for (row, measurement) in results.measurements.enumerated() {
            if let terms = results.featureTerms[measurement.key] { features.append((row, terms)) }
            if let values = results.pointwise[measurement.key] { pointwise.append((row, values)) }
            if let values = results.nulls[measurement.key] { nulls.append((row, values)) }
        }
        let featureGroup = try root.createGroup("features")
        try featureGroup.writeColumn(features.map { Int64($0.0) }, to: "measurement")
        try featureGroup.writeColumn(Self.offsets(features.map { $0.1.single.count }), to: "offset")
        try featureGroup.writeColumn(features.flatMap { $0.1.single }, to: "single")
        try featureGroup.writeColumn(features.flatMap { $0.1.remaining }, to: "remaining")
        for (group, name, arrays) in [("pmi", "pmi", pointwise), ("null", "value", nulls)] {
            let group = try root.createGroup(group)
            try group.writeColumn(arrays.map { Int64($0.0) }, to: "measurement")
            try group.writeColumn(Self.offsets(arrays.map { $0.1.count }), to: "offset")
            try group.writeColumn(arrays.flatMap { $0.1 }, to: name)
        }
    }

    private static func offsets(_ lengths: [Int]) -> [Int64] {
        lengths.reduce(into: [0]) { $0.append($0[$0.count - 1] + Int64($1)) }
    }

    private func writeArchives(in group: Group) throws(HDF5Error) {
        for (id, archive) in results.archives.sorted(by: { $0.key < $1.key }) {
            // A name in HDF5 cannot hold the separator; the id itself stands in an attribute.
            let own = try group.createGroup(String(id.map { $0 == "/" ? ":" : $0 }))
            let texts = [
                ("id", id),
                ("title", archive.title), ("model", archive.model), ("producer", archive.producer),
                ("created", archive.created), ("hyperparameters", archive.hyperparameters),
                ("content_digest", archive.contentDigest), ("splits", Self.json(archive.splits)),
                ("layers", Self.json(archive.layers)),
            ]
            for (name, text) in texts { try own.setAttribute(name, to: .string(text)) }
            try own.writeColumn(archive.epochs.map(Int64.init), to: "epoch")
            let metrics = try own.createGroup("metrics")
            for metric in archive.metrics { try metrics.writeColumn(metric.values.map { $0 ?? .nan }, to: metric.name) }
        }
    }

    private static func json(_ value: some Encodable) -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        // Texts, whole numbers and truth values always encode.
        guard let data = try? encoder.encode(value) else { preconditionFailure("a description is valid JSON") }
        return String(decoding: data, as: UTF8.self)
    }

    private func writeReductions(in group: Group) throws(HDF5Error) {
        for (index, reduction) in results.reductions.enumerated() {
            let own = try group.createGroup(String(index))
            try own.setAttribute("archive", to: .string(reduction.archive))
            try own.setAttribute("name", to: .string(reduction.name))
            try own.setAttribute("fitted_split", to: .string(reduction.fittedSplit))
            try own.setAttribute("samples", to: .int64(Int64(reduction.samples)))
            try own.writeColumn(reduction.eigenvalues, to: "eigenvalue")
            try own.writeColumn(reduction.residuals, to: "residual")
        }
    }

    private func writeFailures(in group: Group) throws(HDF5Error) {
        let failures = results.failures
        try group.write(failures.map(\.archive), to: "archive")
        try group.write(failures.map(\.split), to: "split")
        try group.write(failures.map(\.layer), to: "layer")
        try group.writeColumn(
            failures.map { $0.epoch.map(Int64.init) ?? ResultsLayout.notApplicable }, to: "epoch")
        try group.write(failures.map(\.reason), to: "reason")
    }

    private func writeProvenance(in group: Group) throws(HDF5Error) {
        try group.write(results.provenance.map(\.request), to: "request")
        try group.write(results.provenance.map(\.toolVersion), to: "tool_version")
        try group.write(results.provenance.map { String($0.seed) }, to: "seed")
    }
}

/// A column of texts as codes into the list of its different texts, in order of first appearance.
struct CategoricalColumn {
    private(set) var codes: [Int32] = []
    private(set) var categories: [String] = []

    init(_ texts: some Sequence<String>) {
        var known: [String: Int32] = [:]
        for text in texts {
            // Texts come in runs.
            if let last = codes.last, categories[Int(last)] == text {
                codes.append(last)
            } else if let code = known[text] {
                codes.append(code)
            } else {
                let code = Int32(categories.count)
                known[text] = code
                categories.append(text)
                codes.append(code)
            }
        }
    }
}

extension Group {
    /// A one-dimensional data set, deflated where it is long enough to gain.
    fileprivate func writeColumn<T: Element>(_ values: [T], to name: String) throws(HDF5Error) {
        guard values.count > 64 else {
            try write(values, to: name)
            return
        }
        try write(
            values, to: name, chunk: [min(values.count, ResultsLayout.rowsPerChunk)],
            deflate: ResultsLayout.deflateLevel)
    }
}
