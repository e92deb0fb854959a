import KernelMethods
import Testing

@Suite struct KernelTests {
    @Test(arguments: [
        ("rbf", Kernel.rbf(gamma: nil)),
        ("rbf:gamma=0.1", .rbf(gamma: 0.1)),
        ("linear", .linear),
        ("cosine", .cosine),
        ("polynomial:degree=3,coefficient=1", .polynomial(degree: 3, gamma: nil, coefficient: 1)),
        ("polynomial:degree=2,gamma=0.5,coefficient=-1", .polynomial(degree: 2, gamma: 0.5, coefficient: -1)),
        ("sigmoid:coefficient=1", .sigmoid(gamma: nil, coefficient: 1)),
        ("sigmoid:gamma=1e-05,coefficient=0.25", .sigmoid(gamma: 1e-5, coefficient: 0.25)),
    ])
    func `Text and kernel turn into each other`(text: String, kernel: Kernel) throws {
        #expect(try Kernel(text) == kernel)
        #expect(kernel.description == text)
    }

    @Test func `Parameters left out have scikit-learn's defaults`() throws {
        #expect(try Kernel("polynomial") == .polynomial(degree: 3, gamma: nil, coefficient: 1))
        #expect(try Kernel("sigmoid") == .sigmoid(gamma: nil, coefficient: 1))
        #expect(try Kernel("polynomial:coefficient=2,degree=4").description == "polynomial:degree=4,coefficient=2")
    }

    @Test(arguments: [
        ("poly", "polynomial"), ("rbg", "rbf"), ("lineal", "linear"), ("cos", "cosine"), ("sigmod", "sigmoid"),
        ("", "rbf"), ("RBF ", "rbf"),
    ])
    func `An unknown kernel names the nearest`(text: String, nearest: String) {
        #expect(throws: KernelError.unknownKernel(text, nearest: nearest)) { try Kernel(text) }
        #expect(KernelError.unknownKernel(text, nearest: nearest).description.contains("Did you mean '\(nearest)'?"))
    }

    @Test(arguments: [
        "rbf:", "rbf:gamma", "rbf:degree=2", "rbf:gamma=1,gamma=2", "linear:gamma=1", "cosine:x", "rbf:gamma=1,",
    ])
    func `A parameter that the kernel does not have is refused`(text: String) {
        #expect { try Kernel(text) } throws: { error in
            if case KernelError.unknownParameter = error { true } else { false }
        }
    }

    @Test(arguments: [
        "rbf:gamma=0", "rbf:gamma=-1", "rbf:gamma=nan", "rbf:gamma=inf", "rbf:gamma=", "rbf:gamma=much",
        "polynomial:degree=0", "polynomial:degree=1.5", "polynomial:coefficient=inf", "sigmoid:coefficient=-nan",
    ])
    func `A parameter outside its range is refused`(text: String) {
        #expect { try Kernel(text) } throws: { error in
            if case KernelError.invalidParameter = error { true } else { false }
        }
    }

    @Test func `Errors are sentences`() {
        #expect(
            KernelError.invalidParameter(
                kernel: "rbf", name: "gamma", expected: "a finite number above 0", found: "-1"
            ).description == "kernel rbf: gamma is out of range; expected a finite number above 0, found -1. "
                + "Choose another gamma.")
        #expect(
            KernelError.rankTooLow(asked: 50, rank: 12).description
                == "kernel PCA: 50 components asked, but only 12 have an eigenvalue above rounding. "
                + "Ask for at most 12.")
    }
}
