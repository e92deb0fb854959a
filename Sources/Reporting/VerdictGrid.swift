internal import Findings

/// The verdicts of one quantity as a heat map: layers by methods, a method being a discretization and an estimator.
///
/// A cell carries the fall in per cent, and a mark for its answer, so that nothing rests on colour alone. The first column is
/// what the methods say together.
struct VerdictGrid {
    let run: Run
    let verdicts: [Verdict]

    private static let together = "together"
    private static let answers: [(name: String, color: JSON)] = [
        ("compresses", "#0072b2"), ("does not compress", "#f0c05a"), ("cannot be decided", "#c9ccd2"),
        ("does not count", "#ffffff"),
    ]

    /// One chart per quantity and target; none where there is no verdict.
    func charts(tail: String, dataName: String) -> [Chart] {
        // The leading split first, as everywhere.
        let verdicts = run.splits.flatMap { split in self.verdicts.filter { $0.split == split } }
        var subjects: [String] = []
        for verdict in verdicts where !subjects.contains(Self.name(verdict)) { subjects.append(Self.name(verdict)) }
        return subjects.enumerated().map { place, subject in
            chart(
                subject, verdicts.filter { Self.name($0) == subject },
                stem: "verdict-grid-\(Report.fileWord(subject))" + tail, dataName: "\(dataName)-\(place + 1)")
        }
    }

    private static func name(_ verdict: Verdict) -> String {
        verdict.target.isEmpty ? verdict.quantity.rawValue : "C \(verdict.target)"
    }

    private func chart(_ subject: String, _ verdicts: [Verdict], stem: String, dataName: String) -> Chart {
        var methods: [String] = []
        let hasOneEstimator = Set(verdicts.flatMap { $0.methods.map(\.estimator) }).count < 2
        func name(_ method: Verdict.Method) -> String {
            hasOneEstimator && !method.discretization.isEmpty ? method.discretization : method.name
        }
        for method in verdicts.flatMap(\.methods) where !methods.contains(name(method)) { methods.append(name(method)) }
        methods.sort { Self.order($0).lexicographicallyPrecedes(Self.order($1)) }
        var data = PlotData(
            name: dataName, columns: ["row", "method", "answer", "words", "fall", "low", "high", "p", "why"])
        var rows: [String] = []
        for verdict in verdicts {
            let row = run.splits.count > 1 ? "\(verdict.split) · \(verdict.layer)" : verdict.layer
            rows.append(row)
            let counted = "\(verdict.usable.count { $0.answer == verdict.answer })/\(verdict.usable.count)"
            data.rows.append([
                .text(row), .text(Self.together), .text(verdict.answer.rawValue),
                .text(Self.mark(verdict.answer) + (verdict.answer == .undecided ? "" : " \(counted)")), .null, .null,
                .null, .null, .text(verdict.reason),
            ])
            for method in verdict.methods {
                let isCounted = method.exclusion == nil
                data.rows.append([
                    .text(row), .text(name(method)),
                    .text(isCounted ? method.answer.rawValue : Self.answers[3].name),
                    .text(
                        isCounted
                            ? Self.mark(method.answer) + " " + Decimal.rounded(100 * method.fall, places: 0) : "×"),
                    isCounted ? .plotted(method.fall) : .null, .plotted(method.interval?.lowerBound),
                    .plotted(method.interval?.upperBound), .plotted(method.adjustedPValue),
                    .text(method.exclusion ?? "counts"),
                ])
            }
        }
        return Chart(
            stem: stem, subject: .verdicts, run: run.name, title: subject,
            caption:
                "Fall below the peak in per cent. ▼ compresses, ≈ does not, ? cannot be decided, × does not count. "
                + "“together” says how many of the usable methods agree.",
            body: body(rows: rows, methods: [Self.together] + methods), data: data)
    }

    private static func mark(_ answer: Verdict.Answer) -> String {
        switch answer {
        case .compresses: "▼"
        case .doesNotCompress: "≈"
        case .undecided: "?"
        }
    }

    /// Sorts `miller-madow width:30@run` by estimator, range, rule and number.
    private static func order(_ method: String) -> [String] {
        let words = method.split(separator: " ").map(String.init)
        let parts = (words.last ?? "").split(separator: "@", maxSplits: 1).map(String.init)
        let number = (parts.first ?? "").filter(\.isNumber)
        let padded = String(repeating: "0", count: max(0, 8 - number.count)) + number
        return [words.count > 1 ? words[0] : "", parts.count > 1 ? parts[1] : "", padded, method]
    }

    private func body(rows: [String], methods: [String]) -> JSON {
        let position: JSON = [
            "x": [
                "field": "method", "type": "nominal", "title": nil, "scale": ["domain": .texts(methods)],
                "axis": ["orient": "top", "labelAngle": -35, "labelLimit": 200, "domain": false, "ticks": false],
            ],
            "y": [
                "field": "row", "type": "nominal", "title": nil, "scale": ["domain": .texts(rows)],
                "axis": ["domain": false, "ticks": false, "labelLimit": 200],
            ],
        ]
        let text: JSON = ["type": "text", "fontSize": 10.5, "tooltip": false, "aria": false]
        return [
            "encoding": position, "width": ["step": 42], "height": ["step": 24], "view": ["stroke": nil],
            "layer": [
                [
                    "mark": ["type": "rect", "stroke": ChartStyle.neutral, "strokeWidth": 0.5],
                    "encoding": [
                        "color": [
                            "field": "answer", "type": "nominal", "title": nil,
                            "scale": [
                                "domain": .texts(Self.answers.map(\.name)), "range": .list(Self.answers.map(\.color)),
                            ],
                            "legend": ["orient": "bottom", "symbolType": "square", "symbolStrokeWidth": 0.5],
                        ],
                        "tooltip": [
                            ["field": "row", "title": "layer"], ["field": "method"],
                            ["field": "answer", "title": "says"],
                            ["field": "fall", "type": "quantitative", "format": ".1%"],
                            ["field": "low", "type": "quantitative", "format": ".1%", "title": "from"],
                            ["field": "high", "type": "quantitative", "format": ".1%", "title": "to"],
                            ["field": "p", "type": "quantitative", "format": ".2g", "title": "p, adjusted"],
                            ["field": "why"],
                        ],
                    ],
                ],
                [
                    "name": "onblue", "transform": [["filter": "datum.answer == 'compresses'"]],
                    "mark": text.adding(["color": "#ffffff"]), "encoding": ["text": ["field": "words"]],
                ],
                [
                    "name": "onlight", "transform": [["filter": "datum.answer != 'compresses'"]],
                    "mark": text.adding(["color": "#1d2026"]), "encoding": ["text": ["field": "words"]],
                ],
            ],
            "usermeta": ["infoplane": ["steps": .whole(methods.count), "least": 36, "most": 64]],
        ]
    }
}
