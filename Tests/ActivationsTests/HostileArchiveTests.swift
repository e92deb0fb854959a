import Activations
import Foundation
import Testing

/// Damage of every kind, through all that reads an archive: it may be refused or found, but never believed, and never ends
/// the program. In processes of their own, because libhdf5 can keep parts of damaged files.
@Suite struct HostileArchiveTests {
    /// Opens, validates and hashes a file.
    ///
    /// - Returns: what was wrong with the answers.
    private static func contradictions(of path: String, _ comment: String) throws -> [String] {
        var wrong: [String] = []
        let validation: ArchiveValidation
        do throws(ArchiveError) {
            validation = try ArchiveValidation(of: path, depth: .digests)
        } catch {
            return ["\(comment): there, and not accessible: \(error)"]
        }
        let archive: ActivationArchive
        do {
            archive = try ActivationArchive(opening: path)
        } catch {
            if validation.severity ?? .suggestion < .violation { wrong.append("\(comment): refused, but valid") }
            return wrong
        }
        guard let damages = archive.damages() else { return ["\(comment): stopped"] }
        _ = try? archive.contentDigest()
        let found = validation.findings.contains { ["digest-differs", "damaged"].contains($0.code) }
        if !damages.isEmpty, !found { wrong.append("\(comment): damages that validation has not found") }
        if archive.findings(of: damages).isEmpty != damages.isEmpty { wrong.append("\(comment): no words for damages") }
        // What has its digest is what was recorded. Records and names that came from damage are no layers of this run.
        for record in 0..<min(3, archive.committedRecords) where damages.isEmpty {
            guard let differing = try? SmallRun.damages(of: record, in: archive) else { continue }
            if !differing.isEmpty { wrong.append("\(comment): believed \(differing)") }
        }
        return wrong
    }

    @Test(arguments: [false, true])
    func `an archive that is cut off at every page is refused or whole`(isClosed: Bool) async {
        await #expect(processExitsWith: .success) { [isClosed] in
            let file = try TemporaryFile()
            let writer = try SmallRun.write(to: file.path, close: isClosed)
            let whole = try Data(contentsOf: URL(fileURLWithPath: file.path))
            var opened = 0
            for length in stride(from: 4096, through: whole.count, by: 4096) {
                let cut = "\(file.path).\(length)"
                try whole.prefix(length).write(to: URL(fileURLWithPath: cut))
                let wrong = try HostileArchiveTests.contradictions(of: cut, "\(length)")
                #expect(wrong == [], "\(wrong)")
                if (try? ActivationArchive(opening: cut)) != nil { opened += 1 }
                unlink(cut)
            }
            // Of a closed archive only the whole one opens.
            #expect(isClosed ? opened == (whole.count % 4096 == 0 ? 1 : 0) : opened >= 1, "\(opened) opened")
            try writer.close()
        }
    }

    @Test(arguments: [nil, 1])
    func `an archive with flipped bits is refused, or its damage is found`(deflate: Int?) async {
        await #expect(processExitsWith: .success) { [deflate] in
            let file = try TemporaryFile()
            try SmallRun.write(to: file.path, options: WriterOptions(deflate: deflate))
            let whole = try Data(contentsOf: URL(fileURLWithPath: file.path))
            var state: UInt64 = 7
            func draw(below limit: Int) -> Int {
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                return Int(state >> 33) % limit
            }
            // Most of a small file is empty: flips go to bytes that are in use.
            let used = whole.indices.filter { whole[$0] != 0 }
            for number in 0..<200 {
                var bytes = whole
                for _ in 0...draw(below: 4) { bytes[used[draw(below: used.count)]] ^= 1 << UInt8(draw(below: 8)) }
                // Files of their own: libhdf5 takes one that it could not close for the next of the same inode.
                let path = "\(file.path).\(number)"
                try bytes.write(to: URL(fileURLWithPath: path))
                let wrong = try HostileArchiveTests.contradictions(of: path, "\(number)")
                #expect(wrong == [], "\(wrong)")
                unlink(path)
            }
        }
    }
}
