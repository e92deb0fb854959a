#if canImport(Darwin)
    internal import Darwin
#else
    internal import Glibc
#endif

/// Returns the entropy of the symbols in bits, with the bias of the plug-in estimate corrected.
///
/// With c_k > 0 the counts of the K occupied symbols, n their sum, p_k = c_k/n, f₁ the number of singletons, in nats:
///
/// | correction | H |
/// |---|---|
/// | `plugIn` | −Σ p ln p |
/// | `millerMadow` | plug-in + (K − 1)/(2n) |
/// | `chaoShen` | −Σ q ln q / (1 − (1 − q)ⁿ), q = (1 − f₁/n)·p; where all are singletons, f₁ = n − 1 |
/// | `grassberger` | ln n − Σ p·G(c), G(c) = ψ(c) + (−1)ᶜ/2·(ψ((c+1)/2) − ψ(c/2)) |
/// | `jackknife` | n·H − (n − 1)·Σ_s H₋ₛ/n, the plug-in entropy without each sample |
/// | `shrinkage` | plug-in entropy of λ/K + (1 − λ)·p, λ = (1 − Σp²)/((n − 1)·Σ(1/K − p)²) within 0 ... 1 |
/// | `nsb` | posterior mean over Dirichlet priors of all concentrations, weighted so that entropies are nearly uniform |
///
/// One symbol has entropy 0 by every correction.
///
/// **When to distrust it.** None is unbiased; all presume that samples are independent. `chaoShen` and `grassberger` stand
/// undersampling best; `shrinkage` and `nsb` take the occupied symbols for all that there are, and are too small where many
/// are unseen. Corrected values may exceed log2 n, and informations made of them may be negative: nothing is cut.
///
/// Complexity: O(K + largest count); `nsb` some hundred times the number of distinct counts beside.
///
/// Source: Miller, "Note on the Bias of Information Estimates", 1955; Chao, Shen, "Nonparametric Estimation of Shannon's
/// Index of Diversity When There Are Unseen Species", 2003, eq. 9; Grassberger, "Entropy Estimates from Insufficient
/// Samplings", arXiv:physics/0307138, eq. 27–30; Zahl, "Jackknifing an Index of Diversity", 1977; Hausser, Strimmer,
/// "Entropy Inference and the James–Stein Estimator", JMLR 10, 2009, eq. 4, 5, 8; Nemenman, Shafee, Bialek, "Entropy and
/// Inference, Revisited", 2002, arXiv:physics/0108025, eq. 6–10.
public func entropy(of z: Symbols, by correction: EntropyCorrection) -> Double {
    z.profile.entropy(by: correction)
}

/// Returns I(A;B) = H(A) + H(B) − H(A,B) in bits, every entropy by the same correction; `plugIn` is
/// `mutualInformation(_:_:)`. Not cut at 0. The same bits for (a, b) and (b, a).
public func mutualInformation(
    _ a: Symbols, _ b: Symbols, by correction: EntropyCorrection
) -> Double {
    if correction == .plugIn { return mutualInformation(a, b) }
    let joint = CountProfile(Pairs(a, b).counts)
    return (a.profile.entropy(by: correction) + b.profile.entropy(by: correction))
        - joint.entropy(by: correction)
}

/// The counts of symbols as their entropies need them: each distinct count c > 0 in ascending order, with the number of
/// symbols that have it. Bits of an entropy depend on nothing else.
struct CountProfile: Sendable {
    /// (count, number of symbols with it).
    let entries: [(count: Int, symbols: Int)]
    /// n.
    let samples: Int
    /// K.
    let symbols: Int

