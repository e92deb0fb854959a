import Analysis
import ArgumentParser
import InformationTheory

/// What to compute: the options that `analyze` and `slurm` have in common.
struct RequestOptions: ParsableArguments {
    /// The words that the options take, for the help of a command.
    static let vocabulary = """
        BINNINGS: width:B@run|epoch|unit|network|[lo,hi], step:W, quantile:B@unit, exact, argmax, and the presets \
        \(Discretization.presets.joined(separator: ", ")).
        ESTIMATORS: \(Estimator.names.joined(separator: ", ")), exact (plug-in on --binning exact), and the presets \
        \(Estimator.presets.joined(separator: ", ")). Parameters: ksg1:k=3, pairwise-upper:variance=0.001.
        TARGETS: \(Target.allCases.map(\.rawValue).joined(separator: ", ")).
        """

    /// What is computed where nothing is asked for.
    private static let usual = AnalysisRequest()
    private static var usualSamples: String { usual.samples.map(String.init) ?? "all" }

    @Option(
        help: ArgumentHelp("A YAML file with any of these options; infoplane config writes one.", valueName: "file"),
        completion: .file(extensions: ["yaml", "yml"]))
    var config: String?

    @Option(
        name: .customLong("split"), help: "A split to analyze; repeat for several. (default: all, else every split)")
    var splits: [String] = []

    @Option(name: .customLong("layer"), help: "A layer to analyze; repeat for several. (default: every layer)")
    var layers: [String] = []

    @Option(help: "The records: all, last, every:K, A-B or a list such as 0,1,10.")
    var epochs = RequestOptions.usual.epochs.description

    @Option(help: "How many samples of each split, the first ones; a number or all.")
    var samples = RequestOptions.usualSamples

    @Flag(help: "Compute the same from the first half and quarter of the samples too: bias shows as a trend over them.")
    var subsampling = false

    @Option(
        name: .customLong("estimator"),
        help: "An estimator; repeat for several. Those of symbols take every binning. (default: plug-in)")
    var estimators: [String] = []

    @Option(
        name: .customLong("binning"),
        help: ArgumentHelp(
            "A discretization; repeat for several, the headline first. "
                + "(default: width:30@run, and the sweep 20, 30, 40, 100 over run and epoch for the IB terms)"))
    var binnings: [String] = []

    @Option(
        name: .customLong("target"),
        help: "A GIB target; repeat for several. (default: pmi-label, pmi-soft, label)")
    var targets: [String] = []

    @Flag(help: "Leave the GIB terms out.")
    var noGib = false

    @Option(help: "How inputs become symbols in the GIB terms.")
    var inputBinning = RequestOptions.usual.inputBinning.description

    @Option(help: "How real-valued labels become symbols.")
    var labelBinning = RequestOptions.usual.labelBinning.description

    @Option(help: "Reduce the inputs before the GIB terms: kpca:K or kpca:K@KERNEL.")
    var reduceInputs: String?

    @Option(help: "Arrays kept beside the measurements (terms by feature, PMI by sample): headline, all or none.")
    var keep = RequestOptions.usual.keep.rawValue

    @Option(help: "How many shuffles of the labels stand against the plug-in I(Z;Y): its null mean and p-value.")
    var permutations = RequestOptions.usual.permutations

    @Option(help: "How many shuffles of the PMI weights stand against the complexity of weighted targets.")
    var shuffles = RequestOptions.usual.shuffles

    @Flag(
        name: .customLong("no-error-bars"),
        help: "Leave out standard errors, which some estimators take most of their time for; verdict then says nothing."
    )
    var leavesErrorBarsOut = false

    @Option(help: "The seed of both.")
    var seed = RequestOptions.usual.seed

    func validate() throws {
        if noGib, !targets.isEmpty { throw ValidationError("--no-gib and --target contradict each other") }
        do {
            _ = try resolved()
        } catch let error as ValidationError {
            throw error
        } catch {
            throw ValidationError(String(describing: error))
        }
    }

    /// The request.
    ///
    /// - Throws: where a text is none of those that its option takes.
    func resolved() throws -> AnalysisRequest {
        var request = AnalysisRequest()
        request.splits = splits.isEmpty ? nil : splits
        request.layers = layers.isEmpty ? nil : layers
        request.epochs = try EpochSelection(epochs)
        if samples == "all" {
            request.samples = nil
        } else if let count = Int(samples), count > 0 {
            request.samples = count
        } else {
            throw ValidationError("--samples \(samples): expected a positive whole number or all")
        }
        if !binnings.isEmpty { request.binnings = try Self.unique(binnings.map { try Discretization($0) }) }
        if !estimators.isEmpty {
            request.estimators = try Self.unique(estimators.map { $0 == "exact" ? .plugIn : try Estimator($0) })
        }
        if estimators.contains("exact") {
            let asked = request.binnings ?? (estimators.contains("plug-in") ? request.defaultBinnings : [])
            request.binnings = Self.unique(asked + [.exact])
        }
        request.subsampling = subsampling
        request.permutations = permutations
        request.shuffles = shuffles
        if noGib {
            request.targets = []
        } else if !targets.isEmpty {
            request.targets = try Self.unique(targets.map { try Target(named: $0) })
        }
        request.inputBinning = try Discretization(inputBinning)
        request.labelBinning = try Discretization(labelBinning)
        request.inputReduction = try reduceInputs.map { try InputReduction($0) }
        guard let kept = AnalysisRequest.KeptArrays(rawValue: keep) else {
            throw ValidationError("--keep \(keep): expected headline, all or none")
        }
        request.keep = kept
        request.seed = seed
        request.errorBars = !leavesErrorBarsOut
        try request.validate()
        return request
    }

    /// The options as a command line gives them, those that differ from the defaults: parsed again they are the same.
    var arguments: [String] {
        var arguments: [String] = []
        func add(_ name: String, _ values: [String]) {
            arguments += values.map { "--\(name)=\($0)" }
        }
        func add<T: Equatable & CustomStringConvertible>(_ name: String, _ value: T, default other: T) {
            if value != other { add(name, [value.description]) }
        }
        add("split", splits)
        add("layer", layers)
        add("epochs", epochs, default: Self.usual.epochs.description)
        add("samples", samples, default: Self.usualSamples)
        if subsampling { arguments.append("--subsampling") }
        add("estimator", estimators)
        add("binning", binnings)
        add("target", targets)
        if noGib { arguments.append("--no-gib") }
        add("input-binning", inputBinning, default: Self.usual.inputBinning.description)
        add("label-binning", labelBinning, default: Self.usual.labelBinning.description)
        add("reduce-inputs", reduceInputs.map { [$0] } ?? [])
        add("keep", keep, default: Self.usual.keep.rawValue)
        add("permutations", permutations, default: Self.usual.permutations)
        add("shuffles", shuffles, default: Self.usual.shuffles)
        if leavesErrorBarsOut { arguments.append("--no-error-bars") }
        add("seed", seed, default: Self.usual.seed)
        return arguments
    }

    private static func unique<T: Hashable>(_ items: [T]) -> [T] {
        var seen: Set<T> = []
        return items.filter { seen.insert($0).inserted }
    }
}
