internal import FoundationEssentials
internal import HDF5

#if canImport(Darwin)
    internal import Darwin
#else
    internal import Glibc
#endif

/// Reads a results file of format version 1, checking everything that it relies on.
struct ResultsDecoder {
    let path: String

    func decode() throws(ResultsError) -> ResultSet {
        try checkReadable()
        let file = try opening()
        try checkFormat(of: file)
        do throws(DecodingFailure) {
            return try decode(file.root)
        } catch {
            throw ResultsError(
                place: path, problem: "the results are damaged: \(error.reason)",
                remedy: "Read it with a newer version, take an older copy, or analyze the archive again into another "
                    + "file.")
        }
    }

    /// What in the file is not as the format says.
    private struct DecodingFailure: Error {
        let reason: String
    }

    private func checkReadable() throws(ResultsError) {
        var status = stat()
        guard stat(path, &status) == 0 else {
            throw ResultsError(
                place: path, problem: String(cString: strerror(errno)).lowercasedFirst,
                remedy: "infoplane analyze ARCHIVE -o \(path) writes it.")
        }
        guard access(path, R_OK) == 0 else {
            throw ResultsError(
                place: path, problem: String(cString: strerror(errno)).lowercasedFirst,
                remedy: "Ask its owner for read permission.")
        }
    }

    private func opening() throws(ResultsError) -> File {
        do throws(HDF5Error) {
            return try File(opening: path)
        } catch {
            throw ResultsError(
                place: path, problem: "not a results file: HDF5 says \(error.reason)",
                remedy: "Give a file that infoplane analyze wrote.")
        }
    }

    private func checkFormat(of file: File) throws(ResultsError) {
        let format = (try? file.root.attribute("format")).flatMap(\.self)
        guard case .string(let name)? = format, name == ResultsLayout.format else {
            if case .string("activation-archive")? = format {
                throw ResultsError(
                    place: path, problem: "an activation archive, not results",
                    remedy: "Run infoplane analyze \(path) first.")
            }
            throw ResultsError(
                place: path, problem: "an HDF5 file, but not results of InfoPlane",
                remedy: "Give a file that infoplane analyze wrote.")
        }
        let version = (try? file.root.attribute("version")).flatMap(\.self)
        guard case .string(let number)? = version, number.hasPrefix("1.") else {
            throw ResultsError(
                place: path, problem: "results of format version \(version.map { "\($0)" } ?? "unknown"); expected 1.x",
                remedy: "Read it with the version of InfoPlane that wrote it, or a newer one.")
        }
    }

    private func decode(_ root: Group) throws(DecodingFailure) -> ResultSet {
        var results = ResultSet()
        let rows = try decodeMeasurements(root)
        for row in rows { results.insert(row) }
        guard results.measurements.count == rows.count else {
            throw DecodingFailure(reason: "/measurements has two rows with one key")
        }
        try decodeArrays(root, rows: rows, into: &results)
        try decodeArchives(try group("archives", in: root), into: &results)
        try decodeReductions(try group("reductions", in: root), into: &results)
        try decodeNotes(root, into: &results)
        return results
    }

