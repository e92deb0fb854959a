import Foundation
import Testing
import Training

/// A folder for one test, gone with it.
final class Folder {
    let path: String

    init() throws {
        path = NSTemporaryDirectory() + "/infoplane-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func names() throws -> [String] { try FileManager.default.contentsOfDirectory(atPath: path).sorted() }

    func write(_ name: String, _ bytes: [UInt8]) throws -> String {
        let file = path + "/" + name
        try Data(bytes).write(to: URL(fileURLWithPath: file))
        return file
    }

    func write(_ name: String, _ text: String) throws -> String { try write(name, Array(text.utf8)) }
}

/// Bytes of an IDX file.
func idx(_ type: UInt8, _ shape: [Int], _ data: [UInt8]) -> [UInt8] {
    [0, 0, type, UInt8(shape.count)] + shape.flatMap { n in [24, 16, 8, 0].map { UInt8(n >> $0 & 255) } } + data
}

func message(_ body: () throws -> some Any) -> String {
    do {
        _ = try body()
        return "no error"
    } catch {
        return "\(error)"
    }
}

@Suite struct IDXTests {
    @Test func `bytes become v/255 and labels class ids`() throws {
        let folder = try Folder()
        let images = try folder.write("images", idx(8, [3, 1, 2], [0, 255, 51, 102, 1, 2]))
        let labels = try folder.write("labels", idx(8, [3], [7, 3, 7]))
        let data = try DataSource.idx(IDXFiles(trainImages: images, trainLabels: labels)).load(trainShare: 1)
        #expect(data.train.inputs.values == [0, 1, 0.2, 0.4, Float(1) / 255, Float(2) / 255])
        #expect(data.train.labels == [1, 0, 1])
        #expect(data.classNames == ["3", "7"])
        #expect(data.inputShape == [1, 2])
        #expect(data.test == nil)
    }

    @Test func `every element type is read`() throws {
        let folder = try Folder()
        let labels = try folder.write("labels", idx(0x0C, [3], [0, 0, 0, 1, 255, 255, 255, 255, 0, 0, 0, 1]))
        let files: [(UInt8, [UInt8])] = [
            (0x09, [1, 254, 0]), (0x0B, [0, 1, 255, 254, 0, 0]), (0x0C, [0, 0, 0, 1, 255, 255, 255, 254, 0, 0, 0, 0]),
            (0x0D, [0x3F, 0x80, 0, 0, 0xC0, 0, 0, 0, 0, 0, 0, 0]),
            (0x0E, [0x3F, 0xF0, 0, 0, 0, 0, 0, 0, 0xC0, 0, 0, 0, 0, 0, 0, 0] + Array(repeating: 0, count: 8)),
        ]
        for (type, bytes) in files {
            let images = try folder.write("images", idx(type, [3, 1], bytes))
            let data = try DataSource.idx(IDXFiles(trainImages: images, trainLabels: labels)).load(trainShare: 1)
            #expect(data.train.inputs.values == [1, -2, 0], "type \(type)")
            #expect(data.classNames == ["-1", "1"])
        }
    }

    @Test func `test files give the test samples, and only then no share is taken`() throws {
        let folder = try Folder()
        _ = try folder.write("train-images-idx3-ubyte", idx(8, [4, 1, 1], [1, 2, 3, 4]))
        _ = try folder.write("train-labels-idx1-ubyte", idx(8, [4], [0, 1, 0, 1]))
        var data = try DataSource.idx(IDXFiles(inFolder: folder.path)).load(trainShare: 0.5, seed: 1)
        #expect(data.train.count == 2 && data.test?.count == 2)
        _ = try folder.write("t10k-images-idx3-ubyte", idx(8, [2, 1, 1], [5, 6]))
        _ = try folder.write("t10k-labels-idx1-ubyte", idx(8, [2], [2, 1]))
        data = try DataSource.idx(IDXFiles(inFolder: folder.path)).load()
        #expect(data.train.sampleIDs == [0, 1, 2, 3] && data.test?.labels == [2, 1] && data.classNames.count == 3)
        let refusal = message { try DataSource.idx(IDXFiles(inFolder: folder.path)).load(trainShare: 0.5) }
        #expect(refusal.contains("Leave it out"))
    }

