internal import Activations
internal import Results

/// What the recorded calls asked for of the cells of an archive.
///
/// A results file says of a failure where it was and why, not which numbers it cost. Those are what a call asked for and the
/// results lack: a failure stands until they are computed, whatever else of its cell is computed meanwhile. A call that was
/// stopped before the cell asked for its numbers as well.
struct AskedNumbers {
    private let archive: ActivationArchive
    /// Made when a cell has failed, which is seldom, and again when calls have come from elsewhere.
    private var units: [ResultSet.Cell: [(plan: AnalysisPlan, unit: AnalysisPlan.Unit)]] = [:]
    private var calls = 0
    /// What the archive has numbers of, in some epoch; nil where it is the only one.
    private var answered: Set<Measurement.Key>?

    init(of archive: ActivationArchive) { self.archive = archive }

    /// Whether the results lack a number of a cell that was asked for, beside some. Once O(units) of all calls, then O(keys of
    /// the cell).
    mutating func areMissing(
        from results: ResultSet, of cell: ResultSet.Cell, beside known: Set<Measurement.Key>
    ) -> Bool {
        if calls != results.provenance.count { read(results) }
        return units[cell, default: []].contains { plan, unit in
            plan.keys(of: unit).contains { key in
                results[key] == nil && !known.contains(key) && answered?.contains(key.ofAllEpochs) ?? true
            }
        }
    }

    /// A call does not say which archive it was for. Where there are several, it asked of this one what this one has in another
    /// epoch.
    private mutating func read(_ results: ResultSet) {
        calls = results.provenance.count
        units = [:]
        for call in results.provenance {
            guard let request = AnalysisRequest(json: call.request),
                let plan = try? AnalysisPlan(request, of: archive)
            else { continue }
            for unit in plan.units { units[plan.cell(of: unit), default: []].append((plan, unit)) }
        }
        let id = archive.info.id
        answered =
            results.archives.count < 2
            ? nil : Set(results.measurements.lazy.filter { $0.key.archive == id }.map(\.key.ofAllEpochs))
    }
}
