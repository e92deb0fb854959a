import Analysis
import ArgumentParser
import Configuration
import FoundationEssentials
import Results

struct ConfigCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "config",
        abstract: "Print a configuration file for analyze: every setting with its default, or those of a results file.",
        discussion: """
            infoplane analyze --config FILE takes every option from FILE: lines 'name: value' with the names of analyze's \
            options, lists where an option may be repeated, true or false for flags. What stands on the command line, too, \
            is taken from there. Paths are those of the folder in which the command is typed.

            Of a results file the settings are printed that decide its numbers; jobs, shards and file names do not. A file \
            that several different calls have filled holds them in their order; the last one is printed.

            EXAMPLES:
              infoplane config > infoplane.yaml
              infoplane analyze run.h5 --config infoplane.yaml
              infoplane config run.results.h5 > again.yaml
              infoplane analyze other.h5 --config again.yaml
              infoplane config run.results.h5 --call 1
            """)

    @Argument(help: "A results file. (default: none, the defaults are printed)", completion: .file(extensions: ["h5"]))
    var results: String?

    @Option(help: "Which call of analyze, counted from 1 in the order of the results file. (default: the last)")
    var call: Int?

    @Flag(help: "Print the settings as JSON.")
    var json = false

    func validate() throws {
        if call != nil, results == nil { throw ValidationError("--call counts the calls of a results file; name one") }
    }

    func run() async throws {
        try await Terminal.reporting {
            let request = try results.map(request(of:)) ?? AnalysisRequest().json
            if json { return try Terminal.write(request + "\n") }
            try Terminal.write(try Self.configuration(of: request).text)
        }
    }

    private func request(of path: String) throws -> String {
        var file = ResultsFile(path)
        let calls = try file.read().provenance
        guard !calls.isEmpty else {
            throw Terminal.failure("\(path): holds no request; it was written by another program.")
        }
        let number = call ?? calls.count
        guard (1...calls.count).contains(number) else {
            throw Terminal.failure(
                "\(path): --call \(number) of \(calls.count); expected a number from 1 to \(calls.count).")
        }
        if calls.count > 1, call == nil {
            Terminal.note(
                "\(path): filled by \(calls.count) different calls; this is the last. --call 1 prints the first.")
        }
        return calls[number - 1].request
    }

    /// The request as settings, with the help of each option as its comment; those that decide no number have no value.
    private static func configuration(of request: String) throws -> Configuration {
        let decoded: [String: RequestValue]
        do {
            decoded = try JSONDecoder().decode([String: RequestValue].self, from: Data(request.utf8))
        } catch {
            throw Terminal.failure("the stored request is not the JSON that analyze writes: \(request).")
        }
        let options = AnalyzeOptions()
        let known = options.all.map(\.name)
        var values = decoded.mapValues(\.value)
        if values["samples"] == .null { values["samples"] = .text("all") }
        values["no-gib"] = .truth(values["target"] == .list([]))
        if values["target"] == .list([]) { values["target"] = .null }
        let names = known + values.keys.filter { !known.contains($0) }.sorted()
        return Configuration(
            names.map { .init(name: $0, value: values[$0] ?? .null, line: 0, comment: options[$0]?.help ?? "") })
    }

    /// A value of the request's JSON as that of a setting.
    private struct RequestValue: Decodable {
        let value: Configuration.Value

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            if container.decodeNil() {
                value = .null
            } else if let truth = try? container.decode(Bool.self) {
                value = .truth(truth)
            } else if let whole = try? container.decode(UInt64.self) {
                value = .text(String(whole))
            } else if let texts = try? container.decode([String].self) {
                value = .list(texts)
            } else {
                value = .text(try container.decode(String.self))
            }
        }
    }
}
