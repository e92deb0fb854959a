internal import InformationTheory
internal import Results

/// What a verdict is about.
struct Subject: Hashable, Comparable {
    let archive: String
    let split: String
    let layer: String
    let order: Int?
    let quantity: Quantity
    let target: String

    /// The split of an archive.
    var run: String { "\(archive)/\(split)" }

    static func < (a: Subject, b: Subject) -> Bool {
        if a.archive != b.archive { return a.archive < b.archive }
        if a.split != b.split { return a.split < b.split }
        if a.order != b.order { return (a.order ?? .min) < (b.order ?? .min) }
        if a.layer != b.layer { return a.layer < b.layer }
        if a.quantity != b.quantity { return a.quantity < b.quantity }
        return a.target < b.target
    }
}

/// The measurements of one subject by one method over the epochs.
struct Series {
    let subject: Subject
    let estimator: String
    let discretization: String
    let samples: Int
    /// In the order of epochs and steps.
    let rows: [Measurement]

    private struct Key: Hashable {
        let subject: Subject
        let estimator: String
        let discretization: String
        let samples: Int
        let parameters: [Substring]
    }

    /// All series of the quantities that verdicts are about, in the order of tables.
    static func all(of results: ResultSet, quantities: [Quantity] = CompressionTest.quantities) -> [Series] {
        var keys: [Key] = []
        var rows: [Key: [Measurement]] = [:]
        for row in results.sortedMeasurements where quantities.contains(row.key.quantity) && row.key.epoch != nil {
            if row.key.target == Target.label.rawValue { continue }
            let key = Key(
                subject: Subject(
                    archive: row.key.archive, split: row.key.split, layer: row.key.layer, order: row.key.order,
                    quantity: row.key.quantity, target: row.key.target),
                estimator: row.key.estimator, discretization: row.key.discretization, samples: row.key.samples,
                parameters: row.key.parameters.split(separator: ";").filter { !$0.hasPrefix("step=") })
            if rows[key] == nil { keys.append(key) }
            rows[key, default: []].append(row)
        }
        // The headline of the analyzer first.
        let headline = results.askedDiscretizations.first
        func isHeadline(_ key: Key) -> Bool { key.estimator == "plug-in" && key.discretization == headline }
        let ordered = keys.filter(isHeadline) + keys.filter { !isHeadline($0) }
        return ordered.map { key in
            Series(
                subject: key.subject, estimator: key.estimator, discretization: key.discretization,
                samples: key.samples,
                rows: (rows[key] ?? []).sorted { ($0.key.epoch ?? 0, $0.step) < ($1.key.epoch ?? 0, $1.step) })
        }
    }

    /// The fall of the series, its interval at `level` over all epochs and `layers` layers, and whether it counts.
    func method(level: Double, layers: Int) -> Verdict.Method {
        let last = rows[rows.count - 1]
        let open = rows.filter { !$0.flags.contains("saturated") && !$0.flags.contains("saturated-inputs") }
        let peak = open.max { $0.value < $1.value } ?? last
        var method = Verdict.Method(
            estimator: estimator, discretization: discretization, samples: samples, answer: .undecided, exclusion: nil,
            peak: peak.value, peakEpoch: peak.key.epoch ?? 0, final: last.value,
            fall: peak.value > 0 ? (peak.value - last.value) / peak.value : 0, interval: nil, pValue: nil,
            adjustedPValue: nil, flags: Flags.allNames.filter { peak.flags.contains($0) || last.flags.contains($0) })
        method.exclusion = exclusion(peak: peak, last: last, open: open)
        guard method.exclusion == nil, let own = peak.standardError, let other = last.standardError else {
            return method
        }
        let pairs = Double(max(1, open.count - 1))
        let critical = Normal.quantile(1 - level / (2 * pairs * Double(layers)))
        let (p, f) = (peak.value, last.value)
        let error = ((other / p) * (other / p) + (f * own / (p * p)) * (f * own / (p * p))).squareRoot()
        method.interval = method.fall - critical * error...method.fall + critical * error
        let difference = (own * own + other * other).squareRoot()
        method.pValue = difference > 0 ? min(1, pairs * Normal.upperTail((p - f) / difference)) : 1
        return method
    }

    private func exclusion(peak: Measurement, last: Measurement, open: [Measurement]) -> String? {
        if rows.count < 2 { return "only one epoch was analyzed" }
        if last.flags.contains("saturated") { return "saturated at n = \(samples): the final value says log2 n" }
        if last.flags.contains("saturated-inputs") { return "the inputs are saturated: reduce them (--reduce-inputs)" }
        if last.flags.contains("dead") || last.flags.contains("constant") { return "the layer is constant at the end" }
        if open.count < 2 { return "all epochs but the last are saturated at n = \(samples)" }
        if last.flags.contains("bound-violated") || peak.flags.contains("bound-violated") {
            return "the estimate lies outside of its bounds"
        }
        if peak.value <= 0 { return "no information at any epoch" }
        guard let own = peak.standardError, let other = last.standardError else {
            return "no standard errors: analyze again, into a new results file"
        }
        if own == 0, other == 0, peak.value != last.value { return "standard errors of 0 tell nothing of chance" }
        return nil
    }
}

extension Measurement {
    /// The step within the epoch; 0 where records have none.
    fileprivate var step: Int {
        key.parameters.split(separator: ";").first { $0.hasPrefix("step=") }.flatMap { Int($0.dropFirst(5)) } ?? 0
    }
}
