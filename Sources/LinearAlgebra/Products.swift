internal import CLinearAlgebra

/// A number type for which BLAS has a matrix product: `Float` and `Double`.
public protocol BLASScalar: BinaryFloatingPoint, Sendable {
    /// Writes C = `alpha`·op(A)·op(B) + `beta`·C into the memory at `c`: the primitive beneath the products of `Matrix`,
    /// for blocks of larger matrices and for memory that is no `Matrix`.
    ///
    /// op(A) is `rows` × `inner`, op(B) `inner` × `columns`, C `rows` × `columns`, all row-major; a stride is the
    /// distance between the starts of two rows as stored. With `beta` 0, C is not read: it may be uninitialized or NaN.
    /// C overlaps neither A nor B. Nothing is allocated by Swift. O(rows · columns · inner). Source: BLAS `xGEMM`.
    static func multiply(
        rows: Int, columns: Int, inner: Int, alpha: Self,
        _ a: UnsafePointer<Self>, stride aStride: Int, transposed aTransposed: Bool,
        _ b: UnsafePointer<Self>, stride bStride: Int, transposed bTransposed: Bool,
        beta: Self, into c: UnsafeMutablePointer<Self>, stride cStride: Int)
}

extension Double: BLASScalar {
    /// Writes C = `alpha`·op(A)·op(B) + `beta`·C by `dgemm`; see ``BLASScalar``.
    public static func multiply(
        rows: Int, columns: Int, inner: Int, alpha: Double,
        _ a: UnsafePointer<Double>, stride aStride: Int, transposed aTransposed: Bool,
        _ b: UnsafePointer<Double>, stride bStride: Int, transposed bTransposed: Bool,
        beta: Double, into c: UnsafeMutablePointer<Double>, stride cStride: Int
    ) {
        BLASThreads.prepare()
        cblas_dgemm(
            CblasRowMajor, aTransposed ? CblasTrans : CblasNoTrans, bTransposed ? CblasTrans : CblasNoTrans,
            Int32(rows), Int32(columns), Int32(inner), alpha, a, Int32(max(1, aStride)), b, Int32(max(1, bStride)),
            beta, c, Int32(max(1, cStride)))
    }
}

extension Float: BLASScalar {
    /// Writes C = `alpha`·op(A)·op(B) + `beta`·C by `sgemm`; see ``BLASScalar``.
    public static func multiply(
        rows: Int, columns: Int, inner: Int, alpha: Float,
        _ a: UnsafePointer<Float>, stride aStride: Int, transposed aTransposed: Bool,
        _ b: UnsafePointer<Float>, stride bStride: Int, transposed bTransposed: Bool,
        beta: Float, into c: UnsafeMutablePointer<Float>, stride cStride: Int
    ) {
        BLASThreads.prepare()
        cblas_sgemm(
            CblasRowMajor, aTransposed ? CblasTrans : CblasNoTrans, bTransposed ? CblasTrans : CblasNoTrans,
            Int32(rows), Int32(columns), Int32(inner), alpha, a, Int32(max(1, aStride)), b, Int32(max(1, bStride)),
            beta, c, Int32(max(1, cStride)))
    }
}

extension Matrix where Scalar: BLASScalar {
    /// Sets this matrix C to `alpha`·op(A)·op(B) + `beta`·C, in place.
    ///
    /// op(A) is A, or its transpose where `transposingFirst`; op(B) likewise. So, with rows as samples, the backward pass
    /// of a dense layer adds a weight gradient to one that is there by
    /// `gradient.setToProduct(deltas, inputs, transposingFirst: true, beta: 1)`.
    ///
    /// The memory of C is used again, nothing is allocated, as long as no other value shares it. With `beta` 0 the old
    /// content does not matter, NaN included. The bits of the result depend on ``BLASThreads/count``.
    ///
    /// Shapes: op(A) is `rows` × m, op(B) is m × `columns`; other shapes are a programming error.
    /// O(rows · columns · m).
    public mutating func setToProduct(
        _ a: Matrix, _ b: Matrix, transposingFirst: Bool = false, transposingSecond: Bool = false,
        alpha: Scalar = 1, beta: Scalar = 0
    ) {
        let inner = transposingFirst ? a.rows : a.columns
        precondition(
            inner == (transposingSecond ? b.columns : b.rows),
            "op(A) has \(inner) columns, op(B) \(transposingSecond ? b.columns : b.rows) rows")
        precondition(
            rows == (transposingFirst ? a.columns : a.rows) && columns == (transposingSecond ? b.rows : b.columns),
            "the product does not have the shape \(rows) × \(columns)")
        precondition(
            a.isWhole && b.isWhole && isWhole, "a matrix has another number of elements than its shape says")
        let (rows, columns) = (self.rows, self.columns)
        guard rows > 0, columns > 0 else { return }
        a.values.withUnsafeBufferPointer { aElements in
            b.values.withUnsafeBufferPointer { bElements in
                values.withUnsafeMutableBufferPointer { c in
                    guard inner > 0, let a = aElements.baseAddress, let b = bElements.baseAddress else {
                        for index in c.indices { c[index] = beta == 0 ? 0 : beta * c[index] }
                        return
                    }
                    Scalar.multiply(
                        rows: rows, columns: columns, inner: inner, alpha: alpha,
                        a, stride: transposingFirst ? rows : inner, transposed: transposingFirst,
                        b, stride: transposingSecond ? inner : columns, transposed: transposingSecond,
                        beta: beta, into: c.baseAddress!, stride: columns)
                }
            }
        }
    }

    /// Returns op(A)·op(B) as a new matrix; A is transposed where `transposingFirst`, B where `transposingSecond`.
    ///
    /// Shapes: the columns of op(A) are as many as the rows of op(B); other shapes are a programming error.
    public static func product(
        _ a: Matrix, _ b: Matrix, transposingFirst: Bool = false, transposingSecond: Bool = false
    ) -> Matrix {
        var result = Matrix(
            rows: transposingFirst ? a.columns : a.rows, columns: transposingSecond ? b.rows : b.columns, repeating: 0)
        result.setToProduct(a, b, transposingFirst: transposingFirst, transposingSecond: transposingSecond)
        return result
    }
}
