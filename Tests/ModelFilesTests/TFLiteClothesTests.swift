import MobileNet
import Model
import ModelFiles
import TestSupport
import Testing

/// One network, however it is dressed, has the same weights; and what its input takes of a pixel is what the file says.
struct TFLiteClothesTests {
  private static func float(_ fixture: TFLiteFixture, inputRange: InputNormalization? = nil) throws -> FloatWeights {
    let bytes = fixture.bytes
    return try bytes.withUnsafeBytes { raw in
      let file = MappedFile(borrowing: raw, path: "FILE")
      guard case .float(let source) = try WeightFile.load(file: file, inputRange: inputRange) else {
        throw WeightsAreQuantized()
      }
      return try FloatWeights(source)
    }
  }
  private struct WeightsAreQuantized: Error {}

  @Test(arguments: TFLiteFixture.Clothes.allCases)
  func dressedNetworksHaveTheSameWeights(_ clothes: TFLiteFixture.Clothes) throws {
    let plain = try Self.float(TFLiteFixture(.float))
    let dressed = try Self.float(TFLiteFixture(clothes))
    #expect(dressed.classCount == (clothes == .fiveClasses ? 5 : 1000))
    for (a, b) in zip(plain.layers, dressed.layers) where !(clothes == .fiveClasses && a.name == "fc") {
      // What is in front of the first layer is folded into it.
      let tolerance: Float = clothes == .preprocessed && a.name == "conv1" ? 1e-5 : 0
      #expect(zip(a.kernel, b.kernel).allSatisfy { abs($0 - $1) <= tolerance }, "\(a.name)")
      #expect(zip(a.bias, b.bias).allSatisfy { abs($0 - $1) <= 10 * tolerance }, "\(a.name)")
    }
    if clothes == .fiveClasses {
      let (whole, five) = (try plain.layer(named: "fc"), try dressed.layer(named: "fc"))
      #expect(five.bias == Array(whole.bias[..<5]) && five.kernel.count == 5 * 256)
      for row in 0..<256 { #expect(five.kernel[row * 5 + 4] == whole.kernel[row * 1000 + 4]) }
    }
  }

  @Test func aBiasThatIsLeftOutIsZero() throws {
    var fixture = TFLiteFixture(.float)
    fixture.operators[28].inputs[2] = -1
    fixture.operators[2].inputs.removeLast()
    let weights = try Self.float(fixture)
    #expect(try weights.layer(named: "fc").bias.allSatisfy { $0 == 0 })
    #expect(try weights.layer(named: "pw1").bias.allSatisfy { $0 == 0 })
  }

  struct Front: Sendable {
    let name: String
    let input: InputNormalization
    let make: @Sendable (inout TFLiteFixture) -> Void
  }
  private static let torch = InputNormalization(
    scale: 1 / (255 * SIMD3(0.229, 0.224, 0.225)), offset: -SIMD3(0.485, 0.456, 0.406) / SIMD3(0.229, 0.224, 0.225))

  static let fronts = [
    Front(name: "nothing", input: .signed) { _ in },
    Front(name: "/ 127.5, - 1", input: .signed) {
      $0.precede(42, by: [127.5])
      $0.precede(0, by: [-1])
    },
    Front(name: "* 2, - 1 of 0 … 1", input: .signed) {
      $0.precede(18, by: [2])
      $0.precede(41, by: [1])
    },
    Front(name: "/ 255", input: .unit) { $0.precede(18, by: [1 / 255]) },
    Front(name: "* 0.5 + 0.5 of −1 … 1", input: .unit) {
      $0.precede(18, by: [0.5])
      $0.precede(0, by: [0.5])
    },
    Front(name: "/ 255, less means, over deviations", input: torch) {
      $0.precede(18, by: [1 / 255])
      $0.precede(41, by: [0.485, 0.456, 0.406])
      $0.precede(42, by: [0.229, 0.224, 0.225])
    },
    Front(name: "less a mean", input: InputNormalization(black: -127.5, white: 127.5)) { $0.precede(41, by: [127.5]) },
    Front(name: "metadata", input: torch) {
      $0.metadata = TFLiteFixture.metadata(
        mean: [0.485 * 255, 0.456 * 255, 0.406 * 255], deviation: [0.229 * 255, 0.224 * 255, 0.225 * 255], labels: "")
    },
    Front(name: "metadata, then an operator", input: .signed) {
      $0.metadata = TFLiteFixture.metadata(mean: [0], deviation: [255], labels: "")
      $0.precede(18, by: [2])
      $0.precede(41, by: [1])
    },
    Front(name: "bytes without a scale", input: .signed) {
      $0.tensors[0].type = 3
      $0.tensors[0].scales = []
      $0.precede(53, by: [0])
      $0.operators[$0.operators.count - 1].inputs.removeLast()
      $0.precede(18, by: [1 / 127.5])
      $0.precede(41, by: [1])
    },
    // A hundredth of the weights that an image of −1 … 1 needs.
    Front(name: "a factor that the weights hold", input: .pixels) { fixture in
      let kernel = fixture.operators[0].inputs[1]
      let values = fixture.tensors[kernel].data.withUnsafeBytes { Array($0.bindMemory(to: Float.self)) }
      fixture.tensors[kernel].data = values.map { $0 / 255 / 8 }.withUnsafeBytes { [UInt8]($0) }
    },
  ]

  @Test(arguments: fronts.indices)
  func whatTheInputTakesFollowsFromTheFile(_ index: Int) throws {
    var fixture = TFLiteFixture(.float)
    let front = Self.fronts[index]
    front.make(&fixture)
    let weights = try Self.float(fixture)
    for pixel in [0, 100, 255] {
      for channel in 0..<3 {
        let (found, expected) = (
          weights.input.real(pixel, channel: channel), front.input.real(pixel, channel: channel)
        )
        #expect(abs(found - expected) <= 1e-5 * max(1, abs(expected)), "\(front.name): \(found), not \(expected)")
      }
    }
    // The first layer, for pixel / 127.5 − 1, gives what the file's own gives for what its input takes.
    let own = fixture.tensors[fixture.operators[0].inputs[1]].data.withUnsafeBytes {
      Array($0.bindMemory(to: Float.self))
    }
    let first = try weights.layer(named: "conv1")
    let pixels = (0..<27).map { ($0 * 89 + 17) % 256 }
    for output in 0..<8 {
      var (ours, theirs) = (Double(first.bias[output]), Double(MadeUpWeights.value("conv1.bias", output)))
      for tap in 0..<27 {
        ours += Double(first.kernel[tap * 8 + output]) * (Double(pixels[tap]) / 127.5 - 1)
        theirs += Double(own[output * 27 + tap]) * front.input.real(pixels[tap], channel: tap % 3)
      }
      #expect(abs(ours - theirs) <= 1e-3 * max(1, abs(theirs)), "\(front.name): \(ours), not \(theirs)")
    }
  }

  @Test func theUserSaysWhatTheFileDoesNot() throws {
    #expect(try Self.float(TFLiteFixture(.float), inputRange: .unit).input == .unit)
    #expect(try Self.float(TFLiteFixture(.float)).input == .signed)
    let contradicted = WeightFixtures.message { _ = try Self.float(TFLiteFixture(.preprocessed), inputRange: .unit) }
    #expect(
      contradicted
        == "cannot use weights 'FILE': --input-range says 0…1, its SUB, MUL in front of 'conv1' takes 0…255. "
        + "Leave --input-range out")
    #expect(try Self.float(TFLiteFixture(.preprocessed), inputRange: .pixels).input.covers(-1...1))
  }

