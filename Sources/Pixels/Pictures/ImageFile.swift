import Glibc
import Platform

/// JPEG and PNG files, recognised by their first bytes and not by their names, and turned upright as their Exif says.
public enum ImageFile {
  /// What is decoded whole has at most so many pixels: it is refused before anything is allocated for it, since a file of
  /// some kB can claim gigabytes.
  public static let maximumPixels = JPEGDecoder.maximumPixels
  /// More than any picture that a camera or an editor writes.
  private static let maximumBytes = 512 << 20
  /// What a decoder may hold of a progressive JPEG, of which every part comes to its last: enough for 108 million pixels
  /// with all of their colours.
  static let maximumCoefficientBytes = 768 << 20
  /// A picture that has lost more of its end than this is refused.
  static let mostMissing = 1.0 / 8

  /// What messages call it.
  static let standardInput = "standard input"

  private enum Format { case jpeg, png }

  /// Reads and decodes a picture. Transparent parts show black. A JPEG of more than some 16 million pixels is decoded at
  /// a half, a quarter or an eighth of its size, see `JPEGDecoder.divisor`.
  ///
  /// Errors: whatever keeps the file from being read, bytes that are neither JPEG nor PNG (of which only the first are
  /// read), damaged or cut-off data, more pixels or memory than the limits allow.
  /// - Parameter remark: takes what the user should know of a picture that was read all the same.
  public static func load(path: String, remark: (String) -> Void = { _ in }) throws(UserError) -> RGBImage {
    let file = try File.read(path) { found, error in
      error.map { .unreadable(path, $0) }
        ?? UserError("\(path): expected an image file, found \(found); give the path of a JPEG or PNG file")
    }
    let size = try telling(path) { () throws(SystemError) in try file.facts().bytes }
    return try read(file, name: path, size: size, remark)
  }

  /// Reads and decodes a picture that another program writes to standard input, as `load` does. Error: a terminal, too.
  public static func loadStandardInput(remark: (String) -> Void = { _ in }) throws(UserError) -> RGBImage {
    let name = standardInput
    guard isatty(STDIN_FILENO) == 0 else {
      throw UserError(
        "\(name): expected a JPEG or PNG image, found a terminal; try: mobilecam classify - < picture.jpg")
    }
    return try read(telling(name) { () throws(SystemError) in try .standardInput() }, name: name, size: 0, remark)
  }

  /// - Parameter size: of the file, as far as it is known.
  private static func read(
    _ file: File, name: String, size: Int, _ remark: (String) -> Void
  ) throws(UserError) -> RGBImage {
    var bytes = try telling(name) { () throws(SystemError) in try file.nextBytes(FileKind.startBytes) }
    guard !bytes.isEmpty else {
      throw UserError("\(name): expected an image file, found an empty file; make or download it again")
    }
    _ = try format(of: bytes, name: name)
    guard size <= maximumBytes,
      let rest = try telling(name, { () throws(SystemError) in try file.bytes(limit: maximumBytes - bytes.count) })
    else {
      let found = size > maximumBytes ? "\(size >> 20) MiB" : "more"
      throw UserError("\(name): expected at most \(maximumBytes >> 20) MiB, found \(found); give a smaller image")
    }
    bytes += rest
    return try decode(&bytes, name, remark)
  }

  private static func telling<T>(_ path: String, _ body: () throws(SystemError) -> T) throws(UserError) -> T {
    do throws(SystemError) { return try body() } catch { throw .unreadable(path, error) }
  }

  /// Whether a file begins as a JPEG or PNG picture does. False for what cannot be read, or is no regular file.
  public static func isPicture(path: String) -> Bool {
    guard File.kind(of: path) == .regular, let file = try? File.open(path, O_RDONLY),
      let start = try? file.bytes(FileKind.startBytes)
    else { return false }
    return format(of: start) != nil
  }

  /// Whether a file is a video of JPEG pictures, one behind the other.
  /// - Parameter start: the file's first bytes, or all of them.
  /// - Returns: `nil` where the bytes end before that is seen.
  package static func isMotionJPEG(start: [UInt8]) -> Bool? {
    guard format(of: start) == .jpeg else { return false }
    return start.withUnsafeBytes { JPEGPicture($0, name: "").isVideo }
  }

  /// Decodes a picture in memory; `name` is what errors call it.
  public static func decode(
    _ bytes: [UInt8], name: String, remark: (String) -> Void = { _ in }
  ) throws(UserError) -> RGBImage {
    var bytes = bytes
    return try decode(&bytes, name, remark)
  }

  private static func decode(
    _ bytes: inout [UInt8], _ name: String, _ remark: (String) -> Void
  ) throws(UserError) -> RGBImage {
    switch try format(of: bytes, name: name) {
    case .jpeg:
      try bytes.withUnsafeBufferPointer { (bytes) throws(UserError) in
        try JPEGPicture(UnsafeRawBufferPointer(bytes), name: name).decode(remark)
      }
    case .png: try PNG.decode(&bytes, name: name)
    }
  }

  private static func format(of bytes: some Collection<UInt8>, name: String) throws(UserError) -> Format {
    if let format = format(of: bytes) { return format }
    let kind = FileKind.of(start: bytes)
    throw UserError("\(name): expected a JPEG or PNG image, found \(kind.noun); \(kind.next(name))")
  }

  private static func format(of bytes: some Collection<UInt8>) -> Format? {
    // Some cameras and some damaged cards leave zeros in front.
    if bytes.prefix(FileKind.startBytes).drop(while: { $0 == 0 }).starts(with: [0xFF, 0xD8, 0xFF]) { return .jpeg }
    return bytes.starts(with: PNG.signature) ? .png : nil
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
