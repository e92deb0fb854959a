import Foundation
import Testing

/// `estimate`, `verdict` and `selftest`, as a user meets them.
@Suite struct EstimateTests {
    /// n rows a,b,c with correlation 0.6 of a and b, and c = the sign of a, by Box and Muller over a linear congruence.
    private func samples(_ count: Int) -> String {
        var state: UInt64 = 42
        func uniform() -> Double {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return (Double(state >> 11) + 0.5) * 0x1p-53
        }
        var text = "a,b,c\n"
        for _ in 0..<count {
            let (radius, angle) = ((-2 * log(uniform())).squareRoot(), 2 * Double.pi * uniform())
            let (a, e) = (radius * cos(angle), radius * sin(angle))
            text += "\(a),\(0.6 * a + 0.8 * e),\(a > 0 ? "up" : "down")\n"
        }
        return text
    }

    private func write(_ text: String, _ name: String, in folder: Folder) throws {
        try text.write(toFile: folder.path(name), atomically: true, encoding: .utf8)
    }

    @Test func `correlated normals have their information, within five standard errors`() throws {
        let folder = try Folder()
        try write(samples(1500), "s.csv", in: folder)
        let truth = -log2(1 - 0.36) / 2
        for estimator in ["ksg1:k=3", "ksg2:k=4", "gaussian-copula"] {
            let found = try Tool.run(
                "estimate", "s.csv", "--x", "a", "--y", "2", "--estimator", estimator, "--json", in: folder)
            #expect(found.code == 0, "\(found.error)")
            let rows = try #require(try JSONSerialization.jsonObject(with: Data(found.out.utf8)) as? [[String: Any]])
            let value = try #require(rows[0]["value"] as? Double)
            let error = try #require(rows[0]["standard_error"] as? Double)
            #expect(abs(value - truth) < 5 * error && error < 0.1, "\(estimator): \(value) ± \(error)")
            let plain = try Tool.run(
                "estimate", "s.csv", "--x", "a", "--y", "2", "--estimator", estimator, "--plain", in: folder)
            // Foundation's JSON reads a number to within its last bit.
            #expect(abs(Double(plain.out.trimmingCharacters(in: .newlines))! - value) < 1e-15)
            let nats = try Tool.run(
                "estimate", "s.csv", "--x", "a", "--y", "2", "--estimator", estimator, "--plain", "--unit", "nats",
                in: folder)
            #expect(abs(Double(nats.out.trimmingCharacters(in: .newlines))! - value * log(2)) < 1e-12)
        }
        let label = try Tool.run(
            "estimate", "s.csv", "--x", "1", "--y", "c", "--estimator", "ross", "--curve", in: folder)
        #expect(label.code == 0 && label.out.contains("375") && label.out.contains("ross:k=3"), "\(label.error)")
        let entropy = try Tool.run("estimate", "s.csv", "--x", "c", "--plain", in: folder)
        #expect(abs(Double(entropy.out.trimmingCharacters(in: .newlines))! - 1) < 0.02)
    }

    @Test func `each column has the row that it has alone`() throws {
        let folder = try Folder()
        try write(samples(400), "s.csv", in: folder)
        func rows(_ arguments: String...) throws -> [[String: Any]] {
            let found = try Tool.run(["estimate", "s.csv", "--json"] + arguments, in: folder)
            #expect(found.code == 0, "\(found.error)")
            return try #require(try JSONSerialization.jsonObject(with: Data(found.out.utf8)) as? [[String: Any]])
        }
        for estimator in ["ross:k=3", "plug-in", "gaussian-copula"] {
            let each = try rows("--y", "c", "--each", "--estimator", estimator)
            #expect(each.map { $0["column"] as? String } == ["a", "b"])
            for row in each {
                let alone = try rows("--x", row["column"] as! String, "--y", "c", "--estimator", estimator)[0]
                for name in ["value", "standard_error", "ceiling"] {
                    #expect(row[name] as? Double == alone[name] as? Double, "\(estimator), \(name)")
                }
                #expect(row["flags"] as? [String] == alone["flags"] as? [String])
            }
        }
        let entropies = try rows("--x", "1-2", "--each", "--estimator", "kozachenko-leonenko", "--jobs", "1")
        #expect(entropies.count == 2 && entropies.allSatisfy { $0["quantity"] as? String == "h(X)" })
        let bare = try rows("--x", "a", "--y", "b", "--estimator", "ksg1", "--no-error-bars")[0]
        let whole = try rows("--x", "a", "--y", "b", "--estimator", "ksg1")[0]
        #expect(bare["standard_error"] is NSNull && whole["standard_error"] is Double)
        // Sums of 400 terms in another order.
        #expect(abs((bare["value"] as! Double) - (whole["value"] as! Double)) < 1e-12)
        #expect((bare["flags"] as! [String]).contains("unconverged"))
        let table = try Tool.run(
            "estimate", "s.csv", "--y", "c", "--each", "--estimator", "ross", "--curve", in: folder)
        #expect(table.code == 0 && table.out.hasPrefix("X  quantity"), "\(table)")
        let wrong = try Tool.run("estimate", "s.csv", "--y", "b", "--each", "--estimator", "ksg1", in: folder)
        #expect(wrong.code == 2 && wrong.error.contains("column c as X"), "\(wrong.error)")
        let both = try Tool.run("estimate", "s.csv", "--y", "b", "--curve", "--no-error-bars", in: folder)
        #expect(both.code == 64 && both.error.contains("left out"), "\(both.error)")
        #expect(try Tool.run("estimate", "s.csv", "--jobs", "0", in: folder).code == 64)
    }

