import Glibc

/// Moments of the wall clock in words, in UTC, to the millisecond.
public enum TimeText {
  /// `2026-11-27T08:15:00.123Z` (RFC 3339).
  /// - Parameter time: since 1970.
  public static func utc(_ time: Nanoseconds) -> String { text(time, "%Y-%m-%dT%H:%M:%S", ".") + "Z" }

  /// `20261127T081500123Z`: sorts by time, and has nothing in it that a file's name cannot have.
  public static func fileName(_ time: Nanoseconds) -> String { text(time, "%Y%m%dT%H%M%S", "") + "Z" }

  private static func text(_ time: Nanoseconds, _ form: String, _ point: String) -> String {
    let milliseconds = time.count / 1_000_000
    var seconds = time_t(milliseconds / 1000)
    var parts = tm()
    gmtime_r(&seconds, &parts)
    var text = [CChar](repeating: 0, count: 64)
    strftime(&text, text.count, form, &parts)
    let rest = String(milliseconds % 1000)
    return text.withUnsafeBufferPointer { String(cString: $0.baseAddress!) } + point
      + String(repeating: "0", count: max(0, 3 - rest.utf8.count)) + rest
  }
}
