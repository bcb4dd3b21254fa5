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
  /// Whether `weights` hold two parts (`QuantizedDepthwiseLayout.isSplit`).
  public var isSplit: Bool
  public var range: OutputRange
  /// `[rows, pixels, C]` of bytes, or of 16-bit integers (`QuantizedKernelTable.elementBytes`).
  public var output: UnsafeMutableRawPointer

  public init(
    input: UnsafePointer<UInt8>, inputRowStrideBytes: Int, channels: Int, stride: Int, pixels: Int, rows: Int,
    weights: UnsafePointer<Int32>, isSplit: Bool, range: OutputRange, output: UnsafeMutableRawPointer
  ) {
    self.input = input
    self.inputRowStrideBytes = inputRowStrideBytes
    self.channels = channels
    self.stride = stride
    self.pixels = pixels
    self.rows = rows
    self.weights = weights
    self.isSplit = isSplit
    self.range = range
    self.output = output
  }
}

/// How a depthwise kernel reads its weights, biases and scales.
public struct QuantizedDepthwiseLayout: Sendable, Hashable {
  /// Sets with byte products (`byteDepthwise`); the others multiply 16-bit integers (`wordDepthwise`).
  public let isBytes: Bool

  public init(isBytes: Bool) { self.isBytes = isBytes }

  /// Whether weights need two parts: less their zero point they may take nine bits, and byte products have eight.
  public func isSplit(_ kernel: [Int16]) -> Bool { isBytes && !kernel.allSatisfy { (-128...127).contains($0) } }

  /// Words that `pack` writes.
  public func words(channels: Int, stride: Int, isSplit: Bool) -> Int {
    isBytes
      ? ByteChunks(channels: channels, stride: stride).phases * ByteChunks.words(isSplit: isSplit)
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
    for group in 0..<bias.count / 8 {
      let target = destination + group * WordGroup.words
      let taps = UnsafeMutableRawPointer(target + WordGroup.taps).assumingMemoryBound(to: Int16.self)
      for lane in 0..<8 {
        let channel = 8 * group + lane
        target[lane] = bias[channel]
        target[WordGroup.scales + lane] = Int32(bitPattern: scales[channel].bitPattern)
        for tap in 0..<9 { taps[8 * tap + lane] = kernel[tap * bias.count + channel] }
      }
    }
  }

  private func packBytes(
    kernel: [Int16], bias: [Int32], scales: [Float], stride: Int, into destination: UnsafeMutablePointer<Int32>
  ) {
    let isSplit = isSplit(kernel)
    let chunks = ByteChunks(channels: bias.count, stride: stride)
    for phase in 0..<chunks.phases {
      let target = destination + phase * ByteChunks.words(isSplit: isSplit)
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
          let low = taps.map { min(max($0, -128), 127) }
          let parts = isSplit ? [low, zip(taps, low).map { $0 - $1 }] : [low]
          for (part, bytes) in parts.enumerated() {
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
