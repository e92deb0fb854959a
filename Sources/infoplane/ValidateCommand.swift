import Activations
import ArgumentParser

struct ValidateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "validate",
        abstract: "Check archives: structure, labels, and every recorded value.",
        discussion: """
            Findings are critical (the file cannot be read as an archive), violations (a rule of the format is broken, or \
            what is stored contradicts itself) or suggestions. Each has a code for programs, a place, and what to do. \
            Where the structure is broken, what lies behind it is not read. Every record is read once; --digests also \
            hashes its bytes, --quick reads no records. A layer without negative values is a violation only where it \
            claims to be linear (logits, or activation identity) and has exact zeros, as an in-place ReLU leaves them.

            EXAMPLES:
              infoplane validate run.h5
              infoplane validate *.h5 --digests
              infoplane validate run.h5 --quick --json
              infoplane validate --rules

            EXIT CODES: 0 at most suggestions; 1 a violation, a critical finding, or stopped; 2 could not run; 64 usage.
            """)

    @Argument(help: "The archives.", completion: .file(extensions: ["h5"]))
    var archives: [String] = []

    @OptionGroup var allow: AllowOption

    @Flag(help: "Also check the bytes of every layer record and of the inputs against their digests.")
    var digests = false

    @Flag(help: "Read no layers and no inputs.")
    var quick = false

    @Flag(help: "Print JSON for programs.")
    var json = false

    @Flag(help: "List all rules with their codes.")
    var rules = false

    func validate() throws {
        if digests && quick {
            throw ValidationError("--digests reads every byte and --quick none of the records: choose one of them")
        }
        if archives.isEmpty && !rules { throw ValidationError("name an archive, or --rules") }
    }

    func run() async throws {
        try await Terminal.reporting {
            if rules { return try Terminal.write(json ? Self.rulesObject.text + "\n" : Self.rulesTable) }
            Interruption.watch()
            var objects: [JSONText] = []
            var (isBroken, couldNotRun) = (false, false)
            for archive in archives where !Interruption.isRequested {
                let bar = ProgressBar("validate")
                defer { bar.finish() }
                do {
                    let validation = try ArchiveValidation(
                        of: archive, depth: quick ? .structure : digests ? .digests : .contents,
                        trusting: allow.trust,
                        progress: { bar.update(done: $0, total: $1, note: $2) },
                        shouldStop: { Interruption.isRequested })
                    bar.finish()
                    isBroken = isBroken || validation.severity ?? .suggestion >= .violation
                    if json {
                        objects.append(Self.object(validation, archive))
                    } else {
                        try Terminal.write(Self.text(of: validation, archive))
                    }
                } catch let error as ArchiveError {
                    bar.finish()
                    Terminal.note("error: \(error)")
                    couldNotRun = true
                }
            }
            if json { try Terminal.write(JSONText.list(objects).text + "\n") }
            if Interruption.isRequested { Terminal.note("stopped: the rest was not checked.") }
            if couldNotRun { throw ExitCode(2) }
            if isBroken || Interruption.isRequested { throw ExitCode(1) }
        }
    }

    private static func text(of validation: ArchiveValidation, _ archive: String) -> String {
        let findings = validation.findings
        var text = Terminal.bold(archive) + ": "
        if findings.isEmpty {
            return text + (validation.isComplete ? "no findings\n" : "stopped, no findings so far\n")
        }
        let counts = ArchiveRule.Severity.allCases.sorted(by: >).compactMap { severity in
            let count = findings.count { $0.severity == severity }
            return count == 0 ? nil : "\(count) \(noun(severity, count))"
        }
        text += counts.joined(separator: ", ") + "\n"
        let width = findings.map(\.code.count).max() ?? 0
        for finding in findings {
            let severity = finding.severity.rawValue
            let prefix = "\(archive):"
            let place =
                finding.location.hasPrefix(prefix) ? String(finding.location.dropFirst(prefix.count)) : "the file"
            text += "\n  " + Terminal.coloured(severity, colour(of: finding.severity))
            text += String(repeating: " ", count: 12 - severity.count) + finding.code
            text += String(repeating: " ", count: width + 2 - finding.code.count) + Terminal.bold(place) + "\n"
            text += "    \(finding.problem)\(finding.problem.hasSuffix(".") ? "" : ".")\n    → \(finding.remedy)\n"
        }
        if !validation.isComplete, findings[0].severity >= .violation {
            text += "\n  The recorded values were not checked, or not all of them.\n"
        }
        return text
    }

    private static func noun(_ severity: ArchiveRule.Severity, _ count: Int) -> String {
        switch severity {
        case .critical: "critical"
        case .violation: count == 1 ? "violation" : "violations"
        case .suggestion: count == 1 ? "suggestion" : "suggestions"
        }
    }

    private static func colour(of severity: ArchiveRule.Severity) -> Terminal.Colour {
        switch severity {
        case .critical: .red
        case .violation: .yellow
        case .suggestion: .cyan
        }
    }

    private static func object(_ validation: ArchiveValidation, _ archive: String) -> JSONText {
        .object([
            ("archive", .text(archive)), ("complete", .truth(validation.isComplete)),
            ("severity", validation.severity.map { .text($0.rawValue) } ?? .null),
            (
                "findings",
                .list(
                    validation.findings.map {
                        .object([
                            ("code", .text($0.code)), ("severity", .text($0.severity.rawValue)),
                            ("place", .text($0.location)), ("problem", .text($0.problem)), ("remedy", .text($0.remedy)),
                        ])
                    })
            ),
        ])
    }

    private static var rulesTable: String {
        var table = TextTable(["code", "severity", "asks that"])
        for rule in ArchiveRule.allCases { table.add([rule.rawValue, rule.severity.rawValue, rule.meaning]) }
        return table.text()
    }

    private static var rulesObject: JSONText {
        .list(
            ArchiveRule.allCases.map {
                .object([
                    ("code", .text($0.rawValue)), ("severity", .text($0.severity.rawValue)),
                    ("meaning", .text($0.meaning)),
                ])
            })
    }
}
