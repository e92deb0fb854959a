/// The colour map viridis, by linear interpolation between eleven of its colours.
enum Viridis {
    private static let stops: [(Double, Double, Double)] = [
        (68, 1, 84), (72, 36, 117), (65, 68, 135), (53, 95, 141), (42, 120, 142), (33, 145, 140), (34, 168, 132),
        (68, 191, 112), (122, 209, 81), (189, 223, 38), (253, 231, 37),
    ]

    /// The colour at `position` from 0 (dark) to 1 (light), as red, green and blue from 0 to 255.
    static func color(_ position: Double) -> [UInt8] {
        let place = min(max(position, 0), 1) * Double(stops.count - 1)
        let below = min(Int(place), stops.count - 2)
        let share = place - Double(below)
        let (a, b) = (stops[below], stops[below + 1])
        return [(a.0, b.0), (a.1, b.1), (a.2, b.2)].map { UInt8(($0 + ($1 - $0) * share).rounded()) }
    }

    /// The colour at `position` as `#rrggbb`.
    static func hex(_ position: Double) -> String {
        "#" + color(position).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
}