    @Test func `the first samples stand for all, also of a file that is sorted by class`() throws {
        let folder = try Folder()
        let images = try folder.write("images", idx(8, [200, 1, 1], (0..<200).map { UInt8($0) }))
        let labels = try folder.write("labels", idx(8, [200], (0..<200).map { UInt8($0 / 100) }))
        let data = try DataSource.idx(IDXFiles(trainImages: images, trainLabels: labels)).load(trainShare: 1)
        let loaded = data.train
        func samples(seed: UInt64) -> LabelledSamples {
            var data = data
            data.shuffle(seed: seed)
            return data.train
        }
        let shuffled = samples(seed: 3)
        #expect(shuffled.sampleIDs.sorted() == Array(0..<200) && shuffled.sampleIDs != loaded.sampleIDs)
        for (row, id) in shuffled.sampleIDs.enumerated() {
            #expect(shuffled.labels[row] == loaded.labels[id] && shuffled.inputs[row, 0] == loaded.inputs[id, 0])
        }
        // Hypergeometric, 50 of 200: mean 25, standard deviation 3.1; the bound is 4 of them.
        #expect(abs(shuffled.labels[..<50].reduce(0, +) - 25) <= 12)
        #expect(samples(seed: 3).sampleIDs == shuffled.sampleIDs && samples(seed: 4).sampleIDs != shuffled.sampleIDs)
    }

    @Test func `damaged files are refused in one sentence each`() throws {
        let folder = try Folder()
        let images = try folder.write("images", idx(8, [2, 1, 2], [1, 2, 3, 4]))
        let labels = try folder.write("labels", idx(8, [2], [0, 1]))
        func load(_ images: String, _ labels: String) -> String {
            message { try DataSource.idx(IDXFiles(trainImages: images, trainLabels: labels)).load() }
        }
        #expect(load(folder.path + "/absent", labels).contains("No such file"))
        #expect(load(folder.path, labels).contains("not a file"))
        #expect(load(try folder.write("a", ""), labels).contains("an empty file"))
        #expect(load(try folder.write("a", "PNG..."), labels).contains("found 50 4e 47 2e"))
        #expect(load(try folder.write("a", [0, 0, 8, 3, 0, 0]), labels).contains("3 dimensions in 6 bytes"))
        #expect(load(try folder.write("a", idx(8, [2, 1, 2], [1, 2, 3])), labels).contains("3 bytes of data"))
        let huge = idx(14, [0xFFFF_FFFF, 0xFFFF_FFFF, 0xFFFF_FFFF], [1])
        #expect(load(try folder.write("a", huge), labels).contains("dimension 2"))
        #expect(load(try folder.write("a", idx(8, [0, 1], [])), labels).contains("dimension 1 is 0"))
        let nan = idx(0x0D, [2, 1], [0x7F, 0xC0, 0, 0, 0, 0, 0, 0])
        #expect(load(try folder.write("a", nan), labels).contains("not finite"))
        #expect(load(images, images).contains("3 dimensions"))
        #expect(load(images, try folder.write("b", idx(8, [3], [0, 1, 0]))).contains("3 labels, but"))
        #expect(load(images, try folder.write("b", idx(8, [2], [4, 4]))).contains("label 4; expected at least two"))
        #expect(message { try IDXFiles(inFolder: folder.path) }.contains("no IDX data set"))
        #expect(message { try IDXFiles(inFolder: images) }.contains("not a folder"))
        let alone = message { try IDXFiles(trainImages: "a", trainLabels: "b", testImages: "c") }
        #expect(alone.contains("test images alone"))
        let text = load(try folder.write("a", [0x1F, 0x8B] + Array(repeating: 0xFF, count: 40)), labels)
        #expect(text.contains("damaged or truncated gzip"))
    }

