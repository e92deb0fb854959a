import Findings
import Foundation
import Testing

@Suite struct MultipleTestingTests {
    // m = 4: 4·0.01/1, 4·0.02/2, 4·0.03/3 and 0.9, each at most the one above.
    @Test func `Benjamini and Hochberg adjust by rank`() {
        let adjusted = MultipleTesting.benjaminiHochberg([0.03, 0.9, 0.01, 0.02])
        for (found, expected) in zip(adjusted, [0.04, 0.9, 0.04, 0.04]) { #expect(abs(found - expected) < 1e-15) }
        #expect(MultipleTesting.benjaminiHochberg([]).isEmpty)
        #expect(MultipleTesting.benjaminiHochberg([0.5]) == [0.5])
    }

    // Null of mean 0 and sd 1 in both cells; maxima per permutation: 1, 1, 1, 1. Only an observed 1 or less is reached.
    @Test func `the maximum over the grid is taken permutation by permutation`() {
        let p = MultipleTesting.maximumStatistic([(2, [1, -1, 1, -1]), (0.5, [-1, 1, -1, 1]), (5, [3, 3, 3, 3])])
        #expect(p == [0.2, 1, 1])
    }

    // 400 grids of 10 cells without any effect, 99 shuffles: P(smallest p ≤ 0.05) = 0.05 ± 4·√(0.05·0.95/400) = 0.044.
    @Test func `the family-wise error is the level`() {
        var generator = SystemGenerator(state: 7)
        var errors = 0
        for _ in 0..<400 {
            let cells = (0..<10).map { _ in
                (observed: generator.next(), null: (0..<99).map { _ in generator.next() })
            }
            if MultipleTesting.maximumStatistic(cells).min()! <= 0.05 { errors += 1 }
        }
        #expect(abs(Double(errors) / 400 - 0.05) < 0.044)
    }
}

/// Uniform numbers by a linear congruence (Knuth's MMIX), good enough here.
private struct SystemGenerator {
    var state: UInt64

    mutating func next() -> Double {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return Double(state >> 11) * 0x1p-53
    }
}
