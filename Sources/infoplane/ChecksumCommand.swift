import Activations
import ArgumentParser

struct ChecksumCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "checksum",
        abstract: "Print the content digest of archives.",
        discussion: """
            One line per archive, as sha256sum prints it. The digest names what was recorded: two copies with the same \
            epochs, inputs, labels and activations have the same, however chunked or compressed; titles and metrics do \
            not count. It is made from the digests that the recorder stored, and so is quick; --verify hashes every \
            recorded byte first and prints no line for an archive whose bytes have changed.

            EXAMPLES:
              infoplane checksum run.h5
              infoplane checksum run.h5 copy.h5 --verify

            EXIT CODES: 0 done; 1 bytes differ from their digests, or stopped; 2 could not run; 64 usage.
            """)

    @Argument(help: "The archives.", completion: .file(extensions: ["h5"]))
    var archives: [String]

    @OptionGroup var allow: AllowOption

    @Flag(help: "Hash every recorded byte first.")
    var verify = false

    @Flag(help: "Print JSON for programs.")
    var json = false

    func run() async throws {
        try await Terminal.reporting {
            Interruption.watch()
            var objects: [JSONText] = []
            var (isChanged, couldNotRun) = (false, false)
            for path in archives where !Interruption.isRequested {
                do {
                    let archive = try ActivationArchive(opening: path, trusting: allow.trust)
                    let changes = verify ? changes(in: archive) : []
                    if Interruption.isRequested { break }
                    let digest = try archive.contentDigest()
                    for change in changes { Terminal.note("changed: \(change)") }
                    isChanged = isChanged || !changes.isEmpty
                    if json {
                        objects.append(
                            .object([
                                ("archive", .text(path)), ("id", .text(archive.info.id)), ("digest", .text(digest)),
                                ("records", .whole(archive.committedRecords)),
                                ("verified", verify ? .truth(changes.isEmpty) : .null),
                            ]))
                    } else if changes.isEmpty {
                        try Terminal.write("\(digest)  \(path)\n")
                    }
                } catch let error as ArchiveError {
                    Terminal.note("error: \(error)")
                    couldNotRun = true
                }
            }
            if json { try Terminal.write(JSONText.list(objects).text + "\n") }
            if Interruption.isRequested { Terminal.note("stopped: the rest was not read.") }
            if couldNotRun { throw ExitCode(2) }
            if isChanged || Interruption.isRequested { throw ExitCode(1) }
        }
    }

    /// What has another digest than the recorder stored, or cannot be read.
    private func changes(in archive: ActivationArchive) -> [ArchiveError.Finding] {
        let bar = ProgressBar("checksum")
        defer { bar.finish() }
        let damages = archive.damages(
            progress: { bar.update(done: $0, total: $1, note: $2) }, shouldStop: { Interruption.isRequested })
        return archive.findings(of: damages ?? [])
    }
}
