import CV4L2
import Pixels

/// Turns a camera's buffers into RGB. Belongs to the capture thread.
final class FrameDecoder {
  enum Outcome: Equatable {
    case decoded
    /// The frame is broken; words say how.
    case broken(String)
  }

  private enum Method {
    case native(PixelConversion)
    case jpeg(JPEGDecoder)
    case library(LibraryConversion)
  }

  let format: StreamFormat
  private let method: Method

  /// `nil` where the format can't be decoded.
  init?(_ format: StreamFormat, descriptor: Int32) {
    self.format = format
    if let layout = format.layout {
      method = .native(PixelConversion(layout))
    } else if format.fourCC.decoder == .jpeg {
      method = .jpeg(JPEGDecoder())
    } else if format.fourCC.decoder != nil, let library = LibraryConversion(format, descriptor: descriptor) {
      method = .library(library)
    } else {
      return nil
    }
  }

  /// Frames that may fail after the stream starts without being called broken: JPEG cameras often begin with scraps.
  var warmUpFrames: Int {
    if case .native = method { 0 } else { 3 }
  }

  /// - Parameter output: `[H, W, 3]` bytes.
  func decode(_ frame: UnsafeMutableRawBufferPointer, into output: UnsafeMutableRawBufferPointer) -> Outcome {
    switch method {
    case .native(let conversion):
      return conversion.convert(UnsafeRawBufferPointer(frame), into: output)
        ? .decoded : .broken("a frame of \(frame.count) bytes where \(conversion.layout.frameBytes) were due")
    case .jpeg(let decoder): return decode(UnsafeRawBufferPointer(frame), with: decoder, into: output)
    case .library(let conversion): return conversion.convert(frame, into: output)
    }
  }

  private func decode(
    _ frame: UnsafeRawBufferPointer, with decoder: JPEGDecoder, into output: UnsafeMutableRawBufferPointer
  ) -> Outcome {
    guard looksLikeJPEG(frame) else { return .broken("a JPEG frame of \(frame.count) bytes that is cut off") }
    do throws(JPEGDecoder.Failure) {
      let size = try decoder.decode(frame, into: output)
      if size.width == format.width, size.height == format.height { return .decoded }
      return .broken("a JPEG frame of \(size.width)×\(size.height) where \(format.width)×\(format.height) was due")
    } catch {
      switch error {
      case .truncated: return .broken("a JPEG frame of \(frame.count) bytes that is cut off")
      case .unreadable(let why), .damaged(let why): return .broken("a damaged JPEG frame (\(why))")
      case .bufferTooSmall, .tooManyPixels:
        return .broken("a JPEG frame that is larger than \(format.width)×\(format.height)")
      }
    }
  }

  /// Starts as a JPEG, is long enough for its tables, and ends as one; some cameras pad with zeros or swap the end mark.
  private func looksLikeJPEG(_ frame: UnsafeRawBufferPointer) -> Bool {
    guard frame.count >= 125, frame[0] == 0xFF, frame[1] == 0xD8 else { return false }
    let end = (frame[frame.count - 2], frame[frame.count - 1])
    return end == (0xFF, 0xD9) || end == (0xD9, 0) || end == (0, 0)
  }
}

/// libv4lconvert: every format that we do not decode ourselves, at the size the camera gives.
private final class LibraryConversion {
  private let converter: OpaquePointer
  private var source: v4l2_format
  private var target: v4l2_format

  init?(_ format: StreamFormat, descriptor: Int32) {
    guard let converter = v4lconvert_create(descriptor) else { return nil }
    self.converter = converter
    source = v4l2_format()
    source.type = V4L2_BUF_TYPE_VIDEO_CAPTURE.rawValue
    source.fmt.pix.pixelformat = format.fourCC.code
    source.fmt.pix.width = UInt32(format.width)
    source.fmt.pix.height = UInt32(format.height)
    source.fmt.pix.bytesperline = UInt32(format.bytesPerRow)
    source.fmt.pix.sizeimage = UInt32(format.frameBytes)
    source.fmt.pix.field = V4L2_FIELD_NONE.rawValue
    target = source
    target.fmt.pix.pixelformat = FourCC.rgb3.code
    target.fmt.pix.bytesperline = UInt32(format.width * 3)
    target.fmt.pix.sizeimage = UInt32(format.pixelCount * 3)
  }

  deinit { v4lconvert_destroy(converter) }

  func convert(_ frame: UnsafeMutableRawBufferPointer, into output: UnsafeMutableRawBufferPointer)
    -> FrameDecoder.Outcome
  {
    let written = v4lconvert_convert(
      converter, &source, &target, frame.baseAddress?.assumingMemoryBound(to: UInt8.self), Int32(clamping: frame.count),
      output.baseAddress?.assumingMemoryBound(to: UInt8.self), Int32(target.fmt.pix.sizeimage))
    if written == Int32(target.fmt.pix.sizeimage) { return .decoded }
    let message = v4lconvert_get_error_message(converter).map { String(cString: $0) } ?? ""
    return .broken(message.split(separator: "\n").last.map(String.init) ?? "a frame that libv4l cannot decode")
  }
}
