internal import LinearAlgebra

extension Kernel {
    /// Whether moving all samples by the same vector leaves the centred kernel matrix as it is. Then the mean sample is moved
    /// to the origin first, so that samples far from it keep their digits.
    var isShiftInvariant: Bool {
        switch self {
        case .rbf, .linear: true
        case .polynomial, .sigmoid, .cosine: false
        }
    }
}

extension KernelPCA {
    /// Refuses values that are not finite and, for `cosine`, samples without a direction.
    static func check(_ samples: Matrix<Double>, for kernel: Kernel) throws(KernelError) {
        let features = samples.columns
        if let index = samples.values.firstIndex(where: { !$0.isFinite }) {
            throw .notFinite(sample: index / features, feature: index % features)
        }
        // Also where the squares of all features round to 0.
        if kernel == .cosine, let sample = squaredNorms(samples, rows: 0..<samples.rows).firstIndex(of: 0) {
            throw .zeroSample(sample)
        }
    }

    /// Whether all samples are equal.
    static func isConstant(_ samples: Matrix<Double>) -> Bool {
        let features = samples.columns
        return samples.values.withUnsafeBufferPointer { values in
            (features..<max(features, values.count)).allSatisfy { values[$0] == values[$0 - features] }
        }
    }

    /// The mean sample. Each sum is in the order of the samples, on any number of threads.
    static func columnMeans(_ samples: Matrix<Double>, jobs: Int) -> [Double] {
        var sums = [Double](repeating: 0, count: samples.columns)
        let ranges = tileRanges(samples.columns)
        sums.withUnsafeMutableBufferPointer { sums in
            let target = SharedMemory(sums.baseAddress!)
            concurrently(ranges.count, jobs: jobs) { index in
                samples.values.withUnsafeBufferPointer { values in
                    for row in 0..<samples.rows {
                        for column in ranges[index] { target.base[column] += values[row * samples.columns + column] }
                    }
                }
            }
        }
        return sums.map { $0 / Double(samples.rows) }
    }

    /// The samples less `shift`, or as they are without one; in place where the caller gives up its copy.
    static func subtracting(
        _ shift: [Double]?, from samples: consuming Matrix<Double>, jobs: Int
    ) -> Matrix<Double> {
        guard let shift else { return samples }
        return mapped(samples, jobs: jobs) { value, column in value - shift[column] }
    }

    /// Returns the columns, each with the sign that makes its entry of largest magnitude (the first on ties) positive.
    static func withLargestEntriesPositive(_ vectors: Matrix<Double>) -> Matrix<Double> {
        let signs = (0..<vectors.columns).map { column in
            var largest = vectors[0, column]
            for row in 1..<vectors.rows where vectors[row, column].magnitude > largest.magnitude {
                largest = vectors[row, column]
            }
            return largest < 0 ? -1.0 : 1
        }
        return scalingColumns(of: vectors, by: signs)
    }

    /// The matrix with each column times a factor of its own.
    static func scalingColumns(of matrix: consuming Matrix<Double>, by factors: [Double]) -> Matrix<Double> {
        mapped(matrix, jobs: 1) { value, column in value * factors[column] }
    }

    private static func mapped(
        _ matrix: consuming Matrix<Double>, jobs: Int, _ transform: @Sendable (_ value: Double, _ column: Int) -> Double
    ) -> Matrix<Double> {
        let columns = matrix.columns
        let ranges = tileRanges(matrix.rows)
        matrix.values.withUnsafeMutableBufferPointer { values in
            guard let base = values.baseAddress else { return }
            let target = SharedMemory(base)
            concurrently(ranges.count, jobs: jobs) { part in
                for row in ranges[part] {
                    for column in 0..<columns {
                        let index = row * columns + column
                        target.base[index] = transform(target.base[index], column)
                    }
                }
            }
        }
        return matrix
    }
}
