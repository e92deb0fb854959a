/// What the rules want to know of one record of a layer or of inputs, gathered block by block, so that the values are
/// read once and never lie in memory as a whole.
struct RecordFacts {
    /// The first value that is NaN or infinite.
    private(set) var notFinite: (sample: Int, unit: Int, text: String)?
    /// Values that are exactly 0.
    private(set) var zeros = 0
    /// Whether every value is the same in float32. Meaningful for float64.
    private(set) var fitsFloat32 = true
    /// Samples with the row of an earlier sample whose inputs are others; rows of zeros do not count. Meaningful for
    /// float16.
    private(set) var repeatedRows = 0
    /// Whether the bytes have the stored digest; true where they were not hashed.
    var hasStoredDigest = true
    /// The stored extremes.
    var storedRange: (low: Double, high: Double)?

    private(set) var low = Double.infinity
    private(set) var high = -Double.infinity
    /// Units that are 0 for all samples, and those that have another value for all samples.
    private(set) var deadUnits = 0
    private(set) var constantUnits = 0

    private var lows: [Double]
    private var highs: [Double]
    private var samples = 0
    private var firstWithRow: [UInt64: Int] = [:]

    init(units: Int) {
        lows = Array(repeating: .infinity, count: units)
        highs = Array(repeating: -.infinity, count: units)
    }

    /// Adds the next samples.
    ///
    /// - Parameter inputs: a hash of the inputs of every sample; nil: rows are not compared.
    mutating func add(_ block: ElementArray, inputs: [UInt64]?) {
        let units = lows.count
        if notFinite == nil, let (index, text) = block.firstNotFinite {
            notFinite = (samples + index / units, index % units, text)
        }
        switch block {
        case .float16(let values):
            gather(values.map { Half.float($0) }) { Double($0) }
            if let inputs { compareRows(of: block, units: units, inputs: inputs) }
        case .float32(let values): gather(values) { Double($0) }
        case .float64(let values):
            gather(values) { $0 }
            if fitsFloat32 { fitsFloat32 = values.allSatisfy { Double(Float($0)) == $0 } }
        // Integers occur in inputs only, of which no more is asked.
        case .uint8, .int32, .int64: break
        }
        samples += block.count / units
    }

    /// Ends the record: from now on the extremes and the counts of units hold.
    mutating func finish() {
        for (low, high) in zip(lows, highs) where low == high {
            if low == 0 { deadUnits += 1 } else { constantUnits += 1 }
        }
        low = lows.min() ?? .infinity
        high = highs.max() ?? -.infinity
        (lows, highs, firstWithRow) = ([], [], [:])
    }

    private mutating func gather<T>(_ values: [T], _ convert: (T) -> Double) {
        var zeros = 0
        let units = lows.count
        lows.withUnsafeMutableBufferPointer { lows in
            highs.withUnsafeMutableBufferPointer { highs in
                values.withUnsafeBufferPointer { values in
                    var start = 0
                    while start < values.count {
                        for unit in 0..<units {
                            let value = convert(values[start + unit])
                            // NaN is neither smaller nor larger, and so left out.
                            lows[unit] = value < lows[unit] ? value : lows[unit]
                            highs[unit] = value > highs[unit] ? value : highs[unit]
                            zeros += value == 0 ? 1 : 0
                        }
                        start += units
                    }
                }
            }
        }
        self.zeros += zeros
    }

    private mutating func compareRows(of block: ElementArray, units: Int, inputs: [UInt64]) {
        guard case .float16(let values) = block else { return }
        for (offset, hash) in block.rowHashes(units: units).enumerated() {
            let sample = samples + offset
            // A row of zeros says that units are dead, not that float16 is too coarse.
            if values[offset * units..<(offset + 1) * units].allSatisfy({ $0 & 0x7FFF == 0 }) { continue }
            if let first = firstWithRow[hash] {
                if inputs[first] != inputs[sample] { repeatedRows += 1 }
            } else {
                firstWithRow[hash] = sample
            }
        }
    }
}

extension ElementArray {
    /// A 64-bit hash of the bytes of every row. Among n rows two different ones are taken as equal with a chance below
    /// n²/2^65.
    func rowHashes(units: Int) -> [UInt64] {
        let rowBytes = units * elementType.size
        return withUnsafeBytes { bytes in
            stride(from: 0, to: bytes.count, by: max(1, rowBytes)).map { start in
                var hash: UInt64 = 0x9E37_79B9_7F4A_7C15
                for byte in bytes[start..<start + rowBytes] {
                    hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01B3
                    hash ^= hash >> 29
                }
                return hash
            }
        }
    }
}
