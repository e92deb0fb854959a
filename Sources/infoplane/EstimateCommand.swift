import ArgumentParser
import InformationTheory
import LinearAlgebra
import SampleFiles

struct EstimateCommand: AsyncParsableCommand {
    enum Unit: String, ExpressibleByArgument, CaseIterable {
        case bits, nats
    }

    static let configuration = CommandConfiguration(
        commandName: "estimate",
        abstract: "Estimate an information or an entropy from your own samples.",
        discussion: """
            The estimators are those of analyze. Samples are the rows of a table as text (commas, semicolons, tabs or \
            blanks; a first line of names is found by itself), of a NumPy file (.npy) or of an HDF5 data set \
            (file.h5:/path). Columns count from 1; 1,3-5 and names of the first line are understood. Two files give X \
            and Y; one file gives both by --x and --y. With --x alone the entropy of X is estimated. --each estimates every \
            column of X by itself, in one pass over the file and Y: a row for each.

            Estimators of symbols bin columns of numbers by --binning; a column of at most that many distinct values \
            keeps them. Columns of text, and --label, make Y a label.

            ESTIMATORS: \(Estimator.names.joined(separator: ", ")), exact, \(Estimator.presets.joined(separator: ", ")).

            EXAMPLES:
              infoplane estimate samples.csv --x 1-2 --y 3-4 --estimator ksg2:k=4
              infoplane estimate samples.csv --x 1 --y class --estimator ross:k=3 --estimator gaussian-copula
              infoplane estimate x.npy y.npy --estimator ksg1:k=3 --standardize --plain
              infoplane estimate run.h5:/x run.h5:/y --estimator nsb --binning width:10@unit --curve
              infoplane estimate samples.csv --y class --each --estimator ross:k=3 --no-error-bars
            """)

    @Argument(help: "One file with X and Y, or one for each.", completion: .file())
    var files: [String]

    @OptionGroup var allow: AllowOption

    @Option(help: "The columns of X. (default: all of the first file but those of --y)")
    var x: String?

    @Option(help: "The columns of Y. (default: all of the second file)")
    var y: String?

    @Flag(help: "Estimate each column of X by itself.")
    var each = false

    @Flag(help: "Y is a label: its values are classes.")
    var label = false

    @Option(name: .customLong("estimator"), help: "An estimator; repeat for several. (default: plug-in)")
    var estimators: [String] = []

    @Option(help: "How columns of numbers become symbols.")
    var binning = "width:30@unit"

    @Flag(help: "Bring every column of numbers to mean 0 and variance 1 first.")
    var standardize = false

    @Option(help: "The unit of what is printed.")
    var unit: Unit = .bits

    @Option(help: "The seed of the groups that standard errors are taken over.")
    var seed: UInt64 = 0

    @Flag(
        name: .customLong("no-error-bars"),
        help:
            "Leave out standard errors and smaller numbers of samples: faster, and 'unconverged' where these would tell."
    )
    var leavesErrorBarsOut = false

    @Option(name: .shortAndLong, help: "The number of threads. (default: the number of cores)")
    var jobs: Int?

    @Flag(help: "Print the mean estimates on quarters, halves and all samples: bias shows as a trend.")
    var curve = false

    @Flag(help: "Print the bare numbers, one a line.")
    var plain = false

    @Flag(help: "Print JSON.")
    var json = false

    func validate() throws {
        guard (1...2).contains(files.count) else { throw ValidationError("give one file, or one for X and one for Y") }
        if curve, leavesErrorBarsOut { throw ValidationError("--curve goes not with --no-error-bars: it is left out") }
        if let jobs, jobs < 1 { throw ValidationError("--jobs \(jobs): expected at least 1") }
        if plain, json || curve { throw ValidationError("--plain goes with neither --json nor --curve") }
        do {
            _ = try chosenEstimators()
            _ = try chosenBinning()
        } catch {
            throw ValidationError(String(describing: error))
        }
    }

