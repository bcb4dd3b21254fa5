import Foundation
import MobileNet
import Model
import TestSupport
import Testing
import WeightInstaller

/// Archives made from the reference weights, and a folder to install into.
final class Fixture {
  /// The smallest of the reference weights: α = 0.25 at 128, quantized.
  static let name = "mobilenet_v1_0.25_128_quant"
  static let file = Reference.folder.appending(path: "reference/weights/\(name).tflite")
  static let path = "mobilenet_v1_2018_08_02/\(name).tgz"

  private let temporary = TemporaryFolder()
  var folder: URL { temporary.url }
  /// Not there before the first installation.
  var destination: String { folder.appending(path: "data/mobilecam/weights").path }

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
    let run = try Program.execute("tar", options + ["-P", "-f", file.path, "-C", contents.path, "--"] + members)
    try #require(run.status == 0, "\(run)")
    return try Data(contentsOf: file)
  }

  /// The catalogue's line for an archive of these bytes.
  static func entry(_ archive: Data, resolution: Int = 128) -> WeightArchive {
    WeightArchive(alpha: .quarter, resolution: resolution, isQuantized: true, path: path, sha256: hash(archive))
  }

  static func hash(_ data: Data) -> String {
    // Another program's, so that the tests do not hold our hash to itself.
    let folder = TemporaryFolder()
    let run = try? Program.execute("sha256sum", [folder.write("data", data)], in: folder)
    return run.map { String($0.output.prefix(64)) } ?? ""
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
