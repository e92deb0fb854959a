internal import CLinearAlgebra

/// Products of a symmetric matrix, tile by tile, with eight vectors at a time, whose numbers stand side by side: those of row i from
/// index 8·i on.
///
/// With so few vectors, two to four times as fast as products by BLAS (measured). The bits depend on the type of the CPU, as those of
/// BLAS do.
public enum VectorLanes {
    /// How many vectors there are.
    public static let width = 8

    /// Adds the products of a tile K and of its mirror image: w[rows] += K v[columns] and w[columns] += Kᵀ v[rows]; where the
    /// tile `isDiagonal`, the first only.
    ///
    /// - Parameters:
    ///   - tile: `rows` × `columns` elements, row after row.
    ///   - rows: the rows of the tile.
    ///   - columns: its columns.
    ///   - isDiagonal: whether the tile is its own mirror image.
    ///   - rowVectors: v[rows].
    ///   - columnVectors: v[columns].
    ///   - rowSums: w[rows]; overlaps nothing else but, on the diagonal, `columnSums`.
    ///   - columnSums: w[columns].
    public static func addProduct(
        _ tile: UnsafePointer<Double>, rows: Int, columns: Int, isDiagonal: Bool,
        rowVectors: UnsafePointer<Double>, columnVectors: UnsafePointer<Double>,
        rowSums: UnsafeMutablePointer<Double>, columnSums: UnsafeMutablePointer<Double>
    ) {
        guard isDiagonal else {
            ci_multiply_tile(Int32(rows), Int32(columns), tile, rowVectors, columnVectors, rowSums, columnSums)
            return
        }
        // The sums of the other side have no place, but cost less than a product by BLAS.
        withUnsafeTemporaryAllocation(of: Double.self, capacity: columns * width) { unused in
            unused.initialize(repeating: 0)
            ci_multiply_tile(
                Int32(rows), Int32(columns), tile, rowVectors, columnVectors, rowSums, unused.baseAddress!)
        }
    }
}