    @Test func `gzip is known by its content, whole or in members, and a cut is seen`() throws {
        // "0,1\n1,0\n" as two gzip members, each stored without compression, CRC-32 and size at the end.
        func member(_ text: String) -> [UInt8] {
            let data = Array(text.utf8)
            var crc: UInt32 = 0xFFFF_FFFF
            for byte in data {
                crc ^= UInt32(byte)
                for _ in 0..<8 { crc = crc & 1 == 1 ? crc >> 1 ^ 0xEDB8_8320 : crc >> 1 }
            }
            func little(_ word: UInt32, _ count: Int) -> [UInt8] { (0..<count).map { UInt8(word >> (8 * $0) & 255) } }
            let n = UInt32(data.count)
            return [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 255, 1] + little(n, 2) + little(~n, 2) + data + little(~crc, 4)
                + little(n, 4)
        }
        let folder = try Folder()
        let bytes = member("0,1\n1,0\n") + member("1,1\n")
        let data = try DataSource.csv(path: folder.write("table", bytes)).load(trainShare: 1)
        #expect(data.train.inputs.values == [0, 1, 1] && data.train.labels == [1, 0, 1])
        for length in 3..<bytes.count where length != member("0,1\n1,0\n").count {
            let path = try folder.write("table", Array(bytes[..<length]))
            #expect(message { try DataSource.csv(path: path).load() }.contains("gzip"), "\(length) bytes")
        }
    }

    static let fashion = "/usr/share/datasets/fashion-mnist"

    @Test(.enabled(if: FileManager.default.fileExists(atPath: fashion)))
    func `Fashion-MNIST is 60000 and 10000 images of ten balanced classes`() throws {
        let data = try DataSource.idx(IDXFiles(inFolder: Self.fashion)).load()
        #expect(data.train.count == 60_000 && data.test?.count == 10_000)
        #expect(data.inputShape == [28, 28] && data.classNames.count == 10)
        var counts = [Int](repeating: 0, count: 10)
        for label in data.train.labels { counts[label] += 1 }
        #expect(counts == Array(repeating: 6000, count: 10))
        #expect(data.train.labels.prefix(5) == [9, 0, 0, 3, 0])
        #expect(data.train.inputs.values.allSatisfy { (0...1).contains($0) })
    }
}

@Suite struct CSVTests {
    static func load(_ text: String, share: Double = 1) throws -> DataSet {
        let folder = try Folder()
        return try DataSource.csv(path: folder.write("t.csv", text)).load(trainShare: share)
    }

    @Test func `a header is found, names become classes, quotes and line ends are read`() throws {
        let data = try Self.load("\u{FEFF}a,\"b,c\",kind\r\n1, 2.5 ,\"x \"\"y\"\"\"\r\n-3e1,4,z\r\n\r\n5,6,z")
        #expect(data.train.inputs.values == [1, 2.5, -30, 4, 5, 6])
        #expect(data.classNames == ["x \"y\"", "z"] && data.train.labels == [0, 1, 1])
        #expect(data.train.sampleIDs == [0, 1, 2])
    }

    @Test func `whole numbers are classes in numeric order`() throws {
        let data = try Self.load("1,10\n2,9\n3,10.0\n")
        #expect(data.classNames == ["9", "10"] && data.train.labels == [1, 0, 1])
    }

    @Test(arguments: [
        ("", "empty"), ("a,b\n", "0 samples"), ("1,0\n", "1 samples"), ("1;2;0\n3;4;1\n", "Separate the columns by"),
        ("1,2,0\n3,1\n", ":2: 2 columns; expected 3"), ("1,2,0\n3,x,1\n", ":2: column 2 is “x”"),
        ("1,2,0\n\n3,,1\n", ":3: column 2 is empty"), ("1,0\nnan,1\n", ":2: column 1 is “nan”"),
        ("1,0\n1e99,1\n", ":2: column 1 is “1e99”"), ("1,a\n2,a\n", "all 2 samples have the label a"),
        ("1,0.5\n2,1\n", ":1: the label 0.5 is not a class"), ("1,a\n2,b\n3,c\n", "label of its own"),
        ("1,a\n2,\n", ":2: no label"), ("1,\"a\n2,b\n", ":1: a quote is never closed"),
        ("1,a\n2,b\0\n", "not a text file"),
        ("150,4,setosa,virginica\n1,2,3,0\n", ":1: column 3 is “setosa”"),
    ])
    func `hostile tables are refused in one sentence`(text: String, part: String) {
        let found = message { try Self.load(text) }
        #expect(found.contains(part), "\(found)")
        #expect(found.contains("expected"))
    }

    @Test(arguments: [0, -0.5, 1.5, .nan, 0.01])
    func `an impossible train share is refused`(share: Double) {
        #expect(message { try Self.load("1,0\n2,1\n3,1\n", share: share) }.contains("train share"))
    }
}
