/// One row of a separable resize: some rows of bytes, weighted and added, and then columns of the sum.
public struct ResizeArguments {
  /// The first source row that has a weight, at the crop's left edge: bytes, RGB.
  public var source: UnsafePointer<UInt8>
  public var sourceRowBytes: Int
  /// Weights of the source rows, with the scale of the result in them.
  public var rowWeights: UnsafePointer<Float>
  public var rowTaps: Int
  /// What is added to each sum: the offset of the result.
  public var offset: Float
  /// Bytes of the crop's row: 3 × its width.
  public var rowBytes: Int
  /// Takes `rowBytes` floats, and four more are read.
  public var line: UnsafeMutablePointer<Float>
  /// First source column of each output pixel.
  public var columnFirsts: UnsafePointer<Int>
  /// `[pixels, columnTaps]`
  public var columnWeights: UnsafePointer<Float>
  public var columnTaps: Int
  public var pixels: Int
  /// `[pixels, 3]`; one float more is set to zero.
  public var output: UnsafeMutablePointer<Float>

  public init(
    source: UnsafePointer<UInt8>, sourceRowBytes: Int, rowWeights: UnsafePointer<Float>, rowTaps: Int, offset: Float,
    rowBytes: Int, line: UnsafeMutablePointer<Float>, columnFirsts: UnsafePointer<Int>,
    columnWeights: UnsafePointer<Float>, columnTaps: Int, pixels: Int, output: UnsafeMutablePointer<Float>
  ) {
    self.source = source
    self.sourceRowBytes = sourceRowBytes
    self.rowWeights = rowWeights
    self.rowTaps = rowTaps
    self.offset = offset
    self.rowBytes = rowBytes
    self.line = line
    self.columnFirsts = columnFirsts
    self.columnWeights = columnWeights
    self.columnTaps = columnTaps
    self.pixels = pixels
    self.output = output
  }
}

@inlinable @inline(__always)
public func resizeRow<ISA: InstructionSet>(_ a: ResizeArguments, isa: ISA.Type) {
  // Down the rows, where neighbours lie side by side.
  var i = 0
  while i &+ ISA.Vector.lanes <= a.rowBytes {
    rowSum(isa, ISA.Vector.self, a, at: i)
    i &+= ISA.Vector.lanes
  }
  while i < a.rowBytes {
    var sum = a.offset
    for t in 0..<a.rowTaps { sum += a.rowWeights[t] * Float(a.source[t &* a.sourceRowBytes &+ i]) }
    a.line[i] = sum
    i &+= 1
  }
  // Across the columns: a pixel is three lanes of four; the fourth is the next pixel's, which overwrites it.
  for x in 0..<a.pixels {
    let source = a.line + 3 &* a.columnFirsts[x]
    let weights = a.columnWeights + x &* a.columnTaps
    var sum = SIMD4<Float>(repeating: 0)
    for t in 0..<a.columnTaps { sum += SIMD4(repeating: weights[t]) * SIMD4.load(source + 3 &* t) }
    sum.store(a.output + 3 &* x)
  }
  a.output[3 &* a.pixels] = 0
}

@inlinable @inline(__always)
func rowSum<ISA: InstructionSet, V: ElementwiseFloatVector>(_: ISA.Type, _: V.Type, _ a: ResizeArguments, at i: Int) {
  var sum = V.repeating(a.offset)
  for t in 0..<a.rowTaps {
    sum = V.multiplyAdd(sum, V.repeating(a.rowWeights[t]), V.loadBytes(a.source + (t &* a.sourceRowBytes &+ i)))
  }
  sum.store(a.line + i)
}
