import Glibc
import Pixels
import Platform

/// What the user would like to get from a camera.
public struct StreamWish: Sendable, Hashable {
  /// The only format to take; `nil`: the best one for the size and rate.
  package var fourCC: FourCC?
  /// In pixels.
  public var width: Int
  public var height: Int
  /// Frames a second.
  public var rate: Double
  /// Controls to set while the camera streams; what they were before is put back when it stops.
  public var controls: [ControlSetting] = []
  /// Not put back: the camera keeps what was set.
  public var keepsControls = false
  /// The run waits for a number of pictures: a camera that gives none in any format ends it.
  public var endsWithoutPicture = false
  /// From one row to the next, to see how a driver pads; 0: the driver's choice.
  package var bytesPerRow = 0
  /// The user named them, and is told where the camera gives others.
  package var namesSize: Bool
  package var namesRate: Bool

  /// 640×480 at 30 frames a second, unless given. The nearest size and rate that the camera has are taken.
  /// - Parameters:
  ///   - format: a four-character code such as `YUYV`; a camera that does not offer it is an error.
  ///   - rate: frames a second.
  public init(format: String? = nil, size: (width: Int, height: Int)? = nil, rate: Double? = nil) {
    fourCC = format.map { FourCC($0.uppercased()) }
    width = size?.width ?? 640
    height = size?.height ?? 480
    self.rate = rate ?? 30
    namesSize = size != nil
    namesRate = rate != nil
  }

  /// Whether anything was asked for.
  public var isSpecific: Bool { fourCC != nil || namesSize || namesRate || !controls.isEmpty || keepsControls }

  /// Where the camera gives something else than what was named, in words.
  package func difference(width: Int, height: Int, rate: Double?) -> String? {
    if namesSize, (width, height) != (self.width, self.height) {
      return "asked for \(self.width)×\(self.height): the nearest that the camera has is \(width)×\(height)"
    }
    if namesRate, let rate, abs(rate - self.rate) > 0.02 * self.rate {
      return "asked for \(Self.text(self.rate)) fps: the nearest that the camera has is \(Self.text(rate)) fps"
    }
    return nil
  }

  /// Frames a second, without decimals that say nothing.
  static func text(_ rate: Double) -> String {
    number((rate * 100).rounded() / 100)
  }
}

/// One thing to ask a camera for.
package struct StreamChoice: Sendable, Hashable {
  package var fourCC: FourCC
  package var width: Int
  package var height: Int
  package var rate: Double

  package init(fourCC: FourCC, width: Int, height: Int, rate: Double) {
    self.fourCC = fourCC
    self.width = width
    self.height = height
    self.rate = rate
  }

  /// Everything that the camera offers and we can decode, best first: colour before grey, the nearest size, the rate,
  /// then the cheapest decoder.
  package static func all(_ formats: [CameraFormat], wish: StreamWish, maximumPixels: Int) -> [StreamChoice] {
    var choices: [StreamChoice] = []
    for format in formats where format.fourCC.decoder != nil && format.fourCC == wish.fourCC ?? format.fourCC {
      let sizes = format.sizes.isEmpty ? [CameraSize(width: wish.width, height: wish.height, rates: [])] : format.sizes
      for size in sizes where 1...maximumPixels ~= size.pixelCount {
        for rate in rates(size.rates, wish.rate) {
          choices.append(StreamChoice(fourCC: format.fourCC, width: size.width, height: size.height, rate: rate))
        }
      }
    }
    return stablySorted(choices) { $0.cost(wish) }
  }

  /// The choices that need less of the bus than `failed`, which had too little: the same size compressed, then smaller
  /// sizes, then lower rates.
  package static func lighter(than failed: StreamChoice, among choices: [StreamChoice], wish: StreamWish)
    -> [StreamChoice]
  {
    let lighter = choices.filter { $0.bytesPerSecond < failed.bytesPerSecond }
    return stablySorted(lighter) {
      let cost = $0.cost(wish)
      return [cost[0], cost[2], cost[1], cost[3]]
    }
  }

  /// The wish itself where the camera is fast enough, and the slower rates to fall back to.
  private static func rates(_ offered: [Double], _ wish: Double) -> [Double] {
    guard let fastest = offered.max() else { return [wish] }
    let slower = offered.filter { $0 < wish * 0.98 }
    return fastest >= wish * 0.98 ? [wish] + slower : slower
  }

  /// Compared from the first element on: no colour, wrong size, too slow, decoder.
  private func cost(_ wish: StreamWish) -> [Double] {
    let decoder = fourCC.decoder ?? .library
    let area = Double(width * height) / Double(wish.width * wish.height)
    let shape = (Double(width) / Double(height)) / (Double(wish.width) / Double(wish.height))
    return [
      decoder == .grey ? 1 : 0, abs(log(area)) + abs(log(shape)), max(0, wish.rate - rate), Double(decoder.rawValue),
    ]
  }

  /// `640×480 YUYV at 30 fps`
  var text: String { "\(width)×\(height) \(fourCC) at \(StreamWish.text(rate)) fps" }

  /// An estimate: JPEG frames take about a tenth of RGB.
  var bytesPerSecond: Double {
    if let format = fourCC.pixelFormat {
      return Double(PixelLayout(format, width: width, height: height).frameBytes) * rate
    }
    return Double(width * height) * rate * (fourCC.decoder == .jpeg ? 0.3 : 2)
  }

  /// Equal costs keep the camera's own order.
  private static func stablySorted(_ choices: [StreamChoice], by cost: (StreamChoice) -> [Double]) -> [StreamChoice] {
    choices.enumerated().map { (key: cost($0.element) + [Double($0.offset)], choice: $0.element) }
      .sorted { $0.key.lexicographicallyPrecedes($1.key) }.map(\.choice)
  }
}
