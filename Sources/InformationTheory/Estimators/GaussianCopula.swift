public import LinearAlgebra

#if canImport(Darwin)
    internal import Darwin
#else
    internal import Glibc
#endif

/// Estimates I(X;Y) of two real vectors in bits as that of normal vectors with the same ranks.
///
/// Every column becomes Φ⁻¹(rank/(n + 1)); then I = ½·log2( |C_x|·|C_y| / |C_xy| ) with C the covariances, each entropy less its
/// analytic bias for n samples. Equal values share their mean rank (`ties`), so that the estimate does not depend on the order
/// of the samples. Constant columns carry nothing and are left out. Not cut at 0.
///
/// **When to distrust it.** It sees monotone dependence of pairs of columns and nothing else: XOR, y = x² and other synergy
/// have 0. Between two single columns, or one column and a label, it is a lower bound in the limit, and is flagged as one;
/// of several columns, whose joint distribution need not be normal though each is, it may be too large as well:
/// `normalModel`.
///
/// - Parameters:
///   - x: n × d_x, finite.
///   - y: n × d_y, finite.
///   - seed: of the groups of the delete-group jackknife, which gives the standard error.
///   - errorBars: whether there is a standard error and a curve.
/// - Returns: the estimate, without a ceiling; 0 and `constant` where all columns of one variable are constant.
/// - Throws: `.notEstimable` where the covariance is singular: more columns than samples, or columns that determine each
///   other; and for other numbers of samples. `.notFinite`, `.empty`.
/// - Complexity: O(d·n log n + d²·n + d³), about 25 times.
///
/// Source: Ince et al., "A Statistical Framework for Neuroimaging Data Analysis Based on Mutual Information Estimated via a
/// Gaussian Copula", 2017, eq. 12 and appendix.
public func gaussianCopulaInformation(
    _ x: Matrix<Double>, _ y: Matrix<Double>, seed: UInt64, errorBars: Bool = true
) throws(InformationError) -> Estimate {
    try checkNeighbours(0, of: [x, y], copulaName)
    let (left, right) = (x.withoutConstantColumns, y.withoutConstantColumns)
    if left.columns == 0 || right.columns == 0 {
        return Estimate(value: 0, standardError: 0, ceiling: 0, flags: .constant)
    }
    let resampling = Resampling(samples: x.rows, seed: seed, errorBars: errorBars)
    let both = left.beside(right)
    let values = try resampled(resampling, ofColumns: both.columns) { samples in
        let normal = both.rows(samples).normalized
        let (a, b) = (0..<left.columns, left.columns..<both.columns)
        guard let own = normal.entropy(ofColumns: a), let other = normal.entropy(ofColumns: b),
            let joint = normal.entropy(ofColumns: 0..<both.columns)
        else { return nil }
        return (own + other - joint) / log(2)
    }
    var estimate = Estimate(values, of: resampling, ceiling: nil)
    estimate.flags.insert(both.columns == 2 ? .lowerBound : .normalModel)
    if both.hasTies { estimate.flags.insert(.ties) }
    return estimate
}

/// Estimates I(X;Y) of a real vector and a label in bits: the entropy of a normal vector with the ranks of X less those of
/// its classes, weighted by their sizes. See `gaussianCopulaInformation(_:_:seed:)`; the ceiling is the plug-in H(Y), which
/// the estimate may exceed (`boundViolated`).
///
/// - Throws: also where a class has too few samples for its covariance.
///
/// Source: Ince et al. 2017, section "Continuous and discrete variables", the model of one normal distribution per class.
public func gaussianCopulaInformation(
    _ x: Matrix<Double>, labels: Symbols, seed: UInt64, errorBars: Bool = true
) throws(InformationError) -> Estimate {
    try checkNeighbours(0, of: [x], copulaName)
    guard labels.sampleCount == x.rows else {
        throw .notEstimable(
            estimator: copulaName, problem: "\(x.rows) samples and \(labels.sampleCount) labels",
            remedy: "Give both for the same samples.")
    }
    let kept = x.withoutConstantColumns
    if kept.columns == 0 || labels.count <= 1 {
        return Estimate(value: 0, standardError: 0, ceiling: 0, flags: .constant)
    }
    if let small = labels.occurrences.min(), small <= kept.columns {
        throw .notEstimable(
            estimator: copulaName,
            problem: "a label has \(small) samples, of \(kept.columns) columns; expected more samples than columns",
            remedy: "Reduce the columns (kernel PCA), or take more samples.")
    }
    let resampling = Resampling(samples: x.rows, seed: seed, errorBars: errorBars)
    let values = try resampled(resampling, ofColumns: kept.columns) { samples in
        let normal = kept.rows(samples).normalized
        let classes = labels.restricted(to: samples)
        let columns = 0..<kept.columns
        guard var nats = normal.entropy(ofColumns: columns) else { return nil }
        var members = [[Int]](repeating: [], count: classes.count)
        for (place, label) in classes.ids.enumerated() { members[Int(label)].append(place) }
        for rows in members {
            guard let own = normal.rows(rows).entropy(ofColumns: columns) else { return nil }
            nats -= own * Double(rows.count) / Double(samples.count)
        }
        return nats / log(2)
    }
    var estimate = Estimate(values, of: resampling, ceiling: entropy(of: labels))
    estimate.flags.insert(kept.columns == 1 ? .lowerBound : .normalModel)
    if kept.hasTies { estimate.flags.insert(.ties) }
    return estimate
}

