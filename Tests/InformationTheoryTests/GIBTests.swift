import InformationTheory
import LinearAlgebra
import Randomness
import Testing

struct GIBTests {
    private func known(_ x: [[Int]], _ y: [Int], _ target: Target, z: [Int]? = nil) throws -> GIBTerms {
        var example = Case(seed: 0)
        (example.x, example.y, example.z) = (x, y, z ?? y)
        return try example.terms(target)
    }

    // Every target but pmi-erasure: with Z = Y balanced, PMI is 1 bit for every sample, so all weights are equal, and Q is a
    // copy of Y. pmi-erasure divides by the same 1 bit and erases nothing.
    @Test(arguments: Target.allCases) func `XOR has one bit of synergy, whatever the target`(target: Target) throws {
        let x = patterns(bits: 2)
        let terms = try known(x, x.map { $0[0] ^ $0[1] }, target)
        #expect(terms.single == [0, 0])
        #expect(terms.remaining == [0, 0])
        #expect(terms.joint == 1)
        #expect(terms.targetEntropy == 1)
        #expect(terms.complexity == 0)
        #expect(terms.averageInteraction == 1)
    }

    @Test(arguments: Target.allCases) func `a copied bit beside a constant is all of the complexity`(target: Target)
        throws
    {
        let terms = try known([[0, 7], [1, 7]], [0, 1], target)
        #expect(terms.single == [1, 0])
        #expect(terms.remaining == [0, 1])
        #expect(terms.complexity == 0.5)
        #expect(terms.averageInteraction == 0)
    }

    @Test(arguments: Target.allCases) func `three copies of one bit are redundant`(target: Target) throws {
        let terms = try known([[0, 0, 0], [1, 1, 1]], [0, 1], target)
        #expect(terms.single == [1, 1, 1])
        #expect(terms.remaining == [1, 1, 1])
        #expect(terms.complexity == 1)
        #expect(terms.averageInteraction == -1)
    }

    // AND of two bits: H(Y) = H(1/4), I(X_i;Y) = H(1/4) − 1/2 (given X_i = 1 the output is a fair bit).
    @Test(arguments: [Target.label, .latent, .softLabel]) func `AND has its textbook terms`(target: Target) throws {
        let x = patterns(bits: 2)
        let terms = try known(x, x.map { $0[0] & $0[1] }, target)
        let output = 2 - 0.75 * Oracle.entropy(of: [0, 1, 2])  // H(1/4) = 2 − 3/4·log2 3
        #expect(terms.joint.agrees(with: output))
        #expect(terms.single.agrees(with: [output - 0.5, output - 0.5]))
        #expect(terms.remaining.agrees(with: terms.single))
    }

    // AND with Z = Y under PMI weights: the sample 11 has PMI log2 4 = 2, the others log2(4/3) each.
    @Test func `AND under PMI weights has weights 2 and log2 of 4 thirds`() throws {
        let x = patterns(bits: 2)
        let terms = try known(x, x.map { $0[0] & $0[1] }, .pmiLabel)
        let other = 2 - Oracle.entropy(of: [0, 1, 2])
        let total = 2 + 3 * other
        let output = Oracle.entropy([0: 3 * other / total, 1: 2 / total])
        #expect(terms.targetEntropy.agrees(with: output))
        #expect(terms.joint.agrees(with: output))
        // X_i = 1 holds one sample of each output, X_i = 0 only zeros.
        let given = (2 + other) / total * Oracle.entropy([0: other, 1: 2])
        #expect(terms.single.agrees(with: [output - given, output - given]))
    }

    // Majority of three: I(X;Y) = 1, influence of each bit 1/2, so I(X_{-i};Y) = 1/2; P(Y = X_i) = 3/4.
    @Test(arguments: Target.allCases) func `majority of three has its textbook terms`(target: Target) throws {
        let x = patterns(bits: 3)
        let terms = try known(x, x.map { $0.reduce(0, +) > 1 ? 1 : 0 }, target)
        let single = 1 - (2 - 0.75 * Oracle.entropy(of: [0, 1, 2]))
        #expect(terms.joint == 1)
        #expect(terms.remaining == [0.5, 0.5, 0.5])
        #expect(terms.single.agrees(with: [single, single, single]))
        #expect(terms.averageInteraction.agrees(with: 0.5 - single))
    }

    // The sum of two bits is 0, 1, 1, 2: 1.5 bits; each bit leaves one fair bit unknown, so 0.5 bits.
    @Test(arguments: [Target.label, .latent, .softLabel]) func `a sum of two bits has its terms`(target: Target) throws
    {
        let x = patterns(bits: 2)
        let terms = try known(x, x.map { $0[0] + $0[1] }, target)
        #expect(terms.joint == 1.5)
        #expect(terms.single == [0.5, 0.5])
        #expect(terms.remaining == [0.5, 0.5])
        #expect(terms.averageInteraction == 0.5)
    }

