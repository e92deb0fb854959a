import ArgumentParser
import Findings
import Results

struct ExportCommand: AsyncParsableCommand {
    enum TableName: String, ExpressibleByArgument, CaseIterable {
        case measurements, features, pmi
    }

    enum Format: String, ExpressibleByArgument, CaseIterable {
        case csv, json
    }

    static let configuration = CommandConfiguration(
        commandName: "export",
        abstract: "Print a results file as CSV or JSON.",
        discussion: """
            measurements: one number per row, with its ceiling and flags. features: I(X_i;Q) and I(X_-i;Q) of the kept \
            GIB complexities. pmi: pointwise mutual information and weight of every sample. All values are in bits.

            EXAMPLES:
              infoplane export run.results.h5 > run.csv
              infoplane export run.results.h5 --table features --format json
              infoplane export run.results.h5 --beta 0.5,1,2
            """)

    @Argument(help: "The results file.", completion: .file(extensions: ["h5"]))
    var results: String

    @Option(help: "Which table.")
    var table: TableName = .measurements

    @Option(help: "The format.")
    var format: Format = .csv

    @Option(help: "Also list IB and GIB objectives for these β, comma-separated.")
    var beta: String?

    @Option(name: .shortAndLong, help: "Write to this file instead of standard output.")
    var output: String?

    func validate() throws {
        if beta != nil, table != .measurements { throw ValidationError("--beta goes with --table measurements") }
        _ = try objectives()
    }

    func run() async throws {
        try await Terminal.reporting {
            var file = ResultsFile(results)
            let results = try file.read()
            let table: Table
            switch self.table {
            case .measurements:
                table = .measurements(results.measurements + (try objectives()?.derived(from: results) ?? []))
            case .features: table = .features(of: results)
            case .pmi: table = .pointwise(of: results)
            }
            var sink = try TextSink(path: output, inputs: [self.results])
            switch format {
            case .csv: try table.writeCSV { (text) throws in try sink.write(text) }
            case .json: try table.writeJSON { (text) throws in try sink.write(text) }
            }
            try sink.close()
        }
    }

    private func objectives() throws -> Objectives? {
        guard let beta else { return nil }
        var betas: [Double] = []
        for part in beta.split(separator: ",", omittingEmptySubsequences: false) {
            guard let value = Double(part) else {
                throw ValidationError("--beta \(beta): '\(part)' is no number; expected a list such as 0.5,1,2")
            }
            betas.append(value)
        }
        do {
            return try Objectives(betas: betas)
        } catch {
            throw ValidationError(error.description)
        }
    }
}
