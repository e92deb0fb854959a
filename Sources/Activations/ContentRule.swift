/// A rule over facts that were gathered once: one small function. What it asks for is said by its ``ArchiveRule``.
struct ContentRule<Facts>: Sendable {
    let rule: ArchiveRule
    let check: @Sendable (Facts) -> Trouble?

    init(_ rule: ArchiveRule, _ check: @escaping @Sendable (Facts) -> Trouble?) {
        self.rule = rule
        self.check = check
    }

    func finding(of facts: Facts, at location: String) -> ArchiveError.Finding? {
        check(facts).map {
            ArchiveError.Finding(rule, location: location, problem: $0.problem, remedy: $0.remedy)
        }
    }
}

/// What is wrong, and what to do.
struct Trouble {
    let problem: String
    let remedy: String

    init(_ problem: String, _ remedy: String) {
        self.problem = problem
        self.remedy = remedy
    }
}
