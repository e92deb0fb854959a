import CDiscretization
import Foundation
import InformationTheory
import LinearAlgebra
import Randomness
import Testing

/// One after the other, because the width of the vectors is a setting of the process.
@Suite(.serialized) enum VectorWidths {}

extension VectorWidths {
    /// What is found by thresholds of Float32, against the formulas: a layer of Float64 is discretized unit by unit.
    @Suite struct IntervalTests {
        private static let shapes = [
            (1, 1), (2, 3), (15, 8), (16, 9), (17, 1), (63, 2), (64, 16), (65, 17), (130, 47), (200, 48), (257, 64),
            (1000, 7),
            (100, 65), (70, 300), (20, 4100),
        ]

        private static let texts = [
            "width:30@run", "width:2@run", "width:256@run", "width:100@epoch", "width:40@run", "saxe-0.07", "step:0.5",
            "width:80@run", "idnns-30", "width:7@[-1,1]", "width:60@run", "step:1000", "width:20@epoch", "idnns-100",
            "width:3@[0.1,0.3]", "width:257@run", "width:4@unit",
        ]

        /// Values of every kind that matters: smooth, on a lattice (which has thresholds), mostly zero, saturated, all the same.
        private func layer(rows: Int, columns: Int, seed: UInt64) -> Matrix<Float> {
            var generator = SplitMix64(seed: seed)
            let values = (0..<rows * columns).map { _ -> Float in
                let normal = Float(generator.nextNormal())
                switch seed % 6 {
                case 0: return normal
                case 1: return (normal * 8).rounded() / 8
                case 2: return max(0, normal)
                case 3: return max(-1, min(1, 2 * normal))
                case 4: return 5
                default: return Float(generator.nextIndex(below: 256)) / 255
                }
            }
            return Matrix(rows: rows, columns: columns, values: values)
        }

        private func rules(for layer: Matrix<Float>, _ texts: [String]) throws -> [(
            discretization: Discretization, range: ValueRange?
        )] {
            let (low, high) = (Double(layer.values.min()!), Double(layer.values.max()!))
            return try texts.map { text in
                let range = ValueRange(
                    low: text.hasSuffix("@epoch") ? low : min(low, -2),
                    high: text.hasSuffix("@epoch") ? high : max(high, 3.5))
                return (try Discretization(text), text.hasPrefix("width") ? range : nil)
            }
        }

        private func expectSame(_ found: DiscretizedLayer, _ expected: DiscretizedLayer, _ what: String) {
            #expect(found.symbols == expected.symbols, "\(what)")
            #expect(found.unitEntropies == expected.unitEntropies, "\(what)")
            #expect(found.unitSurprisals == expected.unitSurprisals, "\(what)")
            #expect(found.hasValuesOutsideRange == expected.hasValuesOutsideRange, "\(what)")
            #expect(found.isDead == expected.isDead, "\(what)")
        }

        @Test(arguments: [0, 256, 512] as [Int32])
        func `many rules in one pass give what each gives of Float64, with vectors of any width`(bits: Int32) throws {
            cd_use_vectors(bits)
            defer { cd_use_vectors(512) }
            for (index, (rows, columns)) in Self.shapes.enumerated() {
                for kind in 0..<6 {
                    let layer = layer(rows: rows, columns: columns, seed: UInt64(6 * index + kind))
                    let doubles = Matrix(rows: rows, columns: columns, values: layer.values.map(Double.init))
                    let rules = try rules(for: layer, Self.texts)
                    let found = try Discretization.apply(rules, to: layer, unitRanges: nil)
                    for (rule, found) in zip(rules, found) {
                        let expected = try rule.discretization.apply(to: doubles, range: rule.range, unitRanges: nil)
                        expectSame(found, expected, "\(rule.discretization) \(rows) × \(columns), kind \(kind)")
                    }
                }
            }
        }

        @Test func `one rule alone gives what it gives among others`() throws {
            let layer = layer(rows: 300, columns: 20, seed: 6)
            let rules = try rules(for: layer, Self.texts)
            for (rule, found) in zip(rules, try Discretization.apply(rules, to: layer, unitRanges: nil)) {
                expectSame(
                    try rule.discretization.apply(to: layer, range: rule.range, unitRanges: nil), found,
                    rule.discretization.description)
            }
        }

