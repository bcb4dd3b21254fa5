import Kernels

/// Every 8-bit kernel in its plainest form, over ordinary `[H, W, C]` arrays: what the fast ones are tested against, to the bit.
///
/// Kernels are given less their zero points; inputs bring their border with them.
public enum QuantizedScalarReference {
  /// One sum as a byte (`OutputRange`).
  public static func byte(_ sum: Int32, scale: Float, _ range: OutputRange) -> UInt8 {
    let rounded = (Float(sum) * scale).rounded(.toNearestOrEven) + Float(range.zeroPoint)
    return UInt8(min(max(rounded, Float(range.low)), Float(range.high)))
  }

  /// 3×3 convolution over three channels at stride 2.
  /// - Parameters:
  ///   - input: `[2 × side + 1, 2 × side + 1, 3]`
  ///   - kernel: `[3, 3, 3, Cout]`
  /// - Returns: `[side, side, Cout]`
  public static func firstConvolution(
    _ input: [UInt8], side: Int, kernel: [Int16], bias: [Int32], scales: [Float], range: OutputRange
  ) -> [UInt8] {
    let channels = bias.count
    let width = 2 * side + 1
    var output: [UInt8] = []
    for y in 0..<side {
      for x in 0..<side {
        for c in 0..<channels {
          var sum = bias[c]
          for ky in 0..<3 {
            for i in 0..<9 {
              let value = input[((2 * y + ky) * width + 2 * x) * 3 + i]
              sum += Int32(value) * Int32(kernel[(9 * ky + i) * channels + c])
            }
          }
          output.append(byte(sum, scale: scales[c], range))
        }
      }
    }
    return output
  }

  /// Depthwise 3×3.
  /// - Parameters:
  ///   - input: `[stride × rows + 3 − stride, width, C]`
  ///   - kernel: `[3, 3, C]`
  /// - Returns: `[rows, pixels, C]`
  public static func depthwise(
    _ input: [UInt8], width: Int, rows: Int, pixels: Int, stride: Int, kernel: [Int16], bias: [Int32],
    scales: [Float], range: OutputRange
  ) -> [UInt8] {
    let channels = bias.count
    var output: [UInt8] = []
    for y in 0..<rows {
      for x in 0..<pixels {
        for c in 0..<channels {
          var sum = bias[c]
          for ky in 0..<3 {
            for kx in 0..<3 {
              let value = input[((y * stride + ky) * width + x * stride + kx) * channels + c]
              sum += Int32(value) * Int32(kernel[(3 * ky + kx) * channels + c])
            }
          }
          output.append(byte(sum, scale: scales[c], range))
        }
      }
    }
    return output
  }

  /// The sums of products of a pointwise or fully connected layer: `[pixels, Cin]`, `[Cin, Cout]` → `[pixels, Cout]`.
  public static func sums(_ input: [UInt8], inputChannels: Int, kernel: [Int16], bias: [Int32]) -> [Int32] {
    let channels = bias.count
    var output: [Int32] = []
    for pixel in 0..<input.count / inputChannels {
      var sums = bias
      for k in 0..<inputChannels {
        let value = Int32(input[pixel * inputChannels + k])
        for c in 0..<channels { sums[c] += value * Int32(kernel[k * channels + c]) }
      }
      output += sums
    }
    return output
  }

  /// `[pixels, C]` → `[C]`; halves go up, by a quarter of a pixel's share.
  public static func pool(
    _ input: [UInt8], channels: Int, zero: Int32, scale: Float, range: OutputRange
  ) -> [UInt8] {
    (0..<channels).map { c in
      let sum = stride(from: c, to: input.count, by: channels).reduce(Int32(0)) { $0 + Int32(input[$1]) }
      return byte(4 * (sum - zero) + 1, scale: scale * 0.25, range)
    }
  }
}
