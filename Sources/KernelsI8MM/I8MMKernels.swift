#if arch(arm64)
  import CCPU
  import Kernels

  /// Unsigned bytes times signed ones: the matrix extension of ARMv8.6 (Cortex-A510, A710, Neoverse N2 and newer). Four
  /// products a lane here; convolutions take `usmmla`, which does twice as many at once.
  public enum QuantizedI8MM: NEONInstructionSet {
    public typealias Sums = SIMD4<Int32>
    @inlinable @inline(__always) public static var name: String { "i8mm" }

    @inlinable @inline(__always) public static func loadInputs(_ p: UnsafeRawPointer) -> Sums {
      p.loadUnaligned(as: Sums.self)
    }
    @inlinable @inline(__always) public static func dot(_ sums: Sums, _ inputs: Sums, _ weights: Sums) -> Sums {
      vusdotq_s32(
        sums, unsafeBitCast(inputs, to: SIMD16<UInt8>.self), unsafeBitCast(weights, to: SIMD16<Int8>.self))
    }
  }

  extension QuantizedKernelTable {
    public static let i8mm: QuantizedKernelTable = {
      let dots = make(QuantizedI8MM.self)
      return QuantizedKernelTable(
        name: dots.name, elementBytes: dots.elementBytes, panels: dots.panels, depthwiseLayout: dots.depthwiseLayout,
        convolution: { matrixConvolution(copy $0) }, depthwise: dots.depthwise, pool: dots.pool,
        fullyConnected: dots.fullyConnected, byteSums: dots.byteSums)
    }()
  }

  /// Eight bytes of each of two pixels or channels.
  typealias Octets = SIMD2<Int64>

  /// Sums of two pixels for eight channels: in each vector both pixels' for two channels.
  struct MatrixSums {
    var a: SIMD4<Int32>
    var b: SIMD4<Int32>
    var c: SIMD4<Int32>
    var d: SIMD4<Int32>

    @inline(__always)
    mutating func add(_ x: SIMD4<Int32>) {
      a = a &+ x
      b = b &+ x
      c = c &+ x
      d = d &+ x
    }

    @inline(__always)
    mutating func multiply(_ inputs: Octets, _ weights: MatrixWeights) {
      let x = unsafeBitCast(inputs, to: SIMD16<UInt8>.self)
      a = vusmmlaq_s32(a, x, weights.a)
      b = vusmmlaq_s32(b, x, weights.b)
      c = vusmmlaq_s32(c, x, weights.c)
      d = vusmmlaq_s32(d, x, weights.d)
    }
  }

  /// Two words of eight channels, as `usmmla` wants them: eight bytes of a channel and then of the next.
  struct MatrixWeights {
    let a: SIMD16<Int8>
    let b: SIMD16<Int8>
    let c: SIMD16<Int8>
    let d: SIMD16<Int8>

    @inline(__always)
    init(_ p: UnsafePointer<Int32>) {
      func load(_ index: Int) -> SIMD4<Int32> { UnsafeRawPointer(p + 4 &* index).loadUnaligned(as: SIMD4<Int32>.self) }
      func bytes(_ x: SIMD4<Int32>) -> SIMD16<Int8> { unsafeBitCast(x, to: SIMD16<Int8>.self) }
      a = bytes(vzip1q_s32(load(0), load(2)))
      b = bytes(vzip2q_s32(load(0), load(2)))
      c = bytes(vzip1q_s32(load(1), load(3)))
      d = bytes(vzip2q_s32(load(1), load(3)))
    }
  }

  /// The register tile: `P` pairs of pixels × eight channels. Of an odd number of pixels the last one is its own neighbour.
  enum MatrixTile<let P: Int> {
    @inline(__always)
    static func multiply(
      _ sums: inout InlineArray<P, MatrixSums>, _ inputs: InlineArray<P, Octets>, _ weights: inout UnsafePointer<Int32>
    ) {
      let w = MatrixWeights(weights)
      weights += 16
      for p in 0..<P { sums[unchecked: p].multiply(inputs[unchecked: p], w) }
    }

    @inline(__always)
    static func run(_ a: QuantizedConvolutionArguments, first: Int, rows: Int, column: Int) {
      // From the first pixel of a pair to the second one.
      func neighbour(_ p: Int) -> Int { 2 &* p &+ 1 < rows ? 1 : 0 }
      let bias = UnsafeRawPointer(a.bias + column)
      let (low, high) = (bias.loadUnaligned(as: Octets.self), (bias + 16).loadUnaligned(as: Octets.self))
      func sums(_ x: Octets) -> SIMD4<Int32> { unsafeBitCast(x, to: SIMD4<Int32>.self) }
      var acc = InlineArray<P, MatrixSums>(
        repeating: MatrixSums(
          a: sums(vzip1q_s64(low, low)), b: sums(vzip2q_s64(low, low)), c: sums(vzip1q_s64(high, high)),
          d: sums(vzip2q_s64(high, high))))
      if let corrections = a.corrections {
        for p in 0..<P {
          let (x, y) = (corrections[first &+ 2 &* p], corrections[first &+ 2 &* p &+ neighbour(p)])
          acc[unchecked: p].add(SIMD4(x, x, y, y))
        }
      }
      var weights = a.weights + column &* a.runs &* a.words
      var line = a.input + first &* a.pixelStrideBytes
      for _ in 0..<a.runs {
        func pixel(_ p: Int) -> UnsafeRawPointer { line + 2 &* p &* a.pixelStrideBytes }
        var k = 0
        while k &+ 4 <= a.words {
          var near = InlineArray<P, Octets>(repeating: Octets(0, 0))
          var far = InlineArray<P, Octets>(repeating: Octets(0, 0))
          for p in 0..<P {
            let (one, other) = (pixel(p) + 4 &* k, pixel(p) + (4 &* k &+ neighbour(p) &* a.pixelStrideBytes))
            let (x, y) = (one.loadUnaligned(as: Octets.self), other.loadUnaligned(as: Octets.self))
            near[unchecked: p] = vzip1q_s64(x, y)
            far[unchecked: p] = vzip2q_s64(x, y)
          }
          multiply(&acc, near, &weights)
          multiply(&acc, far, &weights)
          k &+= 4
        }
        if k < a.words {
          var inputs = InlineArray<P, Octets>(repeating: Octets(0, 0))
          for p in 0..<P {
            let (one, other) = (pixel(p) + 4 &* k, pixel(p) + (4 &* k &+ neighbour(p) &* a.pixelStrideBytes))
            inputs[unchecked: p] = Octets(one.loadUnaligned(as: Int64.self), other.loadUnaligned(as: Int64.self))
          }
          multiply(&acc, inputs, &weights)
        }
        line += a.runStrideBytes
      }
      let offsets = a.outputOffsets + first
      let (output, scales) = (a.output + column, a.scales + column)
      func octets(_ x: SIMD4<Int32>) -> Octets { unsafeBitCast(x, to: Octets.self) }
      for p in 0..<P {
        let s = acc[unchecked: p]
        let (a01, a23) = (octets(s.a), octets(s.b))
        let (a45, a67) = (octets(s.c), octets(s.d))
        QuantizedI8MM.store(
          sums(vzip1q_s64(a01, a23)), sums(vzip1q_s64(a45, a67)), scales: scales, a.range,
          to: output + Int(offsets[2 &* p]))
        if neighbour(p) == 1 {
          QuantizedI8MM.store(
            sums(vzip2q_s64(a01, a23)), sums(vzip2q_s64(a45, a67)), scales: scales, a.range,
            to: output + Int(offsets[2 &* p &+ 1]))
        }
      }
    }
  }

  /// Tiles of up to six pixels, a panel of eight channels after the other: the sums of eight would be kept in memory too.
  /// Runs of an odd number of words, as the first layer's three, are left to dot products.
  func matrixConvolution(_ a: QuantizedConvolutionArguments) {
    guard a.words & 1 == 0, a.columns.count & 7 == 0 else {
      quantizedConvolution(a, isa: QuantizedI8MM.self)
      return
    }
    let tiles = (a.pixels &+ 5) / 6
    var column = a.columns.lowerBound
    while column < a.columns.upperBound {
      for tile in 0..<tiles {
        // As even as can be, of whole pairs.
        let pairs = (a.pixels &+ 1) / 2
        let (start, end) = (tile &* pairs / tiles, (tile &+ 1) &* pairs / tiles)
        let (first, rows) = (2 &* start, min(2 &* end, a.pixels) &- 2 &* start)
        switch end &- start {
        case 1: MatrixTile<1>.run(a, first: first, rows: rows, column: column)
        case 2: MatrixTile<2>.run(a, first: first, rows: rows, column: column)
        default: MatrixTile<3>.run(a, first: first, rows: rows, column: column)
        }
      }
      column &+= 8
    }
  }
#endif
