import Frames

/// The square of a frame that the network sees: centred, 87.5 % of the shorter side, as in slim's evaluation.
public struct Crop: Sendable, Hashable {
  public let x: Int
  public let y: Int
  public let side: Int

  public static let centralFraction = 0.875

  public init(width: Int, height: Int) {
    side = max(1, Int((Double(min(width, height)) * Self.centralFraction).rounded()))
    x = (width - side) / 2
    y = (height - side) / 2
  }
}

/// Crops a frame, resizes it (bilinear, with antialiasing where it shrinks) and normalises it to [−1, 1] into a network's
/// input. Keeps its tables and buffers, so that nothing is allocated while frame size and resolution stay the same.
public final class Preprocessor {
  /// For each output position the first source position and the weights of the ones that follow.
  private struct Taps {
    var firsts: [Int] = []
    var weights: [Float] = []
    var count = 0

    /// A triangle filter, as wide as the scale where the image shrinks (the 'bilinear' of PIL).
    init(from source: Int, to target: Int, offset: Int) {
      let scale = Double(source) / Double(target)
      let support = max(scale, 1)
      count = Int((2 * support).rounded(.up)) + 1
      count = min(count, source)
      for position in 0..<target {
        let centre = (Double(position) + 0.5) * scale
        var first = max(0, Int((centre - support + 0.5).rounded(.down)))
        first = min(first, source - count)
        var taps = (0..<count).map { max(0, 1 - abs((Double(first + $0) + 0.5 - centre) / support)) }
        let sum = taps.reduce(0, +)
        for index in taps.indices { taps[index] /= sum }
        firsts.append(offset + first)
        weights += taps.map { Float($0) }
      }
    }
  }

  private var key: (width: Int, height: Int, resolution: Int) = (0, 0, 0)
  public private(set) var crop = Crop(width: 1, height: 1)
  private var columns = Taps(from: 1, to: 1, offset: 0)
  private var rows = Taps(from: 1, to: 1, offset: 0)
  /// One row of the crop, `[side, 3]`, filtered vertically; four floats to spare, for reads of a whole pixel vector.
  private var line: [Float] = []
  /// One output row before and after rounding to bytes.
  private var row: [Float] = []
  private var bytes: [UInt8] = []

  public init() {}

  /// - Parameters:
  ///   - pixels: `[height, width, 3]` bytes, RGB.
  ///   - output: `[resolution, outputRowStride / 3, 3]`; a float after the last pixel of a row is overwritten with zero,
  ///     which is the border's value.
  public func run(
    pixels: UnsafeRawBufferPointer, width: Int, height: Int, resolution: Int, output: UnsafeMutablePointer<Float>,
    outputRowStride: Int
  ) {
    precondition(pixels.count >= width * height * 3)
    prepare(width: width, height: height, resolution: resolution)
    let base = pixels.baseAddress!.assumingMemoryBound(to: UInt8.self) + crop.x * 3
    let rowBytes = width * 3
    let lineFloats = crop.side * 3
    line.withUnsafeMutableBufferPointer { line in
      columns.firsts.withUnsafeBufferPointer { firsts in
        columns.weights.withUnsafeBufferPointer { weights in
          for y in 0..<resolution {
            filterRows(y, base: base, rowBytes: rowBytes, count: lineFloats, into: line.baseAddress!)
            filterColumns(
              line.baseAddress!, firsts: firsts.baseAddress!, weights: weights.baseAddress!, taps: columns.count,
              pixels: resolution, into: output + y * outputRowStride)
          }
        }
      }
    }
  }

  /// Crops and resizes to bytes `[resolution, resolution, 3]`, and hands them out row by row.
  /// - Parameter use: takes the row's number and its `resolution × 3` bytes.
  public func run(
    pixels: UnsafeRawBufferPointer, width: Int, height: Int, resolution: Int,
    use: (Int, UnsafePointer<UInt8>) -> Void
  ) {
    precondition(pixels.count >= width * height * 3)
    prepare(width: width, height: height, resolution: resolution)
    let base = pixels.baseAddress!.assumingMemoryBound(to: UInt8.self) + crop.x * 3
    let count = resolution * 3
    if row.count != count + 16 {
      row = Array(repeating: 0, count: count + 16)
      bytes = Array(repeating: 0, count: count + 16)
    }
    for y in 0..<resolution {
      line.withUnsafeMutableBufferPointer { line in
        filterRows(y, base: base, rowBytes: width * 3, count: crop.side * 3, into: line.baseAddress!)
        row.withUnsafeMutableBufferPointer { row in
          columns.firsts.withUnsafeBufferPointer { firsts in
            columns.weights.withUnsafeBufferPointer { weights in
              filterColumns(
                line.baseAddress!, firsts: firsts.baseAddress!, weights: weights.baseAddress!, taps: columns.count,
                pixels: resolution, into: row.baseAddress!)
            }
          }
          bytes.withUnsafeMutableBufferPointer { bytes in
            round(row.baseAddress!, count: count, into: bytes.baseAddress!)
            use(y, bytes.baseAddress!)
          }
        }
      }
    }
  }

