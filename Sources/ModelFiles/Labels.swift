import Platform

/// The names of ImageNet's 1000 classes, by class index 0…999 whatever numbering the weights have.
public struct Labels: Sendable {
  public static let count = 1000

  private let names: [String]

  /// Reads a text file with one label on each line: 1000 lines, or 1001 that begin with 'background'.
  /// - Throws: `UserError`
  public init(path: String) throws {
    func unreadable(_ found: String) -> UserError {
      UserError("cannot read labels '\(path)': \(found). Expected the labels.txt that comes with mobilecam")
    }
    let file = try File.read(path) { found, error in unreadable(error == nil ? "it is \(found)" : found) }
    let bytes: [UInt8]?
    // ImageNet's names take 22 kB.
    do throws(SystemError) { bytes = try file.bytes(limit: 1 << 20) } catch { throw unreadable(error.description) }
    guard let bytes else { throw unreadable("it has more than 1 MiB") }
    try self.init(text: String(decoding: bytes, as: UTF8.self), path: path)
  }

  /// - Parameter path: what messages call the text.
  /// - Throws: `UserError`
  public init(text: String, path: String) throws {
    var lines = text.split(whereSeparator: \.isNewline).map(String.init)
    if lines.count == Self.count + 1, lines[0] == "background" { lines.removeFirst() }
    guard lines.count == Self.count else {
      throw UserError(
        "cannot use labels '\(path)': expected 1000 lines, or 1001 that begin with 'background', found \(lines.count). "
          + "Use the labels.txt that comes with mobilecam")
    }
    names = lines
  }

  /// - Precondition: 0 ≤ `classIndex` ≤ 999.
  public func label(_ classIndex: Int) -> String { names[classIndex] }

  /// The class index 0…999 of an output of a network with `classCount` (1000 or 1001) outputs; `nil` for the background
  /// of a 1001-class one.
  public static func classIndex(ofOutput output: Int, classCount: Int) -> Int? {
    let index = output - (classCount - count)
    return index >= 0 && index < count ? index : nil
  }
}
