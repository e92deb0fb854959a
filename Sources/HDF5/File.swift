internal import CHDF5

#if canImport(Darwin)
    internal import Darwin
#else
    internal import Glibc
#endif

/// An open HDF5 file. It closes itself when the last object in it is released; `close()` does so now and reports.
public final class File: Sendable {
    /// How an existing file is opened.
    public enum Access: Sendable, Hashable {
        case readOnly
        /// While a writer that has started SWMR writing holds the file, or was killed while it did.
        case readOnlyWhileWritten
        case readWrite
        /// As a writer that readers follow, from the first instant on: no object or attribute can be created, and killed at
        /// any time the writer leaves a file that can be read.
        case readWriteWhileRead

        /// To be asked for under the lock: the macros behind it initialize libhdf5.
        fileprivate var flags: UInt32 {
            switch self {
            case .readOnly: chdf5_read_only()
            case .readOnlyWhileWritten: chdf5_read_only_swmr()
            case .readWrite: chdf5_read_write()
            case .readWriteWhileRead: chdf5_read_write_swmr()
            }
        }
    }

    /// Bytes of a page of the file, that of the operating system. A process that is killed while it writes leaves whole
    /// pages: structures of libhdf5 that lay across two could be torn, so each is kept inside one.
    static let pageSize: hsize_t = 4096

    /// The path as given.
    public let path: String
    /// The group `/`.
    public let root: Group
    let handle: Handle

    /// Creates a file whose format is exactly that of libhdf5 1.10, which every later library reads.
    ///
    /// - Parameters:
    ///   - path: the file.
    ///   - replacing: whether a file that exists may be overwritten; if not, it is left alone and an error thrown.
    public convenience init(creating path: String, replacing: Bool = false) throws(HDF5Error) {
        let operation = "create the file"
        let creation = try Library.open(operation, at: path, parent: nil) { H5Pcreate(chdf5_file_create_class()) }
        try Library.call(operation, at: path) {
            H5Pset_file_space_strategy(creation.id, H5F_FSPACE_STRATEGY_PAGE, false, 1)
        }
        try Library.call(operation, at: path) { H5Pset_file_space_page_size(creation.id, Self.pageSize) }
        try self.init(path: path, operation: operation, limitedByFile: false, locking: true) { access in
            H5Fcreate(path, replacing ? chdf5_create_replacing() : chdf5_create_exclusive(), creation.id, access)
        }
    }

    /// Opens a file that exists. One that is locked by another program is tried for a fifth of a second: a writer holds
    /// its lock only until it lets readers in, and a process just being spawned holds all locks for an instant.
    ///
    /// - Parameters:
    ///   - path: the file.
    ///   - access: what it is opened for.
    ///   - locking: false on file systems that have no locks; then nothing stops a writer.
    ///   - ignoringEnd: whether a file is opened that is shorter than it says; what is beyond its end reads as zeros.
    ///   - trust: what the file may do beyond being read. Plug-ins, once trusted, stay loadable for this process, but
    ///     only data sets of files that are trusted so go through them.
    /// - Throws: also where the file is damaged so that libhdf5 would crash or never return.
    public convenience init(
        opening path: String, _ access: Access = .readOnly, locking: Bool = true, ignoringEnd: Bool = false,
        trusting trust: Trust = []
    ) throws(HDF5Error) {
        // What is read can be no larger than the file allows; a file that we write ourselves may not be on disk yet.
        try self.init(
            path: path, operation: "open the file",
            limitedByFile: access == .readOnly || access == .readOnlyWhileWritten, locking: locking,
            ignoringEnd: ignoringEnd, trust: trust
        ) { properties throws(HDF5Error) in
            if trust.contains(.plugins) { H5PLset_loading_state(UInt32(H5PL_FILTER_PLUGIN)) }
            // The trial never writes.
            let flags = access == .readOnlyWhileWritten ? chdf5_read_only_swmr() : chdf5_read_only()
            try Trial.pass(path, flags: flags, access: properties, trusting: trust)
            var file = H5Fopen(path, access.flags, properties)
            for _ in 0..<10
            where file < 0 && Library.errorStack().contains(where: { $0.contains("errno = \(EAGAIN),") }) {
                usleep(20_000)
                file = H5Fopen(path, access.flags, properties)
            }
            return file
        }
        if access == .readWriteWhileRead { try holdAsWriter() }
    }

