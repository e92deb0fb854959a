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
        for failure in self.failures { dropFailure(Cell(failure)) }
        for archive in other.archives.values { insert(archive) }
        for measurement in other.measurements { insert(measurement) }
        for (key, terms) in other.featureTerms { keep(terms, for: key) }
        for (key, values) in other.pointwise { keep(pointwise: values, for: key) }
        for (key, values) in other.nulls { keep(null: values, for: key) }
        for reduction in other.reductions where !reductions.contains(reduction) { insert(reduction) }
        for call in other.provenance { insert(call) }
        for failure in failures { insert(failure) }
    }

    /// The failures of both sets. A cell that failed on one side, and of which the other has numbers and no failure, did
    /// not fail. O(m) in the measurements of a side only where the other has failures.
    private func failures(with other: ResultSet) -> [Failure] {
        let (mine, theirs) = (failures, other.failures)
        guard !mine.isEmpty || !theirs.isEmpty else { return [] }
        let (mineByCell, theirsByCell) = (Set(mine.map(Cell.init)), Set(theirs.map(Cell.init)))
        func computed(_ cells: Set<Cell>, in results: ResultSet) -> Set<Cell> {
            cells.isEmpty ? [] : Set(results.measurements.map { Cell($0.key) }).intersection(cells)
        }
        let refuted = computed(mineByCell.subtracting(theirsByCell), in: other)
            .union(computed(theirsByCell.subtracting(mineByCell), in: self))
        return (mine + theirs).filter { !refuted.contains(Cell($0)) }
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
