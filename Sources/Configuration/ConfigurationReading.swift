internal import CYAML
internal import FoundationEssentials

extension Configuration {
    /// Reads a file.
    ///
    /// - Throws: where there is no such file, it is no YAML, or it holds something else than settings: with the line.
    public init(contentsOf path: String) throws(ConfigurationError) {
        guard let content = FileManager.default.contents(atPath: path) else {
            throw ConfigurationError(
                place: path, problem: "this configuration file cannot be read",
                remedy: "infoplane config > \(path) writes one with every setting.")
        }
        try self.init(Array(content), of: path)
    }

    /// Reads the bytes of a file; `path` is what errors call it.
    ///
    /// - Throws: as for a file.
    public init(_ bytes: [UInt8], of path: String) throws(ConfigurationError) {
        let document = try Document(bytes, path: path)
        settings = try document.settings()
    }
}

/// A document as libyaml's tree.
private final class Document {
    private let path: String
    private let document: UnsafeMutablePointer<yaml_document_t>

    init(_ bytes: [UInt8], path: String) throws(ConfigurationError) {
        self.path = path
        document = .allocate(capacity: 1)
        document.initialize(to: yaml_document_t())
        try Self.parsing(bytes) { parser throws(ConfigurationError) in
            try Self.refuseNesting(parser, in: path)
        }
        let document = document
        try Self.parsing(bytes) { parser throws(ConfigurationError) in
            guard yaml_parser_load(parser, document) == 1 else { throw Self.failure(of: parser.pointee, in: path) }
            var second = yaml_document_t()
            guard yaml_parser_load(parser, &second) == 1 else { throw Self.failure(of: parser.pointee, in: path) }
            defer { yaml_document_delete(&second) }
            guard yaml_document_get_root_node(&second) == nil else {
                throw ConfigurationError(
                    place: "\(path):\(second.start_mark.line + 1)",
                    problem: "a second document begins here; expected one", remedy: "Keep one of them.")
            }
        }
    }

    private static func parsing(
        _ bytes: [UInt8], _ body: (UnsafeMutablePointer<yaml_parser_t>) throws(ConfigurationError) -> Void
    ) throws(ConfigurationError) {
        // libyaml keeps pointers into the parser: it must not move.
        let parser = UnsafeMutablePointer<yaml_parser_t>.allocate(capacity: 1)
        parser.initialize(to: yaml_parser_t())
        defer { parser.deallocate() }
        guard yaml_parser_initialize(parser) == 1 else { preconditionFailure("out of memory") }
        defer { yaml_parser_delete(parser) }
        let outcome = bytes.withUnsafeBufferPointer { buffer -> Result<Void, ConfigurationError> in
            yaml_parser_set_input_string(parser, buffer.baseAddress, buffer.count)
            do throws(ConfigurationError) {
                return .success(try body(parser))
            } catch {
                return .failure(error)
            }
        }
        try outcome.get()
    }

    /// Stops where lists nest deeper than any setting does: libyaml's time grows with the square of the depth.
    private static func refuseNesting(
        _ parser: UnsafeMutablePointer<yaml_parser_t>, in path: String
    ) throws(ConfigurationError) {
        var depth = 0
        var isAtEnd = false
        while !isAtEnd {
            var event = yaml_event_t()
            guard yaml_parser_parse(parser, &event) == 1 else { throw failure(of: parser.pointee, in: path) }
            defer { yaml_event_delete(&event) }
            switch event.type {
            case YAML_MAPPING_START_EVENT, YAML_SEQUENCE_START_EVENT: depth += 1
            case YAML_MAPPING_END_EVENT, YAML_SEQUENCE_END_EVENT: depth -= 1
            case YAML_STREAM_END_EVENT: isAtEnd = true
            default: break
            }
            if depth > 3 {
                throw ConfigurationError(
                    place: "\(path):\(event.start_mark.line + 1)",
                    problem: "lists in lists in lists; expected settings such as 'epochs: every:10'",
                    remedy: "infoplane config prints every setting.")
            }
        }
    }

    deinit {
        yaml_document_delete(document)
        document.deallocate()
    }

