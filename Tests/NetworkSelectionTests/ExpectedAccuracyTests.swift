import MobileNet
import Model
import ModelFiles
import NetworkSelection
import Testing

@Suite struct ExpectedAccuracyTests {
  private static func file(_ alpha: Alpha, trainedAt resolution: Int?, isQuantized: Bool = false)
    -> WeightFileDescription
  {
    WeightFileDescription(
      path: "weights", alpha: alpha, classCount: 1001, trainedResolution: resolution, isQuantized: isQuantized,
      isTrained: true)
  }

  private static func top1(_ file: WeightFileDescription, _ resolution: Int, _ precision: Precision = .fp32) -> Double?
  {
    ExpectedAccuracy.top1Percent(of: file, resolution: resolution, precision: precision)
  }

  @Test func `weights at the resolution that they were trained at are worth what was published`() {
    for pair in Configuration.paperPairs() {
      let float = Self.file(pair.alpha, trainedAt: pair.resolution)
      let published = Catalogue.published(alpha: pair.alpha, resolution: pair.resolution)
      #expect(Self.top1(float, pair.resolution) == published?.top1Percent)
      let quantized = Self.file(pair.alpha, trainedAt: pair.resolution, isQuantized: true)
      let official = Catalogue.published(alpha: pair.alpha, resolution: pair.resolution, quantized: true)
      #expect(Self.top1(quantized, pair.resolution, .int8) == official?.top1Percent)
    }
  }

  @Test func `less at any other resolution than weights of its own`() throws {
    let file = Self.file(.quarter, trainedAt: 224)
    var last = 49.8
    for resolution in [192, 160, 128] {
      let expected = try #require(Self.top1(file, resolution))
      let own = try #require(Catalogue.published(alpha: .quarter, resolution: resolution)?.top1Percent)
      #expect(expected < last && expected < own && expected > 30, "\(resolution): \(expected)")
      last = expected
    }
    // A larger image does not teach them anything.
    #expect(Self.top1(Self.file(.quarter, trainedAt: 128), 224) == 41.5)
    #expect(Self.top1(Self.file(.quarter, trainedAt: nil), 160) == 45.5)
  }

  @Test func `rounding costs a little, in 8 bits more than in 16`() throws {
    let file = Self.file(.half, trainedAt: 160)
    let values = try [Precision.fp32, .fp16, .bf16, .int8].map { try #require(Self.top1(file, 160, $0)) }
    #expect(values[0] == 59.1 && zip(values, values.dropFirst()).allSatisfy { $0 > $1 })
    #expect(values[3] > 57.7, "the official quantized file")
  }
}
