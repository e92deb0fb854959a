import Testing
import Training

#if canImport(Darwin)
    import Darwin
#else
    import Glibc
#endif

@Suite struct TwelveBitTaskTests {
    /// The rotations of the icosahedron as permutations of its vertices. A rotation is fixed by where it sends one
    /// directed edge (v0, v1); the third direction follows from the cross product, which mirror images would turn.
    static func rotations() -> [[Int]] {
        let points = TwelveBitTask.points
        func dot(_ a: SIMD3<Double>, _ b: SIMD3<Double>) -> Double { (a * b).sum() }
        func cross(_ a: SIMD3<Double>, _ b: SIMD3<Double>) -> SIMD3<Double> {
            SIMD3(a.y * b.z - a.z * b.y, a.z * b.x - a.x * b.z, a.x * b.y - a.y * b.x)
        }
        func coordinates(_ p: SIMD3<Double>, _ a: SIMD3<Double>, _ b: SIMD3<Double>) -> SIMD3<Double> {
            SIMD3(dot(p, a), dot(p, b), dot(p, cross(a, b)))
        }
        let first = points[0]
        let second = points.first { abs(dot(first, $0) - 1 / 5.0.squareRoot()) < 1e-9 }!
        var found: [[Int]] = []
        for a in points {
            for b in points where abs(dot(a, b) - 1 / 5.0.squareRoot()) < 1e-9 {
                found.append(
                    points.map { p in
                        let wanted = coordinates(p, first, second)
                        return points.firstIndex { q in
                            let difference = coordinates(q, a, b) - wanted
                            return dot(difference, difference) < 1e-12
                        }!
                    })
            }
        }
        return found
    }

    @Test func `the label's chance is the same for all 60 rotations of a pattern`() {
        let rotations = Self.rotations()
        #expect(Set(rotations).count == 60)
        #expect(rotations.allSatisfy { Set($0).count == 12 })
        for pattern in 0..<UInt16(4096) {
            let value = TwelveBitTask.invariant(of: pattern)
            for rotation in rotations {
                var turned: UInt16 = 0
                for i in 0..<12 where pattern >> i & 1 == 1 { turned |= 1 << rotation[i] }
                // Sums of at most 144 terms of size below 1 in another order differ by less than 144² · 2^-53.
                if abs(TwelveBitTask.invariant(of: turned) - value) > 1e-11 { Issue.record("pattern \(pattern)") }
            }
        }
    }

    @Test func `the points are unit vectors with their opposites among them`() {
        let points = TwelveBitTask.points
        #expect(points.count == 12)
        #expect(points.allSatisfy { p in abs((p * p).sum() - 1) < 1e-12 && points.contains(-p) })
    }

    @Test func `the label is fair and the patterns say 0.99 bit of it`() {
        func entropy(_ p: Double) -> Double { p <= 0 || p >= 1 ? 0 : -p * log2(p) - (1 - p) * log2(1 - p) }
        let chances = (0..<UInt16(4096)).map { TwelveBitTask.probability(of: $0) }
        let mean = chances.reduce(0, +) / 4096
        #expect(abs(mean - 0.5) < 0.005)
        let information = entropy(mean) - chances.map(entropy).reduce(0, +) / 4096
        #expect(abs(information - 0.99) < 0.0005)
    }

    @Test func `the 4096 patterns stand in order with one drawn label each`() {
        let samples = TwelveBitTask.samples
        #expect(samples.count == 4096 && samples.sampleIDs == Array(0..<4096))
        #expect(samples.inputs[0b101, 0] == 1 && samples.inputs[0b101, 1] == 0 && samples.inputs[0b101, 2] == 1)
        // The drawn labels' mean has standard deviation below sqrt(Σp(1−p))/4096 < 0.001 around 0.498.
        #expect(abs(Double(samples.labels.reduce(0, +)) / 4096 - 0.498) < 0.005)
        // Labels differ from the more probable one on a few patterns: the noise is there, and small.
        let surprises = (0..<4096).filter {
            (TwelveBitTask.probability(of: UInt16($0)) > 0.5) != (samples.labels[$0] == 1)
        }.count
        #expect((1...20).contains(surprises))
    }

    @Test func `the split depends on the seed, the labels do not`() throws {
        let (a, b) = (try DataSource.szt.load(seed: 1), try DataSource.szt.load(seed: 2))
        #expect(a.all?.labels == b.all?.labels)
        #expect(a.train.sampleIDs != b.train.sampleIDs)
        #expect(a.train.count == 3277 && a.test?.count == 819)
        #expect(Set(a.train.sampleIDs).union(a.test!.sampleIDs).count == 4096)
        #expect(a.train.sampleIDs == a.train.sampleIDs.sorted())
        for (row, id) in a.train.sampleIDs.enumerated() where a.train.labels[row] != a.all!.labels[id] {
            Issue.record("sample \(id)")
        }
    }
}
