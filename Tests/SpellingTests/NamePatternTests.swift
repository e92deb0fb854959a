import Spelling
import Testing

@Suite struct NamePatternTests {
    @Test func `a star is any text and a question mark one character`() {
        for (pattern, name) in [
            ("fc*", "fc"), ("fc*", "fc10"), ("*.relu", "a.b.relu"), ("?c1", "fc1"), ("*a*b*", "xaybz"),
        ] {
            #expect(NamePattern(pattern).matches(name), "\(pattern) \(name)")
        }
        for (pattern, name) in [("fc*", "xfc"), ("fc?", "fc"), ("fc1", "fc10"), ("*a*b", "ab!"), ("", "x")] {
            #expect(!NamePattern(pattern).matches(name), "\(pattern) \(name)")
        }
        #expect(NamePattern("a*").isGlob && !NamePattern("a").isGlob)
    }

    @Test func `numbers in names are ordered by value`() {
        let names = ["fc10", "fc2", "fc02", "2", "10", "conv1.relu", "conv1", "fc"]
        #expect(
            names.sorted(by: naturallyPrecedes) == ["2", "10", "conv1", "conv1.relu", "fc", "fc02", "fc2", "fc10"])
    }
}
