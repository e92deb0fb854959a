import Activations
import ArgumentParser

struct RepairCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "repair",
        abstract: "Make a killed recorder's archive open everywhere again, or save what is whole of a damaged one.",
        discussion: """
            A recorder that was killed leaves its mark in the file: InfoPlane reads every committed record all the same, \
            other programs refuse the file. Repair checks the bytes of all committed records and clears the mark by one \
            write of 48 bytes. Where something is damaged, nothing is changed, and what is whole is named. To go on \
            recording no repair is needed: infoplane record --continue.

            With -o the archive stays as it is, and the first records that are whole in every split and layer go to a \
            new one, also from a file that is cut off. The new archive has an id of its own and says what it was saved \
            from and what was lost (key repair of its hyperparameters). A layer or a split that is lost for good keeps \
            all records from being whole, unless it is left out.

            EXAMPLES:
              infoplane repair run.h5
              infoplane repair run.h5 --json
              infoplane repair damaged.h5 -o saved.h5
              infoplane repair damaged.h5 -o saved.h5 --drop-layers 'conv*,fc3'

            EXIT CODES: 0 every committed record is whole; 1 some are damaged (with -o: and lost), or stopped; \
            2 could not run, or nothing is whole.
            """)

    @Argument(help: "The archive.", completion: .file(extensions: ["h5"]))
    var archive: String

    @Option(name: .shortAndLong, help: "Save what is whole to this new archive; it must not exist.")
    var output: String?

    @Option(help: "With -o: layers to leave out unread, comma-separated; * and ? stand for others.")
    var dropLayers: String?

    @Option(help: "With -o: splits to leave out unread, comma-separated; * and ? stand for others.")
    var dropSplits: String?

    @OptionGroup var allow: AllowOption

    @Flag(help: "Print JSON for programs.")
    var json = false

    func validate() throws {
        if output == nil, dropLayers != nil || dropSplits != nil {
            throw ValidationError("--drop-layers and --drop-splits go with -o")
        }
    }

    func run() async throws {
        try await Terminal.reporting {
            Interruption.watch()
            let bar = ProgressBar("repair")
            defer { bar.finish() }
            guard let output else { return try mend(bar) }
            let salvage = try ArchiveSalvage.save(
                archive, to: output, droppingLayers: dropLayers.map(SubsetCommand.list) ?? [],
                splits: dropSplits.map(SubsetCommand.list) ?? [], producer: "infoplane \(Infoplane.version)",
                trusting: allow.trust, progress: { bar.update(done: $0, total: $1, note: $2) },
                shouldStop: { Interruption.isRequested })
            bar.finish()
            guard let salvage else {
                Terminal.note("stopped: nothing was written.")
                throw ExitCode(1)
            }
            try Terminal.write(
                json ? Self.json(of: salvage, archive, output).text + "\n" : Self.text(of: salvage, archive, output))
            if salvage.epochs.count < salvage.committedRecords { throw ExitCode(1) }
        }
    }

    /// Checks the archive and clears its mark in place.
    private func mend(_ bar: ProgressBar) throws {
        let repair = try ArchiveRepair.repair(
            archive, trusting: allow.trust, progress: { bar.update(done: $0, total: $1, note: archive) },
            shouldStop: { Interruption.isRequested })
        bar.finish()
        guard let repair else {
            Terminal.note("stopped: the file was not changed.")
            throw ExitCode(1)
        }
        if json {
            try Terminal.write(Self.json(of: repair, path: archive).text + "\n")
        } else {
            try Terminal.write(Self.text(of: repair, path: archive))
        }
        if !repair.damages.isEmpty { throw ExitCode(1) }
    }

    private static func text(of repair: ArchiveRepair, path: String) -> String {
        let all = records(repair.committedRecords)
        guard repair.damages.isEmpty else {
            return repair.damages.map { $0.description + "\n" }.joined()
                + "\(path): of \(all) the first \(repair.wholeRecords) are whole; the file was not changed. "
                + "Save what is whole of it: infoplane repair \(path) -o NEW.\n"
        }
        let done =
            repair.clearedMark
            ? "the killed recorder's mark is cleared, every program can open the file again"
            : repair.isClosed ? "nothing to repair" : "nothing to repair, though its recorder did not close it"
        return "\(path): kept \(all), every byte as recorded; \(done).\n"
    }

    private static func records(_ count: Int) -> String {
        count == 1 ? "1 committed record" : "\(count) committed records"
    }

    private static func text(of salvage: ArchiveSalvage, _ path: String, _ output: String) -> String {
        let (all, kept) = (records(salvage.committedRecords), salvage.epochs.count)
        var text = salvage.losses.map { loss in
            loss.wholeRecords == 1
                ? "\(loss.location): the first record is whole\n"
                : "\(loss.location): the first \(loss.wholeRecords) records are whole\n"
        }.joined()
        text += "\(output): "
        text +=
            kept == salvage.committedRecords
            ? "saved \(all), every byte as recorded" : "saved the first \(kept) of \(all)"
        if let first = salvage.epochs.first, let last = salvage.epochs.last {
            text += first == last ? ", epoch \(first)" : ", epochs \(first) to \(last)"
        }
        if !salvage.dropped.isEmpty { text += ", without \(salvage.dropped.joined(separator: ", "))" }
        text += "; \(path) is as it was.\n"
        if let better = salvage.better {
            text +=
                "More could be saved: \(better.records) with --drop-layers \(better.layers.joined(separator: ",")).\n"
        }
        return text
    }

    private static func json(of salvage: ArchiveSalvage, _ path: String, _ output: String) -> JSONText {
        .object([
            ("path", .text(path)), ("output", .text(output)), ("committed_records", .whole(salvage.committedRecords)),
            ("saved_records", .whole(salvage.epochs.count)), ("epochs", .list(salvage.epochs.map { .whole($0) })),
            ("dropped", .list(salvage.dropped.map { .text($0) })),
            (
                "losses",
                .list(
                    salvage.losses.map {
                        .object([("place", .text($0.location)), ("whole_records", .whole($0.wholeRecords))])
                    })
            ),
            (
                "better",
                salvage.better.map { better in
                    .object([
                        ("drop_layers", .list(better.layers.map { .text($0) })), ("records", .whole(better.records)),
                    ])
                } ?? .null
            ),
        ])
    }

    private static func json(of repair: ArchiveRepair, path: String) -> JSONText {
        .object([
            ("path", .text(path)), ("committed_records", .whole(repair.committedRecords)),
            ("whole_records", .whole(repair.wholeRecords)), ("closed", .truth(repair.isClosed)),
            ("had_mark", .truth(repair.hadMark)), ("cleared_mark", .truth(repair.clearedMark)),
            (
                "damages",
                .list(
                    repair.damages.map {
                        .object([
                            ("place", .text($0.location)), ("problem", .text($0.problem)), ("remedy", .text($0.remedy)),
                        ])
                    })
            ),
        ])
    }
}
