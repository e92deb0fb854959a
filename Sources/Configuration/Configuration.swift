/// Settings by name, in the order of the file: `name: value`, where a value is a text, a truth or a list of texts.
///
/// The file is YAML 1.2 of that shape; numbers are texts here, whoever asked for the setting reads them.
public struct Configuration: Sendable, Hashable {
    /// What a setting is set to.
    public enum Value: Sendable, Hashable {
        /// Nothing: `name:`, `~` or `null`.
        case null
        /// `true` or `false` without quotes.
        case truth(Bool)
        /// Any other text or number, as it was written, without its quotes.
        case text(String)
        /// A list of texts, possibly empty.
        case list([String])
    }

    /// One line of the file.
    public struct Setting: Sendable, Hashable {
        /// Its name.
        public let name: String
        /// What it is set to.
        public let value: Value
        /// Where its name stands, counted from 1.
        public let line: Int
        /// What it is for, one sentence; empty where nobody said. Comments of a file that was read are not kept.
        public let comment: String

        /// Creates a setting.
        public init(name: String, value: Value, line: Int, comment: String = "") {
            self.name = name
            self.value = value
            self.line = line
            self.comment = comment
        }
    }

    /// The settings; every name once.
    public let settings: [Setting]

    /// Creates a configuration of settings with different names.
    public init(_ settings: [Setting]) {
        precondition(Set(settings.map(\.name)).count == settings.count, "every setting is set once")
        self.settings = settings
    }
}
