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
/// Memory: `jobs` cells in work and one read ahead (those of Float32 as one byte a value, and none ahead), beside the
/// results, which grow by 8 bytes per analyzed sample and cell for the kept PMI and by 16 bytes per input feature, cell and
/// target for the kept GIB terms.
public struct AnalysisRunner: Sendable {
    private let archive: ActivationArchive
    private let description: AnalyzedArchive
    private let plan: AnalysisPlan
    private let jobs: Int
    private let memory: Int
    private let toolVersion: String

    /// Creates a runner.
    ///
    /// - Parameters:
    ///   - plan: what to compute, made from this archive.
    ///   - archive: the archive.
    ///   - jobs: how many cells are computed side by side; at least 1.
    ///   - memory: the bytes that fitting the basis of reduced inputs may take; no question of the numbers.
    ///   - toolVersion: the version that the provenance names.
    /// - Throws: where the archive's digests cannot be read.
    public init(
        _ plan: AnalysisPlan, of archive: ActivationArchive, jobs: Int, memory: Int = .max, toolVersion: String
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
        self.memory = memory
        self.toolVersion = toolVersion
    }

    /// Computes what `results` lacks.
    ///
    /// - Parameters:
    ///   - results: taken in, filled, and handed to `checkpoint` from time to time and at the end.
    ///   - checkpoint: saves the results, and may add rows that others saved meanwhile; called so that saving takes at
    ///     most 5% of the time, and once at the end.
    ///   - progress: called after every unit.
    ///   - shouldStop: asked before work is handed out, a millisecond of it or one unit; what is in work is finished and
    ///     saved.
    /// - Returns: what was done; a cell that fails is noted in it and in the results, and the run goes on.
    /// - Throws: where `checkpoint` throws, or the results hold rows that the archive has outgrown and the plan does not
    ///   compute again.
    public func run(
        into results: inout ResultSet, checkpoint: (inout ResultSet) throws(ResultsError) -> Void,
        progress: (AnalysisProgress) -> Void = { _ in }, shouldStop: () -> Bool = { false }
    ) async throws(AnalysisError) -> AnalysisSummary {
        var summary = AnalysisSummary()
        let outgrown = try plan.outgrownKeys(in: results, of: archive)
        summary.dropped = results.drop(where: outgrown.contains)
        let units = plan.missing(from: results)
        // Of nothing, everything is missing.
        let missing = results.measurements.isEmpty ? nil : plan.missingKeys(in: results)
        if let missing { summary.reused = plan.measurementCount - missing.count }
        results.insert(description)
        results.insert(
            Provenance(request: plan.request.json, toolVersion: toolVersion, seed: plan.request.seed))
        guard let last = units.last else {
            try saving { () throws(ResultsError) in try checkpoint(&results) }
            return summary
        }
        results.reserveCapacity(for: units.count * plan.keys(of: last).count)

        let reader = CellReader(archive: archive)
        let contexts = InputContexts(reader: reader, plan: plan, jobs: jobs, memory: memory)
        var schedule = CheckpointSchedule()
        var asked = AskedNumbers(of: archive)
        var failed: ResultsError?
        await withTaskGroup(of: FinishedBatch.self) { group in
            var finished: [Int: FinishedBatch] = [:]
            var appended = 0
            var running = 0
            var batchSize = BatchSize()

            /// Waits for one batch, and appends what is now complete up to the first gap, in the order of the plan.
            func collect() async {
                guard let batch = await group.next() else { return }
                running -= 1
                batchSize.learn(from: batch)
                finished[batch.units.lowerBound] = batch
                while failed == nil, let batch = finished.removeValue(forKey: appended) {
                    for outcome in batch.outcomes {
                        let unit = units[appended]
                        appended += 1
                        append(outcome, of: unit, missing: missing, &asked, to: &results, &summary)
                        progress(
                            AnalysisProgress(
                                done: appended, total: units.count,
                                place: unit.layer == nil ? unit.name : "\(unit.name) @ \(plan.epochs[unit.record])",
                                failures: summary.failures.count))
                    }
                    guard schedule.isDue else { continue }
                    schedule.measure {
                        do throws(ResultsError) { try checkpoint(&results) } catch { failed = error }
                    }
                }
            }

            var next = 0
            var ahead = readAhead(units[0], with: reader)
            while next < units.count {
                while running >= jobs, failed == nil { await collect() }
                if failed == nil, shouldStop() { summary.wasInterrupted = true }
                if failed != nil || summary.wasInterrupted { break }
                let batch = batchSize.batch(from: next, of: units, jobs: jobs)
                next = batch.upperBound
                let first = await ahead?.value
                group.addTask { await compute(batch, of: units, first, with: reader, in: contexts) }
                running += 1
                ahead = next < units.count ? readAhead(units[next], with: reader) : nil
            }
            while running > 0 { await collect() }
        }
        if let failed { throw AnalysisError(failed) }
        for reduction in await contexts.reductions { results.insert(reduction) }
        try saving { () throws(ResultsError) in try checkpoint(&results) }
        return summary
    }

