/// What p-values of many tests say together.
public enum MultipleTesting {
    /// Returns the p-values adjusted for the false discovery rate: rejecting those up to q rejects a true null hypothesis in at
    /// most a share q of the rejections on average, if the tests are independent or positively dependent.
    ///
    /// q_(i) = min over j ≥ i of m·p_(j)/j, at most 1, in the order of `pValues`. O(m log m).
    ///
    /// Source: Benjamini, Hochberg, "Controlling the False Discovery Rate", 1995; adjusted p-values as in Yekutieli,
    /// Benjamini 1999, eq. 3.
    public static func benjaminiHochberg(_ pValues: [Double]) -> [Double] {
        let order = pValues.indices.sorted { pValues[$0] != pValues[$1] ? pValues[$0] > pValues[$1] : $0 > $1 }
        var adjusted = [Double](repeating: 1, count: pValues.count)
        var smallest = 1.0
        for (place, index) in order.enumerated() {
            let rank = pValues.count - place
            smallest = min(smallest, pValues[index] * Double(pValues.count) / Double(rank))
            adjusted[index] = smallest
        }
        return adjusted
    }

    /// Returns the p-values of a grid of cells adjusted for the family-wise error by the maximum over the grid: with
    /// t = (observed − null mean)/(null standard deviation) of each cell, p = (1 + #{b: max over the cells of t_b ≥ t})/(B + 1).
    ///
    /// Permutation b must be the same shuffle in every cell, so that the dependence of the cells is kept. A cell whose null does
    /// not vary (a layer of one symbol, or one of as many as samples) cannot reach beyond it: its p-value is 1, and it does not
    /// take part in the maximum.
    ///
    /// - Parameter cells: the observed value of each cell and its B values under the null hypothesis, as many for each.
    /// - Complexity: O(cells · B).
    ///
    /// Source: Westfall, Young, "Resampling-Based Multiple Testing", 1993, algorithm 2.5 (single step, maxT).
    public static func maximumStatistic(_ cells: [(observed: Double, null: [Double])]) -> [Double] {
        let permutations = cells.first?.null.count ?? 0
        precondition(cells.allSatisfy { $0.null.count == permutations }, "every cell has the same permutations")
        var largest = [Double](repeating: -.infinity, count: permutations)
        let statistics = cells.map { cell -> Double? in
            let centre = cell.null.reduce(0, +) / Double(max(permutations, 1))
            let variance = cell.null.reduce(0) { $0 + ($1 - centre) * ($1 - centre) } / Double(max(permutations, 1))
            // What rounding leaves of a null that does not vary is below 1e-9 bits.
            guard variance > 1e-18 else { return nil }
            let scale = variance.squareRoot()
            for (permutation, value) in cell.null.enumerated() {
                largest[permutation] = max(largest[permutation], (value - centre) / scale)
            }
            return (cell.observed - centre) / scale
        }
        return statistics.map { statistic in
            guard let statistic else { return 1 }
            return Double(1 + largest.count { $0 >= statistic - 1e-9 }) / Double(permutations + 1)
        }
    }
}
