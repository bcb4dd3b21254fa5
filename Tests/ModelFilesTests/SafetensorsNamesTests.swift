import Model
import ModelFiles
import TestSupport
import Testing

/// Files as Hugging Face's transformers write them, and those that look like them.
@Suite struct SafetensorsNamesTests {
  /// Our weights, unfolded: the kernel of channel c was divided by scale(c), which batch normalisation gives back.
  static func huggingFace(
    body: String = "mobilenet_v1.", head: String = "", type: String = "F32", classes: Int = 1000,
    epsilon: Double = 0.001
  ) -> SafetensorsFixture {
    var fixture = SafetensorsFixture()
    fixture.metadata = ["format": "pt"]
    fixture.entries = []
    func add(_ name: String, _ shape: [Int], _ values: [Float], type: String) {
      fixture.entries.append(.init(name: name, type: type, shape: shape, values: values))
    }
    for layer in Architecture(alpha: .quarter, resolution: 224, classCount: classes).layers where layer.hasWeights {
      let (input, output) = (layer.inputChannels, layer.outputChannels)
      let kernel = (0..<layer.kernelShape.reduce(1, *)).map { MadeUpWeights.value("\(layer.name).kernel", $0) }
      let bias = (0..<output).map { MadeUpWeights.value("\(layer.name).bias", $0) }
      if layer.kind == .fullyConnected {
        // [Cin, N] → [N, Cin]
        let turned = (0..<kernel.count).map { kernel[$0 % input * output + $0 / input] }
        add(head + "classifier.weight", [output, input], turned, type: type)
        add(head + "classifier.bias", [output], bias, type: type)
        continue
      }
      let number = Int(layer.name.drop { $0.isLetter })!
      let name =
        body
        + (layer.kind == .convolution
          ? "conv_stem" : "layer.\(2 * (number - 1) + (layer.kind == .pointwise ? 1 : 0))")
      let taps = layer.kind == .pointwise ? 1 : 9
      let inputs = layer.kind == .depthwise ? 1 : input
      let shape = taps == 1 ? [output, inputs, 1, 1] : [output, inputs, 3, 3]
      func gamma(_ channel: Int) -> Float { 0.5 + Float(channel % 7) * 0.25 }
      func variance(_ channel: Int) -> Float { 0.25 + Float(channel % 5) * 0.5 }
      func mean(_ channel: Int) -> Float { Float(channel % 3) - 1 }
      func scale(_ channel: Int) -> Double {
        Double(gamma(channel)) / (Double(variance(channel)) + epsilon).squareRoot()
      }
      // Ours [taps, inputs, output] → [output, inputs, taps].
      var unfolded: [Float] = []
      for channel in 0..<output {
        for from in 0..<inputs {
          for tap in 0..<taps {
            unfolded.append(Float(Double(kernel[(tap * inputs + from) * output + channel]) / scale(channel)))
          }
        }
      }
      add(name + ".convolution.weight", shape, unfolded, type: type)
      add(name + ".normalization.weight", [output], (0..<output).map(gamma), type: type)
      add(
        name + ".normalization.bias", [output],
        (0..<output).map { Float(Double(bias[$0]) + Double(mean($0)) * scale($0)) }, type: type)
      add(name + ".normalization.running_mean", [output], (0..<output).map(mean), type: type)
      add(name + ".normalization.running_var", [output], (0..<output).map(variance), type: type)
      add(name + ".normalization.num_batches_tracked", [], [1234], type: "I64")
    }
    return fixture
  }

  /// How far the weights of a file are from ours, of the largest of each layer.
  private func distance(_ source: any FloatWeightSource) throws -> Float {
    var worst: Float = 0
    for layer in try FloatWeights(source).layers {
      for (part, values) in [("kernel", layer.kernel), ("bias", layer.bias)] {
        let expected = values.indices.map { MadeUpWeights.value("\(layer.name).\(part)", $0) }
        let largest = expected.map(abs).max()!
        worst = max(worst, zip(values, expected).map { abs($0 - $1) / largest }.max()!)
      }
    }
    return worst
  }

  private func source(
    _ fixture: SafetensorsFixture, config: String? = nil
  ) throws -> any FloatWeightSource {
    let folder = TemporaryFolder()
    return try withExtendedLifetime(folder) {
      let path = try folder.write("model.safetensors", fixture.bytes)
      if let config { try folder.write("config.json", config) }
      guard case .float(let source) = try WeightFile.load(path: path) else { throw CancellationError() }
      return source
    }
  }

  @Test(arguments: [
    ("mobilenet_v1.", "", "F32", Float(1e-6)), ("", "", "F32", 1e-6), ("module.mobilenet_v1.", "module.", "F32", 1e-6),
    ("mobilenet_v1.", "", "F16", 2e-3), ("mobilenet_v1.", "", "BF16", 2e-2),
  ])
  func `normalisation is folded, whatever stands in front of the names`(
    body: String, head: String, type: String, tolerance: Float
  ) throws {
    var fixture = Self.huggingFace(body: body, head: head, type: type)
    fixture.entries.reverse()
    let source = try source(fixture)
    #expect(source.alpha == .quarter && source.classCount == 1000 && source.isTrained)
    #expect(source.trainedResolution == nil)
    #expect(try distance(source) < tolerance)
  }

  @Test func `our own names in half precision`() throws {
    var fixture = SafetensorsFixture()
    for index in fixture.entries.indices { fixture.entries[index].type = index % 2 == 0 ? "F16" : "BF16" }
    #expect(try distance(source(fixture)) < 2e-2)
  }