    private func saving(_ save: () throws(ResultsError) -> Void) throws(AnalysisError) {
        do throws(ResultsError) {
            try save()
        } catch {
            throw AnalysisError(error)
        }
    }

    /// Computes units one after the other.
    private func compute(
        _ batch: Range<Int>, of units: [AnalysisPlan.Unit], _ first: Result<UnitInput, AnalysisError>?,
        with reader: CellReader, in contexts: InputContexts
    ) async -> FinishedBatch {
        let start = ContinuousClock.now
        var outcomes: [Result<UnitOutcome, AnalysisError>] = []
        for index in batch {
            let ahead = index == batch.lowerBound ? first : nil
            outcomes.append(await analyze(units[index], ahead ?? read(units[index], with: reader), in: contexts))
        }
        return FinishedBatch(units: batch, outcomes: outcomes, duration: start.duration(to: .now))
    }

    /// What is read of one unit: its rows, nil where they are read in pieces, and the ranges that need the whole split.
    private struct UnitInput: Sendable {
        var values: SampleMatrix?
        var unitRanges: [ValueRange]?
    }

    /// Reads a unit while others are computed; nil where there is nothing to read ahead.
    private func readAhead(
        _ unit: AnalysisPlan.Unit, with reader: CellReader
    ) -> Task<Result<UnitInput, AnalysisError>, Never>? {
        unit.layer == nil || reader.isReadInPieces(unit) ? nil : Task { read(unit, with: reader) }
    }

