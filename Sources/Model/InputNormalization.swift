/// What a network reads for a pixel: real = scale × byte + offset, for each of red, green and blue.
public struct InputNormalization: Sendable, Hashable {
  public let scale: SIMD3<Double>
  public let offset: SIMD3<Double>

  public init(scale: SIMD3<Double>, offset: SIMD3<Double>) {
    self.scale = scale
    self.offset = offset
  }

  /// The numbers that stand for black and white.
  public init(black: Double, white: Double) {
    self.init(scale: SIMD3(repeating: (white - black) / 255), offset: SIMD3(repeating: black))
  }

  /// −1 … 1, MobileNet's own.
  public static let signed = InputNormalization(black: -1, white: 1)
  /// 0 … 1
  public static let unit = InputNormalization(black: 0, white: 1)
  /// 0 … 255, the pixel itself.
  public static let pixels = InputNormalization(black: 0, white: 255)
  /// What networks are usually made for.
  public static let usual = [signed, unit, pixels]

  public func real(_ pixel: Int, channel: Int) -> Double { scale[channel] * Double(pixel) + offset[channel] }

  /// What comes out of factor × real + term.
  public func followed(by factor: SIMD3<Double>, _ term: SIMD3<Double>) -> InputNormalization {
    InputNormalization(scale: factor * scale, offset: factor * offset + term)
  }

  /// The same as a function of pixel / 127.5 − 1, which the engine computes with.
  public var ofSigned: (factor: SIMD3<Double>, term: SIMD3<Double>) { (127.5 * scale, 127.5 * scale + offset) }

  /// Where the real zero, with which networks pad, lies in pixel / 127.5 − 1.
  public var border: SIMD3<Float> {
    let (factor, term) = ofSigned
    return SIMD3<Float>(-term / factor)
  }

  /// From the smallest to the largest number that it gives.
  public var range: ClosedRange<Double> {
    let ends = [offset, 255 * scale + offset]
    return ends.map { $0.min() }.min()!...ends.map { $0.max() }.max()!
  }

  /// Whether it gives a range's numbers, or nearly so: calibration leaves out the ends that its images do not reach.
  public func covers(_ found: ClosedRange<Double>) -> Bool {
    let tolerance = 0.2 * (range.upperBound - range.lowerBound)
    return abs(found.lowerBound - range.lowerBound) <= tolerance
      && abs(found.upperBound - range.upperBound) <= tolerance
  }

  /// No number of it makes arithmetic with weights overflow, or cannot be undone.
  public var isUsable: Bool {
    (0..<3).allSatisfy { 1e-6...1e6 ~= abs(scale[$0]) && abs(offset[$0]) <= 1e6 }
  }
}
