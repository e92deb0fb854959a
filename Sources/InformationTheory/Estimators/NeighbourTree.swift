internal import LinearAlgebra

/// A k-d tree under the maximum norm: the k nearest samples of a point, and how many lie within a distance.
///
/// Built by halving the widest coordinate at its median, leaves of up to 16 samples. O(d·n log n) to build; a query is
/// O(log n) in few dimensions and O(n) in many. Distances are those of `NeighbourDistances`, to the last bit.
struct NeighbourTree {
    private let columns: Int
    /// The samples row by row in the order of the tree.
    private let values: [Double]
    /// The given number of each of them.
    private let samples: [Int32]
    private let nodes: [Node]

    private struct Node {
        var range: Range<Int>
        /// The box of the samples: lows, then highs, at this place of `boxes`.
        var box: Int
        /// The second child; the first is the next node. 0 for a leaf.
        var second: Int
    }
    private let boxes: [Double]

    init(_ matrix: Matrix<Double>) {
        let columns = matrix.columns
        var order = Array(0..<matrix.rows)
        var nodes: [Node] = []
        var boxes: [Double] = []
        func build(_ range: Range<Int>) {
            let node = nodes.count
            let box = boxes.count
            var lows = [Double](repeating: .infinity, count: columns)
            var highs = [Double](repeating: -.infinity, count: columns)
            for place in range {
                for column in 0..<columns {
                    let value = matrix.values[order[place] * columns + column]
                    lows[column] = min(lows[column], value)
                    highs[column] = max(highs[column], value)
                }
            }
            boxes += lows + highs
            nodes.append(Node(range: range, box: box, second: 0))
            guard range.count > 16, let widest = (0..<columns).max(by: { highs[$0] - lows[$0] < highs[$1] - lows[$1] }),
                highs[widest] > lows[widest]
            else { return }
            order[range].sort {
                let (a, b) = (matrix.values[$0 * columns + widest], matrix.values[$1 * columns + widest])
                return a != b ? a < b : $0 < $1
            }
            let middle = range.lowerBound + range.count / 2
            build(range.lowerBound..<middle)
            nodes[node].second = nodes.count
            build(middle..<range.upperBound)
        }
        if matrix.rows > 0 { build(0..<matrix.rows) }
        self.columns = columns
        self.nodes = nodes
        self.boxes = boxes
        samples = order.map(Int32.init)
        values = order.flatMap { matrix.values[$0 * columns..<($0 + 1) * columns] }
    }

    /// Puts the samples nearest to a point into the list, `excluded` left out.
    func findNearest(to point: UnsafeBufferPointer<Double>, excluding excluded: Int, _ list: inout NearestList) {
        values.withUnsafeBufferPointer { values in
            boxes.withUnsafeBufferPointer { boxes in
                visit(0, point, excluded, values, boxes, &list)
            }
        }
    }

    private func visit(
        _ node: Int, _ point: UnsafeBufferPointer<Double>, _ excluded: Int, _ values: UnsafeBufferPointer<Double>,
        _ boxes: UnsafeBufferPointer<Double>, _ list: inout NearestList
    ) {
        let own = nodes[node]
        if own.second == 0 {
            for place in own.range where Int(samples[place]) != excluded {
                let distance = self.distance(of: place, to: point, values)
                list.insert(distance, at: Int(samples[place]))
            }
            return
        }
        let first = reach(node + 1, point, boxes)
        let second = reach(own.second, point, boxes)
        let order =
            first <= second ? [(node + 1, first), (own.second, second)] : [(own.second, second), (node + 1, first)]
        for (child, reach) in order where reach < list.bound {
            visit(child, point, excluded, values, boxes, &list)
        }
    }

    /// How many samples, the point's own included, lie nearer than `radius` (`inclusive`: or as near).
    func count(within radius: Double, of point: UnsafeBufferPointer<Double>, inclusive: Bool) -> Int {
        values.withUnsafeBufferPointer { values in
            boxes.withUnsafeBufferPointer { boxes in
                var count = 0
                var open = [0]
                while let node = open.popLast() {
                    let own = nodes[node]
                    let near = reach(node, point, boxes)
                    if near > radius || (near == radius && !inclusive) { continue }
                    let far = farthest(node, point, boxes)
                    if far < radius || (far == radius && inclusive) {
                        count += own.range.count
                    } else if own.second == 0 {
                        for place in own.range {
                            let distance = self.distance(of: place, to: point, values)
                            if distance < radius || (distance == radius && inclusive) { count += 1 }
                        }
                    } else {
                        open.append(node + 1)
                        open.append(own.second)
                    }
                }
                return count
            }
        }
    }

    /// Calls `body` with the number of every sample as near as `radius`, the point's own included.
    func forEach(within radius: Double, of point: UnsafeBufferPointer<Double>, _ body: (Int) -> Void) {
        values.withUnsafeBufferPointer { values in
            boxes.withUnsafeBufferPointer { boxes in
                var open = [0]
                while let node = open.popLast() {
                    let own = nodes[node]
                    if reach(node, point, boxes) > radius { continue }
                    if own.second > 0 {
                        open.append(node + 1)
                        open.append(own.second)
                        continue
                    }
                    for place in own.range {
                        let distance = self.distance(of: place, to: point, values)
                        if distance <= radius { body(Int(samples[place])) }
                    }
                }
            }
        }
    }

    @inline(__always)
    private func distance(
        of place: Int, to point: UnsafeBufferPointer<Double>, _ values: UnsafeBufferPointer<Double>
    ) -> Double {
        var distance = 0.0
        for column in 0..<columns {
            distance = max(distance, abs(values[place &* columns &+ column] - point[column]))
        }
        return distance
    }

    /// The distance of a point to the box of a node: no sample in it is nearer.
    private func reach(
        _ node: Int, _ point: UnsafeBufferPointer<Double>, _ boxes: UnsafeBufferPointer<Double>
    ) -> Double {
        let box = nodes[node].box
        var distance = 0.0
        for column in 0..<columns {
            distance = max(
                distance, max(boxes[box + column] - point[column], point[column] - boxes[box + columns + column]))
        }
        return distance
    }

    /// The distance of a point to the farthest corner of the box of a node.
    private func farthest(
        _ node: Int, _ point: UnsafeBufferPointer<Double>, _ boxes: UnsafeBufferPointer<Double>
    ) -> Double {
        let box = nodes[node].box
        var distance = 0.0
        for column in 0..<columns {
            distance = max(
                distance,
                max(abs(boxes[box + column] - point[column]), abs(point[column] - boxes[box + columns + column])))
        }
        return distance
    }
}
