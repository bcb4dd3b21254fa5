import Frames
import JPEG
import Platform

extension JPEGDecoder {
  static func decodeFile(_ bytes: [UInt8], name: String) throws(UserError) -> RGBImage {
    let decoder = JPEGDecoder()
    do throws(Failure) {
      let size = try bytes.withUnsafeBufferPointer { (jpeg) throws(Failure) in
        try decoder.size(of: UnsafeRawBufferPointer(jpeg))
      }
      guard size.width * size.height <= ImageFile.maximumPixels else { throw .tooManyPixels(size) }
      let pixels = try RGBImage.pixels(size.byteCount) { (pixels) throws(Failure) in
        _ = try bytes.withUnsafeBufferPointer { (jpeg) throws(Failure) in
          try decoder.decode(UnsafeRawBufferPointer(jpeg), into: UnsafeMutableRawBufferPointer(pixels))
        }
      }
      return RGBImage(width: size.width, height: size.height, pixels: pixels)
    } catch {
      switch error {
      case .truncated:
        throw UserError("\(name): expected a whole JPEG image, found one that is cut off; download or copy it again")
      case .unreadable(let why), .damaged(let why):
        throw UserError("\(name): expected a JPEG image, found damaged data (\(why)); download or copy it again")
      case .tooManyPixels(let size):
        throw ImageFile.tooLarge(name, width: size.width, height: size.height)
      case .bufferTooSmall: preconditionFailure("the buffer was made from the header")
      }
    }
  }
}