    /// - Parameters:
    ///   - counts: those that are counted here; 0 counts for nothing.
    ///   - ones: how many symbols of one sample there are beside them.
    init(_ counts: some Collection<Int>, ones: Int = 0) {
        var entries: [(count: Int, symbols: Int)] = []
        var (symbols, samples) = (0, 0)
        func add(_ count: Int, times: Int) {
            guard times > 0 else { return }
            entries.append((count, times))
            symbols += times
            samples += count * times
        }
        if counts.count <= Self.fewCounts {
            var (run, times) = (1, ones)
            for count in counts.sorted() where count > 0 {
                if count != run {
                    add(run, times: times)
                    (run, times) = (count, 0)
                }
                times += 1
            }
            add(run, times: times)
        } else {
            var multiplicities = [Int](repeating: 0, count: max(counts.max() ?? 0, 1) + 1)
            multiplicities[1] = ones
            for count in counts { multiplicities[count] &+= 1 }
            for count in multiplicities.indices.dropFirst() { add(count, times: multiplicities[count]) }
        }
        self.entries = entries
        self.samples = samples
        self.symbols = symbols
    }

    /// So many are sorted faster than a table of all counts is looked through.
    private static let fewCounts = 64

    /// The entropy in bits.
    func entropy(by correction: EntropyCorrection) -> Double {
        if samples == 0 || symbols == 1 { return 0 }
        let nats: Double
        switch correction {
        case .plugIn: return plugIn / ln2
        case .millerMadow: nats = plugIn + Double(symbols - 1) / Double(2 * samples)
        case .chaoShen: nats = chaoShen
        case .grassberger: nats = grassberger
        case .jackknife: nats = jackknife
        case .shrinkage: nats = shrinkage
        case .nsb: nats = nsb
        }
        return nats / ln2
    }

    /// In nats, from here on.
    private var plugIn: Double {
        let n = Double(samples)
        return sum { Double($0) * log(n / Double($0)) } / n
    }

    private var chaoShen: Double {
        let n = Double(samples)
        let singletons = entries.first.map { $0.count == 1 ? $0.symbols : 0 } ?? 0
        // All singletons would mean that nothing is known of the rest: the convention of the R package entropy.
        let coverage = 1 - Double(min(singletons, samples - 1)) / n
        return sum { count in
            let q = coverage * Double(count) / n
            return -q * log(q) / -expm1(n * log1p(-q))
        }
    }

    private var grassberger: Double {
        let n = Double(samples)
        let mean =
            sum { count in
                let c = Double(count)
                let sign: Double = count.isMultiple(of: 2) ? 1 : -1
                return c * (digamma(c) + sign / 2 * (digamma((c + 1) / 2) - digamma(c / 2)))
            } / n
        return log(n) - mean
    }

    private var jackknife: Double {
        let n = samples
        let all = sum { xlogx(Double($0)) }
        // Without one of the c samples of a symbol, Σ c ln c loses c ln c and gains (c − 1) ln(c − 1).
        let without = sum { count in
            let rest = all - xlogx(Double(count)) + xlogx(Double(count - 1))
            return Double(count) * (log(Double(n - 1)) - rest / Double(n - 1))
        }
        let plugIn = log(Double(n)) - all / Double(n)
        return Double(n) * plugIn - Double(n - 1) / Double(n) * without
    }

    private var shrinkage: Double {
        let n = Double(samples)
        let uniform = 1 / Double(symbols)
        let squares = sum { (Double($0) / n) * (Double($0) / n) }
        let distance = sum { (uniform - Double($0) / n) * (uniform - Double($0) / n) }
        // Equal counts are uniform already.
        let intensity = distance > 0 ? min(1, max(0, (1 - squares) / ((n - 1) * distance))) : 1
        return sum { count in
            let p = intensity * uniform + (1 - intensity) * Double(count) / n
            return -p * log(p)
        }
    }

    /// Σ over the symbols of a function of their counts.
    func sum(_ term: (Int) -> Double) -> Double {
        var sum = CompensatedSum()
        for (count, symbols) in entries { sum.add(Double(symbols) * term(count)) }
        return sum.value
    }
}

private let ln2 = log(2.0)

private func xlogx(_ x: Double) -> Double { x > 0 ? x * log(x) : 0 }