    private init(
        path: String, operation: String, limitedByFile: Bool, locking: Bool, ignoringEnd: Bool = false,
        trust: Trust = [],
        _ open: (hid_t) throws(HDF5Error) -> hid_t
    ) throws(HDF5Error) {
        let access = try Library.open(operation, at: path, parent: nil) { H5Pcreate(chdf5_file_access_class()) }
        try Library.call(operation, at: path) { H5Pset_libver_bounds(access.id, H5F_LIBVER_V110, H5F_LIBVER_V110) }
        try Library.call(operation, at: path) { H5Pset_fclose_degree(access.id, H5F_CLOSE_STRONG) }
        // A reader behind a writer tries again where a checksum is wrong, 100 times unless told otherwise, and waits
        // twice as long each time, from 1 ns: it would never give up a damaged file. 22 times are about 4 ms.
        try Library.call(operation, at: path) { H5Pset_metadata_read_attempts(access.id, 22) }
        if ignoringEnd {
            // The property that HDF5's own h5clear sets to mend such files.
            var isIgnored = true
            try Library.call(operation, at: path) { H5Pset(access.id, "skip_eof_check", &isIgnored) }
        }
        if !locking {
            try Library.call(operation, at: path) { H5Pset_file_locking(access.id, false, true) }
        }
        // One lock from the trial to the opening: while the child is made, no other thread may be inside libhdf5.
        handle = try Library.locked { () throws(HDF5Error) in
            let file = try open(access.id)
            return try Library.open(operation, at: path, parent: nil) { file }
        }
        self.path = path
        let descriptor = try Self.descriptor(of: handle, path)
        // A process that is spawned meanwhile must not inherit the file, nor its lock.
        _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
        root = try Group(
            opening: "/", in: handle,
            file: Place(
                file: path, object: "/", limitedByFile: limitedByFile, trust: trust,
                bytes: limitedByFile ? try Self.bytes(of: handle, path, descriptor) : nil))
    }

    /// Whether the space of the file is kept in pages, so that no small structure lies across two.
    public var isPaged: Bool {
        get throws(HDF5Error) {
            let operation = "find the file's space strategy"
            let creation = try Library.open(operation, at: path, parent: handle) { H5Fget_create_plist(handle.id) }
            var strategy = H5F_FSPACE_STRATEGY_FSM_AGGR
            var persists = false
            var threshold: hsize_t = 0
            try Library.call(operation, at: path) {
                H5Pget_file_space_strategy(creation.id, &strategy, &persists, &threshold)
            }
            return strategy == H5F_FSPACE_STRATEGY_PAGE
        }
    }

    /// From now on readers may follow: objects and attributes must all exist, and no handle of an attribute be open.
    ///
    /// libhdf5 gives its lock back here, and nothing would tell a living writer from a killed one. A shared lock does: it
    /// goes with the process, and readers hold no other kind.
    public func startSWMRWriting() throws(HDF5Error) {
        try Library.call("start SWMR writing", at: path) { H5Fstart_swmr_write(handle.id) }
        try holdAsWriter()
    }

    private func holdAsWriter() throws(HDF5Error) {
        guard flock(try descriptor(), LOCK_SH | LOCK_NB) == 0 else {
            throw HDF5Error(
                operation: "hold the file as its writer", place: path, causes: [String(cString: strerror(errno))])
        }
    }