  struct Bytes: Sendable {
    let type: Int
    let scale: Float
    let zeroPoint: Int
    /// The first layer's scale and zero point, in unsigned bytes.
    let first: (scale: Float, zeroPoint: Int)
    /// Its bytes for the pixels 0, 51, 204 and 255.
    let expected: [UInt8]
  }
  static let bytes = [
    // The pixel itself, its 255th part, and MobileNet's own range, into the same range.
    Bytes(type: 3, scale: 1, zeroPoint: 0, first: (1, 0), expected: [0, 51, 204, 255]),
    Bytes(type: 3, scale: 1 / 255, zeroPoint: 0, first: (1 / 255, 0), expected: [0, 51, 204, 255]),
    Bytes(type: 3, scale: 1 / 127.5, zeroPoint: 127, first: (1 / 127.5, 127), expected: [0, 51, 204, 255]),
    Bytes(type: 9, scale: 1, zeroPoint: -128, first: (1, 0), expected: [0, 51, 204, 255]),
    Bytes(type: 9, scale: 1 / 255, zeroPoint: -128, first: (1 / 255, 0), expected: [0, 51, 204, 255]),
    // A file that was calibrated with pixels up to 240.
    Bytes(type: 3, scale: 240 / 255, zeroPoint: 0, first: (240 / 255, 0), expected: [0, 54, 217, 255]),
  ]

