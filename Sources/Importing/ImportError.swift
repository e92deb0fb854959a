/// Why recorded activations could not be imported: every contradiction that was found, one sentence each.
public struct ImportError: Error, Sendable, Hashable, CustomStringConvertible {
    /// At least one: where, what is wrong, what to do.
    public let sentences: [String]

    /// One line per sentence; many are counted.
    public var description: String {
        let shown = sentences.prefix(20).joined(separator: "\n")
        return sentences.count > 20 ? "\(shown)\n… and \(sentences.count - 20) more like these." : shown
    }

    init(_ sentence: String) { sentences = [sentence] }

    init(_ sentences: [String]) { self.sentences = sentences }
}
