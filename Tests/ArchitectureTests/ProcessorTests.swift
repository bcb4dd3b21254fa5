import Foundation
import TestSupport
import Testing

/// The package is the same on every machine that builds it; what is for one processor follows the processor that it is built for.
struct ProcessorTests {
  /// What clang defines where a target's flags hold.
  static let features = [
    "KernelsAVX2": ["__AVX2__", "__FMA__"], "KernelsAVX512": ["__AVX512F__", "__AVX512BW__", "__AVX512VL__"],
    "KernelsAVX512VNNI": ["__AVX512VL__", "__AVX512VNNI__"], "KernelsAVX512BF16": ["__AVX512VL__", "__AVX512BF16__"],
  ]

  @Test func theManifestAsksNothingOfTheHost() throws {
    let manifest = try String(contentsOf: Checkout.root.appending(path: "Package.swift"), encoding: .utf8)
    // Neither says anything of the machine that builds: CI makes warnings errors, the commit is text for --version.
    let asking = /^ *#if|^import (?!PackageDescription)|Context\.environment\["(?!(?:CI|MOBILECAM_COMMIT)"\])/
    let found = manifest.split(separator: "\n").filter { $0.contains(asking) }
    #expect(found.isEmpty && manifest.contains("-Xarch_x86_64"), "\(found)")
  }

  @Test(arguments: features.keys.sorted())
  func theFlagsHoldOnTheirProcessorOnly(name: String) throws {
    let flags = try #require(try Manifest.read().targets.first { $0.name == name }).flags
    let folder = TemporaryFolder()
    let conditions = Self.features[name]!.map { "defined(\($0))" }.joined(separator: " && ")
    try folder.write("module.modulemap", "module Features { header \"features.h\" }")
    try folder.write("features.h", "#if !(\(conditions))\n#error \"not there\"\n#endif\n")
    try folder.write("probe.swift", "import Features\n")
    func check(_ target: String, _ flags: [String], _ files: [String]) throws -> Run {
      try Program.execute(
        "swiftc",
        ["-typecheck", "-parse-stdlib", "-parse-as-library", "-warnings-as-errors", "-target", target, "-I", "."]
          + ["-module-cache-path", folder.file("cache")] + flags + files, in: folder,
        environment: ["TMPDIR": folder.path], timeout: 120)
    }
    let x86 = "x86_64-unknown-linux-gnu"
    let there = try check(x86, flags, ["probe.swift"])
    #expect(there.status == 0, "\(there)")
    #expect(try check(x86, [], ["probe.swift"]).error.contains("not there"), "the probe finds what every x86-64 lacks")
    // For another processor the same target is an empty module, without a word about flags that are not its own: it needs
    // neither the modules that it imports here nor that processor's standard library.
    let sources = Checkout.root.appending(path: "Sources/\(name)")
    let files = try FileManager.default.contentsOfDirectory(atPath: sources.path).filter { $0.hasSuffix(".swift") }
    let elsewhere = try check("aarch64-unknown-linux-gnu", flags, files.map { "\(sources.path)/\($0)" })
    #expect(!files.isEmpty && elsewhere.status == 0, "\(elsewhere)")
  }
}
