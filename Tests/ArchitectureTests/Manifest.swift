import Foundation
import TestSupport
import Testing

/// Package.swift as SwiftPM reads it.
struct Manifest: Decodable {
  struct Target: Decodable {
    let name: String
    let type: String
    let path: String?
    fileprivate let dependencies: [[String: [Part]]]
    fileprivate let settings: [Setting]

    var isTest: Bool { type == "test" || path?.hasPrefix("Tests/") == true }

    /// Names of targets and of other packages' products.
    var dependencyNames: [String] { dependencies.compactMap { $0.values.first?.first?.text } }

    /// What the compiler is told in every configuration.
    var flags: [String] { settings.filter { $0.condition == nil }.flatMap { $0.kind.unsafeFlags?.first?.value ?? [] } }
  }

  /// A dependency is `{"byName": [name, condition]}` or `{"product": [name, package, aliases, condition]}`.
  fileprivate struct Part: Decodable {
    let text: String?
    init(from decoder: any Decoder) throws { text = try? decoder.singleValueContainer().decode(String.self) }
  }

  fileprivate struct Setting: Decodable {
    struct Kind: Decodable { let unsafeFlags: [String: [String]]? }
    struct Condition: Decodable {}
    let kind: Kind
    let condition: Condition?
  }

  let targets: [Target]

  /// With a scratch path of its own: the usual one is locked while `swift test` runs.
  static func read() throws -> Manifest {
    let scratch = TemporaryFolder()
    // SwiftPM leaves lock files in the folder for temporary files.
    let run = try Program.execute(
      "swift",
      ["package", "--package-path", Checkout.root.path, "--scratch-path", scratch.file("build"), "dump-package"],
      in: scratch, environment: ["TMPDIR": scratch.path], timeout: 120)
    try #require(run.status == 0, "\(run)")
    return try JSONDecoder().decode(Manifest.self, from: Data(run.output.utf8))
  }
}
