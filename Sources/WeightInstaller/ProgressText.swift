import Platform

/// How far a download is, as one line for a terminal or a log.
public enum ProgressText {
  /// `mobilenet_v1_1.0_224.tgz ██░░░░░░░░  12.3 of 61.4 MB   20 %`, at most `columns` wide.
  /// - Parameter isUnicode: whether the terminal shows more than ASCII.
  public static func bar(name: String, bytes: Int, totalBytes: Int?, columns: Int, isUnicode: Bool) -> String {
    let figures = "  " + amount(bytes, totalBytes)
    guard let totalBytes, totalBytes > 0 else { return String((name + figures).prefix(columns)) }
    let room = min(40, columns - name.count - figures.count - 1)
    guard room >= 5 else { return String((name + figures).prefix(columns)) }
    let filled = share(of: room, bytes, totalBytes)
    let bar =
      isUnicode
      ? String(repeating: "█", count: filled) + String(repeating: "░", count: room - filled)
      : String(repeating: "#", count: filled) + String(repeating: ".", count: room - filled)
    return "\(name) \(bar)\(figures)"
  }

  /// `12.3 of 61.4 MB   20 %`, or `12.3 MB` where the whole is not known.
  public static func amount(_ bytes: Int, _ totalBytes: Int?) -> String {
    guard let totalBytes, totalBytes > 0 else { return "\(megabytes(bytes)) MB" }
    let percent = "\(share(of: 100, bytes, totalBytes))"
    return
      "\(megabytes(bytes)) of \(megabytes(totalBytes)) MB  \(String(repeating: " ", count: 3 - percent.count))\(percent) %"
  }

  /// How many of `parts` equal parts of a download are whole: 25 of 100 at a quarter. A server may say any size.
  public static func share(of parts: Int, _ bytes: Int, _ totalBytes: Int) -> Int {
    guard totalBytes > 0 else { return 0 }
    return min(parts, max(0, Int(saturating: Double(parts) * Double(bytes) / Double(totalBytes))))
  }

  /// Millions of bytes with one decimal.
  public static func megabytes(_ bytes: Int) -> String {
    let tenths = bytes.addingSaturating(50_000) / 100_000
    return "\(tenths / 10).\(tenths % 10)"
  }
}
