internal import Findings
public import Results

#if canImport(Darwin)
    internal import Darwin
#else
    internal import Glibc
#endif

/// The information plane and the curves over epochs of one split, as text for a terminal.
///
/// The plane has I(X;Z) to the right and I(Z;Y) upwards, in bits. A layer is a digit or letter; its records are drawn in the
/// order of epochs, the last one on top of all and emphasized. Dotted lines are the ceilings log2 n and H(Y): a point at
/// one of them says the ceiling, not the network.
public struct TextPlane: Sendable {
    /// One character of the plane.
    public struct Glyph: Sendable, Hashable {
        /// What stands there.
        public let character: Character
        /// The layer, counted from 0; nil for axes and ceilings.
        public let layer: Int?
        /// Whether it is the layer's last record.
        public let isLast: Bool
    }

    /// How many values stand under a flag.
    public struct FlagCount: Sendable, Hashable {
        /// The flag.
        public let name: String
        /// How many.
        public fileprivate(set) var count: Int
    }

    /// One layer's values over the records, in bits.
    public struct Curve: Sendable, Hashable {
        /// The layer's name.
        public let layer: String
        /// The letter of the layer in the plane.
        public let mark: Character
        /// The epochs with a value.
        public let epochs: [Int]
        /// The values, one per epoch.
        public let values: [Double]
        /// How many of them stand under each flag, in the order of the first one's appearance.
        public let flags: [FlagCount]

        /// The values as blocks of eight heights, in `width` columns of equal numbers of records (their mean), from 0 to
        /// `maximum`; negative values are the lowest block. Empty without values.
        public func blocks(width: Int, maximum: Double) -> String {
            let columns = min(width, values.count)
            guard columns > 0 else { return "" }
            return String(
                (0..<columns).map { column -> Character in
                    let records = values[column * values.count / columns..<(column + 1) * values.count / columns]
                    let share = records.reduce(0, +) / Double(records.count) / (maximum > 0 ? maximum : 1)
                    return Self.heights[min(7, max(0, Int(share * 8)))]
                })
        }

        private static let heights = Array("▁▂▃▄▅▆▇█")
    }

    /// A quantity over the epochs, one curve per layer.
    public struct Panel: Sendable {
        /// The quantity, with the GIB target where it has one.
        public let title: String
        /// The largest value of all curves, in bits.
        public let maximum: Double
        /// One per layer that has values.
        public let curves: [Curve]
    }

    /// The name of the run and of the split.
    public let title: String
    /// Estimator, discretization and number of samples.
    public let conditions: String
    /// The layers in their order, each with the letter that stands for it.
    public let layers: [(name: String, mark: Character)]
    /// I(X;Z), I(Z;Y) and the GIB complexity of the first target, as far as they were computed.
    public let panels: [Panel]

    private let points: [(layer: Int, x: Double, y: Double, isLast: Bool)]
    private let ceiling: (x: Double?, y: Double?)

    /// The planes of every archive and split of the results that has both I(X;Z) and I(Z;Y).
    ///
    /// - Parameters:
    ///   - results: what was computed; `name` is what a run without a title is called.
    ///   - discretization: the one to draw; nil for the run's headline.
    /// - Throws: where nothing under that discretization can be drawn, with those that can.
    public static func planes(
        of results: ResultSet, name: String, discretization: String?
    ) throws(ReportingError) -> [TextPlane] {
        let ids = Set(results.measurements.map(\.key.archive)).sorted()
        let runs = ids.compactMap { Run(name: name, archive: $0, of: results) }
        let planes = runs.flatMap { run in
            run.splits.compactMap { TextPlane($0, of: run, discretization: discretization ?? run.headline) }
        }
        guard planes.isEmpty else { return planes }
        let drawn = results.measurements.filter { $0.key.quantity == .inputInformation }.map(\.key.discretization)
        let names = Set(drawn).sorted().joined(separator: ", ")
        throw ReportingError(
            place: name,
            problem: discretization.map { "holds no I(X;Z) and I(Z;Y) under '\($0)'; there are: \(names)" }
                ?? "holds no I(X;Z) and I(Z;Y) of a layer",
            remedy: "infoplane analyze computes them.")
    }

