import ModelFiles
import Platform

/// Weights in the folder that `Installer` fills, each with the record of its hash beside it: `NAME.sha256`, as
/// `sha256sum --check` reads it.
struct InstalledFile {
  let path: String

  private var recordPath: String { path + ".sha256" }
  private var name: Substring { path.split(separator: "/").last ?? "" }

  /// The hash that the file was installed with; `nil` without a (readable) record.
  var recordedHash: String? {
    guard let text = try? FileSystem.text(of: recordPath, limitBytes: 4096) else { return nil }
    let hash = text.prefix { $0.isASCII && $0.isHexDigit }
    return hash.utf8.count == 64 ? String(hash) : nil
  }

  /// Whether the file is there and has that hash.
  var isProven: Bool {
    guard let recorded = recordedHash, let found = try? sha256(ofFile: path) else { return false }
    return recorded == found
  }

  func record(_ hash: String) throws { try FileSystem.replace(recordPath, with: "\(hash)  \(name)\n") }
}

/// What `weights verify` finds of one file.
public struct Verdict: Sendable, Hashable {
  public enum Finding: Sendable, Hashable {
    /// Reads well and has the hash of its record.
    case right
    /// Reads well, and nothing says what its hash should be: a file that somebody put there.
    case unrecorded
    /// What is wrong, for people.
    case bad(String)
  }
  public let path: String
  public let finding: Finding
}

extension Verdict {
  /// Reads every weight file in a folder completely, and compares it with its record. By name.
  /// - Throws: `UserError` if the folder cannot be read; one that does not exist has no files.
  public static func all(in folder: String) throws -> [Verdict] {
    let names = try FileSystem.names(in: folder)
    let weights = names.filter { $0.hasSuffix(".tflite") || $0.hasSuffix(".safetensors") }
    let records = names.filter { $0.hasSuffix(".sha256") }.map { String($0.dropLast(".sha256".count)) }
    return Set(weights + records).sorted().map { Verdict(path: "\(folder)/\($0)") }
  }

  private init(path: String) {
    self.path = path
    finding = Self.finding(InstalledFile(path: path))
  }

  private static func finding(_ file: InstalledFile) -> Finding {
    guard let kind = File.kind(of: file.path) else { return .bad("only its record is left") }
    guard kind == .regular else { return .bad("expected a file, found \(kind.description)") }
    do {
      _ = try WeightFile.load(path: file.path)
      guard let recorded = file.recordedHash else {
        return FileSystem.isFile(file.path + ".sha256")
          ? .bad("its record '\(file.path).sha256' is damaged") : .unrecorded
      }
      let found = try sha256(ofFile: file.path)
      return found == recorded ? .right : .bad("expected SHA-256 \(recorded), found \(found)")
    } catch let error as UserError {
      return .bad(error.message)
    } catch {
      return .bad("\(error)")
    }
  }
}
