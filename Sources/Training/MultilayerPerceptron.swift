public import LinearAlgebra
internal import Randomness

/// A chain of dense layers in Float32: hidden layers with one activation function, then logits, then softmax.
///
/// Layer l computes a_l = φ(a_{l−1}·W_l + b_l) with a_0 the inputs, samples as rows; the last layer has no φ, and the
/// loss is the mean over the samples of −log softmax(logits)[label], in nats.
///
/// Initial weights are normal with mean 0 and variance k/(units below), k = 2 for hidden layers of relu, leaky-relu and
/// gelu, and 1 for all others and the output layer; initial biases are 0.
public struct MultilayerPerceptron: Sendable {
    /// Units per layer, from the inputs to the classes, for example 12, 10, 7, 5, 4, 3, 2.
    public let widths: [Int]

    /// The function of every hidden layer.
    public let activation: Activation

    /// All weights and biases: for each layer its weights (row-major, units below × units), then its biases.
    public internal(set) var parameters: [Float]

    /// Creates a network with drawn weights; the same `seed` gives the same network.
    ///
    /// `widths` has at least two entries, all positive; anything else is a programming error.
    public init(widths: [Int], activation: Activation, seed: UInt64) {
        precondition(widths.count >= 2 && widths.allSatisfy { $0 > 0 }, "a network needs inputs, outputs and units")
        self.widths = widths
        self.activation = activation
        parameters = []
        parameters.reserveCapacity(Self.parameterCount(of: widths))
        var generator = RandomStream.initialization.generator(seed: seed)
        for (layer, (below, units)) in zip(widths, widths.dropFirst()).enumerated() {
            let gain = layer == widths.count - 2 ? 1 : activation.varianceGain
            let deviation = (gain / Float(below)).squareRoot()
            for _ in 0..<(below * units) { parameters.append(deviation * Float(generator.nextNormal())) }
            parameters.append(contentsOf: repeatElement(0, count: units))
        }
    }

    /// Creates the network with these parameters, in the order of ``parameters``; any other count is a programming error.
    public init(widths: [Int], activation: Activation, parameters: [Float]) {
        precondition(parameters.count == Self.parameterCount(of: widths), "the parameters do not fit the widths")
        self.widths = widths
        self.activation = activation
        self.parameters = parameters
    }

    /// The number of weights and biases of a network of these widths.
    public static func parameterCount(of widths: [Int]) -> Int {
        zip(widths, widths.dropFirst()).reduce(0) { $0 + ($1.0 + 1) * $1.1 }
    }

    /// The number of layers with weights: the hidden ones and the logits.
    var depth: Int { widths.count - 1 }

    /// How the network is named in provenance: `MLP 12-10-7-5-4-3-2 tanh`.
    public var name: String {
        "MLP " + widths.map(String.init).joined(separator: "-") + (depth > 1 ? " \(activation.rawValue)" : "")
    }

    /// Returns the outputs of every layer for these samples: the hidden layers in order, the logits, the softmax; each
    /// samples × units. O(samples · parameters).
    public func outputs(for inputs: Matrix<Float>) -> [Matrix<Float>] {
        precondition(inputs.rows > 0 && inputs.columns == widths[0], "the samples do not fit the network")
        let pass = NetworkPass(widths: widths, activation: activation, capacity: inputs.rows)
        inputs.values.withUnsafeBufferPointer { samples in
            pass.load(samples.baseAddress!, rows: inputs.rows)
        }
        parameters.withUnsafeBufferPointer { pass.forward($0.baseAddress!, keepingSlopes: false) }
        return (1...(depth + 1)).map { layer in
            let (values, units) = (pass.output(of: layer), layer > depth ? widths[depth] : widths[layer])
            return Matrix(
                rows: inputs.rows, columns: units,
                values: Array(UnsafeBufferPointer(start: values, count: inputs.rows * units)))
        }
    }

    /// Returns the mean loss in nats over these samples and its derivatives by every parameter and every input.
    ///
    /// Where a relu stands exactly at 0 the derivative does not exist and 0 is used. Shapes: `labels` has one class id
    /// below the last width per row of `inputs`. O(samples · parameters).
    public func lossAndGradients(
        inputs: Matrix<Float>, labels: [Int]
    ) -> (loss: Double, parameters: [Float], inputs: Matrix<Float>) {
        precondition(inputs.rows > 0 && inputs.columns == widths[0], "the samples do not fit the network")
        precondition(
            labels.count == inputs.rows && labels.allSatisfy { (0..<widths[depth]).contains($0) },
            "one class id per sample is needed")
        let pass = NetworkPass(widths: widths, activation: activation, capacity: inputs.rows)
        inputs.values.withUnsafeBufferPointer { pass.load($0.baseAddress!, rows: inputs.rows) }
        for (row, label) in labels.enumerated() { pass.labels[row] = label }
        return parameters.withUnsafeBufferPointer { parameters in
            pass.forward(parameters.baseAddress!, keepingSlopes: true)
            let score = pass.score()
            pass.backward(
                parameters.baseAddress!, scale: 1 / Float(inputs.rows), forParameters: true, forInputs: true)
            return (
                score.lossSum / Double(inputs.rows),
                Array(UnsafeBufferPointer(start: pass.gradient, count: parameters.count)),
                Matrix(
                    rows: inputs.rows, columns: inputs.columns,
                    values: Array(UnsafeBufferPointer(start: pass.inputGradient, count: inputs.values.count)))
            )
        }
    }
}
