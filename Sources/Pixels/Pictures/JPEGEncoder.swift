import CTurboJPEG
import Platform

/// Pictures as JPEG files.
public enum JPEGEncoder {
  /// A picture as the bytes of a baseline JPEG, its colours at full size: networks see what is lost of them.
  /// - Parameter quality: 1 … 100, libjpeg's scale.
  public static func encode(_ picture: RGBImage, quality: Int = 95) throws(UserError) -> [UInt8] {
    guard let handle = tjInitCompress() else { throw UserError("cannot make a JPEG image: out of memory") }
    defer { tjDestroy(handle) }
    var buffer: UnsafeMutablePointer<UInt8>?
    defer { tjFree(buffer) }
    var size: UInt = 0
    let status = picture.pixels.withUnsafeBufferPointer { pixels in
      tjCompress2(
        handle, pixels.baseAddress, CInt(picture.width), 0, CInt(picture.height), CInt(TJPF_RGB.rawValue), &buffer,
        &size,
        CInt(TJSAMP_444.rawValue), CInt(quality), TJFLAG_ACCURATEDCT)
    }
    guard status == 0, let buffer else {
      throw UserError("cannot make a JPEG image: \(String(cString: tjGetErrorStr2(handle)))")
    }
    return Array(UnsafeBufferPointer(start: buffer, count: Int(size)))
  }
}
