internal import CHDF5
internal import CHDF5Trial

#if canImport(Darwin)
    internal import Darwin
#else
    internal import Glibc
#endif

/// The one door to libhdf5: a process-wide recursive lock, and error stacks turned into values.
///
/// The lock is recursive because a handle may be released, and so closed, while another call holds it. Tests take it, too,
/// to make by libhdf5 itself what no archive has.
package enum Library {
    nonisolated(unsafe) private static let mutex: UnsafeMutablePointer<pthread_mutex_t> = {
        let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
        var attributes = pthread_mutexattr_t()
        pthread_mutexattr_init(&attributes)
        #if canImport(Darwin)
            pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_RECURSIVE)
        #else
            pthread_mutexattr_settype(&attributes, Int32(PTHREAD_MUTEX_RECURSIVE))
        #endif
        pthread_mutex_init(mutex, &attributes)
        // At exit the library would flush files whose writing has failed, and so damage what is safe in them.
        H5dont_atexit()
        // No library is loaded because a file asks for it, unless the caller trusts the file.
        H5PLset_loading_state(0)
        chdf5_watch_for_crashes()
        pthread_mutexattr_destroy(&attributes)
        return mutex
    }()

    /// Runs `body` under the lock, with libhdf5's printing of errors switched off for this thread.
    package static func locked<Result, Failure: Error>(_ body: () throws(Failure) -> Result) throws(Failure) -> Result {
        pthread_mutex_lock(mutex)
        chdf5_enter()
        defer {
            chdf5_leave()
            pthread_mutex_unlock(mutex)
        }
        return try body()
    }

    /// Runs one call of libhdf5; a negative result is thrown with the error stack, which is cleared.
    @discardableResult
    static func call<Status: SignedInteger>(
        _ operation: String, at place: String, _ body: () -> Status
    ) throws(HDF5Error) -> Status {
        try locked { () throws(HDF5Error) -> Status in
            chdf5_set_place(place)
            let status = body()
            guard status >= 0 else {
                throw HDF5Error(operation: operation, place: place, causes: takeErrorStack())
            }
            return status
        }
    }

    /// Like `call`, and keeps the identifier as a handle that closes itself.
    static func open(
        _ operation: String, at place: String, parent: Handle?, _ body: () -> hid_t
    ) throws(HDF5Error) -> Handle {
        Handle(try call(operation, at: place, body), parent: parent)
    }

    /// What the last failed call of this thread left, which is then forgotten.
    static func takeErrorStack() -> [String] {
        defer { H5Eclear2(hid_t(H5E_DEFAULT)) }
        return errorStack()
    }

    /// What the last failed call of this thread left, from the public call inwards.
    static func errorStack() -> [String] {
        var causes: [String] = []
        withUnsafeMutablePointer(to: &causes) { list in
            _ = H5Ewalk2(
                hid_t(H5E_DEFAULT), H5E_WALK_DOWNWARD,
                { _, entry, list in
                    if let text = entry?.pointee.desc {
                        list?.assumingMemoryBound(to: [String].self).pointee.append(String(cString: text))
                    }
                    return 0
                }, list)
        }
        return causes
    }
}

/// An identifier of libhdf5 that is closed when the last reference to it goes.
final class Handle: Sendable {
    let id: hid_t
    /// Kept open at least as long as this.
    private let parent: Handle?

    init(_ id: hid_t, parent: Handle?) {
        self.id = id
        self.parent = parent
    }

    deinit {
        // Fails for an object whose file was closed explicitly: it is closed already, and identifiers are not reused.
        Library.locked {
            if H5Idec_ref(id) < 0 { H5Eclear2(hid_t(H5E_DEFAULT)) }
        }
    }
}
