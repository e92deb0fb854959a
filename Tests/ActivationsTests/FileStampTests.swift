import Activations
import Foundation
import Testing

@Suite struct FileStampTests {
    @Test func `a change of a file is seen by its stamp, once the clock has ticked`() throws {
        let file = try TemporaryFile()
        #expect(FileStamp(of: file.path) == nil)
        try Data([1, 2]).write(to: URL(fileURLWithPath: file.path))
        #expect(try #require(FileStamp(of: file.path)).isSettled == false)
        func touch(secondsAgo: Double) throws {
            try FileManager.default.setAttributes(
                [.modificationDate: Date(timeIntervalSinceNow: -secondsAgo)], ofItemAtPath: file.path)
        }
        try touch(secondsAgo: 60)
        let before = try #require(FileStamp(of: file.path))
        #expect(before.isSettled && FileStamp(of: file.path) == before)
        // Written in place, as the counter of committed records is: only the time tells.
        let handle = try FileHandle(forUpdating: URL(fileURLWithPath: file.path))
        try handle.write(contentsOf: Data([3]))
        try handle.close()
        let after = try #require(FileStamp(of: file.path))
        #expect(after != before && !after.isSettled)
        try touch(secondsAgo: 50)
        #expect(FileStamp(of: file.path) != before)
    }
}
