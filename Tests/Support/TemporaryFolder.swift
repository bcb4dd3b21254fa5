import Foundation

/// A folder of a test's own, removed with it. Whoever cannot make one cannot test anything.
package final class TemporaryFolder: Sendable {
  package let path: String

  package init() {
    path = FileManager.default.temporaryDirectory.path + "/mobilecam-\(UUID().uuidString.prefix(8))"
    do {
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    } catch { fatalError("\(path) could not be made: \(error)") }
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  package var url: URL { URL(filePath: path) }

  /// The path of a file in it, there or not.
  package func file(_ name: String) -> String { "\(path)/\(name)" }

  /// Writes a file in it and returns its path.
  @discardableResult
  package func write(_ name: String, _ contents: some Sequence<UInt8>) throws -> String {
    try Data(contents).write(to: URL(filePath: file(name)))
    return file(name)
  }

  @discardableResult
  package func write(_ name: String, _ text: String) throws -> String { try write(name, text.utf8) }

  package func data(_ name: String) throws -> Data { try Data(contentsOf: URL(filePath: file(name))) }

  package func text(_ name: String) throws -> String { String(decoding: try data(name), as: UTF8.self) }

  /// Of all that lies in it, sorted.
  package var names: [String] { ((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []).sorted() }
}
