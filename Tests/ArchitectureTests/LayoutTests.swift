import Foundation
import TestSupport
import Testing

/// What a newcomer sees first.
struct LayoutTests {
  /// The top level holds the package, and what tools look for there.
  @Test(.enabled(if: FileManager.default.fileExists(atPath: Checkout.root.path + "/.git"), "no git checkout"))
  func theTopLevelIsSmall() throws {
    let run = try Program.execute("git", ["-C", Checkout.root.path, "ls-tree", "--name-only", "HEAD"])
    try #require(run.status == 0, "\(run)")
    let expected = [
      ".ci", ".gitignore", ".swift-format", "CHANGELOG.md", "CONTRIBUTING.md", "LICENSE", "Makefile", "Package.swift",
      "README.md", "Sources", "Tests", "assets", "debian", "docs",
    ]
    #expect(Set(run.lines.map(String.init)).subtracting(expected) == [])
  }

  @Test func everyMakeTargetIsDescribed() throws {
    func text(_ name: String) throws -> String {
      try String(contentsOf: Checkout.root.appending(path: name), encoding: .utf8)
    }
    let rule = try #require(try text("Makefile").split(separator: "\n").first { $0.hasPrefix(".PHONY: ") })
    let targets = rule.split(separator: " ").dropFirst()
    #expect(targets.contains("build") && targets.contains("clean"))
    let page = try text("CONTRIBUTING.md")
    for target in targets { #expect(page.contains(try Regex("`make \(target)[` ]")), "make \(target)") }
  }
}