    // Sum with Z = Y under weights: PMI of 0 and 2 is log2 4 = 2, of 1 is 1; weights 1/3, 1/6, 1/6, 1/3.
    @Test(arguments: [Target.pmiLabel, .pmiLatent, .pmiJoint, .pmiSoftJoint])
    func `a sum of two bits has its weighted terms`(target: Target) throws {
        let x = patterns(bits: 2)
        let terms = try known(x, x.map { $0[0] + $0[1] }, target)
        let output = Oracle.entropy(of: [0, 1, 2])
        #expect(terms.targetEntropy.agrees(with: output))
        #expect(
            terms.single.agrees(with: [
                output - Oracle.entropy(of: [0, 0, 1]), output - Oracle.entropy(of: [0, 0, 1]),
            ]))
    }

    // n is a power of two, all counts are powers of two within a pair: losses are exact multiples of 1/n, and the
    // difference from I(X;Y) is rounded by one unit in the last place of a number below 1.
    @Test(arguments: 1...40) func `the loss without one bit is the influence of the bit`(seed: UInt64) throws {
        var generator = SplitMix64(seed: seed)
        let bits = 1 + Int(seed % 9)
        let x = patterns(bits: bits)
        let bias = generator.nextUniform()
        let y = x.map { _ in generator.nextUniform() < bias ? 1 : 0 }
        let terms = try known(x, y, .label)
        let influences = (0..<bits).map { bit in
            Double(x.indices.count { y[$0] != y[$0 ^ (1 << (bits - 1 - bit))] }) / Double(x.count)
        }
        for bit in 0..<bits where bits > 1 {
            #expect(abs(terms.joint - terms.remaining[bit] - influences[bit]) <= 0x1p-52)
        }
        if bits > 1 {
            #expect((terms.joint - terms.meanRemaining).agrees(with: influences.reduce(0, +) / Double(bits)))
        }
    }

    @Test(arguments: Target.allCases) func `every term of every target agrees with the plain definition`(
        target: Target
    ) throws {
        for seed in 0..<300 as Range<UInt64> {
            let example = Case(seed: seed)
            let terms = try example.terms(target)
            let truth = Oracle.terms(target, x: example.x, z: example.z, y: example.y)
            #expect(terms.single.agrees(with: truth.single), "seed \(seed)")
            #expect(terms.remaining.agrees(with: example.x[0].count == 1 ? [0] : truth.remaining), "seed \(seed)")
            #expect(terms.joint.agrees(with: truth.joint), "seed \(seed)")
            #expect(terms.targetEntropy.agrees(with: truth.targetEntropy), "seed \(seed)")
        }
    }

    // The bounds of the table of targets; 1e-12 as in the comparison above.
    @Test(arguments: Target.allCases) func `the bounds of the targets hold`(target: Target) throws {
        for seed in 1000..<1400 as Range<UInt64> {
            let example = Case(seed: seed)
            let terms = try example.terms(target)
            let truth = Oracle.terms(target, x: example.x, z: example.z, y: example.y)
            let labels = Double(example.labels.count)
            let logLabels = Oracle.entropy(of: Array(0..<example.labels.count))
            let c = terms.complexity - 1e-12
            #expect(c <= terms.targetEntropy && terms.joint - 1e-12 <= terms.targetEntropy)
            #expect((terms.single + terms.remaining).allSatisfy { $0 >= 0 && $0 <= terms.joint + 1e-12 })
            switch target {
            case .pmiLabel, .pmiSoftJoint, .label: #expect(terms.targetEntropy <= logLabels + 1e-12)
            case .pmiSoft, .softLabel:
                #expect(c <= truth.latentInformation)
                #expect(truth.latentInformation <= min(entropy(of: example.latent), logLabels) + 1e-12)
            case .pmiErasure:
                let logSymbols = Oracle.entropy(of: Array(0...Int(labels)))
                #expect(c <= truth.latentInformation)
                #expect(truth.latentInformation <= min(entropy(of: example.latent), logSymbols) + 1e-12)
                if mutualInformation(example.latent, example.labels) == 0 { #expect(terms.complexity == 0) }
            case .latent: #expect(terms.targetEntropy.agrees(with: entropy(of: example.latent)))
            case .pmiLatent, .pmiJoint: break
            }
            if target == .softLabel {
                #expect(truth.latentInformation.agrees(with: mutualInformation(example.latent, example.labels)))
            }
        }
    }

    @Test func `pmi-joint equals pmi-latent for two labels`() throws {
        var compared = 0
        for seed in 0..<400 as Range<UInt64> where Case(seed: seed).labels.count == 2 {
            let example = Case(seed: seed)
            let (joint, latent) = (try example.terms(.pmiJoint), try example.terms(.pmiLatent))
            #expect(joint.single.agrees(with: latent.single) && joint.remaining.agrees(with: latent.remaining))
            compared += 1
        }
        #expect(compared > 50)
    }

    @Test(arguments: Target.allCases) func `one label gives 0 for every target but latent`(target: Target) throws {
        var example = Case(seed: 5)
        example.x = patterns(bits: 3)
        (example.z, example.y) = (Array(0..<8), Array(repeating: 4, count: 8))
        let terms = try example.terms(target, shuffles: 10)
        if target == .latent {
            #expect(terms.complexity == 1.5)
        } else {
            #expect(terms.single + terms.remaining == [0, 0, 0, 0, 0, 0] && terms.joint == 0)
        }
    }

    @Test func `without a positive PMI the weighted targets are 0 and pmi-soft falls back to the label distribution`()
        throws
    {
        var example = Case(seed: 5)
        example.x = patterns(bits: 2)
        (example.z, example.y) = ([0, 0, 1, 1], [0, 1, 0, 1])
        for target in Target.allCases where ![.label, .latent].contains(target) {
            let terms = try example.terms(target, shuffles: 10)
            #expect(terms.single + terms.remaining == [0, 0, 0, 0] && terms.joint == 0, "\(target)")
            #expect(terms.targetEntropy == ([.pmiSoft, .softLabel].contains(target) ? 1 : 0), "\(target)")
            #expect(terms.shuffledComplexity == (target.isWeightedHard ? 0 : nil), "\(target)")
        }
    }

    @Test func `one feature has no remaining term`() throws {
        for target in Target.allCases {
            #expect(try known([[0], [1], [2]], [0, 1, 1], target).remaining == [0])
        }
    }

    @Test func `one sample carries no information`() throws {
        for target in Target.allCases {
            let terms = try known([[3, 1]], [0], target)
            #expect(terms.single == [0, 0] && terms.remaining == [0, 0] && terms.joint == 0)
        }
    }

    // Sums change their order with the samples, so agreement is to rounding.
    @Test(arguments: Target.allCases) func `the order of the samples does not matter`(target: Target) throws {
        for seed in 0..<40 as Range<UInt64> {
            let example = Case(seed: seed)
            var generator = SplitMix64(seed: seed)
            let order = generator.permutation(of: example.x.count)
            var other = example
            (other.x, other.z, other.y) = (
                order.map { example.x[$0] }, order.map { example.z[$0] }, order.map { example.y[$0] }
            )
            let (terms, permuted) = (try example.terms(target), try other.terms(target))
            #expect(terms.single.agrees(with: permuted.single) && terms.remaining.agrees(with: permuted.remaining))
        }
    }

    @Test(arguments: [Target.pmiLabel, .pmiLatent, .pmiJoint])
    func `the shuffled control is the mean complexity over permuted weights`(target: Target) throws {
        for seed in 0..<30 as Range<UInt64> {
            let example = Case(seed: seed)
            let terms = try example.terms(target, seed: seed, shuffles: 10)
            let weights = Oracle.measure(target, z: example.z, y: example.y)
            var generator = SplitMix64(seed: seed)
            var expected = 0.0
            for _ in 0..<10 {
                let order = generator.permutation(of: weights.count)
                let cells = weights.map { (example.x[$0.sample], $0.q, weights[order[$0.sample]].mass) }
                let features = example.x[0].count
                for i in 0..<features {
                    let single = Oracle.information(cells.map { ([$0.0[i]], $0.1, $0.2) })
                    let remaining = Oracle.information(
                        cells.map { (cell) in ((0..<features).filter { $0 != i }.map { cell.0[$0] }, cell.1, cell.2) })
                    expected += (single + (features == 1 ? 0 : remaining)) / Double(2 * features) / 10
                }
            }
            #expect(terms.shuffledComplexity!.agrees(with: expected), "seed \(seed)")
            #expect(try example.terms(target, seed: seed, shuffles: 10) == terms)
        }
    }

    // Features with more than 256 symbols take the wide storage and the sparse tables.
    @Test(arguments: Target.allCases) func `features with many symbols agree with the plain definition`(
        target: Target
    ) throws {
        var generator = SplitMix64(seed: 9)
        var example = Case(seed: 0)
        example.x = (0..<420).map { _ in
            [generator.nextIndex(below: 2000), generator.nextIndex(below: 5), generator.nextIndex(below: 90)]
        }
        example.y = example.x.map { ($0[0] / 300 + $0[1]) % 6 }
        example.z = example.x.map { ($0[2] + $0[1]) % 70 }
        let features = try InputFeatures(binning: example.inputs, by: .exact)
        let terms = gibTerms(
            inputs: features, latent: example.latent, labels: example.labels, target: target, seed: 1)
        let truth = Oracle.terms(target, x: example.x, z: example.z, y: example.y)
        #expect(terms.single.agrees(with: truth.single))
        #expect(terms.remaining.agrees(with: truth.remaining))
    }
}
