import Reporting
import Results
import Testing

@Suite struct TextPlaneTests {
    /// Two layers of one split with three records each, n = 16 (ceiling 4 bits), H(Y) = 1 bit.
    private func results(
        _ points: [String: [(Double, Double)]], quantities: [Quantity] = [.inputInformation, .labelInformation]
    ) -> ResultSet {
        var results = ResultSet()
        for (order, layer) in points.keys.sorted().enumerated() {
            for (epoch, point) in points[layer]!.enumerated() {
                for quantity in quantities {
                    let isInput = quantity == .inputInformation
                    results.insert(
                        Measurement(
                            key: .init(
                                archive: "a", split: "all", layer: layer, order: order, epoch: epoch * 10,
                                quantity: quantity, discretization: "width:30@run", samples: 16),
                            value: isInput ? point.0 : point.1, ceiling: isInput ? 4 : 1,
                            flags: isInput && point.0 > 3.6 ? ["saturated"] : []))
                }
            }
        }
        return results
    }

    private let twoLayers: [String: [(Double, Double)]] = [
        "fc1": [(4, 0), (4, 0.5), (4, 1)], "fc2": [(0, 0), (2, 0.5), (4, 1)],
    ]

    @Test func `points stand where their numbers are, the last record on top`() throws {
        let plane = try #require(try TextPlane.planes(of: results(twoLayers), name: "run", discretization: nil).first)
        #expect(plane.layers.map(\.name) == ["fc1", "fc2"])
        #expect(plane.conditions == "plug-in, width:30@run, n = 16 of split all")
        // 30 columns: 7 of numbers, the axis, 21 of the plane (0 … 4 bits), one to spare; 12 rows: 9 of the plane (0 … 1 bit).
        let lines = plane.drawing(columns: 30, rows: 12).map { String($0.map(\.character)) }
        #expect(
            lines == [
                "I(Z;Y), bits",
                "  1.00 ┤┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈2",
                "       │                    ┊",
                "       │                    ┊",
                "       │                    ┊",
                "  0.50 ┤          2         1",
                "       │                    ┊",
                "       │                    ┊",
                "       │                    ┊",
                "  0.00 ┤2                   1",
                "       └─────────────────────",
                "        0.0 I(X;Z), bits  4.0",
            ])
        let last = try #require(plane.drawing(columns: 30, rows: 12)[1].last)
        #expect(last.character == "2" && last.layer == 1 && last.isLast)
    }

    @Test func `curves are blocks between 0 and the largest value`() throws {
        let plane = try #require(try TextPlane.planes(of: results(twoLayers), name: "run", discretization: nil).first)
        #expect(plane.panels.map(\.title) == ["I(X;Z)", "I(Z;Y)"])
        let curves = plane.panels[0].curves
        #expect(plane.panels[0].maximum == 4)
        #expect(curves.map { $0.blocks(width: 10, maximum: 4) } == ["███", "▁▅█"])
        // Two columns of three records: the first alone, then the mean of two, 3 of 4 bits.
        #expect(curves[1].blocks(width: 2, maximum: 4) == "▁▇")
        #expect(curves[1].epochs == [0, 10, 20])
        #expect(curves[0].flags.map(\.name) == ["saturated"] && curves[0].flags.map(\.count) == [3])
        #expect(curves[1].flags.map(\.count) == [1])
    }

    @Test func `negative values and a single point have axes`() throws {
        let points = ["a": [(-1.0, 0.5), (3.0, -0.5)]]
        let plane = try #require(try TextPlane.planes(of: results(points), name: "run", discretization: nil).first)
        let lines = plane.drawing(columns: 40, rows: 10).map { String($0.map(\.character)) }
        #expect(lines[7].contains("−0.50 ┤") && lines[9].contains("−1.0"))
        #expect(plane.panels[0].curves[0].blocks(width: 5, maximum: 3) == "▁█")
        let zero = try TextPlane.planes(of: results(["a": [(0, 0)]]), name: "run", discretization: nil)
        #expect(zero[0].drawing(columns: 30, rows: 8).count == 8)
    }

    @Test func `what cannot be drawn is said, with what can`() throws {
        let error = #expect(throws: ReportingError.self) {
            try TextPlane.planes(of: results(twoLayers), name: "run.h5", discretization: "exact")
        }
        #expect(error?.description.contains("under 'exact'; there are: width:30@run") == true)
        #expect(throws: ReportingError.self) {
            try TextPlane.planes(
                of: results(twoLayers, quantities: [.inputInformation]), name: "run.h5", discretization: nil)
        }
    }
}
