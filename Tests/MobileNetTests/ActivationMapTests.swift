import Foundation
import Frames
import MobileNet
import Playback
import Testing

@Suite struct ActivationMapTests {
  static let isas = InstructionSets.available.map(\.name)

  private static func run(_ photograph: String, isa: String) throws -> Network {
    let weights = try PackedWeights(
      SafetensorsFile(path: Reference.shippedWeights), kernels: InstructionSets.named(isa))
    let network = Network(weights: weights, resolution: 224, team: WorkerTeam(count: 2))
    let image = try ImageFile.load(path: Reference.packageRoot.appending(path: "assets/demo/\(photograph)").path)
    image.pixels.withUnsafeBytes {
      Preprocessor(kernels: network.weights.kernels).run(
        pixels: $0, width: image.width, height: image.height, into: network)
    }
    network.run()
    return network
  }

  /// The map's mean is the logit: whatever is wrong in reading the map or the weights shows here.
  @Test(arguments: isas) func `its mean and the bias make the class's probability`(isa: String) throws {
    let network = try Self.run("coffee.jpg", isa: isa)
    let bias = try SafetensorsFile(path: Reference.shippedWeights).layer(named: "fc").bias
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
      #expect(abs(found - expected) <= 1e-4 + 1e-3 * expected, "class \(classIndex): \(found), not \(expected)")
    }
  }

  /// Of the fastest of many runs, so that a busy machine does not decide.
  @Test func `it costs less than a fiftieth of the network's time`() throws {
    let weights = try PackedWeights(
      SafetensorsFile(path: Reference.shippedWeights), kernels: InstructionSets.named(Self.isas.last!))
    let network = Network(weights: weights, resolution: 224, team: WorkerTeam(count: 1))
    var map: [Float] = []
    var (mapTime, networkTime) = (Nanoseconds(.max), Nanoseconds(.max))
    for round in 0..<60 {
      network.run()
      networkTime = min(networkTime, network.total)
      let start = Nanoseconds.now()
      network.activationMap(class: round, into: &map)
      mapTime = min(mapTime, .now() - start)
    }
    #expect(50 * mapTime.count < networkTime.count, "\(mapTime.microseconds) of \(networkTime.microseconds) µs")
    print("activation map \(mapTime.microseconds) of \(networkTime.microseconds) µs")
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
    let network = try Self.run("coffee.jpg", isa: Self.isas.last!)
    let best = Prediction.top(1, of: network.probabilities)[0]
    #expect(best.classIndex == 967, "espresso")
    var map: [Float] = []
    network.activationMap(class: best.classIndex, into: &map)
    // The cup takes rows 0 to 4 and columns 1 to 5 of the crop's seven.
    let inCup = { (place: Place) in place.row <= 4 && (1...5).contains(place.column) }
    #expect(hottest(6, of: map).allSatisfy(inCup), "\(hottest(6, of: map))")
    let (cup, table) = map.indices.reduce(into: ([Float](), [Float]())) { parts, index in
      if inCup(Place(row: index / 7, column: index % 7)) {
        parts.0.append(map[index])
      } else {
        parts.1.append(map[index])
      }
    }
    let (cupMean, tableMean) = (mean(cup), mean(table))
    #expect(cupMean > 0 && cupMean > 2 * tableMean, "\(cupMean) and \(tableMean)")
  }

  @Test func `the cat lights the cat`() throws {
    let network = try Self.run("chelsea.jpg", isa: Self.isas.last!)
    let best = Prediction.top(1, of: network.probabilities)[0]
    #expect((281...285).contains(best.classIndex), "a cat")
    var map: [Float] = []
    network.activationMap(class: best.classIndex, into: &map)
    // Its face fills the crop down to the nose; behind its cheek on the lower right is the room.
    for place in hottest(6, of: map) { #expect(!(place.row >= 5 && place.column >= 5), "\(place)") }
    let room = [map[5 * 7 + 6], map[6 * 7 + 5], map[6 * 7 + 6]]
    let face = mean(map)
    #expect(room.allSatisfy { $0 < face })
  }
}
