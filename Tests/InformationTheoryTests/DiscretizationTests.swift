import Foundation
import InformationTheory
import LinearAlgebra
import Randomness
import Testing

struct DiscretizationTests {
    /// The symbols of one column.
    private func symbols<S: BinaryFloatingPoint & Sendable>(
        _ values: [S], _ rule: Discretization, range: ValueRange? = nil
    ) throws -> Symbols {
        try rule.apply(to: Matrix(rows: values.count, columns: 1, values: values), range: range, unitRanges: nil)
            .symbols
    }

    /// Values around every edge of `bins` bins over the range: k/255-like grids, the edges and their neighbours, the ends.
    private func edgeValues(low: Double, high: Double, bins: Int) -> [Double] {
        var values = [low, high, low.nextUp, high.nextDown, low.nextDown, high.nextUp, low - 1, high + 1, 0, -0.0]
        for k in 0...255 { values.append(low + (high - low) * Double(k) / 255) }
        for k in 0...bins {
            let edge = low + (high - low) * Double(k) / Double(bins)
            values += [edge, edge.nextUp, edge.nextDown]
        }
        return values
    }

    @Test func `width bins are those of the Float64 formula, at every edge, for Float and Double`() throws {
        let ranges = [
            (0.0, 1.0), (-1, 1), (0, 255), (-0.3, 0.7), (0x1p-1040, 0x3p-1040), (-1e300, 1e300), (5, 5.000001),
        ]
        for (low, high) in ranges {
            for bins in [2, 3, 20, 30, 40, 100, 256, 65536] {
                let rule = try Discretization("width:\(bins)@run")
                let range = ValueRange(low: low, high: high)
                let values = edgeValues(low: low, high: high, bins: min(bins, 300))
                let expected = values.map { Oracle.width($0, bins: bins, low: low, high: high) }
                #expect(try symbols(values, rule, range: range) == Symbols(expected), "\(range) \(bins)")
                let floats = values.map { Float($0) }.filter(\.isFinite)
                let rounded = floats.map { Oracle.width(Double($0), bins: bins, low: low, high: high) }
                #expect(try symbols(floats, rule, range: range) == Symbols(rounded), "\(range) \(bins)")
            }
        }
    }

    @Test func `the grey values k over 255 fall into 30 bins as the formula says`() throws {
        let values = (0...255).map { Float($0) / 255 }
        let expected = values.map { Oracle.width(Double($0), bins: 30, low: 0, high: 1) }
        #expect(Set(expected).count == 30 && expected[255] == 29)
        #expect(try symbols(values, Discretization("width:30@[0,1]")) == Symbols(expected))
        #expect(try symbols(values, Discretization("width:30@unit")) == Symbols(expected))
    }

