import CTurboJPEG
import Glibc

/// Decodes JPEG pictures into a caller's buffer through one libjpeg-turbo handle. Per picture nothing is allocated here,
/// but for CMYK, which no camera sends; the library itself takes and frees its row buffers. For files and for a camera's
/// MJPEG. Belongs to one thread.
///
/// What belongs to no picture is no fault of it: zeros in front, anything behind its end marker, and that marker itself.
public final class JPEGDecoder {
  /// Why a picture was not decoded. A camera counts a bad frame; a file becomes a `UserError`.
  public enum Failure: Error, Sendable, Hashable {
    /// No JPEG header, or one that libjpeg-turbo refuses.
    case unreadable(String)
    /// The data ends before the picture does: what there was is decoded, the rest is grey.
    case truncated
    /// Data that contradicts itself.
    case damaged(String)
    case bufferTooSmall(neededBytes: Int)
    /// More than `maximumPixels`, or than `maximumPixelsDivided`.
    case tooManyPixels(Size)
  }

  /// Larger pictures are refused before anything is allocated for them: a file of some kB can claim gigabytes.
  public static let maximumPixels = 64_000_000
  /// Pixels that a picture is decoded to where its size may be chosen: four times what a screen shows.
  private static let wantedPixels = 16_000_000
  /// A side that is made no smaller for that: a network sees a square of it.
  private static let wantedSide = 640
  /// How much smaller the library can make a picture while it decodes, on its fast way.
  private static let divisors = [1, 2, 4, mostDivided]
  private static let mostDivided = 8
  /// The most pixels of a picture whose size may be chosen.
  public static let maximumPixelsDivided = wantedPixels * mostDivided * mostDivided

  public struct Size: Sendable, Hashable {
    public var width: Int
    public var height: Int
    package init(width: Int, height: Int) {
      self.width = width
      self.height = height
    }

    public var byteCount: Int { width * height * 3 }

    fileprivate func divided(by divisor: Int) -> Size {
      Size(width: (width + divisor - 1) / divisor, height: (height + divisor - 1) / divisor)
    }
    fileprivate var pixels: Int { width * height }
  }

  private let handle: tjhandle
  private var inks: [UInt8] = []
  /// A picture that lacks its end marker, with one.
  private var mended: [UInt8] = []

  public init() {
    // The only failure of tjInitDecompress is that malloc returned NULL.
    guard let handle = tjInitDecompress() else { fatalError("out of memory for a JPEG decoder") }
    self.handle = handle
  }

  deinit { tjDestroy(handle) }

  /// Width and height in pixels, from the header alone; no more than `maximumPixels`.
  /// - Parameter divisor: 1, 2, 4 or 8: the size when decoded so much smaller.
  public func size(of jpeg: UnsafeRawBufferPointer, dividedBy divisor: Int = 1) throws(Failure) -> Size {
    try header(of: Self.withoutZerosInFront(jpeg), divisor).size
  }

  /// How much smaller to decode a picture that is to be looked at, and not kept: 1, 2, 4 or 8, so that some 16 million
  /// pixels are left, and 640 on the shorter side of a long one. Error: more than `maximumPixelsDivided`.
  public func divisor(of jpeg: UnsafeRawBufferPointer) throws(Failure) -> Int {
    let size = try libraryHeader(of: Self.withoutZerosInFront(jpeg)).size
    let divisor = Self.divisors.first { divisor in
      let pixels = size.divided(by: divisor).pixels
      return pixels <= Self.wantedPixels
        || (pixels <= Self.maximumPixels && min(size.width, size.height) < 2 * divisor * Self.wantedSide)
    }
    guard let divisor else { throw .tooManyPixels(size) }
    return divisor
  }

  /// Decodes `jpeg` into `pixels` as `[H, W, 3]` bytes, RGB; grey and CMYK pictures too.
  ///
  /// Missing data is an error; bytes between the markers that belong to nothing (many cameras leave some, see
  /// libjpeg-turbo issue 157) are not.
  /// - Parameter divisor: 1, 2, 4 or 8: both sides are made so much smaller, every pixel weighing in.
  /// - Returns: the picture's size; `pixels` may be larger, its rest stays as it was.
  @discardableResult
  public func decode(
    _ jpeg: UnsafeRawBufferPointer, dividedBy divisor: Int = 1, into pixels: UnsafeMutableRawBufferPointer
  ) throws(Failure) -> Size {
    let jpeg = Self.withoutZerosInFront(jpeg)
    let (size, isCMYK) = try header(of: jpeg, divisor)
    guard let target = pixels.baseAddress, pixels.count >= size.byteCount else {
      throw .bufferTooSmall(neededBytes: size.byteCount)
    }
    guard isCMYK else {
      try decompress(jpeg, size, into: target, TJPF_RGB)
      return size
    }
    // libjpeg-turbo does not convert CMYK to RGB.
    if inks.count < size.pixels * 4 { inks = [UInt8](repeating: 0, count: size.pixels * 4) }
    try inks.withUnsafeMutableBufferPointer { (inks) throws(Failure) in
      defer { Self.convertInks(UnsafeRawBufferPointer(inks), to: pixels, pixelCount: size.pixels) }
      try decompress(jpeg, size, into: UnsafeMutableRawPointer(inks.baseAddress), TJPF_CMYK)
    }
    return size
  }

