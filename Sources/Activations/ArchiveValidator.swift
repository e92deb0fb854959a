internal import HDF5

/// Checks the structure of an archive against the schema and gathers everything that is wrong, without reading
/// activations. What it finds valid it keeps open for the reader.
struct ArchiveValidator {
    private let file: File
    private(set) var findings: [ArchiveError.Finding] = []
    private var committed = 0
    /// Bytes that the committed records take up at least, in data sets without a filter.
    private var leastBytes = 0

    /// The data sets that have fewer records than are committed: they have one cause, and so become one finding.
    private var tooShort: [(object: String, records: Int)] = []

    /// Grows with every finding and with every data set that is too short.
    private var troubles: Int { findings.count + tooShort.count }

    /// Where every data set must end, nil where that need not be checked.
    private let limit: Int?

    /// Set where a damaged archive is read as far as it goes.
    private let damaged: (leftOut: LeftOut, mostRecords: Int)?
    private var claimed = 0
    private var leftOutPaths: [String] = []

    private init(_ file: File, limit: Int?, damaged: (leftOut: LeftOut, mostRecords: Int)? = nil) {
        self.file = file
        self.limit = limit
        self.damaged = damaged
    }

    /// What of a damaged archive can be reached.
    struct Reached {
        let contents: ArchiveContents
        /// Committed by the counter.
        let claimed: Int
        /// Data sets with fewer records.
        let shortfalls: [(object: String, records: Int)]
        /// Paths.
        let leftOut: [String]
    }

    /// Takes as many of the first records as every data set has. Those without a digest must have them inside the file,
    /// for what is beyond its end reads as zeros; the others are judged by their digests.
    ///
    /// - Throws: all findings at once, where not even no record could be taken.
    static func reached(
        in file: File, fileSize: Int, leavingOut leftOut: LeftOut
    ) throws(ArchiveError) -> Reached {
        var shortfalls: [(object: String, records: Int)] = []
        var most = Int.max
        while true {
            var validator = ArchiveValidator(file, limit: fileSize, damaged: (leftOut, most))
            let contents = validator.contents(version: try validator.checkFormat())
            if let shortest = validator.tooShort.map(\.records).min(), shortest < validator.committed {
                shortfalls.removeAll { old in validator.tooShort.contains { $0.object == old.object } }
                shortfalls += validator.tooShort
                // With fewer records the others may be found in order.
                most = shortest
                continue
            }
            guard validator.findings.isEmpty, let contents else {
                throw ArchiveError(.malformed, findings: validator.findings)
            }
            return Reached(
                contents: contents, claimed: validator.claimed, shortfalls: shortfalls, leftOut: validator.leftOutPaths)
        }
    }

    /// - Parameter isCutOff: whether the file is shorter than its writer meant; then every chunk of the committed records
    ///   is looked up, because what lies beyond the end would read as zeros.
    /// - Throws: all findings at once.
    static func contents(of file: File, fileSize: Int, isCutOff: Bool) throws(ArchiveError) -> ArchiveContents {
        var validator = ArchiveValidator(file, limit: isCutOff ? fileSize : nil)
        let version = try validator.checkFormat()
        let contents = validator.contents(version: version)
        validator.reportShortest()
        if validator.findings.isEmpty, validator.leastBytes > fileSize {
            validator.add(
                .cutOff, file.path,
                "the committed records take \(validator.leastBytes) bytes, but the file has \(fileSize)",
                "The file is cut off: copy it again, whole, from its source, or \(FileAccess.wayOut(of: file.path))")
        }
        guard validator.findings.isEmpty, let contents else {
            throw ArchiveError(.malformed, findings: validator.findings)
        }
        return contents
    }

    private mutating func add(_ rule: ArchiveRule, _ location: String, _ problem: String, _ remedy: String) {
        findings.append(ArchiveError.Finding(rule, location: location, problem: problem, remedy: remedy))
    }

    /// Runs `body`; a failure of libhdf5 becomes a finding.
    @discardableResult
    private mutating func attempt<Result>(
        _ body: (inout ArchiveValidator) throws(HDF5Error) -> Result?
    ) -> Result? {
        do throws(HDF5Error) {
            return try body(&self)
        } catch {
            add(
                .damaged, error.place, "could not \(error.operation) (\(error.reason))",
                error.remedy ?? "The file is damaged: copy it again from its source.")
            return nil
        }
    }

    // MARK: The whole

