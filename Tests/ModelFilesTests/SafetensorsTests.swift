import MobileNet
import Model
import ModelFiles
import TestSupport
import Testing

struct SafetensorsTests {
  private func loaded(_ fixture: SafetensorsFixture) throws -> any FloatWeightSource {
    try WeightFixtures.withFile(fixture.bytes) { path in
      guard case .float(let source) = try WeightFile.load(path: path) else {
        throw CancellationError()
      }
      return source
    }
  }

  @Test func everyLayerComesBackAsWritten() throws {
    let source = try loaded(SafetensorsFixture())
    #expect(source.facts.alpha == .quarter)
    #expect(source.facts.classCount == 1000)
    #expect(source.facts.trainedResolution == 224)
    #expect(source.facts.isTrained)
    let weights = try FloatWeights(source)
    #expect(weights.layers.count == 28)
    for layer in weights.layers {
      let shape = source.architecture.layers.first { $0.name == layer.name }!.kernelShape
      #expect(layer.kernel.count == shape.reduce(1, *))
      #expect(layer.kernel.indices.allSatisfy { layer.kernel[$0] == MadeUpWeights.value("\(layer.name).kernel", $0) })
      #expect(layer.bias.indices.allSatisfy { layer.bias[$0] == MadeUpWeights.value("\(layer.name).bias", $0) })
    }
    #expect(weights.layers.map(\.name).prefix(3) == ["conv1", "dw1", "pw1"])
    #expect(try weights.layer(named: "fc").bias.count == 1000)
  }

  @Test func metadataIsOptionalAndSaysWhatIsNotTrained() throws {
    var fixture = SafetensorsFixture()
    fixture.metadata = [:]
    let bare = try loaded(fixture)
    #expect(bare.facts.trainedResolution == nil)
    #expect(bare.facts.isTrained)
    fixture.metadata = ["trained": "false", "format": "\\u00e9\\ud83d\\ude00\\n\\\\"]
    #expect(try !loaded(fixture).facts.isTrained)
  }

