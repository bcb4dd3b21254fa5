import FoundationEssentials
import Frames
import Glibc

/// JSON on standard output, keys in the order in which the types name them being of no meaning: sorted.
func printJSON(_ value: some Encodable, pretty: Bool = true) throws {
  let encoder = JSONEncoder()
  encoder.outputFormatting = pretty ? [.prettyPrinted, .sortedKeys] : [.sortedKeys]
  encoder.keyEncodingStrategy = .convertToSnakeCase
  print(String(decoding: try encoder.encode(value), as: UTF8.self))
}

/// A number with a fixed count of decimals, whatever the locale says.
func fixed(_ x: Double, _ decimals: Int) -> String {
  guard x.isFinite else { return "–" }
  var scale = 1.0
  for _ in 0..<decimals { scale *= 10 }
  let scaled = (abs(x) * scale).rounded()
  guard scaled < 9e15 else { return "\(x)" }
  let digits = String(Int(scaled))
  let padded = String(repeating: "0", count: max(0, decimals + 1 - digits.count)) + digits
  let sign = x < 0 && scaled > 0 ? "-" : ""
  return sign + padded.dropLast(decimals) + (decimals > 0 ? "." + padded.suffix(decimals) : "")
}

/// Text in a column: right-aligned for numbers, left-aligned for words.
func right(_ text: String, _ width: Int) -> String { String(repeating: " ", count: max(0, width - text.count)) + text }
func left(_ text: String, _ width: Int) -> String { text + String(repeating: " ", count: max(0, width - text.count)) }

// MARK: Standard output that fails

/// Where the caller closed standard input, output or error, /dev/null takes the place: else the next file that is opened
/// would, and results would be written between the rows of a log.
func fillStandardDescriptors() {
  while true {
    let descriptor = open("/dev/null", O_RDWR)
    if descriptor < 0 { return }
    if descriptor > STDERR_FILENO {
      close(descriptor)
      return
    }
  }
}

/// Writes what `print` has kept back.
/// - Throws: `UserError` if that fails, but for a reader that has left.
func flushOutput() throws(UserError) {
  if fflush(nil) != 0, errno != EPIPE { throw outputError(errno) }
}

func outputError(_ code: Int32) -> UserError {
  UserError(
    "standard output could not be written: \(String(cString: strerror(code))); free some space, or send it elsewhere")
}
