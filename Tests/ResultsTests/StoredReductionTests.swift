import Foundation
import HDF5
import Results
import Testing

@Suite struct `A stored reduction` {
    private func path() -> String {
        FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID().uuidString).h5").path
    }

    /// Three records of four samples and two components; the score of record r, sample s, component c is 100r + 10s + c.
    private func write(to path: String, labels: ReducedLabels) throws {
        let file = try ReductionFile(
            creating: path, attributes: [("archive", "id"), ("source", "fc1"), ("fitted_split", "train")],
            splits: [("train", 4, labels)], components: 2)
        for record in 0..<3 {
            let scores = (0..<4).flatMap { sample in (0..<2).map { Double(100 * record + 10 * sample + $0) } }
            try file.append(
                epoch: 5 * record, kernel: "linear", eigenvalues: [2, 1], residuals: [0, 0], negatives: 0,
                scores: ["train": scores])
        }
        try file.close()
    }

    @Test func `is read as it was written, the chosen records and samples only`() throws {
        let path = path()
        defer { try? FileManager.default.removeItem(atPath: path) }
        try write(to: path, labels: .classes([1, 0, 1, 0]))
        let stored = try StoredReduction(reading: path, mostRecords: 2, mostSamples: 3)
        #expect(stored.archive == "id" && stored.source == "fc1" && stored.kernel == "linear")
        #expect(stored.fittedSplit == "train")
        #expect(stored.epochs == [0, 5, 10])
        #expect(stored.eigenvalues == [[2, 1], [2, 1], [2, 1]])
        #expect(stored.scatters.map(\.epoch) == [0, 10])
        #expect(stored.scatters.allSatisfy { $0.labels == .classes([1, 0, 1]) && $0.samples == 4 })
        #expect(stored.scatters.last?.first == [200, 210, 220])
        #expect(stored.scatters.last?.second == [201, 211, 221])
    }

    @Test func `keeps numbers to predict with their width`() throws {
        let path = path()
        defer { try? FileManager.default.removeItem(atPath: path) }
        try write(to: path, labels: .values([1, 2, 3, 4, 5, 6, 7, 8], width: 2))
        let stored = try StoredReduction(reading: path, mostSamples: 2)
        #expect(stored.scatters.first?.labels == .values([1, 2, 3, 4], width: 2))
    }

    @Test func `that is missing, foreign or contradicts itself is refused in a sentence`() throws {
        let missing = path()
        #expect(throws: ResultsError.self) { try StoredReduction(reading: missing) }
        let foreign = path()
        defer { try? FileManager.default.removeItem(atPath: foreign) }
        try "no HDF5".write(toFile: foreign, atomically: true, encoding: .utf8)
        #expect(throws: ResultsError.self) { try StoredReduction(reading: foreign) }

        let broken = path()
        defer { try? FileManager.default.removeItem(atPath: broken) }
        let file = try File(creating: broken, replacing: true)
        try file.root.setAttribute("format", to: .string("infoplane-reduction"))
        try file.root.setAttribute("version", to: .string("1.0"))
        try file.root.write([0, 1] as [Int64], to: "epoch")
        try file.root.write([1, 2, 3] as [Double], to: "eigenvalue", shape: [1, 3])
        _ = try file.root.createGroup("splits")
        try file.close()
        let error = #expect(throws: ResultsError.self) { try StoredReduction(reading: broken) }
        #expect(error?.problem == "/eigenvalue has the shape [1, 3]; expected [2, k] with k > 0")
    }
}
