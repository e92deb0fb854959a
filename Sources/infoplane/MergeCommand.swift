import ArgumentParser
import Results

struct MergeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "merge",
        abstract: "Join results files, such as the shards of one analysis.",
        discussion: """
            Numbers with one key must agree; a contradiction is refused and nothing is written.

            EXAMPLES:
              infoplane merge part1.results.h5 part2.results.h5 -o all.results.h5
            """)

    @Argument(help: "The results files.", completion: .file(extensions: ["h5"]))
    var inputs: [String]

    @Option(name: .shortAndLong, help: "The file to write; it must not exist.")
    var output: String

    @Flag(help: "Print the summary as JSON.")
    var json = false

    func run() async throws {
        try await Terminal.reporting {
            var file = ResultsFile(output)
            if file.exists {
                throw Terminal.failure(
                    "\(output): exists; nothing was overwritten. Remove it or choose another file with -o.")
            }
            var merged = ResultSet()
            for input in inputs {
                var part = ResultsFile(input)
                try merged.merge(try part.read(), from: input)
            }
            try file.write(&merged)
            if json {
                let summary = JSONText.object([
                    ("results", .text(output)), ("measurements", .whole(merged.measurements.count)),
                    ("archives", .whole(merged.archives.count)), ("failed_cells", .whole(merged.failures.count)),
                ])
                return try Terminal.write(summary.text + "\n")
            }
            try Terminal.write(
                "\(output): \(merged.measurements.count) measurements of \(merged.archives.count) "
                    + "\(merged.archives.count == 1 ? "archive" : "archives") from \(inputs.count) \(inputs.count == 1 ? "file" : "files")\n"
            )
        }
    }
}
