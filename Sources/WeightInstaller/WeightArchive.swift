import Model
import ModelFiles
import Platform

/// An archive that can be installed: what it holds, where it lies at its source, and the hash that proves it.
public struct WeightArchive: Sendable, Hashable {
  public let alpha: Alpha
  /// Side of the input in pixels that the weights were trained at.
  public let resolution: Int
  public let isQuantized: Bool
  /// Path below the root of a source, such as `mobilenet_v1_2018_02_22/mobilenet_v1_1.0_224.tgz`.
  public let path: String
  /// SHA-256 of the archive, 64 lower-case hexadecimal digits.
  public let sha256: String

  public init(alpha: Alpha, resolution: Int, isQuantized: Bool, path: String, sha256: String) {
    self.alpha = alpha
    self.resolution = resolution
    self.isQuantized = isQuantized
    self.path = path
    self.sha256 = sha256
  }

  public init(_ model: PublishedModel) {
    self.init(
      alpha: model.alpha, resolution: model.resolution, isQuantized: model.isQuantized, path: model.archivePath,
      sha256: model.sha256)
  }

  /// The 32 archives of the authors.
  public static let official = Catalogue.models.map(WeightArchive.init)

  /// `mobilenet_v1_0.25_128_quant`.
  public var name: String { "mobilenet_v1_\(alpha.name)_\(resolution)\(isQuantized ? "_quant" : "")" }
  public var archiveName: String { name + ".tgz" }
  /// The only file of the archive that is installed, under the name that it has there.
  public var fileName: String { name + ".tflite" }

  /// The options of `mobilecam weights install` that choose just this archive.
  public var options: String {
    "--alpha \(alpha.name) --resolution \(resolution)\(isQuantized ? " --quantized" : "")"
  }
}

extension WeightArchive {
  /// The columns that a catalogue needs; others are passed over.
  static let columns = ["alpha", "resolution", "quantized", "archive", "sha256"]

  /// Reads a catalogue: for mirrors whose archives are not those of the authors.
  ///
  /// A CSV file whose first line names the columns: `alpha` (0.25, 0.5, 0.75, 1.0), `resolution` in pixels, `quantized`
  /// (yes or no), `archive` (path below the mirror's root), `sha256` of the archive. No quoted fields.
  /// - Throws: `UserError` if it cannot be read, lacks a column, has no line, or has a line that makes no sense.
  public static func catalogue(path: String) throws(UserError) -> [WeightArchive] {
    try catalogue(text: FileSystem.text(of: path, limitBytes: 1 << 20), path: path)
  }

  /// - Parameter path: what messages call the text.
  package static func catalogue(text: String, path: String) throws(UserError) -> [WeightArchive] {
    let lines = text.split(whereSeparator: \.isNewline)
    let header = (lines.first ?? "").split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    let places = columns.compactMap { header.firstIndex(of: $0) }
    guard places.count == columns.count else {
      throw UserError(
        "cannot use the catalogue '\(path)': expected a first line with the columns \(columns.joined(separator: ", ")), "
          + "found '\((lines.first ?? "").prefix(100))'. Write it as the README describes.")
    }
    let archives = try lines.dropFirst().enumerated().map { (index, line) throws(UserError) in
      let fields = line.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
      guard fields.count == header.count, let archive = WeightArchive(fields: places.map { fields[$0] }) else {
        throw UserError(
          "cannot use the catalogue '\(path)': line \(index + 2): expected α, resolution, yes or no, a path and 64 "
            + "hexadecimal digits in the columns \(columns.joined(separator: ", ")), found '\(line.prefix(200))'. "
            + "Correct the line.")
      }
      return archive
    }
    guard !archives.isEmpty else {
      throw UserError("cannot use the catalogue '\(path)': expected a line for each archive, found none. Add some.")
    }
    return archives
  }

  private init?(fields: [String]) {
    guard let alpha = Double(fields[0]).flatMap(Alpha.init(rawValue:)),
      let resolution = Int(fields[1]), Architecture.isValid(resolution: resolution),
      let isQuantized = ["yes": true, "no": false][fields[2]], !fields[3].isEmpty,
      fields[4].utf8.count == 64, fields[4].allSatisfy({ $0.isASCII && $0.isHexDigit })
    else { return nil }
    self.init(
      alpha: alpha, resolution: resolution, isQuantized: isQuantized, path: fields[3], sha256: fields[4].lowercased())
  }
}