    /// Whether some program, this one among them, holds a lock on the file: a writer, or a reader at this instant.
    public static func isLocked(_ path: String) -> Bool {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return false }
        defer { closeDescriptor(descriptor) }
        return !withExclusiveLock(on: descriptor) {}
    }

    /// Runs `body` while no program holds the file, and gives the lock back before the descriptor is closed.
    ///
    /// A process just being spawned holds all that its parent has open, locks among it: so it is tried for a twentieth of
    /// a second, no child of a trial is made meanwhile, and closing alone would not give the lock back.
    ///
    /// - Returns: false where a program holds the file. File systems without locks have no writer of ours.
    static func withExclusiveLock<Failure: Error>(
        on descriptor: Int32, _ body: () throws(Failure) -> Void
    ) throws(Failure) -> Bool {
        for attempt in 0..<6 {
            if attempt > 0 { usleep(10_000) }
            let isFree = try Library.locked { () throws(Failure) in
                guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK else { return false }
                defer { flock(descriptor, LOCK_UN) }
                try body()
                return true
            }
            if isFree { return true }
        }
        return false
    }

    /// Hands everything written so far to the operating system.
    public func flush() throws(HDF5Error) {
        try Library.call("flush the file", at: path) { H5Fflush(handle.id, H5F_SCOPE_GLOBAL) }
    }

    /// Waits until everything flushed is on the disk, so that it survives a loss of power (`fdatasync`).
    public func synchronize() throws(HDF5Error) {
        let descriptor = try descriptor()
        #if canImport(Darwin)
            let status = fcntl(descriptor, F_FULLFSYNC)
        #else
            let status = fdatasync(descriptor)
        #endif
        guard status >= 0 else {
            throw HDF5Error(
                operation: "synchronize the file", place: path, causes: [String(cString: strerror(errno))])
        }
    }

    private func descriptor() throws(HDF5Error) -> Int32 { try Self.descriptor(of: handle, path) }

    /// The file's bytes past libhdf5; nil where this process writes the file too, because not all of it is in them then.
    private static func bytes(
        of handle: Handle, _ path: String, _ descriptor: Int32
    ) throws(HDF5Error) -> FileBytes? {
        let operation = "open the file"
        var intent: UInt32 = 0
        try Library.call(operation, at: path) { H5Fget_intent(handle.id, &intent) }
        guard Library.locked({ intent & chdf5_read_write() }) == 0 else { return nil }
        let creation = try Library.open(operation, at: path, parent: handle) { H5Fget_create_plist(handle.id) }
        var userBlock: hsize_t = 0
        try Library.call(operation, at: path) { H5Pget_userblock(creation.id, &userBlock) }
        return FileBytes(path, openAs: descriptor, hasPlainAddresses: userBlock == 0)
    }

    private static func descriptor(of handle: Handle, _ path: String) throws(HDF5Error) -> Int32 {
        var pointer: UnsafeMutableRawPointer?
        try Library.call("find the file's descriptor", at: path) {
            H5Fget_vfd_handle(handle.id, hid_t(H5P_DEFAULT), &pointer)
        }
        return pointer?.load(as: Int32.self) ?? -1
    }

    /// Closes the file and every object of it now; using them afterwards throws.
    public func close() throws(HDF5Error) {
        // Closing alone does not give the lock back where a process that was being spawned has inherited the file.
        let duplicate = fcntl(try descriptor(), F_DUPFD_CLOEXEC, 0)
        defer {
            if duplicate >= 0 {
                flock(duplicate, LOCK_UN)
                Self.closeDescriptor(duplicate)
            }
        }
        do throws(HDF5Error) {
            try Library.call("close the file", at: path) { H5Fclose(handle.id) }
        } catch {
            // What could not be flushed leaves libhdf5 1.10 with an identifier of freed memory: closing it again crashes.
            abandon()
            throw error
        }
    }

    static func closeDescriptor(_ descriptor: Int32) {
        #if canImport(Darwin)
            Darwin.close(descriptor)
        #else
            Glibc.close(descriptor)
        #endif
    }

    /// Leaves the file as it lies until the process ends: nothing more is flushed, not even the mark of its writer.
    ///
    /// For a file whose writing has failed. Closing it would write its superblock without what it promises, and
    /// libhdf5 1.10 crashes in places. Objects of the file that are still open must be abandoned with it.
    public func abandon() { _ = Unmanaged.passRetained(self) }
}

/// Where an object lies, for messages; and whether reads from it are checked against the size of the file.
struct Place: Sendable {
    let file: String
    let object: String
    let limitedByFile: Bool
    let trust: File.Trust
    /// The file's bytes past libhdf5, nil where only libhdf5 can read them.
    let bytes: FileBytes?
    /// File and object, for messages: every call of libhdf5 gets it.
    let text: String

    init(file: String, object: String, limitedByFile: Bool, trust: File.Trust, bytes: FileBytes?) {
        self.file = file
        self.object = object
        self.limitedByFile = limitedByFile
        self.trust = trust
        self.bytes = bytes
        text = "\(file):\(object)"
    }

    func child(_ name: String) -> Place {
        Place(
            file: file, object: object == "/" ? "/\(name)" : "\(object)/\(name)", limitedByFile: limitedByFile,
            trust: trust, bytes: bytes)
    }

    /// Bytes of the file now, nil where reads are not limited or the size is not known.
    var fileSize: Int? {
        guard limitedByFile else { return nil }
        var status = stat()
        return stat(file, &status) == 0 ? Int(status.st_size) : nil
    }
}
