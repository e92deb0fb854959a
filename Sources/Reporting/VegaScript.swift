internal import FoundationEssentials

/// Where the page gets the JavaScript that draws its charts: Vega, Vega-Lite and Vega-Embed.
public enum VegaSource: Sendable, Hashable {
    /// JavaScript that sets `window.vegaEmbed`, written into the page: it works offline and asks the network nothing.
    case inlined(String)
    /// Pinned versions from jsDelivr: the page is small and needs the network when it is opened.
    case network
}

/// The bundle of Vega's JavaScript that `tools/vega` makes: where it is looked for, and how it is read.
public enum VegaScript {
    /// The versions of the bundle and of `VegaSource.network`, as packages of npm.
    static let packages = ["vega@5.30.0", "vega-lite@5.21.0", "vega-embed@6.26.0"]

    /// The files to look for, the first one that exists wins.
    ///
    /// - Parameters:
    ///   - explicit: a path that the user gave; then nothing else is looked for.
    ///   - environment: the process's environment; `INFOPLANE_VEGA` names a file, `XDG_DATA_HOME` (else
    ///     `HOME/.local/share`) the folder of `infoplane/vega.js`.
    ///   - executable: the absolute path of the program that runs; `tools/release` installs the bundle at `../share/infoplane` from it.
    public static func searchPaths(
        explicit: String?, environment: [String: String], executable: String? = nil
    ) -> [String] {
        if let explicit { return [explicit] }
        if let path = environment["INFOPLANE_VEGA"], !path.isEmpty { return [path] }
        var paths: [String] = []
        if let folder = environment["XDG_DATA_HOME"], folder.hasPrefix("/") {
            paths.append(folder + "/infoplane/vega.js")
        } else if let home = environment["HOME"], !home.isEmpty {
            paths.append(home + "/.local/share/infoplane/vega.js")
        }
        if let executable, let end = executable.lastIndex(of: "/") {
            paths.append(executable[..<end] + "/../share/infoplane/vega.js")
        }
        return paths
    }

    /// Reads the bundle where there is one, else names the network.
    ///
    /// - Returns: `.network` where no bundle was asked for and none is in its usual place; a caller should warn.
    /// - Throws: where a bundle that was asked for (`explicit` or `INFOPLANE_VEGA`) is missing, or one is not Vega's.
    public static func find(
        explicit: String?, environment: [String: String], executable: String? = nil
    ) throws(ReportingError) -> VegaSource {
        let isAskedFor = explicit != nil || !(environment["INFOPLANE_VEGA"] ?? "").isEmpty
        for path in searchPaths(explicit: explicit, environment: environment, executable: executable) {
            guard let content = FileManager.default.contents(atPath: path) else { continue }
            let javascript = String(decoding: content, as: UTF8.self)
            guard javascript.utf8.count > 10_000, javascript.contains("vegaEmbed") else {
                throw ReportingError(
                    place: path, problem: "this is not the Vega JavaScript; expected a bundle that sets vegaEmbed",
                    remedy: "Remove it and make it again with tools/vega.")
            }
            return .inlined(javascript)
        }
        guard isAskedFor else { return .network }
        throw ReportingError(
            place: searchPaths(explicit: explicit, environment: environment).joined(separator: ", "),
            problem: "there is no such Vega JavaScript", remedy: "Make it with tools/vega.")
    }
}
