internal import HDF5

#if canImport(Darwin)
    internal import Darwin
#else
    internal import Glibc
#endif

/// What a picture needs of a reduction file: the spectra, and the first two coordinates of some samples at some records.
public struct StoredReduction: Sendable, Hashable {
    /// The samples of one split at one record.
    public struct Scatter: Sendable, Hashable {
        /// The split's name.
        public let split: String
        /// The epoch; nil where the source does not depend on it.
        public let epoch: Int?
        /// The first coordinate, one per sample.
        public let first: [Double]
        /// The second coordinate; empty where there is one component.
        public let second: [Double]
        /// The labels of the samples; nil in files of versions that did not write them.
        public let labels: ReducedLabels?
        /// How many samples the file holds; there are coordinates of the first ones.
        public let samples: Int
    }

    /// The archive's id.
    public let archive: String
    /// `inputs`, or the name of a layer.
    public let source: String
    /// The kernel with its parameters.
    public let kernel: String
    /// The split that fitted the basis.
    public let fittedSplit: String
    /// The epoch of each record; nil where the source does not depend on it.
    public let epochs: [Int?]
    /// The eigenvalues of each record, largest first.
    public let eigenvalues: [[Double]]
    /// The chosen records, by split.
    public let scatters: [Scatter]

    /// Reads a file that `infoplane reduce` wrote.
    ///
    /// - Parameters:
    ///   - path: the file.
    ///   - mostRecords: of how many records to read coordinates, from the first to the last.
    ///   - mostSamples: of how many samples of each split, the first ones.
    /// - Throws: where it is missing, is something else, or is damaged.
    /// - Complexity: O(what is read).
    public init(reading path: String, mostRecords: Int = 4, mostSamples: Int = 1000) throws(ResultsError) {
        guard access(path, R_OK) == 0 else {
            throw ResultsError(
                place: path, problem: String(cString: strerror(errno)).lowercasedFirst,
                remedy: "infoplane reduce ARCHIVE -o \(path) writes it.")
        }
        do {
            self = try Self.content(of: try File(opening: path).root, mostRecords, mostSamples)
        } catch let error as HDF5Error {
            throw ResultsError(
                place: path, problem: "not a reduction that can be read: HDF5 says \(error.reason)",
                remedy: "Give a file that infoplane reduce wrote.")
        } catch {
            throw ResultsError(
                place: path, problem: (error as? Refusal)?.problem ?? "\(error)",
                remedy: "Give a file that infoplane reduce wrote, complete.")
        }
    }

    /// Why a file is not what the format says.
    private struct Refusal: Error {
        let problem: String
    }

    private init(
        archive: String, source: String, kernel: String, fittedSplit: String, epochs: [Int?], eigenvalues: [[Double]],
        scatters: [Scatter]
    ) {
        self.archive = archive
        self.source = source
        self.kernel = kernel
        self.fittedSplit = fittedSplit
        self.epochs = epochs
        self.eigenvalues = eigenvalues
        self.scatters = scatters
    }

    private static func content(of root: Group, _ mostRecords: Int, _ mostSamples: Int) throws -> StoredReduction {
        func text(_ name: String) throws -> String {
            guard case .string(let text)? = try root.attribute(name) else { return "" }
            return text
        }
        let version = try text("version")
        guard try text("format") == "infoplane-reduction", version.hasPrefix("1.") else {
            throw Refusal(problem: "not a reduction of InfoPlane; expected format infoplane-reduction, version 1.x")
        }
        let epochs = try root.dataset("epoch").read(Int64.self).map {
            $0 == ResultsLayout.notApplicable ? nil : Int($0)
        }
        let spectrum = try root.dataset("eigenvalue")
        let shape = try spectrum.shape
        guard shape.count == 2, shape[0] == epochs.count, shape[0] > 0, shape[1] > 0 else {
            throw Refusal(problem: "/eigenvalue has the shape \(shape); expected [\(epochs.count), k] with k > 0")
        }
        let values: [Double] = try spectrum.read()
        guard values.allSatisfy(\.isFinite) else { throw Refusal(problem: "/eigenvalue holds NaN or infinity") }
        let records = spread(epochs.count, most: mostRecords)
        let splits = try root.group("splits")
        return StoredReduction(
            archive: try text("archive"), source: try text("source"), kernel: try text("kernel"),
            fittedSplit: try text("fitted_split"), epochs: epochs,
            eigenvalues: epochs.indices.map { Array(values[$0 * shape[1]..<($0 + 1) * shape[1]]) },
            scatters: try splits.names().flatMap { name in
                try scatters(of: splits.group(name), name, records, epochs, components: shape[1], mostSamples)
            })
    }

    private static func scatters(
        of split: Group, _ name: String, _ records: [Int], _ epochs: [Int?], components: Int, _ mostSamples: Int
    ) throws -> [Scatter] {
        let scores = try split.dataset("scores")
        let shape = try scores.shape
        guard shape.count == 3, shape[0] == epochs.count, shape[2] == components else {
            throw Refusal(
                problem: "\(split.path)/scores has the shape \(shape); expected [\(epochs.count), n, \(components)]")
        }
        let count = min(shape[1], mostSamples)
        let labels = try labels(of: split, samples: shape[1], count: count)
        return try records.map { record in
            let width = min(2, components)
            let values: [Double] = try scores.read(start: [record, 0, 0], count: [1, count, width])
            guard values.allSatisfy(\.isFinite) else {
                throw Refusal(problem: "\(split.path)/scores holds NaN or infinity")
            }
            return Scatter(
                split: name, epoch: epochs[record], first: (0..<count).map { values[$0 * width] },
                second: width == 2 ? (0..<count).map { values[$0 * 2 + 1] } : [], labels: labels, samples: shape[1])
        }
    }

    private static func labels(of split: Group, samples: Int, count: Int) throws -> ReducedLabels? {
        guard try split.kind(of: "labels") != nil else { return nil }
        let labels = try split.dataset("labels")
        let shape = try labels.shape
        guard !shape.isEmpty, shape.count <= 2, shape[0] == samples else {
            throw Refusal(problem: "\(split.path)/labels has the shape \(shape); expected [\(samples)]")
        }
        if try labels.elementType == .int64 {
            return .classes(try labels.read(Int64.self, start: [0], count: [count]).map(Int.init))
        }
        let width = shape.count == 2 ? shape[1] : 1
        let extent = shape.count == 2 ? [count, width] : [count]
        return .values(try labels.read(start: shape.map { _ in 0 }, count: extent), width: width)
    }

    /// At most so many of `count` records, from the first to the last, evenly spread.
    private static func spread(_ count: Int, most: Int) -> [Int] {
        guard count > most else { return Array(0..<count) }
        guard most > 1 else { return [count - 1] }
        return (0..<most).map { Int((Double($0) * Double(count - 1) / Double(most - 1)).rounded()) }
    }
}
