import Frames
import Kernels
import Model

/// Crops a frame, resizes it (bilinear, with antialiasing where it shrinks) and normalises it to [−1, 1] into a network's
/// input. Keeps its tables and buffers, so that nothing is allocated while frame size and resolution stay the same.
public final class Preprocessor {
  /// For each output position the first source position and the weights of the ones that follow.
  private struct Taps {
    var firsts: [Int] = []
    var weights: [Float] = []
    var count = 0

    /// A triangle filter, as wide as the scale where the image shrinks (the 'bilinear' of PIL).
    /// - Parameters:
    ///   - source: how many pixels there are to read.
    ///   - range: the part of them that is made smaller, or larger.
    ///   - offset: what positions in them are counted from.
    init(of source: Int, range: Range<Double>, to target: Int, offset: Int) {
      let scale = (range.upperBound - range.lowerBound) / Double(target)
      let support = max(scale, 1)
      count = Int((2 * support).rounded(.up)) + 1
      count = min(count, source)
      for position in 0..<target {
        let centre = range.lowerBound + (Double(position) + 0.5) * scale
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

  private struct Key: Equatable {
    var width = 0
    var height = 0
    var resolution = 0
    var crop = Crop(x: 0, y: 0, side: 0)
    var divisor = 1
  }

  /// The square of the next frames, which has to lie in them, in pixels of the source; `nil`: their middle
  /// (`CropChoice.central`).
  public var crop: Crop?
  /// What the source's width and height were divided by for the next frames. The square is the same part of the picture then,
  /// though it may begin and end between pixels.
  public var divisor = 1
  private var key = Key()
  private var columns = Taps(of: 1, range: 0..<1, to: 1, offset: 0)
  private var rows = Taps(of: 1, range: 0..<1, to: 1, offset: 0)
  /// The columns that are read.
  private var area = 0..<0
  /// One row of them, `[area.count, 3]`, filtered vertically; four floats to spare, for reads of a whole pixel vector.
  private var line = AlignedBuffer(0)
  /// One output row before and after rounding to bytes.
  private var row: [Float] = []
  private var bytes: [UInt8] = []

  private let kernels: KernelTable

  public init(kernels: KernelTable) { self.kernels = kernels }

  /// - Parameters:
  ///   - pixels: `[height, width, 3]` bytes, RGB.
  ///   - output: `[resolution, outputRowStride / 3, 3]`; a float after the last pixel of a row is overwritten with zero,
  ///     which is the border's value.
  public func run(
    pixels: UnsafeRawBufferPointer, width: Int, height: Int, resolution: Int, output: UnsafeMutablePointer<Float>,
    outputRowStride: Int
  ) {
    resize(pixels: pixels, width: width, height: height, resolution: resolution) { output + $0 * outputRowStride }
  }

  /// One row after another, each to where `output` says.
  private func resize(
    pixels: UnsafeRawBufferPointer, width: Int, height: Int, resolution: Int,
    output: (Int) -> UnsafeMutablePointer<Float>, then use: (Int) -> Void = { _ in }
  ) {
    precondition(pixels.count >= width * height * 3)
    prepare(width: width, height: height, resolution: resolution)
    let base = pixels.baseAddress!.assumingMemoryBound(to: UInt8.self) + area.lowerBound * 3
    rows.weights.withUnsafeBufferPointer { rowWeights in
      columns.firsts.withUnsafeBufferPointer { firsts in
        columns.weights.withUnsafeBufferPointer { columnWeights in
          for y in 0..<resolution {
            kernels.resizeRow(
              ResizeArguments(
                source: base + rows.firsts[y] * width * 3, sourceRowBytes: width * 3,
                rowWeights: rowWeights.baseAddress! + y * rows.count, rowTaps: rows.count, offset: -1,
                rowBytes: area.count * 3, line: line.pointer, columnFirsts: firsts.baseAddress!,
                columnWeights: columnWeights.baseAddress!, columnTaps: columns.count, pixels: resolution,
                output: output(y)))
            use(y)
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
    let count = resolution * 3
    if row.count != count + 16 {
      row = Array(repeating: 0, count: count + 16)
      bytes = Array(repeating: 0, count: count + 16)
    }
    row.withUnsafeMutableBufferPointer { row in
      bytes.withUnsafeMutableBufferPointer { bytes in
        let (row, bytes) = (row.baseAddress!, bytes.baseAddress!)
        resize(pixels: pixels, width: width, height: height, resolution: resolution, output: { _ in row }) { y in
          round(row, count: count, into: bytes)
          use(y, bytes)
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
    network.fillInputBorder()
  }

  private func prepare(width: Int, height: Int, resolution: Int) {
    let crop = crop ?? CropChoice.central.crop(width: width * divisor, height: height * divisor)
    let wanted = Key(width: width, height: height, resolution: resolution, crop: crop, divisor: divisor)
    guard key != wanted else { return }
    key = wanted
    let across = Self.pixels(of: crop.x, crop.side, divisor)
    let down = Self.pixels(of: crop.y, crop.side, divisor)
    precondition(
      across.lowerBound >= 0 && across.upperBound <= width && down.lowerBound >= 0 && down.upperBound <= height)
    func range(of start: Int, from first: Int) -> Range<Double> {
      let begin = Double(start) / Double(divisor) - Double(first)
      return begin..<begin + Double(crop.side) / Double(divisor)
    }
    area = across
    columns = Taps(of: across.count, range: range(of: crop.x, from: across.lowerBound), to: resolution, offset: 0)
    rows = Taps(
      of: down.count, range: range(of: crop.y, from: down.lowerBound), to: resolution, offset: down.lowerBound)
    // Bytes to [−1, 1]: the scale goes into the weights, the offset into the sum.
    for index in rows.weights.indices { rows.weights[index] /= 127.5 }
    line = AlignedBuffer(area.count * 3 + 4)
  }

  /// The pixels of a divided frame that have a part of the square.
  private static func pixels(of start: Int, _ side: Int, _ divisor: Int) -> Range<Int> {
    start / divisor..<(start + side + divisor - 1) / divisor
  }
}
