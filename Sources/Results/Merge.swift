extension ResultSet {
    /// Joins another set into this one, such as the results of another shard.
    ///
    /// - Parameters:
    ///   - other: the set to take in.
    ///   - place: the name of its file, for the error.
    /// - Throws: where both hold the same key with different values, or one archive id with different content:
    ///   then nothing is merged.
    /// - Complexity: O(m) in the measurements of `other`.
    public mutating func merge(_ other: ResultSet, from place: String) throws(ResultsError) {
        for (id, archive) in other.archives {
            guard let mine = archives[id], mine.contentDigest != archive.contentDigest else { continue }
            throw ResultsError(
                place: place,
                problem: "archive \(id) was analyzed with \(archive.epochs.count) records and content digest "
                    + "\(archive.contentDigest.prefix(12)), the other results with \(mine.epochs.count) records and "
                    + "\(mine.contentDigest.prefix(12))",
                remedy: "Analyze the same state of the archive again on one side.")
        }
        for measurement in other.measurements {
            guard let mine = self[measurement.key], mine != measurement else { continue }
            let key = measurement.key
            throw ResultsError(
                place: place,
                problem: "\(key.quantity.rawValue) of \(key.split)/\(key.layer) at epoch "
                    + "\(key.epoch.map(String.init) ?? "–"), \(key.discretization) \(key.target) is \(measurement.value) "
                    + "bits here and \(mine.value) bits in the other results",
                remedy: "Numbers with one key must agree: analyze both on one kind of machine with one version.")
        }
        try checkArrays(of: other, from: place)
        let failures = failures(with: other)
        for failure in self.failures { dropFailure(of: Cell(failure)) }
        for archive in other.archives.values { insert(archive) }
        for measurement in other.measurements { insert(measurement) }
        for (key, terms) in other.featureTerms { keep(terms, for: key) }
        for (key, values) in other.pointwise { keep(pointwise: values, for: key) }
        for (key, values) in other.nulls { keep(null: values, for: key) }
        for reduction in other.reductions where !reductions.contains(reduction) { insert(reduction) }
        for call in other.provenance { insert(call) }
        for failure in failures { insert(failure) }
    }

    /// The failures of both sets. A cell that failed on one side did not fail where the other has no failure of it, and all that the
    /// first has of the other epochs of the layer: what failed is not known, but it was among that. O(m) where there are failures.
    private func failures(with other: ResultSet) -> [Failure] {
        let (mine, theirs) = (failures, other.failures)
        guard !mine.isEmpty || !theirs.isEmpty else { return [] }
        let (mineByCell, theirsByCell) = (Set(mine.map(Cell.init)), Set(theirs.map(Cell.init)))
        let refuted = refuted(mineByCell.subtracting(theirsByCell), by: other)
            .union(other.refuted(theirsByCell.subtracting(mineByCell), by: self))
        return (mine + theirs).filter { !refuted.contains(Cell($0)) }
    }

    /// The cells, which failed here, that the other results have whole.
    private func refuted(_ cells: Set<Cell>, by other: ResultSet) -> Set<Cell> {
        guard !cells.isEmpty else { return [] }
        let layers = Set(cells.map(\.ofAllEpochs))
        var asked: [Cell: Set<Measurement.Key>] = [:]
        for row in measurements {
            let cell = Cell(row.key)
            guard layers.contains(cell.ofAllEpochs), !cells.contains(cell) else { continue }
            asked[cell.ofAllEpochs, default: []].insert(row.key.ofAllEpochs)
        }
        var found: [Cell: Set<Measurement.Key>] = [:]
        for row in other.measurements where cells.contains(Cell(row.key)) {
            found[Cell(row.key), default: []].insert(row.key.ofAllEpochs)
        }
        return cells.filter { cell in
            guard let found = found[cell] else { return false }
            return asked[cell.ofAllEpochs, default: []].isSubset(of: found)
        }
    }

    private func checkArrays(of other: ResultSet, from place: String) throws(ResultsError) {
        let differs =
            other.featureTerms.contains { key, terms in featureTerms[key].map { $0 != terms } ?? false }
            || other.pointwise.contains { key, values in pointwise[key].map { $0 != values } ?? false }
            || other.nulls.contains { key, values in nulls[key].map { $0 != values } ?? false }
            || other.reductions.contains { theirs in
                reductions.contains {
                    $0.archive == theirs.archive && $0.name == theirs.name && $0.fittedSplit == theirs.fittedSplit
                        && $0.samples == theirs.samples && $0 != theirs
                }
            }
        guard differs else { return }
        throw ResultsError(
            place: place,
            problem:
                "terms by feature, PMI by sample, null values or a spectrum differ from those of the other results",
            remedy: "Arrays with one key must agree: analyze both on one kind of machine with one version.")
    }
}

extension ResultSet.Cell {
    fileprivate var ofAllEpochs: Self { Self(archive: archive, split: split, layer: layer, epoch: nil) }
}
