import Activations
import ArgumentParser
import Importing

struct ImportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import",
        abstract: "Make an archive of activations that another program has saved.",
        discussion: """
            LAYOUTS:
              npz              a folder with one .npz file, or one folder of .npy files, per epoch; array = layer
              deep-bottleneck  an HDF5 file with data sets /<epoch>/activations/<layer>
              safetensors      a folder with one .safetensors file per epoch; tensor = layer

            The epoch is the last whole number in the name. A layer is an array of samples by units. Inputs and labels \
            are given by options, or found: as inputs.npy and labels.npy in the folder, as arrays of these names in \
            every epoch, or as data sets of these names (or X and y) in the HDF5 file. Whole-number labels are class ids. \
            Numbers are kept to the bit unless --dtype rounds them.

            EXAMPLES:
              infoplane import --from npz epochs/ --inputs x.npy --labels y.npy -o run.h5
              infoplane import --from npz epochs/ --layers 'conv*,fc1,fc2' --kind fc1=dense --kind fc2=logits -o run.h5
              infoplane import --from deep-bottleneck activations.h5 --inputs data.h5:/x --labels data.h5:/y -o run.h5
              infoplane import --from safetensors epochs/ --labels y.npy --dtype float16 --deflate -o run.h5
            """)

    @Option(help: "How the sources are laid out: \(ImportLayout.allCases.map(\.rawValue).joined(separator: ", ")).")
    var from: String

    @Argument(help: "Files, or folders of them.", completion: .file())
    var sources: [String]

    @Option(name: .shortAndLong, help: "The archive to write; it must not exist.")
    var output: String

    @Option(help: "The inputs: x.npy or file.h5:/path. (default: found with the sources)", completion: .file())
    var inputs: String?

    @Option(help: "The labels: y.npy or file.h5:/path. (default: found with the sources)", completion: .file())
    var labels: String?

    @Option(help: "The index of every sample in the original data: ids.npy or file.h5:/path. (default: 0, 1, ...)")
    var sampleIds: String?

    @Option(help: "The name of the split.")
    var split = "train"

    @Option(
        help: "The layers from the input on, comma-separated; * and ? stand for others. (default: all, by their names)")
    var layers: String?

    @Option(
        name: .customLong("kind"),
        help: ArgumentHelp(
            "What a layer is: \(LayerKind.allCases.map(\.rawValue).joined(separator: ", ")); repeat for several. "
                + "(default: other)", valueName: "layer=kind"))
    var kinds: [String] = []

    @Option(help: "The names of class 0, 1, ..., comma-separated.")
    var classNames: String?

    @Option(help: "The archive's title.")
    var title = ""

    @Option(help: "The network in one line.")
    var model = ""

    @Option(help: "Round the layers to float16, float32 or float64. (default: as they are)")
    var dtype: String?

    @Option(
        defaultAsFlag: 4, help: "Compress layers and inputs, at a level from 1 to 9; without one at 4. (default: not)")
    var deflate: Int?

    @Flag(help: "Print the summary as JSON.")
    var json = false

    func validate() throws {
        try SubsetCommand.check(deflate: deflate)
        _ = try request()
    }

    func run() async throws {
        try await Terminal.reporting {
            Interruption.watch()
            let bar = ProgressBar("import")
            defer { bar.finish() }
            let summary = try importArchive(
                try request(), to: output,
                progress: { bar.update(done: $0.done, total: $0.total, note: $0.place) },
                shouldStop: { Interruption.isRequested })
            bar.finish()
            guard let summary, let first = summary.epochs.first, let last = summary.epochs.last else {
                Terminal.note("stopped: nothing was written.")
                throw ExitCode(1)
            }
            if json {
                return try Terminal.write(try ActivationArchive(opening: output).summary(at: output).text + "\n")
            }
            let records = summary.epochs.count == 1 ? "1 record" : "\(summary.epochs.count) records"
            try Terminal.write(
                "\(output): \(records), epochs \(first) to \(last), of \(split) (\(summary.samples)): "
                    + summary.layers.joined(separator: ", ") + "\n")
            if summary.isNaturallyOrdered, summary.layers.count > 1 {
                Terminal.note("the layers are in the order of their names; --layers gives that of the network.")
            }
            Terminal.note("infoplane validate \(output) checks what was imported.")
        }
    }

    private func request() throws -> ImportRequest {
        guard let layout = ImportLayout(rawValue: from) else {
            let names = ImportLayout.allCases.map(\.rawValue)
            throw ValidationError("--from \(from): expected one of \(names.joined(separator: ", "))")
        }
        var request = ImportRequest(layout: layout, sources: sources, producer: "infoplane \(Infoplane.version)")
        request.split = split
        request.inputs = inputs
        request.labels = labels
        request.sampleIDs = sampleIds
        request.layers = layers.map(SubsetCommand.list)
        request.classNames = classNames.map(SubsetCommand.list) ?? []
        request.title = title
        request.model = model
        request.deflate = deflate
        request.elementType = try dtype.map(SubsetCommand.floatingPoint)
        for text in kinds {
            let parts = text.split(separator: "=", omittingEmptySubsequences: false).map(String.init)
            guard parts.count > 1, let kind = LayerKind(rawValue: parts[parts.count - 1]) else {
                throw ValidationError(
                    "--kind \(text): expected layer=kind, of \(LayerKind.allCases.map(\.rawValue).joined(separator: ", "))"
                )
            }
            request.kinds[parts.dropLast().joined(separator: "=")] = kind
        }
        return request
    }
}
