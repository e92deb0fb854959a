import Configuration
import Testing

@Suite struct ConfigurationTests {
    private func read(_ text: String) throws -> Configuration { try Configuration(Array(text.utf8), of: "a.yaml") }

    private func refusal(of text: String) -> String {
        do {
            _ = try read(text)
            return "nothing was refused"
        } catch {
            return String(describing: error)
        }
    }

    @Test func `texts, numbers, truths, lists and nothing are told apart`() throws {
        let configuration = try read(
            """
            # a comment
            epochs: every:10
            samples: 1000     # a number stays the text that was written
            binning: [width:30@run, "width:5@[0,1]"]
            layer:
              - fc1
              - 'true'
            no-gib: true
            json: false
            keep: "true"
            split: null
            shard:
            target: []
            """)
        let values = Dictionary(uniqueKeysWithValues: configuration.settings.map { ($0.name, $0.value) })
        #expect(
            values == [
                "epochs": .text("every:10"), "samples": .text("1000"),
                "binning": .list(["width:30@run", "width:5@[0,1]"]), "layer": .list(["fc1", "true"]),
                "no-gib": .truth(true), "json": .truth(false), "keep": .text("true"), "split": .null, "shard": .null,
                "target": .list([]),
            ])
        #expect(configuration.settings.map(\.line) == [2, 3, 4, 5, 8, 9, 10, 11, 12, 13])
    }

    @Test func `a file of comments sets nothing`() throws {
        #expect(try read("").settings.isEmpty)
        #expect(try read("# nothing\n---\n").settings.isEmpty)
    }

    @Test func `what is no setting is refused with its line`() {
        #expect(
            refusal(of: "epochs: all\nepochs: last\n").hasPrefix(
                "a.yaml:2: 'epochs' is set a second time, first in line 1."))
        #expect(
            refusal(of: "- a\n- b\n").hasPrefix("a.yaml:1: expected settings such as 'epochs: every:10', found a list.")
        )
        #expect(refusal(of: "a:\n  b: 1\n").hasPrefix("a.yaml:2: 'a' is set to settings of its own;"))
        #expect(refusal(of: "a: [1, [2]]\n").hasPrefix("a.yaml:1: 'a' has a list in its list;"))
        #expect(refusal(of: "[1, 2]: a\n").hasPrefix("a.yaml:1: expected the name of a setting, found a list."))
        #expect(refusal(of: "a: 1\nb: [1, 2\nc: 3\n").hasPrefix("a.yaml:3: this is no YAML"))
        #expect(refusal(of: "a: 1\n---\nb: 2\n").hasPrefix("a.yaml:2: a second document begins here"))
        #expect(refusal(of: "a: \u{7}\n").hasPrefix("a.yaml: this is no YAML"))
    }

    @Test func `nesting without end and references do no harm`() throws {
        let nested = "a: " + String(repeating: "[", count: 1_000_000)
        #expect(refusal(of: nested).hasPrefix("a.yaml:1: lists in lists in lists"))
        let values = try read("a: &x [1, 2]\nb: *x\n").settings.map(\.value)
        #expect(values == [.list(["1", "2"]), .list(["1", "2"])])
    }

    @Test func `what is written reads back as itself`() throws {
        let texts = [
            "width:30@run", "width:5@[0,1]", "", " ", "a: b", "#", "it's \"so\"", "back\\slash", "two\nlines", "é∂",
            "true", "null", "~", "-1", "*", "\u{1}", "a:", "[x]", "every:10", "1e3", "conv.*",
        ]
        var settings = texts.enumerated().map { index, text in
            Configuration.Setting(name: "s\(index)", value: .text(text), line: 0, comment: "About \(index).")
        }
        settings.append(.init(name: "all", value: .list(texts), line: 0))
        settings.append(.init(name: "yes", value: .truth(true), line: 0))
        settings.append(.init(name: "none", value: .null, line: 0, comment: "Written as a comment."))
        let back = try read(Configuration(settings).text)
        #expect(back.settings.map(\.name) == settings.dropLast().map(\.name))
        #expect(back.settings.map(\.value) == settings.dropLast().map(\.value))
    }
}
