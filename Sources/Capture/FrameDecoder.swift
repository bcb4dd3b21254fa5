import CV4L2
import Pixels

/// Turns a camera's buffers into RGB. Belongs to the capture thread.
final class FrameDecoder {
  enum Outcome: Equatable {
    /// In pixels: what came, which a JPEG frame may have of another size than was agreed on; and what its sides were divided by.
    case decoded(width: Int, height: Int, divisor: Int)
    case broken(BrokenFrame)
  }

  private enum Method {
    case native(PixelConversion)
    case jpeg(JPEGDecoder)
    case library(LibraryConversion)
  }

  let format: StreamFormat
  private let method: Method
  private var smaller: ReducedConversion?

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

  /// The decoder says what is a whole picture: bytes around it belong to nothing.
  /// - Parameters:
  ///   - divisor: what the sides of a picture of a width and height may be divided by.
  ///   - output: `[H, W, 3]` bytes, both sides divided, and rounded up.
  func decode(
    _ frame: UnsafeMutableRawBufferPointer, dividedBy divisor: (Int, Int) -> Int = { _, _ in 1 },
    into output: UnsafeMutableRawBufferPointer
  ) -> Outcome {
    switch method {
    case .native(let conversion):
      let smaller = reduced(conversion.layout, dividedBy: divisor(format.width, format.height))
      let bytes = UnsafeRawBufferPointer(frame)
      return smaller?.convert(bytes, into: output) ?? conversion.convert(bytes, into: output)
        ? .decoded(width: format.width, height: format.height, divisor: smaller?.divisor ?? 1)
        : .broken(
          BrokenFrame(
            kind: .short, fault: "a frame of \(frame.count) bytes where \(conversion.layout.frameBytes) were due"))
    case .jpeg(let decoder): return decode(UnsafeRawBufferPointer(frame), with: decoder, divisor, into: output)
    case .library(let conversion): return conversion.convert(frame, into: output)
    }
  }

  /// The one that was used last is kept.
  private func reduced(_ layout: PixelLayout, dividedBy divisor: Int) -> ReducedConversion? {
    guard divisor > 1 else { return nil }
    if smaller?.divisor != divisor { smaller = ReducedConversion(layout, dividedBy: divisor) }
    return smaller
  }

  private func decode(
    _ frame: UnsafeRawBufferPointer, with decoder: JPEGDecoder, _ divisor: (Int, Int) -> Int,
    into output: UnsafeMutableRawBufferPointer
  ) -> Outcome {
    do throws(JPEGDecoder.Failure) {
      let size = try decoder.size(of: frame)
      let divisor = divisor(size.width, size.height)
      try decoder.decode(frame, dividedBy: divisor, into: output)
      return .decoded(width: size.width, height: size.height, divisor: divisor)
    } catch {
      return .broken(Self.broken(frame, error, room: output.count))
    }
  }

  private static func broken(_ frame: UnsafeRawBufferPointer, _ why: JPEGDecoder.Failure, room: Int) -> BrokenFrame {
    switch why {
    case .truncated: BrokenFrame(kind: .cutOff, fault: "a JPEG frame of \(frame.count) bytes that is cut off")
    case .damaged(let why): BrokenFrame(kind: .damaged, fault: "a damaged JPEG frame (\(why))")
    case .unreadable(let why):
      BrokenFrame(kind: .noPicture, fault: "a frame of \(frame.count) bytes that is no JPEG picture (\(why))")
    case .bufferTooSmall(let bytes):
      BrokenFrame(
        kind: .tooLarge, fault: "a JPEG frame of \(bytes / 3) pixels where at most \(room / 3) are kept")
    case .tooManyPixels(let size):
      BrokenFrame(
        kind: .tooLarge, fault: "a JPEG frame of \(size.width)×\(size.height) where at most \(room / 3) pixels are kept"
      )
    }
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
    if written == Int32(target.fmt.pix.sizeimage) {
      return .decoded(width: Int(target.fmt.pix.width), height: Int(target.fmt.pix.height), divisor: 1)
    }
    let words = v4lconvert_get_error_message(converter).map { String(cString: $0) } ?? ""
    return .broken(
      BrokenFrame(
        kind: .damaged, fault: words.split(separator: "\n").last.map(String.init) ?? "a frame that libv4l cannot decode"
      ))
  }
}