    /// - Throws: where the file does not say that it is an archive, of whatever version.
    static func checkFormat(of file: File) throws(ArchiveError) {
        try ArchiveValidator(file, limit: nil).checkName()
    }

    private func checkName() throws(ArchiveError) {
        guard let format = try text("format") else {
            throw ArchiveError(
                .foreign, at: file.path, "this HDF5 file is no activation archive: it does not name its format",
                "Name an archive that a recorder wrote.")
        }
        guard format == ArchiveSchema.format else {
            throw ArchiveError(
                .foreign, at: file.path, "the format is “\(format)”, expected “\(ArchiveSchema.format)”",
                "Name an archive that a recorder wrote.")
        }
    }

    private func checkFormat() throws(ArchiveError) -> String {
        try checkName()
        let version = try text("version") ?? ""
        guard let major = version.split(separator: ".").first.flatMap({ Int($0) }), major >= 1 else {
            throw ArchiveError(
                .malformed,
                findings: [
                    ArchiveError.Finding(
                        .badVersion, location: file.path,
                        problem: "“\(version)” is no version of the format, expected 1.x",
                        remedy: "Record again, or mend its recorder.")
                ])
        }
        guard major == 1 else {
            throw ArchiveError(
                .newer, at: file.path, "the archive has version \(version), this program reads 1.x",
                "Use a newer InfoPlane.")
        }
        return version
    }

    private func text(_ attribute: String) throws(ArchiveError) -> String? {
        do throws(HDF5Error) {
            guard case .string(let text)? = try file.root.attribute(attribute) else { return nil }
            return text
        } catch {
            throw ArchiveError(reading: error)
        }
    }

    private mutating func contents(version: String) -> ArchiveContents? {
        let root = file.root
        guard let rule = ArchiveSchema.version1.rule("/") else { return nil }
        // The counter first: all that is read after it holds at least so many records, also while a writer goes on.
        guard let counter = dataset("committed", in: root, rule: "/committed", samples: nil),
            let count = attempt({ _ throws(HDF5Error) in try counter.read(Int.self) })?.first
        else { return nil }
        guard count >= 0 else {
            add(
                .negativeNumber, counter.location, "\(count) records are committed",
                "The file is damaged: record again.")
            return nil
        }
        claimed = count
        committed = min(count, damaged?.mostRecords ?? count)
        let attributes = checkAttributes(of: root, rule: rule, inputsPerEpoch: nil)
        let info = ArchiveInfo(version: version, attributes: attributes)
        let epochs: [Int] = series("epoch", in: root, rule: "/epoch") ?? []
        let steps: [Int]? = series("step", in: root, rule: "/step")
        checkOrder(epochs, steps)
        var metrics: [Metric] = []
        if let group = group("metrics", in: root, rule: "/metrics") {
            for name in names(in: group) {
                if let values: [Double] = series(name, in: group, rule: "/metrics/<metric>") {
                    metrics.append(Metric(name: name, values: values))
                }
            }
        }
        var splits: [SplitContents] = []
        if let group = group("splits", in: root, rule: "/splits") {
            let names = names(in: group, but: damaged?.leftOut.splits)
            if names.isEmpty { add(.empty, group.location, "there is no split", "Record at least one.") }
            for name in names {
                if let split = split(name, in: group) { splits.append(split) }
            }
        }
        return ArchiveContents(
            info: info, committed: committed, epochs: epochs, steps: steps, metrics: metrics, splits: splits)
    }

    /// The counter and the shortest data set say all that is known of records that are not there.
    private mutating func reportShortest() {
        guard let shortest = tooShort.min(by: { $0.records < $1.records }) else { return }
        add(
            .tooFewRecords, "\(file.path):/committed",
            "\(counted(committed, "record")) \(committed == 1 ? "is" : "are") committed, but \(shortest.object) has "
                + "\(shortest.records)"
                + (tooShort.count > 1 ? ", the shortest of \(tooShort.count) data sets with too few" : ""),
            "The file is damaged: copy it again from its source, or \(FileAccess.wayOut(of: file.path))")
    }

