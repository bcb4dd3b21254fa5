import MobileNet
import Model
import ModelFiles
import TestSupport
import Testing

/// Files that others wrote, against numbers from another reader.
///
/// How the numbers were made: Python, `ai_edge_litert.schema_py_generated.ModelT.InitFromPackedBuf`; each kernel as a numpy array, transposed
/// to our layout in float64 or int64, 128 taken off unsigned ones; `(a.ravel() * (np.arange(a.size) % 97)).sum()`.
@Suite(.enabled(if: Reference.isUsable, "no reference data beside the checkout"))
struct ReferenceWeightsTests {
  struct FloatFact: Sendable {
    let alpha: Alpha
    /// Weighted sums of the kernels of conv1, dw1, pw1 and fc.
    let sums: [Double]
    /// Sum of all kernels.
    let total: Double
    /// conv1[2, 1, 0, 3], pw1[5, 7], fc[200, 900].
    let values: [Float]
  }

  static let floatFacts = [
    FloatFact(
      alpha: .quarter, sums: [-50.83326141908765, 124.19938050210476, -454.98665645718575, 1245.205648144707],
      total: -15.369665894657373, values: [-0.26127889752388, -0.1599999964237213, 0.12256517261266708]),
    FloatFact(
      alpha: .half, sums: [292.34206552803516, -481.2600169181824, 665.6609064117074, 334.52690108306706],
      total: 140.09987715631723, values: [0.1451549530029297, 0.18856181204319, 0.07333333045244217]),
    FloatFact(
      alpha: .threeQuarters, sums: [-584.8292739763856, 235.67711412906647, -966.2534033041447, -1393.2860845848918],
      total: 108.99745921464637, values: [0.029030989855527878, -0.4002961814403534, 0.027216551825404167]),
    FloatFact(
      alpha: .one, sums: [733.2647319175303, -437.3125553429127, -150.47998894751072, 1375.6337752435356],
      total: -134.36048817727715, values: [-0.3774028718471527, -0.2933333218097687, 0.02357022650539875]),
  ]

  private func weightedSum<T>(_ values: [T], _ convert: (T) -> Double) -> Double {
    var sum = 0.0
    for (index, value) in values.enumerated() { sum += convert(value) * Double(index % 97) }
    return sum
  }

  @Test(arguments: floatFacts.indices)
  func floatFilesReadAsNumpyReadsThem(_ index: Int) throws {
    let fact = Self.floatFacts[index]
    let path = Reference.path("bench/models/mobilenet_v1_\(fact.alpha.name)_random_fp32.tflite")
    guard case .float(let source) = try WeightFile.load(path: path, isTrained: false) else {
      Issue.record("expected float weights")
      return
    }
    #expect(source.facts.alpha == fact.alpha)
    #expect(source.facts.classCount == 1000)
    #expect(source.facts.trainedResolution == 224)
    #expect(!source.facts.isTrained)
    let weights = try FloatWeights(source)
    for (name, expected) in zip(["conv1", "dw1", "pw1", "fc"], fact.sums) {
      let sum = weightedSum(try weights.layer(named: name).kernel) { Double($0) }
      #expect(abs(sum - expected) < 1e-6, "\(name)")
    }
    let total = weights.layers.reduce(0) { $0 + $1.kernel.reduce(0) { $0 + Double($1) } }
    #expect(abs(total - fact.total) < 1e-6)
    let width = fact.alpha.channels(32)
    let values = [
      try weights.layer(named: "conv1").kernel[((2 * 3 + 1) * 3 + 0) * width + 3],
      try weights.layer(named: "pw1").kernel[5 * fact.alpha.channels(64) + 7],
      try weights.layer(named: "fc").kernel[200 * 1000 + 900],
    ]
    #expect(values == fact.values)
    // The benchmark's networks have the bias 0.5 everywhere but in the last layer.
    #expect(weights.layers.dropLast().allSatisfy { $0.bias.allSatisfy { $0 == 0.5 } })
  }

  struct QuantizedFact: Sendable {
    let path: String
    let alpha: Alpha
    let resolution: Int
    let classCount: Int
    /// Weighted sums of the kernels of conv1, dw1, pw1 and fc.
    let sums: [Double]
    let biasSum: Int
    /// Of conv1, dw1, pw1, as unsigned bytes less 128.
    let zeroPoints: [Int32]
    /// Last channel's, of conv1, dw1, pw1.
    let scales: [Float]
    let logits: QuantizedWeights.Quantization
  }

