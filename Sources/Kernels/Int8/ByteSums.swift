/// Σ of the bytes of each pixel times a factor: what a zero point of the weights adds to the pixel's sums.
public struct ByteSumsArguments {
  /// The first pixel's first byte; a pixel has `runs` of `count` bytes, `runStrideBytes` apart.
  public var input: UnsafePointer<UInt8>
  public var pixelStrideBytes: Int
  public var runs: Int
  public var runStrideBytes: Int
  public var count: Int
  public var pixels: Int
  public var factor: Int32
  /// `[pixels]`
  public var output: UnsafeMutablePointer<Int32>

  public init(
    input: UnsafePointer<UInt8>, pixelStrideBytes: Int, runs: Int, runStrideBytes: Int, count: Int, pixels: Int,
    factor: Int32, output: UnsafeMutablePointer<Int32>
  ) {
    self.input = input
    self.pixelStrideBytes = pixelStrideBytes
    self.runs = runs
    self.runStrideBytes = runStrideBytes
    self.count = count
    self.pixels = pixels
    self.factor = factor
    self.output = output
  }
}

@inlinable @inline(__always)
public func byteSums<ISA: QuantizedInstructionSet>(_ a: ByteSumsArguments, isa: ISA.Type) {
  for pixel in 0..<a.pixels {
    var sums = SIMD8<Int32>(repeating: 0)
    var rest: Int32 = 0
    for run in 0..<a.runs {
      let start = a.input + (pixel &* a.pixelStrideBytes &+ run &* a.runStrideBytes)
      var k = 0
      while k &+ 8 <= a.count {
        sums = sums &+ widenedBytes(isa, start + k)
        k &+= 8
      }
      while k < a.count {
        rest = rest &+ Int32(start[k])
        k &+= 1
      }
    }
    a.output[pixel] = (sum(isa, sums) &+ rest) &* a.factor
  }
}
