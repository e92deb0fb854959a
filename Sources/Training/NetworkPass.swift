internal import LinearAlgebra

#if canImport(Darwin)
    internal import Darwin
#else
    internal import Glibc
#endif

/// The working memory of one thread for up to `capacity` samples on their way through a network and back; allocated
/// once, used for every batch.
final class NetworkPass {
    /// Sums over the samples of a pass.
    struct Score {
        /// Sum of −log p(label), in nats.
        var lossSum = 0.0
        /// How many samples have their label as the class of the largest logit, the smallest class on ties.
        var correct = 0
        /// Sum of ‖∂(−log p(label))/∂(W, b of the output layer)‖² = ‖p − e_label‖²·(‖a‖² + 1), a the layer below.
        var fisherSum = 0.0

        static func += (total: inout Score, part: Score) {
            total.lossSum += part.lossSum
            total.correct += part.correct
            total.fisherSum += part.fisherSum
        }
    }

    let widths: [Int]
    let capacity: Int
    /// The samples, the first `rows` rows filled.
    let inputs: UnsafeMutablePointer<Float>
    /// Their class ids.
    let labels: UnsafeMutablePointer<Int>
    /// After `backward`: derivatives by the parameters, in the network's order.
    let gradient: UnsafeMutablePointer<Float>
    /// After `backward`: derivatives by the inputs.
    let inputGradient: UnsafeMutablePointer<Float>
    private(set) var rows = 0

    private let activation: Activation
    private let parameterCount: Int
    /// Per layer from the first hidden one to the logits, then the softmax.
    private let outputs: [UnsafeMutablePointer<Float>]
    /// Per hidden layer, φ'(z).
    private let slopes: [UnsafeMutablePointer<Float>]
    /// Derivatives by the sums of one layer and of the layer below.
    private let deltas: [UnsafeMutablePointer<Float>]

    init(widths: [Int], activation: Activation, capacity: Int) {
        self.widths = widths
        self.activation = activation
        self.capacity = capacity
        parameterCount = MultilayerPerceptron.parameterCount(of: widths)
        func floats(_ count: Int) -> UnsafeMutablePointer<Float> {
            let memory = UnsafeMutablePointer<Float>.allocate(capacity: max(1, count))
            memory.initialize(repeating: 0, count: max(1, count))
            return memory
        }
        inputs = floats(capacity * widths[0])
        inputGradient = floats(capacity * widths[0])
        labels = .allocate(capacity: max(1, capacity))
        labels.initialize(repeating: 0, count: max(1, capacity))
        gradient = floats(parameterCount)
        outputs = (widths.dropFirst() + [widths[widths.count - 1]]).map { floats(capacity * $0) }
        slopes = widths.dropFirst().dropLast().map { floats(capacity * $0) }
        let widest = widths.dropFirst().max() ?? 1
        deltas = [floats(capacity * widest), floats(capacity * widest)]
    }

    deinit {
        for memory in outputs + slopes + deltas + [inputs, inputGradient, gradient] { memory.deallocate() }
        labels.deallocate()
    }

    private var depth: Int { widths.count - 1 }

    /// The outputs of `layer`, from 1: hidden layers, logits, softmax.
    func output(of layer: Int) -> UnsafeMutablePointer<Float> { outputs[layer - 1] }

    /// Copies `rows` samples that lie one after the other.
    func load(_ samples: UnsafePointer<Float>, rows: Int) {
        precondition(rows <= capacity, "the pass holds fewer samples")
        self.rows = rows
        inputs.update(from: samples, count: rows * widths[0])
    }

    /// Copies the samples with these indices and their labels.
    func gather(
        _ indices: ArraySlice<Int>, from samples: UnsafePointer<Float>, labels allLabels: UnsafePointer<Int>
    ) {
        precondition(indices.count <= capacity, "the pass holds fewer samples")
        rows = indices.count
        for (row, index) in indices.enumerated() {
            (inputs + row * widths[0]).update(from: samples + index * widths[0], count: widths[0])
            labels[row] = allLabels[index]
        }
    }

