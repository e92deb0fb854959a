import Foundation
import Testing

/// `analyze --estimator`, as a user sees it.
@Suite struct EstimatorTests {
    // With exact symbols each layer is a function of the one before, so that no step can add anything about the input or
    // the label: plug-in informations of nested partitions never rise, but for the rounding of sums of 4096 terms.
    @Test func `exact symbols obey data processing along the layers`() throws {
        let folder = try Folder()
        try folder.recordTwelveBits()
        let analyzed = try Tool.run("analyze", "run.h5", "--estimator", "exact", "--no-gib", in: folder)
        #expect(analyzed.code == 0, "\(analyzed.error)")
        let table = rows(ofCSV: try Tool.run("export", "run.results.h5", in: folder).out)
        let hidden = ["fc1", "fc2", "fc3", "fc4", "fc5"]
        var compared = 0
        for quantity in ["H(Z)", "I(X;Z)", "I(Z;Y)"] {
            for epoch in Set(table.compactMap { $0["epoch"] }) where !epoch.isEmpty {
                let values = try hidden.map { layer in
                    try number(
                        try #require(
                            table.first {
                                $0["quantity"] == quantity && $0["epoch"] == epoch && $0["layer"] == layer
                                    && $0["discretization"] == "exact" && $0["estimator"] == "plug-in"
                            }))
                }
                for (before, after) in zip(values, values.dropFirst()) {
                    #expect(after <= before + 1e-9, "\(quantity) at epoch \(epoch): \(values)")
                    compared += 1
                }
            }
        }
        #expect(compared >= 3 * 4 * 4)
    }

    @Test func `without error bars the numbers are the same, under keys of their own`() throws {
        let folder = try Folder()
        try folder.recordTwelveBits()
        let common = [
            "analyze", "run.h5", "--samples", "500", "--epochs", "every:2", "--binning", "width:30@run", "--target",
            "pmi-label", "--target", "label", "--estimator", "plug-in", "--estimator", "miller-madow", "--estimator",
            "kozachenko-leonenko:k=3", "--estimator", "saxe-upper-0.1",
        ]
        let bare = try Tool.run(common + ["--no-error-bars"], in: folder)
        #expect(bare.code == 0 || bare.code == 1, "\(bare.error)")
        let without = rows(ofCSV: try Tool.run("export", "run.results.h5", in: folder).out)
        #expect(!without.isEmpty)
        // The mean of shuffles has the error of their number.
        for row in without where row["quantity"] != "GIB complexity (shuffled weights)" {
            #expect(row["standard_error"]?.isEmpty == true && row["parameters"]!.contains("errors=none"), "\(row)")
        }
        let verdict = try Tool.run("verdict", "run.results.h5", "--detail", in: folder)
        #expect(verdict.out.contains("no standard errors"), "\(verdict)")
        // The same request with error bars takes none of these rows for its own.
        #expect(try Tool.run(common, in: folder).code == 0)
        let both = rows(ofCSV: try Tool.run("export", "run.results.h5", in: folder).out)
        let with = both.filter { $0["parameters"]?.contains("errors=none") == false }
        func key(_ row: [String: String]) -> String {
            let parameters = row["parameters"]!.split(separator: ";").filter { $0 != "errors=none" }
            return ["split", "layer", "epoch", "quantity", "estimator", "discretization", "target"]
                .map { row[$0] ?? "" }.joined(separator: ",") + parameters.joined(separator: ";")
        }
        let values = Dictionary(uniqueKeysWithValues: with.map { (key($0), $0) })
        for row in without where row["quantity"] != "GIB complexity (shuffled weights)" {
            let other = try #require(values[key(row)], "\(row)")
            #expect(other["standard_error"]?.isEmpty == false, "\(other)")
            // Sums of 500 terms, by other groups of samples.
            #expect(abs(try number(row) - number(other)) < 1e-10, "\(row)")
        }
    }

    @Test func `several estimators in one run stand beside each other, each number with its error bar`() throws {
        let folder = try Folder()
        try folder.recordTwelveBits()
        let estimators = [
            "plug-in", "miller-madow", "nsb", "saxe-upper-0.1", "saxe-lower-0.1", "ross:k=3", "gaussian-copula",
        ]
        let analyzed = try Tool.run(
            [
                "analyze", "run.h5", "--samples", "800", "--epochs", "last", "--binning", "width:30@run", "--layer",
                "fc5",
            ]
                + estimators.flatMap { ["--estimator", $0] }, in: folder)
        let table = rows(ofCSV: try Tool.run("export", "run.results.h5", in: folder).out)
        for estimator in estimators {
            let own = table.filter { $0["estimator"] == estimator && $0["quantity"] == "I(Z;Y)" }
            #expect(own.count == 1 || analyzed.error.contains(estimator), "\(estimator): \(analyzed.error)")
        }
        #expect(table.filter { $0["estimator"] == "nsb" && $0["quantity"] == "H(Z)" }.count == 1)
        for row in table {
            #expect(row["standard_error"]?.isEmpty == false, "\(row)")
            #expect(try number(row).isFinite)
        }
        // The bounds enclose what they bound.
        func information(_ estimator: String) throws -> Double {
            try number(try #require(table.first { $0["estimator"] == estimator && $0["quantity"] == "I(X;Z)" }))
        }
        #expect(try information("saxe-lower-0.1") <= information("saxe-upper-0.1"))
        // A second call computes nothing.
        let again = try Tool.run(
            [
                "analyze", "run.h5", "--samples", "800", "--epochs", "last", "--binning", "width:30@run", "--layer",
                "fc5",
            ]
                + ["--estimator", "nsb", "--estimator", "saxe-upper-0.1"], in: folder)
        #expect(again.code == 0 && again.out.contains(" 0 measurements computed"), "\(again.out)")
    }

    @Test func `an estimator that has no answer says so, and the others stand`() throws {
        let folder = try Folder()
        try folder.recordTwelveBits()
        // ReLU layers of 4096 binary patterns are full of repeated rows after rounding to 30 bins; as values, softmax of two
        // classes has two units that add up to one: their covariance is singular.
        let analyzed = try Tool.run(
            "analyze", "run.h5", "--epochs", "last", "--layer", "softmax", "--samples", "500",
            "--estimator", "gaussian-copula", "--estimator", "miller-madow", in: folder)
        #expect(analyzed.code == 1)
        #expect(analyzed.error.contains("gaussian-copula"), "\(analyzed.error)")
        let table = rows(ofCSV: try Tool.run("export", "run.results.h5", in: folder).out)
        #expect(table.contains { $0["estimator"] == "miller-madow" && $0["quantity"] == "I(X;Z)" })
        #expect(!table.contains { $0["estimator"] == "gaussian-copula" && $0["quantity"] == "I(Z;Y)" })
    }

    @Test func `an unknown estimator names the nearest`() throws {
        let folder = try Folder()
        try folder.recordTwelveBits()
        let found = try Tool.run("analyze", "run.h5", "--estimator", "ksg3:k=3", in: folder)
        #expect(found.code == 64 && found.error.contains("Did you mean ksg"), "\(found.error)")
        let parameter = try Tool.run("analyze", "run.h5", "--estimator", "ksg1:k=0", in: folder)
        #expect(parameter.code == 64 && parameter.error.contains("k=3"), "\(parameter.error)")
    }
}
