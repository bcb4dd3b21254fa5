/// An 8-bit depthwise 3×3 convolution, requantized, for some rows of output pixels.
public struct QuantizedDepthwiseArguments {
  /// The top left tap of the first output pixel; `[.., .., C]` bytes with a border of the zero point.
  public var input: UnsafePointer<UInt8>
  public var inputRowStrideBytes: Int
  public var channels: Int
  /// 1 or 2.
  public var stride: Int
  /// Output pixels of a row.
  public var pixels: Int
  public var rows: Int
  /// `QuantizedDepthwiseLayout`
  public var weights: UnsafePointer<Int32>
  /// Parts that the weights stand in (`QuantizedDepthwiseLayout.parts`).
  public var parts: Int
  public var range: OutputRange
  /// `[rows, pixels, C]` of bytes, or of 16-bit integers (`QuantizedKernelTable.elementBytes`).
  public var output: UnsafeMutableRawPointer

  public init(
    input: UnsafePointer<UInt8>, inputRowStrideBytes: Int, channels: Int, stride: Int, pixels: Int, rows: Int,
    weights: UnsafePointer<Int32>, parts: Int, range: OutputRange, output: UnsafeMutableRawPointer
  ) {
    self.input = input
    self.inputRowStrideBytes = inputRowStrideBytes
    self.channels = channels
    self.stride = stride
    self.pixels = pixels
    self.rows = rows
    self.weights = weights
    self.parts = parts
    self.range = range
    self.output = output
  }
}

/// How a depthwise kernel reads its weights, biases and scales.
public struct QuantizedDepthwiseLayout: Sendable, Hashable {
  public enum Products: Sendable {
    /// Of bytes: `byteDepthwise`.
    case bytes
    /// Of 16-bit integers: `wordDepthwise`.
    case words
    /// Of 16-bit integers, two at once: `tapPairDepthwise`.
    case pairs
  }
  public let products: Products

  public init(_ products: Products) { self.products = products }

  var isBytes: Bool { products == .bytes }

  /// Of how many bytes the weights are sums: less their zero point they may take nine bits, and byte products have eight.
  public func parts(_ kernel: [Int16]) -> Int {
    guard isBytes else { return 1 }
    return kernel.reduce(1) { $1 > 2 * 127 ? 3 : $1 > 127 || $1 < -128 ? max($0, 2) : $0 }
  }

  /// Words that `pack` writes.
  public func words(channels: Int, stride: Int, parts: Int) -> Int {
    isBytes
      ? ByteChunks(channels: channels, stride: stride).phases * ByteChunks.words(parts: parts)
      : channels / 8 * WordGroup.words
  }

  /// - Parameter kernel: `[3, 3, C]`, weights less their zero points.
  public func pack(
    kernel: [Int16], bias: [Int32], scales: [Float], stride: Int, into destination: UnsafeMutablePointer<Int32>
  ) {
    if isBytes {
      packBytes(kernel: kernel, bias: bias, scales: scales, stride: stride, into: destination)
    } else {
      packWords(kernel: kernel, bias: bias, scales: scales, into: destination)
    }
  }

  private func packWords(
    kernel: [Int16], bias: [Int32], scales: [Float], into destination: UnsafeMutablePointer<Int32>
  ) {
    func place(_ tap: Int, _ lane: Int) -> Int {
      products == .pairs ? tap / 2 * 16 + 2 * lane + tap % 2 : 8 * tap + lane
    }
    for group in 0..<bias.count / 8 {
      let target = destination + group * WordGroup.words
      let taps = UnsafeMutableRawPointer(target + WordGroup.taps).assumingMemoryBound(to: Int16.self)
      for lane in 0..<8 {
        let channel =
          products == .pairs
          ? WordGroup.channel(lane: lane, group: group, of: bias.count / 8) : 8 * group + lane
        target[lane] = bias[channel]
        target[WordGroup.scales + lane] = Int32(bitPattern: scales[channel].bitPattern)
        for tap in 0..<9 { taps[place(tap, lane)] = kernel[tap * bias.count + channel] }
        if products == .pairs { taps[place(9, lane)] = 0 }
      }
    }
  }

  private func packBytes(
    kernel: [Int16], bias: [Int32], scales: [Float], stride: Int, into destination: UnsafeMutablePointer<Int32>
  ) {
    let parts = parts(kernel)
    let chunks = ByteChunks(channels: bias.count, stride: stride)
    for phase in 0..<chunks.phases {
      let target = destination + phase * ByteChunks.words(parts: parts)
      for place in 0..<64 {
        // Interleaving four rows of bytes leaves the positions in the order that packing undoes.
        let (vector, lane) = place.quotientAndRemainder(dividingBy: 16)
        guard let channel = chunks.channel(phase: phase, position: 16 * (lane / 4) + 4 * vector + lane % 4) else {
          continue
        }
        target[place] = bias[channel]
        target[ByteChunks.scales + place] = Int32(bitPattern: scales[channel].bitPattern)
        for column in 0..<3 {
          let taps = (0..<3).map { kernel[($0 * 3 + column) * bias.count + channel] }
          var rest = taps
          for part in 0..<parts {
            let bytes = rest.map { min(max($0, -128), 127) }
            rest = zip(rest, bytes).map { $0 - $1 }
            var word: UInt32 = 0
            for row in 0..<3 { word |= UInt32(UInt8(truncatingIfNeeded: bytes[row])) << UInt32(8 * row) }
            let at = target + ByteChunks.taps + part * ByteChunks.part + column * 128 + place
            at[0] = Int32(bitPattern: word)
            at[64] = Int32(bitPattern: word << 8)
          }
        }
      }
    }
  }
}