  @Test func `a config beside it says the epsilon, the side and the names`() throws {
    let config = #"""
      {"model_type": "mobilenet_v1", "layer_norm_eps": 0.01, "tf_padding": true, "image_size": 192,
       "depth_multiplier": 0.25, "id2label": {"0": "a", "1": "b", "2": "c"}, "x": [null, {"y": 1e3}]}
      """#
    let fixture = Self.huggingFace(classes: 3, epsilon: 0.01)
    let source = try source(fixture, config: config)
    #expect(source.classCount == 3 && source.trainedResolution == 192)
    #expect(try distance(source) < 1e-6)
    let other = try self.source(fixture, config: #"{"model_type": "vit", "layer_norm_eps": 0.5, "tf_padding": false}"#)
    #expect(other.trainedResolution == nil, "it is another model's")
    let folder = TemporaryFolder()
    let path = try folder.write("model.safetensors", fixture.bytes)
    try folder.write("config.json", config)
    let labels = try WeightFile.labels(of: WeightFile.describe(path: path))
    #expect((0..<3).map { labels.label($0) } == ["a", "b", "c"])
  }

  static let configs = [
    (#"{"tf_padding": false}"#, "pads symmetrically, as PyTorch does (tf_padding false)"),
    (#"{"depth_multiplier": 0.5}"#, "says depth_multiplier 0.5, its shapes say 0.25"),
    (#"{"layer_norm_eps": 0}"#, "says layer_norm_eps 0.0: expected a number between 0 and 1"),
    (#"{"layer_norm_eps": "x"}"#, "config.json beside it is malformed: expected"),
    ("{", "config.json beside it is malformed: expected"),
  ]

  @Test(arguments: configs) func `a config that contradicts is refused`(config: String, message: String) throws {
    let found = WeightFixtures.message { _ = try source(Self.huggingFace(), config: config) }
    #expect(found.contains(message), "\(found)")
  }

  /// What is wrong with a file, and the part of the message that says so.
  static let faults: [(String, @Sendable (inout SafetensorsFixture) -> Void)] = [
    (
      "tensor 'mobilenet_v1.layer.25.normalization.bias' is missing",
      { $0.entries.removeAll { $0.name == "mobilenet_v1.layer.25.normalization.bias" } }
    ),
    (
      "expected tensors 'mobilenet_v1.conv_stem.convolution.weight' and 'classifier.weight'",
      { $0.entries.removeAll { $0.name.hasPrefix("classifier") } }
    ),
    (
      "holds -0.5 (value 2): expected variances, 0 or more",
      { fixture in
        let index = fixture.entries.firstIndex { $0.name.hasSuffix("layer.3.normalization.running_var") }!
        fixture.entries[index].values[2] = -0.5
      }
    ),
    (
      "holds NaN or infinity (value 1): expected finite weights",
      { fixture in
        let index = fixture.entries.firstIndex { $0.name.hasSuffix("layer.3.normalization.running_mean") }!
        fixture.entries[index].values[1] = .nan
      }
    ),
    (
      "expected 137 tensors, found 138, of which 'extra.weight' is none",
      { $0.entries.append(.init(name: "extra.weight", shape: [1], values: [0])) }
    ),
    (
      "'mobilenet_v1.layer.0.convolution.weight' has shape [8, 1, 9], expected [8, 1, 3, 3]",
      { fixture in
        let index = fixture.entries.firstIndex { $0.name.hasSuffix("layer.0.convolution.weight") }!
        fixture.entries[index].shape = [8, 1, 9]
      }
    ),
    (
      "tensor 'classifier.bias' is 'I64': expected F32, F16 or BF16",
      { fixture in
        let index = fixture.entries.firstIndex { $0.name == "classifier.bias" }!
        fixture.entries[index].type = "I64"
      }
    ),
    (
      "it is a network of PyTorch Image Models (timm), which pads symmetrically",
      { fixture in
        fixture.entries = ["conv_stem.weight", "bn1.weight", "blocks.0.0.conv_dw.weight", "classifier.weight"].map {
          .init(name: $0, shape: [1], values: [0])
        }
      }
    ),
    (
      "it is MobileNet V2 or of a later kind",
      { $0.entries = [.init(name: "mobilenet_v2.conv_stem.first_conv.convolution.weight", shape: [1], values: [0])] }
    ),
  ]

  @Test(arguments: faults.indices) func `what is wrong is named`(index: Int) throws {
    let (message, change) = Self.faults[index]
    var fixture = Self.huggingFace()
    change(&fixture)
    let found = WeightFixtures.message { _ = try WeightFixtures.load(fixture.bytes) }
    #expect(found.contains(message), "\(found)")
  }

  /// Bytes and words of the header that are overwritten: refused or read, never a trap.
  @Test func `mutations`() {
    let bytes = Self.huggingFace(classes: 2).bytes
    let header = Int(bytes.withUnsafeBytes { $0.loadUnaligned(as: UInt64.self) }) + 8
    var random = SplitMix64(state: 4)
    for _ in 0..<2000 {
      var changed = bytes
      for _ in 0...Int(random.next() % 3) {
        changed[Int(random.next() % UInt64(header))] = UInt8(truncatingIfNeeded: random.next())
      }
      if let weights = try? WeightFixtures.load(changed), case .float(let source) = weights {
        #expect(source.classCount > 0)
      }
    }
  }
}
