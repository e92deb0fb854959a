internal import Results

/// What stands beside a quantity to show what it would be without what it is said to measure.
struct Controls {
    /// The relative fall of the shuffled-weight control of each GIB complexity.
    private var shuffledFall: [String: Double] = [:]
    /// The smallest p-value of I(Z;Y) over the epochs, adjusted over the layers and epochs of the split.
    private var information: [String: Double] = [:]

    init(_ results: ResultSet, _ groups: [Subject: [Series]]) {
        for series in Series.all(of: results, quantities: [.shuffledComplexity]) {
            let values = series.rows.map(\.value)
            guard let peak = values.max(), let last = values.last, peak > 0 else { continue }
            shuffledFall[Self.name(series.subject, series.discretization)] = (peak - last) / peak
        }
        // The grid of layers and epochs of one split and method, with its shuffles.
        var grids: [String: [(subject: Subject, discretization: String, row: Measurement, null: [Double])]] = [:]
        for (subject, all) in groups where subject.quantity == .labelInformation {
            for series in all {
                for row in series.rows {
                    guard let null = results.nulls[row.key], !null.isEmpty else { continue }
                    let grid =
                        "\(subject.run) \(series.estimator) \(series.discretization) \(series.samples) \(null.count)"
                    grids[grid, default: []].append((subject, series.discretization, row, null))
                }
            }
        }
        for cells in grids.values {
            let pValues = MultipleTesting.maximumStatistic(cells.map { ($0.row.value, $0.null) })
            for (cell, p) in zip(cells, pValues) {
                let name = Self.name(cell.subject, cell.discretization)
                information[name] = min(information[name] ?? 1, p)
            }
        }
    }

    /// What the controls of a subject say of its headline method.
    func words(for subject: Subject, _ headline: Verdict.Method?) -> String {
        guard let headline else { return "" }
        let name = Self.name(subject, headline.discretization)
        switch subject.quantity {
        case .labelInformation:
            return information[name].map { "against shuffled labels p = \(rounded($0))" } ?? "no permutation null"
        case .complexity:
            return shuffledFall[name].map { "with shuffled weights it falls by \(percent($0))" } ?? ""
        default: return ""
        }
    }

    /// Why the controls forbid the answer; nil where they do not.
    func objection(to verdict: Verdict, _ subject: Subject, level: Double) -> String? {
        guard let headline = verdict.headline else { return nil }
        let name = Self.name(subject, headline.discretization)
        if subject.quantity == .labelInformation, let p = information[name], p > level {
            return "at no epoch is it above that of shuffled labels (p = \(rounded(p)) over the layers and epochs)"
        }
        if verdict.answer == .compresses, subject.quantity == .complexity, let fall = shuffledFall[name],
            2 * fall >= headline.fall
        {
            return
                "with shuffled weights it falls by \(percent(fall)) already: so much is the concentration of the weights"
        }
        return nil
    }

    private static func name(_ subject: Subject, _ discretization: String) -> String {
        "\(subject.run)/\(subject.layer) \(subject.target) \(discretization)"
    }

    private func rounded(_ p: Double) -> String { "\((p * 1000).rounded() / 1000)" }
}
