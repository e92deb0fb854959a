internal import LinearAlgebra

/// The distances of every sample to all others under the maximum norm, in one or two spaces, a block of samples at a time.
///
/// Every distance is the largest |difference| of two Float64, without rounding but that of the subtraction, so that equal
/// rows, and only these, have the distance 0, and a tree finds the same numbers. Memory: the samples once more, and a few
/// rows of distances.
struct NeighbourDistances {
    /// The samples column by column, each space in the order of a resampling.
    private let spaces: [(columns: Int, values: [Double])]
    private let samples: Int
    /// How many samples share one pass over the columns, and how many distances of each lie in fast memory meanwhile.
    private static let block = (rows: 8, width: 1024)

    init(_ spaces: [Matrix<Double>], order: [Int]) {
        samples = order.count
        self.spaces = spaces.map { space in
            var values = [Double](repeating: 0, count: space.rows * space.columns)
            space.values.withUnsafeBufferPointer { source in
                for (place, sample) in order.enumerated() {
                    for column in 0..<space.columns {
                        values[column * order.count + place] = source[sample * space.columns + column]
                    }
                }
            }
            return (space.columns, values)
        }
    }

    /// Calls `body` with each sample's place in the order and its distances in every space, those of the first space
    /// followed by those of the second; its own distance is 0. O(n²·d).
    func forEachSample(_ body: (Int, [UnsafeBufferPointer<Double>]) -> Void) {
        let rows = Self.block.rows
        var distances = spaces.map { _ in [Double](repeating: 0, count: rows * samples) }
        for first in stride(from: 0, to: samples, by: rows) {
            let count = min(rows, samples - first)
            for (space, (columns, values)) in spaces.enumerated() {
                distances[space].withUnsafeMutableBufferPointer { target in
                    values.withUnsafeBufferPointer { values in
                        fill(target, from: first, count: count, columns: columns, values)
                    }
                }
            }
            for row in 0..<count {
                withRows(of: distances, row: row) { body(first + row, $0) }
            }
        }
    }

    private func fill(
        _ target: UnsafeMutableBufferPointer<Double>, from first: Int, count: Int, columns: Int,
        _ values: UnsafeBufferPointer<Double>
    ) {
        for start in stride(from: 0, to: samples, by: Self.block.width) {
            let end = min(start + Self.block.width, samples)
            for row in 0..<count {
                target[row * samples + start..<row * samples + end].update(repeating: 0)
            }
            for column in 0..<columns {
                let own = column * samples
                for row in 0..<count {
                    let value = values[own + first + row]
                    let line = row * samples
                    for place in start..<end {
                        let distance = abs(values[own &+ place] - value)
                        let before = target[line &+ place]
                        target[line &+ place] = distance > before ? distance : before
                    }
                }
            }
        }
    }

    private func withRows(
        of distances: [[Double]], row: Int, _ body: ([UnsafeBufferPointer<Double>]) -> Void
    ) {
        let range = row * samples..<(row + 1) * samples
        distances[0].withUnsafeBufferPointer { first in
            let first = UnsafeBufferPointer(rebasing: first[range])
            guard distances.count > 1 else { return body([first]) }
            distances[1].withUnsafeBufferPointer { second in
                body([first, UnsafeBufferPointer(rebasing: second[range])])
            }
        }
    }
}

/// The k nearest of some distances, in ascending order.
struct NearestList {
    /// Ascending.
    private(set) var distances: [Double] = []
    /// The place of each.
    private(set) var places: [Int] = []
    private let capacity: Int

    init(capacity: Int) {
        self.capacity = capacity
        distances.reserveCapacity(capacity + 1)
        places.reserveCapacity(capacity + 1)
    }

    /// The largest distance that is of interest still.
    var bound: Double { distances.count < capacity ? .infinity : distances[capacity - 1] }

    mutating func removeAll() {
        distances.removeAll(keepingCapacity: true)
        places.removeAll(keepingCapacity: true)
    }

    mutating func insert(_ distance: Double, at place: Int) {
        guard distance < bound else { return }
        var index = distances.count
        while index > 0, distances[index - 1] > distance { index -= 1 }
        distances.insert(distance, at: index)
        places.insert(place, at: index)
        if distances.count > capacity {
            distances.removeLast()
            places.removeLast()
        }
    }
}
