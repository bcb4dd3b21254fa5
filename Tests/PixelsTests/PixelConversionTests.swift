import Pixels
import Testing

/// The exact conversion, one pixel at a time, from the definition of each format and colour encoding.
private struct Reference {
  let layout: PixelLayout
  let bytes: [UInt8]

  /// Cb and Cr, or R, G, B; luma first.
  private func components(_ x: Int, _ y: Int) -> (Int, Int, Int) {
    let stride = layout.bytesPerRow
    func at(_ offset: Int) -> Int { Int(bytes[offset]) }
    let row = y * stride
    let plane = layout.height * stride
    switch layout.format {
    case .yuyv: return (at(row + 2 * x), at(row + x / 2 * 4 + 1), at(row + x / 2 * 4 + 3))
    case .uyvy: return (at(row + 2 * x + 1), at(row + x / 2 * 4), at(row + x / 2 * 4 + 2))
    case .nv12, .nv21:
      let pair = plane + y / 2 * stride + x / 2 * 2
      let isNV12 = layout.format == .nv12
      return (at(row + x), at(pair + (isNV12 ? 0 : 1)), at(pair + (isNV12 ? 1 : 0)))
    case .yuv420, .yuv422, .yuv411, .yuv444:
      let (across, down) =
        layout.format == .yuv420 ? (2, 2) : (layout.format == .yuv422 ? 2 : layout.format == .yuv411 ? 4 : 1, 1)
      let chromaStride = (stride + across - 1) / across
      let chroma = y / down * chromaStride + x / across
      let chromaPlane = (layout.height + down - 1) / down * chromaStride
      return (at(row + x), at(plane + chroma), at(plane + chromaPlane + chroma))
    case .grey: return (at(row + x), 0, 0)
    case .rgb: return (at(row + 3 * x), at(row + 3 * x + 1), at(row + 3 * x + 2))
    default: return (at(row + 3 * x + 2), at(row + 3 * x + 1), at(row + 3 * x))
    }
  }

  func pixel(_ x: Int, _ y: Int) -> [Double] { exact(x, y).map { min(max($0, 0), 255) } }

  /// Also beyond 0…255.
  func exact(_ x: Int, _ y: Int) -> [Double] {
    let (a, b, c) = components(x, y)
    let full = layout.color.isFullRange
    func luma(_ value: Int) -> Double { full ? Double(value) / 255 : Double(value - 16) / 219 }
    func chroma(_ value: Int) -> Double { Double(value - 128) / (full ? 255 : 224) }
    func byte(_ value: Double) -> Double { value * 255 }
    switch layout.format {
    case .grey: return [byte(luma(a)), byte(luma(a)), byte(luma(a))]
    case .rgb, .bgr: return [byte(luma(a)), byte(luma(b)), byte(luma(c))]
    default:
      let (kr, kb) = layout.color.matrix.weights
      let red = luma(a) + 2 * (1 - kr) * chroma(c)
      let blue = luma(a) + 2 * (1 - kb) * chroma(b)
      let green = (luma(a) - kr * red - kb * blue) / (1 - kr - kb)
      return [byte(red), byte(green), byte(blue)]
    }
  }
}

private let formats: [PixelFormat] = [
  .yuyv, .uyvy, .nv12, .nv21, .yuv420, .yuv422, .yuv411, .yuv444, .grey, .rgb, .bgr,
]

@Suite struct PixelConversionTests {
  /// Numbers that look random and are the same each time.
  private static func noise(_ count: Int, seed: UInt64) -> [UInt8] {
    var state = seed
    return (0..<count).map { _ in
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return UInt8(truncatingIfNeeded: state >> 33)
    }
  }

  /// Decodes into a buffer with guard bytes around it; `nil` if refused.
  private static func decode(_ layout: PixelLayout, _ bytes: [UInt8]) throws -> [UInt8]? {
    let conversion = PixelConversion(layout)
    let guardBytes = 32
    let count = layout.width * layout.height * 3
    var output = [UInt8](repeating: 0xA5, count: count + 2 * guardBytes)
    let decoded = output.withUnsafeMutableBytes { output in
      bytes.withUnsafeBytes {
        conversion.convert($0, into: UnsafeMutableRawBufferPointer(rebasing: output[guardBytes..<guardBytes + count]))
      }
    }
    #expect(output.prefix(guardBytes).allSatisfy { $0 == 0xA5 }, "bytes before the picture were written")
    #expect(output.suffix(guardBytes).allSatisfy { $0 == 0xA5 }, "bytes after the picture were written")
    return decoded ? Array(output[guardBytes..<guardBytes + count]) : nil
  }

