import Foundation
import MobileNet
import TestSupport
import Testing
import mobilecam

/// What `--version` says, and who else says the version.
struct VersionTests {
  let folder = TemporaryFolder()

  @Test func theProgramTellsHowItWasBuilt() throws {
    let run = try Program.run(["--version"], in: folder)
    try #require(run.status == 0 && run.error == "", "\(run)")
    let names = run.lines.dropFirst().map { $0.split(separator: " ").prefix(2).joined(separator: " ") }
    #expect(run.lines.first?.hasPrefix("mobilecam ") == true)
    #expect(names.count == 4 && names[0].hasPrefix("commit ") && names[1] == "instruction sets", "\(run)")
    // What every build is linked with.
    for library in ["libc.so.", "libncursesw.so.", "libv4l2.so.", "libpng16.so."] {
      #expect(run.lines.last?.contains(" \(library)") == true, "\(library)")
    }
  }

  /// The package, the software centres and the program speak of one version.
  @Test(arguments: [
    ("debian/changelog", "mobilecam (", ")"),
    ("debian/org.example.mobilecam.metainfo.xml", "<release version=\"", "\""),
  ])
  func oneVersion(file: String, before: String, after: String) throws {
    let text = try String(contentsOf: Checkout.root.appending(path: file), encoding: .utf8)
    let start = try #require(text.range(of: before)).upperBound
    let end = try #require(text.range(of: after, range: start..<text.endIndex)).lowerBound
    let run = try Program.run(["--version"], in: folder)
    #expect(run.lines.first.map(String.init) == "mobilecam \(text[start..<end])")
  }

  @Test func librariesAreThoseThatAreMapped() {
    let maps = """
      55d0-55d1 r--p 00000000 fe:00 12   /usr/bin/mobilecam
      7f00-7f01 r-xp 00000000 fe:00 13   /usr/lib/x86_64-linux-gnu/libz.so.1.2.13
      7f01-7f02 rw-p 00001000 fe:00 13   /usr/lib/x86_64-linux-gnu/libz.so.1.2.13
      7f02-7f03 rw-p 00000000 00:00 0
      7f03-7f04 r--p 00000000 fe:00 14   /opt/swift/lib/libswiftCore.so
      7f04-7f05 r--p 00000000 fe:00 15   /usr/lib/locale/also.sorted
      7ffd-7ffe rw-p 00000000 00:00 0    [stack]
      """
    let lines = VersionText.text(commit: "", compiled: ["baseline"], maps: maps).split(separator: "\n")
    #expect(lines[1].hasSuffix("unknown (packages and `make install` tell it)"))
    #expect(lines[3] == "Swift             libraries of the toolchain")
    #expect(lines[4] == "libraries         libswiftCore.so libz.so.1.2.13")
    let linked = VersionText.text(commit: "0123abc", compiled: ["a", "b"], maps: "").split(separator: "\n")
    #expect(linked[1] == "commit            0123abc" && linked[2] == "instruction sets  a b")
    #expect(linked[4].contains("unknown"))
  }

  @Test func whatThisMachineRunsWasCompiled() {
    let found = (InstructionSets.availableQuantized.map(\.name) + InstructionSets.availableReal.map(\.name))
    #expect(Set(found).subtracting(InstructionSets.compiled) == [])
  }
}
