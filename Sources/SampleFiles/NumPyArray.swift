internal import LinearAlgebra

/// A NumPy array file (`.npy`, format versions 1 to 3) of numbers.
///
/// Source: the NumPy enhancement proposal 1, "A simple file format for NumPy arrays".
struct NumPyArray {
    /// One row per entry of the first axis, further axes side by side.
    let matrix: Matrix<Double>

    init(readingFrom path: String) throws(SampleFileError) {
        let bytes = try FileBytes.contents(of: path)
        let header = try NumPyHeader(bytes, path)
        let count = header.shape.reduce(1, *)
        let size = header.size
        guard bytes.count - header.dataStart >= count * size else {
            throw SampleFileError(
                "\(path): \(bytes.count - header.dataStart) bytes of data; expected \(count * size) for shape \(header.shape). "
                    + "The file is cut off: copy it again.")
        }
        let rows = header.shape.first ?? 1
        let columns = rows == 0 ? 0 : count / rows
        var values = [Double](repeating: 0, count: count)
        for index in 0..<count {
            let value = header.value(bytes, at: header.dataStart + index * size)
            // In Fortran order the first axis runs fastest.
            let place = header.isFortran ? header.rowMajor(index) : index
            values[place] = value
        }
        matrix = Matrix(rows: rows, columns: columns, values: values)
    }
}
