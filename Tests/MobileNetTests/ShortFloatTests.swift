import Foundation
import Kernels
import MobileNet
import Model
import ModelFiles
import TestSupport
import Testing

/// The network in bfloat16 and in half precision against TensorFlow's and LiteRT's float32 outputs, and on a hundred photographs.
@Suite(
  .enabled(if: Reference.isUsable, "no reference data beside the checkout"),
  .enabled(if: !ShortFloats.precisions.isEmpty, "this CPU multiplies no numbers of 16 bits"), .serialized)
struct ShortFloatTests {
  /// How far a format's logits may lie from those of float32, by the root of the mean square.
  ///
  /// bfloat16: activations and weights are off by up to 2⁻⁹ of themselves, in every layer anew: that moves the shipped
  /// network's logits by 0.1 to 0.33 (the most at 128 px, for which it was not trained). A probability p moves by p (1 − p) times
  /// that, a quarter of it at most: by 0.1 where a logit is off by 0.4. The logits of random weights lie near each other: they
  /// move by less than 0.008.
  ///
  /// Half precision is eight times as fine, but sums round in it too, where products of large weights cancel most: half as far.
  struct Bounds {
    var kernels: String
    var probability: Float
    var shippedLogits: Double
    var randomLogits: Double
    var photographs: Double
  }
  static func bounds(_ precision: Precision) -> Bounds {
    #if arch(arm64)
      let bfloat16Kernels = "neonbf16"
    #else
      let bfloat16Kernels = "avx512bf16"
    #endif
    return precision == .bf16
      ? Bounds(
        kernels: bfloat16Kernels, probability: 0.1, shippedLogits: 0.4, randomLogits: 0.02, photographs: 0.2)
      : Bounds(kernels: "neonfp16", probability: 0.05, shippedLogits: 0.2, randomLogits: 0.02, photographs: 0.1)
  }

  @Test("TensorFlow's outputs for the shipped weights", arguments: ShortFloats.precisions, GoldenTests.resolutions)
  func shippedWeights(precision: Precision, resolution: Int) throws {
    let golden = try Reference.floats("reference/golden/keras_0.25_\(resolution)_f32_1000.bin")
    let source = try SafetensorsFile(path: Checkout.asset("weights/mobilenet_v1_0.25_224.safetensors"))
    try compare(
      source, precision, resolution: resolution, images: 8, with: golden,
      logitTolerance: Self.bounds(precision).shippedLogits)
  }

  @Test("LiteRT's outputs for random networks", arguments: ShortFloats.precisions, Alpha.allCases)
  func randomNetworks(precision: Precision, alpha: Alpha) throws {
    let path = Reference.path("bench/models/mobilenet_v1_\(alpha.name)_random_fp32.tflite")
    guard case .float(let source) = try WeightFile.load(path: path) else {
      Issue.record("expected float weights in \(path)")
      return
    }
    for resolution in GoldenTests.resolutions {
      let golden = try Reference.floats("reference/golden/random_\(alpha.name)_\(resolution)_f32_1000.bin")
      try compare(
        source, precision, resolution: resolution, images: 2, with: golden,
        logitTolerance: Self.bounds(precision).randomLogits)
    }
  }

  @Test("At most one photograph fewer is right in its top 5 than in float32", arguments: ShortFloats.precisions)
  func photographs(precision: Precision) throws {
    let source = try SafetensorsFile(path: Checkout.asset("weights/mobilenet_v1_0.25_224.safetensors"))
    func answers(_ kernels: KernelTable) throws -> (right: (top1: Int, top5: Int), probabilities: [[Float]]) {
      let network = Network(
        weights: try PackedWeights(source, kernels: kernels), resolution: 224, team: try WorkerTeam(count: 1))
      var probabilities: [[Float]] = []
      let right = try Photographs.right(network, each: { probabilities.append(Array($0)) })
      return (right, probabilities)
    }
    let float = try answers(InstructionSets.available.last!)
    let found = try answers(InstructionSets.chosen(for: precision))
    #expect(found.right.top5 >= float.right.top5 - 1, "\(precision): \(found.right), float32: \(float.right)")
    #expect(found.right.top1 >= float.right.top1 - 2, "\(precision): \(found.right), float32: \(float.right)")
    let noise = Self.logitNoise(found.probabilities, float.probabilities)
    print("\(precision): \(found.right), float32: \(float.right), logits differ by \(noise)")
    #expect(noise > 0 && noise < Self.bounds(precision).photographs)
  }

  /// How far logits lie apart, by the root of the mean square: those of one image are known but for what all have in common.
  private static func logitNoise(_ a: [[Float]], _ b: [[Float]]) -> Double {
    let variances = zip(a, b).map { a, b in
      let differences = zip(a, b).map { Double(log($0 / $1)) }
      let mean = differences.reduce(0, +) / Double(differences.count)
      return differences.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(differences.count)
    }
    return (variances.reduce(0, +) / Double(variances.count)).squareRoot()
  }

  private func compare(
    _ source: some FloatWeightSource, _ precision: Precision, resolution: Int, images: Int, with golden: [Float],
    logitTolerance: Double
  ) throws {
    let bounds = Self.bounds(precision)
    let weights = try PackedWeights(source, kernels: InstructionSets.chosen(for: precision))
    let network = try Network(weights: weights, resolution: resolution, team: WorkerTeam(count: 2))
    #expect(network.precision == precision && network.kernelsName == bounds.kernels)
    let inputs = [UInt8](try Reference.data("reference/golden/input_\(resolution)_u8_nhwc.bin"))
    let size = resolution * resolution * 3
    try #require(inputs.count == 8 * size && golden.count == images * 1000)
    for image in 0..<images {
      network.setInput(pixels: Array(inputs[image * size..<(image + 1) * size]))
      network.run()
      let expected = Array(golden[image * 1000..<(image + 1) * 1000])
      let found = Array(network.probabilities)
      let difference = Difference(found, expected)
      let noise = Self.logitNoise([found], [expected])
      let place = "α \(source.facts.alpha.name), \(resolution) px, image \(image)"
      #expect(difference.isWithin(bounds.probability), "\(place): \(difference)")
      #expect(noise > 0 && noise < logitTolerance, "\(place): logits differ by \(noise)")
    }
  }
}
