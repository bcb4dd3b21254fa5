import MobileNet
import Model
import Testing

/// The layer table against the paper (Howard et al., 2017, arXiv 1704.04861) and against figures computed elsewhere.
struct PaperTests {
  /// Millions of mult-adds with 1000 classes, at 224, 192, 160 and 128 pixels.
  static let multAddsMillion: [(alpha: Alpha, values: [Double])] = [
    (.one, [568.7, 418.1, 290.7, 186.4]),
    (.threeQuarters, [325.4, 239.3, 166.4, 106.8]),
    (.half, [149.5, 110.0, 76.5, 49.2]),
    (.quarter, [41.0, 30.2, 21.1, 13.6]),
  ]

  @Test func multAdds() {
    #expect(Self.multAddsMillion.map(\.alpha).sorted() == Alpha.allCases.sorted())
    for (alpha, values) in Self.multAddsMillion {
      for (resolution, value) in zip(Architecture.paperResolutions, values) {
        let found = Double(Architecture(alpha: alpha, resolution: resolution).multAdds) / 1e6
        #expect(abs(found - value) <= 0.05, "α \(alpha.name) at \(resolution): \(found) million, expected \(value)")
      }
    }
  }

  /// Tables 6 and 7.
  @Test func parameters() {
    for (alpha, value) in [(Alpha.one, 4.2), (.threeQuarters, 2.6), (.half, 1.3), (.quarter, 0.5)] {
      let found = Double(Architecture(alpha: alpha, resolution: 224).parameters) / 1e6
      #expect(abs(found - value) <= 0.05, "α \(alpha.name): \(found) million, expected \(value)")
    }
    // ρ does not change them (section 3.4).
    for resolution in stride(from: 32, through: 320, by: 32) {
      #expect(
        Architecture(alpha: .half, resolution: resolution).parameters
          == Architecture(alpha: .half, resolution: 224).parameters)
    }
  }

  /// Table 2, for the whole network at α = 1: percent of the mult-adds and of the parameters.
  @Test func sharesOfTheLayerKinds() {
    let network = Architecture(alpha: .one, resolution: 224)
    // Without the first layer's 1.19 % of the mult-adds: its 112 × 112 × 32 × 27 are 1.9 %.
    let published: [(Architecture.Kind, multAdds: Double, parameters: Double)] = [
      (.pointwise, 94.86, 74.59), (.depthwise, 3.06, 1.06), (.fullyConnected, 0.18, 24.33),
    ]
    for (kind, multAdds, parameters) in published {
      let layers = network.layers.filter { $0.kind == kind }
      let multAddsShare = 100 * Double(layers.reduce(0) { $0 + $1.multAdds }) / Double(network.multAdds)
      let parametersShare = 100 * Double(layers.reduce(0) { $0 + $1.parameters }) / Double(network.parameters)
      #expect(abs(multAddsShare - multAdds) < 0.3, "\(kind.rawValue): \(multAddsShare) % of the mult-adds")
      #expect(abs(parametersShare - parameters) < 0.3, "\(kind.rawValue): \(parametersShare) % of the parameters")
    }
  }

  /// Table 4: the same network with standard convolutions, published as 4866 million mult-adds and 29.3 million parameters.
  @Test func standardConvolutions() {
    let standard = Architecture(alpha: .one, resolution: 224, convolution: .standard)
    let separable = Architecture(alpha: .one, resolution: 224)
    #expect(abs(Double(standard.multAdds) / 1e6 - 4866) < 2, "\(standard.multAdds)")
    #expect(abs(Double(standard.parameters) / 1e6 - 29.3) < 0.05, "\(standard.parameters)")
    #expect(standard.layers.map(\.name) == (1...14).map { "conv\($0)" } + ["pool", "fc", "softmax"])
    // Section 3.1: a separable block costs 1/N + 1/9 of a standard one with the same input and output.
    for number in 1...13 {
      let (whole, dw, pw) = (standard.layers[number], separable.layers[2 * number - 1], separable.layers[2 * number])
      #expect(whole.inputSide == dw.inputSide && whole.stride == dw.stride && whole.inputChannels == dw.inputChannels)
      #expect(whole.outputSide == pw.outputSide && whole.outputChannels == pw.outputChannels)
      let share = Double(dw.multAdds + pw.multAdds) / Double(whole.multAdds)
      #expect(abs(share - (1 / Double(whole.outputChannels) + 1.0 / 9)) < 1e-12, "\(whole.name): \(share)")
    }
  }

  /// Table 1, layer by layer: kind, stride, and the input's side and channels.
  @Test func theBodyOfTheNetwork() {
    var expected: [String] = ["convolution / 2 of 224 × 3"]
    let inputs = [
      (112, 32, 1), (112, 64, 2), (56, 128, 1), (56, 128, 2), (28, 256, 1), (28, 256, 2), (14, 512, 1), (14, 512, 1),
      (14, 512, 1), (14, 512, 1), (14, 512, 1), (14, 512, 2), (7, 1024, 1),
    ]
    for (side, channels, stride) in inputs {
      expected.append("depthwise / \(stride) of \(side) × \(channels)")
      expected.append("pointwise / 1 of \(side / stride) × \(channels)")
    }
    expected += ["pool / 1 of 7 × 1024", "fully connected / 1 of 1 × 1024", "softmax / 1 of 1 × 1000"]
    let found = Architecture(alpha: .one, resolution: 224).layers.map {
      "\($0.kind.rawValue) / \($0.stride) of \($0.inputSide) × \($0.inputChannels)"
    }
    #expect(found == expected)
  }

  @Test(arguments: Alpha.allCases)
  func layersFitTogether(alpha: Alpha) {
    for resolution in stride(from: 32, through: 320, by: 32) {
      let layers = Architecture(alpha: alpha, resolution: resolution, classCount: 1001).layers
      #expect(layers[0].inputSide == resolution && layers[0].inputChannels == 3)
      #expect(layers.last?.outputChannels == 1001)
      for (layer, next) in zip(layers, layers.dropFirst()) {
        #expect(
          layer.outputSide == next.inputSide && layer.outputChannels == next.inputChannels,
          "\(layer.name) → \(next.name) at α \(alpha.name), \(resolution)")
      }
      let names = (1...13).flatMap { ["dw\($0)", "pw\($0)"] }
      #expect(layers.map(\.name) == ["conv1"] + names + ["pool", "fc", "softmax"])
    }
  }

  /// `max(Int(c × α), 8)`, which is not MobileNet V2's rounding: 24 stays 24.
  @Test func channels() {
    #expect([32, 64, 1024].map { Alpha.quarter.channels($0) } == [8, 16, 256])
    #expect([32, 64, 1024].map { Alpha.threeQuarters.channels($0) } == [24, 48, 768])
    #expect(Alpha.quarter.channels(16) == 8)
  }

  @Test func resolutions() {
    for resolution in [32, 64, 128, 160, 192, 224, 320] { #expect(Architecture.isValid(resolution: resolution)) }
    for resolution in [-32, 0, 16, 31, 33, 100, 225, 321, 352, Int.max, Int.min] {
      #expect(!Architecture.isValid(resolution: resolution), "\(resolution) passes")
    }
    #expect(Architecture(alpha: .one, resolution: 224).rho == 1)
    #expect(Architecture(alpha: .one, resolution: 160).rho == 160.0 / 224)
  }
}
