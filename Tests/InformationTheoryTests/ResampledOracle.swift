import Randomness

/// The standard error, and the means over halves and quarters, of an estimator that is asked anew about every part of the
/// samples; nil where it has no answer on one.
func resampled(
    _ samples: [Int], seed: UInt64, _ estimate: ([Int]) -> Double?
) -> (error: Double?, half: Double?, quarter: Double?) {
    var generator = SplitMix64(seed: seed)
    let n = samples.count
    let order = generator.permutation(of: n).map { samples[$0] }
    func pieces(_ count: Int) -> [Range<Int>] { (0..<count).map { $0 * n / count..<($0 + 1) * n / count } }
    func mean(_ values: [Double?]) -> Double? {
        let known = values.compactMap(\.self)
        return known.count == values.count ? known.reduce(0, +) / Double(known.count) : nil
    }
    let groups = Double(min(20, n))
    let replicates = pieces(min(20, n)).map { estimate(Array(order[..<$0.lowerBound] + order[$0.upperBound...])) }
    let error = mean(replicates).map { centre in
        (replicates.reduce(0) { $0 + ($1! - centre) * ($1! - centre) } * (groups - 1) / groups).squareRoot()
    }
    func mean(ofPieces count: Int) -> Double? { mean(pieces(count).map { estimate(Array(order[$0])) }) }
    return (error, mean(ofPieces: 2), mean(ofPieces: 4))
}

/// Whether both are nil, or within 1e-10.
func agree(_ a: Double?, _ b: Double?) -> Bool {
    guard let a, let b else { return a == nil && b == nil }
    return abs(a - b) < 1e-10
}