    private static func failure(of parser: yaml_parser_t, in path: String) -> ConfigurationError {
        let isOfBytes = parser.error == YAML_READER_ERROR
        let line = isOfBytes ? "" : ":\(parser.problem_mark.line + 1)"
        let problem = parser.problem.map { String(cString: $0) } ?? "out of memory"
        let context = parser.context.map { String(cString: $0) + ": " } ?? ""
        return ConfigurationError(
            place: path + line, problem: "this is no YAML (\(context)\(problem))",
            remedy: isOfBytes ? "Save it as UTF-8 text." : "Write lines such as 'binning: [width:30@run]'.")
    }

    func settings() throws(ConfigurationError) -> [Configuration.Setting] {
        // A file of comments only has no root.
        guard let root = yaml_document_get_root_node(document)?.pointee, !isNull(root) else { return [] }
        guard root.type == YAML_MAPPING_NODE else {
            throw refusal(root, "expected settings such as 'epochs: every:10', found \(Self.kind(of: root))")
        }
        var settings: [Configuration.Setting] = []
        var lines: [String: Int] = [:]
        let pairs = root.data.mapping.pairs
        let count = pairs.top - pairs.start
        for index in 0..<count {
            let key = try node(pairs.start[index].key)
            let value = try node(pairs.start[index].value)
            guard key.type == YAML_SCALAR_NODE else {
                throw refusal(key, "expected the name of a setting, found \(Self.kind(of: key))")
            }
            let name = text(of: key)
            if let first = lines[name] {
                throw refusal(
                    key, "'\(name)' is set a second time, first in line \(first)", remedy: "Remove one of them.")
            }
            let line = Int(key.start_mark.line) + 1
            lines[name] = line
            settings.append(
                Configuration.Setting(name: name, value: try self.value(of: value, named: name), line: line))
        }
        return settings
    }

    private func value(of node: yaml_node_t, named name: String) throws(ConfigurationError) -> Configuration.Value {
        if node.type == YAML_SCALAR_NODE {
            if isNull(node) { return .null }
            let text = text(of: node)
            guard isPlain(node) else { return .text(text) }
            return text == "true" ? .truth(true) : text == "false" ? .truth(false) : .text(text)
        }
        guard node.type == YAML_SEQUENCE_NODE else {
            throw refusal(node, "'\(name)' is set to settings of its own; expected a text, a number or a list of them")
        }
        let items = node.data.sequence.items
        var texts: [String] = []
        for index in 0..<(items.top - items.start) {
            let item = try self.node(items.start[index])
            guard item.type == YAML_SCALAR_NODE, !isNull(item) else {
                throw refusal(
                    item, "'\(name)' has \(isNull(item) ? "nothing" : Self.kind(of: item)) in its list; expected texts")
            }
            texts.append(text(of: item))
        }
        return .list(texts)
    }

    private func node(_ index: Int32) throws(ConfigurationError) -> yaml_node_t {
        guard let node = yaml_document_get_node(document, index) else {
            throw ConfigurationError(place: path, problem: "this is no YAML (a node is missing)", remedy: "")
        }
        return node.pointee
    }

    private func refusal(
        _ node: yaml_node_t, _ problem: String, remedy: String = "infoplane config prints every setting."
    ) -> ConfigurationError {
        ConfigurationError(place: "\(path):\(node.start_mark.line + 1)", problem: problem, remedy: remedy)
    }

    private func text(of node: yaml_node_t) -> String {
        let scalar = node.data.scalar
        return String(decoding: UnsafeBufferPointer(start: scalar.value, count: scalar.length), as: UTF8.self)
    }

    private func isPlain(_ node: yaml_node_t) -> Bool { node.data.scalar.style == YAML_PLAIN_SCALAR_STYLE }

    private func isNull(_ node: yaml_node_t) -> Bool {
        node.type == YAML_SCALAR_NODE && isPlain(node) && ["", "~", "null"].contains(text(of: node))
    }

    private static func kind(of node: yaml_node_t) -> String {
        switch node.type {
        case YAML_SCALAR_NODE: "a text"
        case YAML_SEQUENCE_NODE: "a list"
        default: "settings"
        }
    }
}