    private mutating func checkOrder(_ epochs: [Int], _ steps: [Int]?) {
        for (name, numbers) in [("epoch", epochs), ("step", steps ?? [])] {
            guard let record = numbers.firstIndex(where: { $0 < 0 }) else { continue }
            guard damaged == nil else { return tooShort.append(("/\(name)", record)) }
            add(
                .negativeNumber, "\(file.path):/\(name)",
                "the \(name) of record \(record) is \(numbers[record]), a negative number",
                "Count from 0, which is before training: record again.")
            return
        }
        for record in epochs.indices.dropFirst() {
            let (before, after) = (epochs[record - 1], epochs[record])
            let stepsAscend = steps.map { $0.count == epochs.count && $0[record - 1] < $0[record] } ?? false
            if after < before || after == before && !stepsAscend {
                guard damaged == nil else { return tooShort.append(("/epoch", record)) }
                add(
                    .epochOrder, "\(file.path):/epoch", "epoch \(after) follows epoch \(before)",
                    "Records must ascend: record again.")
                return
            }
        }
    }

    // MARK: A split

    private mutating func split(_ name: String, in parent: Group) -> SplitContents? {
        let pattern = "/splits/<split>"
        guard let group = group(name, in: parent, rule: pattern) else { return nil }
        let countBefore = troubles
        guard let labels = dataset("labels", in: group, rule: "\(pattern)/labels", samples: nil),
            let labelShape = attempt({ _ throws(HDF5Error) in try labels.shape })
        else { return nil }
        let samples = labelShape[0]
        let labelsInfo = labelsInfo(labels, shape: labelShape)
        let ids = dataset("sample_ids", in: group, rule: "\(pattern)/sample_ids", samples: samples)
        let inputs = inputs(of: group, pattern: pattern, samples: samples)
        var layers: [LayerContents] = []
        if let layersGroup = self.group("layers", in: group, rule: "\(pattern)/layers") {
            let ranges = self.group("ranges", in: group, rule: "\(pattern)/ranges")
            let digests = self.group("digests", in: group, rule: "\(pattern)/digests")
            let names = names(in: layersGroup, but: damaged?.leftOut.layers)
            if names.isEmpty { add(.empty, layersGroup.location, "there is no layer", "Record at least one.") }
            for group in [ranges, digests].compactMap(\.self) where !names.isEmpty {
                for name in self.names(in: group)
                where !names.contains(name) && !leftOutPaths.contains("\(layersGroup.path)/\(name)") {
                    add(
                        .orphan, "\(group.location)/\(name)",
                        "there is no layer of this name in \(layersGroup.path)",
                        "Put the layer back, or remove this object.")
                }
            }
            for name in names {
                let range = ranges.flatMap { dataset(name, in: $0, rule: "\(pattern)/ranges/<layer>", samples: nil) }
                let digest = digests.flatMap { dataset(name, in: $0, rule: "\(pattern)/digests/<layer>", samples: nil) }
                guard let layer = layer(name, in: layersGroup, samples: samples), let range, let digest else {
                    continue
                }
                layers.append(LayerContents(info: layer.info, values: layer.values, ranges: range, digests: digest))
            }
        }
        layers.sort { ($0.info.order, $0.info.name) < ($1.info.order, $1.info.name) }
        for (layer, next) in zip(layers, layers.dropFirst()) where layer.info.order == next.info.order {
            add(
                .layerOrder, next.values.location,
                "its order \(next.info.order) is also that of “\(layer.info.name)”",
                "Record again.")
        }
        guard troubles == countBefore, let labelsInfo, let ids, let inputs else { return nil }
        let info = SplitInfo(
            name: name, sampleCount: samples, inputs: inputs.info, labels: labelsInfo, layers: layers.map(\.info))
        return SplitContents(
            info: info, inputs: inputs.values, inputDigests: inputs.digests, labels: labels,
            labelUnitShape: Array(labelShape.dropFirst()), sampleIDs: ids, layers: layers)
    }

    private mutating func labelsInfo(_ labels: Dataset, shape: [Int]) -> LabelsInfo? {
        attempt { _ throws(HDF5Error) in
            guard try labels.elementType == .int64 else {
                return .values(width: shape.count == 2 ? shape[1] : 1)
            }
            if case .strings(let names)? = try labels.attribute("class_names") { return .classes(names: names) }
            return .classes(names: [])
        }
    }

