import FoundationEssentials
import Reporting

#if canImport(Darwin)
    import Darwin
#else
    import Glibc
#endif

/// Writes the figures of a report as SVG, PDF or PNG, by the Python package vl-convert-python that tools/setup report
/// installs.
struct FigureWriter {
    /// The Python that has vl-convert-python.
    let python: String

    /// The first that exists of `INFOPLANE_FIGURES_PYTHON` and the environment of tools/setup report.
    ///
    /// - Throws: where there is none.
    init(environment: [String: String]) throws {
        let data = [environment["XDG_DATA_HOME"], environment["HOME"].map { $0 + "/.local/share" }].compactMap(\.self)
        let folder =
            environment["INFOPLANE_PYTHONS"] ?? data.first { $0.hasPrefix("/") }.map { $0 + "/infoplane/python" }
        let places =
            environment["INFOPLANE_FIGURES_PYTHON"].map { [$0] } ?? folder.map { [$0 + "/figures/bin/python"] } ?? []
        guard let found = places.first(where: { access($0, X_OK) == 0 }) else {
            throw Terminal.failure(
                "--figures: there is no Python with vl-convert-python at \(places.joined(separator: " or ")). "
                    + "tools/setup report installs it; INFOPLANE_FIGURES_PYTHON names another.")
        }
        python = found
    }

    /// Writes every figure to `folder`, its name that of the chart with the width and the format.
    ///
    /// - Throws: where vl-convert cannot draw one, or the folder cannot be written; files that are there are replaced.
    func write(_ figures: [Figure], to folder: String, format: String) throws {
        let work = FileManager.default.temporaryDirectory.path + "/infoplane-figures-\(getpid())"
        try FileManager.default.createDirectory(atPath: work, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: work) }
        for figure in figures {
            var file = try TextSink(path: "\(work)/\(figure.stem).vl.json")
            try file.write(figure.specification)
            try file.close()
        }
        let list = figures.map { "\($0.stem) \($0.width.points)" }.joined(separator: "\n")
        var script = try TextSink(path: "\(work)/draw.py")
        try script.write(Self.script)
        try script.close()
        var order = try TextSink(path: "\(work)/figures")
        try order.write(list)
        try order.close()
        try run([python, "-I", "\(work)/draw.py", work, folder, format])
    }

    /// Arguments: the folder with the specifications and their list, the folder to write to, the format.
    ///
    /// The size is set on the SVG, so that a figure is exactly as wide as its column whatever its axes need.
    private static let script = #"""
        import pathlib, re, sys
        try:
            import vl_convert
        except ImportError as error:
            sys.exit(f"vl-convert-python is missing: {error}")
        work, folder, format = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]), sys.argv[3]
        folder.mkdir(parents=True, exist_ok=True)
        for line in (work / "figures").read_text().splitlines():
            stem, points = line.split()
            try:
                svg = vl_convert.vegalite_to_svg((work / f"{stem}.vl.json").read_text(), vl_version="5.21")
            except Exception as error:
                sys.exit(f"{stem}: {error}")
            size = re.match(r'(<svg[^>]*?) width="([\d.]+)" height="([\d.]+)"', svg)
            width, height = float(size[2]), float(size[3])
            scale = float(points) / width
            output = folder / f"{stem}.{format}"
            def sized(unit):
                return f'{size[1]} width="{points}{unit}" height="{height * scale:.2f}{unit}"' + svg[size.end():]
            # vl-convert takes a pixel of an SVG for a point.
            if format == "svg":
                output.write_text(sized("pt"))
            elif format == "pdf":
                output.write_bytes(vl_convert.svg_to_pdf(sized("")))
            else:
                output.write_bytes(vl_convert.svg_to_png(sized(""), scale=1, ppi=300))
        """#

    /// Runs a program with this tool's standard error, and waits.
    private func run(_ arguments: [String]) throws {
        var words: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) } + [nil]
        defer { for word in words { free(word) } }
        var child: pid_t = 0
        let started = posix_spawn(&child, arguments[0], nil, nil, &words, environ)
        guard started == 0 else {
            throw Terminal.failure("\(arguments[0]): could not be started: \(String(cString: strerror(started))).")
        }
        var status: Int32 = 0
        while waitpid(child, &status, 0) == -1 && errno == EINTR {}
        guard status == 0 else {
            throw Terminal.failure("--figures: the figures could not be drawn; the reason stands above.")
        }
    }
}