        @Test func `rows that come in pieces give what they give together`() throws {
            for (index, (rows, columns)) in Self.shapes.enumerated() {
                var generator = SplitMix64(seed: UInt64(index))
                let layer = layer(rows: rows, columns: columns, seed: UInt64(index))
                let rules = try rules(for: layer, ["width:30@run", "step:0.5", "width:20@epoch", "width:100@run"])
                let extremes = ValueRange(low: Double(layer.values.min()!), high: Double(layer.values.max()!))
                let pieces = try #require(
                    PiecewiseDiscretization(rules, rows: rows, columns: columns, recorded: extremes))
                var row = 0
                while row < rows {
                    let next = min(rows, row + 1 + generator.nextIndex(below: 100))
                    layer.values.withUnsafeBufferPointer {
                        pieces.append(UnsafeBufferPointer(rebasing: $0[row * columns..<next * columns]))
                    }
                    row = next
                }
                let expected = try Discretization.apply(rules, to: layer, unitRanges: nil)
                for (found, expected) in zip(try #require(pieces.layers()), expected) {
                    expectSame(found, expected, "\(rows) × \(columns)")
                }
            }
        }

        @Test func `pieces refuse what only all values together can tell`() throws {
            let range = ValueRange(low: 0, high: 1)
            func pieces(
                _ texts: [String], _ values: [Float], recorded: ValueRange = range
            ) throws -> [DiscretizedLayer]? {
                let rules = try texts.map { (try Discretization($0), Optional(range)) }
                let pieces = PiecewiseDiscretization(rules, rows: 2, columns: 2, recorded: recorded)
                values.withUnsafeBufferPointer { pieces?.append($0) }
                return pieces?.layers()
            }
            #expect(try pieces(["width:30@run", "step:0.1"], [0, 0.5, 1, 0.25])?.count == 2)
            // What a damaged archive may say.
            for extreme in [5, 1e15, 1e18, Double.infinity, .nan] {
                let inverted = ValueRange(low: extreme, high: -extreme)
                #expect(
                    try pieces(["step:1000", "width:30@[-1,1]"], [0, 0.5, 1, 0.25], recorded: inverted) == nil,
                    "\(extreme)")
            }
            #expect(try pieces(["width:30@run", "quantile:4@unit"], [0, 0.5, 1, 0.25]) == nil)
            #expect(try pieces(["width:257@run"], [0, 0.5, 1, 0.25]) == nil)
            for bad in [Float.nan, .infinity, -.infinity] {
                for place in 0..<4 {
                    var values: [Float] = [0, 0.5, 1, 0.25]
                    values[place] = bad
                    #expect(try pieces(["width:30@run"], values) == nil)
                }
            }
            // The range was not that of the values: a step would have had other thresholds.
            #expect(try pieces(["step:0.1"], [0, 0.5, 1.5, 0.25]) == nil)
            #expect(try pieces(["width:30@run"], [0, 0.5, 1.5, 0.25])?[0].hasValuesOutsideRange == true)
        }

        @Test(arguments: [0, 256, 512] as [Int32])
        func `what is not finite is found wherever it stands`(bits: Int32) throws {
            cd_use_vectors(bits)
            defer { cd_use_vectors(512) }
            let rules = [(try Discretization("width:30@run"), Optional(ValueRange(low: -9, high: 9)))]
            for (rows, columns) in [(1, 1), (3, 5), (40, 70), (130, 16)] {
                for place in stride(from: 0, to: rows * columns, by: max(1, rows * columns / 40)) {
                    for bad in [Float.nan, .infinity, -.infinity] {
                        var layer = layer(rows: rows, columns: columns, seed: 0)
                        layer.values[place] = bad
                        #expect(throws: InformationError.notFinite(sample: place / columns, unit: place % columns)) {
                            try Discretization.apply(rules, to: layer, unitRanges: nil)
                        }
                    }
                }
            }
        }

        @Test func `ranges that Float32 cannot divide keep the bins of Float64`() throws {
            // Bins narrower than the distance of two numbers, ranges beyond all numbers, subnormal ones, one that is reversed.
            let values: [Float] = [
                1, 1.0000001, 1.0000002, 1.0000004, 2, -2, 0, 3e38, -3e38, 0x1p-149, -0x1p-149, 0x1p-133,
            ]
            let layer = Matrix(rows: 12, columns: 1, values: values)
            let doubles = Matrix(rows: 12, columns: 1, values: values.map(Double.init))
            for (low, high) in [
                (1.0, 1.0000002), (1, 1 + 1e-12), (-1e300, 1e300), (0x1p-149, 0x1p-148), (0, 0x1p-1030), (-3e38, 3e38),
                (3e38, 3.3e38),
                (5e38, 6e38), (-1, -1),
            ] {
                for bins in [2, 30, 100, 256] {
                    let (rule, range) = (try Discretization("width:\(bins)@run"), ValueRange(low: low, high: high))
                    expectSame(
                        try rule.apply(to: layer, range: range, unitRanges: nil),
                        try rule.apply(to: doubles, range: range, unitRanges: nil), "\(range) \(bins)")
                }
            }
            #expect(throws: InformationError.invalidRange(ValueRange(low: 1, high: 0))) {
                try Discretization("width:30@run").apply(to: layer, range: ValueRange(low: 1, high: 0), unitRanges: nil)
            }
        }
    }

}

