import Foundation
import Testing

@Suite struct PlaneCommandTests {
    @Test func `a piped plane has no colours, and JSON holds the exported numbers`() throws {
        let folder = try Folder()
        try folder.recordTwelveBits()
        #expect(try Tool.run("analyze", "run.h5", "--no-gib", in: folder).code == 0)
        let plane = try Tool.run("plane", "run.results.h5", "--width", "60", "--height", "12", in: folder)
        #expect(plane.code == 0 && plane.error.isEmpty)
        #expect(!plane.out.contains("\u{1B}"))
        #expect(plane.out.split(separator: "\n").allSatisfy { $0.count <= 70 }, "\(plane.out)")
        #expect(plane.out.contains("I(X;Z), bits") && plane.out.contains("width:30@run"))

        struct Plane: Decodable {
            struct Panel: Decodable {
                struct Curve: Decodable {
                    let layer: String
                    let epochs: [Int]
                    let values: [Double]
                }
                let title: String
                let curves: [Curve]
            }
            let panels: [Panel]
        }
        let json = try Tool.run("plane", "run.results.h5", "--json", in: folder).out
        let planes = try JSONDecoder().decode([Plane].self, from: Data(json.utf8))
        let export = try Tool.run("export", "run.results.h5", in: folder).out
        let header = export.split(separator: "\n")[0].split(separator: ",").map(String.init)
        let epoch = try #require(header.firstIndex(of: "epoch"))
        var compared = 0
        for panel in try #require(planes.first).panels {
            for curve in panel.curves {
                for (at, value) in zip(curve.epochs, curve.values) {
                    let isThere = export.split(separator: "\n").contains { line in
                        let fields = line.split(separator: ",", omittingEmptySubsequences: false)
                        return fields.count > epoch && fields[epoch] == "\(at)" && line.contains(",\(curve.layer),")
                            && line.contains(",\(panel.title),") && line.contains(",width:30@run,")
                            && fields.contains(Substring("\(value)"))
                    }
                    #expect(isThere, "\(panel.title) of \(curve.layer) at \(at)")
                    compared += 1
                }
            }
        }
        #expect(compared > 10)
    }

    @Test func `too small a plane and unknown binnings are refused`() throws {
        let folder = try Folder()
        try folder.recordTwelveBits()
        #expect(try Tool.run("analyze", "run.h5", "--epochs", "last", "--no-gib", in: folder).code == 0)
        #expect(try Tool.run("plane", "run.results.h5", "--width", "20", in: folder).code == 64)
        let unknown = try Tool.run("plane", "run.results.h5", "--binning", "exact", in: folder)
        #expect(unknown.code == 2 && unknown.error.contains("there are: width:100@epoch"))
        let archive = try Tool.run("plane", "run.h5", in: folder)
        #expect(archive.code == 2 && archive.error.contains("an activation archive, not results"))
    }

    @Test func `record, subset, import and merge say as JSON what they wrote`() throws {
        struct Summary: Decodable {
            let archive: String
            let id: String
            let records: Int
            let epochs: [Int]
        }
        let folder = try Folder()
        let record = ["record", "szt", "--epochs", "2", "--schedule", "every:1", "-o", "a.h5", "--json"]
        let recorded = try Tool.run(record, in: folder)
        let summary = try JSONDecoder().decode(Summary.self, from: Data(recorded.out.utf8))
        #expect(summary.archive == "a.h5" && summary.records == 3 && summary.epochs == [0, 1, 2])
        let subset = try Tool.run("subset", "a.h5", "--epochs", "last", "-o", "b.h5", "--json", in: folder)
        let cut = try JSONDecoder().decode(Summary.self, from: Data(subset.out.utf8))
        #expect(cut.records == 1 && cut.epochs == [2] && cut.id != summary.id)
        for part in ["1/2", "2/2"] {
            let shard = ["analyze", "a.h5", "--no-gib", "--shard", part, "-o", "part\(part.first!).h5"]
            #expect(try Tool.run(shard, in: folder).code == 0)
        }
        struct Merged: Decodable {
            let measurements: Int
            let archives: Int
        }
        let merge = try Tool.run("merge", "part1.h5", "part2.h5", "-o", "all.h5", "--json", in: folder)
        let merged = try JSONDecoder().decode(Merged.self, from: Data(merge.out.utf8))
        let rows = try Tool.run("export", "all.h5", in: folder).out.split(separator: "\n").count - 1
        #expect(merged.measurements == rows && merged.archives == 1)
    }
}
