internal import Activations
internal import InformationTheory
public import Results

/// What the work costs, so that a plan can be cut into parts that take as long as each other.
extension AnalysisPlan {
    /// The predicted time of each unit on one core, in microseconds; at least 1.
    ///
    /// A sum over what is computed, each term a constant times its leading order in n samples, d units and N inputs. The
    /// constants were measured on one AMD EPYC core (n = 1000 and 5000, d = 10 … 512, N = 784; those without error bars
    /// are derived from the number of groups): on another machine all of them change together, and balance stays. Distrust
    /// it by a factor of 2, for nearest neighbours of 3: their search depends on the values. The basis of reduced inputs,
    /// once in every process, is not in it.
    ///
    /// - Complexity: O(units × binnings).
    public var unitCosts: [Int] { units.map { max(1, Int((nanoseconds(of: $0) / 1000).rounded())) } }

    /// The predicted time of the whole plan on one core, in seconds.
    public var predictedSeconds: Double { unitCosts.reduce(0) { $0 + Double($1) } / 1_000_000 }

    private func nanoseconds(of unit: Unit) -> Double {
        guard let layer = unit.layer else { return 1_000_000 }
        let samples = Double(unit.samples)
        let values = samples * Double(layer.units)
        let inputs = Double(request.inputReduction?.components ?? unit.split.inputs.shape.reduce(1, *))
        let reading = Double(layer.bytesPerRecord) / Double(max(1, unit.split.sampleCount)) * samples * 0.5
        var sum = 1_000_000 + reading + (unit.split.inputs.perEpoch ? 4 * samples * inputs : 0)
        // All discretizations are made in one pass over the values.
        if !unit.binnings.isEmpty { sum += 3 * values }
        for binning in unit.binnings {
            sum += 100_000 + 0.1 * values
            for estimator in request.symbolEstimators {
                sum += estimator == .plugIn ? 0.6 * samples * Double(request.permutations) : 2000 * samples
                guard binning.hasGIB else { continue }
                for target in request.targets(of: estimator) {
                    sum += samples * inputs * nanosecondsPerInput(of: target)
                }
            }
        }
        let pairs = samples * samples
        let width = Double(layer.units)
        for estimator in unit.valueEstimators {
            switch estimator.method {
            case .counts: break
            case .pairwise: sum += pairs * (2 + 0.02 * width)
            case .ksg: sum += pairs * (1 + 0.3 * (width + inputs))
            case .ross, .kozachenkoLeonenko: sum += pairs * (1 + 0.03 * width)
            case .gaussianCopula: sum += 2000 * samples * (width + inputs) / (request.errorBars ? 1 : 20)
            }
        }
        return sum
    }

    /// Nanoseconds per sample and input of all 2N + 1 terms with their error bars. Those of `label` are shared by all cells.
    /// The error bars of GIB terms take ten groups, and so most of it.
    private func nanosecondsPerInput(of target: Target) -> Double {
        let errorBars = request.errorBars ? 1.0 : 0.1
        if target.isWeightedHard { return 10 * errorBars + 0.8 * Double(request.shuffles) }
        switch target {
        case .label: return 1
        case .latent: return 10 * errorBars
        default: return 23 * errorBars
        }
    }

    /// Returns shard `number` of `count` (counted from 1): a contiguous block of the plan, and so of every layer in the
    /// archive; all blocks together are the plan, and each costs as much as the others, to within its largest unit. More
    /// shards than units leave some of them empty. O(units).
    public func shard(_ number: Int, of count: Int) -> AnalysisPlan {
        precondition(count > 0 && (1...count).contains(number), "shards count from 1")
        let sums = cumulativeCosts
        return part(Self.bound(number - 1, of: count, in: sums)..<Self.bound(number, of: count, in: sums))
    }

    /// All shards of `count`, in order. O(units + count log units).
    public func shards(_ count: Int) -> [AnalysisPlan] {
        precondition(count > 0, "shards count from 1")
        let sums = cumulativeCosts
        let bounds = (0...count).map { Self.bound($0, of: count, in: sums) }
        return zip(bounds, bounds.dropFirst()).map { part($0..<$1) }
    }

    /// The cost of each unit with all before it.
    private var cumulativeCosts: [Int] {
        var sum = 0
        return unitCosts.map {
            sum += $0
            return sum
        }
    }

    /// How many units lie in the first `shards` of `count`: those whose end is not beyond that share of the cost. Without
    /// overflow for any count.
    private static func bound(_ shards: Int, of count: Int, in sums: [Int]) -> Int {
        let limit = count.dividingFullWidth(shards.multipliedFullWidth(by: sums.last ?? 0)).quotient
        var (low, high) = (0, sums.count)
        while low < high {
            let middle = (low + high) / 2
            if sums[middle] <= limit { low = middle + 1 } else { high = middle }
        }
        return low
    }

    /// The units that `results` neither hold whole nor name as failed: what is still to do.
    public func open(in results: ResultSet) -> [Unit] {
        missing(from: results).filter { results.failure(of: cell(of: $0)) == nil }
    }
}