  /// The bytes from the first one on that is not 0, if a picture begins there.
  static func withoutZerosInFront(_ jpeg: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
    guard jpeg.first == 0, let start = jpeg.firstIndex(where: { $0 != 0 }), jpeg[start] == 0xFF else { return jpeg }
    return UnsafeRawBufferPointer(rebasing: jpeg[start...])
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

  private func header(
    of jpeg: UnsafeRawBufferPointer, _ divisor: Int
  ) throws(Failure) -> (size: Size, isCMYK: Bool) {
    precondition(Self.divisors.contains(divisor))
    let header = try libraryHeader(of: jpeg)
    let size = header.size.divided(by: divisor)
    guard size.pixels <= Self.maximumPixels else { throw .tooManyPixels(header.size) }
    return (size, header.isCMYK)
  }

  private func libraryHeader(of jpeg: UnsafeRawBufferPointer) throws(Failure) -> (size: Size, isCMYK: Bool) {
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
    return (Size(width: Int(width), height: Int(height)), isCMYK)
  }

  /// - Parameter size: the picture's own, or smaller by a divisor.
  private func decompress(
    _ jpeg: UnsafeRawBufferPointer, _ size: Size, into pixels: UnsafeMutableRawPointer?, _ format: TJPF
  ) throws(Failure) {
    let markers = Self.endsWithMarker(jpeg) ? nil : JPEGMarkers(jpeg)
    let hasEnd = markers == nil || markers?.end != nil
    if !hasEnd { putEndMarker(behind: jpeg) }
    // LIMITSCANS: a small progressive file can ask for thousands of passes over a large picture.
    let status = mended.withUnsafeBytes { mended in
      let bytes = (hasEnd ? jpeg : mended).bindMemory(to: UInt8.self)
      return tjDecompress2(
        handle, bytes.baseAddress, UInt(bytes.count), pixels?.assumingMemoryBound(to: UInt8.self), CInt(size.width), 0,
        CInt(size.height), CInt(format.rawValue), TJFLAG_LIMITSCANS)
    }
    if status == 0 {
      // Of arithmetic coding the end of the data looks like the end of the picture.
      if !hasEnd, markers?.frame?.isArithmetic == true { throw .truncated }
      return
    }
    guard tjGetErrorCode(handle) == CInt(TJERR_WARNING.rawValue) else { throw .damaged(message) }
    // The library keeps the text of its first warning only, and no number for it.
    if messageContains("remature end") { throw .truncated }
    guard messageContains("extraneous") || messageContains("JFIF revision") || messageContains("Adobe") else {
      throw .damaged(message)
    }
    // A harmless first warning may hide that the data ended early.
    if !hasEnd { throw .truncated }
  }

  /// The common case, seen at once; zeros may follow.
  private static func endsWithMarker(_ jpeg: UnsafeRawBufferPointer) -> Bool {
    guard let last = jpeg.lastIndex(where: { $0 != 0 }), last > 0 else { return false }
    return jpeg[last - 1] == 0xFF && jpeg[last] == 0xD9
  }

  /// With its marker the library can tell a picture that lacks nothing else from one that is cut off.
  private func putEndMarker(behind jpeg: UnsafeRawBufferPointer) {
    mended.removeAll(keepingCapacity: true)
    let end = (jpeg.lastIndex { $0 != 0 } ?? -1) + 1
    // Whatever the library warns of first, it keeps no second warning.
    JPEGMarkers.append(UnsafeRawBufferPointer(rebasing: jpeg[..<end]), to: &mended)
    // A 0 after FF belongs to the data; the other zeros to nothing.
    if end < jpeg.count, mended.last == 0xFF { mended.append(0) }
    mended += [0xFF, 0xD9]
  }

  private var message: String { String(cString: tjGetErrorStr2(handle)) }

  /// Without making a `String`: this runs for every frame of a camera that warns at every frame.
  private func messageContains(_ text: StaticString) -> Bool {
    strstr(tjGetErrorStr2(handle), text.utf8Start) != nil
  }
}
