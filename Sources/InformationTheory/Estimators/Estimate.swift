/// One estimated information quantity with everything that qualifies it, in bits.
public struct Estimate: Sendable, Hashable {
    /// The estimate. Always finite; differential entropies may be negative, and so may corrected informations, which are
    /// not cut at 0.
    public var value: Double
    /// The standard error; nil where too few samples were there for one.
    public var standardError: Double?
    /// The largest value that the estimator could give on so many samples; nil where there is none.
    public var ceiling: Double?
    /// Why to distrust the value.
    public var flags: Flags
    /// What smaller numbers of the same samples give; nil where they are too few.
    public var curve: SubsamplingCurve?

    /// Creates an estimate.
    public init(value: Double, standardError: Double? = nil, ceiling: Double? = nil, flags: Flags = []) {
        self.value = value
        self.standardError = standardError
        self.ceiling = ceiling
        self.flags = flags
    }
}

/// Mean estimates on disjoint parts of the samples, in bits: beside the estimate on all of them, they show how it moves with
/// the number of samples. A bias that falls as 1/n halves from each to the next.
public struct SubsamplingCurve: Sendable, Hashable {
    /// The mean over four quarters.
    public var quarter: Double
    /// The mean over two halves.
    public var half: Double
}
