import Analysis
import Foundation
import HDF5
import InformationTheory
import Results
import Testing

@Suite struct FailureTests {
    private static func request(_ estimators: String...) throws -> AnalysisRequest {
        var request = AnalysisRequest()
        request.estimators = try estimators.map { try Estimator($0) }
        return request
    }

    /// Every field another than by default.
    private static func unusual() throws -> AnalysisRequest {
        var request = try request("plug-in", "nsb")
        request.splits = ["train"]
        request.layers = ["xor", "first"]
        request.epochs = .list([0, 5])
        request.samples = 4
        request.subsampling = true
        request.binnings = [try Discretization("width:3@run"), try Discretization("width:2@epoch")]
        request.targets = [.pmiLatent, .label]
        request.inputBinning = try Discretization("exact")
        request.labelBinning = try Discretization("width:7@unit")
        request.inputReduction = try InputReduction("kpca:1@linear")
        request.keep = .all
        (request.permutations, request.shuffles, request.seed, request.errorBars) = (5, 3, 7, false)
        return request
    }

    private static func setValue(_ value: Float, in path: String) throws {
        let file = try File(opening: path, .readWrite)
        try file.root.group("splits").group("train").group("layers").dataset("xor")
            .write([value], start: [1, 2, 0], count: [1, 1, 1])
        try file.close()
    }

    // A value outside of the recorded range fails what bins over it, and nothing else.
    @Test(arguments: [false, true])
    func `a failure stands until what failed is computed, whatever else is`(isUnusual: Bool) async throws {
        try await withFolder { folder in
            let path = folder + "a.h5"
            try TinyArchive.xor.write(to: path)
            let asked = isUnusual ? try Self.unusual() : AnalysisRequest()
            try Self.setValue(7, in: path)
            var results = try await analyze(path, asked).results
            let reason = try #require(results.failures.first?.reason)
            #expect(results.failures.count == 1 && reason.contains("outside the recorded range"))
            for name in ["ksg1:k=2", "ksg2:k=2", "ksg1:k=2"] {
                let other = try await analyze(path, Self.request(name), into: results)
                results = other.results
                #expect(other.summary.failures.isEmpty && results.failures.map(\.reason) == [reason])
            }
            try Self.setValue(1, in: path)
            #expect(try await analyze(path, Self.request("ksg2:k=1"), into: results).results.failures.count == 1)
            #expect(try await analyze(path, asked, into: results).results.failures.isEmpty)
        }
    }

    @Test func `what was asked of another archive is not missing here`() async throws {
        try await withFolder { folder in
            let (path, elsewhere) = (folder + "a.h5", folder + "b.h5")
            for path in [path, elsewhere] { try TinyArchive.xor.write(to: path) }
            try Self.setValue(7, in: path)
            var results = try await analyze(path).results
            let other = try await analyze(elsewhere, Self.request("nsb")).results
            for call in other.provenance { results.insert(call) }
            var archive = try #require(results.archives.values.first)
            try Self.setValue(1, in: path)
            #expect(try await analyze(path, into: results).results.failures.count == 1)
            archive.id = "another"
            results.insert(archive)
            #expect(try await analyze(path, into: results).results.failures.isEmpty)
        }
    }

    @Test func `what failed for two reasons has both, each once`() async throws {
        try await withFolder { folder in
            let path = folder + "a.h5"
            try TinyArchive.xor.write(to: path)
            var results = ResultSet()
            for name in ["ksg1:k=9", "ksg2:k=8", "ksg1:k=9", "plug-in"] {
                results = try await analyze(path, Self.request(name), into: results).results
            }
            #expect(results.failures.count == 6)
            for failure in results.failures {
                for name in ["ksg1:k=9", "ksg2:k=8"] {
                    #expect(failure.reason.components(separatedBy: name + ":").count == 2, "\(failure.reason)")
                }
            }
        }
    }
}
