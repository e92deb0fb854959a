/// One line on a watched terminal that shows how far long work has come; nothing at all in a pipe.
final class ProgressBar {
    private let title: String
    private let clock = ContinuousClock()
    private let start: ContinuousClock.Instant
    private var lastDrawn: ContinuousClock.Instant?

    init(_ title: String) {
        self.title = title
        start = clock.now
    }

    /// Draws `done` of `total` with a note, at most ten times a second.
    func update(done: Int, total: Int, note: String) {
        guard Terminal.isWatched else { return }
        let now = clock.now
        if let lastDrawn, done < total, lastDrawn.duration(to: now) < .milliseconds(100) { return }
        lastDrawn = now
        let share = Double(done) / Double(max(1, total))
        let cells = 24
        let filled = Int(share * Double(cells))
        let bar = String(repeating: "█", count: filled) + String(repeating: "░", count: cells - filled)
        var line = "\(title) \(bar) \(done)/\(total)"
        if done > 0, done < total {
            let each = start.duration(to: now) / done
            line += " · \(Self.rate(each)) · \(Self.text(each * (total - done))) left"
        }
        line += " · " + note
        Terminal.writeAll("\r\u{1B}[2K" + String(line.prefix(Terminal.width - 1)), to: 2)
    }

    /// Removes the line.
    func finish() {
        guard Terminal.isWatched, lastDrawn != nil else { return }
        Terminal.writeAll("\r\u{1B}[2K", to: 2)
    }

    /// How fast work comes: 12.3/s, or 4.5 s each.
    private static func rate(_ each: Duration) -> String {
        let seconds = each / .seconds(1)
        if seconds > 0, seconds < 1 { return "\(decimals(1 / seconds, seconds > 0.1 ? 1 : 0))/s" }
        return "\(decimals(seconds, 1)) s each"
    }

    /// A duration for people: 1:05.
    private static func text(_ duration: Duration) -> String {
        let seconds = Int(duration.components.seconds)
        return seconds < 60 ? "\(seconds) s" : "\(seconds / 60):\(seconds % 60 < 10 ? "0" : "")\(seconds % 60)"
    }
}
