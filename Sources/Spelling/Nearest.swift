/// Returns the word nearest to `word`, for the "did you mean" of an error; nil where none is near.
///
/// Nearness is the Levenshtein distance (insertions, deletions, substitutions) without regard to case; a word further
/// than a third of its length away, and at least two letters, is not near. The first of equally near words wins.
/// O(Σ |word|·|candidate|).
public func nearest(to word: String, among candidates: some Sequence<String>) -> String? {
    guard let (candidate, distance) = closest(to: word, among: candidates) else { return nil }
    return distance <= max(2, word.count / 3) ? candidate : nil
}

/// Returns the word with the smallest distance, however far, and that distance; nil where there are no candidates.
public func closest(to word: String, among candidates: some Sequence<String>) -> (word: String, distance: Int)? {
    let letters = Array(word.lowercased())
    var best: (word: String, distance: Int)?
    for candidate in candidates {
        let distance = editDistance(letters, Array(candidate.lowercased()))
        if distance < (best?.distance ?? .max) { best = (candidate, distance) }
    }
    return best
}

private func editDistance(_ a: [Character], _ b: [Character]) -> Int {
    var previous = Array(0...b.count)
    for (i, x) in a.enumerated() {
        var current = [i + 1]
        for (j, y) in b.enumerated() {
            current.append(min(previous[j] + (x == y ? 0 : 1), previous[j + 1] + 1, current[j] + 1))
        }
        previous = current
    }
    return previous[b.count]
}
