/// Where the names of the points of one epoch stand in a plane, so that they cover neither each other nor the edge.
///
/// Greedy: in the given order, each name takes the first of four places beside its point that is free. Points that
/// coincide share one text, of more than three the first and the last name. O(points²), and planes have few layers.
struct LabelPlacement {
    /// The four places, as the charts know them.
    enum Place: Int, CaseIterable {
        case rightAbove, leftBelow, rightBelow, leftAbove

        var isRight: Bool { self == .rightAbove || self == .rightBelow }
        var isAbove: Bool { self == .rightAbove || self == .leftAbove }
    }

    /// A name at its point; coordinates are shares of the plane, from 0 to 1.
    struct Point {
        let name: String
        let x: Double
        let y: Double
    }

    /// The text beside each point, and its place; nil where another point's text names it too.
    let labels: [(text: String, place: Place)?]

    /// Sizes as shares of a plane of about 430 by 330 pixels with bold text of 12 pixels.
    private static let character = 7.2 / 430
    private static let line = 16.0 / 330
    private static let offset = (x: 10.0 / 430, y: 4.0 / 330)

    private struct Box {
        let x: ClosedRange<Double>
        let y: ClosedRange<Double>

        func overlaps(_ other: Box) -> Bool { x.overlaps(other.x) && y.overlaps(other.y) }
    }

    init(_ points: [Point]) {
        var shared: [(index: Int, names: [String])] = []
        for (index, point) in points.enumerated() {
            let twin = shared.firstIndex {
                abs(points[$0.index].x - point.x) < 0.02 && abs(points[$0.index].y - point.y) < 0.02
            }
            if let twin { shared[twin].names.append(point.name) } else { shared.append((index, [point.name])) }
        }
        var taken: [Box] = []
        var labels = [(text: String, place: Place)?](repeating: nil, count: points.count)
        for (index, names) in shared {
            let text = names.count > 3 ? "\(names[0]) … \(names[names.count - 1])" : names.joined(separator: ", ")
            let point = points[index]
            let isLeft = point.x < 0.5
            let preferred: [Place] =
                isLeft
                ? [.rightBelow, .rightAbove, .leftBelow, .leftAbove]
                : [.leftBelow, .leftAbove, .rightBelow, .rightAbove]
            let plane = Box(x: 0...1.02, y: 0...1)
            let free = preferred.first { place in
                let box = Self.box(text, at: point, place)
                return box.x.lowerBound >= plane.x.lowerBound && box.x.upperBound <= plane.x.upperBound
                    && box.y.upperBound <= plane.y.upperBound && box.y.lowerBound >= plane.y.lowerBound
                    && !taken.contains(where: box.overlaps)
            }
            let place = free ?? preferred[0]
            taken.append(Self.box(text, at: point, place))
            labels[index] = (text, place)
        }
        self.labels = labels
    }

    private static func box(_ text: String, at point: Point, _ place: Place) -> Box {
        let width = Double(text.count) * character
        let x = place.isRight ? point.x + offset.x : point.x - offset.x - width
        let y = place.isAbove ? point.y + offset.y : point.y - offset.y - line
        return Box(x: x...x + width, y: y...y + line)
    }
}
