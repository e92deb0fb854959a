internal import Activations
internal import Results

/// What the recorded calls asked for of the cells of an archive.
///
/// A results file says of a failure where it was and why, not which numbers it cost. Those are what a call asked for and the
/// results lack: a failure stands until they are computed, whatever else of its cell is computed meanwhile. A call that was
/// stopped before the cell asked for its numbers as well.
struct AskedNumbers {
    private let archive: ActivationArchive
    /// Made when a cell has failed: seldom.
    private var units: [AnalysisPlan.FailedCell: [(plan: AnalysisPlan, unit: AnalysisPlan.Unit)]]?

    init(of archive: ActivationArchive) { self.archive = archive }

    /// Whether the results lack a number of a cell that was asked for, beside some. Once O(units) of all calls, then O(keys of
    /// the cell).
    mutating func areMissing(
        from results: ResultSet, of cell: AnalysisPlan.FailedCell, beside known: Set<Measurement.Key>
    ) -> Bool {
        let units = units ?? byCell(results)
        self.units = units
        return units[cell, default: []].contains { plan, unit in
            plan.keys(of: unit).contains { results[$0] == nil && !known.contains($0) }
        }
    }

    /// A call that cannot be planned, such as one of another archive in the same results, asked for nothing here.
    private func byCell(
        _ results: ResultSet
    ) -> [AnalysisPlan.FailedCell: [(plan: AnalysisPlan, unit: AnalysisPlan.Unit)]] {
        var units: [AnalysisPlan.FailedCell: [(plan: AnalysisPlan, unit: AnalysisPlan.Unit)]] = [:]
        for call in results.provenance {
            guard let request = AnalysisRequest(json: call.request),
                let plan = try? AnalysisPlan(request, of: archive)
            else { continue }
            for unit in plan.units { units[plan.cell(of: unit), default: []].append((plan, unit)) }
        }
        return units
    }
}

extension AnalysisPlan {
    /// The cell of a unit.
    func cell(of unit: Unit) -> FailedCell {
        FailedCell(
            split: unit.split.name, layer: unit.layer?.name ?? "",
            epoch: unit.layer == nil ? nil : epochs[unit.record])
    }
}
