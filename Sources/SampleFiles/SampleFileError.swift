/// Why a file of samples could not be read: where, what is wrong, what was expected, and what to do.
public struct SampleFileError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The sentence.
    public let description: String

    /// Creates an error of this sentence.
    init(_ description: String) {
        self.description = description
    }
}
