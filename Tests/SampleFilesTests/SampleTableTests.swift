import Foundation
import HDF5
import LinearAlgebra
import SampleFiles
import Testing

@Suite struct SampleTableTests {
    private func table(_ text: String, _ name: String = "s.csv") throws -> SampleTable {
        try withFile(name) { path in
            try Data(text.utf8).write(to: URL(fileURLWithPath: path))
            return try SampleTable(readingFrom: path)
        }
    }

    private func withFile<T>(_ name: String, _ body: (String) throws -> T) throws -> T {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        return try body(folder.appendingPathComponent(name).path)
    }

    @Test(arguments: [
        "a,b\n1,2.5\n3,-4e1\n", "a;b\r\n1;2.5\r\n3;-4e1", "a\tb\n1\t2.5\n3\t-4e1\n", "a  b\n 1 2.5 \n3   -4e1\n",
        "\u{FEFF}a,b\n# a comment\n1,2.5\n\n\"3\",-4e1\n",
    ])
    func `a table reads the same whatever separates its cells`(text: String) throws {
        let table = try table(text)
        #expect(table.names == ["a", "b"] && table.rows == 2 && table.columnCount == 2)
        #expect(try table.values(of: [1, 0]).values == [2.5, 1, -40, 3])
        #expect(try table.columns(named: "b,1") == [1, 0])
        #expect(try table.columns(named: "1-2") == [0, 1])
    }

    @Test func `a first line with a number is a sample`() throws {
        let table = try table("1,x\n2,y\n")
        #expect(table.names == nil && table.rows == 2 && table.isText(1))
        #expect(table.texts(of: 1) == ["x", "y"])
    }

    @Test(arguments: [
        ("1,2\n3\n", "s.csv:2: 1 cells; expected 2"), ("", "empty"), ("a,b\n", "nothing below"),
        ("1,2\nx,3\n", "s.csv:2: column 1 is not a number (x)"), ("1,nan\n", "column 2 of sample 1 is nan"),
        ("1,\"2\n", "a quote is never closed"),
    ])
    func `what is wrong with a table is said with its place`(text: String, words: String) throws {
        do {
            let table = try table(text)
            _ = try table.values(of: [0, 1])
            Issue.record("\(text) was read")
        } catch let error as SampleFileError {
            #expect(error.description.contains(words), "\(error)")
        }
    }

    @Test func `columns that are not there are named`() throws {
        let table = try table("loss,label\n1,2\n")
        #expect(throws: SampleFileError.self) { try table.columns(named: "3") }
        #expect(throws: SampleFileError.self) { try table.columns(named: "0") }
        #expect {
            try table.columns(named: "labl")
        } throws: {
            "\($0)".contains("Did you mean label?")
        }
    }

    /// A NumPy file by hand: magic, version 1.0, the header padded to 64 bytes, the data.
    private func numpy(_ descr: String, fortran: Bool, shape: String, _ data: [UInt8]) -> Data {
        var header = "{'descr': '\(descr)', 'fortran_order': \(fortran ? "True" : "False"), 'shape': \(shape), }"
        while (10 + header.utf8.count + 1) % 64 != 0 { header += " " }
        header += "\n"
        let length = header.utf8.count
        return Data(
            [0x93] + Array("NUMPY".utf8) + [1, 0, UInt8(length & 0xFF), UInt8(length >> 8)] + Array(header.utf8) + data)
    }

    private func values(_ data: Data) throws -> Matrix<Double> {
        try withFile("x.npy") { path in
            try data.write(to: URL(fileURLWithPath: path))
            let table = try SampleTable(readingFrom: path)
            return try table.values(of: Array(0..<table.columnCount))
        }
    }

    @Test func `NumPy files of all kinds of numbers are read`() throws {
        #expect(
            try values(numpy("<i2", fortran: false, shape: "(2, 2)", [1, 0, 2, 0, 255, 255, 0, 128])).values == [
                1, 2, -1, -32768,
            ])
        // Fortran order: the first axis runs fastest.
        #expect(
            try values(numpy("|u1", fortran: true, shape: "(2, 3)", [1, 2, 3, 4, 5, 6])).values == [1, 3, 5, 2, 4, 6])
        #expect(try values(numpy(">f4", fortran: false, shape: "(1,)", [0x3F, 0xC0, 0, 0])).values == [1.5])
        // Halves: 1, the smallest subnormal, −2.
        #expect(
            try values(numpy("<f2", fortran: false, shape: "(3,)", [0, 0x3C, 1, 0, 0, 0xC0])).values == [
                1, 0x1p-24, -2,
            ])
        let three = try values(numpy("|b1", fortran: false, shape: "(1, 2, 2)", [1, 0, 0, 1]))
        #expect(three.rows == 1 && three.values == [1, 0, 0, 1])
    }

    @Test func `a NumPy file that is cut off, or of objects, is refused`() throws {
        for (data, words) in [
            (numpy("<f8", fortran: false, shape: "(3,)", [0, 0]), "expected 24"),
            (numpy("|O", fortran: false, shape: "(3,)", [0, 0]), "'|O'"), (Data("hello, world".utf8), "no NumPy array"),
            (numpy("<f8", fortran: false, shape: "(9223372036854775807, 8)", []), "impossible"),
        ] {
            #expect {
                try values(data)
            } throws: {
                "\($0)".contains(words)
            }
        }
    }

    @Test func `an HDF5 data set is read by its path`() throws {
        try withFile("run.h5") { path in
            let file = try File(creating: path)
            let group = try file.root.createGroup("run")
            try group.write([1.0, 2, 3], to: "y")
            try group.write([Int32(4), 5, 6], to: "counts")
            try group.write(["a"], to: "words")
            try file.close()
            #expect(try SampleTable(readingFrom: path + ":/run/y").values(of: [0]).values == [1, 2, 3])
            #expect(try SampleTable(readingFrom: path + ":/run/counts").values(of: [0]).values == [4, 5, 6])
            for (place, words) in [
                ("/run/cuonts", "Did you mean counts?"), ("/ru/y", "run"), ("/run/words", "no rows of numbers"),
            ] {
                #expect {
                    try SampleTable(readingFrom: path + ":" + place)
                } throws: {
                    "\($0)".contains(words)
                }
            }
        }
    }
}
