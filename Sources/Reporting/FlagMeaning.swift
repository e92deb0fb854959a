/// What the flags on measurements mean, in words for a reader of the report.
enum FlagMeaning {
    /// The flags in the order in which the report lists them.
    static let all: [(name: String, meaning: String)] = [
        (
            "saturated",
            "H(Z) exceeds 0.9·log₂ n, or more than half of the samples have a symbol of their own. I(X;Z) then says how "
                + "many samples were analyzed, not what the network knows; use coarser bins or more samples."
        ),
        (
            "saturated-inputs",
            "More than half of the input rows without one feature are unique. C is then half I(X;Q) plus half the mean "
                + "I(X_i;Q) and says nothing of synergy; reduce the inputs or bin them more coarsely."
        ),
        (
            "undersampled",
            "On average fewer than 5 samples share a symbol; plug-in estimates are biased upwards here."
        ),
        ("constant", "The layer has one symbol for all samples: every information about it is 0."),
        ("dead", "All units are 0 for all samples."),
        (
            "ties",
            "A nearest-neighbour or rank estimator met repeated values, and took them as atoms or gave them mean ranks."
        ),
        ("out-of-range", "Values lay outside the fixed range of the bins and were counted in the end bins."),
        ("bound-violated", "A correction left the range from 0 to the ceiling; the value is shown as it came out."),
        (
            "unconverged",
            "The estimate still moves with the number of samples, or the nearest neighbours lie too far away: its bias is "
                + "larger than its error bar. Record or analyze more samples."
        ),
        ("lower-bound", "The estimator bounds the quantity from below: the truth may be higher."),
        ("upper-bound", "The estimator bounds the quantity from above: the truth may be lower."),
        (
            "normal-model",
            "The value is that of normal vectors with the same ranks: the truth may be higher, or lower where the joint "
                + "distribution of several units is far from normal."
        ),
        (
            "narrow-kernel",
            "To the kernel that reduced the inputs, a sample is more like itself than like all others together: its components "
                + "tell samples apart, and next to nothing of the label. Give a smaller γ, or scale the inputs."
        ),
    ]

    /// The meaning of a flag; flags of a newer version have none here.
    static func of(_ name: String) -> String {
        all.first { $0.name == name }?.meaning ?? "Not known to this version of the report."
    }

    /// `names`, each once, in the order of the report, unknown ones last.
    static func ordered(_ names: some Sequence<String>) -> [String] {
        let present = Set(names)
        let known = all.map(\.name).filter(present.contains)
        return known + present.subtracting(known).sorted()
    }
}