  @Test(arguments: formats)
  func matchesTheReference(_ format: PixelFormat) throws {
    // Around the vector's eight pixels, odd sizes, and rows with and without padding.
    for (width, height) in [(2, 2), (6, 2), (8, 2), (10, 4), (16, 3), (17, 5), (31, 3), (64, 2)] {
      for padding in [0, 6, 64] {
        for isFullRange in [false, true] {
          for matrix: YUVColorSpace.Matrix in [.bt601, .bt709, .bt2020, .smpte240m] {
            let layout = PixelLayout(
              format, width: width, height: height,
              bytesPerRow: PixelLayout(format, width: width, height: height).bytesPerRow + padding,
              color: YUVColorSpace(matrix: matrix, isFullRange: isFullRange))
            let count = layout.frameBytes
            let bytes = Self.noise(count, seed: UInt64(width * 1000 + height * 10 + padding))
            let reference = Reference(layout: layout, bytes: bytes)
            let found = try #require(try Self.decode(layout, bytes))
            var largest = 0.0
            for y in 0..<height {
              for x in 0..<width {
                for (channel, exact) in reference.pixel(x, y).enumerated() {
                  largest = max(largest, abs(exact - Double(found[(y * width + x) * 3 + channel])))
                }
              }
            }
            #expect(largest <= 1, "\(layout): off by \(largest)")
          }
        }
      }
    }
  }

  /// The means of squares, where nothing is clamped but at the end: rounding Y′, Cb and Cr costs up to 1.6, and the result half a level.
  @Test(arguments: formats.filter { $0 != .rgb && $0 != .bgr }, [2, 4, 8])
  func theReducedConversionGivesMeans(_ format: PixelFormat, _ divisor: Int) throws {
    for (width, height) in [(2, 2), (16, 16), (17, 5), (31, 23), (64, 48), (1, 1), (5, 64)] {
      for padding in [0, 6] {
        for color in [
          YUVColorSpace(matrix: .bt601, isFullRange: false), YUVColorSpace(matrix: .bt709, isFullRange: true),
        ] {
          let layout = PixelLayout(
            format, width: width, height: height,
            bytesPerRow: PixelLayout(format, width: width, height: height).bytesPerRow + padding, color: color)
          let bytes = Self.noise(layout.frameBytes, seed: UInt64(width * 1000 + height * 10 + padding))
          let reference = Reference(layout: layout, bytes: bytes)
          let conversion = try #require(ReducedConversion(layout, dividedBy: divisor))
          var found = [UInt8](repeating: 0xA5, count: conversion.width * conversion.height * 3 + 1)
          let isDone = found.withUnsafeMutableBytes { found in
            bytes.withUnsafeBytes { conversion.convert($0, into: found) }
          }
          #expect(isDone && found.last == 0xA5)
          #expect(
            conversion.width == (width + divisor - 1) / divisor && conversion.height == (height + divisor - 1) / divisor
          )
          var largest = 0.0
          for y in 0..<conversion.height {
            for x in 0..<conversion.width {
              var sums = [0.0, 0, 0]
              var count = 0.0
              for line in y * divisor..<min((y + 1) * divisor, height) {
                for column in x * divisor..<min((x + 1) * divisor, width) {
                  for (channel, value) in reference.exact(column, line).enumerated() { sums[channel] += value }
                  count += 1
                }
              }
              for (channel, sum) in sums.enumerated() {
                let mean = min(max(sum / count, 0), 255)
                largest = max(largest, abs(mean - Double(found[(y * conversion.width + x) * 3 + channel])))
              }
            }
          }
          #expect(largest <= 2.11, "\(layout): off by \(largest)")
        }
      }
    }
  }

  @Test func theReducedConversionRefusesAFrameThatIsOneByteShort() throws {
    let layout = PixelLayout(.nv12, width: 16, height: 4)
    let conversion = try #require(ReducedConversion(layout, dividedBy: 2))
    var output = [UInt8](repeating: 0, count: 8 * 2 * 3)
    for missing in [0, 1] {
      let isDone = output.withUnsafeMutableBytes { output in
        [UInt8](repeating: 9, count: layout.frameBytes - missing).withUnsafeBytes {
          conversion.convert($0, into: output)
        }
      }
      #expect(isDone == (missing == 0))
    }
  }

  /// Y′CbCr of BT.601 limited range for colours that everyone knows.
  @Test(arguments: [
    ([16, 128, 128], [0, 0, 0]), ([235, 128, 128], [255, 255, 255]), ([81, 90, 240], [255, 0, 0]),
    ([145, 54, 34], [0, 255, 0]), ([41, 240, 110], [0, 0, 255]), ([126, 128, 128], [128, 128, 128]),
  ])
  func knownColors(_ yuv: [UInt8], _ rgb: [Int]) throws {
    let layout = PixelLayout(.yuyv, width: 16, height: 2)
    let bytes = (0..<16).flatMap { _ in [yuv[0], yuv[1], yuv[0], yuv[2]] }
    let found = try #require(try Self.decode(layout, bytes))
    for (index, value) in found.enumerated() { #expect(abs(Int(value) - rgb[index % 3]) <= 1) }
  }

  @Test(arguments: formats)
  func refusesAFrameThatIsOneByteShort(_ format: PixelFormat) throws {
    let layout = PixelLayout(format, width: 16, height: 4)
    let count = layout.frameBytes
    #expect(try Self.decode(layout, [UInt8](repeating: 9, count: count - 1)) == nil)
    #expect(try Self.decode(layout, [UInt8](repeating: 9, count: count)) != nil)
  }
}
