internal import Foundation

/// A script could not be written.
public struct ScriptError: Error {
    /// Where.
    public let path: String
}

/// Writes an executable script by a process of its own: where this one wrote it, a child that another test starts at that moment
/// would hold it open for writing, and it could not be run ("Text file busy").
public func writeProgram(_ text: String, to path: String) throws {
    let shell = Process()
    shell.executableURL = URL(fileURLWithPath: "/bin/bash")
    shell.arguments = ["-c", "printf '%s' \"$TEXT\" >\"$0\" && chmod 755 \"$0\"", path]
    shell.environment = ["TEXT": text, "PATH": "/usr/bin:/bin"]
    shell.standardInput = FileHandle.nullDevice
    try shell.run()
    shell.waitUntilExit()
    guard shell.terminationStatus == 0 else { throw ScriptError(path: path) }
}
