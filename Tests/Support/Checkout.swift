import Foundation

/// The checkout that the tests were built from, and what was built with them.
package enum Checkout {
  package static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()

  /// The path of a file in `assets`.
  package static func asset(_ name: String) -> String { root.appending(path: "assets/\(name)").path }

  /// An executable of the package: SwiftPM puts all of them beside the tests.
  package static func product(_ name: String) -> String {
    let tests =
      (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? CommandLine.arguments[0]
    return URL(filePath: tests).deletingLastPathComponent().appending(path: name).path
  }

  /// Whether this is a release build: in a debug build the network takes seconds.
  package static var isOptimised: Bool {
    #if DEBUG
      false
    #else
      true
    #endif
  }

  /// Whether the tests run under the address sanitizer.
  package static let isSanitized = ProcessInfo.processInfo.environment["MOBILECAM_SANITIZED"] == "1"
}
