/// Numbers as text.
enum Decimal {
    /// `value` with this many decimals, rounded to nearest; as it is where it has no such form.
    static func rounded(_ value: Double, places: Int) -> String {
        var scale = 1.0
        for _ in 0..<places { scale *= 10 }
        let scaled = (value.magnitude * scale).rounded()
        guard scaled < 1e15 else { return value.description }
        let whole = Int(scaled)
        let sign = value < 0 && whole > 0 ? "−" : ""
        guard places > 0 else { return sign + String(whole) }
        let fraction = String(whole % Int(scale))
        return sign + String(whole / Int(scale)) + "." + String(repeating: "0", count: places - fraction.count)
            + fraction
    }

    /// The shortest decimal that reads back to `value`, cut after `places` decimals into what is shown first and the
    /// rest; the two joined are exact.
    static func split(_ value: Double, places: Int) -> (head: String, rest: String) {
        let text = value.description
        guard !text.contains("e"), let point = text.firstIndex(of: ".") else { return (text, "") }
        let decimals = text[text.index(after: point)...]
        guard decimals.count > places else { return (text, "") }
        let end = decimals.index(decimals.startIndex, offsetBy: places)
        return (String(text[..<end]), String(text[end...]))
    }
}
