/// The numbers that a network computes in.
public enum Precision: String, Sendable, Hashable, CaseIterable, Comparable, Codable {
  case fp32
  /// 8-bit integers.
  case int8
  /// bfloat16 weights and feature maps, summed in float32; where the CPU has AVX-512 BF16 or ARMv8.6 BF16.
  case bf16
  /// Half-precision weights and feature maps, summed in half precision over few products at a time; where the CPU has
  /// ARMv8.2 FP16.
  case fp16

  public var name: String { rawValue }
  /// `fp32, int8, bf16, fp16`, for help and errors.
  public static let list = allCases.map(\.rawValue).joined(separator: ", ")

  public static func < (a: Precision, b: Precision) -> Bool { a.rawValue < b.rawValue }
}
