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
        #expect(gib.flags == ["undersampled", "saturated-inputs"])
    }

    @Test(arguments: [0, -1, .nan, .infinity]) func `a beta that is not positive is refused`(beta: Double) {
        #expect(throws: FindingsError.self) { try Objectives(betas: [beta]) }
    }
}
