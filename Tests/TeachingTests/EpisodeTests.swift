import Foundation
import MobileNet
import Model
import ModelFiles
import Pixels
import Teaching
import TestSupport
import Testing

/// Five objects of one family, two bursts of five shots each to learn from, three to test with, and the family's other members as strangers,
/// made of the reference photographs. Such bursts are kinder than a desk: background and light come with the object.
struct Episode {
  static let families: [(name: String, members: [String])] = [
    (
      "dogs",
      [
        "Afghan_hound", "Irish_wolfhound", "American_Staffordshire_terrier", "Sealyham_terrier", "Tibetan_terrier",
        "German_short-haired_pointer", "Sussex_spaniel", "Shetland_sheepdog", "Appenzeller", "Siberian_husky", "chow",
      ]
    ),
    (
      "vessels",
      [
        "beer_bottle", "pill_bottle", "candle", "espresso_maker", "nipple", "wooden_spoon", "microphone", "swab",
        "chocolate_sauce", "pencil_sharpener",
      ]
    ),
    (
      "gadgets",
      [
        "digital_clock", "hand-held_computer", "laptop", "cash_machine", "space_bar", "slot", "refrigerator",
        "power_drill",
        "hook", "gasmask",
      ]
    ),
    (
      "vehicles",
      [
        "motor_scooter", "tricycle", "unicycle", "bobsled", "oxcart", "steam_locomotive", "container_ship", "schooner",
        "mobile_home", "plow",
      ]
    ),
    (
      "animals",
      [
        "jaguar", "wood_rabbit", "zebra", "ibex", "otter", "guenon", "titi", "white_wolf", "grey_fox", "sea_lion",
      ]
    ),
  ]

  /// `[objects][bursts]` of shots.
  let learnt: [[[RGBImage]]]
  let tested: [[[RGBImage]]]
  let strangers: [[RGBImage]]

  init(_ members: [String], seed: UInt64) throws {
    var random = SplitMix64(state: seed)
    let files = try FileManager.default.contentsOfDirectory(atPath: Reference.path("reference/images"))
    let order = members.map { ($0, random.next()) }.sorted { $0.1 < $1.1 }.map(\.0)
    func bursts(_ name: String, _ count: Int) throws -> [[RGBImage]] {
      let file = try #require(files.first { $0.dropFirst(10) == name + ".JPEG" }, "\(name)")
      let picture = try ImageFile.load(path: Reference.path("reference/images/" + file))
      return (0..<count).map { _ in Self.burst(of: picture, &random) }
    }
    let own = try order.prefix(5).map { try bursts($0, 5) }
    learnt = own.map { Array($0.prefix(2)) }
    tested = own.map { Array($0.suffix(3)) }
    strangers = try order.dropFirst(5).flatMap { try bursts($0, 3) }
  }

  /// One random view of the middle square: 0.45 to 0.9 of its side anywhere, rotated by up to 25°, 0.5 to 1.5 times as bright. Its
  /// shots differ by up to 2°, some pixels, and noise.
  private static func burst(of picture: RGBImage, _ random: inout SplitMix64) -> [RGBImage] {
    func uniform(_ low: Double, _ high: Double) -> Double {
      low + (high - low) * Double(random.next() >> 11) / Double(1 << 53)
    }
    let whole = Double(min(picture.width, picture.height))
    let side = whole * uniform(0.45, 0.9)
    let angle = uniform(-25, 25)
    let brightness = uniform(0.5, 1.5)
    let x = Double(picture.width) / 2 + uniform(side - whole, whole - side) / 2
    let y = Double(picture.height) / 2 + uniform(side - whole, whole - side) / 2
    return (0..<5).map { _ in
      let turn = (angle + uniform(-2, 2)) * .pi / 180
      let step = side / 256
      let (cosine, sine) = (Foundation.cos(turn) * step, Foundation.sin(turn) * step)
      let (left, top) = (x + uniform(-4, 4) * step, y + uniform(-4, 4) * step)
      var pixels: [UInt8] = []
      pixels.reserveCapacity(256 * 256 * 3)
      for row in 0..<256 {
        for column in 0..<256 {
          let (u, v) = (Double(column) - 127.5, Double(row) - 127.5)
          let (px, py) = (left + cosine * u - sine * v, top + sine * u + cosine * v)
          let (x0, y0) = (Int(px.rounded(.down)), Int(py.rounded(.down)))
          let (fx, fy) = (px - Double(x0), py - Double(y0))
          func sample(_ x: Int, _ y: Int, _ channel: Int) -> Double {
            guard x >= 0, y >= 0, x < picture.width, y < picture.height else { return 0 }
            return Double(picture.pixels[(y * picture.width + x) * 3 + channel])
          }
          for channel in 0..<3 {
            let upper = sample(x0, y0, channel) * (1 - fx) + sample(x0 + 1, y0, channel) * fx
            let lower = sample(x0, y0 + 1, channel) * (1 - fx) + sample(x0 + 1, y0 + 1, channel) * fx
            // The sum of three uniform numbers for noise, of a deviation of 4.
            let noise = 4 * (uniform(-1, 1) + uniform(-1, 1) + uniform(-1, 1))
            pixels.append(UInt8(min(max((upper * (1 - fy) + lower * fy) * brightness + noise, 0), 255)))
          }
        }
      }
      return RGBImage(width: 256, height: 256, pixels: pixels)
    }
  }

