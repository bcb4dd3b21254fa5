import Capture
import Frames
import Platform

/// How long the conversion of one frame takes.
enum Speed {
  private static let formats: [FourCC] = [.yuyv, .uyvy, .nv12, .nv21, .yu12, .grey, .rgb3, .bgr3]
  private static let runs = 200

  /// Least time of many runs: what the code costs, without what else the machine does.
  static func report() {
    for format in formats {
      let isRGB = format == .rgb3 || format == .bgr3
      let layout = PixelLayout(
        fourCC: format, width: 640, height: 480, colour: ColourEncoding(matrix: .bt601, isFullRange: isRGB))
      guard let conversion = PixelConversion(layout), let byteCount = layout.leastFrameBytes else { continue }
      let frame = UnsafeMutableRawBufferPointer.allocate(byteCount: byteCount, alignment: 64)
      let output = UnsafeMutableRawBufferPointer.allocate(byteCount: layout.pixelCount * 3, alignment: 64)
      for index in frame.indices { frame[index] = UInt8(truncatingIfNeeded: index &* 37) }
      var least = Nanoseconds(seconds: 1)
      for _ in 0..<runs {
        let start = Nanoseconds.now()
        let isDecoded = conversion.convert(UnsafeRawBufferPointer(frame), into: output)
        precondition(isDecoded)
        least = min(least, .now() - start)
      }
      print("\(format) \((least.microseconds * 10).rounded() / 10) µs")
      frame.deallocate()
      output.deallocate()
    }
  }
}
