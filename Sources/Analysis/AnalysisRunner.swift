public import Activations
internal import InformationTheory
public import Results

/// How far an analysis has come.
public struct AnalysisProgress: Sendable {
    /// Units done, of `total`.
    public let done: Int
    /// Units to do.
    public let total: Int
    /// The unit that was done last, as `split/layer`, with its epoch.
    public let place: String
    /// Cells that failed so far.
    public let failures: Int
}

/// What an analysis did.
public struct AnalysisSummary: Sendable {
    /// The numbers that were computed now.
    public internal(set) var computed = 0
    /// The numbers of the plan that were there before.
    public internal(set) var reused = 0
    /// The numbers that were dropped because the archive has grown and their range with it.
    public internal(set) var dropped = 0
    /// The cells that failed now.
    public internal(set) var failures: [Failure] = []
    /// Whether it was stopped before the end of the plan.
    public internal(set) var wasInterrupted = false
}

/// Carries out a plan: reads each cell once, computes cells side by side, and puts the numbers into the results in the
/// order of the plan, so that they are the same for any number of jobs.
///
/// Memory: `jobs` cells in work and one read ahead, beside the results.
public struct AnalysisRunner: Sendable {
    private let archive: ActivationArchive
    private let description: AnalyzedArchive
    private let plan: AnalysisPlan
    private let jobs: Int
    private let toolVersion: String

    /// Creates a runner.
    ///
    /// - Parameters:
    ///   - plan: what to compute, made from this archive.
    ///   - archive: the archive.
    ///   - jobs: how many cells are computed side by side; at least 1.
    ///   - toolVersion: the version that the provenance names.
    /// - Throws: where the archive's digests cannot be read.
    public init(
        _ plan: AnalysisPlan, of archive: ActivationArchive, jobs: Int, toolVersion: String
    ) throws(AnalysisError) {
        precondition(jobs > 0, "at least one job computes")
        do throws(ArchiveError) {
            description = try AnalyzedArchive(archive)
        } catch {
            throw AnalysisError(error)
        }
        self.archive = archive
        self.plan = plan
        self.jobs = jobs
        self.toolVersion = toolVersion
    }

    /// Computes what `results` lacks.
    ///
    /// - Parameters:
    ///   - results: taken in, filled, and handed to `checkpoint` from time to time and at the end.
    ///   - checkpoint: saves the results; called so that saving takes at most 5% of the time, and once at the start.
    ///   - progress: called after every unit.
    ///   - shouldStop: asked before every unit; cells in work are finished and saved.
    /// - Returns: what was done; a cell that fails is noted in it and in the results, and the run goes on.
    /// - Throws: where `checkpoint` throws.
    public func run(
        into results: inout ResultSet, checkpoint: (ResultSet) throws(ResultsError) -> Void,
        progress: (AnalysisProgress) -> Void = { _ in }, shouldStop: () -> Bool = { false }
    ) async throws(ResultsError) -> AnalysisSummary {
        var summary = AnalysisSummary()
        summary.dropped = results.drop(where: plan.staleRange())
        let units = plan.missing(from: results)
        let missing = plan.missingKeys(in: results)
        summary.reused = plan.measurementCount - missing.count
        results.insert(description)
        results.insert(
            Provenance(request: plan.request.json, toolVersion: toolVersion, seed: plan.request.seed))
        try checkpoint(results)
        guard !units.isEmpty else { return summary }

        let reader = CellReader(archive: archive)
        let contexts = InputContexts(reader: reader, request: plan.request, jobs: jobs)
        var schedule = CheckpointSchedule()
        var failed: ResultsError?
        await withTaskGroup(of: (Int, Result<UnitOutcome, AnalysisError>).self) { group in
            var finished: [Int: Result<UnitOutcome, AnalysisError>] = [:]
            var appended = 0
            var running = 0

            /// Waits for one unit, and appends what is now complete up to the first gap, in the order of the plan.
            func collect() async {
                guard let (index, outcome) = await group.next() else { return }
                running -= 1
                finished[index] = outcome
                while failed == nil, let outcome = finished.removeValue(forKey: appended) {
                    let unit = units[appended]
                    appended += 1
                    append(outcome, of: unit, missing: missing, to: &results, &summary)
                    progress(
                        AnalysisProgress(
                            done: appended, total: units.count,
                            place: unit.layer == nil ? unit.name : "\(unit.name) @ \(plan.epochs[unit.record])",
                            failures: summary.failures.count))
                    guard schedule.isDue else { continue }
                    let snapshot = results
                    schedule.measure {
                        do throws(ResultsError) { try checkpoint(snapshot) } catch { failed = error }
                    }
                }
            }

            var next = Task { self.read(units[0], with: reader) }
            for index in units.indices {
                while running >= jobs, failed == nil { await collect() }
                if failed == nil, shouldStop() { summary.wasInterrupted = true }
                if failed != nil || summary.wasInterrupted { break }
                let input = await next.value
                let unit = units[index]
                group.addTask { (index, await analyze(unit, input, in: contexts)) }
                running += 1
                if index + 1 < units.count {
                    let following = units[index + 1]
                    next = Task { self.read(following, with: reader) }
                }
            }
            while running > 0 { await collect() }
        }
        if let failed { throw failed }
        for (split, samples, basis) in await contexts.fittedBases() {
            guard let reduction = plan.request.inputReduction else { continue }
            results.insert(
                Reduction(
                    archive: plan.archiveID, name: reduction.description, fittedSplit: split, samples: samples,
                    eigenvalues: basis.eigenvalues, residuals: basis.residuals))
        }
        try checkpoint(results)
        return summary
    }

