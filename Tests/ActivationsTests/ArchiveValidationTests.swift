import Activations
import Foundation
import HDF5
import Testing

@Suite struct ArchiveValidationTests {
    private func rules(of path: String, _ depth: ArchiveValidation.Depth) throws -> Set<String> {
        Set(try ArchiveValidation(of: path, depth: depth).findings.map(\.code))
    }

    @Test(arguments: RuleCase.all)
    func `a rule is fired by the file that breaks it, and not by the one beside it`(_ example: RuleCase) throws {
        let temporary = try TemporaryFile()
        try example.fires(temporary.path)
        let fired = try ArchiveValidation(of: temporary.path, depth: example.depth)
        #expect(
            Set(fired.findings.map(\.code)) == Set(([example.rule] + example.companions).map(\.rawValue)),
            "\(fired.findings)")
        for finding in fired.findings {
            #expect(finding.location.hasPrefix(temporary.path))
            #expect(finding.severity == ArchiveRule(rawValue: finding.code)?.severity)
            #expect(finding.remedy.hasSuffix(".") && !finding.problem.isEmpty, "\(finding)")
        }
        let other = try TemporaryFile()
        try example.spares(other.path)
        let spared = try ArchiveValidation(of: other.path, depth: example.depth)
        #expect(Set(spared.findings.map(\.code)) == Set(example.spared.map(\.rawValue)), "\(spared.findings)")
        #expect(!example.spared.contains(example.rule))
        #expect(spared.isComplete)
    }

    @Test func `no rule is without a file that breaks it`() {
        let shown = Set(RuleCase.all.map(\.rule))
        #expect(ArchiveRule.allCases.filter { !shown.contains($0) } == [])
        for rule in ArchiveRule.allCases {
            #expect(rule.rawValue.allSatisfy { $0.isLowercase || $0.isNumber || $0 == "-" }, "\(rule)")
            #expect(!rule.meaning.isEmpty)
        }
    }

    @Test func `a sound archive has no findings at any depth, deflated or not`() throws {
        for options in [WriterOptions(), WriterOptions(deflate: 6)] {
            let temporary = try TemporaryFile()
            try SoundRun.write(to: temporary.path, options: options)
            for depth in [ArchiveValidation.Depth.structure, .contents, .digests] {
                let validation = try ArchiveValidation(of: temporary.path, depth: depth)
                #expect(validation.findings == [] && validation.isComplete)
            }
        }
    }

    @Test func `what is found is named by epoch, sample, unit and figures`() throws {
        let temporary = try TemporaryFile()
        try SoundRun.write(to: temporary.path)
        var archive = try EditableArchive(reading: temporary.path)
        archive.setLayer("/splits/train/layers/logits") { $0[32 + 7] = .nan }
        archive.setLayer("/splits/test/layers/hidden") {
            for place in stride(from: 1, to: 144, by: 3) { $0[place] = 0 }
        }
        archive.set("/committed", .int64([2]))
        try archive.write(to: temporary.path)
        let findings = try ArchiveValidation(of: temporary.path).findings
        let texts = findings.map { $0.description.replacingOccurrences(of: temporary.path, with: "run.h5") }
        #expect(
            texts == [
                "run.h5:/splits/train/layers/logits: nan at epoch 10, sample 3, unit 1; expected finite numbers. "
                    + "Look at the loss and the learning rate of this run, and record it again.",
                "run.h5: /epoch has 3 rows, but 2 records are committed; the rest is a record that was not finished, and "
                    + "is ignored. Nothing needs to be done; recording on overwrites it.",
                "run.h5:/splits/test/layers/hidden: units with 0 for all samples: 1 of 3 at epoch 0, the most; there are "
                    + "some in 2 of 2 records, from epoch 0 to epoch 10. Dead units add nothing; fewer units or another "
                    + "seed may.",
            ])
        #expect(findings.map(\.severity) == [.violation, .suggestion, .suggestion])
    }

    @Test func `a broken structure has all its findings, and says that the rest was not read`() throws {
        let temporary = try TemporaryFile()
        try SoundRun.write(to: temporary.path)
        var archive = try EditableArchive(reading: temporary.path)
        archive.set("/epoch", .int64([0, 10, 10]))
        archive.remove("/splits/train/digests/logits")
        archive.attributes["/splits/test/layers/half"]?["kind"] = .string("magic")
        archive.setLayer("/splits/train/layers/logits") { $0[0] = .nan }
        try archive.write(to: temporary.path)
        let validation = try ArchiveValidation(of: temporary.path)
        #expect(validation.findings.map(\.code) == ["missing-object", "epoch-order", "attribute-value"])
        #expect(!validation.isComplete)
    }

    @Test func `stopping leaves what was found in whole layers`() throws {
        let temporary = try TemporaryFile()
        try SoundRun.write(to: temporary.path)
        var archive = try EditableArchive(reading: temporary.path)
        archive.setLayer("/splits/test/layers/hidden") { $0[0] = .nan }
        archive.setLayer("/splits/train/layers/logits") { $0[0] = .nan }
        try archive.write(to: temporary.path)
        var asked = 0
        var steps: [(Int, Int)] = []
        let validation = try ArchiveValidation(
            of: temporary.path, progress: { done, total, _ in steps.append((done, total)) },
            shouldStop: {
                asked += 1
                return asked > 12
            })
        #expect(!validation.isComplete)
        #expect(validation.findings.map(\.code) == ["not-finite"])
        // Two splits with five layers of three records, inputs of three records and of one.
        #expect(steps.allSatisfy { $0.1 == 34 } && steps.map(\.0) == steps.map(\.0).sorted())
    }

    @Test func `a file that is not there cannot be validated`() throws {
        let error = #expect(throws: ArchiveError.self) { try ArchiveValidation(of: "/nonexistent.h5") }
        #expect(error?.kind == .inaccessible)
    }

    @Test func `copies with other chunks and filters have one content digest, and a changed value another`() throws {
        let (plain, deflated) = (try TemporaryFile(), try TemporaryFile())
        try SoundRun.write(to: plain.path)
        try SoundRun.write(to: deflated.path, options: WriterOptions(deflate: 9)) { $0.title = "Another title" }
        let digest = try ActivationArchive(opening: plain.path).contentDigest()
        #expect(try ActivationArchive(opening: deflated.path).contentDigest() == digest)
        let changed = try TemporaryFile()
        try SoundRun.write(to: changed.path) { $0.splits[1].sampleIDs[3] = 100 }
        #expect(try ActivationArchive(opening: changed.path).contentDigest() != digest)
        var archive = try EditableArchive(reading: plain.path)
        archive.datasets["/splits/train/layers/hidden"]?.chunk = [2, 5, 2]
        try archive.write(to: changed.path)
        #expect(try ActivationArchive(opening: changed.path).contentDigest() == digest)
    }
}
