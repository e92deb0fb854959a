import ArgumentParser
import Findings
import Results

struct VerdictCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verdict",
        abstract: "Say per layer whether I(X;Z), I(Z;Y) and the GIB complexity fall during training.",
        discussion: """
            The fall is (max - final)/max over the epochs that are not saturated. Its interval and p-value account for the \
            choice of the maximum among all epochs, and for all layers and methods. "compresses" and "does not compress" \
            need more than half of the usable binnings and estimators, and none that says the contrary; where that is \
            missing, or a control falls as well, the answer is "cannot be decided", with the reason. Standard errors are \
            those of sampling: bias that changes during training is not in them, which is why the methods must agree.

            EXAMPLES:
              infoplane verdict run.results.h5
              infoplane verdict run.results.h5 --layer fc3 --detail
              infoplane verdict run.results.h5 --smallest-fall 0.1 --json
            """)

    @Argument(help: "The results files.", completion: .file(extensions: ["h5"]))
    var inputs: [String]

    @Option(help: "The smallest relative fall that matters.")
    var smallestFall = 0.05

    @Option(help: "The error level of intervals and p-values.")
    var level = 0.05

    @Option(name: .customLong("layer"), help: "A layer; repeat for several. (default: every layer)")
    var layers: [String] = []

    @Option(
        name: .customLong("quantity"), help: "I(X;Z), I(Z;Y) or 'GIB complexity'; repeat for several. (default: all)")
    var quantities: [String] = []

    @Flag(help: "List every binning and estimator.")
    var detail = false

    @Flag(help: "Print JSON.")
    var json = false

    func validate() throws {
        do {
            _ = try CompressionTest(level: level, smallestFall: smallestFall)
        } catch {
            throw ValidationError(String(describing: error))
        }
        let known = CompressionTest.quantities.map(\.rawValue)
        for quantity in quantities where !known.contains(quantity) {
            throw ValidationError("--quantity \(quantity): expected one of \(known.joined(separator: ", "))")
        }
    }

    func run() async throws {
        try await Terminal.reporting {
            let test = try CompressionTest(level: level, smallestFall: smallestFall)
            var objects: [JSONText] = []
            for input in inputs {
                var file = ResultsFile(input)
                let results = try file.read()
                let verdicts = test.verdicts(from: results).filter(isChosen)
                guard !verdicts.isEmpty else {
                    throw Terminal.failure(
                        "\(input): no measurement of a layer to decide on"
                            + "\(layers.isEmpty && quantities.isEmpty ? "" : " under --layer and --quantity"). "
                            + "infoplane analyze computes them.")
                }
                if json {
                    objects += verdicts.map { object($0, input, results) }
                } else {
                    try Terminal.write(text(of: verdicts, input, results))
                }
            }
            if json { try Terminal.write(JSONText.list(objects).text + "\n") }
        }
    }

    private func isChosen(_ verdict: Verdict) -> Bool {
        (layers.isEmpty || layers.contains(verdict.layer))
            && (quantities.isEmpty || quantities.contains(verdict.quantity.rawValue))
    }

    private func text(of verdicts: [Verdict], _ input: String, _ results: ResultSet) -> String {
        var text = ""
        for archive in Set(verdicts.map(\.archive)).sorted() {
            for split in Set(verdicts.filter { $0.archive == archive }.map(\.split)).sorted() {
                let own = verdicts.filter { $0.archive == archive && $0.split == split }
                let title = results.archives[archive]?.title ?? ""
                text += Terminal.bold("\(input)\(title.isEmpty ? "" : ": \(title)"), split \(split)") + "\n\n"
                text += detail ? Self.details(of: own) : Self.table(of: own)
                text += "\n"
            }
        }
        return text
            + "Fall: (max - final)/max with its interval, of the first usable method; usable: methods that say so of those "
            + "that count,\nof all. Bits, levels and methods: --json.\n"
    }

    private static func table(of verdicts: [Verdict]) -> String {
        var table = TextTable(["layer", "quantity", "verdict", "fall", "peak at", "usable", "why"])
        for verdict in verdicts {
            let head = verdict.headline
            let agreeing = verdict.usable.count { $0.answer == verdict.answer }
            table.add([
                verdict.layer, name(verdict), verdict.answer.rawValue, head.map(fall) ?? "–",
                head.map { String($0.peakEpoch) } ?? "–",
                "\(agreeing)/\(verdict.usable.count) of \(verdict.methods.count)",
                verdict.reason + (verdict.control.isEmpty ? "" : "; " + verdict.control),
            ])
        }
        return table.text(indent: 2)
    }

    private static func details(of verdicts: [Verdict]) -> String {
        var text = ""
        for verdict in verdicts {
            text += "  \(verdict.layer), \(name(verdict)): \(verdict.answer.rawValue). \(verdict.reason)."
            text += (verdict.control.isEmpty ? "" : " Control: \(verdict.control).") + "\n"
            var table = TextTable([
                "method", "says", "fall", "peak", "at", "final", "p (adjusted)", "flags or exclusion",
            ])
            for method in verdict.methods {
                table.add([
                    method.name, method.exclusion == nil ? method.answer.rawValue : "excluded", fall(method),
                    decimals(method.peak, 3), String(method.peakEpoch), decimals(method.final, 3),
                    method.adjustedPValue.map { decimals($0, 4) } ?? "–",
                    method.exclusion ?? method.flags.joined(separator: ", "),
                ])
            }
            text += table.text(indent: 4) + "\n"
        }
        return text
    }

    private static func name(_ verdict: Verdict) -> String {
        verdict.target.isEmpty ? verdict.quantity.rawValue : "C \(verdict.target)"
    }

    /// 45% [40, 50].
    private static func fall(_ method: Verdict.Method) -> String {
        guard let interval = method.interval else { return "–" }
        return decimals(100 * method.fall, 1) + "%"
            + " [\(decimals(100 * interval.lowerBound, 1)), \(decimals(100 * interval.upperBound, 1))]"
    }

    private func object(_ verdict: Verdict, _ input: String, _ results: ResultSet) -> JSONText {
        func number(_ value: Double?) -> JSONText { value.map(JSONText.number) ?? .null }
        let methods = verdict.methods.map { method in
            JSONText.object([
                ("estimator", .text(method.estimator)), ("discretization", .text(method.discretization)),
                ("samples", .whole(method.samples)), ("answer", .text(method.answer.rawValue)),
                ("exclusion", method.exclusion.map(JSONText.text) ?? .null), ("peak_bits", .number(method.peak)),
                ("peak_epoch", .whole(method.peakEpoch)), ("final_bits", .number(method.final)),
                ("fall", .number(method.fall)), ("fall_low", number(method.interval?.lowerBound)),
                ("fall_high", number(method.interval?.upperBound)), ("p_value", number(method.pValue)),
                ("adjusted_p_value", number(method.adjustedPValue)),
                ("flags", .list(method.flags.map { .text($0) })),
            ])
        }
        return .object([
            ("results", .text(input)), ("archive", .text(verdict.archive)),
            ("title", .text(results.archives[verdict.archive]?.title ?? "")), ("split", .text(verdict.split)),
            ("layer", .text(verdict.layer)), ("quantity", .text(verdict.quantity.rawValue)),
            ("target", .text(verdict.target)), ("answer", .text(verdict.answer.rawValue)),
            ("reason", .text(verdict.reason)), ("control", .text(verdict.control)),
            ("usable", .whole(verdict.usable.count)),
            ("agreeing", .whole(verdict.usable.count { $0.answer == verdict.answer })),
            ("level", .number(level)), ("smallest_fall", .number(smallestFall)), ("methods", .list(methods)),
        ])
    }
}
