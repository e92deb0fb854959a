import ArgumentParser
import CMemory
import LinearAlgebra

#if canImport(Darwin)
    import Darwin
#else
    import Glibc
#endif

@main
enum Program {
    static func main() async {
        cm_keep_freed_memory()
        BLASThreads.endIdle()
        var arguments = Array(CommandLine.arguments.dropFirst())
        do {
            let configurable: [String: any ParsableCommand.Type] = [
                "analyze": AnalyzeCommand.self, "slurm": SlurmCommand.self,
            ]
            if let name = arguments.first, let command = configurable[name] {
                arguments = [name] + (try AnalyzeOptions.withConfiguration(Array(arguments.dropFirst()), of: command))
            }
        } catch {
            Infoplane.exit(withError: Terminal.failure(String(describing: error)))
        }
        await Infoplane.main(arguments)
        // At once: some sixty libraries take a millisecond or two to end (measured), and leave nothing behind.
        fflush(nil)
        _exit(0)
    }
}

struct Infoplane: AsyncParsableCommand {
    static let version = "0.1.0"

    static let configuration = CommandConfiguration(
        commandName: "infoplane",
        abstract: "Information analysis of trained neural networks, from recorded activations.",
        discussion: """
            Record once, then estimate as often as you like: a recorder writes the activations of every recorded epoch \
            to an archive; the analyzer reads it and writes results; the report shows them. All quantities are in bits.

            EXAMPLES:
              infoplane record szt --activation tanh -o tanh.h5
              infoplane analyze tanh.h5
              infoplane report tanh.results.h5 -o report.html

            EXIT CODES: 0 done; 1 findings or failed cells; 2 could not run; 64 usage.
            """,
        version: version,
        subcommands: [
            RecordCommand.self, ImportCommand.self, InspectCommand.self, ValidateCommand.self, RepairCommand.self,
            SubsetCommand.self, ChecksumCommand.self, AnalyzeCommand.self, ConfigCommand.self, SlurmCommand.self,
            SlurmMergeCommand.self, ReduceCommand.self, MergeCommand.self, ExportCommand.self, PlaneCommand.self,
            ReportCommand.self, VerdictCommand.self, EstimateCommand.self, SelftestCommand.self,
        ])
}
