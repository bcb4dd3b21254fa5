import Model
import ModelFiles
import TestSupport
import Testing

/// Files as Hugging Face's transformers and timm write them, and those that look like them.
@Suite struct SafetensorsNamesTests {
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
    _ fixture: SafetensorsFixture, config: String? = nil, named name: String = "config.json"
  ) throws -> any FloatWeightSource {
    let folder = TemporaryFolder()
    return try withExtendedLifetime(folder) {
      let path = try folder.write("model.safetensors", fixture.bytes)
      if let config { try folder.write(name, config) }
      guard case .float(let source) = try WeightFile.load(path: path) else { throw CancellationError() }
      return source
    }
  }

  /// What may stand in front of names, and how near values of a type come: BF16, cut off here, has 16 times the error of F16.
  static let forms: [(library: SafetensorsFixture.Library, body: String?, head: String, type: String, Float)] = [
    (.huggingFace, nil, "", "F32", 4e-6), (.huggingFace, "", "", "F32", 4e-6),
    (.huggingFace, "module.mobilenet_v1.", "module.", "F32", 4e-6), (.huggingFace, "model.", "", "F32", 4e-6),
    (.huggingFace, nil, "", "F16", 1e-2), (.huggingFace, nil, "", "BF16", 0.16),
    (.timm, nil, "", "F32", 4e-6), (.timm, "timm_model.", "timm_model.", "F32", 4e-6),
    (.timm, nil, "", "F16", 1e-2), (.timm, nil, "", "BF16", 0.16),
  ]

  @Test(arguments: forms.indices) func `normalisation is folded, whatever stands in front of the names`(
    index: Int
  ) throws {
    let (library, body, head, type, tolerance) = Self.forms[index]
    var fixture = SafetensorsFixture(library, body: body, head: head, type: type)
    fixture.entries.reverse()
    let source = try source(fixture)
    #expect(source.facts.alpha == .quarter && source.facts.classCount == 1000 && source.facts.isTrained)
    #expect(source.facts.trainedResolution == nil && source.facts.input == .signed)
    #expect(source.facts.padding == (library == .timm ? .symmetric : .same))
    #expect(try distance(source) < tolerance)
  }

  @Test(arguments: SafetensorsFixture.Library.allCases, [(Alpha.half, 1001), (.threeQuarters, 7), (.one, 2)])
  func `every width, any classes`(library: SafetensorsFixture.Library, form: (alpha: Alpha, classes: Int)) throws {
    let source = try source(SafetensorsFixture(library, alpha: form.alpha, classes: form.classes))
    #expect(source.facts.alpha == form.alpha && source.facts.classCount == form.classes)
    #expect(try distance(source) < 4e-6)
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
    let fixture = SafetensorsFixture(.huggingFace, classes: 3, epsilon: 0.01)
    let source = try source(fixture, config: config)
    #expect(source.facts.classCount == 3 && source.facts.trainedResolution == 192)
    #expect(try distance(source) < 4e-6)
    let other = try self.source(fixture, config: #"{"model_type": "vit", "layer_norm_eps": 0.5, "tf_padding": false}"#)
    #expect(other.facts.trainedResolution == nil, "it is another model's")
    let folder = TemporaryFolder()
    let path = try folder.write("model.safetensors", fixture.bytes)
    try folder.write("config.json", config)
    let labels = try WeightFile.labels(of: WeightFile.describe(path: path))
    #expect((0..<3).map { labels.label($0) } == ["a", "b", "c"])
  }

  /// What stands in one of the files beside it, and what the network then reads and has around its images.
  static let meanings: [(SafetensorsFixture.Library, file: String, String, InputNormalization, Padding)] = [
    (.huggingFace, "config.json", #"{"tf_padding": false, "layer_norm_eps": null}"#, .signed, .symmetric),
    (.huggingFace, "preprocessor_config.json", #"{"do_normalize": false, "image_mean": [9, 9, 9]}"#, .unit, .same),
    (
      .huggingFace, "preprocessor_config.json",
      #"{"do_rescale": false, "image_mean": [127.5, 127.5, 127.5], "image_std": 127.5e0}"#
        .replacing("127.5e0", with: "[127.5, 127.5, 127.5]"), .signed, .same
    ),
    (
      .timm, "config.json",
      #"""
      {"architecture": "mobilenetv1_100", "num_classes": 1000, "pretrained_cfg": {"input_size": [3, 224, 224],
       "mean": [0.485, 0.456, 0.406], "std": [0.229, 0.224, 0.225], "num_classes": 12000, "label_names": ["x"]}}
      """#,
      InputNormalization(
        scale: 1 / (255 * SIMD3(0.229, 0.224, 0.225)), offset: SIMD3(-0.485 / 0.229, -0.456 / 0.224, -0.406 / 0.225)),
      .symmetric
    ),
  ]

  @Test(arguments: meanings.indices) func `what a config says is what the network takes`(index: Int) throws {
    let (library, file, text, input, padding) = Self.meanings[index]
    let source = try source(SafetensorsFixture(library), config: text, named: file)
    #expect(source.facts.padding == padding)
    for channel in 0..<3 {
      for pixel in [0, 255] {
        #expect(abs(source.facts.input.real(pixel, channel: channel) - input.real(pixel, channel: channel)) < 1e-9)
      }
    }
    // The first layer takes pixel / 127.5 − 1 and gives what it gives for the network's own numbers.
    let plain = try self.source(SafetensorsFixture(library)).layer(named: "conv1")
    let taken = try source.layer(named: "conv1")
    func sum(_ layer: FloatTensors, _ value: (Int) -> Double) -> Double {
      (0..<27).reduce(Double(layer.bias[0])) { $0 + Double(layer.kernel[$1 * 8]) * value($1 % 3) }
    }
    #expect(abs(sum(plain) { input.real(200, channel: $0) } - sum(taken) { _ in 200 / 127.5 - 1 }) < 1e-3)
  }

  static let configs = [
    (#"{"depth_multiplier": 0.5}"#, "says depth_multiplier 0.5: expected 0.25, which the shapes say"),
    (#"{"num_classes": 5}"#, "says num_classes 5.0: expected 1000, which the shapes say"),
    (#"{"hidden_act": "gelu"}"#, "says hidden_act 'gelu': expected 'relu6'"),
    (#"{"layer_norm_eps": 0}"#, "says layer_norm_eps 0.0: expected a number between 0 and 1"),
    (#"{"layer_norm_eps": "x"}"#, "config.json beside it is malformed: expected"),
    (
      #"{"pretrained_cfg": {"mean": [0.5, 0.5], "std": [0.5, 0.5, 0.5]}}"#, "give no image: expected three numbers each"
    ),
    (#"{"pretrained_cfg": {"std": [0, 0, 0]}}"#, "give no image: expected three numbers each"),
    ("{", "config.json beside it is malformed: expected"),
  ]

  @Test(arguments: configs) func `a config that contradicts is refused`(config: String, message: String) throws {
    let found = WeightFixtures.message { _ = try source(SafetensorsFixture(.huggingFace), config: config) }
    #expect(found.contains(message), "\(found)")
  }

  /// What is wrong with a file, and the part of the message that says so.
  static let faults: [(String, @Sendable (inout SafetensorsFixture) -> Void)] = [
    (
      "tensor 'mobilenet_v1.layer.25.normalization.bias' is missing",
      { $0.entries.removeAll { $0.name == "mobilenet_v1.layer.25.normalization.bias" } }
    ),
    (
      "expected tensors 'mobilenet_v1.conv_stem.convolution.weigh…' and 'classifier.weight'",
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
      "with a further convolution in front of its classifier ('conv_head')",
      {
        $0 = SafetensorsFixture(.timm)
        $0.entries.append(.init(name: "conv_head.weight", shape: [1], values: [0]))
      }
    ),
    (
      "'conv_stem.weight' has shape [40, 3, 3, 3], expected [C, 3, 3, 3] with C = 8, 16, 24 or 32",
      { fixture in
        fixture = SafetensorsFixture(.timm)
        let index = fixture.entries.firstIndex { $0.name == "conv_stem.weight" }!
        fixture.entries[index] = .init(
          name: "conv_stem.weight", shape: [40, 3, 3, 3], values: .init(repeating: 0, count: 1080))
      }
    ),
    (
      "expected tensors 'conv_stem.weight' and 'classifier.weight', found 'bn1.weight'",
      {
        $0.entries = ["conv_stem.weight", "bn1.weight", "layer1.0.x"].map { .init(name: $0, shape: [1], values: [0]) }
      }
    ),
    (
      "it is MobileNet V2 or of a later kind",
      { $0.entries = [.init(name: "mobilenet_v2.conv_stem.first_conv.convolution.weight", shape: [1], values: [0])] }
    ),
  ]

  /// The shipped classifier, as its shape says, and with the bytes of the transposed array as some writers put them.
  @Test(arguments: [true, false]) func `a classifier whose bytes stand against its shape is read as they stand`(
    asShaped: Bool
  ) throws {
    let shipped = try SafetensorsFile(path: Checkout.asset("weights/mobilenet_v1_0.25_224.safetensors"))
    let ours = try shipped.layer(named: "fc").kernel
    var fixture = SafetensorsFixture(.huggingFace)
    let index = try #require(fixture.entries.firstIndex { $0.name == "classifier.weight" })
    fixture.entries[index].values =
      asShaped ? ours.indices.map { ours[$0 % 256 * 1000 + $0 / 256] } : ours
    // In a line of its own: a failure would print a quarter of a million numbers.
    let isSame = try source(fixture).layer(named: "fc").kernel == ours
    #expect(isSame)
  }

  @Test(arguments: faults.indices) func `what is wrong is named`(index: Int) throws {
    let (message, change) = Self.faults[index]
    var fixture = SafetensorsFixture(.huggingFace)
    change(&fixture)
    let found = WeightFixtures.message { _ = try WeightFixtures.load(fixture.bytes) }
    #expect(found.contains(message), "\(found)")
  }
}
