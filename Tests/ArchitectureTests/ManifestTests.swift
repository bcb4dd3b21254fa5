import Foundation
import TestSupport
import Testing

/// The rooms of the house and which rooms each may know (README, Architecture). An edge that is not here is a wall.
enum House {
  static let mayDependOn: [String: Set<String>] = [
    // C shims, header-only.
    "CNCurses": [], "CV4L2": [], "CTurboJPEG": [], "CPNG": [], "CCurl": [], "CZlib": [], "CNettle": [], "CCPU": [],
    "CSystem": [],
    // Signal handlers, in C.
    "CTerminalRestore": [],
    // The commit, in C.
    "CBuildFacts": [],

    // The ground floor: what every room asks of the system.
    "Platform": ["CSystem"],
    // The network as values: below all who speak of it.
    "Model": [],
    "Frames": ["Platform"],
    // Y′CbCr to RGB is a loop of intrinsics.
    "Pixels": ["Platform", "CTurboJPEG", "CPNG", "CCPU"],
    "Capture": ["Platform", "Frames", "Pixels", "CV4L2"],
    "HTTP": ["Platform", "CCurl"],
    "Playback": ["Platform", "Frames", "Pixels", "HTTP"],
    // Prefetch is an intrinsic.
    "Kernels": ["CCPU"],
    "KernelsAVX2": ["Kernels", "CCPU"],
    "KernelsAVX512": ["Kernels", "CCPU"],
    "KernelsAVX512VNNI": ["Kernels", "CCPU"],
    "KernelsAVXVNNI": ["Kernels", "CCPU"],
    "KernelsAVX512BF16": ["Kernels", "CCPU"],
    "KernelsNEON": ["Kernels", "CCPU"],
    "KernelsDotProduct": ["Kernels", "CCPU"],
    "KernelsI8MM": ["Kernels", "CCPU"],
    "KernelsNEONBF16": ["Kernels", "CCPU"],
    "KernelsNEONFP16": ["Kernels", "CCPU"],
    "ModelFiles": ["Platform", "Model", "CZlib"],
    "MobileNet": [
      "Platform", "Model", "ModelFiles", "Frames", "Kernels", "KernelsAVX2", "KernelsAVXVNNI", "KernelsAVX512",
      "KernelsAVX512VNNI", "KernelsAVX512BF16", "KernelsNEON", "KernelsDotProduct", "KernelsI8MM", "KernelsNEONBF16",
      "KernelsNEONFP16", "CCPU", "CSystem",
    ],
    "NetworkSelection": ["Platform", "Model", "ModelFiles", "Kernels", "MobileNet"],
    "Teaching": ["Platform", "Frames", "Pixels", "Model", "ModelFiles", "MobileNet"],
    "WeightInstaller": ["Platform", "Model", "ModelFiles", "HTTP", "CCurl", "CZlib", "CNettle"],
    "Telemetry": ["Platform", "Model", "Frames", "Histogram"],
    "Reports": ["Platform", "Model", "Telemetry"],
    "Terminal": ["Platform", "Model", "Frames", "Pixels", "Telemetry", "CNCurses", "CTerminalRestore"],
    // A live run: the network's thread, the survey, the log, the screen's state.
    "Live": [
      "Platform", "Model", "Frames", "Pixels", "Capture", "Playback", "ModelFiles", "MobileNet", "NetworkSelection",
      "Teaching", "Telemetry", "Terminal",
    ],
    // Options and wiring.
    "mobilecam": [
      "CBuildFacts", "Platform", "Model", "Frames", "Pixels", "Capture", "Playback", "Kernels", "ModelFiles",
      "MobileNet", "NetworkSelection", "Teaching", "WeightInstaller", "Telemetry", "Reports", "Terminal", "Live",
      "ArgumentParser",
    ],
  ]

  /// Modules of the toolchain and the system, which are no rooms.
  static let toolchain: Set<String> = [
    "Dispatch", "Foundation", "FoundationEssentials", "Glibc", "Musl", "Synchronization",
  ]

  /// What is wrong with a package of these targets.
  static func violations(of targets: [Target]) -> [String] {
    var found: [String] = []
    for target in targets where !target.isTest {
      guard let allowed = mayDependOn[target.name] else {
        found.append("\(target.name) is no room of the house: add it to the README's table and to this test's")
        continue
      }
      for dependency in target.dependencies where !allowed.contains(dependency) {
        found.append("\(target.name) → \(dependency): a wall is there")
      }
    }
    return found
  }

  struct Target {
    let name: String
    let isTest: Bool
    let dependencies: [String]
  }
}

struct ManifestTests {
  @Test func everyEdgeIsInTheTable() throws {
    let targets = try Manifest.read().targets.map {
      House.Target(name: $0.name, isTest: $0.isTest, dependencies: $0.dependencyNames)
    }
    let violations = House.violations(of: targets)
    #expect(violations.isEmpty, "\(violations.joined(separator: "\n"))")
    // A manifest that was misread has no edges at all.
    let rooms = targets.filter { !$0.isTest }.map(\.name)
    #expect(rooms.count >= 14 && rooms.contains("mobilecam") && rooms.contains("Frames"))
    #expect(targets.contains { $0.name == "Terminal" && $0.dependencies.contains("CNCurses") })
    #expect(targets.contains { $0.name == "Telemetry" && $0.dependencies.contains("Histogram") })
  }

