internal import Dispatch
internal import LinearAlgebra
internal import Randomness

/// A network in training: its parameters, its optimizer, and one working memory per thread.
final class Learner {
    /// What became of one set of samples on its way through the network.
    struct Evaluation {
        var score = NetworkPass.Score()
        /// Per layer (hidden, logits, softmax) the outputs of the first samples, as many as were asked for.
        var outputs: [[Float]] = []
        /// The inputs of these samples, where an adversary changed them.
        var inputs: [Float] = []
    }

    private(set) var network: MultilayerPerceptron
    private var optimizer: OptimizerState
    private let request: TrainingRequest
    private let bounds: InputBounds
    private let passes: [NetworkPass]
    private let cleanInputs: [UnsafeMutablePointer<Float>]

    /// Samples per tile of an evaluation: fixed, so that the outputs do not depend on the number of threads.
    private static let tile = 1000

    init(_ request: TrainingRequest, _ data: DataSet) {
        self.request = request
        bounds = data.bounds
        let widths = [data.train.inputs.columns] + request.hidden + [data.classNames.count]
        network = MultilayerPerceptron(widths: widths, activation: request.activation, seed: request.seed)
        optimizer = OptimizerState(
            request.optimizer, learningRate: request.learningRate, parameters: network.parameters.count)
        let batch = (min(request.batchSize, data.train.count) + request.threads - 1) / request.threads
        let largest = max(data.train.count, data.test?.count ?? 0, data.all?.count ?? 0)
        let capacity = max(batch, min(Self.tile, largest))
        passes = (0..<request.threads).map { _ in
            NetworkPass(widths: widths, activation: request.activation, capacity: capacity)
        }
        cleanInputs = (0..<request.threads).map { _ in
            let memory = UnsafeMutablePointer<Float>.allocate(capacity: capacity * widths[0])
            memory.initialize(repeating: 0, count: capacity * widths[0])
            return memory
        }
    }

    deinit {
        for memory in cleanInputs { memory.deallocate() }
    }

    /// Takes one step on the samples with these indices and returns their score before it.
    ///
    /// Each thread takes an equal part of the batch; their gradients are added in the order of the threads.
    func step(on indices: ArraySlice<Int>, of samples: LabelledSamples, epoch: Int) -> NetworkPass.Score {
        let count = indices.count
        let shares = min(request.threads, count)
        network.parameters.withUnsafeBufferPointer { buffer in
            let parameters = buffer.baseAddress!
            samples.inputs.values.withUnsafeBufferPointer { inputs in
                samples.labels.withUnsafeBufferPointer { labels in
                    concurrently(shares) { [passes, cleanInputs, bounds, request] share in
                        let pass = passes[share]
                        let start = indices.startIndex
                        let part = indices[(start + share * count / shares)..<(start + (share + 1) * count / shares)]
                        pass.gather(part, from: inputs.baseAddress!, labels: labels.baseAddress!)
                        request.trainingAdversary?.apply(
                            to: pass, parameters: parameters, bounds: bounds, clean: cleanInputs[share]
                        ) { row in
                            RandomStream.trainingAttack.generator(
                                seed: request.seed, epoch, part[part.startIndex + row])
                        }
                        pass.forward(parameters, keepingSlopes: true)
                        pass.backward(
                            parameters, scale: 1 / Float(count), forParameters: true, forInputs: false)
                    }
                }
            }
        }
        var score = NetworkPass.Score()
        for share in 0..<shares { score += passes[share].score() }
        let gradient = passes[0].gradient
        for share in 1..<max(shares, 1) {
            let part = passes[share].gradient
            for i in network.parameters.indices { gradient[i] += part[i] }
        }
        optimizer.step(&network.parameters, gradient: gradient)
        return score
    }

    /// Sends samples through the network and keeps the outputs of the first `kept`. With an `adversary`, the samples
    /// are changed first; `epoch` then numbers the random sequence.
    func evaluate(
        _ samples: LabelledSamples, keeping kept: Int, adversary: Adversary? = nil, epoch: Int = 0
    ) -> Evaluation {
        let widths = network.widths
        let units = widths.dropFirst() + [widths[widths.count - 1]]
        let tiles = (samples.count + Self.tile - 1) / Self.tile
        var evaluation = Evaluation()
        let outputs = units.map { UnsafeMutablePointer<Float>.allocate(capacity: max(1, kept * $0)) }
        let changed = UnsafeMutablePointer<Float>.allocate(capacity: max(1, adversary == nil ? 0 : kept * widths[0]))
        let scores = UnsafeMutablePointer<NetworkPass.Score>.allocate(capacity: max(1, tiles))
        defer {
            for memory in outputs { memory.deallocate() }
            changed.deallocate()
            scores.deallocate()
        }
        let threads = min(request.threads, tiles)
        network.parameters.withUnsafeBufferPointer { buffer in
            let parameters = buffer.baseAddress!
            samples.inputs.values.withUnsafeBufferPointer { inputs in
                concurrently(threads) { [passes, cleanInputs, bounds, seed = request.seed] thread in
                    let pass = passes[thread]
                    for tile in stride(from: thread, to: tiles, by: threads) {
                        let start = tile * Self.tile
                        let rows = min(Self.tile, samples.count - start)
                        pass.load(inputs.baseAddress! + start * widths[0], rows: rows)
                        for row in 0..<rows { pass.labels[row] = samples.labels[start + row] }
                        adversary?.apply(
                            to: pass, parameters: parameters, bounds: bounds, clean: cleanInputs[thread]
                        ) { row in
                            RandomStream.recordedAttack.generator(seed: seed, epoch, samples.sampleIDs[start + row])
                        }
                        pass.forward(parameters, keepingSlopes: false)
                        (scores + tile).initialize(to: pass.score())
                        let keptRows = min(rows, kept - start)
                        guard keptRows > 0 else { continue }
                        for (layer, units) in units.enumerated() {
                            (outputs[layer] + start * units).initialize(
                                from: pass.output(of: layer + 1), count: keptRows * units)
                        }
                        if adversary != nil {
                            (changed + start * widths[0]).initialize(from: pass.inputs, count: keptRows * widths[0])
                        }
                    }
                }
            }
        }
        for tile in 0..<tiles { evaluation.score += scores[tile] }
        evaluation.outputs = zip(outputs, units).map { Array(UnsafeBufferPointer(start: $0, count: kept * $1)) }
        if adversary != nil {
            evaluation.inputs = Array(UnsafeBufferPointer(start: changed, count: kept * widths[0]))
        }
        return evaluation
    }

    /// Calls `body` for 0 ..< `count`, at the same time where there is more than one. Each call uses its own pass.
    private func concurrently(_ count: Int, _ body: (Int) -> Void) {
        if count <= 1 {
            if count == 1 { body(0) }
        } else {
            withoutActuallyEscaping(body) { body in
                // Safe: the calls touch different passes, and this function returns after the last of them.
                nonisolated(unsafe) let body = body
                DispatchQueue.concurrentPerform(iterations: count) { body($0) }
            }
        }
    }
}
