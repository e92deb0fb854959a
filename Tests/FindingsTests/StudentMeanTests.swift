import Findings
import Testing

@Suite struct `The mean over runs` {
    @Test(arguments: [
        // The 0.975 quantile of Student's distribution to the six decimals of published tables.
        (2, 12.706205), (3, 4.302653), (4, 3.182446), (5, 2.776445), (6, 2.570582), (10, 2.262157), (11, 2.228139),
        (31, 2.042272), (101, 1.983972),
    ])
    func `has the interval of Student's distribution`(count: Int, quantile: Double) throws {
        // Values 0 and 1 in turn have a known spread: s² = n·p(1 − p)/(n − 1).
        let values = (0..<count).map { Double($0 % 2) }
        let share = values.reduce(0, +) / Double(count)
        let error = (share * (1 - share) / Double(count - 1)).squareRoot()
        let mean = StudentMean(of: values)
        let interval = try #require(mean.interval)
        #expect(abs(mean.mean - share) < 1e-15)
        // Half a unit of the table's last decimal, times the standard error.
        #expect(abs(interval.upperBound - share - quantile * error) <= 0.5000001e-6 * error + 1e-14)
        #expect(abs(interval.lowerBound + interval.upperBound - 2 * share) < 1e-14)
    }

    @Test func `has no interval where there is one run, or a square overflows`() {
        #expect(StudentMean(of: [0.25]).mean == 0.25)
        #expect(StudentMean(of: [0.25]).interval == nil)
        #expect(StudentMean(of: [1e300, -1e300]).interval == nil)
    }

    @Test func `of equal values has an interval without width`() {
        #expect(StudentMean(of: [2, 2, 2]).interval == 2...2)
    }
}
