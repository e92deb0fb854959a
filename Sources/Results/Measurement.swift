/// One number in bits, with everything that identifies it and everything that qualifies it.
public struct Measurement: Sendable, Hashable {
    /// What identifies a measurement: everything but its values. Two measurements with one key must agree.
    public struct Key: Sendable, Hashable {
        /// The archive's id (UUID).
        public var archive: String
        /// The split's name.
        public var split: String
        /// The layer's name; empty where the quantity is one of the whole split.
        public var layer: String
        /// The layer's place in the network; nil where there is no layer.
        public var order: Int?
        /// The epoch number of the record; nil where the quantity does not depend on it.
        public var epoch: Int?
        /// What is measured.
        public var quantity: Quantity
        /// How it was estimated, such as `plug-in`.
        public var estimator: String
        /// How floats became symbols, as the user wrote it, such as `width:30@run`; empty where nothing was.
        public var discretization: String
        /// The range that the discretization was resolved to, as `[lo,hi]`; empty where it has none of its own.
        public var range: String
        /// The GIB target's name; empty for quantities without one.
        public var target: String
        /// What else the number depends on, `name=value` joined by `;`.
        public var parameters: String
        /// How many samples of the split were analyzed (the first ones).
        public var samples: Int

        /// Creates a key; fields that do not apply stay empty.
        public init(
            archive: String, split: String, layer: String = "", order: Int? = nil, epoch: Int? = nil,
            quantity: Quantity, estimator: String = "plug-in", discretization: String = "", range: String = "",
            target: String = "", parameters: String = "", samples: Int
        ) {
            self.archive = archive
            self.split = split
            self.layer = layer
            self.order = order
            self.epoch = epoch
            self.quantity = quantity
            self.estimator = estimator
            self.discretization = discretization
            self.range = range
            self.target = target
            self.parameters = parameters
            self.samples = samples
        }
    }

    /// What identifies it.
    public var key: Key
    /// The estimate, in bits. Always finite.
    public var value: Double
    /// The standard error, in bits, where one was estimated.
    public var standardError: Double?
    /// The mean under the null hypothesis, in bits, where one was simulated.
    public var nullMean: Double?
    /// The p-value against that null hypothesis.
    public var pValue: Double?
    /// The largest value that the quantity could take here, in bits. A value at its ceiling says the ceiling, not the
    /// network.
    public var ceiling: Double?
    /// Why to distrust the value: names of InformationTheory's `Flags`, in their order.
    public var flags: [String]

    /// Creates a measurement.
    ///
    /// - Precondition: `value` is finite.
    public init(
        key: Key, value: Double, standardError: Double? = nil, nullMean: Double? = nil, pValue: Double? = nil,
        ceiling: Double? = nil, flags: [String] = []
    ) {
        precondition(value.isFinite, "a measurement is a finite number")
        self.key = key
        self.value = value
        self.standardError = standardError
        self.nullMean = nullMean
        self.pValue = pValue
        self.ceiling = ceiling
        self.flags = flags
    }
}

extension Measurement.Key {
    /// The same number in whatever epoch: without the epoch and what depends on it, the range and the step.
    public var ofAllEpochs: Self {
        var key = self
        (key.epoch, key.range) = (nil, "")
        if key.parameters.contains("step=") {
            key.parameters = key.parameters.split(separator: ";").filter { !$0.hasPrefix("step=") }.joined(
                separator: ";")
        }
        return key
    }
}

extension Measurement.Key: Comparable {
    /// The order of every table: archive, split, order, epoch, quantity, estimator, discretization, target, parameters;
    /// what does not apply comes first, text is compared by its UTF-8 bytes.
    public static func < (a: Self, b: Self) -> Bool {
        if a.archive != b.archive { return precedes(a.archive, b.archive) }
        if a.split != b.split { return precedes(a.split, b.split) }
        if a.order != b.order { return (a.order ?? .min) < (b.order ?? .min) }
        if a.epoch != b.epoch { return (a.epoch ?? .min) < (b.epoch ?? .min) }
        if a.quantity != b.quantity { return a.quantity < b.quantity }
        if a.estimator != b.estimator { return precedes(a.estimator, b.estimator) }
        if a.discretization != b.discretization { return precedes(a.discretization, b.discretization) }
        if a.target != b.target { return precedes(a.target, b.target) }
        if a.parameters != b.parameters { return precedes(a.parameters, b.parameters) }
        if a.samples != b.samples { return a.samples < b.samples }
        if a.layer != b.layer { return precedes(a.layer, b.layer) }
        return precedes(a.range, b.range)
    }

    private static func precedes(_ a: String, _ b: String) -> Bool {
        a.utf8.lexicographicallyPrecedes(b.utf8)
    }
}