    func run() async throws {
        try await Terminal.reporting {
            let (xs, y) = try variables()
            let rows = try each ? rows(ofEach: xs, y) : rows(xs[0], y)
            if plain { return try Terminal.write(rows.map { "\($0.estimate.value * factor)\n" }.joined()) }
            try Terminal.write(json ? JSONText.list(rows.map(object)).text + "\n" : table(of: rows))
        }
    }

    // MARK: Samples

    /// A variable as it was read: real columns side by side, or texts.
    private struct Columns {
        let place: String
        /// The name of a single column, or its number.
        let name: String
        let values: Matrix<Double>?
        let texts: [String]?
        var rows: Int { values?.rows ?? texts?.count ?? 0 }
    }

    /// X, or each column of it, and Y.
    private func variables() throws -> ([Columns], Columns?) {
        let first = try table(files[0])
        if files.count == 2 {
            let second = try table(files[1])
            guard first.rows == second.rows else {
                throw Terminal.failure(
                    "\(files[1]): \(second.rows) samples; expected \(first.rows), as in \(files[0]). Give files of the "
                        + "same samples.")
            }
            return (
                try variables(of: first, x.map { try first.columns(named: $0) } ?? Array(0..<first.columnCount)),
                try columns(of: second, y.map { try second.columns(named: $0) } ?? Array(0..<second.columnCount), true)
            )
        }
        let own = try y.map { try first.columns(named: $0) }
        let rest = (0..<first.columnCount).filter { own?.contains($0) != true }
        let chosen = try x.map { try first.columns(named: $0) } ?? rest
        guard !chosen.isEmpty else { throw Terminal.failure("\(files[0]): no column is left for X. Name some by --x.") }
        return (try variables(of: first, chosen), try own.map { try columns(of: first, $0, true) })
    }

    private func variables(of table: SampleTable, _ chosen: [Int]) throws -> [Columns] {
        try (each ? chosen.map { [$0] } : [chosen]).map { try columns(of: table, $0, false) }
    }

    private func table(_ path: String) throws(SampleFileError) -> SampleTable {
        try SampleTable(
            readingFrom: path, allowPlugins: allow.allowed.contains(.plugins),
            allowLinks: allow.allowed.contains(.links))
    }

    private func columns(of table: SampleTable, _ chosen: [Int], _ isY: Bool) throws -> Columns {
        let name = table.names?[chosen[0]] ?? String(chosen[0] + 1)
        if chosen.contains(where: table.isText) || (isY && label) {
            // Several columns of labels are one label.
            let parts = chosen.map { table.texts(of: $0) }
            let texts = (0..<table.rows).map { row in parts.map { $0[row] }.joined(separator: "\u{1F}") }
            return Columns(place: table.path, name: name, values: nil, texts: texts)
        }
        var values = try table.values(of: chosen)
        if standardize { values = values.standardized }
        return Columns(place: table.path, name: name, values: values, texts: nil)
    }

    // MARK: Estimates

    private struct Row {
        /// The column of X, where each is estimated by itself.
        var column: String?
        let quantity: String
        let estimator: Estimator
        let samples: Int
        let estimate: Estimate
        /// How long the estimate took, error bar and curve included; of the bounds, which share a pass, and of columns that are
        /// estimated by themselves, several at a time, an equal share each.
        let seconds: Double

        /// (samples, mean estimate), from a quarter to all.
        var curve: [(samples: Int, value: Double)] {
            let parts = estimate.curve.map { [(samples / 4, $0.quarter), (samples / 2, $0.half)] } ?? []
            return parts + [(samples, estimate.value)]
        }
    }

    private func rows(_ x: Columns, _ y: Columns?) throws -> [Row] {
        do {
            let estimators = try chosenEstimators()
            let start = ContinuousClock.now
            var bounds = try boundEstimates(estimators, x, y)[...]
            let share = start.seconds / Double(max(bounds.count, 1))
            return try estimators.map { estimator in
                let start = ContinuousClock.now
                let isBound = estimator.pairwiseBound != nil
                let estimate = try isBound ? bounds.removeFirst() : estimate(estimator, x, y)
                return Row(
                    quantity: quantity(estimator, hasY: y != nil), estimator: estimator, samples: x.rows,
                    estimate: estimate, seconds: isBound ? share : start.seconds)
            }
        } catch let error as InformationError {
            throw Terminal.failure("\(x.place): \(error)")
        }
    }

