import Glibc
import Platform

/// JPEG and PNG files, recognised by their first bytes and not by their names.
public enum ImageFile {
  /// Larger pictures are refused before anything is allocated for them: a file of some kB can claim gigabytes.
  public static let maximumPixels = JPEGDecoder.maximumPixels
  /// More than any picture of `maximumPixels` that a camera or an editor writes.
  private static let maximumBytes = 512 << 20
  /// Enough to know a format by.
  private static let startBytes = 64

  private enum Format { case jpeg, png }

  /// Reads and decodes a picture. Transparent parts show black. Errors: whatever keeps the file from being read, bytes
  /// that are neither JPEG nor PNG (of which only the first are read), damaged or cut-off data, more than `maximumPixels`.
  public static func load(path: String) throws(UserError) -> RGBImage {
    let file = try File.read(path) { found, error in
      error.map { .unreadable(path, $0) }
        ?? UserError("\(path): expected an image file, found \(found); give the path of a JPEG or PNG file")
    }
    let (start, size) = try telling(path) { () throws(SystemError) in
      (try file.bytes(startBytes), try file.facts().bytes)
    }
    guard !start.isEmpty else {
      throw UserError("\(path): expected an image file, found an empty file; make or download it again")
    }
    _ = try format(of: start, name: path)
    guard size <= maximumBytes,
      let bytes = try telling(path, { () throws(SystemError) in try file.bytes(limit: maximumBytes) })
    else {
      throw UserError(
        "\(path): expected at most \(maximumBytes >> 20) MiB, found \(size >> 20) MiB; give a smaller image")
    }
    return try decode(bytes, name: path)
  }

  private static func telling<T>(_ path: String, _ body: () throws(SystemError) -> T) throws(UserError) -> T {
    do throws(SystemError) { return try body() } catch { throw .unreadable(path, error) }
  }

  /// Decodes a picture in memory; `name` is what errors call it.
  public static func decode(_ bytes: [UInt8], name: String) throws(UserError) -> RGBImage {
    try bytes.withUnsafeBufferPointer { (bytes) throws(UserError) in
      let bytes = UnsafeRawBufferPointer(bytes)
      switch try format(of: bytes, name: name) {
      case .jpeg: return try jpeg(bytes, name)
      case .png: return try PNG.decode(bytes, name: name)
      }
    }
  }

  private static func format(of bytes: some Collection<UInt8>, name: String) throws(UserError) -> Format {
    if bytes.starts(with: [0xFF, 0xD8, 0xFF]) { return .jpeg }
    if bytes.starts(with: [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]) { return .png }
    throw UserError(
      "\(name): expected a JPEG or PNG image, found \(describe(start: bytes)); convert it to JPEG or PNG")
  }

  /// Formats that people try; for anything else the first bytes themselves.
  private static func describe(start bytes: some Collection<UInt8>) -> String {
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

  private static func jpeg(_ bytes: UnsafeRawBufferPointer, _ name: String) throws(UserError) -> RGBImage {
    let decoder = JPEGDecoder()
    do throws(JPEGDecoder.Failure) {
      let size = try decoder.size(of: bytes)
      return try RGBImage(width: size.width, height: size.height) { (pixels) throws(JPEGDecoder.Failure) in
        try decoder.decode(bytes, into: pixels)
      }
    } catch {
      switch error {
      case .truncated:
        throw UserError("\(name): expected a whole JPEG image, found one that is cut off; download or copy it again")
      case .unreadable(let why), .damaged(let why):
        throw UserError("\(name): expected a JPEG image, found damaged data (\(why)); download or copy it again")
      case .tooManyPixels(let size): throw tooLarge(name, width: size.width, height: size.height)
      case .bufferTooSmall: preconditionFailure("the buffer was made from the header")
      }
    }
  }

  static func tooLarge(_ name: String, width: Int, height: Int) -> UserError {
    UserError(
      "\(name): expected at most \(maximumPixels / 1_000_000) million pixels, found \(width)×\(height); "
        + "give a smaller image")
  }
}

extension UserError {
  /// What is said of a file that cannot be opened or read.
  package static func unreadable(_ path: String, _ error: SystemError) -> UserError {
    switch error.code {
    case ENOENT: UserError("\(path): no such file; check the path")
    case ENOTDIR: UserError("\(path): a part of the path is no folder; check the path")
    case EACCES: UserError("\(path): no permission to read it; see 'ls -l' and 'chmod u+r' the file")
    default: UserError("\(path): cannot be read: \(error) (errno \(error.code))")
    }
  }
}
