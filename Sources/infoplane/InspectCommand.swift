import Activations
import ArgumentParser

struct InspectCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "inspect",
        abstract: "Print what an archive holds.",
        discussion: """
            Splits, layers with shapes and sizes, records, metrics and provenance. Reads no activations, so that it \
            is as quick for a large archive as for a small one.

            EXAMPLES:
              infoplane inspect run.h5
              infoplane inspect run.h5 --json
            """)

    @Argument(help: "The archive.", completion: .file(extensions: ["h5"]))
    var archive: String

    @OptionGroup var allow: AllowOption

    @Flag(help: "Print JSON for programs.")
    var json = false

    func run() async throws {
        try await Terminal.reporting {
            let archive = try ActivationArchive(opening: self.archive, trusting: allow.trust)
            try Terminal.write(json ? Self.json(of: archive).text + "\n" : Self.table(of: archive))
        }
    }

    private static func table(of archive: ActivationArchive) -> String {
        let info = archive.info
        var text = "\(archive.path): activation archive, format \(info.version)\n"
        var facts: [(String, String)] = [
            ("title", info.title), ("model", info.model), ("id", info.id),
            ("recorded", "\(info.created) by \(info.producer)"),
            (
                "records",
                "\(archive.committedRecords)"
                    + (archive.epochs.isEmpty ? "" : ", epochs \(epochList(archive.epochs))")
                    + (info.isClosed ? "" : " (the recorder has not closed the archive)")
            ),
        ]
        if let origin = info.derivedFrom { facts.append(("derived from", origin)) }
        for (name, value) in facts where !value.isEmpty { text += "  \(name): \(value)\n" }
        for split in archive.splits {
            text +=
                "\nsplit \(split.name): \(split.sampleCount) samples, \(describe(split.inputs)), "
                + "\(describe(split.labels))\n"
            var table = TextTable(["order", "layer", "kind", "activation", "units", "type", "per record"])
            for layer in split.layers {
                table.add([
                    String(layer.order), layer.name, layer.kind.rawValue, layer.activation ?? "",
                    layer.unitShape.map(String.init).joined(separator: "×"), layer.elementType.rawValue,
                    byteText(layer.bytesPerRecord),
                ])
            }
            text += table.text(indent: 2)
        }
        if !archive.metrics.isEmpty {
            text += "\nmetrics\n"
            var table = TextTable(["name", "first", "last"])
            for metric in archive.metrics {
                table.add([metric.name, metric.values.first.map(number) ?? "", metric.values.last.map(number) ?? ""])
            }
            text += table.text(indent: 2)
        }
        if info.hyperparameters != "{}" { text += "\nhyperparameters: \(info.hyperparameters)\n" }
        return text
    }

    private static func number(_ value: Double) -> String {
        value.isNaN ? "" : decimals(value, 4)
    }

    /// 0, 1, 2, ..., 100: the first few and the last.
    private static func epochList(_ epochs: [Int]) -> String {
        guard epochs.count > 6 else { return epochs.map(String.init).joined(separator: ", ") }
        return epochs.prefix(4).map(String.init).joined(separator: ", ") + ", …, \(epochs[epochs.count - 1])"
    }

    private static func describe(_ inputs: InputsInfo) -> String {
        let shape = inputs.shape.map(String.init).joined(separator: "×")
        return "inputs \(shape.isEmpty ? "scalar" : shape) \(inputs.elementType.rawValue)"
            + (inputs.perEpoch ? " that change per record" : "")
    }

    private static func describe(_ labels: LabelsInfo) -> String {
        switch labels {
        case .classes(let names): names.isEmpty ? "class labels" : "\(names.count) classes"
        case .values(let width): width == 1 ? "real labels" : "real labels with \(width) columns"
        }
    }

    private static func json(of archive: ActivationArchive) -> JSONText {
        let info = archive.info
        return .object([
            ("path", .text(archive.path)), ("format", .text("activation-archive")), ("version", .text(info.version)),
            ("id", .text(info.id)), ("title", .text(info.title)), ("model", .text(info.model)),
            ("producer", .text(info.producer)), ("created", .text(info.created)),
            ("derived_from", info.derivedFrom.map { .text($0) } ?? .null), ("closed", .truth(info.isClosed)),
            ("hyperparameters", .text(info.hyperparameters)), ("records", .whole(archive.committedRecords)),
            ("epochs", .list(archive.epochs.map { .whole($0) })),
            (
                "metrics",
                .object(archive.metrics.map { ($0.name, .list($0.values.map { .number($0) })) })
            ),
            ("splits", .list(archive.splits.map(json(of:)))),
        ])
    }

    private static func json(of split: SplitInfo) -> JSONText {
        var labels: [(String, JSONText)] = []
        switch split.labels {
        case .classes(let names):
            labels = [("kind", .text("classes")), ("class_names", .list(names.map { .text($0) }))]
        case .values(let width): labels = [("kind", .text("values")), ("columns", .whole(width))]
        }
        return .object([
            ("name", .text(split.name)), ("samples", .whole(split.sampleCount)),
            (
                "inputs",
                .object([
                    ("shape", .list(split.inputs.shape.map { .whole($0) })),
                    ("type", .text(split.inputs.elementType.rawValue)), ("per_epoch", .truth(split.inputs.perEpoch)),
                ])
            ),
            ("labels", .object(labels)),
            (
                "layers",
                .list(
                    split.layers.map { layer in
                        .object([
                            ("name", .text(layer.name)), ("order", .whole(layer.order)),
                            ("kind", .text(layer.kind.rawValue)),
                            ("activation", layer.activation.map { .text($0) } ?? .null),
                            ("module", layer.module.map { .text($0) } ?? .null),
                            ("pooling", layer.pooling.map { .text($0) } ?? .null),
                            ("shape", .list(layer.unitShape.map { .whole($0) })),
                            ("type", .text(layer.elementType.rawValue)),
                            ("bytes_per_record", .whole(layer.bytesPerRecord)),
                        ])
                    })
            ),
        ])
    }
}
