import Frames
import Model
import Platform
import Terminal

/// A made-up snapshot with a plausible value everywhere, for pictures and tests of the screen.
package enum Sample {
  /// α = 0.5 at 160, two threads, a camera at 640 × 480.
  package static func snapshot() -> Snapshot {
    var s = Snapshot()
    s.source.name = "/dev/video0"
    s.source.format = "640×480 MJPG"
    s.framesPerSecond = 29.97
    s.source.notice = nil
    s.ringDrops = 12
    s.configuration = Configuration(alpha: .half, resolution: 160, threads: 2)
    s.isa = "avx512"
    s.model.publishedTop1Percent = 59.1
    s.model.trainedAtResolution = 160
    s.top = [
      Prediction(classIndex: 0, label: "espresso", probability: 0.881),
      Prediction(classIndex: 0, label: "cup", probability: 0.083),
      Prediction(classIndex: 0, label: "coffee mug", probability: 0.0214),
      Prediction(classIndex: 0, label: "eggnog", probability: 0.004),
      Prediction(classIndex: 0, label: "black-and-tan coonhound", probability: 0.0012),
    ]
    s.layers = layers(s.configuration)
    s.timing.network = s.layers.sum
    s.timing.p50 = Nanoseconds(1_690_000)
    s.timing.p99 = Nanoseconds(1_920_000)
    s.timing.resultsPerSecond = 584.3
    s.timing.preprocess = Nanoseconds(213_000)
    s.timing.glassToLabel = Nanoseconds(21_430_000)
    s.timing.historyMicroseconds = (0..<300).map { 1700 + Float($0 * 7919 % 211) * ($0 % 37 == 0 ? 3 : 0.8) }
    s.crop = .init(x: 110, y: 30, side: 420)
    return s
  }

  /// Sixteen pairs, half of them measured, the running one among them.
  package static func tradeOff() -> [Snapshot.TradeOffPair] {
    let top1 = [
      70.9, 70.0, 68.0, 65.2, 68.4, 67.2, 65.3, 62.1, 63.3, 61.7, 59.1, 56.3, 49.8, 47.7, 45.5, 41.5,
    ]
    return Configuration.paperPairs(threads: 2).enumerated().map { index, configuration in
      var pair = Snapshot.TradeOffPair(configuration: configuration)
      pair.publishedTop1Percent = top1[index]
      pair.latency = Nanoseconds(Int64(configuration.architecture.multAdds) * 21 / 1000 + (index == 5 ? 2_000_000 : 0))
      pair.isMeasured = index >= 8
      pair.isOnFront = [0, 1, 2, 3, 8, 9, 10, 11, 12, 13, 14, 15].contains(index)
      pair.isTrained = index >= 8
      return pair
    }
  }

  /// A webcam's.
  package static func controls() -> Snapshot.Controls {
    var controls = Snapshot.Controls()
    controls.isKnown = true
    func add(_ title: String, _ value: String, _ share: Double? = nil, changed: Bool = false, lock: String? = nil) {
      var control = Snapshot.Control(title: title, value: value, share: share)
      control.isChanged = changed
      control.lock = lock
      controls.each.append(control)
    }
    add("Brightness", "200", 200.0 / 255, changed: true)
    add("Contrast", "32", 0.5)
    add("Saturation", "64", 0.64)
    add("White Balance, Automatic", "on")
    add("White Balance Temperature", "4600", 0.49, lock: "inactive")
    add("Power Line Frequency", "60 Hz", changed: true)
    add("Sharpness", "3", 0.5)
    add("Backlight Compensation", "1", 0.5)
    add("Auto Exposure", "Aperture Priority Mode")
    add("Exposure Time, Absolute", "157", 0.03, lock: "inactive")
    add("Exposure, Dynamic Framerate", "on", changed: true)
    add("Pan, Absolute", "0", 0.5)
    add("Tilt, Absolute", "0", 0.5)
    add("Focus, Absolute", "0", 0)
    add("Focus, Automatic Continuous", "on")
    add("Privacy", "off", lock: "read-only")
    add("Zoom, Absolute", "100", 0)
    return controls
  }

  /// A map of 5 × 5 with its heat where the ball is.
  package static func activation() -> Snapshot.Activation {
    let values = (0..<25).map { index -> Float in
      let (x, y) = (Float(index % 5) - 2, Float(index / 5) - 2)
      return max(0, 4 - x * x - y * y)
    }
    return .init(label: "espresso", side: 5, values: values)
  }

  /// Its layers, at plausible speeds.
  private static func layers(_ configuration: Configuration) -> Snapshot.Layers {
    var layers = Snapshot.Layers()
    layers.each = configuration.architecture.layers.map { layer in
      let microseconds =
        switch layer.kind {
        case .convolution: 88.2
        case .depthwise: Double(layer.multAdds) / 14_000
        case .pointwise: Double(layer.multAdds) / 81_000
        case .pool: 1.4
        case .fullyConnected: 21.6
        case .softmax: 3.1
        }
      return Snapshot.LayerTime(layer, time: Nanoseconds(Int64(microseconds * 1000)))
    }
    layers.unaccounted = Nanoseconds(9700)
    return layers
  }

  /// Fills the preview as the program does, for a screen of this size, with a bright ball before a shaded wall.
  package static func fillPreview(
    _ s: inout Snapshot, width: Int, height: Int, capabilities: Capabilities, shift: Int = 0
  ) {
    let (imageWidth, imageHeight) = (640, 480)
    var pixels = [UInt8](repeating: 0, count: imageWidth * imageHeight * 3)
    for y in 0..<imageHeight {
      for x in 0..<imageWidth {
        let (dx, dy) = (x - 300 - shift % 200, y - 250)
        let distance = dx * dx + dy * dy
        let isBall = distance < 130 * 130
        let light =
          isBall ? 250 - (dx * dx + 2 * dx * 50 + dy * dy + 2 * dy * 60) / 260 : 20 + x / 8 + (y / 60 % 2) * 25
        let value = min(max(light, 0), 255)
        let at = (y * imageWidth + x) * 3
        pixels[at] = UInt8(value)
        pixels[at + 1] = UInt8(isBall ? value * 3 / 4 : value)
        pixels[at + 2] = UInt8(isBall ? value / 3 : min(value + 30, 255))
      }
    }
    pixels.withUnsafeBytes {
      fillPreview(
        &s, $0, imageWidth: imageWidth, imageHeight: imageHeight, width: width, height: height,
        capabilities: capabilities)
    }
  }

  /// The same with a picture that there is.
  package static func fillPreview(
    _ s: inout Snapshot, _ pixels: UnsafeRawBufferPointer, imageWidth: Int, imageHeight: Int, width: Int, height: Int,
    capabilities: Capabilities
  ) {
    let samples = ScreenView.previewSamples(
      screenWidth: width, screenHeight: height, imageWidth: imageWidth, imageHeight: imageHeight, options: s.options,
      capabilities: capabilities)
    s.preview.fill(pixels, width: imageWidth, height: imageHeight, samples: samples)
  }
}
