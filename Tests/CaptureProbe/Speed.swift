import Pixels
import Platform

/// How long the conversion of one frame takes.
enum Speed {
  private static let formats: [PixelFormat] = [.yuyv, .uyvy, .nv12, .nv21, .yuv420, .grey, .rgb, .bgr]
  private static let runs = 200

  /// Least time of many runs: what the code costs, without what else the machine does.
  static func report() {
    for format in formats {
      let isRGB = format == .rgb || format == .bgr
      let layout = PixelLayout(
        format, width: 640, height: 480, color: YUVColorSpace(matrix: .bt601, isFullRange: isRGB))
      let conversion = PixelConversion(layout)
      let frame = UnsafeMutableRawBufferPointer.allocate(byteCount: layout.frameBytes, alignment: 64)
      let output = UnsafeMutableRawBufferPointer.allocate(byteCount: 640 * 480 * 3, alignment: 64)
      for index in frame.indices { frame[index] = UInt8(truncatingIfNeeded: index &* 37) }
      var least = Nanoseconds(seconds: 1)
      for _ in 0..<runs {
        let start = Nanoseconds.now()
        let isDecoded = conversion.convert(UnsafeRawBufferPointer(frame), into: output)
        precondition(isDecoded)
        least = min(least, .now() - start)
      }
      print("\(format.rawValue) \((least.microseconds * 10).rounded() / 10) µs")
      frame.deallocate()
      output.deallocate()
    }
  }
}
