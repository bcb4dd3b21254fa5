import CCPU
import Glibc
import Kernels
import Model
import Platform

#if arch(x86_64)
  import KernelsAVX2
  import KernelsAVX512
  import KernelsAVX512BF16
  import KernelsAVX512VNNI
  import KernelsAVXVNNI
#elseif arch(arm64)
  import KernelsDotProduct
  import KernelsI8MM
  import KernelsNEON
  import KernelsNEONBF16
  import KernelsNEONFP16
#endif

/// Which kernels this machine can run, and which were chosen.
public enum InstructionSets {
  /// From the plainest to the fastest, those that both CPU and operating system have enabled, with the float32 kernels that
  /// go with the 8-bit ones: `avxvnni` adds byte products to `avx2`, `avx512vnni` to `avx512`, and nothing to float32 networks;
  /// nor do `sdot` and `i8mm` to `neon`.
  private static let sets: [(quantized: QuantizedKernelTable, float: KernelTable)] = {
    var sets = [(quantized: QuantizedKernelTable.baseline, float: KernelTable.baseline)]
    #if arch(x86_64)
      if X86Features.found.avx2 { sets.append((.avx2, .avx2)) }
      if X86Features.found.avxvnni { sets.append((.avxvnni, .avx2)) }
      if X86Features.found.avx512 { sets.append((.avx512, .avx512)) }
      if X86Features.found.vnni { sets.append((.avx512vnni, .avx512)) }
    #elseif arch(arm64)
      sets.append((.neon, .neon))
      if ARMFeatures.hasDotProduct { sets.append((.sdot, .neon)) }
      if ARMFeatures.hasMatrices { sets.append((.i8mm, .neon)) }
    #endif
    return sets
  }()

  public static let available = sets.map(\.float).reduce(into: [KernelTable]()) { tables, table in
    if tables.last !== table { tables.append(table) }
  }
  public static let availableQuantized = sets.map(\.quantized)

  /// The same for bfloat16 networks: `nil` where this machine cannot multiply bfloat16.
  public static let bfloat16: KernelTable? = {
    #if arch(x86_64)
      if X86Features.found.bf16 { return .avx512bf16 }
    #elseif arch(arm64)
      if ARMFeatures.hasBFloat16 { return .neonbf16 }
    #endif
    return nil
  }()

  /// The same for networks in half precision.
  public static let float16: KernelTable? = {
    #if arch(arm64)
      if ARMFeatures.hasHalfPrecision { return .neonfp16 }
    #endif
    return nil
  }()

  /// All kernels for real numbers that this machine can run.
  public static let availableReal = available + [bfloat16, float16].compactMap { $0 }

  /// The kernels of `avxvnni` as a CPU with AVX-512 can run them, for tests.
  package static let avxvnniByAVX512: QuantizedKernelTable? = {
    #if arch(x86_64)
      if X86Features.found.vnni { return .avx512vl }
    #endif
    return nil
  }()

  /// The names of all that the program was compiled with, whether this machine can run them or not.
  public static let compiled: [String] = {
    #if arch(x86_64)
      known + ["avx512bf16"]
    #elseif arch(arm64)
      known + ["neonbf16", "neonfp16"]
    #else
      known
    #endif
  }()

  public static let environmentVariable = "MOBILECAM_ISA"
  /// Those of this processor's kind.
  static let known: [String] = {
    #if arch(x86_64)
      ["baseline", "avx2", "avxvnni", "avx512", "avx512vnni"]
    #elseif arch(arm64)
      ["baseline", "neon", "sdot", "i8mm"]
    #else
      ["baseline"]
    #endif
  }()

  /// The fastest, or the one that `MOBILECAM_ISA` names.
  /// - Throws: `UserError` for a name that is unknown or that this CPU lacks.
  public static func chosen() throws -> KernelTable {
    guard let value = getenv(environmentVariable) else { return available[available.count - 1] }
    return try named(String(cString: value))
  }

  /// The same for 8-bit networks.
  /// - Throws: `UserError`
  public static func chosenQuantized() throws -> QuantizedKernelTable {
    guard let value = getenv(environmentVariable) else { return availableQuantized[availableQuantized.count - 1] }
    return try namedQuantized(String(cString: value))
  }

  /// The kernels for real numbers that go with a precision. Those of 16 bits need the fastest set.
  /// - Throws: `UserError` where this machine cannot multiply such numbers, or `MOBILECAM_ISA` names a slower set.
  public static func chosen(for precision: Precision) throws -> KernelTable {
    guard let (table, instructions) = shortFloat(precision) else { return try chosen() }
    let found = availableQuantized.map(\.name)
    guard let table else {
      throw UserError(
        "\(precision.name) needs a CPU with \(instructions): this CPU, or its operating system, has none. "
          + "It has: \(found.joined(separator: ", ")). Take fp32 or int8.")
    }
    let chosen = try chosenQuantized().name
    guard chosen == found[found.count - 1] else {
      throw UserError(
        "\(precision.name) needs \(instructions), which \(environmentVariable)=\(chosen) leaves out. "
          + "Unset \(environmentVariable), or take fp32 or int8.")
    }
    return table
  }