  static let quantizedFacts = [
    QuantizedFact(
      path: "bench/models/mobilenet_v1_0.25_random_int8.tflite", alpha: .quarter, resolution: 224, classCount: 1000,
      sums: [-11651, 22635, -73679, 1_109_290], biasSum: 24_635_073, zeroPoints: [0, 0, 0],
      scales: [0.0034288568422198296, 0.005938954651355743, 0.006299212574958801],
      logits: .init(scale: 0.04721255600452423, zeroPoint: 117)),
    QuantizedFact(
      path: "bench/models/mobilenet_v1_0.5_random_int8.tflite", alpha: .half, resolution: 224, classCount: 1000,
      sums: [83819, -87757, 161288, 429954], biasSum: 65_412_901, zeroPoints: [0, 0, 0],
      scales: [0.0034288568422198296, 0.005147093906998634, 0.0044542159885168076],
      logits: .init(scale: 0.07324586808681488, zeroPoint: 111)),
    QuantizedFact(
      path: "bench/models/mobilenet_v1_0.75_random_int8.tflite", alpha: .threeQuarters, resolution: 224,
      classCount: 1000,
      sums: [-170022, 44228, -270549, -2_178_343], biasSum: 116_809_223, zeroPoints: [0, 0, 0],
      scales: [0.0034288568422198296, 0.005938954651355743, 0.002667024964466691],
      logits: .init(scale: 0.06448948383331299, zeroPoint: 116)),
    QuantizedFact(
      path: "bench/models/mobilenet_v1_1.0_random_int8.tflite", alpha: .one, resolution: 224, classCount: 1000,
      sums: [213665, -72430, -46892, 2_458_174], biasSum: 176_897_525, zeroPoints: [0, 0, 0],
      scales: [0.0034288568422198296, 0.005938954651355743, 0.0031496062874794006],
      logits: .init(scale: 0.05856183543801308, zeroPoint: 121)),
    QuantizedFact(
      path: "reference/weights/mobilenet_v1_0.25_128_quant.tflite", alpha: .quarter, resolution: 128, classCount: 1001,
      sums: [269313, 175754, -25951, -409_637_600], biasSum: 8_289_941, zeroPoints: [29, 76, -8],
      scales: [0.008882409892976284, 0.08940034359693527, 0.016090909019112587],
      logits: .init(scale: 0.13083283603191376, zeroPoint: 96)),
    QuantizedFact(
      path: "reference/weights/mobilenet_v1_0.5_160_quant.tflite", alpha: .half, resolution: 160, classCount: 1001,
      sums: [832871, 420204, 298794, -1_239_804_032], biasSum: 9_239_491, zeroPoints: [43, 80, 12],
      scales: [0.014518576674163342, 0.3292766809463501, 0.04854952543973923],
      logits: .init(scale: 0.14645719528198242, zeroPoint: 78)),
    QuantizedFact(
      path: "reference/weights/mobilenet_v1_0.75_192_quant.tflite", alpha: .threeQuarters, resolution: 192,
      classCount: 1001, sums: [-667101, 208311, 523012, -1_935_911_570], biasSum: 13_390_752,
      zeroPoints: [-22, 19, 10], scales: [0.023622218519449234, 0.4552032947540283, 0.03439732640981674],
      logits: .init(scale: 0.15602964162826538, zeroPoint: 71)),
    QuantizedFact(
      path: "reference/weights/mobilenet_v1_1.0_224_quant.tflite", alpha: .one, resolution: 224, classCount: 1001,
      sums: [1_007_238, -248913, -683011, -2_635_314_430], biasSum: 11_235_887, zeroPoints: [23, -18, -7],
      scales: [0.02182667888700962, 0.29219913482666016, 0.030420949682593346],
      logits: .init(scale: 0.16609922051429749, zeroPoint: 66)),
  ]

  @Test(arguments: quantizedFacts.indices)
  func quantizedFilesReadAsNumpyReadsThem(_ index: Int) throws {
    let fact = Self.quantizedFacts[index]
    let path = Reference.path(fact.path)
    guard case .quantized(let weights) = try WeightFile.load(path: path) else {
      Issue.record("expected quantized weights")
      return
    }
    #expect(weights.facts.alpha == fact.alpha)
    #expect(weights.facts.trainedResolution == fact.resolution)
    #expect(weights.facts.classCount == fact.classCount)
    // The official ones take the pixel itself.
    #expect(fact.classCount != 1001 || weights.pixelTable == (0...255).map { UInt8($0) })
    let layers = [weights.layers[0], weights.layers[1], weights.layers[2], weights.layers[27]]
    #expect(layers.map(\.name) == ["conv1", "dw1", "pw1", "fc"])
    #expect(layers.map { weightedSum($0.kernel) { Double($0) } } == fact.sums)
    #expect(weights.layers.reduce(0) { $0 + $1.bias.reduce(0) { $0 + Int($1) } } == fact.biasSum)
    #expect(layers.prefix(3).map { $0.weightZeroPoints[0] } == fact.zeroPoints)
    #expect(layers.prefix(3).map { $0.weightScales.last! } == fact.scales)
    #expect(layers[3].output == fact.logits)
    #expect(weights.probabilities == .init(scale: 1 / 256, zeroPoint: 0))
    let description = try WeightFile.describe(path: path)
    #expect(
      description
        == WeightFileDescription(
          path: path, alpha: fact.alpha, classCount: fact.classCount, trainedResolution: fact.resolution,
          isQuantized: true,
          isTrained: true))
  }
}
