import Foundation
import TestSupport
import Testing

/// The package is the same on every machine that builds it; what is for one processor follows the processor that it is built for.
struct ProcessorTests {
  /// The processor that a target is for, and what clang defines where the target's flags hold.
  static let features = [
    "KernelsAVX2": (x86, ["__AVX2__", "__FMA__"]),
    "KernelsAVXVNNI": (x86, ["__AVX2__", "__AVXVNNI__"]),
    "KernelsAVX512": (x86, ["__AVX512F__", "__AVX512BW__", "__AVX512VL__"]),
    "KernelsAVX512VNNI": (x86, ["__AVX512VL__", "__AVX512VNNI__"]),
    "KernelsAVX512BF16": (x86, ["__AVX512VL__", "__AVX512BF16__"]),
    "KernelsDotProduct": (arm, ["__ARM_FEATURE_DOTPROD"]), "KernelsI8MM": (arm, ["__ARM_FEATURE_MATMUL_INT8"]),
    "KernelsNEONBF16": (arm, ["__ARM_FEATURE_BF16_VECTOR_ARITHMETIC"]),
    "KernelsNEONFP16": (arm, ["__ARM_FEATURE_FP16_VECTOR_ARITHMETIC"]),
  ]
  static let x86 = "x86_64-unknown-linux-gnu"
  static let arm = "aarch64-unknown-linux-gnu"

  @Test func theManifestAsksNothingOfTheHost() throws {
    let manifest = try String(contentsOf: Checkout.root.appending(path: "Package.swift"), encoding: .utf8)
    // Neither says anything of the machine that builds: CI makes warnings errors, the commit is text for --version.
    let asking = /^ *#if|^import (?!PackageDescription)|Context\.environment\["(?!(?:CI|MOBILECAM_COMMIT)"\])/
    let found = manifest.split(separator: "\n").filter { $0.contains(asking) }
    #expect(found.isEmpty && manifest.contains("-Xarch_"), "\(found)")
  }

  @Test(arguments: features.keys.sorted())
  func theFlagsHoldOnTheirProcessorOnly(name: String) throws {
    let flags = try #require(try Manifest.read().targets.first { $0.name == name }).flags
    let folder = TemporaryFolder()
    let (processor, defined) = Self.features[name]!
    let conditions = defined.map { "defined(\($0))" }.joined(separator: " && ")
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
    let there = try check(processor, flags, ["probe.swift"])
    #expect(there.status == 0, "\(there)")
    #expect(
      try check(processor, [], ["probe.swift"]).error.contains("not there"),
      "every \(processor) has what the probe looks for")
    // For another processor the same target is an empty module, without a word about flags that are not its own: it needs
    // neither the modules that it imports here nor that processor's standard library.
    let sources = Checkout.root.appending(path: "Sources/\(name)")
    let files = try FileManager.default.contentsOfDirectory(atPath: sources.path).filter { $0.hasSuffix(".swift") }
    let elsewhere = try check(processor == Self.x86 ? Self.arm : Self.x86, flags, files.map { "\(sources.path)/\($0)" })
    #expect(!files.isEmpty && elsewhere.status == 0, "\(elsewhere)")
  }
}
