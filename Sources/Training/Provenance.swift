internal import FoundationEssentials

/// The hyperparameters that stand in the archive: one flat JSON object, so that any reader finds a number by its name.
struct Provenance: Encodable {
    private var values: [String: Value] = [:]

    private enum Value: Codable, Hashable, CustomStringConvertible {
        case text(String)
        case whole(Int)
        case word(UInt64)
        case real(Double)
        case truth(Bool)
        case list([Int])
        case texts([String])

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            if let value = try? container.decode(Bool.self) {
                self = .truth(value)
            } else if let value = try? container.decode(Int.self) {
                self = .whole(value)
            } else if let value = try? container.decode(UInt64.self) {
                self = .word(value)
            } else if let value = try? container.decode(Double.self) {
                self = .real(value)
            } else if let value = try? container.decode([Int].self) {
                self = .list(value)
            } else if let value = try? container.decode([String].self) {
                self = .texts(value)
            } else {
                self = .text(try container.decode(String.self))
            }
        }

        var description: String {
            switch self {
            case .text(let value): value
            case .whole(let value): "\(value)"
            case .word(let value): "\(value)"
            case .real(let value): "\(value)"
            case .truth(let value): value ? "yes" : "no"
            case .list(let value): value.map(String.init).joined(separator: ",")
            case .texts(let value): value.joined(separator: ", ")
            }
        }

        func encode(to encoder: any Encoder) throws {
            var container = encoder.singleValueContainer()
            switch self {
            case .text(let value): try container.encode(value)
            case .whole(let value): try container.encode(value)
            case .word(let value): try container.encode(value)
            case .real(let value): try container.encode(value)
            case .truth(let value): try container.encode(value)
            case .list(let value): try container.encode(value)
            case .texts(let value): try container.encode(value)
            }
        }
    }

    init(_ request: TrainingRequest, _ data: DataSet) {
        values = [
            "activation": .text(request.activation.rawValue),
            "batch_size": .whole(request.batchSize),
            "classes": .whole(data.classNames.count),
            "data": .text(data.name),
            "epochs": .whole(request.epochs),
            "hidden": .list(request.hidden),
            "learning_rate": .real(request.learningRate),
            "optimizer": .text(request.optimizer.name),
            "recorded_samples": .whole(request.recordedSamples),
            "schedule": .text(request.schedule.description),
            "seed": .word(request.seed),
            "standardized_inputs": .truth(request.standardizesInputs),
            "test_samples": .whole(data.test?.count ?? 0),
            "threads": .whole(request.threads),
            "train_samples": .whole(data.train.count),
        ]
        if case .sgd(let momentum) = request.optimizer { values["momentum"] = .real(momentum) }
        let paths = request.data.paths
        if !paths.isEmpty { values["data_files"] = .texts(paths) }
        if let adversary = request.adversary {
            values["adversary"] = .text(adversary.name)
            values["adversary_target"] = .text(adversary.target.rawValue)
            values["adversarial_training"] = .truth(request.trainingAdversary != nil)
            setNumbers(of: adversary)
        }
        // What one adversary says for both stands once.
        if let adversary = request.trainingAdversary, !adversary.changesInputs(as: request.adversary) {
            values["adversarial_training"] = .truth(true)
            values["training_adversary"] = .text(adversary.name)
            setNumbers(of: adversary, prefix: "training_")
        }
        if !request.measuredAdversaries.isEmpty {
            values["measured_adversaries"] = .texts(
                request.measuredAdversaries.map { "\($0.target.rawValue): \($0.summary)" })
        }
    }

    private mutating func setNumbers(of adversary: Adversary, prefix: String = "") {
        values[prefix + "epsilon"] = .real(adversary.epsilon)
        guard case .pgd(let steps, let stepSize) = adversary.attack else { return }
        values[prefix + "pgd_steps"] = .whole(steps)
        values[prefix + "pgd_step_size"] = .real(stepSize)
    }

    func encode(to encoder: any Encoder) throws {
        try values.encode(to: encoder)
    }

    /// The object as text, keys in alphabetical order.
    func json() throws(TrainingError) -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        do {
            return String(decoding: try encoder.encode(self), as: UTF8.self)
        } catch {
            throw TrainingError(.request, "hyperparameters: not writable as JSON (\(error)). Change the request.")
        }
    }

    /// What stands in an archive and would be otherwise here, each as "name: stored, found"; `epochs` and `schedule` may
    /// differ, because a run that goes on may go further.
    func contradictions(with stored: String) throws(TrainingError) -> [String] {
        let known: [String: Value]
        let own: [String: Value]
        do {
            known = try JSONDecoder().decode([String: Value].self, from: Data(stored.utf8))
            // By way of the text, because 1.0 is written as 1.
            own = try JSONDecoder().decode([String: Value].self, from: Data(try json().utf8))
        } catch {
            return ["hyperparameters: none that this program wrote"]
        }
        return Set(known.keys).union(own.keys).subtracting(["epochs", "schedule"]).sorted()
            .filter { known[$0] != own[$0] }
            .map { "\($0): \(known[$0]?.description ?? "absent"), now \(own[$0]?.description ?? "absent")" }
    }
}
