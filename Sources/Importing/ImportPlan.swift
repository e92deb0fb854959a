internal import Activations
internal import Spelling

/// What will be written, and every contradiction that shows without reading activations.
struct ImportPlan {
    struct Layer {
        let name: String
        let layout: TensorLayout
        let type: NumberType
    }

    let epochs: [any EpochSource]
    let layers: [Layer]
    let inputs: Cell
    let labels: Labels
    let sampleIDs: [Int]
    /// Arrays that every epoch brings along and that must be the same in all, by name.
    let repeated: [String: ElementArray]
    /// Where inputs and labels came from.
    let inputsPlace: String
    let labelsPlace: String

    init(_ request: ImportRequest) throws(ImportError) {
        let sources: EpochSources =
            switch request.layout {
            case .npz: try numPyEpochs(in: request.sources)
            case .deepBottleneck: try deepBottleneckEpochs(in: request.sources)
            case .safetensors: try safetensorsEpochs(in: request.sources)
            }
        guard sources.problems.isEmpty, let first = sources.epochs.first else { throw ImportError(sources.problems) }
        epochs = sources.epochs

        var problems: [String] = []
        // Inputs, labels and ids: by an option, beside the epochs, or within them.
        var repeated: [String: ElementArray] = [:]
        var reserved: Set<String> = ["inputs", "labels", "sample_ids"]
        if request.layout == .deepBottleneck { reserved.formUnion(["X", "y"]) }
        func array(_ noun: String, option: String?, names: [String]) -> BesideArray? {
            do throws(ImportError) {
                if let place = option ?? sources.beside[noun] { return try BesideArray(readingFrom: place) }
                guard let name = names.first(where: { first.arrays[$0] != nil && reserved.contains($0) }),
                    let layout = first.arrays[name]
                else { return nil }
                let values = try first.read(name)
                repeated[name] = values
                return BesideArray("\(first.place):\(name)", layout.shape, values)
            } catch {
                problems += error.sentences
                return nil
            }
        }
        func converted<Value>(
            _ array: BesideArray?, _ body: (BesideArray) throws(ImportError) -> Value
        ) -> Value? {
            do throws(ImportError) {
                guard let array else { return nil }
                return try body(array)
            } catch {
                problems += error.sentences
                return nil
            }
        }
        let inputArray = array("inputs", option: request.inputs, names: ["inputs", "X"])
        let labelArray = array("labels", option: request.labels, names: ["labels", "y"])
        let idArray = array("sample_ids", option: request.sampleIDs, names: ["sample_ids"])
        let hadProblems = !problems.isEmpty
        let inputs = converted(inputArray) { array throws(ImportError) in try array.inputs() }
        let labels = converted(labelArray) { array throws(ImportError) in try array.labels(names: request.classNames) }
        let ids = converted(idArray) { array throws(ImportError) in try array.integers(noun: "sample ids") }
        let source = request.sources.joined(separator: ", ")
        if inputArray == nil, !hadProblems {
            problems.append("\(source): there are no inputs with it. Give them by --inputs x.npy or file.h5:/path.")
        }
        if labelArray == nil, !hadProblems {
            problems.append("\(source): there are no labels with it. Give them by --labels y.npy or file.h5:/path.")
        }
        if let inputs, let labels, let inputArray, inputs.samples != labels.count {
            problems.append(
                "\(inputArray.place): \(inputs.samples) samples, but the labels have \(labels.count). Give those that "
                    + "belong together.")
        }
        if let ids, let labels, let idArray, ids.count != labels.count {
            problems.append(
                "\(idArray.place): \(ids.count) ids, but the labels have \(labels.count). Give one id per sample.")
        }

        let names = Self.order(
            first.arrays.keys.filter { !reserved.contains($0) }.sorted(by: naturallyPrecedes), by: request.layers,
            in: first.place, problems: &problems)
        layers = names.compactMap { name in
            first.arrays[name].map { Layer(name: name, layout: $0, type: request.elementType ?? $0.kind.type) }
        }
        for name in request.kinds.keys.sorted() where !names.contains(name) {
            let hint = nearest(to: name, among: names).map { "Did you mean \($0)?" } ?? "Name one of these."
            problems.append(
                "--kind \(name): there is no such layer; there are \(names.joined(separator: ", ")). \(hint)")
        }
        Self.check(
            layers, in: epochs, samples: labels?.count, reserved: reserved, allowsMore: request.layers != nil,
            problems: &problems)
        guard problems.isEmpty, let inputs, let labels else { throw ImportError(problems) }
        self.inputs = inputs
        self.labels = labels
        self.repeated = repeated
        sampleIDs = ids ?? Array(0..<labels.count)
        inputsPlace = inputArray?.place ?? ""
        labelsPlace = labelArray?.place ?? ""
    }

    /// The layers in the order that was asked for; those of a pattern stand in the order of their names.
    private static func order(
        _ names: [String], by wanted: [String]?, in place: String, problems: inout [String]
    ) -> [String] {
        guard !names.isEmpty else {
            problems.append("\(place): holds no layer. Check the path and --from.")
            return []
        }
        guard let wanted else { return names }
        var chosen: [String] = []
        for text in wanted {
            let pattern = NamePattern(text)
            let matching = names.contains(text) ? [text] : names.filter { pattern.matches($0) }
            if matching.isEmpty {
                let hint = nearest(to: text, among: names).map { "Did you mean \($0)?" } ?? "Name one of these."
                problems.append(
                    "\(place): there is no layer \(text); there are \(names.joined(separator: ", ")). \(hint)")
            }
            chosen += matching.filter { !chosen.contains($0) }
        }
        return chosen
    }

    private static func check(
        _ layers: [Layer], in epochs: [any EpochSource], samples: Int?, reserved: Set<String>, allowsMore: Bool,
        problems: inout [String]
    ) {
        for layer in layers {
            let place = "\(epochs[0].place):\(layer.name)"
            if !layer.layout.kind.type.isFloatingPoint {
                problems.append(
                    "\(place): holds \(layer.layout.kind.type.rawValue); activations are floating-point numbers. Convert "
                        + "it, or leave it out by --layers.")
            }
            if let samples, layer.layout.shape.first != samples {
                problems.append(
                    "\(place): shape \(layer.layout.shape); expected \(samples) samples on the first axis, as the labels "
                        + "have. Give the labels and inputs of these samples.")
            } else if layer.layout.shape.isEmpty || layer.layout.count == 0 {
                problems.append("\(place): shape \(layer.layout.shape) holds no samples. Leave it out by --layers.")
            }
        }
        let names = Set(layers.map(\.name))
        for epoch in epochs.dropFirst() {
            let arrays = epoch.arrays
            for layer in layers {
                guard let layout = arrays[layer.name] else {
                    problems.append(
                        "\(epoch.place): layer \(layer.name) is missing; \(epochs[0].place) has it. Record the epoch again, "
                            + "or leave the layer out by --layers.")
                    continue
                }
                if layout.shape != layer.layout.shape || layout.kind.type != layer.layout.kind.type {
                    problems.append(
                        "\(epoch.place):\(layer.name): \(layout.kind.type.rawValue) \(layout.shape), but "
                            + "\(layer.layout.kind.type.rawValue) \(layer.layout.shape) in \(epochs[0].place). Record the "
                            + "epoch again, or leave the layer out by --layers.")
                }
            }
            guard !allowsMore else { continue }
            for name in arrays.keys.sorted() where !names.contains(name) && !reserved.contains(name) {
                problems.append(
                    "\(epoch.place): layer \(name) is not in \(epochs[0].place). Name the layers to import by --layers."
                )
            }
        }
    }
}