private let copulaName = Estimator(.gaussianCopula).description

/// The estimates on all parts, nil where a part has no covariance.
private func resampled(
    _ resampling: Resampling, ofColumns columns: Int, _ estimate: ([Int]) -> Double?
) throws(InformationError) -> [Double?] {
    // In the order of the samples, so that sums do not depend on the seed.
    let values = resampling.parts.map { estimate(resampling.samples(of: $0).sorted()) }
    guard values[0] != nil else {
        let samples = resampling.order.count
        let reason =
            samples <= columns
            ? "\(columns) columns and \(samples) samples; expected more samples than columns"
            : "of the \(columns) columns some determine others, among all samples or within one label: their covariance is "
                + "singular"
        throw .notEstimable(
            estimator: copulaName, problem: reason,
            remedy: "Reduce the columns (kernel PCA, or leave redundant ones out), or take more samples.")
    }
    return values
}

extension Matrix<Double> {
    fileprivate func column(_ column: Int) -> [Double] { (0..<rows).map { values[$0 * columns + column] } }

    fileprivate var withoutConstantColumns: Matrix {
        let kept = (0..<columns).filter { column in
            (0..<rows).contains { values[$0 * columns + column] != values[column] }
        }
        if kept.count == columns { return self }
        return Matrix(
            rows: rows, columns: kept.count,
            values: (0..<rows).flatMap { row in kept.map { values[row * columns + $0] } })
    }

    fileprivate var hasTies: Bool {
        (0..<columns).contains { column in
            let sorted = self.column(column).sorted()
            return zip(sorted, sorted.dropFirst()).contains { $0 == $1 }
        }
    }

    /// Every column by the normal quantiles of its ranks, centred; equal values share their mean rank.
    fileprivate var normalized: Matrix {
        var result = self
        for column in 0..<columns {
            let own = self.column(column)
            let order = own.indices.sorted { own[$0] != own[$1] ? own[$0] < own[$1] : $0 < $1 }
            var quantiles = [Double](repeating: 0, count: rows)
            var start = 0
            while start < rows {
                var end = start
                while end < rows, own[order[end]] == own[order[start]] { end += 1 }
                // The mean of the ranks start + 1 ... end.
                let quantile = normalQuantile(Double(start + 1 + end) / 2 / Double(rows + 1))
                for place in start..<end { quantiles[order[place]] = quantile }
                start = end
            }
            for row in 0..<rows { result.values[row * columns + column] = quantiles[row] }
        }
        return result
    }

    /// The entropy in nats of a normal vector with the covariance of some columns, up to the constant (d/2)·ln(2πe), less its
    /// bias; nil where the covariance is singular.
    fileprivate func entropy(ofColumns own: Range<Int>) -> Double? {
        let (n, d) = (rows, own.count)
        guard n > d else { return nil }
        var transposed = Matrix(rows: d, columns: n, repeating: 0.0)
        for (line, column) in own.enumerated() {
            let values = self.column(column)
            let centre = mean(values)
            for row in 0..<n { transposed.values[line * n + row] = values[row] - centre }
        }
        var covariance = Matrix(rows: d, columns: d, repeating: 0.0)
        covariance.values.withUnsafeMutableBufferPointer {
            innerProducts(transposed, rows: 0..<d, transposed, rows: 0..<d, into: $0.baseAddress!, stride: d)
        }
        for index in covariance.values.indices { covariance.values[index] /= Double(n - 1) }
        let variances = (0..<d).map { covariance.values[$0 * d + $0] }
        guard let factor = try? choleskyFactor(of: covariance) else { return nil }
        var nats = CompensatedSum()
        for index in 0..<d {
            let pivot = factor.values[index * d + index]
            // Of a column that others determine, only rounding is left.
            guard pivot * pivot > 1e-12 * variances[index] else { return nil }
            nats.add(log(pivot))
            nats.add(-digamma(Double(n - 1 - index) / 2) / 2)
        }
        return nats.value - Double(d) / 2 * (log(2) - log(Double(n - 1)))
    }
}