    // 7 units over 2 tiles of columns, 33 units over 3: rows, entropies and flags against the formulas.
    @Test(arguments: [1, 7, 16, 33]) func `rows of bins are the symbols of a layer`(units: Int) throws {
        var generator = SplitMix64(seed: UInt64(units))
        let samples = 200
        let rows = (0..<samples).map { _ in (0..<units).map { _ in (generator.nextNormal() * 2).rounded() / 2 } }
        let columns = (0..<units).map { unit in rows.map { $0[unit] } }
        let rules: [(String, ValueRange?, ([Double]) -> [Int])] = [
            ("width:4@run", ValueRange(low: -9, high: 9), { $0.map { Oracle.width($0, bins: 4, low: -9, high: 9) } }),
            ("width:3@[-1,1]", nil, { $0.map { Oracle.width($0, bins: 3, low: -1, high: 1) } }),
            (
                "width:3@unit", nil,
                { column in
                    column.map { Oracle.width($0, bins: 3, low: column.min()!, high: column.max()!) }
                }
            ),
            ("step:0.7", nil, { $0.map { Int(($0 / 0.7).rounded(.down)) } }),
            ("saxe-0.5", nil, { $0.map { Int(($0 / 0.5).rounded(.down)) } }),
            ("step:1e-9", nil, { $0.map { Int(($0 / 1e-9).rounded(.down)) } }),
            ("quantile:3@unit", nil, { Oracle.quantiles($0, bins: 3) }),
            ("exact", nil, { $0.map { Int($0 * 2) } }),
        ]
        for (text, range, bins) in rules {
            let coded = columns.map(bins)
            let expected = Symbols((0..<samples).map { sample in coded.map { $0[sample] } })
            let layer = try Discretization(text).apply(to: matrix(rows), range: range, unitRanges: nil)
            #expect(layer.symbols == expected, "\(text)")
            #expect(layer.unitEntropies.agrees(with: coded.map { Oracle.entropy(of: $0) }), "\(text)")
            #expect(layer.hasValuesOutsideRange == (text == "width:3@[-1,1]"), "\(text)")
            #expect(!layer.isDead)
            let floats = matrix(rows.map { $0.map { Float($0) } })
            #expect(
                try Discretization(text).apply(to: floats, range: range, unitRanges: nil).symbols == expected, "\(text)"
            )
        }
    }

    @Test func `idnns presets give the symbols of numpy, in Float and in Double`() throws {
        for (name, values, expected) in [
            ("idnns-30", NumpyDigitize.values30, NumpyDigitize.symbols30),
            ("idnns-100", NumpyDigitize.values100, NumpyDigitize.symbols100),
        ] {
            let floats = values.map { Float(bitPattern: $0) }
            #expect(try symbols(floats, Discretization(name)) == Symbols(expected))
            #expect(try symbols(floats.map(Double.init), Discretization(name)) == Symbols(expected))
        }
    }

    @Test func `idnns wraps what is below -1 to the symbol of +1, and flags it`() throws {
        let rule = try Discretization("idnns-30")
        #expect(try symbols([Float(1), 0.999, -2, 5, -1], rule) == Symbols([29, 28, 29, 29, 0]))
        let layer = Matrix<Float>(rows: 2, columns: 1, values: [-1.1, 0])
        #expect(try rule.apply(to: layer, range: nil, unitRanges: nil).hasValuesOutsideRange)
    }

    @Test func `steps far apart or beyond whole numbers keep their bins`() throws {
        let values = [1e300, -1e300, 0.0, -0.0, 1e-300, -1e-300, 0.5, 1e18, 1e18 + 128]
        let expected = values.map { ($0 / 0.5).rounded(.down) + 0 }
        #expect(try symbols(values, Discretization("step:0.5")) == Symbols(expected))
        #expect(throws: InformationError.quotientOverflow(value: 1e300, step: 1e-20)) {
            try symbols([0, 1e300], Discretization("step:1e-20"))
        }
        // Close together, but far from 0.
        let far = (0..<9).map { 0x1p52 + Double($0) }
        #expect(try symbols(far, Discretization("step:2")) == Symbols(far.map { ($0 / 2).rounded(.down) }))
    }

    @Test func `multiples at their edges are those of the Float64 formula`() throws {
        for step in [0.07, 0.5, 0.1, 1.0 / 3, 1e-7, 1e5] {
            let values = (-300...300).flatMap { k -> [Double] in
                let edge = Double(k) * step
                return [edge, edge.nextUp, edge.nextDown]
            }
            let expected = values.map { ($0 / step).rounded(.down) + 0 }
            #expect(try symbols(values, Discretization("step:\(step)")) == Symbols(expected), "\(step)")
        }
    }

    @Test func `quantile bins count the values strictly smaller`() throws {
        for seed in 0..<100 as Range<UInt64> {
            var generator = SplitMix64(seed: seed)
            let values = (0..<1 + generator.nextIndex(below: 90)).map { _ in
                (generator.nextNormal() * 4).rounded() / 4 * (seed % 2 == 0 ? 1 : 1e200)
            }
            for bins in [2, 3, 30, 100] {
                let rule = try Discretization("quantile:\(bins)@unit")
                #expect(try symbols(values, rule) == Symbols(Oracle.quantiles(values, bins: bins)), "\(seed) \(bins)")
            }
        }
    }

    @Test func `minus zero equals zero in every rule`() throws {
        for rule in ["exact", "width:30@unit", "step:0.1", "quantile:4@unit", "idnns-30", "width:2@[0,1]"] {
            #expect(try symbols([0.0, -0.0, 0], Discretization(rule)).count == 1, "\(rule)")
        }
        #expect(try Symbols(rowsOf: matrix([[0.0, 1], [-0.0, 1], [0, 2]])) == Symbols([0, 0, 1]))
    }

    @Test func `a range of length zero is one bin`() throws {
        let rule = try Discretization("width:30@epoch")
        let layer = Matrix<Float>(rows: 3, columns: 1, values: [2, 2, 2])
        let bins = try rule.apply(to: layer, range: ValueRange(low: 2, high: 2), unitRanges: nil)
        #expect(bins.symbols.count == 1 && !bins.hasValuesOutsideRange)
        #expect(try symbols([2.0, 2, 2], Discretization("width:30@unit")).count == 1)
    }

    @Test func `argmax is the index of the largest unit, the smallest on ties`() throws {
        let layer = matrix([[0.1, 0.9, 0], [0.5, 0.5, 0.1], [0, 0.2, 0.2], [-3, -2, -1]])
        let bins = try Discretization.argmax.apply(to: layer, range: nil, unitRanges: nil)
        #expect(bins.symbols == Symbols([1, 0, 1, 2]))
        #expect(bins.unitEntropies == [1.5])
        #expect(totalCorrelation(of: bins) == 0)
    }

    @Test func `a layer of zeros is dead`() throws {
        let layer = Matrix<Float>(rows: 3, columns: 2, values: [0, -0, 0, 0, 0, 0])
        #expect(try Discretization.exact.apply(to: layer, range: nil, unitRanges: nil).isDead)
    }

    @Test func `finer bins never lower the entropy when they nest`() throws {
        var generator = SplitMix64(seed: 3)
        let values = (0..<300).map { _ in generator.nextNormal() }
        var last = 0.0
        for bins in [2, 4, 8, 16, 32, 64] {
            let bits = entropy(of: try symbols(values, Discretization("width:\(bins)@[-8,8]")))
            #expect(bits >= last - 1e-12)
            last = bits
        }
        #expect(entropy(of: try symbols(values, .exact)) >= last)
    }

    @Test func `a Float16 layer has the bins of its values`() throws {
        #if !arch(x86_64) || os(Linux)
            let values = (0..<100).map { Float16($0) / 100 }
            #expect(
                try symbols(values, Discretization("width:30@unit"))
                    == symbols(values.map(Double.init), Discretization("width:30@unit")))
        #endif
    }

    @Test(
        arguments: [
            "width:30@run", "width:100@epoch", "width:2@unit", "width:7@network", "width:30@[-1,1]", "width:30@[0,2.5]",
            "step:0.07", "step:2", "quantile:30@unit", "exact", "argmax",
        ] + Discretization.presets)
    func `a text reads back as itself`(text: String) throws {
        let rule = try Discretization(text)
        #expect(rule.description == text)
        #expect(try Discretization(rule.description) == rule)
    }

    @Test func `texts are made canonical, and presets keep their rule`() throws {
        #expect(try Discretization("step:0.070").description == "step:0.07")
        #expect(try Discretization("width:030@[-1.0,1e0]").description == "width:30@[-1,1]")
        #expect(try Discretization("saxe-0.07").rule == Discretization("step:0.07").rule)
        #expect(try Discretization("lorenzen-256").rule == .width(bins: 256, over: .network))
        #expect(Discretization(.width(bins: 30, over: .run)).description == "width:30@run")
        #expect(ValueRange(low: -0.1, high: 3).description == "[-0.1,3]")
    }

    @Test(arguments: [
        ("widht:30@run", "width:30@run"), ("idnn-30", "idnns-30"), ("exactly", "exact"), ("saxe-0.7", "saxe-0.07"),
        ("width:30@runs", "@run or @[lo,hi]"), ("width:30@layer", "@run or @[lo,hi]"), ("", "exact"),
    ])
    func `an unknown text names the nearest`(text: String, nearest: String) {
        #expect { try Discretization(text) } throws: { error in
            "\(error)".contains("Did you mean \(nearest)?")
        }
    }

    @Test(arguments: [
        "width:30", "width", "width:1@run", "width:65537@run", "width:x@run", "width:-3@run", "width:30@[1,0]",
        "width:30@[0,0]", "width:30@[0]", "width:30@[0,nan]", "width:30@[-inf,0]", "width:30@[-1.7e308,1.7e308]",
        "step:0", "step:-1", "step:nan", "step:inf", "step:x", "step", "quantile:30", "quantile:1@unit",
        "quantile:30@run", "exact:3", "argmax:1", "width:99999999999999999999@run",
    ])
    func `an unusable parameter is refused with what was expected`(text: String) {
        #expect { try Discretization(text) } throws: { error in
            "\(error)".hasPrefix("\(text): not a valid discretization; expected ")
        }
    }

    @Test func `values and ranges that are not finite are refused`() throws {
        for rule in ["exact", "argmax", "width:3@unit", "idnns-30", "step:1"] {
            for bad in [Float.nan, .infinity, -.infinity] {
                let layer = Matrix<Float>(rows: 2, columns: 2, values: [1, 2, 3, bad])
                #expect(throws: InformationError.notFinite(sample: 1, unit: 1), "\(rule)") {
                    try Discretization(rule).apply(to: layer, range: nil, unitRanges: nil)
                }
            }
        }
        for range in [
            ValueRange(low: 1, high: 0), ValueRange(low: .nan, high: 0), ValueRange(low: -.infinity, high: 0),
        ] {
            #expect(throws: InformationError.self) { try symbols([1.0], Discretization("width:3@run"), range: range) }
        }
        #expect(throws: InformationError.invalidRange(ValueRange(low: -1.7e308, high: 1.7e308))) {
            try symbols([-1.7e308, 1.7e308], Discretization("width:3@unit"))
        }
        #expect(throws: InformationError.empty(rows: 0, columns: 3)) {
            try Discretization.exact.apply(
                to: Matrix<Float>(rows: 0, columns: 3, values: []), range: nil, unitRanges: nil)
        }
    }
}
