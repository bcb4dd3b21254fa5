import Foundation
import MobileNet
import Model
import ModelFiles
import Platform
import TestSupport
import Testing

/// Networks for other classes than ImageNet's, and for other numbers of a pixel than −1 … 1.
@Suite struct ClassCountTests {
  /// The shipped weights with the first `classCount` classes, or with the first ones once more behind the others; made for
  /// `input`, which the first layer already takes.
  struct Cut: FloatWeightSource {
    let source: SafetensorsFile
    let facts: WeightFacts

    func layer(named name: String) throws -> FloatTensors {
      let layer = try source.layer(named: name)
      guard name == "fc" else { return layer }
      let (rows, classCount) = (layer.kernel.count / 1000, facts.classCount)
      return FloatTensors(
        name: name,
        kernel: (0..<rows * classCount).map { layer.kernel[$0 / classCount * 1000 + $0 % classCount % 1000] },
        bias: (0..<classCount).map { layer.bias[$0 % 1000] })
    }
  }

  private static func source(
    _ classCount: Int, _ input: InputNormalization = .signed, _ padding: Padding = .same
  ) throws -> Cut {
    let source = try SafetensorsFile(path: Checkout.asset("weights/mobilenet_v1_0.25_224.safetensors"))
    return Cut(
      source: source,
      facts: WeightFacts(
        alpha: source.facts.alpha, classCount: classCount, trainedResolution: source.facts.trainedResolution,
        isTrained: true, input: input, padding: padding))
  }

  /// What remains of the softmax over all classes: of the same logits.
  @Test(arguments: [2, 3, 5, 8, 15, 16, 17, 31, 33, 100, 999, 1002, 1500])
  func anyNumberOfClasses(_ count: Int) throws {
    for threads in [1, 2] {
      let team = try WorkerTeam(count: threads)
      func networks(_ count: Int) throws -> [any RunnableNetwork] {
        let source = try Self.source(count)
        let tables = InstructionSets.availableReal
        return try tables.map {
          try Network(weights: PackedWeights(source, kernels: $0), resolution: 128, team: team)
        }
          + InstructionSets.availableQuantized.map {
            try QuantizedNetwork(
              weights: QuantizedPackedWeights(quantizing: source, kernels: $0), resolution: 128, team: team)
          }
      }
      for (whole, cut) in zip(try networks(1000), try networks(count)) {
        for network in [whole, cut] { try ActivationMapTests.show("chelsea.jpg", to: network) }
        let all = (0..<count).map { whole.probabilities[$0 % 1000] }
        let sum = all.reduce(0, +)
        try #require(cut.probabilities.count == count)
        for index in 0..<count {
          #expect(
            abs(cut.probabilities[index] - all[index] / sum) < 1e-4,
            "\(cut.kernelsName) \(cut.precision), class \(index)")
        }
        var map: [Float] = []
        for index in [0, count / 2, count - 1] { cut.activationMap(class: index, into: &map) }
        #expect(map.count == 16)
        let top = Prediction.top(1500, of: cut.probabilities, labels: cut.labels)
        #expect(top.count == count && top[0].label == "class \(top[0].classIndex)")
      }
    }
  }

  /// Where 0 … 1 is read, the zero around the image is black.
  @Test(
    arguments: [InputNormalization.signed, .unit, .pixels, InputNormalization(black: -2, white: 2.5)],
    [Padding.same, .symmetric])
  func theImageIsPaddedWithZero(_ input: InputNormalization, _ padding: Padding) throws {
    let kernels = InstructionSets.available.last!
    let network = try Network(
      weights: PackedWeights(Self.source(5, input, padding), kernels: kernels), resolution: 64,
      team: WorkerTeam(count: 1))
    let zero = input.border[0]
    #expect(abs(input.real(0, channel: 0) + Double(zero + 1) * 127.5 * input.scale[0]) < 1e-5)
    func check(_ inside: Float) {
      let before = padding.before(stride: 2)
      for y in -before...64 {
        for x in -3 * before..<195 {
          let expected = (0..<64).contains(y) && (0..<192).contains(x) ? inside : zero
          guard abs(network.input[y * network.inputRowStride + x] - expected) > 1e-6 else { continue }
          Issue.record("\(network.input[y * network.inputRowStride + x]) at \(x), \(y), not \(expected)")
          return
        }
      }
    }
    let grey = [UInt8](repeating: 51, count: 80 * 80 * 3)
    let preprocessor = Preprocessor(kernels: kernels)
    for _ in 0..<2 {
      grey.withUnsafeBytes { network.setInput(frame: $0, width: 80, height: 80, with: preprocessor) }
      check(51 / 127.5 - 1)
      network.setInput(pixels: [UInt8](repeating: 255, count: 64 * 64 * 3))
      check(1)
    }
  }
}