    /// By estimator, then by column.
    private func rows(ofEach xs: [Columns], _ y: Columns?) throws -> [Row] {
        try chosenEstimators().flatMap { estimator -> [Row] in
            let start = ContinuousClock.now
            let results: [Result<Estimate, InformationError>]
            do {
                let variables = try xs.map { x throws(InformationError) in try variable(x, estimator, isLabel: false) }
                if let y {
                    let other = try variable(y, estimator, isLabel: true)
                    results = estimator.information(
                        ofEach: variables, other, seed: seed, errorBars: !leavesErrorBarsOut, jobs: threads)
                } else {
                    results = variables.map { own in
                        Result { () throws(InformationError) in
                            try estimator.entropy(of: own, seed: seed, errorBars: !leavesErrorBarsOut, jobs: threads)
                        }
                    }
                }
            } catch let error as InformationError {
                throw Terminal.failure("\(xs[0].place): \(error)")
            }
            let share = start.seconds / Double(xs.count)
            return try zip(xs, results).map { x, result in
                switch result {
                case .success(let estimate):
                    return Row(
                        column: x.name, quantity: quantity(estimator, hasY: y != nil), estimator: estimator,
                        samples: x.rows, estimate: estimate, seconds: share)
                case .failure(let error): throw Terminal.failure("\(x.place), column \(x.name) as X: \(error)")
                }
            }
        }
    }

    private var threads: Int { jobs ?? Terminal.coreCount }

    private func estimate(
        _ estimator: Estimator, _ x: Columns, _ y: Columns?
    ) throws(InformationError) -> Estimate {
        let own = try variable(x, estimator, isLabel: false)
        guard let y else {
            return try estimator.entropy(of: own, seed: seed, errorBars: !leavesErrorBarsOut, jobs: threads)
        }
        let other = try variable(y, estimator, isLabel: true)
        return try estimator.information(own, other, seed: seed, errorBars: !leavesErrorBarsOut, jobs: threads)
    }

    /// Those of the pairwise bounds among the estimators, from one pass over the distances where there are several.
    private func boundEstimates(
        _ estimators: [Estimator], _ x: Columns, _ y: Columns?
    ) throws(InformationError) -> [Estimate] {
        let chosen = estimators.filter { $0.pairwiseBound != nil }
        guard chosen.count > 1, case .values(let values) = try variable(x, chosen[0], isLabel: false) else {
            var estimates: [Estimate] = []
            for estimator in chosen { estimates.append(try estimate(estimator, x, y)) }
            return estimates
        }
        var labels: [Symbols] = []
        if let y, case .symbols(let label) = try variable(y, chosen[0], isLabel: true) { labels = [label] }
        let found = try pairwiseEstimates(
            of: values, with: labels, bounds: chosen.compactMap(\.pairwiseBound), seed: seed,
            errorBars: !leavesErrorBarsOut, jobs: threads)
        return found.map { y == nil ? $0.entropy : $0.information[0] }
    }

    private func quantity(_ estimator: Estimator, hasY: Bool) -> String {
        hasY ? "I(X;Y)" : estimator.takesSymbols ? "H(X)" : "h(X)"
    }

    private func variable(
        _ columns: Columns, _ estimator: Estimator, isLabel: Bool
    ) throws(InformationError) -> Variable {
        if let texts = columns.texts { return .symbols(Symbols(texts)) }
        guard let values = columns.values else { preconditionFailure("columns are numbers or texts") }
        if estimator.takesSymbols { return .symbols(try values.symbols(by: try chosenBinning())) }
        // Ross and the bounds have labels for Y: each of its values is a class.
        return isLabel && estimator.takesLabel ? .symbols(try Symbols(rowsOf: values)) : .values(values)
    }

