import MobileNet
import Model
import ModelFiles
import TestSupport
import Testing

/// Files that the tests write themselves; each value's place is known.
struct TFLiteTests {
  @Test func theFileItselfSaysWhatItIs() throws {
    guard case .float(let source) = try WeightFixtures.load(TFLiteFixture(.float).bytes) else {
      Issue.record("expected float weights")
      return
    }
    #expect(source.facts.alpha == .quarter)
    #expect(source.facts.classCount == 1000)
    #expect(source.facts.trainedResolution == 224)
  }

  /// Our `[3, 3, Cin, Cout]`, `[3, 3, C]`, `[Cin, Cout]` against TFLite's `[Cout, 3, 3, Cin]`, `[1, 3, 3, C]`, `[Cout, Cin]`.
  static func places(_ layer: Architecture.Layer) -> [(ours: Int, theirs: Int)] {
    let (inputs, outputs) = (layer.inputChannels, layer.outputChannels)
    switch layer.kind {
    case .depthwise:
      return (0..<9 * outputs).map { ($0, $0) }
    default:
      let taps = layer.kind == .convolution ? 9 : 1
      return (0..<outputs).flatMap { output in
        (0..<taps * inputs).map { (ours: $0 * outputs + output, theirs: output * taps * inputs + $0) }
      }
    }
  }

  @Test func everyFloatValueStandsWhereItBelongs() throws {
    let bytes = TFLiteFixture(.float).bytes
    try bytes.withUnsafeBytes { raw in
      guard case .float(let source) = try WeightFile.load(file: MappedFile(borrowing: raw, path: "FILE")) else {
        Issue.record("expected float weights")
        return
      }
      for layer in source.architecture.layers where layer.hasWeights {
        let weights = try source.layer(named: layer.name)
        #expect(weights.kernel.count == layer.kernelShape.reduce(1, *))
        #expect(
          Self.places(layer).allSatisfy {
            weights.kernel[$0.ours] == MadeUpWeights.value("\(layer.name).kernel", $0.theirs)
          }, "\(layer.name)")
        #expect(weights.bias == (0..<layer.outputChannels).map { MadeUpWeights.value("\(layer.name).bias", $0) })
      }
    }
  }

  @Test(arguments: [TFLiteFixture.Kind.uint8, .int8])
  func quantizedFilesComeInOneConvention(_ kind: TFLiteFixture.Kind) throws {
    guard case .quantized(let weights) = try WeightFixtures.load(TFLiteFixture(kind).bytes) else {
      Issue.record("expected quantized weights")
      return
    }
    let offset = kind == .uint8 ? 128 : 0
    #expect(weights.facts.classCount == (kind == .uint8 ? 1001 : 1000))
    #expect(weights.input == .init(scale: 1 / 128, zeroPoint: 128))
    #expect(weights.poolOutput == .init(scale: TFLiteFixture.activationScale, zeroPoint: 0))
    #expect(weights.probabilities == .init(scale: 1 / 256, zeroPoint: 0))
    let architecture = Architecture(alpha: .quarter, resolution: 224, classCount: weights.facts.classCount)
    let expected = architecture.layers.filter(\.hasWeights)
    #expect(weights.layers.map(\.name) == expected.map(\.name))
    for (layer, found) in zip(expected, weights.layers) {
      #expect(
        Self.places(layer).allSatisfy { place in
          let byte = TFLiteFixture.byte("\(layer.name).kernel", place.theirs)
          let value = kind == .uint8 ? Int(byte) - offset : Int(Int8(bitPattern: byte))
          return Int(found.kernel[place.ours]) == value
        }, "\(layer.name)")
      #expect(
        found.bias == (0..<layer.outputChannels).map { Int32(MadeUpWeights.value("\(layer.name).bias", $0) * 64) })
      #expect(found.weightScales.count == (kind == .uint8 ? 1 : layer.outputChannels))
      #expect(found.weightZeroPoints.allSatisfy { $0 == (kind == .uint8 ? 12 : 0) })
      #expect(found.outputRange == 0...255)
      let scale = kind == .uint8 ? Float(0.02) : 0.01 + 3 * 1e-5
      #expect(found.multiplier(3) == Double(found.input.scale) * Double(scale) / Double(found.output.scale))
    }
  }

  @Test func bytesStandForPixels() throws {
    guard case .quantized(let trained) = try WeightFixtures.load(TFLiteFixture(.uint8).bytes),
      case .quantized(let converted) = try WeightFixtures.load(TFLiteFixture(.int8).bytes)
    else {
      Issue.record("expected quantized weights")
      return
    }
    #expect(trained.pixelTable == (0...255).map { UInt8($0) })
    // round((p / 127.5 - 1) × 128) + 128, at most 255
    #expect(
      [0, 1, 100, 127, 128, 200, 254, 255].map { converted.pixelTable[$0] } == [0, 1, 100, 127, 129, 201, 255, 255])
  }

  @Test func relu6RangeFollowsTheScale() {
    #expect(QuantizedWeights.relu6Range(.init(scale: 0.05, zeroPoint: 10)) == 10...130)
    #expect(QuantizedWeights.relu6Range(.init(scale: 6 / 255, zeroPoint: 0)) == 0...255)
    #expect(QuantizedWeights.relu6Range(.init(scale: 1e-30, zeroPoint: 0)) == 0...255)
  }

  @Test func untrainedIsWhatTheCallerSays() throws {
    let bytes = TFLiteFixture(.uint8).bytes
    let flags = try bytes.withUnsafeBytes { raw in
      try [true, false].map { isTrained in
        let file = MappedFile(borrowing: raw, path: "FILE")
        guard case .quantized(let weights) = try WeightFile.load(file: file, isTrained: isTrained) else { return false }
        return weights.facts.isTrained == isTrained
      }
    }
    #expect(flags == [true, true])
  }
}
