import Testing
import Training

@Suite struct ScheduleTests {
    @Test func `record 0 comes first and intervals are literal`() throws {
        #expect(try EpochSchedule("every:5").epochs(upTo: 12) == [0, 5, 10])
        #expect(try EpochSchedule("every:1").epochs(upTo: 3) == [0, 1, 2, 3])
        #expect(try EpochSchedule("10,2,2,1").epochs(upTo: 10) == [0, 1, 2, 10])
        #expect(try EpochSchedule("0").epochs(upTo: 10) == [0])
    }

    @Test func `logarithmic epochs are as many as asked for, different, and end at the last`() throws {
        #expect(try EpochSchedule("log:1").epochs(upTo: 100) == [0, 100])
        #expect(try EpochSchedule("log:3").epochs(upTo: 100) == [0, 1, 10, 100])
        #expect(try EpochSchedule("log:5").epochs(upTo: 10_000) == [0, 1, 10, 100, 1000, 10_000])
        #expect(try EpochSchedule("log:50").epochs(upTo: 20) == Array(0...20))
        for last in [1, 2, 7, 30, 31, 100, 999, 10_000] {
            for count in 1...60 {
                let epochs = try EpochSchedule.logarithmic(count: count).epochs(upTo: last)
                #expect(epochs.count == min(count, last) + 1)
                #expect(zip(epochs, epochs.dropFirst()).allSatisfy { $0 < $1 })
                #expect(epochs.first == 0 && epochs.last == last)
            }
        }
    }

    @Test func `text reads back`() throws {
        for text in ["every:7", "log:30", "0,1,5"] { #expect(try EpochSchedule(text).description == text) }
    }

    @Test(arguments: ["", "every", "every:0", "log:-3", "log:x", "1,,2", "1,two", "-1", "linear:3"])
    func `what is no schedule is refused`(text: String) {
        #expect(throws: TrainingError.self) { try EpochSchedule(text) }
    }

    @Test func `an epoch that is never reached is refused by name`() throws {
        let error = #expect(throws: TrainingError.self) { try EpochSchedule("1,200").epochs(upTo: 100) }
        #expect(error?.description.contains("200") == true)
    }
}