    /// What is read of one unit: its rows, and the ranges that need the whole split.
    private struct UnitInput: Sendable {
        let layer: SampleMatrix?
        let unitRanges: [ValueRange]?
    }

    private func read(_ unit: AnalysisPlan.Unit, with reader: CellReader) -> Result<UnitInput, AnalysisError> {
        guard let layer = unit.layer else { return .success(UnitInput(layer: nil, unitRanges: nil)) }
        do throws(AnalysisError) {
            let needsRanges = unit.binnings.contains(where: \.isOverUnit)
            return .success(
                UnitInput(
                    layer: try reader.activations(of: unit, layer: layer),
                    unitRanges: needsRanges ? try reader.unitRanges(of: unit, layer: layer) : nil))
        } catch {
            return .failure(error)
        }
    }

    private func analyze(
        _ unit: AnalysisPlan.Unit, _ input: Result<UnitInput, AnalysisError>, in contexts: InputContexts
    ) async -> Result<UnitOutcome, AnalysisError> {
        do throws(AnalysisError) {
            let input = try input.get()
            let analysis = CellAnalysis(plan: plan, unit: unit, context: try await contexts.context(of: unit))
            guard let layer = input.layer else { return .success(analysis.labels()) }
            do throws(InformationError) {
                return .success(try analysis.cell(layer, unitRanges: input.unitRanges))
            } catch {
                throw AnalysisError(error, at: "\(archive.path):/splits/\(unit.name)")
            }
        } catch {
            return .failure(error)
        }
    }

    private func append(
        _ outcome: Result<UnitOutcome, AnalysisError>, of unit: AnalysisPlan.Unit, missing: Set<Measurement.Key>,
        to results: inout ResultSet, _ summary: inout AnalysisSummary
    ) {
        let layer = unit.layer?.name ?? ""
        let epoch = unit.layer == nil ? nil : plan.epochs[unit.record]
        results.dropFailures {
            $0.archive == plan.archiveID && $0.split == unit.split.name && $0.layer == layer && $0.epoch == epoch
        }
        switch outcome {
        case .success(let outcome):
            for measurement in outcome.measurements where missing.contains(measurement.key) {
                results.insert(measurement)
                summary.computed += 1
            }
            for (key, terms) in outcome.featureTerms { results.keep(terms, for: key) }
            for (key, values) in outcome.pointwise { results.keep(pointwise: values, for: key) }
        case .failure(let error):
            let failure = Failure(
                archive: plan.archiveID, split: unit.split.name, layer: layer, epoch: epoch,
                reason: error.description)
            results.insert(failure)
            summary.failures.append(failure)
        }
    }
}

/// Says when the next checkpoint is due: saving takes at most 5% of the time.
private struct CheckpointSchedule {
    private let clock = ContinuousClock()
    private var last: ContinuousClock.Instant
    private var cost: Duration = .milliseconds(50)

    init() { last = clock.now }

    var isDue: Bool { last.duration(to: clock.now) >= cost * 20 }

    mutating func measure(_ save: () -> Void) {
        let start = clock.now
        save()
        last = clock.now
        cost = max(.milliseconds(50), start.duration(to: last))
    }
}
