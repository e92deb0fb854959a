import ArgumentParser
import Configuration
import FoundationEssentials
import Spelling

/// The options of `analyze` by name, as its own parser describes them: what a configuration file may set.
struct AnalyzeOptions {
    /// One option.
    struct Option {
        let name: String
        /// The one-letter form, such as `-o`.
        let short: String?
        let isFlag: Bool
        let isRepeating: Bool
        let help: String
    }

    /// In the order of the help.
    let all: [Option]

    init(of command: any ParsableCommand.Type = AnalyzeCommand.self) {
        // The parser writes this JSON itself.
        guard let tool = try? JSONDecoder().decode(Tool.self, from: Data(command._dumpHelp().utf8)) else {
            preconditionFailure("the parser describes its options as JSON")
        }
        all = tool.command.arguments.compactMap { argument in
            guard argument.kind != "positional", let names = argument.names else { return nil }
            guard let name = names.first(where: { $0.kind == "long" })?.name else { return nil }
            if ["config", "help", "version"].contains(name) { return nil }
            return Option(
                name: name, short: names.first { $0.kind == "short" }.map { "-" + $0.name },
                isFlag: argument.kind == "flag", isRepeating: argument.isRepeating, help: argument.abstract ?? "")
        }
    }

    subscript(name: String) -> Option? { all.first { $0.name == name } }

    private struct Tool: Decodable {
        struct Command: Decodable { let arguments: [Argument] }
        struct Argument: Decodable {
            let kind: String
            let names: [Name]?
            let isRepeating: Bool
            let abstract: String?
        }
        struct Name: Decodable {
            let kind: String
            let name: String
        }
        let command: Command
    }

    // MARK: Configuration files

    /// Returns the arguments of `analyze`, or of another command that takes some of its options, with those of its
    /// configuration file put in; what is given in both is taken from the arguments, and what that command does not take is left
    /// out. Without `--config` they come back as they are.
    ///
    /// - Throws: `ConfigurationError` where the file cannot be read or sets what `analyze` does not take.
    static func withConfiguration(
        _ arguments: [String], of command: any ParsableCommand.Type = AnalyzeCommand.self
    ) throws -> [String] {
        guard let path = try configurationPath(in: arguments) else { return arguments }
        let options = AnalyzeOptions()
        let configuration = try Configuration(contentsOf: path)
        var configured: [(option: Option, arguments: [String])] = []
        for setting in configuration.settings {
            let (option, words) = try options.arguments(of: setting, in: path)
            configured.append((option, words))
        }
        try check(configured.flatMap(\.arguments), of: path)
        let overridden = options.overridden(by: arguments)
        let taken = Set(AnalyzeOptions(of: command).all.map(\.name))
        let used = configured.filter { taken.contains($0.option.name) && !overridden.contains($0.option.name) }
        return used.flatMap(\.arguments) + arguments
    }

    private static func configurationPath(in arguments: [String]) throws -> String? {
        var paths: [String] = []
        for (index, argument) in arguments.enumerated() {
            if argument == "--" { break }
            if argument == "--config", index + 1 < arguments.count { paths.append(arguments[index + 1]) }
            if argument.hasPrefix("--config=") { paths.append(String(argument.dropFirst(9))) }
        }
        if paths.count > 1 {
            throw ConfigurationError(
                place: "--config", problem: "given \(paths.count) times; expected once",
                remedy: "Put the settings of '\(paths[1])' into '\(paths[0])'.")
        }
        return paths.first
    }

    private func arguments(
        of setting: Configuration.Setting, in path: String
    ) throws(ConfigurationError) -> (option: Option, arguments: [String]) {
        let name = setting.name
        func refusal(_ problem: String, _ remedy: String) -> ConfigurationError {
            ConfigurationError(place: "\(path):\(setting.line)", problem: problem, remedy: remedy)
        }
        guard let option = self[name] else {
            let guess = nearest(to: name, among: all.map(\.name)).map { " (did you mean '\($0)'?)" } ?? ""
            throw refusal("there is no setting '\(name)'\(guess)", "infoplane config prints every setting.")
        }
        switch setting.value {
        case .null: return (option, [])
        case .truth(let isSet):
            guard option.isFlag else {
                throw refusal(
                    "'\(name)' is set to \(isSet); expected a value", "Quote it, '\(isSet)', if it is a name.")
            }
            return (option, isSet ? ["--\(name)"] : [])
        case .text(let text):
            if option.isFlag { throw refusal("'\(name)' is set to '\(text)'; expected true or false", "Write true.") }
            return (option, ["--\(name)=\(text)"])
        case .list(let texts):
            guard option.isRepeating else {
                throw refusal("'\(name)' is set to a list; expected one value", "Choose one of them.")
            }
            if texts.isEmpty { throw refusal("'\(name)' is an empty list", "Leave it out for its default.") }
            return (option, texts.map { "--\(name)=\($0)" })
        }
    }

    /// The names that the arguments set themselves, with those that would contradict them.
    private func overridden(by arguments: [String]) -> Set<String> {
        let words = arguments.prefix { $0 != "--" }
        var names: Set<String> = []
        for option in all {
            let isGiven = words.contains { word in
                word == "--\(option.name)" || word.hasPrefix("--\(option.name)=")
                    || option.short.map { word == $0 || word.hasPrefix($0 + "=") } ?? false
            }
            if isGiven { names.insert(option.name) }
        }
        if names.contains("target") { names.insert("no-gib") }
        if names.contains("no-gib") { names.insert("target") }
        if names.contains("dry-run") { names.insert("follow") }
        if names.contains("follow") { names.insert("dry-run") }
        return names
    }

    /// Reads the settings alone, so that what is wrong in the file is told as the file's.
    private static func check(_ arguments: [String], of path: String) throws(ConfigurationError) {
        let hasArchive = arguments.contains { $0.hasPrefix("--archive=") }
        do {
            _ = try AnalyzeCommand.parse(arguments + (hasArchive ? [] : ["--archive=run.h5"]))
        } catch {
            let message = AnalyzeCommand.message(for: error)
            throw ConfigurationError(place: path, problem: message + (message.hasSuffix(".") ? "" : "."), remedy: "")
        }
    }
}