    private init?(_ split: String, of run: Run, discretization: String) {
        func rows(_ quantity: Quantity) -> [Run.Series] {
            run.series(
                of: run.rows(of: quantity).filter {
                    $0.key.split == split && $0.key.discretization == discretization
                })
        }
        guard let inputs = rows(.inputInformation).first, let labels = rows(.labelInformation).first else { return nil }
        let shown = run.panels.filter { $0.split == split && inputs.rows[$0] != nil && labels.rows[$0] != nil }
        guard let first = shown.first, let example = inputs.rows[first]?.first else { return nil }
        let marks = Array("123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")
        layers = shown.enumerated().map { ($1.layer, $0 < marks.count ? marks[$0] : "·") }
        title = (run.archive.title.isEmpty ? run.name : run.archive.title) + (run.splits.count > 1 ? " · \(split)" : "")
        conditions =
            "\(example.key.estimator), \(discretization.isEmpty ? "values" : discretization), n = \(example.key.samples) of split \(split)"
        var points: [(layer: Int, x: Double, y: Double, isLast: Bool)] = []
        for (index, panel) in shown.enumerated() {
            let relevance = Dictionary(
                (labels.rows[panel] ?? []).map { ($0.key.epoch, $0.value) }, uniquingKeysWith: { a, _ in a })
            let path = (inputs.rows[panel] ?? []).compactMap { row in relevance[row.key.epoch].map { (row.value, $0) } }
            for (place, point) in path.enumerated() {
                points.append((index, point.0, point.1, place == path.count - 1))
            }
        }
        self.points = points
        ceiling = (example.ceiling, labels.rows[first]?.first?.ceiling)
        let complexities = rows(.complexity).filter { !$0.target.isEmpty }
        let complexity = complexities.first { $0.target == "pmi-label" } ?? complexities.first
        let marked = layers
        panels =
            [("I(X;Z)", inputs), ("I(Z;Y)", labels)].map { Self.panel($0, of: $1, shown, marked) }
            + (complexity.map { [Self.panel("GIB complexity, \($0.name)", of: $0, shown, marked)] } ?? [])
    }

    private static func panel(
        _ title: String, of series: Run.Series, _ shown: [Run.Panel], _ layers: [(name: String, mark: Character)]
    ) -> Panel {
        var curves: [Curve] = []
        for (panel, layer) in zip(shown, layers) {
            guard let rows = series.rows[panel], !rows.isEmpty else { continue }
            var flags: [FlagCount] = []
            for flag in rows.flatMap(\.flags) {
                if let index = flags.firstIndex(where: { $0.name == flag }) {
                    flags[index].count += 1
                } else {
                    flags.append(FlagCount(name: flag, count: 1))
                }
            }
            curves.append(
                Curve(
                    layer: layer.name, mark: layer.mark, epochs: rows.map { $0.key.epoch ?? 0 },
                    values: rows.map(\.value), flags: flags))
        }
        return Panel(title: title, maximum: curves.flatMap(\.values).max() ?? 0, curves: curves)
    }

    // MARK: Drawing

    /// The plane in so many columns and rows, axes and their numbers included; each line from left to right.
    ///
    /// The axes begin at 0, or at the smallest value where one is negative, and end at the largest value or the ceiling. Nearer
    /// records hide farther ones: a cell shows the last record, else the latest one, of the layer that comes last. O(records).
    ///
    /// - Precondition: at least 30 columns and 8 rows.
    public func drawing(columns: Int, rows: Int) -> [[Glyph]] {
        precondition(columns >= 30 && rows >= 8, "a plane needs some room")
        let left = 7
        let width = columns - left - 2
        let height = rows - 3
        let x = Self.axis(points.map(\.x) + (ceiling.x.map { [$0] } ?? []))
        let y = Self.axis(points.map(\.y) + (ceiling.y.map { [$0] } ?? []))
        func column(_ value: Double) -> Int { Int(((value - x.low) / (x.high - x.low) * Double(width - 1)).rounded()) }
        func row(_ value: Double) -> Int {
            height - 1 - Int(((value - y.low) / (y.high - y.low) * Double(height - 1)).rounded())
        }
        let blank = Glyph(character: " ", layer: nil, isLast: false)
        var cells = [[Glyph]](repeating: [Glyph](repeating: blank, count: width), count: height)
        if let limit = ceiling.x { for line in 0..<height { cells[line][column(limit)] = Self.axis("┊") } }
        if let limit = ceiling.y { for place in 0..<width { cells[row(limit)][place] = Self.axis("┈") } }
        for isLast in [false, true] {
            for point in points where point.isLast == isLast {
                cells[row(point.y)][column(point.x)] = Glyph(
                    character: layers[point.layer].mark, layer: point.layer, isLast: isLast)
            }
        }
        var lines: [[Glyph]] = [Self.text("I(Z;Y), bits")]
        for (place, line) in cells.enumerated() {
            let isTick = place == 0 || place == height - 1 || place == (height - 1) / 2
            let value = y.high - (y.high - y.low) * Double(place) / Double(height - 1)
            let number = isTick ? Decimal.rounded(value, places: 2) : ""
            let margin = String(repeating: " ", count: max(0, left - 1 - number.count)) + number + " "
            lines.append(Self.text(margin) + [Self.axis(isTick ? "┤" : "│")] + line)
        }
        lines.append(Self.text(String(repeating: " ", count: left) + "└" + String(repeating: "─", count: width)))
        let low = Decimal.rounded(x.low, places: 1)
        let high = Decimal.rounded(x.high, places: 1)
        let name = "I(X;Z), bits"
        let space = max(2, width - low.count - high.count - name.count)
        lines.append(
            Self.text(
                String(repeating: " ", count: left + 1) + low + String(repeating: " ", count: space / 2) + name
                    + String(repeating: " ", count: space - space / 2) + high))
        return lines
    }

    private static func axis(_ values: [Double]) -> (low: Double, high: Double) {
        let low = min(0, values.min() ?? 0)
        let high = values.max() ?? 1
        return (low, high > low ? high : low + 1)
    }

    private static func axis(_ character: Character) -> Glyph { Glyph(character: character, layer: nil, isLast: false) }
    private static func text(_ text: String) -> [Glyph] { text.map(axis) }
}
