/// What was saved of a damaged archive to a new one: the first records that are whole.
public struct ArchiveSalvage: Sendable {
    /// A data set that is not whole.
    public struct Loss: Sendable, Hashable {
        /// File and data set.
        public let location: String
        /// How many of its first records are whole; 0 also where something is damaged that all records share.
        public let wholeRecords: Int
    }

    /// Records that the damaged archive counts as committed.
    public let committedRecords: Int
    /// The epochs of the first records, which are whole and in the new archive.
    public let epochs: [Int]
    /// What is not whole.
    public let losses: [Loss]
    /// Splits and layers that were left out on demand: `/splits/train/layers/fc1`.
    public let dropped: [String]
    /// Layers without which more records would be whole, and how many.
    public let better: (layers: [String], records: Int)?

    /// Writes a new, closed archive with the first records of a damaged one that are whole in every split and layer.
    ///
    /// The damaged file may be shorter than it says, as a full disk or an interrupted copy leaves it. A record is whole
    /// where all its bytes have their digests and its epoch, step and metrics lie in the file; ranges are computed anew.
    /// The damaged file stays as it is. Everything is read twice, and nothing is left behind where it was stopped.
    ///
    /// - Parameters:
    ///   - path: the damaged archive.
    ///   - output: must not exist.
    ///   - droppedLayers: names of layers, or patterns with `*` and `?`, that are left out of every split unread.
    ///   - droppedSplits: the same of splits.
    ///   - producer: the program that asks, with its version.
    ///   - trust: what the damaged file may make us do beyond reading it; only for files whose writer you know.
    ///   - progress: called with how many pieces are done, of how many, and which is next: first checked, then copied.
    ///   - shouldStop: asked at every block.
    /// - Returns: nil where it was stopped.
    /// - Throws: where nothing is whole or the structure cannot be read, a program holds the file, or it cannot be written.
    public static func save(
        _ path: String, to output: String, droppingLayers droppedLayers: [String] = [],
        splits droppedSplits: [String] = [], producer: String, trusting trust: Trust = [],
        progress: (_ done: Int, _ total: Int, _ note: String) -> Void = { _, _, _ in },
        shouldStop: () -> Bool = { false }
    ) throws(ArchiveError) -> ArchiveSalvage? {
        guard !ActivationArchive.isHeld(path) else { throw ArchiveRepair.inUse(path) }
        let found = try DamagedArchive(
            opening: path, leavingOut: LeftOut(splits: droppedSplits, layers: droppedLayers), trusting: trust)
        let archive = found.archive
        try archive.checkIsOther(output)
        let unfinished = try UnfinishedArchive(for: output)
        guard let damages = archive.damages(progress: progress, shouldStop: shouldStop) else { return nil }
        let losses = losses(of: damages, in: found)
        let whole = losses.map(\.wholeRecords).min() ?? found.claimedRecords
        let better = better(than: whole, damages, in: archive)
        guard whole > 0 else { throw nothing(in: found, losses, damages, better) }
        var selection = ArchiveSelection()
        selection.records = Array(0..<whole)
        let provenance = RepairProvenance(
            source: archive.info.id, sourceProducer: archive.info.producer, sourceCreated: archive.info.created,
            sourceRecords: found.claimedRecords, records: whole,
            damaged: Dictionary(
                uniqueKeysWithValues: losses.map { (String($0.location.dropFirst(path.count + 1)), $0.wholeRecords) }),
            dropped: found.leftOut)
        let isComplete = try archive.copy(
            try ResolvedSelection(selection, of: archive), as: nil, to: unfinished, producer: producer,
            hyperparameters: adding(provenance, as: "repair", to: archive.info.hyperparameters),
            deflate: try archive.isDeflated ? 4 : nil,
            progress: { progress($0.done, $0.total, $0.place) }, shouldStop: shouldStop)
        guard isComplete else { return nil }
        return ArchiveSalvage(
            committedRecords: found.claimedRecords, epochs: Array(archive.epochs.prefix(whole)), losses: losses,
            dropped: found.leftOut, better: better)
    }

    private static func losses(of damages: [ActivationArchive.Damage], in found: DamagedArchive) -> [Loss] {
        let path = found.archive.path
        var losses = found.shortfalls.map { Loss(location: "\(path):\($0.object)", wholeRecords: $0.records) }
        var places: [String: Int] = [:]
        for damage in damages {
            let whole = damage.record ?? 0
            if let index = places[damage.location] {
                let known = losses[index].wholeRecords
                losses[index] = Loss(location: damage.location, wholeRecords: min(known, whole))
            } else if let index = losses.firstIndex(where: { $0.location == damage.location }) {
                places[damage.location] = index
                losses[index] = Loss(
                    location: damage.location, wholeRecords: min(losses[index].wholeRecords, whole))
            } else {
                places[damage.location] = losses.count
                losses.append(Loss(location: damage.location, wholeRecords: whole))
            }
        }
        return losses
    }

    /// What leaving out those layers would give that have the fewest whole records, where nothing else stands in the way.
    /// Most layers are not given away for a record: in a file that is cut off, all that was written later is lost.
    private static func better(
        than whole: Int, _ damages: [ActivationArchive.Damage], in archive: ActivationArchive
    ) -> (layers: [String], records: Int)? {
        func layer(of damage: ActivationArchive.Damage) -> String? {
            if case .layer(let name) = damage.content { name } else { nil }
        }
        let first = damages.filter { ($0.record ?? 0) == whole }
        let layers = Set(first.compactMap(layer))
        let all = Set(archive.splits.flatMap { $0.layers.map(\.name) })
        guard !layers.isEmpty, 2 * layers.count <= all.count,
            archive.splits.allSatisfy({ !layers.isSuperset(of: $0.layers.map(\.name)) })
        else { return nil }
        let rest = damages.filter { damage in layer(of: damage).map { !layers.contains($0) } ?? true }
        let records = archive.wholeRecords(but: rest)
        return records > whole ? (layers.sorted(), records) : nil
    }

    private static func nothing(
        in found: DamagedArchive, _ losses: [Loss], _ damages: [ActivationArchive.Damage],
        _ better: (layers: [String], records: Int)?
    ) -> ArchiveError {
        guard let loss = losses.first(where: { $0.wholeRecords == 0 }) else {
            return ArchiveError(
                .malformed, at: found.archive.path, "no record is committed", "There is nothing to save.")
        }
        let withoutSplit =
            found.archive.splits.count > 1
            ? DamagedArchive.wayOut(of: loss.location, in: found.archive.path, bySplit: true) : nil
        let failure = damages.first { $0.location == loss.location && ($0.record ?? 0) == 0 }?.failure
        let state = failure.map { "cannot be read (\($0.reason))" } ?? "is damaged or missing"
        return ArchiveError(
            .malformed, at: loss.location, "its first record \(state), so that no record is whole",
            failure?.remedy ?? better.map { better in
                "Leave out what is lost: with --drop-layers \(better.layers.joined(separator: ",")) "
                    + "\(counted(better.records, "record")) can be saved."
            } ?? withoutSplit
                ?? "Nothing was written: copy the file again from its source, if there is one.")
    }
}