  /// The kernels of a precision that not every CPU has, and the instructions that it needs; `nil` of the others.
  private static func shortFloat(_ precision: Precision) -> (table: KernelTable?, instructions: String)? {
    switch precision {
    case .fp32, .int8: nil
    case .bf16: (bfloat16, bfloat16Instructions)
    case .fp16: (float16, "ARMv8.2 FP16")
    }
  }

  /// Those of this processor's kind.
  public static let bfloat16Instructions: String = {
    #if arch(arm64)
      "ARMv8.6 BF16"
    #else
      "AVX-512 BF16"
    #endif
  }()

  /// The float32 kernels to go with 8-bit ones, for the softmax.
  static func companion(of table: QuantizedKernelTable) -> KernelTable {
    sets.first { $0.quantized === table }?.float ?? .baseline
  }

  package static func named(_ name: String) throws -> KernelTable {
    companion(of: try namedQuantized(name))
  }

  package static func namedQuantized(_ name: String) throws -> QuantizedKernelTable {
    if let table = availableQuantized.first(where: { $0.name == name }) { return table }
    let choices = availableQuantized.map(\.name).joined(separator: ", ")
    if known.contains(name) {
      throw UserError(
        "\(environmentVariable)=\(name): this CPU, or its operating system, has no \(name). "
          + "It has: \(choices). Unset \(environmentVariable) to take the fastest.")
    }
    throw UserError(
      "\(environmentVariable)=\(name) is no instruction set: expected one of \(choices). "
        + "Unset \(environmentVariable) to take the fastest.")
  }
}

#if arch(x86_64)
  /// What the kernels' compiler flags assume (x86-64-v3 and v4 of the psABI), read from CPUID and XGETBV.
  struct X86Features {
    var avx2 = false
    var avxvnni = false
    var avx512 = false
    var vnni = false
    var bf16 = false

    /// This machine's; each set stands on the ones before it.
    static let found = detect()

    private static func detect() -> X86Features {
      func cpuid(_ leaf: UInt32, _ subleaf: UInt32 = 0) -> (a: UInt32, b: UInt32, c: UInt32, d: UInt32) {
        var registers: (UInt32, UInt32, UInt32, UInt32) = (0, 0, 0, 0)
        withUnsafeMutableBytes(of: &registers) {
          mobilecam_cpuid(leaf, subleaf, $0.bindMemory(to: UInt32.self).baseAddress!)
        }
        return (registers.0, registers.1, registers.2, registers.3)
      }
      func has(_ register: UInt32, _ bits: Int...) -> Bool { bits.allSatisfy { register >> UInt32($0) & 1 == 1 } }

      var features = X86Features()
      guard cpuid(0).a >= 7, cpuid(0x8000_0000).a >= 0x8000_0001 else { return features }
      let one = cpuid(1)
      let seven = cpuid(7)
      let extended = cpuid(0x8000_0001)
      guard has(one.c, 27) else { return features }  // OSXSAVE: without it XGETBV does not exist
      let state = mobilecam_xgetbv0()
      // FMA, SSE4.1, SSE4.2, MOVBE, POPCNT, AVX, F16C; BMI1, AVX2, BMI2; LZCNT; the OS saves XMM and YMM.
      features.avx2 =
        has(one.c, 12, 19, 20, 22, 23, 28, 29) && has(seven.b, 3, 5, 8) && has(extended.c, 5) && state & 0x6 == 0x6
      // Leaf 7 tells the number of its last subleaf.
      let more = seven.a >= 1 ? cpuid(7, 1).a : 0
      features.avxvnni = features.avx2 && has(more, 4)
      // AVX-512 F, DQ, CD, BW, VL; the OS saves the mask registers and the upper halves.
      features.avx512 = features.avx2 && has(seven.b, 16, 17, 28, 30, 31) && state & 0xe6 == 0xe6
      features.vnni = features.avx512 && has(seven.c, 11)
      features.bf16 = features.avx512 && has(more, 5)
      return features
    }
  }
#endif

#if arch(arm64)
  /// What the kernels' compiler flags assume, as the kernel tells every program: it says nothing that it does not save.
  enum ARMFeatures {
    /// `SDOT`, HWCAP_ASIMDDP.
    static let hasDotProduct = mobilecam_hwcap() >> 20 & 1 == 1
    /// `USDOT` and `USMMLA`, HWCAP2_I8MM.
    static let hasMatrices = hasDotProduct && mobilecam_hwcap2() >> 13 & 1 == 1
    /// Half precision, HWCAP_ASIMDHP.
    static let hasHalfPrecision = mobilecam_hwcap() >> 10 & 1 == 1
    /// `BFDOT` and `BFMMLA`, HWCAP2_BF16.
    static let hasBFloat16 = mobilecam_hwcap2() >> 14 & 1 == 1
  }
#endif