    /// Computes every layer's outputs from the inputs; with `keepingSlopes`, what `backward` needs too.
    func forward(_ parameters: UnsafePointer<Float>, keepingSlopes: Bool) {
        var weights = parameters
        var below = UnsafePointer(inputs)
        for layer in 0..<depth {
            let (inner, units) = (widths[layer], widths[layer + 1])
            let biases = weights + inner * units
            let sums = outputs[layer]
            for row in 0..<rows { (sums + row * units).update(from: biases, count: units) }
            Float.multiply(
                rows: rows, columns: units, inner: inner, alpha: 1, below, stride: inner, transposed: false,
                weights, stride: units, transposed: false, beta: 1, into: sums, stride: units)
            if layer < depth - 1 {
                activation.apply(
                    to: UnsafeMutableBufferPointer(start: sums, count: rows * units),
                    slopes: keepingSlopes
                        ? UnsafeMutableBufferPointer(start: slopes[layer], count: rows * units) : nil)
            }
            weights = biases + units
            below = UnsafePointer(sums)
        }
        let classes = widths[depth]
        for row in 0..<rows {
            let logits = outputs[depth - 1] + row * classes
            let probabilities = outputs[depth] + row * classes
            let largest = Self.largest(logits, classes)
            var sum: Float = 0
            for k in 0..<classes {
                probabilities[k] = expf(logits[k] - logits[largest])
                sum += probabilities[k]
            }
            for k in 0..<classes { probabilities[k] /= sum }
        }
    }

    /// Compares the outputs of the last `forward` with the labels. Sums are in Float64, in the order of the samples.
    func score() -> Score {
        let classes = widths[depth]
        let belowWidth = widths[depth - 1]
        let below = depth > 1 ? outputs[depth - 2] : inputs
        var score = Score()
        for row in 0..<rows {
            let logits = outputs[depth - 1] + row * classes
            let largest = Self.largest(logits, classes)
            if largest == labels[row] { score.correct += 1 }
            var sum = 0.0
            for k in 0..<classes { sum += exp(Double(logits[k]) - Double(logits[largest])) }
            score.lossSum += log(sum) + Double(logits[largest]) - Double(logits[labels[row]])
            var residual = 0.0
            for k in 0..<classes {
                let p = exp(Double(logits[k]) - Double(logits[largest])) / sum - (k == labels[row] ? 1 : 0)
                residual += p * p
            }
            var squares = 1.0
            for k in 0..<belowWidth {
                let value = Double(below[row * belowWidth + k])
                squares += value * value
            }
            score.fisherSum += residual * squares
        }
        return score
    }

    /// Computes the derivatives of `scale` times the summed loss, after a `forward` that kept the slopes.
    func backward(_ parameters: UnsafePointer<Float>, scale: Float, forParameters: Bool, forInputs: Bool) {
        let classes = widths[depth]
        var delta = deltas[0]
        var spare = deltas[1]
        for row in 0..<rows {
            for k in 0..<classes {
                let p = outputs[depth][row * classes + k]
                delta[row * classes + k] = scale * (k == labels[row] ? p - 1 : p)
            }
        }
        var end = parameterCount
        for layer in stride(from: depth - 1, through: 0, by: -1) {
            let (inner, units) = (widths[layer], widths[layer + 1])
            let start = end - (inner + 1) * units
            if forParameters {
                Float.multiply(
                    rows: inner, columns: units, inner: rows, alpha: 1,
                    layer > 0 ? outputs[layer - 1] : inputs, stride: inner, transposed: true,
                    delta, stride: units, transposed: false, beta: 0, into: gradient + start, stride: units)
                let biases = gradient + start + inner * units
                biases.update(repeating: 0, count: units)
                for row in 0..<rows {
                    for k in 0..<units { biases[k] += delta[row * units + k] }
                }
            }
            guard layer > 0 || forInputs else { break }
            let result = layer > 0 ? spare : inputGradient
            Float.multiply(
                rows: rows, columns: inner, inner: units, alpha: 1, delta, stride: units, transposed: false,
                parameters + start, stride: units, transposed: true, beta: 0, into: result, stride: inner)
            if layer > 0 {
                let slope = slopes[layer - 1]
                for i in 0..<(rows * inner) { result[i] *= slope[i] }
                swap(&delta, &spare)
            }
            end = start
        }
    }

    @inline(__always)
    private static func largest(_ logits: UnsafePointer<Float>, _ classes: Int) -> Int {
        var best = 0
        for k in 1..<max(classes, 1) where logits[k] > logits[best] { best = k }
        return best
    }
}
