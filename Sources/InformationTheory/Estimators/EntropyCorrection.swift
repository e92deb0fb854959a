/// How the entropy of symbols is estimated from their counts.
public enum EntropyCorrection: String, CaseIterable, Sendable {
    /// No correction: the entropy of the empirical distribution (maximum likelihood).
    case plugIn = "plug-in"
    /// Miller 1955, Madow: the first-order bias is added.
    case millerMadow = "miller-madow"
    /// Chao and Shen 2003: Horvitz–Thompson sum over coverage-adjusted probabilities.
    case chaoShen = "chao-shen"
    /// Grassberger 2003, eq. 27–35: digamma-like G(n).
    case grassberger = "grassberger"
    /// Zahl 1977: the delete-one jackknife of the plug-in entropy.
    case jackknife = "jackknife"
    /// Hausser and Strimmer 2009: James–Stein shrinkage of the probabilities towards uniform.
    case shrinkage = "shrinkage"
    /// Nemenman, Shafee, Bialek 2002: Bayesian, with a prior that is nearly uniform over entropies.
    case nsb = "nsb"
}
