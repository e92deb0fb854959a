/// A chart sized for a printed page: its specification without what only a screen has, and how wide it is to be.
public struct Figure: Sendable {
    /// How wide a figure is.
    public enum Width: String, Sendable, CaseIterable {
        /// One column of two, 85 mm.
        case oneColumn = "1col"
        /// Both columns, 178 mm.
        case twoColumns = "2col"

        /// In points of 1/72 inch.
        public var points: Double {
            switch self {
            case .oneColumn: 241
            case .twoColumns: 504
            }
        }

        /// The width at which it is drawn before it is made smaller: text of 11 pixels becomes text of 7.5 points.
        var drawn: Int {
            switch self {
            case .oneColumn: 354
            case .twoColumns: 740
            }
        }
    }

    /// The name for its file, without an extension.
    public let stem: String
    /// Its width.
    public let width: Width
    /// The Vega-Lite v5 specification as JSON text, the data within.
    public let specification: String
}

extension Report {
    /// Every chart at both widths, on white, showing the last epoch.
    public var figures: [Figure] {
        charts.flatMap { chart in
            Figure.Width.allCases.map { width in
                Figure(
                    stem: "\(chart.stem).\(width.rawValue)", width: width,
                    specification: chart.printed(at: width.drawn).encoded)
            }
        }
    }
}

extension Chart {
    /// The specification at this width in pixels, its data within.
    func printed(at width: Int) -> JSON {
        let header: JSON = [
            "$schema": "https://vega.github.io/schema/vega-lite/v5.json", "background": "#ffffff",
            "config": [
                "font": "Helvetica, Arial, Liberation Sans, DejaVu Sans, sans-serif",
                "axis": [
                    "labelFontSize": 11, "titleFontSize": 11.5, "titleFontWeight": "normal",
                    "labelColor": "#1d2026", "titleColor": "#1d2026", "gridColor": "#ececee", "domainColor": "#82828a",
                    "tickColor": "#82828a",
                ],
                "legend": [
                    "orient": "bottom", "direction": "horizontal", "labelFontSize": 11, "titleFontSize": 11.5,
                    "titleFontWeight": "normal", "columns": .whole(max(1, width / 85)), "gradientLength": 150,
                    "layout": ["bottom": ["direction": "vertical", "anchor": "start"]],
                    "labelColor": "#1d2026", "titleColor": "#1d2026",
                ],
                "header": ["labelFontSize": 11, "labelColor": "#1d2026"], "view": ["stroke": "#d4d4d8"],
            ],
            "data": ["name": .text(data.name)],
            "datasets": .object([(name: data.name, value: data.objects)]),
        ]
        return header.adding(body.fitted(to: width).replacing("usermeta", with: [:]))
    }
}

extension JSON {
    /// A body of a chart at a width: as the page fits it, by the layout that stands in its `usermeta`.
    fileprivate func fitted(to width: Int) -> JSON {
        let layout = self["usermeta"]["infoplane"]
        if case .number(let ratio) = layout["ratio"] {
            // Legends stand below, within the height.
            let legends = layout["zoom"].isNull ? 40 : 120
            return replacing("width", with: .whole(width))
                .replacing("height", with: .whole(Int((Double(width) * ratio).rounded()) + legends))
                .replacing("autosize", with: ["type": "fit", "contains": "padding"])
        }
        if let steps = layout["steps"].whole {
            return replacing("width", with: ["step": .whole(min(64, max(30, (width - 110) / max(1, steps))))])
        }
        guard let panels = layout["panels"].whole, let cell = layout["cell"].whole else { return self }
        guard case .flag(true) = layout["stretch"] else { return self }
        let gap = 30
        let columns = min(panels, max(1, (width - 60 + gap) / (min(cell, 160) + gap)))
        let inner = (width - 60 + gap) / columns - gap
        return replacing("columns", with: .whole(columns))
            .replacing(
                "spec", with: self["spec"].replacing("width", with: .whole(inner)).replacing("height", with: 110))
    }
}
