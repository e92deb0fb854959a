import LinearAlgebra
import Training

#if canImport(Darwin)
    import Darwin
#else
    import Glibc
#endif

/// The network once more in Float64 and plain loops, one sample at a time: slow and obvious.
struct NetworkOracle {
    let widths: [Int]
    let activation: Activation

    func activated(_ z: Double) -> Double {
        switch activation {
        case .tanh: tanh(z)
        case .relu: z > 0 ? z : 0
        case .leakyReLU: z > 0 ? z : 0.01 * z
        case .sigmoid: 1 / (1 + exp(-z))
        case .softplus: log(1 + exp(z))
        case .gelu: z / 2 * (1 + erf(z / 2.0.squareRoot()))
        case .identity: z
        }
    }

    /// Hidden layers, logits, softmax.
    func outputs(_ parameters: [Double], _ input: [Double]) -> [[Double]] {
        var outputs: [[Double]] = []
        var below = input
        var offset = 0
        for layer in 1..<widths.count {
            let units = widths[layer]
            let biases = offset + below.count * units
            below = (0..<units).map { unit in
                below.indices.reduce(parameters[biases + unit]) {
                    $0 + below[$1] * parameters[offset + $1 * units + unit]
                }
            }
            if layer < widths.count - 1 { below = below.map(activated) }
            outputs.append(below)
            offset = biases + units
        }
        let sum = below.reduce(0) { $0 + exp($1) }
        return outputs + [below.map { exp($0) / sum }]
    }

    func loss(_ parameters: [Double], _ inputs: [[Double]], _ labels: [Int]) -> Double {
        zip(inputs, labels).reduce(0) { $0 - log(outputs(parameters, $1.0).last![$1.1]) } / Double(labels.count)
    }
}

func doubles(_ values: [Float]) -> [Double] { values.map(Double.init) }

func rows(_ matrix: Matrix<Float>) -> [[Double]] {
    (0..<matrix.rows).map { row in (0..<matrix.columns).map { Double(matrix[row, $0]) } }
}