  @Test func aLayerThatIsNotThereIsAnError() throws {
    let source = try loaded(SafetensorsFixture())
    #expect(
      WeightFixtures.message { _ = try source.layer(named: "pw14") }
        == "the weights have no layer 'pw14': expected one of conv1, dw1, pw1 … dw13, pw13, fc. This is a fault of mobilecam"
    )
  }

  /// What is wrong with a file, and the part of the message that says so.
  static let faults: [(String, @Sendable (inout SafetensorsFixture) -> Void)] = [
    (
      "it is not MobileNet V1: expected tensors 'conv1.kernel' and 'fc.kernel', found 'conv1.bias', 'dw1.bias', 'dw1.kernel' …",
      { $0.entries.remove(at: 0) }
    ),
    ("it is not MobileNet V1: tensor 'pw13.bias' is missing", { $0.entries.remove(at: 53) }),
    (
      "it is not MobileNet V1: expected 56 tensors, found 57, of which 'bn.mean' is none",
      { $0.entries.append(.init(name: "bn.mean", shape: [1], values: [0])) }
    ),
    (
      "it is not MobileNet V1: 'conv1.kernel' has shape [3, 3, 3, 12], expected [3, 3, 3, C] with C = 8, 16, 24 or 32",
      {
        $0.entries[0].shape = [3, 3, 3, 12]
        $0.entries[0].values += $0.entries[0].values[..<108]
      }
    ),
    (
      "it is not MobileNet V1 at α = 0.25: 'dw1.kernel' has shape [3, 3, 4], expected [3, 3, 8]",
      {
        $0.entries[2].shape = [3, 3, 4]
        $0.entries[2].values.removeLast(36)
      }
    ),
    (
      "it is not MobileNet V1 at α = 0.25: 'fc.bias' has shape [1000], expected [999]",
      {
        $0.entries[54].shape = [256, 999]
        $0.entries[54].values.removeLast(256)
      }
    ),
    ("tensor 'pw1.kernel' is 'I32': expected F32, F16 or BF16", { $0.entries[4].type = "I32" }),
    (
      "tensor 'pw1.kernel' of shape [8, 17] has 512 bytes: expected 4 for each value",
      { $0.entries[4].shape = [8, 17] }
    ),
    ("its JSON header names 'conv1.bias' twice", { $0.entries[3].name = "conv1.bias" }),
    (
      "'pw2.kernel' holds NaN or infinity (value 5): expected finite weights",
      { $0.entries[8].values[5] = .nan }
    ),
    (
      "'fc.bias' holds NaN or infinity (value 999): expected finite weights",
      { $0.entries[55].values[999] = -.infinity }
    ),
    ("its metadata says alpha '0.5', its shapes say 0.25", { $0.metadata["alpha"] = "0.5" }),
    ("its metadata says '1001' classes, its shapes say 1000", { $0.metadata["classes"] = "1001" }),
    (
      "its metadata says trained_resolution '225': expected a multiple of 32 from 32 to 320",
      { $0.metadata["trained_resolution"] = "225" }
    ),
    ("its metadata says trained 'yes': expected 'true' or 'false'", { $0.metadata["trained"] = "yes" }),
  ]

  @Test(arguments: faults.indices)
  func faultsAreNamed(_ index: Int) {
    var fixture = SafetensorsFixture()
    Self.faults[index].1(&fixture)
    #expect(
      WeightFixtures.message { _ = try WeightFixtures.load(fixture.bytes) }
        == "cannot use weights 'FILE': \(Self.faults[index].0). \(WeightErrorTests.remedy)")
  }

  /// Headers whose offsets or syntax are wrong.
  @Test(arguments: [
    ("[864,896]", "[860,892]", "tensor 'conv1.bias' overlaps another tensor"),
    ("[864,896]", "[868,900]", "tensor 'conv1.bias' leaves a gap before it"),
    (
      "[864,896]", "[896,864]",
      "it is truncated or malformed: tensor 'conv1.bias' lies at 896..<864 of 1869344 bytes of data"
    ),
    (
      "[864,896]", "[864,99999999]",
      "it is truncated or malformed: tensor 'conv1.bias' lies at 864..<99999999 of 1869344 bytes of data"
    ),
    ("[864,896]", "[864]", "tensor 'conv1.bias' lacks dtype, shape or two data_offsets"),
    ("\"shape\":[8],", "", "tensor 'conv1.bias' lacks dtype, shape or two data_offsets"),
    ("\"shape\":[8],", "\"size\":[8],", "tensor 'conv1.bias' has an unknown field 'size'"),
    (
      "[3, 3, 3, 8]", "[9007199254740991, 9007199254740991]",
      "tensor 'conv1.kernel' has an impossible shape [9007199254740991, 9007199254740991]"
    ),
  ])
  func headersAreChecked(_ old: String, _ new: String, _ why: String) {
    let fixture = SafetensorsFixture()
    var header = fixture.header
    header.replaceSubrange(header.firstRange(of: old)!, with: new)
    #expect(
      WeightFixtures.message {
        _ = try WeightFixtures.load(SafetensorsFixture.file(header: header, data: fixture.data))
      }
        == "cannot use weights 'FILE': \(why). \(WeightErrorTests.remedy)")
  }

  @Test(arguments: [
    ("{\"a\":-1}", "expected '{' in a, found '-1}' at byte 5"),
    ("{\"a", "expected a string's end, found the line's end at byte 3"),
    ("{\"\\x\":{}}", "expected a string of JSON, found '\\x' at byte 5"),
    ("{\"\\ud800\":{}}", "expected a string of JSON, found '\\ud800' at byte 9"),
    ("{}}", "expected the line's end, found '}' at byte 2"),
    ("{\"a\":{\"shape\":[1,2,3,4,5]}}", "expected at most 4 numbers in shape in a, found '5]}}' at byte 23"),
    ("{\"a\":{\"shape\":[01]}}", "expected a whole number up to 2^53 in shape in a, found '01' at byte 17"),
    (
      "{\"a\":{\"shape\":[99999999999999999999]}}",
      "expected a whole number up to 2^53 in shape in a, found '99999999999999999999' at byte 35"
    ),
  ])
  func malformedHeadersAreRefused(_ header: String, _ why: String) {
    #expect(
      WeightFixtures.message { _ = try WeightFixtures.load(SafetensorsFixture.file(header: header, data: [])) }
        == "cannot use weights 'FILE': its JSON header is malformed: \(why). \(WeightErrorTests.remedy)")
  }
}
