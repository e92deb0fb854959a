import Randomness
import Testing

@Suite struct RandomnessTests {
    // Values of the reference sequence for seed 1234567 (Vigna's splitmix64.c, public domain).
    @Test func `the sequence is that of the publication`() {
        var generator = SplitMix64(seed: 1_234_567)
        let first = (0..<5).map { _ in generator.next() }
        #expect(
            first == [
                6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423,
                4_593_380_528_125_082_431, 16_408_922_859_458_223_821,
            ])
    }

    // Mean of n uniforms: standard deviation 1/sqrt(12 n); of n squared normals: mean 1, sd sqrt(2/n). Bounds are 5 sd,
    // and the seed is fixed, so the test either always passes or always fails.
    @Test func `moments of uniform and normal draws are right`() {
        var generator = SplitMix64(seed: 7)
        let n = 100_000
        let uniforms = (0..<n).map { _ in generator.nextUniform() }
        #expect(uniforms.allSatisfy { (0..<1).contains($0) })
        #expect(abs(uniforms.reduce(0, +) / Double(n) - 0.5) < 5 / (12 * Double(n)).squareRoot())
        let normals = (0..<n).map { _ in generator.nextNormal() }
        #expect(abs(normals.reduce(0, +) / Double(n)) < 5 / Double(n).squareRoot())
        #expect(abs(normals.reduce(0) { $0 + $1 * $1 } / Double(n) - 1) < 5 * (2 / Double(n)).squareRoot())
    }

    // Each of the 24 orders of 4 items has expected count m/24 with sd sqrt(m/24 * 23/24); the bound is 5 sd.
    @Test func `every order of four items is equally likely`() {
        var generator = SplitMix64(seed: 11)
        let m = 24_000
        var counts: [[Int]: Int] = [:]
        for _ in 0..<m { counts[generator.permutation(of: 4), default: 0] += 1 }
        #expect(counts.count == 24)
        let bound = 5 * (Double(m) / 24 * 23 / 24).squareRoot()
        #expect(counts.values.allSatisfy { abs(Double($0) - Double(m) / 24) < bound })
    }
}
