import Activations

/// An archive that a recorder is still writing, seen again whenever it has grown.
struct FollowedArchive {
    let path: String
    /// Records at the last look; nil before the first.
    private var seen: Int?
    /// The file just before the last look.
    private var stamp: FileStamp?

    private let trust: Trust

    init(_ path: String, trusting trust: Trust) {
        self.path = path
        self.trust = trust
    }

    /// Waits until the archive holds more records than at the last look.
    ///
    /// - Returns: nil when nothing more will come: the recorder has closed the archive or died, or a stop is asked for.
    mutating func next() async throws -> ActivationArchive? {
        while !Interruption.isRequested {
            // Asked before opening: a recorder that ends in between has committed all that the opening then finds.
            let isHeld = ActivationArchive.isHeld(path)
            let stamp = FileStamp(of: path)
            // Opening a large archive takes some 50 ms of processor time, looking at its stamp microseconds.
            if isHeld, let stamp, stamp.isSettled, stamp == self.stamp {
                try await Task.sleep(for: Self.pause)
                continue
            }
            self.stamp = stamp
            do {
                let archive = try ActivationArchive(opening: path, trusting: trust)
                if archive.committedRecords > seen ?? 0 || seen == nil && archive.info.isClosed {
                    seen = archive.committedRecords
                    return archive
                }
                if archive.info.isClosed { return nil }
                guard isHeld else {
                    Terminal.note(
                        "\(path): its recorder has ended without closing it, after "
                            + "\(archive.committedRecords == 1 ? "1 record" : "\(archive.committedRecords) records").")
                    return nil
                }
                if seen == nil, Terminal.isWatched { Terminal.note("\(path): waiting for the first record.") }
                seen = seen ?? 0
            } catch {
                // A recorder lets nobody in before everything is in place.
                guard isHeld else { throw error }
                self.stamp = nil
            }
            try await Task.sleep(for: Self.pause)
        }
        return nil
    }

    /// Short beside an epoch, long beside the time that a look takes.
    private static let pause = Duration.milliseconds(250)
}
