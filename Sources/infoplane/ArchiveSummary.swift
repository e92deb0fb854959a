import Activations

extension ActivationArchive {
    /// What a program needs to know of an archive that a command has written: where it lies, its id, epochs, splits and layers.
    func summary(at path: String, with more: [(String, JSONText)] = []) -> JSONText {
        let splits = splits.map { split in
            (
                split.name,
                JSONText.object([
                    ("samples", .whole(split.sampleCount)),
                    ("layers", .list(split.layers.map { .text($0.name) })),
                ])
            )
        }
        return .object(
            [
                ("archive", .text(path)), ("id", .text(info.id)), ("records", .whole(committedRecords)),
                ("epochs", .list(epochs.prefix(committedRecords).map { .whole($0) })), ("splits", .object(splits)),
            ] + more)
    }
}
