import Foundation
import HDF5
import Results
import Testing

@Suite struct ResultsFileTests {
    @Test func `what is written is read back, bit for bit`() throws {
        try withFolder { folder in
            var results = makeResults()
            // Numbers that a detour through text or Float32 would lose.
            let key = Measurement.Key(archive: "a", split: "train", quantity: .layerEntropy, samples: 4)
            results.insert(Measurement(key: key, value: 0.1 + 0.2, ceiling: .leastNonzeroMagnitude))
            var file = ResultsFile(folder + "r.h5")
            try file.write(&results)
            var other = ResultsFile(folder + "r.h5")
            let found = try other.read()
            #expect(found.measurements == results.measurements)
            #expect(found.featureTerms == results.featureTerms)
            #expect(found.pointwise == results.pointwise)
            #expect(found.nulls == results.nulls && !found.nulls.isEmpty)
            #expect(found.reductions == results.reductions)
            #expect(found.failures == results.failures)
            #expect(found.provenance == results.provenance)
            #expect(found.archives == results.archives)
        }
    }

    @Test func `an empty set is a file too`() throws {
        try withFolder { folder in
            var file = ResultsFile(folder + "r.h5")
            #expect(!file.exists)
            var empty = ResultSet()
            try file.write(&empty)
            #expect(try file.read().measurements.isEmpty)
        }
    }

    @Test func `nothing but the file is left behind`() throws {
        try withFolder { folder in
            var file = ResultsFile(folder + "r.h5")
            var results = makeResults()
            try file.write(&results)
            try file.write(&results)
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["r.h5"])
        }
    }

    @Test func `rows that another process added since are kept, also by the writes after`() throws {
        try withFolder { folder in
            var mine = ResultsFile(folder + "r.h5")
            var own = makeResults(archive: "a")
            try mine.write(&own)
            var theirs = ResultsFile(folder + "r.h5")
            _ = try theirs.read()
            var foreign = makeResults(archive: "b")
            try theirs.write(&foreign)
            for _ in 0..<3 {
                try mine.write(&own)
                #expect(Set(own.archives.keys) == ["a", "b"])
                #expect(Set(try mine.read().archives.keys) == ["a", "b"])
            }
        }
    }

    @Test func `a link stays a link, and what it points to is replaced`() throws {
        try withFolder { folder in
            try FileManager.default.createDirectory(atPath: folder + "far", withIntermediateDirectories: false)
            var file = ResultsFile(folder + "far/r.h5")
            var empty = ResultSet()
            try file.write(&empty)
            try FileManager.default.createSymbolicLink(
                atPath: folder + "r.h5", withDestinationPath: folder + "far/r.h5")
            var link = ResultsFile(folder + "r.h5")
            _ = try link.read()
            var results = makeResults()
            try link.write(&results)
            #expect(try FileManager.default.destinationOfSymbolicLink(atPath: folder + "r.h5") == folder + "far/r.h5")
            #expect(try file.read().measurements.count == results.measurements.count)
        }
    }

    @Test func `files that are no results are refused in words`() throws {
        try withFolder { folder in
            func sentence(_ name: String) -> String {
                var file = ResultsFile(folder + name)
                do {
                    _ = try file.read()
                    return "no error"
                } catch {
                    return String(describing: error)
                }
            }
            #expect(sentence("missing.h5").contains("no such file"))
            try Data().write(to: URL(fileURLWithPath: folder + "empty.h5"))
            #expect(sentence("empty.h5").contains("not a results file"))
            try Data("hello".utf8).write(to: URL(fileURLWithPath: folder + "text.h5"))
            #expect(sentence("text.h5").contains("not a results file"))
            let foreign = try File(creating: folder + "foreign.h5")
            try foreign.close()
            #expect(sentence("foreign.h5").contains("not results of InfoPlane"))
            let archive = try File(creating: folder + "archive.h5")
            try archive.root.setAttribute("format", to: .string("activation-archive"))
            try archive.close()
            #expect(sentence("archive.h5").contains("infoplane analyze"))
            let newer = try File(creating: folder + "newer.h5")
            try newer.root.setAttribute("format", to: .string("infoplane-results"))
            try newer.root.setAttribute("version", to: .string("2.0"))
            try newer.close()
            #expect(sentence("newer.h5").contains("version"))
            var whole = ResultsFile(folder + "whole.h5")
            var results = makeResults()
            try whole.write(&results)
            let bytes = try Data(contentsOf: URL(fileURLWithPath: folder + "whole.h5"))
            for share in [0.1, 0.5, 0.9, 0.99] {
                try bytes.prefix(Int(Double(bytes.count) * share)).write(to: URL(fileURLWithPath: folder + "cut.h5"))
                #expect(sentence("cut.h5") != "no error")
            }
        }
    }

    @Test func `a folder that cannot be written is said before the work, and a look leaves nothing`() throws {
        try withFolder { folder in
            try ResultsFile(folder + "r.h5").checkWritable()
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder).isEmpty)
            let error = #expect(throws: ResultsError.self) { try ResultsFile(folder + "none/r.h5").checkWritable() }
            #expect(error?.description.contains("could not be written: no such file or directory") == true)
        }
    }

    @Test func `a folder that cannot be written is said, and nothing is lost`() throws {
        var file = ResultsFile("/nonexistent-folder/r.h5")
        var results = makeResults()
        #expect(throws: ResultsError.self) { try file.write(&results) }
    }
}
