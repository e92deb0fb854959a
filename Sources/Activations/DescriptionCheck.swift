internal import Spelling

/// The rules that the description of a new archive must keep, all contradictions at once.
enum DescriptionCheck {
    static func findings(in description: ArchiveDescription, path: String) -> [ArchiveError.Finding] {
        var check = Check(path: path)
        check.id(description.id)
        if description.splits.isEmpty { check.add("/splits", "no split is described", "Describe at least one split.") }
        check.names(description.splits.map(\.name), of: "/splits")
        check.names(description.metricNames ?? [], of: "/metrics")
        for split in description.splits { check.split(split) }
        return check.findings
    }

    static func metrics(_ names: [String], path: String) -> [ArchiveError.Finding] {
        var check = Check(path: path)
        check.names(names, of: "/metrics")
        return check.findings
    }

    private struct Check {
        let path: String
        var findings: [ArchiveError.Finding] = []

        mutating func add(_ object: String, _ problem: String, _ remedy: String) {
            findings.append(ArchiveError.Finding(location: "\(path):\(object)", problem: problem, remedy: remedy))
        }

        /// An archive is named by its id in results, file names and addresses. Readers take any text.
        mutating func id(_ id: String) {
            guard !ArchiveLayout.isPlain(id) else { return }
            add(
                "/",
                "“\(id)” is no id; expected 1 to \(ArchiveLayout.idBytes) of a-z, A-Z, 0-9, “-”, “_” and “.”, "
                    + "not starting with “.”",
                "Give a UUID, or leave the id as it is by default.")
        }

        mutating func names(_ names: [String], of object: String) {
            var seen: Set<String> = []
            for name in names {
                let stored = ArchiveLayout.stored(name)
                if stored.isEmpty || stored == "." || stored == ".." || stored.utf8.contains(0) {
                    add(object, "“\(name)” cannot be a name in a file", "Choose another name.")
                } else if !seen.insert(stored).inserted {
                    add(object, "the name “\(stored)” occurs twice", "Give each its own name (“/” is written as “:”).")
                }
            }
        }

        mutating func split(_ split: SplitDescription) {
            let object = "/splits/\(ArchiveLayout.stored(split.name))"
            let samples = split.labels.count
            if samples == 0 { add("\(object)/labels", "there are no samples", "Give at least one.") }
            labels(split.labels, object: "\(object)/labels")
            if split.sampleIDs.count != samples {
                add(
                    "\(object)/sample_ids",
                    "\(counted(split.sampleIDs.count, "sample")), but the labels have \(samples)",
                    "Give one id per sample.")
            }
            inputs(split.inputs, samples: samples, object: "\(object)/inputs")
            if split.layers.isEmpty { add("\(object)/layers", "no layer is described", "Describe at least one.") }
            names(split.layers.map(\.name), of: "\(object)/layers")
            var orders: Set<Int> = []
            for layer in split.layers {
                let place = "\(object)/layers/\(ArchiveLayout.stored(layer.name))"
                shape(layer.unitShape, type: layer.elementType, object: place)
                if layer.order < 0 {
                    add(place, "its order is \(layer.order)", "Number the layers from 0 or 1 on.")
                }
                if !layer.elementType.isFloatingPoint {
                    add(place, "the type is \(layer.elementType.rawValue)", "Record float16, float32 or float64.")
                }
                if !orders.insert(layer.order).inserted {
                    add(
                        place, "another layer has the order \(layer.order), too", "Number the layers from the input on."
                    )
                }
            }
        }

        private mutating func labels(_ labels: Labels, object: String) {
            switch labels {
            case .classes(let ids, let names):
                if !names.isEmpty, let index = ids.firstIndex(where: { !names.indices.contains($0) }) {
                    add(
                        object,
                        "sample \(index) has class \(ids[index]), but there \(names.count == 1 ? "is" : "are") "
                            + counted(names.count, "class name"),
                        "Name every class, from 0 on.")
                }
            case .values(let values, let width):
                if width < 1 || values.count % max(1, width) != 0 {
                    add(
                        object,
                        "\(counted(values.count, "value")) \(values.count == 1 ? "is" : "are") no rows of \(width)",
                        "Give every sample as many labels.")
                } else if let index = values.firstIndex(where: { !$0.isFinite }) {
                    add(
                        object, "\(values[index]) at sample \(index / width), column \(index % width)",
                        "Leave samples out whose label is not known.")
                }
            }
        }

        private mutating func inputs(_ inputs: SplitDescription.Inputs, samples: Int, object: String) {
            switch inputs {
            case .fixed(let cell):
                shape(cell.unitShape, type: cell.values.elementType, object: object)
                if cell.samples != samples {
                    add(
                        object, "\(counted(cell.samples, "sample")), but the labels have \(samples)",
                        "Give one input per sample.")
                }
                if let (index, text) = cell.values.firstNotFinite {
                    add(
                        object, "\(text) at sample \(index / cell.units), feature \(index % cell.units)",
                        "Clean the inputs before recording.")
                }
            case .perEpoch(let unitShape, let type):
                shape(unitShape, type: type, object: object)
            }
        }

        private mutating func shape(_ shape: [Int], type: NumberType, object: String) {
            var bytes = type.size
            var isTooLarge = false
            for extent in shape {
                let (product, overflow) = bytes.multipliedReportingOverflow(by: extent)
                isTooLarge = isTooLarge || overflow
                bytes = product
            }
            if shape.contains(where: { $0 < 1 }) {
                add(object, "the shape of one sample is \(shape)", "Give every axis at least one element.")
            } else if isTooLarge || bytes >= 1 << 32 {
                // A sample is never cut, and a chunk of HDF5 stays below 4 GiB.
                add(object, "one sample of shape \(shape) takes 4 GiB or more", "Pool the layer before recording.")
            } else if shape.count > 30 {
                add(object, "a sample has \(shape.count) axes", "HDF5 has 32 axes at most, two are taken: merge some.")
            }
        }
    }
}

/// "1 record", "2 records".
func counted(_ count: Int, _ noun: String) -> String { "\(count) \(noun)\(count == 1 ? "" : "s")" }

func listed(_ names: [String]) -> String { names.isEmpty ? "none" : names.joined(separator: ", ") }

/// Errors for names that are not in the archive; they name the nearest.
enum Unknown {
    static func split(_ name: String, among names: [String], in path: String) -> ArchiveError {
        error("split", name, among: names, at: path)
    }

    static func layer(_ name: String, of split: String, among names: [String], in path: String) -> ArchiveError {
        error("layer", name, among: names, at: "\(path):/splits/\(split)")
    }

    private static func error(_ noun: String, _ name: String, among names: [String], at place: String) -> ArchiveError {
        ArchiveError(
            .unknown, at: place, "there is no \(noun) “\(name)”; there are \(listed(names))",
            nearest(to: name, among: names).map { "Did you mean “\($0)”?" } ?? "Name one of these.")
    }
}