  struct Result {
    var right = 0
    var own: [Float] = []
    var strange: [Float] = []
    /// At the threshold that leaving bursts out sets.
    var ownTaken = 0
    var strangersTaken = 0

    var accuracy: Double { Double(right) / Double(own.count) }
    /// The chance that a shot of one's own has a larger cosine than a stranger's.
    var auroc: Double {
      let sum = own.reduce(0.0) { sum, a in
        sum + strange.reduce(0.0) { $0 + (a > $1 ? 1 : a == $1 ? 0.5 : 0) }
      }
      return sum / Double(own.count * strange.count)
    }
    /// Strangers taken where 95 % of one's own are.
    var strangersAt95: Double {
      let limit = own.sorted()[own.count / 20]
      return Double(strange.count { $0 >= limit }) / Double(strange.count)
    }
    static func + (a: Result, b: Result) -> Result {
      Result(
        right: a.right + b.right, own: a.own + b.own, strange: a.strange + b.strange, ownTaken: a.ownTaken + b.ownTaken,
        strangersTaken: a.strangersTaken + b.strangersTaken)
    }
  }

  func result(_ embedder: Embedder) -> Result {
    let support = SupportSet(
      classes: learnt.enumerated().map { index, bursts in
        SupportSet.Class(name: "\(index)", bursts: bursts.map { $0.map(embedder.shot) })
      })
    let classifier = TaughtClassifier(support, threshold: HeldOutReport(support).threshold)
    var result = Result()
    for (index, bursts) in tested.enumerated() {
      for shot in bursts.joined() {
        let answer = classifier.answer(embedder.embedding(of: shot))
        if answer.top[0].label == "\(index)" { result.right += 1 }
        if !answer.isNone { result.ownTaken += 1 }
        result.own.append(answer.top[0].cosine)
      }
    }
    for shot in strangers.joined() {
      let answer = classifier.answer(embedder.embedding(of: shot))
      result.strange.append(answer.top[0].cosine)
      if !answer.isNone { result.strangersTaken += 1 }
    }
    return result
  }
}

struct EpisodeTests {
  /// `MOBILECAM_EPISODES` of each family, 1 unless given; `MOBILECAM_SEED` for others.
  @Test(
    .enabled(
      if: Reference.isUsable && Checkout.isOptimised && !Checkout.isSanitized, "skipped: no reference data, or slow"))
  func ownThingsAreToldApartAndStrangersKeptOut() throws {
    let count = testCount("MOBILECAM_EPISODES", 1)
    let seed = ProcessInfo.processInfo.environment["MOBILECAM_SEED"].flatMap { UInt64($0) } ?? 18
    var pooled: [Precision: Episode.Result] = [:]
    for (family, members) in Episode.families {
      for number in 0..<count {
        let episode = try Episode(members, seed: seed &+ UInt64(number) &* 1000)
        for precision in [Precision.fp32, .int8] {
          let network = try #require(try FeatureTests.network(precision))
          let result = episode.result(try Self.embedder(network))
          pooled[precision] = pooled[precision].map { $0 + result } ?? result
          print(
            "\(family) \(number) \(precision): accuracy \(result.accuracy), AUROC \(result.auroc), strangers at 95 % \(result.strangersAt95)"
          )
        }
      }
    }
    for (precision, result) in pooled {
      print(
        "\(precision): accuracy \(result.accuracy), AUROC \(result.auroc), strangers at 95 % \(result.strangersAt95); at the threshold "
          + "own \(Double(result.ownTaken) / Double(result.own.count)), strangers \(Double(result.strangersTaken) / Double(result.strange.count))"
      )
      #expect(result.accuracy >= 0.985)
      #expect(result.auroc >= 0.985)
      #expect(result.strangersAt95 <= 0.08)
      #expect(Double(result.ownTaken) / Double(result.own.count) >= 0.9)
      #expect(Double(result.strangersTaken) / Double(result.strange.count) <= 0.12)
    }
    let difference = abs(pooled[.fp32]!.accuracy - pooled[.int8]!.accuracy)
    #expect(difference <= 0.01, "\(difference)")
  }

  static func embedder(_ network: any RunnableNetwork) throws -> Embedder {
    // The collection is asked only where there are no photographs.
    let folder = TemporaryFolder()
    try FileManager.default.createDirectory(atPath: folder.path + "/a", withIntermediateDirectories: true)
    return BaseSet(folder: Checkout.asset("demo")).embedder(
      network, preprocessor: Preprocessor(kernels: InstructionSets.available.last!),
      collection: try ClassCollection(folder: folder.path))
  }
}
