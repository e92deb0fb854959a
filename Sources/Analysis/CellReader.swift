internal import Activations
internal import InformationTheory
internal import LinearAlgebra

/// Reads the samples of one analysis, checked: finite, and with the ranges that a discretization needs.
struct CellReader: Sendable {
    let archive: ActivationArchive

    /// One layer record, as many rows as the unit analyzes.
    ///
    /// - Throws: where reading fails. Whether all values are finite is `checkFinite(_:of:)`'s to say.
    func activations(of unit: AnalysisPlan.Unit, layer: LayerInfo) throws(AnalysisError) -> SampleMatrix {
        SampleMatrix(
            try reading { () throws(ArchiveError) in
                try archive.activations(
                    split: unit.split.name, layer: layer.name, record: unit.record, samples: 0..<unit.samples)
            })
    }

    /// Refuses a layer record with a value that is NaN or infinite.
    func checkFinite(_ values: SampleMatrix, of unit: AnalysisPlan.Unit) throws(AnalysisError) {
        try checkFinite(values, "layer \(unit.layer?.name ?? "")", unit.split, record: unit.record)
    }

    /// Whether a cell becomes symbols while it is read: then the values themselves are never in memory.
    func isReadInPieces(_ unit: AnalysisPlan.Unit) -> Bool {
        guard let layer = unit.layer, layer.elementType == .float32, unit.valueEstimators.isEmpty else { return false }
        return !unit.binnings.contains { $0.discretization.isOverUnit }
    }

    /// What all rules of the unit make of its layer, read piece by piece.
    ///
    /// - Returns: nil where the values have to be seen together: rules that need that, or values that are not finite.
    func discretizedInPieces(
        _ unit: AnalysisPlan.Unit, withSurprisals: Bool
    ) throws(AnalysisError) -> [DiscretizedLayer]? {
        guard let layer = unit.layer, let recorded = unit.recorded else { return nil }
        let rules = unit.binnings.map { ($0.discretization, $0.range) }
        guard
            let discretization = PiecewiseDiscretization(
                rules, rows: unit.samples, columns: layer.units, recorded: recorded, withSurprisals: withSurprisals)
        else { return nil }
        try reading { () throws(ArchiveError) in
            try archive.forEachPiece(
                split: unit.split.name, layer: layer.name, record: unit.record, samples: 0..<unit.samples,
                rows: discretization.rowsAtOnce
            ) { discretization.append($0) }
        }
        return discretization.layers()
    }

    /// The inputs of one record of a split: the first `samples` rows.
    func inputs(of split: SplitInfo, record: Int, samples: Int) throws(AnalysisError) -> SampleMatrix {
        let cell = try reading { () throws(ArchiveError) in
            try archive.inputs(split: split.name, record: record, samples: 0..<samples)
        }
        let matrix = SampleMatrix(cell)
        try checkFinite(matrix, "inputs", split, record: record)
        return matrix
    }

    /// The range of every unit over the whole split, also when fewer samples are analyzed; nil where all are.
    ///
    /// Reads a block of rows at a time. O(nd).
    func unitRanges(of unit: AnalysisPlan.Unit, layer: LayerInfo) throws(AnalysisError) -> [ValueRange]? {
        try unitRanges(of: unit.split, samples: unit.samples) { rows throws(ArchiveError) in
            try archive.activations(split: unit.split.name, layer: layer.name, record: unit.record, samples: rows)
        }
    }

    /// The range of every input feature over the whole split; nil where all samples are analyzed.
    func inputRanges(of split: SplitInfo, record: Int, samples: Int) throws(AnalysisError) -> [ValueRange]? {
        try unitRanges(of: split, samples: samples) { rows throws(ArchiveError) in
            try archive.inputs(split: split.name, record: record, samples: rows)
        }
    }

    /// The first labels of a split as symbols: classes as they are, real values binned.
    func labels(
        of split: SplitInfo, samples: Int, binning: Discretization
    ) throws(AnalysisError) -> Symbols {
        let labels = try reading { () throws(ArchiveError) in try archive.labels(split: split.name) }
        if case .classes(let ids, _) = labels { return Symbols(ids.prefix(samples)) }
        let (first, ranges) = try labelValues(of: split, samples: samples)
        do throws(InformationError) {
            return try binning.apply(to: first, range: nil, unitRanges: ranges).symbols
        } catch {
            throw AnalysisError(place: place(ofLabels: split), sentence: error.description)
        }
    }

    /// The first labels of a split with real labels, and the range of each column over the whole split.
    func labelValues(
        of split: SplitInfo, samples: Int
    ) throws(AnalysisError) -> (first: Matrix<Double>, ranges: [ValueRange]) {
        let labels = try reading { () throws(ArchiveError) in try archive.labels(split: split.name) }
        guard case .values(let rows, let width) = labels else { preconditionFailure("classes are no values") }
        let all = SampleMatrix.double(Matrix(rows: split.sampleCount, columns: width, values: rows))
        if let (row, column) = all.firstNonFinite {
            throw AnalysisError(
                place: place(ofLabels: split), problem: "the label of sample \(row) is not finite (column \(column))",
                remedy: "Record again without it.")
        }
        var ranges = [ValueRange](repeating: ValueRange(low: .infinity, high: -.infinity), count: width)
        all.widen(&ranges)
        return (Matrix(rows: samples, columns: width, values: Array(rows.prefix(samples * width))), ranges)
    }

    private func place(ofLabels split: SplitInfo) -> String { "\(archive.path):/splits/\(split.name)/labels" }

    /// Where a split's inputs lie, for people.
    func place(ofInputs split: SplitInfo) -> String { "\(archive.path):/splits/\(split.name)/inputs" }

    private static let rowsPerBlock = 4096

    private func unitRanges(
        of split: SplitInfo, samples: Int, read: (Range<Int>) throws(ArchiveError) -> Cell
    ) throws(AnalysisError) -> [ValueRange]? {
        guard samples < split.sampleCount else { return nil }
        var ranges: [ValueRange] = []
        for start in stride(from: 0, to: split.sampleCount, by: Self.rowsPerBlock) {
            let rows = start..<min(start + Self.rowsPerBlock, split.sampleCount)
            let block = SampleMatrix(try reading { () throws(ArchiveError) in try read(rows) })
            if ranges.isEmpty {
                ranges = Array(repeating: ValueRange(low: .infinity, high: -.infinity), count: block.columns)
            }
            block.widen(&ranges)
        }
        return ranges
    }

    private func reading<T>(_ read: () throws(ArchiveError) -> T) throws(AnalysisError) -> T {
        do throws(ArchiveError) {
            return try read()
        } catch {
            throw AnalysisError(error)
        }
    }

    private func checkFinite(
        _ matrix: SampleMatrix, _ what: String, _ split: SplitInfo, record: Int
    ) throws(AnalysisError) {
        guard let (row, column) = matrix.firstNonFinite else { return }
        throw AnalysisError(
            place: "\(archive.path):/splits/\(split.name), \(what)",
            problem: "NaN or infinity at epoch \(archive.epochs[record]), sample \(row), unit \(column); expected "
                + "finite values",
            remedy:
                "The training diverged or the recorder failed there: choose other epochs or layers, or record again."
        )
    }
}
