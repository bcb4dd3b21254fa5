// swift-tools-version: 6.3
import PackageDescription

// Each target is a room of the house in README.md (Architecture); ArchitectureTests holds the edges to that table.

/// Warnings are errors in CI, and only there: a newer compiler must not break a user's build.
let strict: [SwiftSetting] =
  Context.environment["CI"] == nil ? [] : [.treatAllWarnings(as: .error)]

/// What runs once, or once a frame and does little: small code, since packages and memory have to hold it.
let cold: [SwiftSetting] = strict + [.unsafeFlags(["-Osize"], .when(configuration: .release))]

/// Kernels work on raw pointers whose bounds the planner has proved; overflow traps in index arithmetic cost 5–10 %.
let kernel: [SwiftSetting] = strict + [.unsafeFlags(["-Ounchecked"], .when(configuration: .release))]

/// Kernels of one instruction set. SwiftPM knows no condition on the processor, and `#if arch` in a manifest asks
/// for the machine that builds. So these targets are always there: their sources are empty on other processors, and
/// clang's `-Xarch_…` keeps each flag for the one that they are for (`-Qunused-arguments`: without a word about it).
func isa(_ name: String, on processor: String = "x86_64", _ flags: String...) -> Target {
  let clang = ["-Qunused-arguments"] + flags.flatMap { ["-Xarch_\(processor)", $0] }
  return .target(
    name: name, dependencies: ["Kernels", "CCPU"],
    swiftSettings: kernel + [.unsafeFlags(clang.flatMap { ["-Xcc", $0] })])
}

let isaTargets = [
  isa("KernelsAVX2", "-march=x86-64-v3"),
  isa("KernelsAVXVNNI", "-march=x86-64-v3", "-mavxvnni"),
  isa("KernelsAVX512", "-march=x86-64-v4"),
  // Apart from KernelsAVX512, since the first CPUs with AVX-512 have no VNNI.
  isa("KernelsAVX512VNNI", "-march=x86-64-v4", "-mavx512vnni"),
  isa("KernelsAVX512BF16", "-march=x86-64-v4", "-mavx512bf16"),
  // Every arm64 CPU has NEON.
  isa("KernelsNEON", on: "aarch64"),
  isa("KernelsDotProduct", on: "aarch64", "-march=armv8.2-a+dotprod"),
  isa("KernelsI8MM", on: "aarch64", "-march=armv8.2-a+dotprod+i8mm"),
  isa("KernelsNEONFP16", on: "aarch64", "-march=armv8.2-a+fp16"),
  isa("KernelsNEONBF16", on: "aarch64", "-march=armv8.2-a+bf16"),
]

/// The commit that is built, for `--version`: `make install` and packages tell it.
let commit: [CSetting] =
  Context.environment["MOBILECAM_COMMIT"].map { [.define("MOBILECAM_COMMIT", to: "\"\($0)\"")] } ?? []

func tests(_ name: String, _ dependencies: [Target.Dependency], exclude: [String] = []) -> Target {
  .testTarget(name: name, dependencies: dependencies + ["TestSupport"], exclude: exclude, swiftSettings: strict)
}

