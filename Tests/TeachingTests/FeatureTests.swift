import Foundation
import MobileNet
import Model
import ModelFiles
import Pixels
import Teaching
import TestSupport
import Testing

/// The features that the engine gives are those that its classifier reads.
struct FeatureTests {
  static let weights = Checkout.asset("weights/mobilenet_v1_0.25_224.safetensors")

  static func network(_ precision: Precision, resolution: Int = 224) throws -> (any RunnableNetwork)? {
    let source = try SafetensorsFile(path: weights)
    let team = try WorkerTeam(count: 1)
    switch precision {
    case .fp32:
      return Network(
        weights: try PackedWeights(source, kernels: InstructionSets.available.last!), resolution: resolution, team: team
      )
    case .bf16, .fp16:
      guard let kernels = try? InstructionSets.chosen(for: precision) else { return nil }
      return Network(weights: try PackedWeights(source, kernels: kernels), resolution: resolution, team: team)
    case .int8:
      return QuantizedNetwork(
        weights: try QuantizedPackedWeights(quantizing: source, kernels: InstructionSets.availableQuantized.last!),
        resolution: resolution, team: team)
    }
  }

  static func features(_ network: any RunnableNetwork, of picture: RGBImage) -> [Float] {
    Embedder(
      network: network, mean: Array(repeating: 0, count: network.featureCount),
      preprocessor: Preprocessor(kernels: InstructionSets.available.last!)
    ).features(of: picture)
  }

  /// Features × fc, as plain sums, are the logarithms of the probabilities but for a constant.
  @Test(arguments: [(Precision.fp32, 1e-3), (.bf16, 0.06), (.fp16, 0.06), (.int8, 0.25)])
  func theyMakeTheProbabilities(precision: Precision, tolerance: Double) throws {
    guard let network = try Self.network(precision) else { return }
    let fc = try SafetensorsFile(path: Self.weights).layer(named: "fc")
    let picture = try ImageFile.load(path: Checkout.asset("demo/coffee.jpg"))
    let features = Self.features(network, of: picture)
    #expect(features.count == 256 && features.allSatisfy { $0 >= 0 && $0 <= 6 } && features.contains { $0 > 0.5 })
    let best = Prediction.top(5, of: network.probabilities)
    func logit(_ index: Int) -> Double {
      features.indices.reduce(Double(fc.bias[index])) {
        $0 + Double(features[$1]) * Double(fc.kernel[$1 * 1000 + index])
      }
    }
    for guess in best.dropFirst() {
      let expected = Foundation.log(Double(best[0].probability / guess.probability))
      let found = logit(best[0].classIndex) - logit(guess.classIndex)
      #expect(abs(expected - found) < tolerance, "\(precision) \(guess.classIndex): \(found), expected \(expected)")
    }
  }

  /// Every precision sees much the same, in the same units.
  @Test func precisionsAgree() throws {
    let picture = try ImageFile.load(path: Checkout.asset("demo/chelsea.jpg"))
    let reference = Embedding(
      features: Self.features(try #require(try Self.network(.fp32)), of: picture), mean: Array(repeating: 0, count: 256)
    )
    for precision in [Precision.bf16, .fp16, .int8] {
      guard let network = try Self.network(precision) else { continue }
      let features = Self.features(network, of: picture)
      let found = Embedding(features: features, mean: Array(repeating: 0, count: 256))
      #expect(found.dot(reference) > (precision == .int8 ? 0.98 : 0.999), "\(precision): \(found.dot(reference))")
    }
  }

  /// A square of the picture has the picture's own features.
  @Test func aShotIsSeenAsItsPicture() throws {
    let network = try #require(try Self.network(.fp32))
    let picture = try ImageFile.load(path: Checkout.asset("demo/coffee.jpg"))
    let square = Shot.square(picture)
    #expect(square.width == 256 && square.height == 256)
    let mean = [Float](repeating: 0, count: 256)
    let whole = Embedding(features: Self.features(network, of: picture), mean: mean)
    let kept = try ImageFile.decode(JPEGEncoder.encode(square), name: "shot")
    let shot = Embedding(features: Self.features(network, of: kept), mean: mean)
    #expect(whole.dot(shot) > 0.98, "\(whole.dot(shot))")
  }
}
