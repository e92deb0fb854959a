import Activations
import ArgumentParser

/// What a command lets an archive, or another HDF5 file, do beyond being read.
struct AllowOption: ParsableArguments {
    enum Allowed: String, ExpressibleByArgument, CaseIterable {
        case plugins, links
    }

    @Option(
        name: .customLong("allow"),
        help: ArgumentHelp(
            "What a file that you trust may do, repeatable: plugins (run the filter libraries of HDF5's plug-in "
                + "folder), links (read what soft and external links and external storage name, any file of yours).",
            valueName: "what"))
    var allowed: [Allowed] = []

    /// The option as a command line gives it.
    var arguments: [String] { allowed.map { "--allow=\($0.rawValue)" } }

    var trust: Trust {
        var trust: Trust = []
        for what in allowed {
            switch what {
            case .plugins: trust.insert(.plugins)
            case .links: trust.insert(.links)
            }
        }
        return trust
    }
}
