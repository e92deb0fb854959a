/// A choice of names: a name as it is, or one with `*` (any text, also none) and `?` (any one character).
public struct NamePattern: Sendable, Hashable, CustomStringConvertible {
    /// As written.
    public let description: String
    private let letters: [Character]

    /// A pattern, or a plain name.
    public init(_ text: String) {
        description = text
        letters = Array(text)
    }

    /// Whether some character stands for others.
    public var isGlob: Bool { letters.contains("*") || letters.contains("?") }

    /// Whether the whole name is of this form. O(|pattern|·|name|).
    public func matches(_ name: String) -> Bool {
        let name = Array(name)
        var (pattern, place) = (0, 0)
        // Where to go on when what follows the last star does not fit: one more character goes to the star.
        var retry: (pattern: Int, place: Int)?
        while place < name.count {
            if pattern < letters.count, letters[pattern] == "*" {
                retry = (pattern + 1, place)
                pattern += 1
            } else if pattern < letters.count, letters[pattern] == "?" || letters[pattern] == name[place] {
                pattern += 1
                place += 1
            } else if let last = retry {
                retry = (last.pattern, last.place + 1)
                (pattern, place) = (last.pattern, last.place + 1)
            } else {
                return false
            }
        }
        return letters[pattern...].allSatisfy { $0 == "*" }
    }
}

/// Whether `a` stands before `b` where whole numbers in names count by value: fc2 before fc10.
public func naturallyPrecedes(_ a: String, _ b: String) -> Bool {
    let (left, right) = (pieces(of: a), pieces(of: b))
    for (x, y) in zip(left, right) where x != y {
        guard let x = digits(x), let y = digits(y), x != y else { return x < y }
        return x.count == y.count ? x < y : x.count < y.count
    }
    return left.count == right.count ? a < b : left.count < right.count
}

/// Runs of digits and what lies between them.
private func pieces(of name: String) -> [String] {
    var pieces: [String] = []
    var endsInDigit: Bool?
    for character in name {
        let isDigit = character.isASCII && character.isNumber
        if isDigit == endsInDigit {
            pieces[pieces.count - 1].append(character)
        } else {
            pieces.append(String(character))
        }
        endsInDigit = isDigit
    }
    return pieces
}

/// The digits without leading zeros, nil where the piece is none of digits: any number of them, so no overflow.
private func digits(_ piece: String) -> String? {
    guard let first = piece.first, first.isASCII, first.isNumber else { return nil }
    return String(piece.drop { $0 == "0" })
}