    private mutating func inputs(
        of group: Group, pattern: String, samples: Int
    ) -> (info: InputsInfo, values: Dataset, digests: Dataset?)? {
        // The attribute decides which of the two forms is meant, so it is looked up before the form is checked.
        let flag = attempt { _ throws(HDF5Error) -> Attribute? in
            guard try group.kind(of: "inputs") == .dataset else { return nil }
            return try group.dataset("inputs").attribute("per_epoch")
        }
        let perEpoch: Bool
        switch flag {
        case .uint8(let value): perEpoch = value == 1
        case .int64(let value): perEpoch = value == 1
        default: perEpoch = false
        }
        guard
            let values = dataset(
                "inputs", in: group, rule: "\(pattern)/inputs", samples: samples, inputsPerEpoch: perEpoch)
        else { return nil }
        var digests: Dataset?
        if perEpoch {
            digests = dataset("input_digests", in: group, rule: "\(pattern)/input_digests", samples: nil)
            guard digests != nil else { return nil }
        }
        return attempt { validator throws(HDF5Error) in
            let shape = try values.shape
            guard let type = NumberType(try values.elementType) else { return nil }
            let info = InputsInfo(
                shape: Array(shape.dropFirst(perEpoch ? 2 : 1)), elementType: type, perEpoch: perEpoch)
            try validator.checkSize(
                of: values, records: perEpoch ? validator.committed : 1, rowShape: [samples] + info.shape, type: type)
            return (info, values, digests)
        }
    }

    private mutating func layer(
        _ name: String, in group: Group, samples: Int
    ) -> (info: LayerInfo, values: Dataset)? {
        let countBefore = troubles
        guard let values = dataset(name, in: group, rule: "/splits/<split>/layers/<layer>", samples: samples),
            troubles == countBefore
        else { return nil }
        return attempt { validator throws(HDF5Error) in
            let shape = try values.shape
            guard let type = NumberType(try values.elementType) else { return nil }
            var texts: [String: String] = [:]
            for attribute in ["kind", "activation", "module", "pooling"] {
                if case .string(let text)? = try values.attribute(attribute) { texts[attribute] = text }
            }
            let order: Int
            switch try values.attribute("order") {
            case .int64(let number): order = Int(number)
            case .uint8(let number): order = Int(number)
            default: return nil
            }
            guard order >= 0 else {
                validator.add(
                    .negativeNumber, values.location,
                    "its order is \(order), a negative number",
                    "Number the layers from 0 or 1 on: record again, or write the attribute again.")
                return nil
            }
            guard let kind = texts["kind"].flatMap(LayerKind.init(rawValue:)) else { return nil }
            let info = LayerInfo(
                name: name, order: order, kind: kind, activation: texts["activation"], module: texts["module"],
                pooling: texts["pooling"], unitShape: Array(shape.dropFirst(2)), elementType: type,
                sampleCount: samples)
            try validator.checkSize(
                of: values, records: validator.committed, rowShape: [samples] + info.unitShape, type: type)
            return (info, values)
        }
    }

    /// Notes how many bytes the records need, and refuses shapes that no file can hold.
    private mutating func checkSize(
        of dataset: Dataset, records: Int, rowShape: [Int], type: NumberType
    ) throws(HDF5Error) {
        var bytes = type.size
        var isTooLarge = false
        for extent in rowShape + [records] {
            let (product, overflow) = bytes.multipliedReportingOverflow(by: extent)
            isTooLarge = isTooLarge || overflow
            bytes = overflow ? 0 : product
        }
        let (sum, overflow) = leastBytes.addingReportingOverflow(try dataset.filters.isEmpty ? bytes : 0)
        guard !isTooLarge, !overflow else {
            add(
                .impossibleShape, dataset.location,
                "the shape \(rowShape) is too large for any file",
                "The file is damaged: record again.")
            return
        }
        leastBytes = sum
    }

    // MARK: One object

    private mutating func names(in group: Group, but leftOut: [String]? = nil) -> [String] {
        let names = attempt { _ throws(HDF5Error) in try group.names() } ?? []
        guard let leftOut else { return names }
        let out = names.filter { LeftOut.contains($0, leftOut) }
        leftOutPaths += out.map { "\(group.path)/\($0)" }
        return names.filter { !out.contains($0) }
    }

    private mutating func group(_ name: String, in parent: Group, rule path: String) -> Group? {
        guard let rule = ArchiveSchema.version1.rule(path), isThere(name, in: parent, rule: rule) else { return nil }
        return attempt { _ throws(HDF5Error) in try parent.group(name) }
    }

    /// The values of the committed records of a data set with one number each.
    private mutating func series<T: Element>(_ name: String, in parent: Group, rule path: String) -> [T]? {
        guard let dataset = dataset(name, in: parent, rule: path, samples: nil) else { return nil }
        let count = committed
        return attempt { _ throws(HDF5Error) in try dataset.read(start: [0], count: [count]) }
    }

