import ArgumentParser

#if canImport(Darwin)
    import Darwin
#else
    import Glibc
#endif

/// The system's write, which the name of ours would hide.
private func put(_ descriptor: Int32, _ bytes: UnsafePointer<UInt8>, _ count: Int) -> Int {
    write(descriptor, bytes, count)
}

/// Where the command line's words go: results to standard output, everything else to standard error.
enum Terminal {
    /// Whether standard error is a terminal that a person watches.
    static let isWatched = isatty(STDERR_FILENO) == 1

    /// Whether standard output may be coloured (NO_COLOR is obeyed, see no-color.org).
    static let hasColour =
        isatty(STDOUT_FILENO) == 1 && (getenv("NO_COLOR").map { $0.pointee == 0 } ?? true)

    /// The width of the terminal in columns; 80 where it is unknown.
    static var width: Int {
        var size = winsize()
        guard ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 80 }
        return Int(size.ws_col)
    }

    /// How many cores this process may use.
    static let coreCount = max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN)))

    /// The memory of this machine in bytes; as good as infinite where it is unknown.
    static let physicalMemory: Int = {
        let bytes = sysconf(Int32(_SC_PHYS_PAGES)) * sysconf(Int32(_SC_PAGESIZE))
        return bytes > 0 ? bytes : .max
    }()

    /// Refuses work whose predicted memory this machine does not have; says on a watched terminal what it takes.
    static func announceMemory(_ bytes: Int, of work: String) throws {
        guard bytes > 0 else { return }
        if bytes > physicalMemory {
            throw failure(
                "\(work): takes about \(byteText(bytes)) of memory, this machine has \(byteText(physicalMemory)). "
                    + "Take fewer samples with --samples.")
        }
        if isWatched { note("\(work) takes about \(byteText(bytes)) of memory.") }
    }

    /// Writes a line to standard error.
    static func note(_ line: String) {
        writeAll(line + "\n", to: STDERR_FILENO)
    }

    /// Writes text to standard output as it is.
    ///
    /// - Throws: where the reader has gone away or the disk is full.
    static func write(_ text: String) throws {
        guard writeAll(text, to: STDOUT_FILENO) else { throw failure("standard output cannot be written") }
    }

    /// Ends the command because it could not run: the sentence on standard error, exit code 2.
    static func failure(_ sentence: String) -> ExitCode {
        note("error: " + sentence)
        return ExitCode(2)
    }

    /// The text in bold, where standard output may be coloured.
    static func bold(_ text: String) -> String {
        hasColour ? "\u{1B}[1m\(text)\u{1B}[0m" : text
    }

    /// The text in a colour, where standard output may be coloured.
    static func coloured(_ text: String, _ colour: Colour) -> String {
        hasColour ? "\u{1B}[\(colour.rawValue)m\(text)\u{1B}[0m" : text
    }

    /// The text in the colour of a layer, for terminals of 256 colours: those of Okabe and Ito (2008), which colour-blind
    /// readers tell apart, in turn.
    static func coloured(_ text: String, ofLayer layer: Int, emphasized: Bool = false) -> String {
        guard hasColour else { return text }
        let colours = [208, 75, 36, 178, 26, 166, 176]
        return "\u{1B}[\(emphasized ? "1;7;" : "")38;5;\(colours[layer % colours.count])m\(text)\u{1B}[0m"
    }

    /// The colours of every terminal, by their numbers (ECMA-48).
    enum Colour: Int { case red = 31, yellow = 33, cyan = 36 }

    /// Runs `body`; an error of a module becomes its sentence and exit code 2.
    static func reporting<T>(_ body: () async throws -> T) async throws -> T {
        do {
            return try await body()
        } catch let code as ExitCode {
            throw code
        } catch let error as ValidationError {
            throw error
        } catch {
            throw failure(String(describing: error))
        }
    }

    /// Writes the whole text, also when the system takes it in parts.
    @discardableResult
    static func writeAll(_ text: String, to descriptor: Int32) -> Bool {
        var text = text
        return text.withUTF8 { bytes in
            var written = 0
            while written < bytes.count {
                let count = put(descriptor, bytes.baseAddress! + written, bytes.count - written)
                if count < 0, errno == EINTR { continue }
                guard count > 0 else { return false }
                written += count
            }
            return true
        }
    }
}

extension ContinuousClock.Instant {
    /// The seconds since then.
    var seconds: Double { duration(to: .now) / .seconds(1) }
}