  @Test(arguments: bytes.indices)
  func bytesStandForWhatTheirScaleSays(_ index: Int) throws {
    let bytes = Self.bytes[index]
    var fixture = TFLiteFixture(.int8)
    (fixture.tensors[0].type, fixture.tensors[0].scales, fixture.tensors[0].zeroPoints) = (
      bytes.type, [bytes.scale], [bytes.zeroPoint]
    )
    let first = fixture.operators[fixture.operatorIndex(0)].inputs[0]
    fixture.tensors[first].scales = [bytes.first.scale]
    fixture.tensors[first].zeroPoints = [bytes.first.zeroPoint - 128]
    // Biases stand in the input's steps.
    let bias = fixture.operators[fixture.operatorIndex(0)].inputs[2]
    fixture.tensors[bias].scales = fixture.tensors[bias].scales.map { $0 * 128 * bytes.first.scale }
    guard case .quantized(let weights) = try WeightFixtures.load(fixture.bytes) else { throw WeightsAreQuantized() }
    #expect([0, 51, 204, 255].map { weights.pixelTable[$0] } == bytes.expected)
    #expect(weights.pixelTable.count == 256)
  }

  @Test func bytesOfNoKnownRangeNeedToBeExplained() throws {
    func load(_ wish: InputNormalization?, mean: [Float]? = nil, deviation: [Float] = []) throws -> QuantizedWeights {
      var fixture = TFLiteFixture(.int8)
      (fixture.tensors[0].type, fixture.tensors[0].zeroPoints) = (3, [112])
      fixture.tensors[0].scales = [Float(4.8 / 255)]
      if let mean { fixture.metadata = TFLiteFixture.metadata(mean: mean, deviation: deviation, labels: "") }
      return try fixture.bytes.withUnsafeBytes {
        guard
          case .quantized(let weights) = try WeightFile.load(
            file: MappedFile(borrowing: $0, path: "FILE"), inputRange: wish)
        else { throw WeightsAreQuantized() }
        return weights
      }
    }
    let start = "cannot use weights 'FILE': its input's bytes stand for −2.11…2.69"
    #expect(
      WeightFixtures.message { _ = try load(nil) }
        == start
        + ": expected −1…1, 0…1 or 0…255, or metadata that says how pixels become such numbers. Say what black and "
        + "white are: --input-range LOW..HIGH")
    #expect(
      WeightFixtures.message { _ = try load(.unit) } == start + ", --input-range says 0…1. \(WeightErrorTests.remedy)")
    #expect(try load(InputNormalization(black: -2.1, white: 2.6)).normalization.range == -2.1...2.6)
    // The colours differ.
    let table = try load(nil, mean: [123.675, 116.28, 103.53], deviation: [58.395, 57.12, 57.375]).pixelTable
    #expect(table.count == 768 && table[..<256] != table[256..<512])
  }

  @Test func namesComeFromTheZip() throws {
    func label(_ fixture: TFLiteFixture, outputs: Int, _ index: Int) throws -> String? {
      try fixture.bytes.withUnsafeBytes {
        try WeightFile.labels(in: MappedFile(borrowing: $0, path: "FILE"), outputs: outputs)?.label(index)
      }
    }
    #expect(try label(TFLiteFixture(.withMetadata), outputs: 1000, 999) == "name 999")
    #expect(try label(TFLiteFixture(.fiveClasses), outputs: 5, 4) == "e")
    #expect(try label(TFLiteFixture(.fiveClasses), outputs: 6, 4) == nil)
    #expect(try label(TFLiteFixture(.float), outputs: 1000, 4) == nil)
    // A zip that counts from the file's start, packed; the one that the metadata names comes first.
    var fixture = TFLiteFixture(.fiveClasses)
    let two = [("a.txt", Array("1\n2\n3\n4\n5".utf8)), ("b.txt", Array("v\nw\nx\ny\nz".utf8))]
    fixture.appended = ZipFile.make(two, isDeflated: true)
    #expect(try label(fixture, outputs: 5, 4) == "5")
    fixture.metadata = TFLiteFixture.metadata(mean: [127.5], deviation: [127.5], labels: "b.txt")
    #expect(try label(fixture, outputs: 5, 4) == "z")
    // It says that it is much longer than it is, or shorter: then it is left alone.
    for size in [1 << 30, 4] {
      fixture.appended = ZipFile.make([two[0]], isDeflated: true)
      let directory = fixture.appended.count - 22 - 46 - 5
      withUnsafeBytes(of: UInt32(size).littleEndian) {
        fixture.appended.replaceSubrange(directory + 24..<directory + 28, with: $0)
      }
      #expect(try label(fixture, outputs: 5, 4) == nil)
    }
  }
}
