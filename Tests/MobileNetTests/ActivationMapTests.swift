import Foundation
import Frames
import MobileNet
import Model
import ModelFiles
import Pixels
import Platform
import TestSupport
import Testing

@Suite struct ActivationMapTests {
  static let isas = InstructionSets.available.map(\.name)
  static let tables = InstructionSets.availableReal

  /// The shipped weights in float32, in 16 bits, and made 8-bit integers for each instruction set.
  static func networks(threads: Int) throws -> [any RunnableNetwork] {
    let source = try SafetensorsFile(path: Checkout.asset("weights/mobilenet_v1_0.25_224.safetensors"))
    let team = try WorkerTeam(count: threads)
    let fastest = try InstructionSets.named(isas.last!)
    let reals = try ([fastest] + tables.filter { $0.format != .float32 }).map {
      try Network(weights: PackedWeights(source, kernels: $0), resolution: 224, team: team)
    }
    return try reals
      + InstructionSets.availableQuantized.map {
        try QuantizedNetwork(
          weights: QuantizedPackedWeights(quantizing: source, kernels: $0), resolution: 224, team: team)
      }
  }

  static func show(_ photograph: String, to network: any RunnableNetwork) throws {
    let image = try ImageFile.load(path: Checkout.asset("demo/\(photograph)"))
    image.pixels.withUnsafeBytes {
      network.setInput(
        frame: $0, width: image.width, height: image.height,
        with: Preprocessor(kernels: InstructionSets.available.last!))
    }
    network.run()
  }

  private static func run(_ photograph: String, isa: String) throws -> Network {
    let kernels = try #require(tables.first { $0.name == isa })
    let weights = try PackedWeights(
      SafetensorsFile(path: Checkout.asset("weights/mobilenet_v1_0.25_224.safetensors")), kernels: kernels)
    let network = try Network(weights: weights, resolution: 224, team: WorkerTeam(count: 2))
    try show(photograph, to: network)
    return network
  }

  /// The map's mean is the logit: whatever is wrong in reading the map or the weights shows here.
  @Test(arguments: tables.map(\.name)) func `its mean and the bias make the class's probability`(isa: String) throws {
    let network = try Self.run("coffee.jpg", isa: isa)
    let bias = try SafetensorsFile(path: Checkout.asset("weights/mobilenet_v1_0.25_224.safetensors")).layer(named: "fc")
      .bias
    var map: [Float] = []
    func logit(_ classIndex: Int) -> Float {
      network.activationMap(class: classIndex, into: &map)
      #expect(map.count == 49 && network.activationSide == 7)
      return map.reduce(0, +) / 49 + bias[classIndex]
    }
    let best = Prediction.top(1, of: network.probabilities)[0]
    let bestLogit = logit(best.classIndex)
    // In the first panel, in the middle, and in the last, which is narrower.
    for classIndex in [0, 17, 500, 967, 998, 999] {
      let expected = network.probabilities[classIndex] / best.probability
      let found = expf(logit(classIndex) - bestLogit)
      // The classifier's own input is rounded to 16 bits, and the map's mean is not: some hundredths of a logit.
      let allowed: Float = network.precision == .fp32 ? 1e-3 : 0.05
      #expect(abs(found - expected) <= 1e-4 + allowed * expected, "class \(classIndex): \(found), not \(expected)")
    }
  }

  /// In processor time of the thread that does both, the least of many runs: a busy machine does not decide.
  @Test func `it costs less than a fiftieth of the network's time`() throws {
    for network in try Self.networks(threads: 1) {
      var map: [Float] = []
      var (mapTime, networkTime) = (Nanoseconds(.max), Nanoseconds(.max))
      for round in 0..<60 {
        networkTime = min(networkTime, processorTime { network.run() })
        mapTime = min(mapTime, processorTime { network.activationMap(class: round, into: &map) })
      }
      let figures =
        "\(network.kernelsName), \(network.precision): \(mapTime.microseconds) of \(networkTime.microseconds) µs"
      #expect(50 * mapTime.count < networkTime.count, "\(figures)")
      print("activation map, \(figures)")
    }
  }

  private struct Place: Hashable {
    let row: Int
    let column: Int
  }

  private func hottest(_ count: Int, of map: [Float]) -> [Place] {
    map.indices.sorted { map[$0] > map[$1] }.prefix(count).map { Place(row: $0 / 7, column: $0 % 7) }
  }

  private func mean(_ values: [Float]) -> Float { values.reduce(0, +) / Float(values.count) }

  @Test func `the espresso lights the cup`() throws {
    for network in try Self.networks(threads: 2) {
      try Self.show("coffee.jpg", to: network)
      let best = Prediction.top(1, of: network.probabilities)[0]
      #expect(best.classIndex == 967, "espresso")
      var map: [Float] = []
      network.activationMap(class: best.classIndex, into: &map)
      // The cup takes rows 0 to 4 and columns 1 to 5 of the crop's seven.
      let inCup = { (place: Place) in place.row <= 4 && (1...5).contains(place.column) }
      #expect(hottest(6, of: map).allSatisfy(inCup), "\(network.kernelsName): \(hottest(6, of: map))")
      let (cup, table) = map.indices.reduce(into: ([Float](), [Float]())) { parts, index in
        if inCup(Place(row: index / 7, column: index % 7)) {
          parts.0.append(map[index])
        } else {
          parts.1.append(map[index])
        }
      }
      let (cupMean, tableMean) = (mean(cup), mean(table))
      #expect(cupMean > 0 && cupMean > 2 * tableMean, "\(network.kernelsName): \(cupMean) and \(tableMean)")
    }
  }

