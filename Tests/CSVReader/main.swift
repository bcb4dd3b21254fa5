import Foundation
import SwiftCSV

// Reads CSV logs with SwiftCSV, which knows nothing of mobilecam, and checks of each row that it is whole: as many fields
// as the header, numbers where numbers belong, layers that add up to the network's time.

func fail(_ message: String) -> Never {
  FileHandle.standardError.write(Data((message + "\n").utf8))
  exit(1)
}

/// Microseconds with three decimals as nanoseconds.
func nanoseconds(_ text: String?) -> Int? {
  guard let parts = text?.split(separator: ".", omittingEmptySubsequences: false), parts.count == 2, parts[1].count == 3
  else { return nil }
  return Int(parts[0] + parts[1])
}

for path in CommandLine.arguments.dropFirst() {
  do {
    let table = try NamedCSV(url: URL(filePath: path))
    guard let last = table.header.lastIndex(of: "top5_probability") else { fail("\(path): no guesses") }
    let layers = table.header[(last + 1)...]
    for (index, row) in table.rows.enumerated() {
      guard row.count == table.header.count else { fail("\(path): row \(index + 1) has \(row.count) fields") }
      guard let network = nanoseconds(row["network_us"]), let rest = nanoseconds(row["unaccounted_us"]) else {
        fail("\(path): row \(index + 1): no time of the network")
      }
      let times = layers.compactMap { nanoseconds(row[$0]) }
      guard times.count == layers.count, times.reduce(rest, +) == network else {
        fail("\(path): row \(index + 1): the layers do not add up")
      }
      if let label = row["top1_label"], label.hasPrefix("\"") { fail("\(path): row \(index + 1): quotes in \(label)") }
    }
    print("\(path): \(table.rows.count) rows, \(layers.count) layers")
  } catch {
    fail("\(path): \(error)")
  }
}
