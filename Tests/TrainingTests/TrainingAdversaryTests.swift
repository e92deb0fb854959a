import Activations
import Foundation
import Testing
import Training

/// Networks that are trained on one attack and shown to others.
@Suite struct TrainingAdversaryTests {
    private static let noise = Adversary(.noise, epsilon: 0.3)
    private static let fgsm = Adversary(.fgsm, epsilon: 0.2)
    private static let pgd = Adversary(.pgd(steps: 3, stepSize: 0.1), epsilon: 0.2, target: .test)

    private func record(
        _ folder: Folder, _ name: String, split: Adversary? = nil, training: Adversary? = nil,
        measured: [Adversary] = []
    ) throws -> ActivationArchive {
        var request = try smallRequest(folder)
        request.adversary = split
        request.trainingAdversary = training
        request.measuredAdversaries = measured
        _ = try train(request, recordingTo: "\(folder.path)/\(name).h5")
        return try ActivationArchive(opening: "\(folder.path)/\(name).h5")
    }

    @Test func `the training does not depend on what attacks the recorded split or is measured`() throws {
        let folder = try Folder()
        let same = try record(folder, "same", split: Self.noise, training: Self.noise)
        let shown = try record(folder, "shown", split: Self.fgsm, training: Self.noise, measured: [Self.pgd])
        let alone = try record(folder, "alone", training: Self.noise)
        let plain = try record(folder, "plain", split: Self.noise)
        func last(_ archive: ActivationArchive) throws -> [Float] {
            try RecordingTests.floats(archive, "train", "softmax", 4)
        }
        #expect(try last(same) == last(shown) && last(same) == last(alone) && last(same) != last(plain))
        #expect(shown.splits.map(\.name).sorted() == ["test", "train", "train-fgsm"])
        #expect(alone.splits.map(\.name).sorted() == ["test", "train"])
        #expect(alone.info.title.hasSuffix(", trained on noise"))
    }

    @Test func `a measured adversary has the accuracy of the split that it would have`() throws {
        let folder = try Folder()
        // The clouds lie within 0.3 of the corners (±1, ±1): 0.9 takes most samples past the middle, where the label turns.
        let attacks: [Adversary.Attack] = [.pgd(steps: 3, stepSize: 0.5), .fgsm]
        let adversaries = attacks.map { Adversary($0, epsilon: 0.9, target: .test) }
        let measured = try record(folder, "measured", measured: adversaries)
        #expect(measured.splits.map(\.name).sorted() == ["test", "train"])
        for adversary in adversaries {
            let ofSplit = try record(folder, adversary.name, split: adversary)
            let values = RecordingTests.metric(measured, "test_\(adversary.name)_accuracy")
            #expect(values.count == 5 && values == RecordingTests.metric(ofSplit, "test-\(adversary.name)_accuracy"))
            #expect(values.last! < RecordingTests.metric(measured, "test_accuracy").last!)
        }
    }

    @Test func `the archive names the numbers of another training adversary, and nothing new without one`() throws {
        let folder = try Folder()
        let same = try record(folder, "same", split: Self.pgd, training: Self.pgd).info.hyperparameters
        #expect(
            same.contains(
                "\"adversarial_training\":true,\"adversary\":\"pgd\",\"adversary_target\":\"test\",\"batch_size\""))
        #expect(same.contains("\"pgd_step_size\":0.1,\"pgd_steps\":3,\"recorded_samples\""))
        #expect(!same.contains("training_") && !same.contains("measured"))
        let other = try record(folder, "other", split: Self.fgsm, training: Self.pgd, measured: [Self.pgd])
            .info.hyperparameters
        for part in [
            "\"adversarial_training\":true,\"adversary\":\"fgsm\"", "\"epsilon\":0.2",
            "\"measured_adversaries\":[\"test: pgd, epsilon 0.2, 3 steps of 0.1\"]",
            "\"training_adversary\":\"pgd\",\"training_epsilon\":0.2,",
            "\"training_pgd_step_size\":0.1,\"training_pgd_steps\":3}",
        ] {
            #expect(other.contains(part), "\(other)")
        }
    }

    @Test func `an archive is not continued with another training adversary or measure`() throws {
        let folder = try Folder()
        _ = try record(folder, "a", split: Self.fgsm, training: Self.noise, measured: [Self.pgd])
        var request = try smallRequest(folder)
        request.continues = true
        request.adversary = Self.fgsm
        request.measuredAdversaries = [Self.pgd]
        for (training, expected) in [
            (Self.fgsm, "training_adversary: noise, now absent"),
            (Adversary(.noise, epsilon: 0.4), "training_epsilon: 0.3, now 0.4"),
        ] {
            request.trainingAdversary = training
            let found = message { try train(request, recordingTo: folder.path + "/a.h5") }
            #expect(found.contains(expected), "\(found)")
        }
        request.trainingAdversary = Self.noise
        request.measuredAdversaries = []
        let found = message { try train(request, recordingTo: folder.path + "/a.h5") }
        #expect(found.contains("measured_adversaries: test: pgd"), "\(found)")
        request.measuredAdversaries = [Self.pgd]
        request.epochs = 25
        _ = try train(request, recordingTo: folder.path + "/a.h5")
        #expect(try ActivationArchive(opening: folder.path + "/a.h5").committedRecords == 6)
    }

    @Test func `a measure on test samples needs some`() throws {
        let folder = try Folder()
        var request = try smallRequest(folder)
        request.trainShare = 1
        request.measuredAdversaries = [Self.pgd]
        let found = message { try train(request, recordingTo: folder.path + "/a.h5") }
        #expect(found.contains("test-pgd needs test samples"), "\(found)")
    }
}
