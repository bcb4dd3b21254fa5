import Platform

/// Amounts with a unit, as options take them.
public enum Amounts {
  /// `10s`, `500ms`, `2m`, `1h`; more than nothing, at most a year. `nil` for anything else.
  public static func time(_ text: String) -> Nanoseconds? {
    let units: [(String, Double)] = [("ms", 1e-3), ("s", 1), ("m", 60), ("h", 3600)]
    guard let seconds = amount(text, units), seconds >= 1e-3, seconds <= 366 * 86400 else { return nil }
    return Nanoseconds(seconds: seconds)
  }

  /// `200M`, `1.5G`, `500k`, with a B behind it or not; at least a kilobyte, at most a petabyte. `nil` for anything else.
  public static func bytes(_ text: String) -> Int? {
    let units: [(String, Double)] = [("k", 1e3), ("M", 1e6), ("G", 1e9), ("T", 1e12)]
    let plain = text.hasSuffix("B") ? String(text.dropLast()) : text
    guard let bytes = amount(plain, units), bytes >= 1e3, bytes <= 1e15 else { return nil }
    return Int(bytes)
  }

  /// Bytes in words: `200 MB`.
  static func text(bytes: Int) -> String {
    let (unit, name) = [(1e9, "GB"), (1e6, "MB"), (1e3, "kB")].first { Double(bytes) >= $0.0 } ?? (1, "bytes")
    return "\(number((Double(bytes) / unit * 10).rounded() / 10)) \(name)"
  }

  private static func amount(_ text: String, _ units: [(String, Double)]) -> Double? {
    guard let (unit, factor) = units.first(where: { text.hasSuffix($0.0) }) else { return nil }
    let digits = text.dropLast(unit.count)
    guard !digits.isEmpty, digits.allSatisfy({ $0.isASCII && ($0.isNumber || $0 == ".") }) else { return nil }
    return Double(String(digits)).map { $0 * factor }
  }
}
