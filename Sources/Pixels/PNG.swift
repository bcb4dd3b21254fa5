import CPNG
import Platform

/// PNG through libpng's simplified interface, which keeps setjmp inside the library.
public enum PNG {
  /// libpng keeps the pointer from the first call to the last one.
  static func decode(_ bytes: UnsafeRawBufferPointer, name: String) throws(UserError) -> RGBImage {
    var image = png_image()
    image.version = png_uint_32(PNG_IMAGE_VERSION)
    defer { png_image_free(&image) }
    guard png_image_begin_read_from_memory(&image, bytes.baseAddress, bytes.count) != 0 else {
      throw damaged(name, image)
    }
    let (width, height) = (Int(image.width), Int(image.height))
    guard width * height <= ImageFile.maximumPixels else {
      throw ImageFile.tooLarge(name, width: width, height: height)
    }
    image.format = png_uint_32(PNG_FORMAT_FLAG_COLOR)
    var black = png_color(red: 0, green: 0, blue: 0)
    return try RGBImage(width: width, height: height) { (pixels) throws(UserError) in
      guard png_image_finish_read(&image, &black, pixels.baseAddress, 0, nil) != 0 else { throw damaged(name, image) }
    }
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