  @Test func `the cat lights the cat`() throws {
    for network in try Self.networks(threads: 2) {
      try Self.show("chelsea.jpg", to: network)
      let best = Prediction.top(1, of: network.probabilities)[0]
      #expect((281...285).contains(best.classIndex), "a cat")
      var map: [Float] = []
      network.activationMap(class: best.classIndex, into: &map)
      // Its face fills the crop down to the nose; behind its cheek on the lower right is the room.
      for place in hottest(6, of: map) { #expect(!(place.row >= 5 && place.column >= 5), "\(place)") }
      let room = mean([map[5 * 7 + 6], map[6 * 7 + 5], map[6 * 7 + 6]])
      #expect(room < 0.8 * mean(map), "\(network.kernelsName): \(room) and \(mean(map))")
    }
  }

  /// 8 bits look where floats look; and their map's mean is the logit, but for the rounding of the pooled features.
  @Test func `8 bits look where floats do`() throws {
    let networks = try Self.networks(threads: 1)
    let bias = try SafetensorsFile(path: Checkout.asset("weights/mobilenet_v1_0.25_224.safetensors")).layer(named: "fc")
      .bias
    for network in networks { try Self.show("coffee.jpg", to: network) }
    var float: [Float] = []
    networks[0].activationMap(class: 967, into: &float)
    for network in networks.dropFirst() {
      var map: [Float] = []
      network.activationMap(class: 967, into: &map)
      #expect(map.count == float.count && network.activationSide == 7)
      let agreement = Self.correlation(map, float)
      #expect(agreement > 0.95, "\(network.kernelsName): correlation \(agreement)")
      func logit(_ classIndex: Int) -> Float {
        network.activationMap(class: classIndex, into: &map)
        return mean(map) + bias[classIndex]
      }
      let best = logit(967)
      for classIndex in [0, 17, 500, 504, 968, 998, 999] {
        let found = logit(classIndex) - best
        let expected = logf(network.probabilities[classIndex] / network.probabilities[967])
        #expect(abs(found - expected) < 0.5, "\(network.kernelsName), class \(classIndex): \(found), not \(expected)")
      }
    }
  }

  private static func correlation(_ a: [Float], _ b: [Float]) -> Float {
    func centred(_ values: [Float]) -> [Float] {
      let mean = values.reduce(0, +) / Float(values.count)
      return values.map { $0 - mean }
    }
    let (a, b) = (centred(a), centred(b))
    func product(_ a: [Float], _ b: [Float]) -> Float { zip(a, b).reduce(0) { $0 + $1.0 * $1.1 } }
    return product(a, b) / (product(a, a) * product(b, b)).squareRoot()
  }
}

/// An official file has zero points of its own in every layer, and logits in steps.
@Suite(.enabled(if: Reference.isUsable, "no reference data beside the checkout")) struct OfficialActivationMapTests {
  @Test(arguments: [("0.25_128", 128), ("0.5_160", 160)])
  func `an official 8-bit file's map and bias make its logits`(name: String, resolution: Int) throws {
    let path = Reference.path("reference/weights/mobilenet_v1_\(name)_quant.tflite")
    guard case .quantized(let source) = try WeightFile.load(path: path) else {
      Issue.record("not quantized")
      return
    }
    let layer = try #require(source.layers.last)
    for kernels in InstructionSets.availableQuantized {
      let network = QuantizedNetwork(
        weights: QuantizedPackedWeights(source, kernels: kernels), resolution: resolution,
        team: try WorkerTeam(count: 1))
      try ActivationMapTests.show("coffee.jpg", to: network)
      var map: [Float] = []
      /// The file's bias is in units of input scale × weight scale.
      func logit(_ classIndex: Int) -> Float {
        network.activationMap(class: classIndex, into: &map)
        let column = classIndex + 1
        let step = layer.input.scale * layer.weightScales[layer.weightScales.count == 1 ? 0 : column]
        return map.reduce(0, +) / Float(map.count) + Float(layer.bias[column]) * step
      }
      let best = Prediction.top(1, of: network.probabilities)[0]
      let bestLogit = logit(best.classIndex)
      for guess in Prediction.top(20, of: network.probabilities) {
        let found = logit(guess.classIndex) - bestLogit
        let expected = logf(guess.probability / best.probability)
        // Two steps of the logits, to which the file rounds them, and the pool's rounding.
        let tolerance = 2 * layer.output.scale + 0.3
        #expect(
          abs(found - expected) < tolerance, "\(kernels.name), class \(guess.classIndex): \(found), not \(expected)")
      }
    }
  }
}
