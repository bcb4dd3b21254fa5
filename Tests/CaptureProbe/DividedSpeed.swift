import Frames
import Glibc
import Kernels
import MobileNet
import Pixels
import Platform

/// What is saved by making frames no larger than the network looks at: each frame the long way and the short one, in turns.
enum DividedSpeed {
  private static let runs = 100

  private struct Way {
    var decode: () -> Bool
    var width: Int
    var height: Int
    var least = (decode: Nanoseconds(seconds: 1), whole: Nanoseconds(seconds: 1))
  }

  static func report(_ files: [String]) throws {
    print("| frame | network | divided by | decode, µs | of the whole | decode and preprocess, µs | of the whole |")
    print("|---|---|---|---|---|---|---|")
    for resolution in [128, 160, 192, 224] {
      for file in files {
        guard let bytes = try File.open(file, O_RDONLY).bytes(limit: 1 << 26) else { fail("\(file): too large") }
        let decoder = JPEGDecoder()
        let found = try bytes.withUnsafeBytes { try decoder.size(of: $0) }
        let size = (width: found.width, height: found.height)
        try compare("MJPEG \(size.width)×\(size.height)", size, resolution) { divisor, output in
          { bytes.withUnsafeBytes { (try? decoder.decode($0, dividedBy: divisor, into: output)) != nil } }
        }
      }
      for format in [PixelFormat.yuyv, .yuv420] {
        let size = (width: 1280, height: 720)
        let layout = PixelLayout(
          format, width: size.width, height: size.height, color: YUVColorSpace(matrix: .bt601, isFullRange: false))
        let frame = UnsafeMutableRawBufferPointer.allocate(byteCount: layout.frameBytes, alignment: 64)
        defer { frame.deallocate() }
        for index in frame.indices { frame[index] = UInt8(truncatingIfNeeded: index &* 37) }
        let bytes = UnsafeRawBufferPointer(frame)
        try compare("\(format.rawValue) 1280×720", size, resolution) { divisor, output in
          if let reduced = divisor == 1 ? nil : ReducedConversion(layout, dividedBy: divisor) {
            return { reduced.convert(bytes, into: output) }
          }
          let conversion = PixelConversion(layout)
          return { conversion.convert(bytes, into: output) }
        }
      }
    }
  }

  /// - Parameter way: decodes one frame, its sides divided, into a buffer.
  private static func compare(
    _ name: String, _ size: (width: Int, height: Int), _ resolution: Int,
    _ way: (Int, UnsafeMutableRawBufferPointer) -> () -> Bool
  ) throws {
    let ring = FrameRing()
    let reader = ring.makeReader()
    reader.detail = .square(.central, side: resolution)
    let divisor = ring.divisor(width: size.width, height: size.height)
    let output = UnsafeMutableRawBufferPointer.allocate(byteCount: size.width * size.height * 3, alignment: 64)
    let input = UnsafeMutablePointer<Float>.allocate(capacity: resolution * resolution * 3 + 4)
    defer {
      output.deallocate()
      input.deallocate()
    }
    let kernels = try InstructionSets.chosen()
    var ways = [1, divisor].map { divisor in
      Way(
        decode: way(divisor, output), width: (size.width + divisor - 1) / divisor,
        height: (size.height + divisor - 1) / divisor)
    }
    let preprocessors = ways.map { _ in Preprocessor(kernels: kernels) }
    preprocessors[1].divisor = divisor
    for _ in 0..<runs {
      for index in ways.indices {
        let start = Nanoseconds.of(CLOCK_THREAD_CPUTIME_ID)
        guard ways[index].decode() else { fail("\(name): cannot be decoded") }
        let decoded = Nanoseconds.of(CLOCK_THREAD_CPUTIME_ID)
        preprocessors[index].run(
          pixels: UnsafeRawBufferPointer(output), width: ways[index].width, height: ways[index].height,
          resolution: resolution, output: input, outputRowStride: resolution * 3)
        let end = Nanoseconds.of(CLOCK_THREAD_CPUTIME_ID)
        ways[index].least.decode = min(ways[index].least.decode, decoded - start)
        ways[index].least.whole = min(ways[index].least.whole, end - start)
      }
    }
    let (long, short) = (ways[0].least, ways[1].least)
    func pair(_ short: Nanoseconds, _ long: Nanoseconds) -> String {
      "\(Int(short.microseconds)) for \(Int(long.microseconds)) | \(fixed(short.microseconds / long.microseconds, 2))"
    }
    print(
      "| \(name) | \(resolution) | \(divisor) | \(pair(short.decode, long.decode)) | \(pair(short.whole, long.whole)) |"
    )
  }
}
