internal import HDF5

/// Why an archive could not be opened, read or written: one finding, or all of a broken structure at once.
public struct ArchiveError: Error, Sendable, Hashable, CustomStringConvertible {
    /// What kind of trouble it is, for programs.
    public enum Kind: String, Sendable, Hashable {
        /// There is no such file, it is a directory, or it may not be read or written.
        case inaccessible
        /// The output exists already.
        case exists
        /// Not an HDF5 file, or one of another format.
        case foreign
        /// An archive of a newer major version.
        case newer
        /// Truncated, damaged, or against the rules of the format.
        case malformed
        /// No split, layer, record or sample of this name or number.
        case unknown
        /// What was to be written is against the rules of the format.
        case refused
        /// The system failed: the disk is full, a read failed.
        case system
    }

    /// One thing that is wrong.
    public struct Finding: Sendable, Hashable, CustomStringConvertible {
        /// File, and after a colon the object in it.
        public let location: String
        /// What is wrong; what was expected, what was found.
        public let problem: String
        /// What to do.
        public let remedy: String
        /// The code of the rule that is broken, for programs: `label-drift`.
        public let code: String
        /// How grave it is.
        public let severity: ArchiveRule.Severity

        init(_ rule: ArchiveRule, location: String, problem: String, remedy: String) {
            self.init(
                location: location, problem: problem, remedy: remedy, code: rule.rawValue, severity: rule.severity)
        }

        /// What no rule of a file says: a description, a name or a value that is refused.
        init(
            location: String, problem: String, remedy: String, code: String = Kind.refused.rawValue,
            severity: ArchiveRule.Severity = .critical
        ) {
            self.location = location
            self.problem = problem
            self.remedy = remedy
            self.code = code
            self.severity = severity
        }

        /// `where: what is wrong. What to do.`
        public var description: String {
            // A problem that ends with a name may end with the name's own full stop.
            "\(location): \(problem)\(problem.hasSuffix(".") ? "" : ".") \(remedy)"
        }
    }

    /// What kind of trouble it is.
    public let kind: Kind
    /// At least one.
    public let findings: [Finding]

    /// One line per finding.
    public var description: String { findings.map(\.description).joined(separator: "\n") }

    init(_ kind: Kind, findings: [Finding]) {
        self.kind = kind
        self.findings = findings
    }

    /// - Parameter rule: the rule that is broken, where it is not the one that the kind has.
    init(_ kind: Kind, at location: String, _ problem: String, _ remedy: String, rule: ArchiveRule? = nil) {
        self.init(
            kind,
            findings: [
                Finding(location: location, problem: problem, remedy: remedy, code: rule?.rawValue ?? kind.code)
            ])
    }

    /// A failure of libhdf5 on an archive that is being read.
    init(reading error: HDF5Error) {
        self.init(
            .system, at: error.place, "could not \(error.operation) (\(error.reason))",
            error.remedy ?? "The file is damaged, or the disk failed: copy it again from its source.")
    }

    /// A failure of libhdf5 on an archive that is being written.
    init(writing error: HDF5Error) {
        let isFull = error.mentions("No space left") || error.mentions("Disk quota") || error.mentions("File too large")
        self.init(
            .system, at: error.place, "could not \(error.operation) (\(error.reason))",
            isFull
                ? "The disk is full: make room and record again; the committed records in this file are safe."
                : "The committed records in this file are safe.")
    }
}

extension ArchiveError.Kind {
    /// The code of a finding that has no rule of its own.
    fileprivate var code: String {
        switch self {
        case .foreign: ArchiveRule.notAnArchive.rawValue
        case .newer: ArchiveRule.newerVersion.rawValue
        case .malformed, .system: ArchiveRule.damaged.rawValue
        default: rawValue
        }
    }
}