    @Test(arguments: [
        ("1,2\n2,3\n3,1\n", ["--estimator", "ksg1:k=3"], 2, "expected at least 4 samples"),
        ("1,2\n", ["--estimator", "ksg1:k=1"], 2, "expected at least 2 samples"),
        ("", [], 2, "empty"), ("1,2\n3\n", [], 2, "s.csv:2"),
        ("1,2\n3,4\n", ["--estimator", "ksg9"], 64, "Did you mean ksg"),
        ("1,2\n3,4\n", ["--x", "3"], 2, "not all there"),
        ("1,2\n3,4\n", ["--binning", "width:1@unit"], 64, "expected"),
        ("1,1\n1,1\n1,1\n2,2\n", ["--estimator", "kozachenko-leonenko:k=2"], 2, "minus infinity"),
    ])
    func `what cannot be estimated is said in words`(text: String, flags: [String], code: Int, words: String) throws {
        let folder = try Folder()
        try write(text, "s.csv", in: folder)
        let columns = flags.contains("--x") || flags.contains { $0.hasPrefix("koz") } ? [] : ["--x", "1", "--y", "2"]
        let found = try Tool.run(["estimate", "s.csv"] + columns + flags, in: folder)
        #expect(found.code == Int32(code) && found.error.contains(words), "\(found.code) \(found.error)")
        #expect(found.out.isEmpty && !found.error.contains("nan"))
    }

    @Test func `constant columns and one label have zero, and a flag`() throws {
        let folder = try Folder()
        try write((0..<30).map { "\($0),5,one\n" }.joined(), "s.csv", in: folder)
        for (y, estimator) in [
            ("2", "ksg1"), ("2", "gaussian-copula"), ("3", "ross"), ("2", "plug-in"), ("3", "saxe-upper-0.1"),
        ] {
            let found = try Tool.run(
                "estimate", "s.csv", "--x", "1", "--y", y, "--estimator", estimator, "--json", in: folder)
            #expect(
                found.code == 0 && found.out.contains("\"value\":0") && found.out.contains("constant"),
                "\(estimator): \(found)")
        }
    }

    @Test func `a run gets its verdicts, and the report shows them`() throws {
        let folder = try Folder()
        try folder.recordTwelveBits()
        try Tool.run("analyze", "run.h5", "--samples", "1000", in: folder)
        let table = try Tool.run("verdict", "run.results.h5", in: folder)
        #expect(table.code == 0 && table.out.contains("softmax"), "\(table.error)")
        let json = try Tool.run(
            "verdict", "run.results.h5", "--layer", "fc5", "--quantity", "I(X;Z)", "--json", in: folder)
        let rows = try #require(try JSONSerialization.jsonObject(with: Data(json.out.utf8)) as? [[String: Any]])
        #expect(rows.count == 1 && rows[0]["layer"] as? String == "fc5")
        #expect((rows[0]["methods"] as? [Any])?.count == 8)
        try Tool.run("report", "run.results.h5", "-o", "report.html", in: folder)
        #expect(try String(contentsOfFile: folder.path("report.html"), encoding: .utf8).contains("id=\"verdict\""))
        #expect(try Tool.run("verdict", "run.results.h5", "--layer", "fc9", in: folder).code == 2)
        #expect(try Tool.run("verdict", "run.results.h5", "--level", "2", in: folder).code == 64)
    }

    @Test func `the self-test ends with its count`() throws {
        let folder = try Folder()
        let found = try Tool.run("selftest", "--samples", "200", in: folder)
        #expect(found.code == 0 && found.out.contains(" 0 WRONG."), "\(found.out.suffix(300))")
        let coverage = try Tool.run("selftest", "--samples", "50", "--coverage", "3", in: folder)
        #expect(coverage.code == 0 && coverage.out.contains("coverage of 95%"))
    }
}