  /// The sources import what the manifest says, and nothing else but the toolchain.
  @Test func everyImportIsInTheTable() throws {
    let sources = Checkout.root.appending(path: "Sources")
    var count = 0
    for (room, allowed) in House.mayDependOn {
      let folder = sources.appending(path: room)
      for case let file as URL in FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil) ?? .init()
      where file.pathExtension == "swift" {
        for module in Self.imports(of: try String(contentsOf: file, encoding: .utf8)) {
          count += 1
          #expect(
            allowed.contains(module) || House.toolchain.contains(module),
            "\(room)/\(file.lastPathComponent) imports \(module)")
        }
      }
    }
    #expect(count > 100, "only \(count) imports were found")
  }

  /// Planted: a wall that is broken through must be seen, and so must a room that nobody knows.
  @Test func aForbiddenEdgeIsFound() {
    func violations(_ name: String, _ dependencies: [String], isTest: Bool = false) -> Int {
      House.violations(of: [House.Target(name: name, isTest: isTest, dependencies: dependencies)]).count
    }
    #expect(violations("Frames", []) == 0)
    #expect(violations("Frames", ["Telemetry"]) == 1)
    #expect(violations("Telemetry", ["Histogram", "Capture", "Terminal"]) == 2)
    #expect(violations("Cellar", []) == 1)
    #expect(violations("AnyTests", ["Frames", "Terminal"], isTest: true) == 0)
    #expect(violations("Frames", ["TestSupport"]) == 1, "what tests share is no room's")
    #expect(
      Self.imports(of: "import Frames\n  import Glibc\npackage import struct CV4L2.timeval\n// import Telemetry")
        == ["Frames", "Glibc", "CV4L2"])
  }

  /// Files, folders, threads and the system's words are the ground floor's: a mechanism that stands there once is mended once.
  @Test func onlyPlatformAsksTheSystem() throws {
    // What must have a descriptor or a FILE of its own: cameras through libv4l2, the terminal through ncurses.
    let exceptions: [String: Set<String>] = [
      "Capture/V4L2Calls.swift": ["fopen"], "Terminal/Session/TerminalFiles.swift": ["fopen"],
      "Terminal/Session/WriteCounter.swift": ["open"],
    ]
    let call =
      /(?:^|[^\w.]|Glibc\.)(fopen|opendir|readdir|strerror|pthread_create|unlink|mkdir|rmdir|lstat|realpath|mkdtemp)\(|(?:^|[^\w.]|Glibc\.)(open)\([^)]*O_(?:RDONLY|WRONLY|RDWR)/
    for line in try Self.codeLines() where !line.file.hasPrefix("Platform/") {
      for match in line.text.matches(of: call) {
        let found = String(match.1 ?? match.2 ?? "")
        #expect(exceptions[line.file]?.contains(found) ?? false, "\(line.place) calls \(found): Platform has that")
      }
    }
  }

  /// A checkout's own path in the program would make it another one in every folder (`make test-reproducible`).
  /// `withoutActuallyEscaping` has it for a check that it makes.
  @Test func noCodeKnowsWhereItLies() throws {
    for line in try Self.codeLines() {
      #expect(!line.text.contains(/#file(?!ID)|withoutActuallyEscaping/), "\(line.place): \(line.text)")
    }
  }

  private struct CodeLine {
    let file: String
    let number: Int
    let text: Substring
    var place: String { "\(file):\(number)" }
  }

  /// Of all rooms, without comments.
  private static func codeLines() throws -> [CodeLine] {
    let sources = Checkout.root.appending(path: "Sources")
    var lines: [CodeLine] = []
    for case let file as URL in FileManager.default.enumerator(at: sources, includingPropertiesForKeys: nil) ?? .init()
    where file.pathExtension == "swift" {
      let name = String(file.path.dropFirst(sources.path.count + 1))
      let text = try String(contentsOf: file, encoding: .utf8)
      for (number, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated()
      where !line.drop(while: { $0 == " " }).hasPrefix("//") {
        lines.append(CodeLine(file: name, number: number + 1, text: line))
      }
    }
    let count = Set(lines.map(\.file)).count
    #expect(count > 200, "only \(count) files were found")
    return lines
  }

  private static func imports(of source: String) -> [String] {
    source.split(separator: "\n").compactMap { line in
      guard let match = line.firstMatch(of: /^\s*(?:@\w+\s+|public\s+|package\s+|internal\s+)*import\s+(.+)$/) else {
        return nil
      }
      let kinds: Set<Substring> = ["struct", "class", "enum", "protocol", "func", "var", "let", "typealias"]
      let words = match.1.split(separator: " ")
      let path = words.first { !kinds.contains($0) } ?? ""
      return path.split(separator: ".").first.map(String.init)
    }
  }
}
