internal import Activations
internal import SampleFiles

/// Why a run could not be started, or could not be finished: one sentence that says where, what was expected and found,
/// and what to do.
public struct TrainingError: Error, Sendable, Hashable, CustomStringConvertible {
    /// What a caller may want to tell apart, for example to choose an exit code.
    public enum Kind: Sendable, Hashable {
        /// The request contradicts itself or the data: nothing was read or written.
        case request
        /// A data file is missing, damaged or not what it was said to be.
        case data
        /// The archive could not be written.
        case archive
        /// The loss became infinite or undefined; what was recorded before is whole.
        case diverged
    }

    /// What went wrong, in kind.
    public let kind: Kind

    /// The sentence: `where: what is wrong; expected, found. What to do.`
    public let description: String

    init(_ kind: Kind, _ description: String) {
        self.kind = kind
        self.description = description
    }
}

/// Runs `read`; what is wrong with a file is said in its own words.
func reading<T>(_ read: () throws(SampleFileError) -> T) throws(TrainingError) -> T {
    do throws(SampleFileError) {
        return try read()
    } catch {
        throw TrainingError(.data, error.description)
    }
}

/// Runs `body`; what the archive refuses is said in its own words.
func archiving<T>(_ body: () throws(ArchiveError) -> T) throws(TrainingError) -> T {
    do throws(ArchiveError) {
        return try body()
    } catch {
        throw TrainingError(.archive, error.description)
    }
}
