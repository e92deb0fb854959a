import Spelling
import Testing

@Suite struct NearestTests {
    @Test func `a misspelt word finds its neighbour`() {
        #expect(nearest(to: "pmi-lable", among: ["pmi-label", "label", "pmi-soft"]) == "pmi-label")
        #expect(nearest(to: "FC1", among: ["fc1", "fc2"]) == "fc1")
    }

    @Test func `a word far from all finds none`() {
        #expect(nearest(to: "banana", among: ["fc1", "softmax"]) == nil)
        #expect(nearest(to: "fc1", among: [String]()) == nil)
    }
}
