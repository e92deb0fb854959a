import ArgumentParser

@main
struct Infoplane: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "infoplane")
}
