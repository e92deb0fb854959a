internal import CHDF5
internal import CHDF5Trial

extension File {
    /// What a file may make its reader do beyond reading the file itself. By default nothing of this.
    public struct Trust: OptionSet, Sendable, Hashable {
        /// The bits.
        public let rawValue: Int

        /// Filters from plug-ins: libhdf5 loads and runs whatever library its plug-in folder holds under that number.
        public static let plugins = Trust(rawValue: 1)
        /// Soft and external links, external storage and virtual data sets: they read what they name, any file among it.
        public static let links = Trust(rawValue: 2)

        /// From the bits.
        public init(rawValue: Int) { self.rawValue = rawValue }
    }
}

/// Every file is read on trial before it is opened.
///
/// libhdf5 1.10 crashes, loops, or takes memory without bound on some damaged files: heaps of texts and the trees of
/// older formats have no checksums. So a child process, with limits of memory and time, walks all that we could touch
/// later, data aside, and we open the file when it has come to its end. A file of 2 MB costs some milliseconds.
enum Trial {
    /// To be called under the lock, in the same manner as the file is to be opened.
    ///
    /// A file that this process has open already is taken as it is.
    static func pass(_ path: String, flags: UInt32, access: hid_t, trusting trust: File.Trust) throws(HDF5Error) {
        guard !chdf5_has_open(path) else { return }
        var place = [CChar](repeating: 0, count: 1024)
        let outcome = chdf5_try(path, flags, access, trust.contains(.links), &place, place.count)
        let reason: String
        var remedy = "Copy it again from its source, or record again."
        switch outcome {
        case CHDF5_TRIAL_PASSED: return
        case CHDF5_TRIAL_CRASHED: reason = "libhdf5 crashes on it"
        case CHDF5_TRIAL_ENDLESS: reason = "libhdf5 does not come to an end with it"
        case CHDF5_TRIAL_MEMORY: reason = "it claims more memory than any file of its kind needs"
        case CHDF5_TRIAL_LARGE: reason = "it holds more text than 16 MiB, the most that is read"
        default:
            reason = "no process could be started to try it"
            remedy = "Free some memory, or raise the limit of processes, and try again."
        }
        let end = place.firstIndex(of: 0) ?? 0
        let object = String(decoding: place[..<end].map { UInt8(bitPattern: $0) }, as: UTF8.self)
        throw HDF5Error(
            operation: "open the file", place: object.isEmpty ? path : "\(path):\(object)", causes: [reason],
            remedy: remedy)
    }
}
