import JPEG
import Platform

/// A picture in memory.
public struct RGBImage: Sendable, Hashable {
  public let width: Int
  public let height: Int
  /// `[H, W, 3]` bytes, RGB, full range, no padding between rows.
  public let pixels: [UInt8]

  /// - Precondition: `pixels` holds `width × height × 3` bytes.
  public init(width: Int, height: Int, pixels: [UInt8]) {
    precondition(width > 0 && height > 0 && pixels.count == width * height * 3)
    self.width = width
    self.height = height
    self.pixels = pixels
  }

  /// Pixels as `fill` writes them, all `count` bytes or none. Memory is taken as they come: what a damaged file claims of
  /// its size costs nothing.
  static func pixels<E: Error>(
    _ count: Int, _ fill: (UnsafeMutableBufferPointer<UInt8>) throws(E) -> Void
  ) throws(E) -> [UInt8] {
    var failure: E?
    let pixels = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
      do throws(E) {
        try fill(UnsafeMutableBufferPointer(rebasing: buffer[..<count]))
        filled = count
      } catch {
        failure = error
      }
    }
    if let failure { throw failure }
    return pixels
  }
}

/// JPEG and PNG files, recognised by their first bytes and not by their names.
public enum ImageFile {
  /// Larger pictures are refused before anything is allocated for them: a file of some kB can claim gigabytes.
  public static let maximumPixels = JPEGDecoder.maximumPixels

  private enum Format { case jpeg, png }

  /// Reads and decodes a picture. Transparent parts show black. Errors: whatever keeps the file from being read, bytes
  /// that are neither JPEG nor PNG, damaged or cut-off data, more than `maximumPixels`.
  public static func load(path: String) throws(UserError) -> RGBImage {
    let bytes = try FileBytes.read(path: path) { (start) throws(UserError) in _ = try format(of: start, name: path) }
    return try decode(bytes, name: path)
  }

  /// Decodes a picture in memory; `name` is what errors call it.
  public static func decode(_ bytes: [UInt8], name: String) throws(UserError) -> RGBImage {
    switch try format(of: bytes, name: name) {
    case .jpeg: return try JPEGDecoder.decodeFile(bytes, name: name)
    case .png: return try PNG.decode(bytes, name: name)
    }
  }

  private static func format(of bytes: [UInt8], name: String) throws(UserError) -> Format {
    if bytes.starts(with: [0xFF, 0xD8, 0xFF]) { return .jpeg }
    if bytes.starts(with: [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]) { return .png }
    throw UserError(
      "\(name): expected a JPEG or PNG image, found \(describe(start: bytes)); convert it to JPEG or PNG")
  }

  /// Formats that people try; for anything else the first bytes themselves.
  private static func describe(start bytes: [UInt8]) -> String {
    func has(_ text: String, at offset: Int = 0) -> Bool { bytes.dropFirst(offset).starts(with: text.utf8) }
    if has("GIF8") { return "a GIF image" }
    if has("BM") { return "a BMP image" }
    if has("RIFF"), has("WEBP", at: 8) { return "a WebP image" }
    if has("II*\0") || has("MM\0*") { return "a TIFF image" }
    if has("ftyp", at: 4) { return "a HEIF, AVIF or MP4 file" }
    if has("%PDF") { return "a PDF document" }
    let hex = bytes.prefix(8).map { byte in (byte < 16 ? "0" : "") + String(byte, radix: 16) }
    return "a file that begins with the bytes \(hex.joined(separator: " "))"
  }

  static func tooLarge(_ name: String, width: Int, height: Int) -> UserError {
    UserError(
      "\(name): expected at most \(maximumPixels / 1_000_000) million pixels, found \(width)×\(height); "
        + "give a smaller image")
  }
}
