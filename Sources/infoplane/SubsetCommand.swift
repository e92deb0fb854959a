import Activations
import Analysis
import ArgumentParser

struct SubsetCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "subset",
        abstract: "Copy a part of an archive, or all of it, to a new one.",
        discussion: """
            The new archive has an id of its own, says what it was cut from, and appears under its name when it is \
            complete. Only committed records are copied, and every byte read is compared with its digest. Without \
            options it is a full copy, for example to compress.

            EXAMPLES:
              infoplane subset run.h5 --layers fc1,fc2 --splits train --epochs every:10 -o small.h5
              infoplane subset run.h5 --layers 'fc*' --samples 1000 --dtype float16 --deflate -o small.h5
              infoplane subset run.h5 --epochs 100-200 -o late.h5
              infoplane subset run.h5 --deflate 9 -o packed.h5
            """)

    @Argument(help: "The archive.", completion: .file(extensions: ["h5"]))
    var archive: String

    @OptionGroup var allow: AllowOption

    @Option(name: .shortAndLong, help: "The archive to write; it must not exist.")
    var output: String

    @Option(help: "The layers, comma-separated; * and ? stand for others. (default: all)")
    var layers: String?

    @Option(help: "The splits, comma-separated; * and ? stand for others. (default: all)")
    var splits: String?

    @Option(help: "The records: all, last, every:K, A-B or a list such as 0,1,10.")
    var epochs = "all"

    @Option(help: "How many samples of each split, the first ones; a number or all.")
    var samples = "all"

    @Option(help: "Round the layers to float16, float32 or float64. (default: as they are)")
    var dtype: String?

    @Option(
        defaultAsFlag: 4, help: "Compress layers and inputs, at a level from 1 to 9; without one at 4. (default: not)")
    var deflate: Int?

    @Flag(help: "Print the summary as JSON.")
    var json = false

    func validate() throws {
        try Self.check(deflate: deflate)
        _ = try selection()
        do {
            _ = try EpochSelection(epochs)
        } catch {
            throw ValidationError(error.description)
        }
    }

    func run() async throws {
        try await Terminal.reporting {
            let archive = try ActivationArchive(opening: self.archive, trusting: allow.trust)
            var selection = try selection()
            if epochs != "all" {
                selection.records = try EpochSelection(epochs).records(of: archive.epochs, in: self.archive)
            }
            Interruption.watch()
            let bar = ProgressBar("subset")
            defer { bar.finish() }
            let isComplete = try archive.writeSubset(
                selection, to: output, producer: "infoplane \(Infoplane.version)", deflate: deflate,
                progress: { bar.update(done: $0.done, total: $0.total, note: $0.place) },
                shouldStop: { Interruption.isRequested })
            bar.finish()
            guard isComplete else {
                Terminal.note("stopped: nothing was written.")
                throw ExitCode(1)
            }
            let copy = try ActivationArchive(opening: output)
            if json { return try Terminal.write(copy.summary(at: output).text + "\n") }
            let layers = Set(copy.splits.flatMap(\.layers).map(\.name)).count
            let splits = copy.splits.map { "\($0.name) (\($0.sampleCount))" }.joined(separator: ", ")
            try Terminal.write(
                "\(output): \(copy.committedRecords) of \(archive.committedRecords) records, \(layers) "
                    + "\(layers == 1 ? "layer" : "layers") of \(splits), cut from \(archive.info.id)\n")
        }
    }

    private func selection() throws -> ArchiveSelection {
        var selection = ArchiveSelection()
        selection.layers = layers.map(Self.list)
        selection.splits = splits.map(Self.list)
        if samples != "all" {
            guard let count = Int(samples), count > 0 else {
                throw ValidationError("--samples \(samples): expected a positive whole number or all")
            }
            selection.samples = count
        }
        selection.elementType = try dtype.map(Self.floatingPoint)
        return selection
    }

    static func check(deflate level: Int?) throws {
        guard let level, !(1...9).contains(level) else { return }
        throw ValidationError("--deflate \(level): expected a level from 1 to 9")
    }

    static func list(_ text: String) -> [String] {
        text.split(separator: ",").map { String($0.drop { $0 == " " }) }
    }

    /// The type of this name.
    static func floatingPoint(_ name: String) throws -> NumberType {
        guard let type = NumberType(rawValue: name), type.isFloatingPoint else {
            throw ValidationError("--dtype \(name): expected float16, float32 or float64")
        }
        return type
    }
}