    private func decodeMeasurements(_ root: Group) throws(DecodingFailure) -> [Measurement] {
        let group = try group("measurements", in: root)
        let categories = try self.group("categories", in: root)
        let value: [Double] = try column("value", of: group)
        var texts: [String: [String]] = [:]
        for name in ResultsLayout.textColumns {
            let names = try strings(name, of: categories)
            let codes: [Int32] = try column(name, of: group, count: value.count)
            guard codes.allSatisfy({ names.indices.contains(Int($0)) }) else {
                throw DecodingFailure(reason: "/measurements/\(name) points outside /categories/\(name)")
            }
            texts[name] = codes.map { names[Int($0)] }
        }
        func text(_ name: String, _ row: Int) -> String { texts[name]![row] }
        let order: [Int64] = try column("order", of: group, count: value.count)
        let epoch: [Int64] = try column("epoch", of: group, count: value.count)
        let samples: [Int64] = try column("samples", of: group, count: value.count)
        let standardError: [Double] = try column("standard_error", of: group, count: value.count)
        let nullMean: [Double] = try column("null_mean", of: group, count: value.count)
        let pValue: [Double] = try column("p_value", of: group, count: value.count)
        let ceiling: [Double] = try column("ceiling", of: group, count: value.count)
        var rows: [Measurement] = []
        rows.reserveCapacity(value.count)
        for row in value.indices {
            guard let quantity = Quantity(rawValue: text("quantity", row)) else {
                throw DecodingFailure(
                    reason: "'\(text("quantity", row))' is no quantity that this version knows; a newer one may")
            }
            guard value[row].isFinite,
                ![standardError, nullMean, pValue, ceiling].contains(where: { $0[row].isInfinite })
            else { throw DecodingFailure(reason: "/measurements has an infinite number in row \(row)") }
            rows.append(
                Measurement(
                    key: .init(
                        archive: text("archive", row), split: text("split", row), layer: text("layer", row),
                        order: order[row] < 0 ? nil : Int(order[row]), epoch: epoch[row] < 0 ? nil : Int(epoch[row]),
                        quantity: quantity, estimator: text("estimator", row),
                        discretization: text("discretization", row), range: text("range", row),
                        target: text("target", row), parameters: text("parameters", row), samples: Int(samples[row])),
                    value: value[row], standardError: standardError[row].orNil, nullMean: nullMean[row].orNil,
                    pValue: pValue[row].orNil, ceiling: ceiling[row].orNil,
                    flags: text("flags", row).split(separator: "|").map(String.init)))
        }
        return rows
    }

    private func decodeArrays(
        _ root: Group, rows: [Measurement], into results: inout ResultSet
    ) throws(DecodingFailure) {
        let features = try group("features", in: root)
        let single: [Double] = try column("single", of: features)
        let remaining: [Double] = try column("remaining", of: features, count: single.count)
        for (row, range) in try slices(of: features, length: single.count, rows: rows.count) {
            let terms = FeatureTerms(single: Array(single[range]), remaining: Array(remaining[range]))
            results.keep(terms, for: rows[row].key)
        }
        let pointwise = try group("pmi", in: root)
        let values: [Double] = try column("pmi", of: pointwise)
        for (row, range) in try slices(of: pointwise, length: values.count, rows: rows.count) {
            results.keep(pointwise: Array(values[range]), for: rows[row].key)
        }
        // Files of version 1.0 have no null values.
        guard try reading({ () throws(HDF5Error) in try root.children() }).contains(where: { $0.name == "null" }) else {
            return
        }
        let null = try group("null", in: root)
        let nullValues: [Double] = try column("value", of: null)
        for (row, range) in try slices(of: null, length: nullValues.count, rows: rows.count) {
            results.keep(null: Array(nullValues[range]), for: rows[row].key)
        }
    }

    /// Which row each array belongs to, and where it lies.
    private func slices(of group: Group, length: Int, rows: Int) throws(DecodingFailure) -> [(Int, Range<Int>)] {
        let owners: [Int64] = try column("measurement", of: group)
        let offsets: [Int64] = try column("offset", of: group, count: owners.count + 1)
        var slices: [(Int, Range<Int>)] = []
        for (index, owner) in owners.enumerated() {
            let (start, end) = (Int(offsets[index]), Int(offsets[index + 1]))
            guard (0..<rows).contains(Int(owner)), 0 <= start, start <= end, end <= length else {
                throw DecodingFailure(reason: "\(group.path) points outside its data")
            }
            slices.append((Int(owner), start..<end))
        }
        return slices
    }

    private func decodeArchives(_ group: Group, into results: inout ResultSet) throws(DecodingFailure) {
        for (name, _) in try reading({ () throws(HDF5Error) in try group.children() }) {
            let own = try self.group(name, in: group)
            let epochs: [Int64] = try column("epoch", of: own)
            let metricGroup = try self.group("metrics", in: own)
            var metrics: [AnalyzedArchive.Metric] = []
            for (name, _) in try reading({ () throws(HDF5Error) in try metricGroup.children() }) {
                let values: [Double] = try column(name, of: metricGroup, count: epochs.count)
                metrics.append(.init(name: name, values: values.map(\.orNil)))
            }
            results.insert(
                AnalyzedArchive(
                    id: try text("id", of: own), title: try text("title", of: own), model: try text("model", of: own),
                    producer: try text("producer", of: own), created: try text("created", of: own),
                    hyperparameters: try text("hyperparameters", of: own),
                    contentDigest: try text("content_digest", of: own), epochs: epochs.map(Int.init),
                    metrics: metrics, splits: try json("splits", of: own), layers: try json("layers", of: own)))
        }
    }

