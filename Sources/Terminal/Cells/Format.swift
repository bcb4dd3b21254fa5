// Numbers as the screen shows them: no Foundation, no locale.

/// `value` with a fixed number of digits after the point.
package func fixed(_ value: Double, _ digits: Int) -> String {
  guard value.isFinite, abs(value) < 1e15 else { return value.isNaN ? "–" : "∞" }
  var scale = 1
  for _ in 0..<digits { scale *= 10 }
  let scaled = Int((abs(value) * Double(scale)).rounded())
  let sign = value < 0 && scaled > 0 ? "-" : ""
  guard digits > 0 else { return "\(sign)\(scaled)" }
  let fraction = String(scaled % scale)
  return "\(sign)\(scaled / scale).\(String(repeating: "0", count: digits - fraction.count))\(fraction)"
}

/// Three significant digits where there are digits after the point at all: `1.71`, `21.4`, `584`.
package func threeDigits(_ value: Double) -> String {
  let size = abs(value)
  return fixed(value, size < 9.995 ? 2 : size < 99.95 ? 1 : 0)
}

/// `76.5 M`, `1.32 M`, `950`.
package func metric(_ count: Int) -> String {
  let value = Double(count)
  if count >= 1_000_000_000 { return threeDigits(value / 1e9) + " G" }
  if count >= 1_000_000 { return (count >= 100_000_000 ? fixed(value / 1e6, 1) : threeDigits(value / 1e6)) + " M" }
  return count >= 10_000 ? threeDigits(value / 1e3) + " k" : "\(count)"
}

/// `text` in `columns` columns, its end aligned.
package func padLeft(_ text: String, _ columns: Int) -> String {
  String(repeating: " ", count: max(columns - text.unicodeScalars.count, 0)) + text
}

/// `text` in `columns` columns, its start aligned.
package func padRight(_ text: String, _ columns: Int) -> String {
  text + String(repeating: " ", count: max(columns - text.unicodeScalars.count, 0))
}
