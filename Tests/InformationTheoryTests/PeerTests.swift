import Foundation
import InformationTheory
import LinearAlgebra
import Randomness
import Testing

/// The Python interpreter that has the other packages; `tools/test` names it.
private let python = ProcessInfo.processInfo.environment["INFOPLANE_PEERS_PYTHON"].flatMap { $0.isEmpty ? nil : $0 }

/// The same samples to other packages: scikit-learn, NPEET (its fork npeet_plus), infomeasure and ennemi.
@Suite(.enabled(if: python != nil, "set INFOPLANE_PEERS_PYTHON, as tools/test does"))
struct PeerTests {
    private struct Samples: Encodable {
        var x: [[Double]] = []
        var y: [[Double]] = []
        var z: [Int] = []
        var labels: [Int] = []

        init(count: Int, seed: UInt64) {
            var generator = SplitMix64(seed: seed)
            for _ in 0..<count {
                let row = [generator.nextNormal(), generator.nextNormal()]
                x.append(row)
                y.append([
                    0.7 * row[0] + 0.4 * generator.nextNormal(), row[1] - row[0] + 2 * generator.nextNormal(),
                ])
                z.append(Int((2 * row[0]).rounded()))
                labels.append(row[0] + 0.5 * generator.nextNormal() > 0 ? 1 : generator.nextIndex(below: 2) * 2)
            }
        }
    }

    private func peers(_ samples: Samples) throws -> [String: Double] {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: try #require(python))
        process.arguments = [
            URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Peers/peers.py").path
        ]
        let (input, output) = (Pipe(), Pipe())
        (process.standardInput, process.standardOutput) = (input, output)
        // What the packages say beside is not ours.
        process.standardError = FileHandle.nullDevice
        try process.run()
        try input.fileHandleForWriting.write(contentsOf: JSONEncoder().encode(samples))
        try input.fileHandleForWriting.close()
        let data = try #require(try output.fileHandleForReading.readToEnd())
        process.waitUntilExit()
        try #require(process.terminationStatus == 0)
        return try JSONDecoder().decode([String: Double].self, from: data)
    }

    private func first(_ rows: [[Double]]) -> Matrix<Double> { matrix(rows.map { [$0[0]] }) }

    private func standardized(_ m: Matrix<Double>) -> Matrix<Double> {
        let centre = m.values.reduce(0, +) / Double(m.rows)
        let variance = m.values.reduce(0) { $0 + ($1 - centre) * ($1 - centre) } / Double(m.rows)
        return Matrix(rows: m.rows, columns: 1, values: m.values.map { $0 / variance.squareRoot() })
    }

    @Test(arguments: [1, 2] as [UInt64]) func `other packages find the same numbers`(seed: UInt64) throws {
        let samples = Samples(count: 300, seed: seed)
        let found = try peers(samples)
        func expect(_ peer: String, _ own: Double, within tolerance: Double = 1e-9) throws {
            let theirs = try #require(found[peer], "\(peer)")
            #expect(abs(theirs - own) <= tolerance, "\(peer): \(theirs), ours \(own)")
        }
        let (x, y) = (matrix(samples.x), matrix(samples.y))
        func ksg(_ x: Matrix<Double>, _ y: Matrix<Double>, _ variant: KSGVariant) throws -> Double {
            try ksgInformation(x, y, variant: variant, neighbours: 3, seed: 0).value
        }
        // NPEET adds noise of 1e-10, which changes an average logarithm of distances of about 0.1 by 1e-9 at most per column.
        try expect("npeet ksg1", ksg(x, y, .one))
        try expect("npeet entropy", kozachenkoLeonenkoEntropy(of: x, neighbours: 3, seed: 0).value, within: 1e-7)
        try expect("infomeasure ksg1", ksg(x, y, .one))
        // ennemi takes an approximation of ψ for its tables, good to 1e-5.
        try expect("ennemi ksg1", ksg(first(samples.x), first(samples.y), .one), within: 1e-5)
        // scikit-learn divides by the standard deviation, and cuts at 0, which these samples do not reach.
        try expect(
            "scikit-learn regression", ksg(standardized(first(samples.x)), standardized(first(samples.y)), .one))
        let (z, labels) = (Symbols(samples.z), Symbols(samples.labels))
        try expect(
            "scikit-learn classif", rossInformation(first(samples.x), labels: labels, neighbours: 3, seed: 0).value)
        try expect("scikit-learn score", mutualInformation(z, labels))
        for (peer, correction) in [
            ("discrete", EntropyCorrection.plugIn), ("miller_madow", .millerMadow), ("chao_shen", .chaoShen),
        ] {
            try expect("infomeasure H \(peer)", entropy(of: z, by: correction))
            try expect("infomeasure I \(peer)", mutualInformation(z, labels, by: correction))
        }
        // Its I shrinks the pairs towards all |A|·|B| of them, ours towards those that occur.
        try expect("infomeasure H shrink", entropy(of: z, by: .shrinkage))
        // Its Grassberger is the formula of 1988, Σ p·(ln n − ψ(c) − (−1)ᶜ/(c + 1)), ours that of 2003: the same to O(1/n).
        try expect("infomeasure H grassberger", entropy(of: z, by: .grassberger), within: 0.02)
        // Its NSB and its KSG 2 are other formulas than the published ones: NSB is held by an integration in 40 digits
        // instead (CorrectedEntropyTests), KSG 2 by the plain formula (NeighbourTests).
    }
}