    private func decodeReductions(_ group: Group, into results: inout ResultSet) throws(DecodingFailure) {
        for (name, _) in try reading({ () throws(HDF5Error) in try group.children() }) {
            let own = try self.group(name, in: group)
            let samples = try reading { () throws(HDF5Error) in try own.attribute("samples") }
            guard case .int64(let count)? = samples else {
                throw DecodingFailure(reason: "\(own.path) lacks the attribute samples")
            }
            results.insert(
                Reduction(
                    archive: try text("archive", of: own), name: try text("name", of: own),
                    fittedSplit: try text("fitted_split", of: own), samples: Int(count),
                    eigenvalues: try column("eigenvalue", of: own), residuals: try column("residual", of: own)))
        }
    }

    private func decodeNotes(_ root: Group, into results: inout ResultSet) throws(DecodingFailure) {
        let failures = try group("failures", in: root)
        let epochs: [Int64] = try column("epoch", of: failures)
        let archives = try strings("archive", of: failures, count: epochs.count)
        let splits = try strings("split", of: failures, count: epochs.count)
        let layers = try strings("layer", of: failures, count: epochs.count)
        let reasons = try strings("reason", of: failures, count: epochs.count)
        for index in epochs.indices {
            results.insert(
                Failure(
                    archive: archives[index], split: splits[index], layer: layers[index],
                    epoch: epochs[index] < 0 ? nil : Int(epochs[index]), reason: reasons[index]))
        }
        let provenance = try group("provenance", in: root)
        let requests = try strings("request", of: provenance)
        let versions = try strings("tool_version", of: provenance, count: requests.count)
        let seeds = try strings("seed", of: provenance, count: requests.count)
        for index in requests.indices {
            guard let seed = UInt64(seeds[index]) else {
                throw DecodingFailure(reason: "/provenance/seed is no whole number")
            }
            results.insert(Provenance(request: requests[index], toolVersion: versions[index], seed: seed))
        }
    }

    // MARK: Pieces

    private func reading<T>(_ read: () throws(HDF5Error) -> T) throws(DecodingFailure) -> T {
        do throws(HDF5Error) {
            return try read()
        } catch {
            throw DecodingFailure(reason: error.description)
        }
    }

    private func group(_ name: String, in parent: Group) throws(DecodingFailure) -> Group {
        try reading { () throws(HDF5Error) in try parent.group(name) }
    }

    private func column<T: Element>(
        _ name: String, of group: Group, count: Int? = nil
    ) throws(DecodingFailure) -> [T] {
        let values: [T] = try reading { () throws(HDF5Error) in try group.dataset(name).read() }
        try checkCount(values.count, count, name, group)
        return values
    }

    private func strings(_ name: String, of group: Group, count: Int? = nil) throws(DecodingFailure) -> [String] {
        let values = try reading { () throws(HDF5Error) in try group.dataset(name).readStrings() }
        try checkCount(values.count, count, name, group)
        return values
    }

    private func checkCount(
        _ found: Int, _ expected: Int?, _ name: String, _ group: Group
    ) throws(DecodingFailure) {
        guard let expected, found != expected else { return }
        throw DecodingFailure(reason: "\(group.path)/\(name) has \(found) entries; expected \(expected)")
    }

    private func text(_ name: String, of group: Group) throws(DecodingFailure) -> String {
        let value = try reading { () throws(HDF5Error) in try group.attribute(name) }
        guard case .string(let text)? = value else {
            throw DecodingFailure(reason: "\(group.path) lacks the text attribute \(name)")
        }
        return text
    }

    private func json<T: Decodable>(_ name: String, of group: Group) throws(DecodingFailure) -> T {
        let text = try text(name, of: group)
        do {
            return try JSONDecoder().decode(T.self, from: Data(text.utf8))
        } catch {
            throw DecodingFailure(reason: "the attribute \(name) of \(group.path) is not the JSON of the format")
        }
    }
}

extension Double {
    /// nil for NaN, which stands for "not computed" in the file.
    fileprivate var orNil: Double? { isNaN ? nil : self }
}

extension String {
    /// The text with a small first letter, for the middle of a sentence.
    var lowercasedFirst: String { prefix(1).lowercased() + dropFirst() }
}
