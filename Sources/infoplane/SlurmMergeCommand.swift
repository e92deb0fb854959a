import Activations
import Analysis
import ArgumentParser
import Cluster
import Results

struct SlurmMergeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "slurm-merge",
        abstract: "The last step of slurm: check the parts, submit again what is missing, merge.",
        discussion: """
            infoplane slurm submits this as the job after its tasks; by hand it does the same. Which numbers there must be \
            follows from the archives and the request; a number that is in no part, and whose cell is not noted as \
            failed, is missing.

            EXAMPLES:
              infoplane slurm-merge all.slurm

            EXIT CODES: 0 merged, or submitted again; 1 failed cells, or numbers still missing; 2 could not run; 64 usage.
            """)

    @Argument(help: "The folder that infoplane slurm made.", completion: .directory)
    var folder: String

    @Option(help: "How often missing shards have been submitted again.")
    var round = 0

    func run() async throws {
        try await Terminal.reporting {
            let folder = JobFolder(WorkingFolder.absolute(self.folder))
            guard let job = try folder.job() else {
                throw Terminal.failure("\(folder.path): there is no job. Give the folder that infoplane slurm made.")
            }
            var outcome: JobFolder.Outcome?
            do {
                outcome = try await PartsMerging(of: job, in: folder, round: round).outcome()
            } catch {
                // Who waits for the job gets the reason, too.
                if !(error is ExitCode) { try? folder.note(.init(code: 2, lines: [String(describing: error)])) }
                throw error
            }
            guard let outcome else { return }
            try folder.note(outcome)
            for line in outcome.lines { try Terminal.write(line + "\n") }
            if outcome.code != 0 { throw ExitCode(outcome.code) }
        }
    }
}