    private mutating func isThere(_ name: String, in parent: Group, rule: ArchiveSchema.ObjectRule) -> Bool {
        let location = parent.path == "/" ? "\(file.path):/\(name)" : "\(parent.location)/\(name)"
        let countBefore = troubles
        let link = attempt { _ throws(HDF5Error) in try parent.linkKind(of: name) }
        guard troubles == countBefore else { return false }
        if let link, !parent.follows(link) {
            add(
                .link, location,
                "this is \(link.noun), expected a \(rule.kind.noun); a link is not followed, because it can "
                    + "lead anywhere",
                "Put the \(rule.kind.noun) itself in its place, or allow links (--allow links) if you trust the file.")
            return false
        }
        let found = attempt { _ throws(HDF5Error) in try parent.kind(of: name) }
        guard troubles == countBefore else { return false }
        guard let found else {
            if rule.required != .optional {
                add(
                    .missingObject, location, "this \(rule.kind.noun) is missing",
                    "Record again with a recorder that writes it.")
            }
            return false
        }
        guard found.rawValue == rule.kind.rawValue else {
            add(
                .wrongObject, location, "this is \(found.noun), expected a \(rule.kind.noun)",
                "Record again with a recorder that writes one.")
            return false
        }
        return true
    }

    /// Opens a data set and checks its type, shape and attributes; nil where it is missing or unusable.
    private mutating func dataset(
        _ name: String, in parent: Group, rule path: String, samples: Int?, inputsPerEpoch: Bool? = nil
    ) -> Dataset? {
        guard let rule = ArchiveSchema.version1.rule(path), isThere(name, in: parent, rule: rule) else { return nil }
        guard let dataset = attempt({ _ throws(HDF5Error) in try parent.dataset(name) }) else { return nil }
        let forms = (rule.forms ?? []).filter { inputsPerEpoch == nil || ($0.shape.first == "E") == inputsPerEpoch }
        let countBefore = troubles
        attempt { validator throws(HDF5Error) -> Void? in
            try dataset.checkReadable()
            try validator.check(dataset, forms: forms, samples: samples, inputsPerEpoch: inputsPerEpoch)
        }
        checkAttributes(of: dataset, rule: rule, inputsPerEpoch: inputsPerEpoch)
        if troubles == countBefore, damaged != nil, let limit {
            // Everything else has a digest, or is computed anew.
            if ["/epoch", "/step", "/metrics/<metric>"].contains(path) {
                attempt { validator throws(HDF5Error) -> Void? in
                    let rows = try dataset.rows(validator.committed, within: limit)
                    if rows < validator.committed { validator.tooShort.append((dataset.path, rows)) }
                }
            }
        } else if troubles == countBefore, let limit {
            attempt { validator throws(HDF5Error) -> Void? in
                let end = try dataset.endInFile(ofRows: validator.committed)
                guard end.map({ $0 > limit }) ?? true else { return }
                validator.add(
                    .cutOff, dataset.location,
                    "the file is cut off before the end of this data set",
                    "Copy it again, whole, from its source, or \(FileAccess.wayOut(of: validator.file.path))")
            }
        }
        return troubles == countBefore ? dataset : nil
    }

    private mutating func check(
        _ dataset: Dataset, forms: [ArchiveSchema.Form], samples: Int?, inputsPerEpoch: Bool?
    ) throws(HDF5Error) {
        let shape = try dataset.shape
        let type = NumberType(try dataset.elementType)
        let candidates = forms.filter { form in
            type.map(form.types.contains) == true
                && (form.shape.last == "..." ? shape.count >= form.shape.count - 1 : shape.count == form.shape.count)
        }
        guard let form = candidates.first else {
            add(
                .wrongForm, dataset.location,
                "it holds \(type?.rawValue ?? "another type") \(shape); expected "
                    + forms.map(\.description).joined(separator: " or ")
                    + (inputsPerEpoch == true ? ", because the attribute “per_epoch” is 1" : ""),
                "Record again with a recorder that keeps to this.")
            return
        }
        if let inputsPerEpoch, let samples,
            let (problem, remedy) = Self.contradiction(
                between: shape, perEpoch: inputsPerEpoch, samples: samples)
        {
            add(.perEpochContradiction, dataset.location, problem, remedy)
            return
        }
        for (axis, extent) in shape.enumerated() {
            let symbol = axis < form.shape.count ? form.shape[axis] : "..."
            switch symbol {
            case "E" where extent < committed:
                tooShort.append((dataset.path, extent))
            case "n" where samples.map { $0 != extent } ?? (extent < 1):
                add(
                    samples == nil ? .empty : .sampleCount, dataset.location,
                    samples.map { "\(counted(extent, "sample")), but the labels have \($0)" } ?? "there are no samples",
                    form.shape.first == "E" ? "Record this layer again." : "Record this split again.")
            case "k" where extent < 1, "..." where extent < 1:
                add(.empty, dataset.location, "axis \(axis) of \(shape) is empty", "Record again.")
            default:
                if let length = Int(symbol), length != extent {
                    add(
                        .wrongForm, dataset.location,
                        "axis \(axis) has \(counted(extent, "element")), expected \(length)",
                        "Record again.")
                }
            }
        }
    }

