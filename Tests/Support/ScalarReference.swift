import Kernels

/// Every kernel in its plainest form, over ordinary `[H, W, C]` arrays: what the fast ones are tested against.
public enum ScalarReference {
  /// 3×3 convolution at stride 2 with ReLU6.
  /// - Parameters:
  ///   - input: `[side, side, Cin]`
  ///   - kernel: `[3, 3, Cin, Cout]`
  ///   - before: padding at top and left; that at bottom and right suffices. 0 is SAME for even inputs.
  /// - Returns: `[side / 2, side / 2, Cout]`
  public static func convolution(
    _ input: [Float], side: Int, inputChannels: Int, kernel: [Float], bias: [Float], before: Int = 0
  ) -> [Float] {
    let outputChannels = bias.count
    let outputSide = side / 2
    var output: [Float] = []
    output.reserveCapacity(outputSide * outputSide * outputChannels)
    for y in 0..<outputSide {
      for x in 0..<outputSide {
        for c in 0..<outputChannels {
          var sum = Double(bias[c])
          for ky in 0..<3 where (0..<side).contains(2 * y + ky - before) {
            for kx in 0..<3 where (0..<side).contains(2 * x + kx - before) {
              for i in 0..<inputChannels {
                let pixel = (2 * y + ky - before) * side + 2 * x + kx - before
                let tap = (ky * 3 + kx) * inputChannels + i
                sum += Double(input[pixel * inputChannels + i]) * Double(kernel[tap * outputChannels + c])
              }
            }
          }
          output.append(relu6(sum))
        }
      }
    }
    return output
  }

  /// Depthwise 3×3 with ReLU6.
  /// - Parameters:
  ///   - input: `[side, side, C]`
  ///   - kernel: `[3, 3, C]`
  ///   - before: padding at top and left; `nil` for SAME: 1 at stride 1, 0 at stride 2.
  /// - Returns: `[side / stride, side / stride, C]`
  public static func depthwise(
    _ input: [Float], side: Int, kernel: [Float], bias: [Float], stride: Int, before: Int? = nil
  ) -> [Float] {
    let channels = bias.count
    let outputSide = side / stride
    let before = before ?? (stride == 1 ? 1 : 0)
    var output: [Float] = []
    output.reserveCapacity(outputSide * outputSide * channels)
    for y in 0..<outputSide {
      for x in 0..<outputSide {
        for c in 0..<channels {
          var sum = Double(bias[c])
          for ky in 0..<3 {
            for kx in 0..<3 {
              let iy = y * stride + ky - before
              let ix = x * stride + kx - before
              guard (0..<side).contains(iy), (0..<side).contains(ix) else { continue }
              let pixel = iy * side + ix
              let tap = ky * 3 + kx
              sum += Double(input[pixel * channels + c]) * Double(kernel[tap * channels + c])
            }
          }
          output.append(relu6(sum))
        }
      }
    }
    return output
  }

  /// Pointwise convolution with ReLU6.
  /// - Parameters:
  ///   - input: `[pixels, Cin]`
  ///   - kernel: `[Cin, Cout]`
  /// - Returns: `[pixels, Cout]`
  public static func pointwise(_ input: [Float], inputChannels: Int, kernel: [Float], bias: [Float]) -> [Float] {
    linear(input, inputChannels: inputChannels, kernel: kernel, bias: bias).map { relu6($0) }
  }

  /// Fully connected layer over one or more rows: `[rows, Cin]` → `[rows, Cout]`.
  public static func fullyConnected(_ input: [Float], inputChannels: Int, kernel: [Float], bias: [Float]) -> [Float] {
    linear(input, inputChannels: inputChannels, kernel: kernel, bias: bias).map { Float($0) }
  }

  private static func linear(_ input: [Float], inputChannels: Int, kernel: [Float], bias: [Float]) -> [Double] {
    let outputChannels = bias.count
    var output: [Double] = []
    output.reserveCapacity(input.count / inputChannels * outputChannels)
    var sums = [Double](repeating: 0, count: outputChannels)
    for pixel in 0..<input.count / inputChannels {
      for c in 0..<outputChannels { sums[c] = Double(bias[c]) }
      for k in 0..<inputChannels {
        let x = Double(input[pixel * inputChannels + k])
        for c in 0..<outputChannels { sums[c] += x * Double(kernel[k * outputChannels + c]) }
      }
      output += sums
    }
    return output
  }

  /// `[pixels, C]` → `[C]`
  public static func averagePool(_ input: [Float], channels: Int) -> [Float] {
    let pixels = input.count / channels
    return (0..<channels).map { c in
      Float((0..<pixels).reduce(0.0) { $0 + Double(input[$1 * channels + c]) } / Double(pixels))
    }
  }

  public static func softmax(_ values: [Float]) -> [Float] {
    let largest = values.max() ?? 0
    var exponentials: [Double] = []
    for value in values { exponentials.append(exponential(Double(value - largest))) }
    let sum = exponentials.reduce(0, +)
    return exponentials.map { Float($0 / sum) }
  }

  /// One row of a separable resize.
  /// - Parameters:
  ///   - source: `[rowWeights.count, width, 3]` bytes
  ///   - columnFirsts: the first source column of each output pixel
  ///   - columnWeights: for each output pixel the weights of the columns that follow
  /// - Returns: `[columnFirsts.count, 3]`
  public static func resizeRow(
    _ source: [UInt8], width: Int, rowWeights: [Float], offset: Float, columnFirsts: [Int], columnWeights: [[Float]]
  ) -> [Float] {
    var line = [Double](repeating: Double(offset), count: width * 3)
    for (row, weight) in rowWeights.enumerated() {
      for i in line.indices { line[i] += Double(weight) * Double(source[row * width * 3 + i]) }
    }
    var output: [Float] = []
    for (first, weights) in zip(columnFirsts, columnWeights) {
      for color in 0..<3 {
        var sum = 0.0
        for (tap, weight) in weights.enumerated() { sum += Double(weight) * line[(first + tap) * 3 + color] }
        output.append(Float(sum))
      }
    }
    return output
  }

  private static func relu6(_ x: Double) -> Float { Float(min(max(x, 0), 6)) }

  /// e^x by its series on x / 2¹⁰, squared ten times: the library's `exp` would make the kernels depend on the C library.
  private static func exponential(_ x: Double) -> Double {
    let r = x / 1024
    var term = 1.0
    var sum = 1.0
    for n in 1...12 {
      term *= r / Double(n)
      sum += term
    }
    for _ in 0..<10 { sum *= sum }
    return sum
  }
}
