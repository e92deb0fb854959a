import LinearAlgebra
import Randomness

/// The n × n matrix with 2 on the diagonal and −1 beside it; its eigenvalues are 2 − 2 cos(jπ/(n+1)), j = 1 ... n.
func secondDifference(_ n: Int) -> Matrix<Double> {
    var matrix = Matrix(rows: n, columns: n, repeating: 0.0)
    for i in 0..<n {
        matrix[i, i] = 2
        if i > 0 {
            matrix[i, i - 1] = -1
            matrix[i - 1, i] = -1
        }
    }
    return matrix
}

/// The adjacency matrix of the `bits`-dimensional hypercube: the eigenvalue bits − 2j has multiplicity `bits` over j.
func hypercube(bits: Int) -> Matrix<Double> {
    let n = 1 << bits
    var matrix = Matrix(rows: n, columns: n, repeating: 0.0)
    for i in 0..<n {
        for bit in 0..<bits { matrix[i, i ^ (1 << bit)] = 1 }
    }
    return matrix
}

func normal(_ count: Int, seed: UInt64) -> [Double] {
    var generator = SplitMix64(seed: seed)
    return (0..<count).map { _ in generator.nextNormal() }
}

/// X·Xᵀ of normal X, with as many columns as rows: positive definite, distinct eigenvalues.
func randomGram(_ n: Int, seed: UInt64) -> Matrix<Double> {
    let x = Matrix(rows: n, columns: n, values: normal(n * n, seed: seed))
    var gram = Matrix.product(x, x, transposingSecond: true)
    for i in 0..<n {
        for j in 0..<i { gram[j, i] = gram[i, j] }
    }
    return gram
}