extension VectorWidths {
    /// Kernels against loops that say the same.
    @Suite struct IntervalKernelTests {
        @Test(arguments: [0, 256, 512] as [Int32])
        func `bytes are counted, mapped and transposed`(bits: Int32) {
            cd_use_vectors(bits)
            defer { cd_use_vectors(512) }
            var generator = SplitMix64(seed: 5)
            for kinds in [1, 2, 8, 9, 16, 17, 32, 33, 64, 65, 128, 129, 255, 256] {
                for count in [1, 7, 8, 63, 64, 65, 511, 512, 513, 5000, 20000] {
                    let bytes = (0..<count).map { _ in UInt8(generator.nextIndex(below: kinds)) }
                    var counts = [UInt32](repeating: 9, count: 256)
                    cd_count(bytes, count, Int32(kinds), &counts)
                    var expected = [UInt32](repeating: 0, count: kinds)
                    for byte in bytes { expected[Int(byte)] += 1 }
                    #expect(Array(counts.prefix(kinds)) == expected, "\(kinds) \(count)")
                }
            }
            let map = (0..<256).map { _ in UInt8(generator.nextIndex(below: 256)) }
            let bytes = (0..<1000).map { _ in UInt8(generator.nextIndex(below: 256)) }
            for count in [1, 63, 64, 65, 1000] {
                var mapped = [UInt8](repeating: 0, count: 1000)
                cd_map(bytes, count, map, &mapped)
                #expect(mapped == bytes.prefix(count).map { map[Int($0)] } + [UInt8](repeating: 0, count: 1000 - count))
            }
            for (rows, columns) in [(1, 1), (16, 16), (64, 3), (63, 65), (80, 33)] {
                let pitch = columns + 5
                let source = (0..<(rows + 16) * pitch + 16).map { _ in UInt8(generator.nextIndex(below: 256)) }
                var out = [UInt8](repeating: 0, count: (columns + 16) * (rows + 16))
                cd_transpose(source, rows, columns, pitch, &out, rows + 16)
                for row in 0..<rows {
                    for column in 0..<columns {
                        #expect(out[column * (rows + 16) + row] == source[row * pitch + column])
                    }
                }
            }
        }

        @Test(arguments: [0, 256, 512] as [Int32])
        func `rows that differ in one byte have different keys, and equal ones the same`(bits: Int32) {
            cd_use_vectors(bits)
            defer { cd_use_vectors(512) }
            var generator = SplitMix64(seed: 8)
            for columns in [1, 3, 8, 9, 16, 63, 64, 65, 130] {
                let words = (0..<cd_word_count(columns)).map { _ in generator.next() }
                // Row r differs from row 0 in byte r − 1; what lies behind the rows differs everywhere.
                let (rows, pitch) = (columns + 2, columns + 7)
                var bytes = (0..<rows * pitch + 64).map { _ in UInt8(generator.nextIndex(below: 256)) }
                let first = bytes[..<columns]
                for row in 1..<rows {
                    bytes.replaceSubrange(row * pitch..<row * pitch + columns, with: first)
                    if row <= columns { bytes[row * pitch + row - 1] ^= 1 << UInt8(row % 8) }
                }
                var keys = [UInt64](repeating: 0, count: rows)
                cd_keys(bytes, rows, columns, pitch, 256, words, &keys)
                #expect(Set(keys).count == columns + 1 && keys[0] == keys[columns + 1], "\(columns)")
            }
        }