  /// [−1, 1] back to the nearest of 0 … 255; writes up to seven bytes more than `count`.
  private func round(_ row: UnsafePointer<Float>, count: Int, into bytes: UnsafeMutablePointer<UInt8>) {
    for i in stride(from: 0, to: count, by: 8) {
      let real = UnsafeRawPointer(row + i).loadUnaligned(as: SIMD8<Float>.self)
      // Adding 2²³ rounds to an integer, halves to even, and leaves it in the low bits. The filter's weights are positive and
      // add up to one, so that only rounding errors can leave the range.
      let steps = (real + 1) * 127.5
      let clamped = steps.clamped(lowerBound: SIMD8(repeating: 0), upperBound: SIMD8(repeating: 255)) + 8_388_608
      let low = SIMD8<UInt8>(truncatingIfNeeded: unsafeBitCast(clamped, to: SIMD8<UInt32>.self))
      UnsafeMutableRawPointer(bytes + i).storeBytes(of: low, as: SIMD8<UInt8>.self)
    }
  }

  /// Fills a network's input from a frame.
  public func run(pixels: UnsafeRawBufferPointer, width: Int, height: Int, into network: Network) {
    run(
      pixels: pixels, width: width, height: height, resolution: network.architecture.resolution,
      output: network.input, outputRowStride: network.inputRowStride)
  }

  private func prepare(width: Int, height: Int, resolution: Int) {
    guard key != (width, height, resolution) else { return }
    key = (width, height, resolution)
    crop = Crop(width: width, height: height)
    columns = Taps(from: crop.side, to: resolution, offset: 0)
    rows = Taps(from: crop.side, to: resolution, offset: crop.y)
    line = Array(repeating: 0, count: crop.side * 3 + 16)
  }

  /// `line[i] = Σ_t weight[t] × source[first + t][i] / 127.5 − 1`: down the rows, where neighbours lie side by side.
  private func filterRows(
    _ y: Int, base: UnsafePointer<UInt8>, rowBytes: Int, count: Int, into line: UnsafeMutablePointer<Float>
  ) {
    let first = base + rows.firsts[y] * rowBytes
    rows.weights.withUnsafeBufferPointer { weights in
      let taps = weights.baseAddress! + y * rows.count
      var i = 0
      while i + 8 <= count {
        var sum = SIMD8<Float>(repeating: -1)
        for t in 0..<rows.count {
          let bytes = UnsafeRawPointer(first + t * rowBytes + i).loadUnaligned(as: SIMD8<UInt8>.self)
          sum += SIMD8<Float>(repeating: taps[t] * (1 / 127.5)) * SIMD8<Float>(SIMD8<Int32>(truncatingIfNeeded: bytes))
        }
        UnsafeMutableRawPointer(line + i).storeBytes(of: sum, as: SIMD8<Float>.self)
        i += 8
      }
      while i < count {
        var sum: Float = -1
        for t in 0..<rows.count { sum += taps[t] * (1 / 127.5) * Float(first[t * rowBytes + i]) }
        line[i] = sum
        i += 1
      }
    }
  }

  private func filterColumns(
    _ line: UnsafePointer<Float>, firsts: UnsafePointer<Int>, weights: UnsafePointer<Float>, taps: Int, pixels: Int,
    into output: UnsafeMutablePointer<Float>
  ) {
    for x in 0..<pixels {
      var sum = SIMD4<Float>(repeating: 0)
      let source = line + firsts[x] * 3
      for t in 0..<taps {
        let pixel = UnsafeRawPointer(source + 3 * t).loadUnaligned(as: SIMD4<Float>.self)
        sum += SIMD4<Float>(repeating: weights[x * taps + t]) * pixel
      }
      // The fourth lane is the next pixel's red, which the next round overwrites; after the last it is the border.
      if x == pixels - 1 { sum.w = 0 }
      UnsafeMutableRawPointer(output + 3 * x).storeBytes(of: sum, as: SIMD4<Float>.self)
    }
  }
}