let package = Package(
  name: "mobilecam",
  products: [.executable(name: "mobilecam", targets: ["mobilecam"])],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/HdrHistogram/hdrhistogram-swift", from: "0.2.0"),
  ],
  targets: [
    // C shims: header-only, no logic.
    .systemLibrary(name: "CNCurses", providers: [.apt(["libncurses-dev"])]),
    .systemLibrary(name: "CV4L2", pkgConfig: "libv4l2", providers: [.apt(["libv4l-dev"])]),
    .systemLibrary(name: "CTurboJPEG", pkgConfig: "libturbojpeg", providers: [.apt(["libturbojpeg0-dev"])]),
    .systemLibrary(name: "CPNG", pkgConfig: "libpng", providers: [.apt(["libpng-dev"])]),
    .systemLibrary(name: "CCurl", providers: [.apt(["libcurl4-openssl-dev"])]),
    .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
    .systemLibrary(name: "CNettle", pkgConfig: "nettle", providers: [.apt(["nettle-dev"])]),
    .systemLibrary(name: "CCPU"),
    .systemLibrary(name: "CSystem"),

    // The rooms, from the ground up.
    .target(name: "Platform", dependencies: ["CSystem"], swiftSettings: strict),
    .target(name: "Model", swiftSettings: strict),
    .target(name: "Frames", dependencies: ["Platform"], swiftSettings: strict),
    .target(name: "Pixels", dependencies: ["Platform", "CTurboJPEG", "CPNG", "CCPU"], swiftSettings: strict),
    .target(name: "Capture", dependencies: ["Platform", "Frames", "Pixels", "CV4L2"], swiftSettings: cold),
    .target(name: "HTTP", dependencies: ["Platform", "CCurl"], swiftSettings: cold),
    .target(name: "Playback", dependencies: ["Platform", "Frames", "Pixels", "HTTP"], swiftSettings: strict),
    .target(name: "Kernels", dependencies: ["CCPU"], swiftSettings: kernel),
    .target(name: "ModelFiles", dependencies: ["Platform", "Model", "CZlib"], swiftSettings: cold),
    .target(
      name: "MobileNet",
      dependencies: ["Platform", "Model", "ModelFiles", "Frames", "Kernels", "CCPU", "CSystem"]
        + isaTargets.map { .init(stringLiteral: $0.name) },
      swiftSettings: strict),
    .target(
      name: "NetworkSelection", dependencies: ["Platform", "Model", "ModelFiles", "Kernels", "MobileNet"],
      swiftSettings: cold),
    .target(
      name: "WeightInstaller",
      dependencies: ["Platform", "Model", "ModelFiles", "HTTP", "CCurl", "CZlib", "CNettle"],
      swiftSettings: cold),
    .target(
      name: "Telemetry",
      dependencies: ["Platform", "Model", "Frames", .product(name: "Histogram", package: "hdrhistogram-swift")],
      swiftSettings: strict),
    .target(
      name: "Teaching", dependencies: ["Platform", "Frames", "Pixels", "Model", "ModelFiles", "MobileNet"],
      swiftSettings: strict),
    .target(name: "Reports", dependencies: ["Platform", "Model", "Telemetry"], swiftSettings: cold),
    // Signal handlers that must be C; the one C target with logic.
    .target(name: "CTerminalRestore", publicHeadersPath: "."),
    .target(
      name: "Terminal",
      dependencies: ["Platform", "Model", "Frames", "Pixels", "Telemetry", "CNCurses", "CTerminalRestore"],
      swiftSettings: strict),
    .target(
      name: "Live",
      dependencies: [
        "Platform", "Model", "Pixels", "Frames", "Capture", "Playback", "ModelFiles", "MobileNet", "NetworkSelection",
        "Teaching", "Telemetry", "Terminal",
      ],
      swiftSettings: cold),
    // The commit.
    .target(name: "CBuildFacts", publicHeadersPath: ".", cSettings: commit),
    .executableTarget(
      name: "mobilecam",
      dependencies: [
        "CBuildFacts", "Platform", "Model", "Frames", "Pixels", "Capture", "Playback", "Kernels", "ModelFiles",
        "MobileNet", "NetworkSelection", "Teaching", "WeightInstaller", "Telemetry", "Reports", "Terminal", "Live",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      swiftSettings: cold),

    // Tests use public and package interfaces only, so that they build with the release products.
    .target(
      name: "TestSupport",
      dependencies: [
        "Platform", "Model", "ModelFiles", "Frames", "Pixels", "Kernels", "MobileNet", "Telemetry", "CTurboJPEG",
        "CZlib",
      ],
      path: "Tests/Support", swiftSettings: strict),
    tests("ArchitectureTests", ["MobileNet"]),
    tests("PlatformTests", ["Platform"]),
    tests("FramesTests", ["Frames", "Platform"]),
    tests("PixelsTests", ["Platform", "Pixels", "CTurboJPEG"]),
    tests("CaptureTests", ["Platform", "Capture", "Pixels", "Frames", "CV4L2", "CTurboJPEG"]),
    tests("HTTPTests", ["Platform", "HTTP"]),
    tests("PlaybackTests", ["Platform", "Playback", "Pixels", "Frames"]),
    tests("KernelsTests", ["Platform", "Model", "ModelFiles", "Kernels", "MobileNet"]),
    tests("ModelFilesTests", ["Platform", "Model", "ModelFiles", "MobileNet"]),
    tests(
      "MobileNetTests", ["Platform", "Model", "ModelFiles", "MobileNet", "Kernels", "Pixels", "Frames", "CSystem"]),
    tests("NetworkSelectionTests", ["Platform", "Model", "ModelFiles", "NetworkSelection"]),
    tests(
      "TeachingTests", ["Platform", "Model", "ModelFiles", "Frames", "Pixels", "MobileNet", "Teaching", "mobilecam"]),
    tests("WeightInstallerTests", ["Platform", "Model", "ModelFiles", "WeightInstaller", "mobilecam"]),
    tests("TelemetryTests", ["Platform", "Model", "Frames", "Telemetry", "Reports"]),
    tests(
      "TerminalTests", ["Platform", "Model", "Terminal", "Telemetry", "Frames", "screen-probe"],
      exclude: ["Snapshots"]),
    tests(
      "LiveTests",
      [
        "Platform", "Model", "ModelFiles", "Frames", "Capture", "MobileNet", "NetworkSelection", "Teaching",
        "Telemetry", "Terminal", "Pixels", "Live",
      ]),
    // Runs the program itself, and so needs it built.
    tests("ProgramTests", ["Platform", "Pixels", "Model", "ModelFiles", "mobilecam", "MobileNet"]),
    tests("DoctorTests", ["Platform", "mobilecam", "Capture", "Telemetry", "Terminal"]),
    .executableTarget(
      name: "screen-probe", dependencies: ["Platform", "Model", "Pixels", "Terminal", "Frames"],
      path: "Tests/ScreenProbe",
      swiftSettings: strict),
    .executableTarget(
      name: "kernel-bench", dependencies: ["Platform", "Model", "ModelFiles", "Kernels", "MobileNet", "TestSupport"],
      path: "Tests/KernelBench",
      swiftSettings: strict),
    .executableTarget(
      name: "capture-probe",
      dependencies: ["Platform", "Pixels", "Capture", "Playback", "Frames", "Kernels", "MobileNet"],
      path: "Tests/CaptureProbe",
      swiftSettings: strict),
    .executableTarget(
      name: "ring-stress", dependencies: ["Platform", "Frames"], path: "Tests/RingStress", swiftSettings: strict),
    .executableTarget(
      name: "reader-fuzz",
      dependencies: [
        "Platform", "Model", "Frames", "Pixels", "HTTP", "Playback", "ModelFiles", "MobileNet", "WeightInstaller",
        "Telemetry", "Reports", "CTurboJPEG", "TestSupport",
      ],
      path: "Tests/ReaderFuzz", swiftSettings: strict),
  ] + isaTargets
)
