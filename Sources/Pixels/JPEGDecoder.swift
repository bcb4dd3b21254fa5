import CTurboJPEG
import Glibc

/// Decodes JPEG pictures into a caller's buffer through one libjpeg-turbo handle. Per picture nothing is allocated here,
/// but for CMYK, which no camera sends; the library itself takes and frees its row buffers. For files and for a camera's
/// MJPEG. Belongs to one thread.
public final class JPEGDecoder {
  /// Why a picture was not decoded. A camera counts a bad frame; a file becomes a `UserError`.
  public enum Failure: Error, Sendable, Hashable {
    /// No JPEG header, or one that libjpeg-turbo refuses.
    case unreadable(String)
    /// The data ends before the picture does.
    case truncated
    /// Data that contradicts itself.
    case damaged(String)
    case bufferTooSmall(neededBytes: Int)
    /// More than `maximumPixels`.
    case tooManyPixels(Size)
  }

  /// Larger pictures are refused before anything is allocated for them: a file of some kB can claim gigabytes.
  public static let maximumPixels = 64_000_000

  public struct Size: Sendable, Hashable {
    public var width: Int
    public var height: Int
    public var byteCount: Int { width * height * 3 }
  }

  private let handle: tjhandle
  private var inks: [UInt8] = []

  public init() {
    // The only failure of tjInitDecompress is that malloc returned NULL.
    guard let handle = tjInitDecompress() else { fatalError("out of memory for a JPEG decoder") }
    self.handle = handle
  }

  deinit { tjDestroy(handle) }

  /// Width and height in pixels, from the header alone; no more than `maximumPixels`.
  public func size(of jpeg: UnsafeRawBufferPointer) throws(Failure) -> Size {
    try header(of: jpeg).size
  }

  /// Decodes `jpeg` into `pixels` as `[H, W, 3]` bytes, RGB; grey and CMYK pictures too.
  ///
  /// Missing data is an error; bytes between the markers that belong to nothing (many cameras leave some, see
  /// libjpeg-turbo issue 157) are not.
  /// - Returns: the picture's size; `pixels` may be larger, its rest stays as it was.
  @discardableResult
  public func decode(
    _ jpeg: UnsafeRawBufferPointer, into pixels: UnsafeMutableRawBufferPointer
  ) throws(Failure) -> Size {
    let (size, isCMYK) = try header(of: jpeg)
    guard let target = pixels.baseAddress, pixels.count >= size.byteCount else {
      throw .bufferTooSmall(neededBytes: size.byteCount)
    }
    guard isCMYK else {
      try decompress(jpeg, into: target, TJPF_RGB)
      return size
    }
    // libjpeg-turbo does not convert CMYK to RGB.
    if inks.count < size.width * size.height * 4 { inks = [UInt8](repeating: 0, count: size.width * size.height * 4) }
    try inks.withUnsafeMutableBufferPointer { (inks) throws(Failure) in
      try decompress(jpeg, into: UnsafeMutableRawPointer(inks.baseAddress), TJPF_CMYK)
      Self.convertInks(UnsafeRawBufferPointer(inks), to: pixels, pixelCount: size.width * size.height)
    }
    return size
  }

  /// Inks are stored inverted, as every program since Photoshop writes them: 255 is no ink.
  private static func convertInks(
    _ inks: UnsafeRawBufferPointer, to pixels: UnsafeMutableRawBufferPointer, pixelCount: Int
  ) {
    for index in 0..<pixelCount {
      let black = Int(inks[index * 4 + 3])
      for channel in 0..<3 {
        pixels[index * 3 + channel] = UInt8((Int(inks[index * 4 + channel]) * black + 127) / 255)
      }
    }
  }

  private func header(of jpeg: UnsafeRawBufferPointer) throws(Failure) -> (size: Size, isCMYK: Bool) {
    var width: CInt = 0
    var height: CInt = 0
    var subsampling: CInt = 0
    var colorspace: CInt = 0
    let bytes = jpeg.bindMemory(to: UInt8.self)
    let status = tjDecompressHeader3(
      handle, bytes.baseAddress, UInt(bytes.count), &width, &height, &subsampling, &colorspace)
    // A header with unusual subsampling has no name in this interface and counts as an error, but decodes all the same.
    guard status == 0 || (width > 0 && height > 0) else { throw .unreadable(message) }
    let isCMYK = colorspace == CInt(TJCS_CMYK.rawValue) || colorspace == CInt(TJCS_YCCK.rawValue)
    let size = Size(width: Int(width), height: Int(height))
    guard size.width * size.height <= Self.maximumPixels else { throw .tooManyPixels(size) }
    return (size, isCMYK)
  }

  private func decompress(
    _ jpeg: UnsafeRawBufferPointer, into pixels: UnsafeMutableRawPointer?, _ format: TJPF
  ) throws(Failure) {
    let bytes = jpeg.bindMemory(to: UInt8.self)
    // LIMITSCANS: a small progressive file can ask for thousands of passes over a large picture.
    let status = tjDecompress2(
      handle, bytes.baseAddress, UInt(bytes.count), pixels?.assumingMemoryBound(to: UInt8.self), 0, 0, 0,
      CInt(format.rawValue), TJFLAG_LIMITSCANS)
    if status == 0 { return }
    guard tjGetErrorCode(handle) == CInt(TJERR_WARNING.rawValue) else { throw .damaged(message) }
    // The library keeps the text of its first warning only, and no number for it.
    if messageContains("remature end") { throw .truncated }
    guard messageContains("extraneous") || messageContains("JFIF revision") || messageContains("Adobe") else {
      throw .damaged(message)
    }
    // A harmless first warning may hide that the data ended early.
    if !Self.hasEndMarker(bytes) { throw .truncated }
  }

  private static func hasEndMarker(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
    var index = bytes.count - 2
    while index >= 0 {
      if bytes[index] == 0xFF, bytes[index + 1] == 0xD9 { return true }
      index -= 1
    }
    return false
  }

  private var message: String { String(cString: tjGetErrorStr2(handle)) }

  /// Without making a `String`: this runs for every frame of a camera that warns at every frame.
  private func messageContains(_ text: StaticString) -> Bool {
    strstr(tjGetErrorStr2(handle), text.utf8Start) != nil
  }
}
