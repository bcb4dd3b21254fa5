import CPNG
import Platform

/// PNG through libpng's simplified interface, which keeps setjmp inside the library.
///
/// Samples are read as sRGB, those of 16 bits too, and what a file says of its colours (gAMA, cHRM, sRGB, iCCP, cICP) is
/// ignored: so do Pillow and TensorFlow's decode_png, and networks were trained on what those gave.
public enum PNG {
  static let signature: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]

  /// Transparent parts show black, half-transparent ones half as bright, as a browser lays them on black. A picture is turned upright as its eXIf chunk says.
  /// - Parameter bytes: a file; chunks before its pixels may be moved.
  static func decode(_ bytes: inout [UInt8], name: String) throws(UserError) -> RGBImage {
    let chunks = bytes.withUnsafeBytes { PNGChunks($0) }
    let orientation = bytes.withUnsafeBytes { bytes in
      chunks.exif.map { Orientation(exif: UnsafeRawBufferPointer(rebasing: bytes[$0])) } ?? .upright
    }
    let start = chunks.leaveOutColors(of: &bytes)
    let picture = try bytes.withUnsafeBufferPointer { (bytes) throws(UserError) in
      try decode(UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(bytes)[start...]), name)
    }
    return orientation.upright(picture)
  }

  /// libpng keeps the pointer from the first call to the last one.
  private static func decode(_ bytes: UnsafeRawBufferPointer, _ name: String) throws(UserError) -> RGBImage {
    var image = png_image()
    image.version = png_uint_32(PNG_IMAGE_VERSION)
    defer { png_image_free(&image) }
    guard png_image_begin_read_from_memory(&image, bytes.baseAddress, bytes.count) != 0 else {
      throw damaged(name, image)
    }
    let (width, height) = (Int(image.width), Int(image.height))
    guard width * height <= ImageFile.maximumPixels else {
      throw UserError(
        "\(name): expected a PNG image of at most \(ImageFile.maximumPixels / 1_000_000) million pixels, found "
          + "\(width)×\(height); make it smaller: \(FileKind.shrinking(name))")
    }
    let has16Bits = image.format & png_uint_32(PNG_FORMAT_FLAG_LINEAR) != 0
    let hasAlpha = image.format & png_uint_32(PNG_FORMAT_FLAG_ALPHA) != 0
    return try RGBImage(width: width, height: height) { (pixels) throws(UserError) in
      if has16Bits {
        // libpng takes them for linear light, and when asked for that gives them as they are, alpha multiplied in. (When
        // asked for 8 bits it makes noise of interlaced ones, in 1.6.39.)
        let samples = UnsafeMutableBufferPointer<UInt16>.allocate(capacity: pixels.count)
        defer { samples.deallocate() }
        try finish(&image, PNG_FORMAT_FLAG_COLOR | PNG_FORMAT_FLAG_LINEAR, UnsafeMutableRawBufferPointer(samples), name)
        for index in samples.indices { pixels[index] = UInt8((UInt32(samples[index]) * 255 + 32767) / 65535) }
      } else if hasAlpha {
        let samples = UnsafeMutableRawBufferPointer.allocate(byteCount: width * height * 4, alignment: 16)
        defer { samples.deallocate() }
        try finish(&image, PNG_FORMAT_FLAG_COLOR | PNG_FORMAT_FLAG_ALPHA, samples, name)
        for pixel in 0..<width * height {
          let alpha = UInt32(samples[pixel * 4 + 3])
          for channel in 0..<3 {
            pixels[pixel * 3 + channel] = UInt8((UInt32(samples[pixel * 4 + channel]) * alpha + 127) / 255)
          }
        }
      } else {
        try finish(&image, PNG_FORMAT_FLAG_COLOR, pixels, name)
      }
    }
  }

  private static func finish(
    _ image: inout png_image, _ format: UInt32, _ samples: UnsafeMutableRawBufferPointer, _ name: String
  ) throws(UserError) {
    image.format = png_uint_32(format)
    guard png_image_finish_read(&image, nil, samples.baseAddress, 0, nil) != 0 else { throw damaged(name, image) }
  }

  /// A picture as the bytes of a PNG file.
  public static func encode(_ picture: RGBImage) throws(UserError) -> [UInt8] {
    var image = png_image()
    image.version = png_uint_32(PNG_IMAGE_VERSION)
    image.width = png_uint_32(picture.width)
    image.height = png_uint_32(picture.height)
    image.format = png_uint_32(PNG_FORMAT_FLAG_COLOR)
    defer { png_image_free(&image) }
    // Twice the pixels and then some is more than deflate and the row filters can make of any picture.
    var size = png_alloc_size_t(picture.pixels.count * 2 + 65_536)
    var status: CInt = 0
    let bytes = [UInt8](unsafeUninitializedCapacity: Int(size)) { buffer, filled in
      picture.pixels.withUnsafeBytes {
        status = png_image_write_to_memory(&image, buffer.baseAddress, &size, 0, $0.baseAddress, 0, nil)
      }
      filled = status == 0 ? 0 : Int(size)
    }
    guard status != 0 else { throw UserError("cannot make a PNG image: \(message(image))") }
    return bytes
  }

  private static func damaged(_ name: String, _ image: png_image) -> UserError {
    UserError("\(name): expected a PNG image, found damaged data (\(message(image))); download or copy it again")
  }

  private static func message(_ image: png_image) -> String {
    withUnsafeBytes(of: image.message) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
  }
}
