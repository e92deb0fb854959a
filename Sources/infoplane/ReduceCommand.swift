import Activations
import Analysis
import ArgumentParser

struct ReduceCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reduce",
        abstract: "Write the kernel PCA of the inputs or of a layer.",
        discussion: """
            Writes scores, eigenvalues and residuals to an HDF5 file. The basis is fitted on the split train where \
            there is one; other splits are projected onto it. A layer has a basis of its own in every record.

            KERNELS: rbf (γ = 1/features), linear, polynomial, sigmoid, cosine; with parameters as in \
            rbf:gamma=0.1 or polynomial:degree=2.

            EXAMPLES:
              infoplane reduce run.h5 --source inputs --components 50
              infoplane reduce run.h5 --source fc2 --kernel linear --components 3 --epochs last
            """)

    @Argument(help: "The archive.", completion: .file(extensions: ["h5"]))
    var archive: String

    @OptionGroup var allow: AllowOption

    @Option(help: "What to reduce: inputs, or the name of a layer.")
    var source = "inputs"

    @Option(help: "How many components to keep.")
    var components = 50

    @Option(help: "The kernel.")
    var kernel = "rbf"

    @Option(name: .customLong("split"), help: "A split; repeat for several. (default: all, else every split)")
    var splits: [String] = []

    @Option(help: "The records: all, last, every:K or a list such as 0,1,10.")
    var epochs = "all"

    @Option(help: "How many samples of each split, the first ones; a number or all.")
    var samples = "5000"

    @Option(
        help: ArgumentHelp(
            "The most memory to take. With little, each product computes the kernel matrix anew. (default: half of all)",
            valueName: "GB"))
    var memory: Double?

    @Option(help: "How many threads compute; the numbers do not depend on it. (default: the cores)")
    var jobs: Int?

    @Option(name: .shortAndLong, help: "The file to write. (default: ARCHIVE with .SOURCE.reduction.h5)")
    var output: String?

    @Flag(help: "Print every component of the last record as JSON.")
    var json = false

    func validate() throws {
        do {
            _ = try InputReduction("kpca:\(components)@\(kernel)")
            _ = try EpochSelection(epochs)
        } catch {
            throw ValidationError(String(describing: error))
        }
        if let memory, !(memory > 0 && memory < 1e9) {
            throw ValidationError("--memory \(memory): expected a number of gigabytes above 0")
        }
        if let jobs, jobs < 1 { throw ValidationError("--jobs \(jobs): expected at least 1") }
        if samples != "all", (Int(samples) ?? 0) < 1 {
            throw ValidationError("--samples \(samples): expected a positive whole number or all")
        }
    }

    func run() async throws {
        try await Terminal.reporting {
            let archive = try ActivationArchive(opening: self.archive, trusting: allow.trust)
            var request = AnalysisRequest()
            request.splits = splits.isEmpty ? nil : splits
            request.epochs = try EpochSelection(epochs)
            request.samples = Int(samples)
            let reduction = try LayerReduction(
                of: source == "inputs" ? .inputs : .layer(source),
                by: try InputReduction("kpca:\(components)@\(kernel)"), request, in: archive)
            let limit = memory.map { Int($0 * 1e9) } ?? Terminal.physicalMemory / 2
            let bytes = reduction.predictedBytes(memory: limit)
            if memory != nil, bytes > limit {
                throw Terminal.failure(
                    "kernel PCA: takes at least \(byteText(bytes)) of memory, more than --memory allows. "
                        + "Allow more, or take fewer samples with --samples.")
            }
            try Terminal.announceMemory(bytes, of: "kernel PCA")
            Interruption.watch()
            let start = ContinuousClock.now
            let bar = ProgressBar("reduce")
            defer { bar.finish() }
            let stem = self.archive.hasSuffix(".h5") ? String(self.archive.dropLast(3)) : self.archive
            let path = output ?? "\(stem).\(source).reduction.h5"
            let spectrum = try reduction.write(
                to: path, memory: limit, jobs: jobs ?? Terminal.coreCount,
                progress: { done, total, products in
                    bar.update(
                        done: done, total: total, note: products > 0 ? "\(source), \(products) products" : source)
                },
                shouldStop: { Interruption.isRequested })
            bar.finish()
            guard let spectrum else {
                Terminal.note("stopped: nothing was written.")
                throw ExitCode(1)
            }
            if spectrum.isNarrow {
                Terminal.note(
                    "warning: to this kernel a sample is more like itself than like all others together: components tell "
                        + "samples apart, and nothing of what they have in common. Give a smaller γ, such as "
                        + "--kernel rbf:gamma=1e-6, or scale what is reduced; its default, 1/features, expects unit scale."
                )
            }
            if json {
                let summary = JSONText.object([
                    ("reduction", .text(path)),
                    ("eigenvalues", .list(spectrum.eigenvalues.map { .number($0) })),
                    ("residuals", .list(spectrum.residuals.map { .number($0) })), ("seconds", .number(start.seconds)),
                ])
                return try Terminal.write(summary.text + "\n")
            }
            var table = TextTable(["component", "eigenvalue", "residual"])
            for (index, value) in spectrum.eigenvalues.prefix(10).enumerated() {
                table.add([String(index + 1), value.description, spectrum.residuals[index].description])
            }
            try Terminal.write(table.text())
            try Terminal.write("\(path): \(spectrum.eigenvalues.count) components of \(source)\n")
        }
    }
}
