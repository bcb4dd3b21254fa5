// Numbers and columns as people read them, whatever the locale says.

/// `value` with exactly `places` digits after the point, rounded to nearest; `–` for what is no number, infinities too.
public func fixed(_ value: Double, _ places: Int) -> String {
  guard value.isFinite else { return "–" }
  let scale = (0..<places).reduce(1.0) { power, _ in power * 10 }
  return Int64(exactly: (value * scale).rounded()).map { decimal($0, places: places) } ?? "\(value)"
}

/// `value` as people type it: `7`, not `7.0`.
public func number(_ value: Double) -> String {
  let text = "\(value)"
  return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
}

/// `units` with a point before the last `places` digits: nanoseconds as microseconds to the last digit.
public func decimal(_ units: Int64, places: Int) -> String {
  let digits = String(units.magnitude)
  let padded = String(repeating: "0", count: max(0, places + 1 - digits.count)) + digits
  return (units < 0 ? "-" : "") + padded.dropLast(places) + (places > 0 ? "." : "") + padded.suffix(places)
}

/// `1 row`, `2 rows`.
public func counted(_ number: Int, _ one: String, _ many: String) -> String { "\(number) \(number == 1 ? one : many)" }

/// `text` in `columns` columns, its end aligned: for numbers.
public func padLeft(_ text: String, _ columns: Int) -> String {
  String(repeating: " ", count: max(0, columns - text.count)) + text
}

/// `text` in `columns` columns, its start aligned: for words.
public func padRight(_ text: String, _ columns: Int) -> String {
  text + String(repeating: " ", count: max(0, columns - text.count))
}
