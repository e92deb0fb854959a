internal import FoundationEssentials
public import InformationTheory

/// What to compute, as the user asked for it: flags without an archive. Everything in it can change a number or choose
/// which numbers there are; how the work is done (jobs, shards, files) is not here.
public struct AnalysisRequest: Sendable, Hashable {
    /// Which arrays are kept beside the measurements: GIB terms by feature and PMI by sample.
    public enum KeptArrays: String, Sendable, Hashable, CaseIterable {
        /// Those of the headline discretization, the first one.
        case headline
        /// Those of every discretization.
        case all
        /// None.
        case none
    }

    /// The splits by name; nil for `all` where there is one, else every split.
    public var splits: [String]?
    /// The layers by name; nil for every layer.
    public var layers: [String]?
    /// The records.
    public var epochs: EpochSelection = .all
    /// How many samples of each split, the first ones; nil for all.
    public var samples: Int? = 5000
    /// Whether the same numbers are computed from the first half and the first quarter of these samples too: the bias of an
    /// estimate shows as a trend over them.
    public var subsampling = false
    /// The estimators. Those that work on symbols take every discretization, the others the values as they are.
    public var estimators: [Estimator] = [.plugIn]
    /// The discretizations, the headline first; nil for `width:30@run` and the sweep {20, 30, 40, 100} × {run, epoch}.
    ///
    /// GIB terms are computed for every discretization named here, of the default ones for the headline only.
    public var binnings: [Discretization]?
    /// The GIB targets; empty for IB terms only.
    public var targets: [Target] = [.pmiLabel, .pmiSoft, .label]
    /// How the inputs become symbols in the GIB terms.
    public var inputBinning: Discretization
    /// How real-valued labels become symbols.
    public var labelBinning: Discretization
    /// How the inputs are reduced before the GIB terms; nil for not at all.
    public var inputReduction: InputReduction?
    /// Which arrays are kept.
    public var keep: KeptArrays = .headline
    /// How many shuffles of the labels simulate the null hypothesis of the plug-in I(Z;Y); 0 for none.
    public var permutations = 99
    /// How many shuffles of the PMI weights the control of the weighted targets has; 0 for none.
    public var shuffles = 10
    /// The seed of both.
    public var seed: UInt64 = 0
    /// Whether numbers have standard errors, as far as these are not those of shuffles. Rows without say `errors=none`, so that
    /// they are not taken for those with.
    public var errorBars = true

    /// Creates the default request.
    public init() {
        inputBinning = Self.unitBinning
        labelBinning = Self.unitBinning
    }

    private static let unitBinning = Discretization(.width(bins: 30, over: .unit))

    /// Checks what can be checked without an archive. A plan calls it.
    ///
    /// - Throws: where inputs or labels are to be binned by a rule that knows layers only, or a number of shuffles is
    ///   negative.
    public func validate() throws(AnalysisError) {
        for (what, count) in [("permutations", permutations), ("shuffles", shuffles)] where count < 0 {
            throw AnalysisError(
                place: what, problem: "\(count) of them; expected 0 or more", remedy: "Give a number such as 99.")
        }
        for (what, binning) in [("inputs", inputBinning), ("labels", labelBinning)] {
            switch binning.rule {
            case .width(_, .run), .width(_, .epoch), .width(_, .network):
                throw AnalysisError(
                    place: "binning of \(what) '\(binning)'",
                    problem: "its range is one of a layer, and \(what) have none",
                    remedy: "Write width:30@unit for the range of each column, or width:30@[lo,hi].")
            case .argmax:
                throw AnalysisError(
                    place: "binning of \(what) '\(binning)'", problem: "it makes one symbol of a whole row of units",
                    remedy: "Write a rule for single columns, such as width:30@unit or exact.")
            case .width, .step, .quantile, .exact, .digitize: break
            }
        }
    }

    /// The estimators that work on symbols.
    var symbolEstimators: [Estimator] { estimators.filter(\.takesSymbols) }
    /// The estimators that work on values.
    var valueEstimators: [Estimator] { estimators.filter { !$0.takesSymbols } }

    /// The discretizations to compute, the headline first, each with whether it has GIB terms; none where no estimator
    /// works on symbols.
    var resolvedBinnings: [(discretization: Discretization, hasGIB: Bool)] {
        if symbolEstimators.isEmpty { return [] }
        if let binnings { return binnings.map { ($0, !targets.isEmpty) } }
        return defaultBinnings.enumerated().map { ($1, $0 == 0 && !targets.isEmpty) }
    }

    /// `width:30@run`, the headline, and the sweep {20, 30, 40, 100} × {run, epoch}.
    public var defaultBinnings: [Discretization] {
        let headline = Discretization(.width(bins: 30, over: .run))
        let sweep = [20, 30, 40, 100].flatMap { bins in
            [Discretization(.width(bins: bins, over: .run)), Discretization(.width(bins: bins, over: .epoch))]
        }
        return [headline] + sweep.filter { $0 != headline }
    }

    /// The request as JSON text with the names of the command line's options.
    public var json: String {
        let form = Form(
            binning: binnings?.map(\.description), epochs: epochs.description,
            estimator: estimators.map(\.description), inputBinning: inputBinning.description,
            keep: keep.rawValue, labelBinning: labelBinning.description, layer: layers,
            noErrorBars: errorBars ? nil : true, permutations: permutations, reduceInputs: inputReduction?.description,
            samples: samples, seed: seed, shuffles: shuffles, split: splits,
            subsampling: subsampling, target: targets.map(\.rawValue))
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        // Texts and whole numbers always encode.
        guard let data = try? encoder.encode(form) else { preconditionFailure("a request is valid JSON") }
        return String(decoding: data, as: UTF8.self)
    }

    /// Reads the request of a call from a results file; nil where it is not one that this version can read.
    init?(json: String) {
        self.init()
        guard let form = try? JSONDecoder().decode(Form.self, from: Data(json.utf8)),
            let keep = KeptArrays(rawValue: form.keep)
        else { return nil }
        do {
            binnings = try form.binning?.map { try Discretization($0) }
            epochs = try EpochSelection(form.epochs)
            estimators = try form.estimator.map { try Estimator($0) }
            inputBinning = try Discretization(form.inputBinning)
            labelBinning = try Discretization(form.labelBinning)
            inputReduction = try form.reduceInputs.map { try InputReduction($0) }
            targets = try form.target.map { try Target(named: $0) }
        } catch {
            return nil
        }
        self.keep = keep
        layers = form.layer
        errorBars = form.noErrorBars != true
        permutations = form.permutations
        samples = form.samples
        seed = form.seed
        shuffles = form.shuffles
        splits = form.split
        subsampling = form.subsampling
    }

    private struct Form: Codable {
        let binning: [String]?
        let epochs: String
        let estimator: [String]
        let inputBinning: String
        let keep: String
        let labelBinning: String
        let layer: [String]?
        /// Nil where there are some, as in the requests of versions that knew no other.
        let noErrorBars: Bool?
        let permutations: Int
        let reduceInputs: String?
        let samples: Int?
        let seed: UInt64
        let shuffles: Int
        let split: [String]?
        let subsampling: Bool
        let target: [String]

        enum CodingKeys: String, CodingKey {
            case binning, epochs, estimator
            case inputBinning = "input-binning"
            case keep
            case labelBinning = "label-binning"
            case layer
            case noErrorBars = "no-error-bars"
            case permutations
            case reduceInputs = "reduce-inputs"
            case samples, seed, shuffles, split, subsampling, target
        }
    }
}
