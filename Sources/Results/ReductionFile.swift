internal import HDF5

#if canImport(Darwin)
    internal import Darwin
#else
    internal import Glibc
#endif

/// The labels of the samples that a reduction holds.
public enum ReducedLabels: Sendable, Hashable {
    /// Class ids, one per sample.
    case classes([Int])
    /// Numbers to predict, `width` of them per sample, row by row.
    case values([Double], width: Int)
}

/// Writes the kernel PCA of inputs or of a layer, record by record, to an HDF5 file.
///
/// `schemas/reduction-v1.md` says what it holds.
/// The file appears under its name when it is complete; until then it is a temporary file beside it. A file that exists
/// is never replaced.
public final class ReductionFile {
    private let path: String
    private let temporary: String
    private let file: File
    private let components: Int
    private let epoch: Dataset
    private let eigenvalue: Dataset
    private let residual: Dataset
    private let negativeCount: Dataset
    private let scores: [String: Dataset]
    private var records = 0

    /// Starts the file.
    ///
    /// - Parameters:
    ///   - path: where it appears; there must be no file of that name.
    ///   - attributes: what describes the reduction: archive, source, fitted_split.
    ///   - splits: the splits with their numbers of samples and the labels of these.
    ///   - components: how many components are asked for.
    /// - Throws: where the file cannot be created.
    public init(
        creating path: String, attributes: [(String, String)],
        splits: [(name: String, samples: Int, labels: ReducedLabels)], components: Int
    ) throws(ResultsError) {
        guard access(path, F_OK) != 0 else {
            throw ResultsError(
                place: path, problem: "exists; nothing was overwritten",
                remedy: "Remove it or choose another file with -o.")
        }
        self.path = path
        self.components = components
        temporary = "\(path).\(getpid()).tmp"
        do throws(HDF5Error) {
            file = try File(creating: temporary, replacing: true)
            let root = file.root
            try root.setAttribute("format", to: .string("infoplane-reduction"))
            try root.setAttribute("version", to: .string("1.0"))
            for (name, text) in attributes { try root.setAttribute(name, to: .string(text)) }
            epoch = try root.createDataset("epoch", of: .int64, shape: [0], growable: true, chunk: [128])
            eigenvalue = try root.createDataset(
                "eigenvalue", of: .float64, shape: [0, components], growable: true, chunk: [128, components])
            residual = try root.createDataset(
                "residual", of: .float64, shape: [0, components], growable: true, chunk: [128, components])
            negativeCount = try root.createDataset(
                "negative_count", of: .int64, shape: [0], growable: true, chunk: [128])
            let group = try root.createGroup("splits")
            var scores: [String: Dataset] = [:]
            for split in splits {
                let own = try group.createGroup(split.name)
                switch split.labels {
                case .classes(let ids): try own.write(ids.map(Int64.init), to: "labels", shape: [split.samples])
                case .values(let values, let width):
                    try own.write(values, to: "labels", shape: width == 1 ? [split.samples] : [split.samples, width])
                }
                scores[split.name] = try own.createDataset(
                    "scores", of: .float64, shape: [0, split.samples, components], growable: true,
                    chunk: [1, split.samples, components])
            }
            self.scores = scores
        } catch {
            unlink("\(path).\(getpid()).tmp")
            throw Self.failure(path, error)
        }
    }

    /// Adds one record.
    ///
    /// - Parameters:
    ///   - number: its epoch; nil where the source does not depend on it.
    ///   - kernel: the kernel with its parameters resolved; the same for every record.
    ///   - eigenvalues: k, largest first.
    ///   - residuals: as many.
    ///   - negatives: how many eigenvalues are negative beyond rounding; nil where they were not computed.
    ///   - rows: for every split, n × k scores, row by row.
    public func append(
        epoch number: Int?, kernel: String, eigenvalues: [Double], residuals: [Double], negatives: Int?,
        scores rows: [String: [Double]]
    ) throws(ResultsError) {
        do throws(HDF5Error) {
            if records == 0 { try file.root.setAttribute("kernel", to: .string(kernel)) }
            for dataset in [epoch, eigenvalue, residual, negativeCount] + scores.values {
                try dataset.extend(toRows: records + 1)
            }
            let count = negatives.map(Int64.init) ?? ResultsLayout.notApplicable
            try negativeCount.write([count], start: [records], count: [1])
            try epoch.write([number.map(Int64.init) ?? ResultsLayout.notApplicable], start: [records], count: [1])
            try eigenvalue.write(eigenvalues, start: [records, 0], count: [1, components])
            try residual.write(residuals, start: [records, 0], count: [1, components])
            for (split, values) in rows {
                guard let dataset = scores[split] else { preconditionFailure("every split was announced") }
                try dataset.write(
                    values, start: [records, 0, 0], count: [1, values.count / components, components])
            }
            records += 1
        } catch {
            throw Self.failure(path, error)
        }
    }

    /// Completes the file under its name.
    public func close() throws(ResultsError) {
        do throws(HDF5Error) {
            try file.close()
        } catch {
            throw Self.failure(path, error)
        }
        guard rename(temporary, path) == 0 else {
            let reason = String(cString: strerror(errno))
            discard()
            throw ResultsError(
                place: path, problem: "could not be replaced: \(reason)", remedy: "Check the permissions of its folder."
            )
        }
    }

    /// Removes what was written so far.
    public func discard() {
        unlink(temporary)
    }

    private static func failure(_ path: String, _ error: HDF5Error) -> ResultsError {
        ResultsError(
            place: path, problem: "could not be written: \(error.reason.lowercasedFirst)",
            remedy: "Check the space and the permissions of its folder, or choose another place with -o.")
    }
}
