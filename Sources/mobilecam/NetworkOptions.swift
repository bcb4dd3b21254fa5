import ArgumentParser
import Frames
import MobileNet
import Model
import NetworkSelection
import Platform
import Playback

/// The options that choose a network: α, resolution, precision, threads, weights.
struct NetworkOptions: ParsableArguments {
  @Option(parsing: .unconditional, help: ArgumentHelp("Width multiplier α: 0.25, 0.5, 0.75 or 1.", valueName: "alpha"))
  var alpha: Double?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Side of the network's input in pixels: a multiple of 32 from 32 to 320.", valueName: "px"))
  var resolution: Int?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Resolution multiplier ρ = resolution / 224, instead of --resolution.", valueName: "rho"))
  var rho: Double?

  @Option(
    help: """
      Precision of the network: fp32, int8 for 8-bit integers, bf16 where the CPU has AVX-512 BF16 or ARMv8.6 BF16, or fp16 \
      where it has ARMv8.2 FP16; that of --weights unless given.
      """)
  var precision: String?

  @Option(parsing: .unconditional, help: "Threads of the network; as many as physical cores unless given.")
  var threads: Int?

  @Option(
    help: ArgumentHelp(
      "A weights file (safetensors or TFLite), or a folder of them; random for none: latency only.", valueName: "path"))
  var weights: String?

  @Option(
    help: ArgumentHelp(
      """
      Names of the network's classes: one on each line, or JSON. Without, ImageNet's for 1000 classes, else those in the \
      weights' file or in a labels.txt beside it.
      """, valueName: "file"))
  var labels: String?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      """
      What --weights reads for black and white, where its file does not say it: -1..1 (which is taken without), 0..1, \
      0..255, or other numbers.
      """, valueName: "low..high"))
  var inputRange: String?

  /// Those that this machine can run.
  static var usablePrecisions: [Precision] {
    Precision.allCases.filter { (try? InstructionSets.chosen(for: $0)) != nil }
  }

  func validate() throws {
    if let inputRange {
      guard chosenInputRange != nil else {
        throw ValidationError(
          "--input-range \(inputRange): expected what black and white are, such as -1..1, 0..1 or 0..255.")
      }
      if weights == nil || weights == WeightPlaces.random {
        throw ValidationError("--input-range tells how to read --weights: give the file too.")
      }
    }
    if let alpha, Alpha(rawValue: alpha) == nil {
      throw ValidationError(
        "--alpha \(number(alpha)): expected one of 0.25, 0.5, 0.75 and 1, the width multipliers of MobileNet V1.")
    }
    if resolution != nil, rho != nil {
      throw ValidationError("--resolution and --rho say the same thing: give one of them.")
    }
    if let resolution, !Architecture.isValid(resolution: resolution) {
      throw ValidationError(
        "--resolution \(resolution): expected a multiple of 32 from 32 to 320, such as 224, 192, 160 or 128.")
    }
    if let rho, Self.resolution(ofRho: rho) == nil {
      throw ValidationError(
        "--rho \(number(rho)): expected resolution / 224 of a multiple of 32 from 32 to 320, "
          + "such as 1, 0.857, 0.714 or 0.571.")
    }
    if let precision, chosenPrecision == nil {
      throw ValidationError("--precision \(precision): expected \(Precision.list).")
    }
    // A set that is unknown or not there is another matter, of which the kernels' choice tells.
    if let chosenPrecision, (try? InstructionSets.chosenQuantized()) != nil {
      do {
        _ = try InstructionSets.chosen(for: chosenPrecision)
      } catch let error as UserError {
        throw ValidationError("--precision \(error.message)")
      }
    }
    if let threads, !WorkerTeam.countRange.contains(threads) {
      throw ValidationError(
        "--threads \(threads): expected \(WorkerTeam.countRange.lowerBound) to \(WorkerTeam.countRange.upperBound); "
          + "this machine has \(WorkerTeam.physicalCoreCount()) physical cores.")
    }
  }

  /// The resolution given, either way.
  var chosenResolution: Int? { resolution ?? rho.flatMap(Self.resolution(ofRho:)) }
  var chosenAlpha: Alpha? { alpha.flatMap(Alpha.init(rawValue:)) }
  var chosenPrecision: Precision? { precision.flatMap(Precision.init(rawValue:)) }
  var chosenInputRange: InputNormalization? {
    guard let inputRange, let dots = inputRange.firstRange(of: ".."),
      let black = Double(inputRange[..<dots.lowerBound]), let white = Double(inputRange[dots.upperBound...])
    else { return nil }
    let range = InputNormalization(black: black, white: white)
    return range.isUsable ? range : nil
  }
  var chosenThreads: Int { threads ?? WorkerTeam.physicalCoreCount() }

  /// Where weights are looked for, and networks are made.
  /// - Throws: `UserError` if `--weights` or `--labels` names nothing usable, `MOBILECAM_ISA` no instruction set of this
  ///   machine, or the program's own files are not found and nothing is named instead of them.
  func store() throws -> NetworkStore {
    let assets = weights == nil ? try Assets.directory() : try? Assets.directory()
    return try NetworkStore(weights: weights, assets: assets, inputRange: chosenInputRange, labels: labels)
  }

  /// What the options choose.
  func configuration(in store: NetworkStore) -> Configuration {
    store.configuration(
      alpha: chosenAlpha, resolution: chosenResolution, precision: chosenPrecision, threads: chosenThreads)
  }

  /// Two decimals are enough to name a resolution, as the paper does.
  private static func resolution(ofRho rho: Double) -> Int? {
    guard rho.isFinite, abs(rho) < 100 else { return nil }
    let step = Double(Architecture.resolutionStep)
    let resolution = Int((rho * 224 / step).rounded()) * Architecture.resolutionStep
    return Architecture.isValid(resolution: resolution) && abs(Double(resolution) / 224 - rho) < 0.01 ? resolution : nil
  }
}
