import Findings
import Results
import Testing

@Suite struct ObjectivesTests {
    private func results() -> ResultSet {
        var results = ResultSet()
        let base = Measurement.Key(
            archive: "a", split: "train", layer: "fc1", order: 1, epoch: 3, quantity: .labelInformation,
            discretization: "width:30@run", samples: 100)
        results.insert(Measurement(key: base, value: 0.75, flags: ["undersampled"]))
        var key = base
        key.quantity = .inputInformation
        results.insert(Measurement(key: key, value: 3, flags: ["undersampled"]))
        key.quantity = .complexity
        key.target = "pmi-label"
        key.parameters = "input=width:30@unit"
        results.insert(Measurement(key: key, value: 0.5, flags: ["saturated-inputs"]))
        return results
    }

    // 0.75 − 3/2 and 0.75 − 0.5/2 are exact in binary.
    @Test func `objectives are relevance minus complexity over beta`() throws {
        let derived = try Objectives(betas: [2]).derived(from: results())
        #expect(derived.count == 2)
        let ib = try #require(derived.first { $0.key.quantity == .ibObjective })
        #expect(ib.value == -0.75 && ib.key.parameters == "beta=2" && ib.flags == ["undersampled"])
        let gib = try #require(derived.first { $0.key.quantity == .gibObjective })
        #expect(gib.value == 0.5 && gib.key.parameters == "input=width:30@unit;beta=2")
        #expect(gib.flags == ["saturated-inputs", "undersampled"], "in the order of all tables")
    }

    @Test func `real labels and steps pair the terms that belong together`() throws {
        var results = ResultSet()
        var key = Measurement.Key(
            archive: "a", split: "train", layer: "fc1", order: 1, epoch: 3, quantity: .inputInformation,
            discretization: "width:30@run", parameters: "step=7", samples: 100)
        results.insert(Measurement(key: key, value: 3))
        for (parameters, value) in [
            ("labels=width:2@unit;step=7", 0.75), ("labels=width:4@unit;step=7", 1),
            ("labels=width:2@unit;step=8", 0.5),
        ] {
            key.quantity = .labelInformation
            key.parameters = parameters
            results.insert(Measurement(key: key, value: value))
        }
        key.quantity = .complexity
        key.target = "label"
        key.parameters = "input=width:30@unit;labels=width:4@unit;step=7"
        results.insert(Measurement(key: key, value: 0.5))
        let derived = try Objectives(betas: [1]).derived(from: results)
        let found = Dictionary(
            uniqueKeysWithValues: derived.map { ("\($0.key.quantity.rawValue) \($0.key.parameters)", $0.value) })
        #expect(
            found == [
                "IB objective step=7;labels=width:2@unit;beta=1": -2.25,
                "IB objective step=7;labels=width:4@unit;beta=1": -2,
                "GIB objective input=width:30@unit;labels=width:4@unit;step=7;beta=1": 0.5,
            ])
    }

    @Test(arguments: [0, -1, .nan, .infinity]) func `a beta that is not positive is refused`(beta: Double) {
        #expect(throws: FindingsError.self) { try Objectives(betas: [beta]) }
    }
}