    private func read(_ unit: AnalysisPlan.Unit, with reader: CellReader) -> Result<UnitInput, AnalysisError> {
        guard let layer = unit.layer, !reader.isReadInPieces(unit) else { return .success(UnitInput()) }
        do throws(AnalysisError) {
            let needsRanges = unit.binnings.contains { $0.discretization.isOverUnit }
            return .success(
                UnitInput(
                    values: try reader.activations(of: unit, layer: layer),
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
            let analysis = CellAnalysis(plan: plan, unit: unit, labels: try await contexts.labels(of: unit))
            guard unit.layer != nil else { return .success(analysis.labelOutcome()) }
            let (layers, values) = try discretized(unit, input, for: analysis)
            var features: InputFeatures?
            var labelTerms: TargetTerms?
            var failure: AnalysisError?
            if unit.binnings.contains(where: \.hasGIB) {
                // The IB terms do not need the features, and stand where these fail.
                do throws(AnalysisError) {
                    features = try await contexts.features(of: unit)
                    labelTerms = try await contexts.labelTerms(of: unit)
                } catch {
                    failure = error
                }
            }
            let shared = SharedSamples(
                inputs: try await contexts.inputs(of: unit), permutations: try await contexts.permutations(of: unit),
                features: features, inputValues: try await contexts.inputValues(of: unit),
                labelValues: try await contexts.labelValues(of: unit), labelTerms: labelTerms)
            var outcome = try analysis.cellOutcome(layers, values: values, shared)
            if let failure { outcome.failures.append(failure) }
            return .success(outcome)
        } catch {
            return .failure(error)
        }
    }

    /// The layer as each discretization has it, and its values where they had to be read whole.
    private func discretized(
        _ unit: AnalysisPlan.Unit, _ input: UnitInput, for analysis: CellAnalysis
    ) throws(AnalysisError) -> ([DiscretizedLayer], SampleMatrix?) {
        guard let layer = unit.layer else { preconditionFailure("labels are no layer") }
        let reader = CellReader(archive: archive)
        if input.values == nil,
            let layers = try reader.discretizedInPieces(unit, withSurprisals: plan.request.errorBars)
        {
            return (layers, nil)
        }
        let values = if let read = input.values { read } else { try reader.activations(of: unit, layer: layer) }
        // Discretization finds what is not finite on its way.
        if unit.binnings.isEmpty { try reader.checkFinite(values, of: unit) }
        do throws(InformationError) {
            let rules = unit.binnings.map { ($0.discretization, $0.range) }
            return (try values.discretized(by: rules, unitRanges: input.unitRanges), values)
        } catch {
            try reader.checkFinite(values, of: unit)
            throw AnalysisError(place: analysis.place, sentence: error.description)
        }
    }

    private func append(
        _ outcome: Result<UnitOutcome, AnalysisError>, of unit: AnalysisPlan.Unit, missing: Set<Measurement.Key>?,
        _ asked: inout AskedNumbers, to results: inout ResultSet, _ summary: inout AnalysisSummary
    ) {
        var errors: [AnalysisError] = []
        switch outcome {
        case .success(let outcome):
            for measurement in outcome.measurements where missing?.contains(measurement.key) ?? true {
                results.insert(measurement)
                summary.computed += 1
            }
            for (key, terms) in outcome.featureTerms { results.keep(terms, for: key) }
            for (key, values) in outcome.pointwise { results.keep(pointwise: values, for: key) }
            for (key, values) in outcome.nulls { results.keep(null: values, for: key) }
            errors = outcome.failures
        case .failure(let error): errors = [error]
        }
        let cell = plan.cell(of: unit)
        var failure = Failure(
            archive: cell.archive, split: cell.split, layer: cell.layer, epoch: cell.epoch,
            reason: errors.map(\.description).joined(separator: " "))
        if !errors.isEmpty { summary.failures.append(failure) }
        // An older failure that cost other numbers stands until these are computed.
        if let older = results.failure(of: cell),
            asked.areMissing(from: results, of: cell, beside: Set(plan.keys(of: unit)))
        {
            let isKnown = errors.isEmpty || older.reason.contains(failure.reason)
            failure.reason = isKnown ? older.reason : older.reason + " " + failure.reason
        }
        if failure.reason.isEmpty { results.dropFailure(of: cell) } else { results.insert(failure) }
    }
}

/// What one task computed.
private struct FinishedBatch: Sendable {
    let units: Range<Int>
    let outcomes: [Result<UnitOutcome, AnalysisError>]
    let duration: Duration
}

/// How many units a task takes: as many as take a millisecond, because handing one out costs as much as a small cell; towards the end
/// fewer, so that no job waits for the last one.
private struct BatchSize {
    private var fitting = 1
    private static let worth: Duration = .milliseconds(1)
    private static let most = 64

    /// The units from `first` on, of one split and one number of samples: what is known of one says nothing of others.
    mutating func batch(from first: Int, of units: [AnalysisPlan.Unit], jobs: Int) -> Range<Int> {
        func isAlike(_ index: Int) -> Bool {
            units[index].split.name == units[first].split.name && units[index].samples == units[first].samples
        }
        if first > 0, !isAlike(first - 1) { fitting = 1 }
        let count = min(fitting, max(1, (units.count - first) / (4 * jobs)))
        return first..<((first..<first + count).first { !isAlike($0) } ?? first + count)
    }

    mutating func learn(from batch: FinishedBatch) {
        let units = Self.worth / max(batch.duration / batch.units.count, .nanoseconds(1))
        // The first of a record may have computed what all of them share.
        fitting = min(Self.most, 2 * fitting, max(1, Int(units)))
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