    /// What inputs whose samples differ from the labels claim to be by the attribute `per_epoch`, where they look like
    /// the other form; nil where they do not.
    private static func contradiction(
        between shape: [Int], perEpoch: Bool, samples: Int
    ) -> (problem: String, remedy: String)? {
        let axis = perEpoch ? 1 : 0
        guard shape[axis] != samples else { return nil }
        let labels = "the shape is \(shape), and the labels have \(counted(samples, "sample"))"
        if perEpoch {
            return (
                "the attribute “per_epoch” is 1, which claims the shape [records, samples, ...]; \(labels)",
                shape[0] == samples
                    ? "Set “per_epoch” to 0 if these inputs do not change, else record this split again."
                    : "Record this split again."
            )
        }
        guard shape.count > 1, shape[1] == samples else { return nil }
        return (
            "the attribute “per_epoch” is not 1, which claims the shape [samples, ...]; \(labels)",
            "Record this split again, or set “per_epoch” to 1 and add the digests if these inputs change per record."
        )
    }

    /// Checks the attributes of a rule and returns those that are there.
    @discardableResult
    private mutating func checkAttributes(
        of object: Object, rule: ArchiveSchema.ObjectRule, inputsPerEpoch: Bool?
    ) -> [String: Attribute] {
        var attributes: [String: Attribute] = [:]
        for attribute in rule.attributes {
            let countBefore = troubles
            let found = attempt { _ throws(HDF5Error) in try object.attribute(attribute.name) }
            guard troubles == countBefore else { continue }
            guard let found else {
                let isRequired =
                    switch attribute.required {
                    case .always: true
                    case .optional: false
                    case .fixedInputs: inputsPerEpoch == false
                    case .perEpochInputs: inputsPerEpoch == true
                    }
                if isRequired {
                    add(
                        .missingAttribute, object.location, "the attribute “\(attribute.name)” is missing",
                        "Record again, or add it.")
                }
                continue
            }
            guard attribute.type.holds(found) else {
                add(
                    .attributeType, object.location,
                    "the attribute “\(attribute.name)” is not of type \(attribute.type.rawValue)",
                    "Record again, or write it again.")
                continue
            }
            if let values = attribute.values, case .string(let text) = found, !values.contains(text) {
                add(
                    .attributeValue, object.location,
                    "the attribute “\(attribute.name)” is “\(text)”; expected one of \(values.joined(separator: ", "))",
                    "Record again, or write it again.")
                continue
            }
            attributes[attribute.name] = found
        }
        return attributes
    }
}

extension ArchiveSchema.ObjectRule.Kind {
    fileprivate var noun: String { self == .group ? "group" : "data set" }
}

extension Group.ChildKind {
    fileprivate var noun: String {
        switch self {
        case .group: "a group"
        case .dataset: "a data set"
        case .other: "a type or another kind of object"
        }
    }
}

extension Group.LinkKind {
    fileprivate var noun: String {
        switch self {
        case .hard: "a hard link"
        case .soft: "a soft link"
        case .external: "a link to another file"
        case .other: "a link of a kind of its own"
        }
    }
}

extension ArchiveSchema.AttributeRule.ValueType {
    fileprivate func holds(_ value: Attribute) -> Bool {
        switch (self, value) {
        case (.string, .string), (.strings, .strings), (.uint8, .uint8), (.integer, .uint8), (.integer, .int64): true
        default: false
        }
    }
}
