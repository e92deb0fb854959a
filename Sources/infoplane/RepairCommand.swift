import Activations
import ArgumentParser

struct RepairCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "repair",
        abstract: "Make the archive of a killed recorder open everywhere again.",
        discussion: """
            A recorder that was killed leaves its mark in the file: InfoPlane reads every committed record all the same, \
            other programs refuse the file. Repair checks the bytes of all committed records and clears the mark by one \
            write of 48 bytes. Where something is damaged, nothing is changed, and what is whole is named. To go on \
            recording no repair is needed: infoplane record --continue.

            EXAMPLES:
              infoplane repair run.h5
              infoplane repair run.h5 --json

            EXIT CODES: 0 every committed record is whole; 1 some are damaged; 2 could not run.
            """)

    @Argument(help: "The archive.", completion: .file(extensions: ["h5"]))
    var archive: String

    @Flag(help: "Print JSON for programs.")
    var json = false

    func run() async throws {
        try await Terminal.reporting {
            Interruption.watch()
            let bar = ProgressBar("repair")
            defer { bar.finish() }
            let repair = try ArchiveRepair.repair(
                archive, progress: { bar.update(done: $0, total: $1, note: archive) },
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
    }

    private static func text(of repair: ArchiveRepair, path: String) -> String {
        let all = repair.committedRecords == 1 ? "1 committed record" : "\(repair.committedRecords) committed records"
        guard repair.damages.isEmpty else {
            return repair.damages.map { $0.description + "\n" }.joined()
                + "\(path): of \(all) the first \(repair.wholeRecords) are whole; the file was not changed.\n"
        }
        let done =
            repair.clearedMark
            ? "the killed recorder's mark is cleared, every program can open the file again"
            : repair.isClosed ? "nothing to repair" : "nothing to repair, though its recorder did not close it"
        return "\(path): kept \(all), every byte as recorded; \(done).\n"
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
