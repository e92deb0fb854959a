internal import Dispatch
internal import Synchronization

/// Calls `body` once with each of 0 ..< `count`, on at most `jobs` threads at a time, each taking the next number that is left.
///
/// Which thread takes which number is open: `body` writes only what belongs to its number, so that the result does not depend on
/// `jobs`.
public func concurrently(_ count: Int, jobs: Int, _ body: @Sendable (Int) -> Void) {
    let jobs = min(jobs, count)
    guard jobs > 1 else {
        for index in 0..<max(0, count) { body(index) }
        return
    }
    let next = Atomic<Int>(0)
    DispatchQueue.concurrentPerform(iterations: jobs) { _ in
        while true {
            let index = next.add(1, ordering: .relaxed).oldValue
            guard index < count else { return }
            body(index)
        }
    }
}

/// Memory into which several threads write, each to parts of its own, or from which they read what none of them writes.
public struct SharedMemory: @unchecked Sendable {
    /// The first element.
    public let base: UnsafeMutablePointer<Double>

    /// Shares the memory at `base`.
    public init(_ base: UnsafeMutablePointer<Double>) {
        self.base = base
    }
}
