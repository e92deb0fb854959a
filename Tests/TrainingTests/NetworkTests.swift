import LinearAlgebra
import Testing
import Training

#if canImport(Darwin)
    import Darwin
#else
    import Glibc
#endif

@Suite struct NetworkTests {
    /// Numbers between −1 and 1 without a pattern that matters here.
    static func numbers(_ count: Int, seed: Int) -> [Float] {
        (0..<count).map { Float(sin(Double($0 * 37 + seed * 101) * 12.9898)) }
    }

    static func samples(_ count: Int, _ width: Int, classes: Int, seed: Int) -> (Matrix<Float>, [Int]) {
        let values = numbers(count * width, seed: seed).map { 1.5 * $0 }
        return (Matrix(rows: count, columns: width, values: values), (0..<count).map { $0 * 5 % 7 % classes })
    }

    // Float32 sums of at most 7 terms of size about 1 are right to about 7 · 6e-8; three layers amplify that a little.
    @Test(arguments: Activation.allCases)
    func `every layer's outputs are those of the oracle`(activation: Activation) {
        let network = MultilayerPerceptron(widths: [5, 7, 4, 3], activation: activation, seed: 3)
        let (inputs, _) = Self.samples(9, 5, classes: 3, seed: 4)
        let outputs = network.outputs(for: inputs)
        #expect(outputs.map(\.columns) == [7, 4, 3, 3])
        let oracle = NetworkOracle(widths: network.widths, activation: activation)
        for (sample, input) in rows(inputs).enumerated() {
            let expected = oracle.outputs(doubles(network.parameters), input)
            for (layer, values) in expected.enumerated() {
                for (unit, value) in values.enumerated() {
                    #expect(abs(Double(outputs[layer][sample, unit]) - value) < 5e-6)
                }
            }
        }
    }

    // Central differences in Float64 with h = 1e-5 err by h²·f'''/6 ~ 1e-10 and rounding 1e-16/h ~ 1e-11; the Float32
    // gradient itself by some 1e-6. A relu within h of its kink would break this; the seed has none.
    @Test(arguments: Activation.allCases)
    func `gradients are the finite differences of the loss`(activation: Activation) {
        let widths = [5, 7, 4, 3]
        let first = MultilayerPerceptron(widths: widths, activation: activation, seed: 5).parameters
        // Biases away from 0, so that a mistake in them shows.
        let network = MultilayerPerceptron(
            widths: widths, activation: activation,
            parameters: zip(first, Self.numbers(first.count, seed: 6)).map { $0 + 0.2 * $1 })
        let (inputs, labels) = Self.samples(8, 5, classes: 3, seed: 7)
        let found = network.lossAndGradients(inputs: inputs, labels: labels)
        let oracle = NetworkOracle(widths: widths, activation: activation)
        let parameters = doubles(network.parameters)
        let samples = rows(inputs)
        #expect(abs(found.loss - oracle.loss(parameters, samples, labels)) < 1e-6)
        let h = 1e-5
        for i in parameters.indices {
            var (up, down) = (parameters, parameters)
            up[i] += h
            down[i] -= h
            let slope = (oracle.loss(up, samples, labels) - oracle.loss(down, samples, labels)) / (2 * h)
            #expect(abs(Double(found.parameters[i]) - slope) < 2e-6, "parameter \(i)")
        }
        for sample in 0..<8 {
            for feature in 0..<5 {
                var (up, down) = (samples, samples)
                up[sample][feature] += h
                down[sample][feature] -= h
                let slope = (oracle.loss(parameters, up, labels) - oracle.loss(parameters, down, labels)) / (2 * h)
                #expect(abs(Double(found.inputs[sample, feature]) - slope) < 2e-6, "input \(sample), \(feature)")
            }
        }
    }

    @Test func `a network without hidden layers is softmax regression`() {
        let network = MultilayerPerceptron(widths: [3, 2], activation: .relu, seed: 1)
        #expect(network.name == "MLP 3-2")
        let (inputs, labels) = Self.samples(4, 3, classes: 2, seed: 2)
        let oracle = NetworkOracle(widths: [3, 2], activation: .relu)
        let found = network.lossAndGradients(inputs: inputs, labels: labels)
        #expect(abs(found.loss - oracle.loss(doubles(network.parameters), rows(inputs), labels)) < 1e-6)
    }

    // n = 200·100 draws: the sample variance has relative standard deviation sqrt(2/n) = 1%; the bound is 5 of these.
    @Test(arguments: [(Activation.tanh, 1.0), (.relu, 2.0), (.gelu, 2.0), (.identity, 1.0)])
    func `initial weights have the documented variance`(activation: Activation, gain: Double) {
        let network = MultilayerPerceptron(widths: [200, 100, 2], activation: activation, seed: 9)
        let weights = network.parameters[..<20_000]
        let variance = doubles(Array(weights)).reduce(0) { $0 + $1 * $1 } / 20_000
        #expect(abs(variance * 200 / gain - 1) < 0.05)
        #expect(network.parameters[20_000..<20_100].allSatisfy { $0 == 0 })
        #expect(network.parameters.count == MultilayerPerceptron.parameterCount(of: [200, 100, 2]))
    }

    @Test func `the seed decides the network`() {
        let make = { (seed: UInt64) in
            MultilayerPerceptron(widths: [4, 3, 2], activation: .tanh, seed: seed).parameters
        }
        #expect(make(1) == make(1))
        #expect(make(1) != make(2))
    }

    @Test func `sure logits give a finite loss`() {
        // Logits 200 and 0: softmax of the wrong class underflows in Float32, the loss for it is 200 exactly.
        let network = MultilayerPerceptron(widths: [1, 2], activation: .tanh, parameters: [200, 0, 0, 0])
        let one = Matrix<Float>(rows: 1, columns: 1, values: [1])
        #expect(abs(network.lossAndGradients(inputs: one, labels: [1]).loss - 200) < 1e-9)
        #expect(network.lossAndGradients(inputs: one, labels: [0]).loss < 1e-9)
    }

    @Test func `an unknown activation is named`() {
        #expect(throws: TrainingError.self) { try Activation(named: "tahn") }
        #expect((try? Activation(named: "leaky-relu")) == .leakyReLU)
    }
}
