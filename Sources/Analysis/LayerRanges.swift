internal import Activations
internal import InformationTheory

/// The ranges of one split's layers, which `width` rules resolve to.
struct LayerRanges {
    private let byRecord: [String: [ValueRange]]
    private let byLayer: [String: ValueRange]
    private let network: ValueRange?

    /// Reads the recorded ranges of all committed records; no activations.
    init(of split: SplitInfo, in archive: ActivationArchive) throws(AnalysisError) {
        var byRecord: [String: [ValueRange]] = [:]
        var byLayer: [String: ValueRange] = [:]
        for layer in split.layers {
            do throws(ArchiveError) {
                byRecord[layer.name] = try archive.ranges(split: split.name, layer: layer.name).map {
                    ValueRange(low: $0.low, high: $0.high)
                }
            } catch {
                throw AnalysisError(error)
            }
            byLayer[layer.name] = byRecord[layer.name].flatMap(Self.union)
        }
        // Hidden layers, as Lorenzen et al. bin them: what stands between the input and the logits.
        let hidden = split.layers.filter { ![.input, .logits, .softmax].contains($0.kind) }
        network = Self.union(hidden.compactMap { byLayer[$0.name] })
        self.byRecord = byRecord
        self.byLayer = byLayer
    }

    /// The range that the discretization divides in this record; nil where its rule finds its own.
    func range(for discretization: Discretization, layer: String, record: Int) -> ValueRange? {
        guard case .width(_, let extent) = discretization.rule else { return nil }
        switch extent {
        case .run: return byLayer[layer]
        case .epoch: return byRecord[layer]?[record]
        case .network: return network
        case .fixed(let low, let high): return ValueRange(low: low, high: high)
        case .unit: return nil
        }
    }

    /// The smallest and the largest value of a layer in one record.
    func recorded(layer: String, record: Int) -> ValueRange? { byRecord[layer]?[record] }

    private static func union(_ ranges: [ValueRange]) -> ValueRange? {
        guard let first = ranges.first else { return nil }
        return ranges.dropFirst().reduce(first) { ValueRange(low: min($0.low, $1.low), high: max($0.high, $1.high)) }
    }
}
