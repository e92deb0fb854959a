extension ArchiveSchema {
    /// Version 1. `schemas/activation-archive-v1.json` says the same, and a test keeps the two equal.
    public static let version1 = ArchiveSchema(
        format: format, version: version, chunkBytes: ArchiveLayout.chunkBytes,
        seriesRowsPerChunk: ArchiveLayout.seriesRows,
        symbols: [
            Symbol(name: "E", meaning: "records; the only extendible axis, at least as long as /committed says"),
            Symbol(name: "n", meaning: "samples of the split"),
            Symbol(name: "k", meaning: "any length of at least 1"),
            Symbol(name: "...", meaning: "any number of axes, each of at least 1"),
        ],
        objects: root + series + samples + layers)

    private static let digestMeaning = "SHA-256 of the stored little-endian bytes, 64 lower-case hexadecimal digits"

    private static let root: [ObjectRule] = [
        ObjectRule(
            path: "/", kind: .group, required: .always,
            attributes: [
                AttributeRule(
                    name: "format", type: .string, required: .always, values: [format],
                    meaning: "What this file is"),
                AttributeRule(
                    name: "version", type: .string, required: .always,
                    meaning: "Version of this format, major.minor; a reader of version 1 reads every 1.x"),
                AttributeRule(
                    name: "id", type: .string, required: .always,
                    meaning: "UUID; names this archive everywhere"),
                AttributeRule(
                    name: "created", type: .string, required: .always,
                    meaning: "Date and time of creation, ISO 8601"),
                AttributeRule(
                    name: "producer", type: .string, required: .always,
                    meaning: "The program that recorded, with its version"),
                AttributeRule(
                    name: "title", type: .string, required: .optional,
                    meaning: "A line for people"),
                AttributeRule(
                    name: "model", type: .string, required: .optional,
                    meaning: "The network in one line"),
                AttributeRule(
                    name: "hyperparameters", type: .string, required: .optional,
                    meaning: "A JSON object"),
                AttributeRule(
                    name: "derived_from", type: .string, required: .optional,
                    meaning: "The id of the archive that this one is cut from"),
                AttributeRule(
                    name: "closed", type: .uint8, required: .always,
                    meaning: "0 until the writer closed the file normally, then 1, overwritten in place"),
            ],
            meaning: "The archive"),
        ObjectRule(
            path: "/committed", kind: .dataset, required: .always,
            forms: [Form(types: [.int64], shape: [])],
            meaning: "Records safely written; whatever lies beyond does not exist for a reader"),
    ]

    private static let series: [ObjectRule] = [
        ObjectRule(
            path: "/epoch", kind: .dataset, required: .always,
            forms: [Form(types: [.int64], shape: ["E"])],
            meaning: "Epoch number of each record, 0 = before training; ascending, strictly so where there is no step"),
        ObjectRule(
            path: "/step", kind: .dataset, required: .optional,
            forms: [Form(types: [.int64], shape: ["E"])],
            meaning: "Training step of each record; ascends within an epoch"),
        ObjectRule(
            path: "/metrics", kind: .group, required: .optional,
            meaning: "Numbers that were measured while training"),
        ObjectRule(
            path: "/metrics/<metric>", kind: .dataset, required: .optional,
            forms: [Form(types: [.float64], shape: ["E"])],
            meaning: "One number per record; NaN = not measured"),
    ]

    private static let samples: [ObjectRule] = [
        ObjectRule(
            path: "/splits", kind: .group, required: .always,
            meaning: "The splits; at least one"),
        ObjectRule(
            path: "/splits/<split>", kind: .group, required: .always,
            meaning: "A fixed set of samples"),
        ObjectRule(
            path: "/splits/<split>/inputs", kind: .dataset, required: .always,
            forms: [
                Form(types: NumberType.allCases, shape: ["n", "..."]),
                Form(types: NumberType.allCases, shape: ["E", "n", "..."]),
            ],
            attributes: [
                AttributeRule(
                    name: "per_epoch", type: .integer, required: .optional,
                    meaning: "1 where the inputs change from record to record; 0, the default, where not"),
                AttributeRule(
                    name: "sha256", type: .string, required: .fixedInputs,
                    meaning: digestMeaning),
            ],
            meaning: "What the network got; the form with E where the attribute per_epoch is 1"),
        ObjectRule(
            path: "/splits/<split>/input_digests", kind: .dataset, required: .perEpochInputs,
            forms: [Form(types: [.uint8], shape: ["E", "32"])],
            meaning: "SHA-256 of each record's stored little-endian bytes of inputs"),
        ObjectRule(
            path: "/splits/<split>/labels", kind: .dataset, required: .always,
            forms: [
                Form(types: [.int64], shape: ["n"]), Form(types: [.float64], shape: ["n"]),
                Form(types: [.float64], shape: ["n", "k"]),
            ],
            attributes: [
                AttributeRule(
                    name: "class_names", type: .strings, required: .optional,
                    meaning: "The name of class 0, 1, ...; only with int64, and then every label is one of these"),
                AttributeRule(
                    name: "sha256", type: .string, required: .always,
                    meaning: digestMeaning),
            ],
            meaning: "Class ids, or numbers to be predicted; the length of axis 0 is the n of the split"),
        ObjectRule(
            path: "/splits/<split>/sample_ids", kind: .dataset, required: .always,
            forms: [Form(types: [.int64], shape: ["n"])],
            attributes: [
                AttributeRule(
                    name: "sha256", type: .string, required: .always,
                    meaning: digestMeaning)
            ],
            meaning: "Index of each sample in the original data set"),
    ]

    private static let layers: [ObjectRule] = [
        ObjectRule(
            path: "/splits/<split>/layers", kind: .group, required: .always,
            meaning: "The layers; at least one"),
        ObjectRule(
            path: "/splits/<split>/layers/<layer>", kind: .dataset, required: .always,
            forms: [Form(types: [.float16, .float32, .float64], shape: ["E", "n", "..."])],
            attributes: [
                AttributeRule(
                    name: "order", type: .integer, required: .always,
                    meaning:
                        "Place of the layer in the network, ascending from the input on; no two layers of a split have the same"
                ),
                AttributeRule(
                    name: "kind", type: .string, required: .always, values: LayerKind.allCases.map(\.rawValue),
                    meaning: "What the layer is"),
                AttributeRule(
                    name: "activation", type: .string, required: .optional,
                    meaning: "The function after which the layer is recorded"),
                AttributeRule(
                    name: "module", type: .string, required: .optional,
                    meaning: "The type of the framework's module"),
                AttributeRule(
                    name: "pooling", type: .string, required: .optional,
                    meaning: "How axes were reduced before recording"),
            ],
            meaning: "Activations: records, samples, then the axes of the units; finite"),
        ObjectRule(
            path: "/splits/<split>/ranges", kind: .group, required: .always,
            meaning: "For each layer the extreme values of each record"),
        ObjectRule(
            path: "/splits/<split>/ranges/<layer>", kind: .dataset, required: .always,
            forms: [Form(types: [.float64], shape: ["E", "2"])],
            meaning: "Smallest and largest value of each record over all samples and units"),
        ObjectRule(
            path: "/splits/<split>/digests", kind: .group, required: .always,
            meaning: "For each layer the digests of its records"),
        ObjectRule(
            path: "/splits/<split>/digests/<layer>", kind: .dataset, required: .always,
            forms: [Form(types: [.uint8], shape: ["E", "32"])],
            meaning: "SHA-256 of each record's stored little-endian bytes"),
    ]
}