    private func chosenEstimators() throws(InformationError) -> [Estimator] {
        if estimators.isEmpty { return [.plugIn] }
        var chosen: [Estimator] = []
        for text in estimators { chosen.append(text == "exact" ? .plugIn : try Estimator(text)) }
        return chosen
    }

    private func chosenBinning() throws(InformationError) -> Discretization {
        estimators.contains("exact") ? .exact : try Discretization(binning)
    }

    // MARK: Output

    /// Bits per printed unit, inverted.
    private var factor: Double { unit == .bits ? 1 : 0.693147180559945309417 }

    private func table(of rows: [Row]) -> String {
        let column = each ? ["X"] : []
        var table = TextTable(column + ["quantity", "estimator", "samples", unit.rawValue, "± SE", "ceiling", "flags"])
        for row in rows {
            table.add(
                [row.column].compactMap(\.self) + [
                    row.quantity, row.estimator.description, String(row.samples), text(row.estimate.value),
                    text(row.estimate.standardError), text(row.estimate.ceiling),
                    row.estimate.flags.names.joined(separator: ", "),
                ])
        }
        guard curve else { return table.text() }
        var points = TextTable(column + ["estimator", "samples", "mean \(unit.rawValue)"])
        for row in rows {
            for point in row.curve {
                points.add(
                    [row.column].compactMap(\.self) + [
                        row.estimator.description, String(point.samples), text(point.value),
                    ])
            }
        }
        return table.text() + "\n" + points.text()
    }

    private func text(_ value: Double?) -> String { value.map { decimals($0 * factor, 5) } ?? "–" }

    private func object(_ row: Row) -> JSONText {
        func number(_ value: Double?) -> JSONText { value.map { .number($0 * factor) } ?? .null }
        var members: [(String, JSONText)] = row.column.map { [("column", .text($0))] } ?? []
        members += [
            ("quantity", .text(row.quantity)), ("estimator", .text(row.estimator.description)),
            ("samples", .whole(row.samples)), ("unit", .text(unit.rawValue)), ("value", number(row.estimate.value)),
            ("standard_error", number(row.estimate.standardError)), ("ceiling", number(row.estimate.ceiling)),
            ("flags", .list(row.estimate.flags.names.map { .text($0) })), ("seconds", .number(row.seconds)),
        ]
        if curve {
            members.append(
                (
                    "curve",
                    .list(row.curve.map { .object([("samples", .whole($0.samples)), ("value", number($0.value))]) })
                ))
        }
        return .object(members)
    }
}

extension Estimator {
    /// Whether its second variable is a label.
    fileprivate var takesLabel: Bool {
        switch method {
        case .ross, .pairwise: true
        case .counts, .ksg, .kozachenkoLeonenko, .gaussianCopula: false
        }
    }
}

extension Matrix<Double> {
    /// Every column with mean 0 and variance 1; constant columns with mean 0.
    fileprivate var standardized: Matrix {
        var result = self
        for column in 0..<columns {
            var sum = 0.0
            for row in 0..<rows { sum += values[row * columns + column] }
            let centre = sum / Double(rows)
            var squares = 0.0
            for row in 0..<rows {
                squares += (values[row * columns + column] - centre) * (values[row * columns + column] - centre)
            }
            let deviation = (squares / Double(rows)).squareRoot()
            for row in 0..<rows {
                let value = values[row * columns + column] - centre
                result.values[row * columns + column] = deviation > 0 ? value / deviation : 0
            }
        }
        return result
    }

    /// The rows as symbols; with a width over units, a column of at most that many distinct values keeps them.
    fileprivate func symbols(by binning: Discretization) throws(InformationError) -> Symbols {
        if case .width(_, .unit) = binning.rule {
            return try InputFeatures(binning: self, by: binning).symbols
        }
        return try binning.apply(to: self, range: nil, unitRanges: nil).symbols
    }
}
