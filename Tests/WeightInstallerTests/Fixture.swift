import Foundation
import MobileNet
import Model
import Testing
import WeightInstaller

/// Archives made from the reference weights, and a folder to install into.
final class Fixture {
  static let packageRoot = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()
  static let shared: URL = {
    if let path = ProcessInfo.processInfo.environment["MOBILECAM_SHARED"] { return URL(filePath: path) }
    return packageRoot.deletingLastPathComponent().appending(path: "shared")
  }()
  /// Reference data beside the checkout, or the duty to have them: then what needs them fails.
  static let isUsable =
    ProcessInfo.processInfo.environment["MOBILECAM_REQUIRE_REFERENCE"] == "1"
    || FileManager.default.fileExists(atPath: shared.appending(path: "reference/weights").path)

  /// The smallest of the reference weights: α = 0.25 at 128, quantized.
  static let name = "mobilenet_v1_0.25_128_quant"
  static let file = shared.appending(path: "reference/weights/\(name).tflite")
  static let path = "mobilenet_v1_2018_08_02/\(name).tgz"

  let folder: URL
  /// Not there before the first installation.
  var destination: String { folder.appending(path: "data/mobilecam/weights").path }

  init() throws {
    folder = FileManager.default.temporaryDirectory.appending(path: "mobilecam-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(at: folder) }

  /// A `.tgz` as the authors make it: the weights among other files, all with `./` before their names.
  func archive(holding weights: URL = file, as name: String = "\(name).tflite") throws -> Data {
    try archive(members: ["./\(Self.name)_info.txt", "./\(name)", "./\(Self.name).ckpt.meta"]) { contents in
      try Data("Model: \(Self.name)\n".utf8).write(to: contents.appending(path: "\(Self.name)_info.txt"))
      try Data(count: 3000).write(to: contents.appending(path: "\(Self.name).ckpt.meta"))
      try FileManager.default.copyItem(at: weights, to: contents.appending(path: name))
    }
  }

  /// What `tar` makes of the members that `fill` puts into a folder.
  func archive(members: [String], options: [String] = ["-cz"], _ fill: (URL) throws -> Void) throws -> Data {
    let contents = folder.appending(path: "contents-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: contents, withIntermediateDirectories: true)
    try fill(contents)
    let file = folder.appending(path: "\(UUID().uuidString).tgz")
    let run = try Command.run(
      "/usr/bin/env", ["tar"] + options + ["-P", "-f", file.path, "-C", contents.path, "--"] + members)
    try #require(run.status == 0, "tar: \(run.error)")
    return try Data(contentsOf: file)
  }

  /// The catalogue's line for an archive of these bytes.
  static func entry(_ archive: Data, resolution: Int = 128) -> WeightArchive {
    WeightArchive(alpha: .quarter, resolution: resolution, isQuantized: true, path: path, sha256: hash(archive))
  }

  static func hash(_ data: Data) -> String {
    // Another program's, so that the tests do not hold our hash to itself.
    let file = FileManager.default.temporaryDirectory.appending(path: "mobilecam-hash-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: file) }
    try? data.write(to: file)
    return ((try? Command.run("/usr/bin/env", ["sha256sum", file.path]))?.output.prefix(64)).map(String.init) ?? ""
  }

  /// Names in the destination, sorted; none if it does not exist.
  var installed: [String] { ((try? FileManager.default.contentsOfDirectory(atPath: destination)) ?? []).sorted() }

  func bytes(_ name: String) -> Data? { FileManager.default.contents(atPath: "\(destination)/\(name)") }

  /// The weights and their record are there, right, and nothing else.
  func expectInstalled(_ location: SourceLocation = #_sourceLocation) throws {
    #expect(
      installed == ["\(Self.name).tflite", "\(Self.name).tflite.sha256"], sourceLocation: location)
    let weights = try Data(contentsOf: Self.file)
    #expect(bytes("\(Self.name).tflite") == weights, sourceLocation: location)
    let record = bytes("\(Self.name).tflite.sha256").map { String(decoding: $0, as: UTF8.self) }
    #expect(record == "\(Self.hash(weights))  \(Self.name).tflite\n", sourceLocation: location)
  }

  /// The message of what `body` throws, with the machine's own names taken out.
  func message(_ server: LoopbackServer? = nil, _ body: () throws -> Void) -> String {
    do {
      try body()
      return "nothing was thrown"
    } catch {
      return plain("\(error)", server)
    }
  }

  func plain(_ text: String, _ server: LoopbackServer? = nil) -> String {
    text.replacingOccurrences(of: destination, with: "DEST")
      .replacingOccurrences(of: folder.path, with: "FOLDER")
      .replacingOccurrences(of: server?.root ?? "http://127.0.0.1:none", with: "ROOT")
  }

  func installer(
    _ source: String, limits: Limits = Limits(), report: @escaping (InstallEvent) -> Void = { _ in }
  ) throws -> Installer {
    try Installer(destination: destination, source: ArchiveSource(source), limits: limits, report: report)
  }
}

/// Runs a program to its end.
enum Command {
  struct Result {
    let status: Int32
    let output: String
    let error: String
  }

  static func run(
    _ program: String, _ arguments: [String], environment: [String: String] = [:]
  ) throws -> Result {
    let process = Process()
    process.executableURL = URL(filePath: program)
    process.arguments = arguments
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    let (output, error) = (Pipe(), Pipe())
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = output
    process.standardError = error
    try process.run()
    // What these programs write fits into a pipe, so that reading one after the other cannot lock up.
    let text = output.fileHandleForReading.readDataToEndOfFile()
    let errors = error.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return Result(
      status: process.terminationStatus, output: String(decoding: text, as: UTF8.self),
      error: String(decoding: errors, as: UTF8.self))
  }
}
