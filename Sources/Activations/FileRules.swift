internal import FoundationEssentials
internal import HDF5

/// What is known of the file without reading what was recorded.
struct FileFacts {
    let info: ArchiveInfo
    let committed: Int
    let isPaged: Bool
    /// The longest data set of records, where it goes on after the committed ones.
    let tail: (object: String, rows: Int)?
}

/// The rules over the file as a whole: each is one function over the facts.
enum FileRules {
    static let all = [
        ContentRule(.badHyperparameters, hyperparameters), ContentRule(.missingProvenance, provenance),
        ContentRule(.idNoUUID, id), ContentRule(.notClosed, closed), ContentRule(.uncommittedTail, tail),
        ContentRule(.noRecords, records), ContentRule(.notPaged, pages),
    ]

    private struct AnyJSON: Decodable { init(from _: any Decoder) {} }

    private static func hyperparameters(_ file: FileFacts) -> Trouble? {
        let text = file.info.hyperparameters
        guard (try? JSONDecoder().decode([String: AnyJSON].self, from: Data(text.utf8))) == nil else { return nil }
        return Trouble(
            "the hyperparameters are no JSON object: “\(text.prefix(40))\(text.count > 40 ? "…" : "")”",
            "Write the attribute again, as {\"learning_rate\": 0.1}.")
    }

    private static func provenance(_ file: FileFacts) -> Trouble? {
        var missing = [("title", file.info.title), ("model", file.info.model)].filter(\.1.isEmpty).map(\.0)
        if file.info.hyperparameters.filter({ !$0.isWhitespace }) == "{}" { missing.append("hyperparameters") }
        if !file.info.producer.contains(where: \.isNumber) { missing.append("the producer's version") }
        guard !missing.isEmpty else { return nil }
        return Trouble(
            "missing or empty: \(listed(missing))",
            "Give them to the recorder, so that others know what was trained, and how.")
    }

    private static func id(_ file: FileFacts) -> Trouble? {
        guard UUID(uuidString: file.info.id) == nil else { return nil }
        return Trouble(
            "the id “\(file.info.id.prefix(40))” is no UUID, so that another archive may have the same",
            "Let the recorder choose the id.")
    }

    private static func closed(_ file: FileFacts) -> Trouble? {
        guard !file.info.isClosed else { return nil }
        return Trouble(
            "the recorder has not closed the archive: it is still recording, or was killed; the committed records are whole",
            "If no recorder is alive, infoplane repair makes it open everywhere.")
    }

    private static func tail(_ file: FileFacts) -> Trouble? {
        guard let (object, rows) = file.tail else { return nil }
        return Trouble(
            "\(object) has \(counted(rows, "row")), but \(counted(file.committed, "record")) "
                + "\(file.committed == 1 ? "is" : "are") committed; the rest is a record that was not finished, and is ignored",
            "Nothing needs to be done; recording on overwrites it.")
    }

    private static func records(_ file: FileFacts) -> Trouble? {
        guard file.committed == 0 else { return nil }
        return Trouble("no record is committed: there is nothing to analyze", "Record at least one epoch.")
    }

    private static func pages(_ file: FileFacts) -> Trouble? {
        guard !file.isPaged else { return nil }
        return Trouble(
            "the file space is not paged: had its recorder been killed, a structure could have been torn",
            file.info.isClosed
                ? "Nothing needs to be done for this archive; record the next one with a newer recorder."
                : "Record with a newer recorder.")
    }
}

/// How a data set with records, a layer or inputs per epoch, lies in the file.
struct StorageFacts {
    /// Records, samples, then the axes of the units.
    let shape: [Int]
    let chunk: [Int]?
    let filters: [String]
    let type: NumberType
}

/// The rules over how data lie in the file.
enum StorageRules {
    static let all = [ContentRule(.foreignFilter, filters), ContentRule(.slowChunks, chunks)]

    private static func filters(_ storage: StorageFacts) -> Trouble? {
        let foreign = storage.filters.filter { $0 != "deflate" }
        guard !foreign.isEmpty else { return nil }
        return Trouble(
            "its chunks pass the filter \(listed(foreign.map { $0.isEmpty ? "without a name" : "“\($0)”" })); the format "
                + "knows deflate only, and others cannot be read everywhere",
            "Copy the archive with infoplane subset, or record it with deflate or without a filter.")
    }

    /// Reading is by record: what a chunk has of other records is read for nothing, and chunks that are many are looked
    /// up one by one.
    private static func chunks(_ storage: StorageFacts) -> Trouble? {
        guard let chunk = storage.chunk, chunk.count == storage.shape.count, !storage.shape.dropFirst().contains(0)
        else {
            return nil
        }
        let remedy =
            "Copy the archive with infoplane subset, which chunks it anew, or record with chunks of whole samples."
        let shape = storage.shape
        func count(_ axis: Int) -> Int { (shape[axis] + chunk[axis] - 1) / max(1, chunk[axis]) }
        let perSample = shape.indices.dropFirst(2).reduce(1) { $0 * count($1) }
        if perSample > 1 {
            return Trouble(
                "the chunks \(chunk) split the units of a sample, so that each sample is read from \(perSample) of them "
                    + "where 1 would do",
                remedy)
        }
        if chunk[0] > 1 {
            return Trouble(
                "the chunks \(chunk) hold \(chunk[0]) records each, so that reading one record reads up to \(chunk[0]) times "
                    + "its size",
                remedy)
        }
        let sampleBytes = shape.dropFirst(2).reduce(storage.type.size, *)
        let best = ArchiveLayout.samplesPerChunk(samples: shape[1], bytesPerSample: sampleBytes)
        let (chunks, fewest) = (count(1), (shape[1] + best - 1) / best)
        if chunks >= 16 * fewest, chunk[1] * sampleBytes < 1 << 16 {
            return Trouble(
                "a record lies in \(chunks) chunks of \(chunk[1] * sampleBytes) bytes where \(fewest) would do, "
                    + "\(chunks / fewest) times as many",
                remedy)
        }
        if chunk[1] > 1, min(chunk[1], shape[1]) > 4 * best {
            return Trouble(
                "a chunk takes \(chunk[1] * sampleBytes) bytes, \(chunk[1] / best) times as many as a reader needs to hold",
                remedy)
        }
        return nil
    }
}

extension FileFacts {
    init(_ contents: ArchiveContents, of file: File) throws(HDF5Error) {
        info = contents.info
        committed = contents.committed
        isPaged = try file.isPaged
        var datasets: [Dataset] = [try file.root.dataset("epoch")]
        for split in contents.splits {
            datasets += split.layers.map(\.values)
            if split.info.inputs.perEpoch { datasets.append(split.inputs) }
        }
        var longest: (object: String, rows: Int)?
        for dataset in datasets {
            let rows = try dataset.shape[0]
            if rows > contents.committed, rows > longest?.rows ?? 0 { longest = (dataset.path, rows) }
        }
        tail = longest
    }
}

extension StorageFacts {
    init?(_ dataset: Dataset) throws(HDF5Error) {
        guard let type = NumberType(try dataset.elementType) else { return nil }
        self.init(
            shape: try dataset.shape, chunk: try dataset.chunk, filters: try dataset.filters, type: type)
    }
}