        @Test func `rows whose bits fit a word have keys that say all of them`() {
            var generator = SplitMix64(seed: 10)
            for (columns, kinds) in [(9, 128), (9, 129), (10, 30), (12, 32), (12, 33), (16, 16), (16, 2), (17, 2)] {
                let words = (0..<cd_word_count(columns)).map { _ in generator.next() }
                let (rows, pitch) = (500, columns)
                // Few different rows, so that many are equal; the last ones lie before what is no row.
                let patterns = (0..<40).map { _ in (0..<columns).map { _ in UInt8(generator.nextIndex(below: kinds)) } }
                let chosen = (0..<rows).map { _ in patterns[generator.nextIndex(below: patterns.count)] }
                let bytes = chosen.flatMap { $0 } + [UInt8](repeating: 0xFF, count: 64)
                var keys = [UInt64](repeating: 0, count: rows)
                cd_keys(bytes, rows, columns, pitch, Int32(kinds), words, &keys)
                #expect(Symbols(chosen) == Symbols(keys), "\(columns) \(kinds)")
            }
        }

        @Test(arguments: [0, 256, 512] as [Int32])
        func `long sums have the bits of eight compensated sums side by side`(bits: Int32) {
            cd_use_vectors(bits)
            defer { cd_use_vectors(512) }
            var generator = SplitMix64(seed: 11)
            // Terms of very different size, of which plain sums lose most.
            let values = (0..<4096).map { _ in generator.nextNormal() * exp2(Double(generator.nextIndex(below: 60))) }
            for centre in [nil, 3.25] {
                var (sums, lost) = ([Double](repeating: 0, count: 8), [Double](repeating: 0, count: 8))
                var (expectedSums, expectedLost) = (sums, lost)
                if var centre {
                    cd_sum(values, values.count, &centre, &sums, &lost)
                } else {
                    cd_sum(values, values.count, nil, &sums, &lost)
                }
                for (index, value) in values.enumerated() {
                    let (lane, term) = (index % 8, centre.map { (value - $0) * (value - $0) } ?? value)
                    let sum = expectedSums[lane] + term
                    let added = sum - expectedSums[lane]
                    expectedLost[lane] += (expectedSums[lane] - (sum - added)) + (term - added)
                    expectedSums[lane] = sum
                }
                #expect(sums == expectedSums && lost == expectedLost)
            }
        }

        @Test(arguments: [0, 256, 512] as [Int32])
        func `numbers of tables are added in the order of the columns`(bits: Int32) {
            cd_use_vectors(bits)
            defer { cd_use_vectors(512) }
            var generator = SplitMix64(seed: 9)
            for (lanes, kinds) in [(1, 30), (1, 32), (1, 33), (1, 256), (8, 256)] {
                for columns in 1...4 {
                    let (count, stride) = (203, 256)
                    let bytes = (0..<4 * stride).map { _ in UInt8(generator.nextIndex(below: kinds)) }
                    let memory = UnsafeMutableRawBufferPointer.allocate(
                        byteCount: (4 * 256 + count) * lanes * 8, alignment: 64)
                    defer { memory.deallocate() }
                    let numbers = memory.bindMemory(to: Double.self)
                    for index in numbers.indices { numbers.initializeElement(at: index, to: generator.nextNormal()) }
                    let tables = numbers.baseAddress!
                    let sums = tables + 4 * 256 * lanes
                    var expected = Array(UnsafeBufferPointer(start: sums, count: count * lanes))
                    for column in 0..<columns {
                        for sample in 0..<count {
                            for lane in 0..<lanes {
                                let row = 256 * column + Int(bytes[column * stride + sample])
                                expected[sample * lanes + lane] += tables[row * lanes + lane]
                            }
                        }
                    }
                    if lanes == 1 {
                        cd_add_one(bytes, stride, Int32(columns), count, Int32(kinds), tables, sums)
                    } else {
                        cd_add_eight(bytes, stride, Int32(columns), count, tables, sums)
                    }
                    #expect(
                        Array(UnsafeBufferPointer(start: sums, count: count * lanes)) == expected, "\(lanes) \(kinds)")
                }
            }
        }
    }
}
