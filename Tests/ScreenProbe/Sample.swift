import Frames
import Platform
import Terminal

/// A made-up snapshot with a plausible value everywhere, for pictures and tests of the screen.
package enum Sample {
  /// α = 0.5 at 160, two threads, a camera at 640 × 480.
  package static func snapshot() -> Snapshot {
    var s = Snapshot()
    s.source.name = "/dev/video0"
    s.source.format = "640×480 MJPG"
    s.source.framesPerSecond = 29.97
    s.source.notice = nil
    s.source.ringDrops = 12
    s.configuration.alpha = 0.5
    s.configuration.resolution = 160
    s.configuration.threads = 2
    s.configuration.isa = "avx512"
    s.model.multAdds = 76_470_000
    s.model.parameters = 1_331_592
    s.model.publishedTop1Percent = 59.1
    s.model.trainedAtResolution = 160
    s.top = [
      .init(label: "espresso", probability: 0.881), .init(label: "cup", probability: 0.083),
      .init(label: "coffee mug", probability: 0.0214), .init(label: "eggnog", probability: 0.004),
      .init(label: "black-and-tan coonhound", probability: 0.0012),
    ]
    s.layers = layers()
    s.timing.network = Nanoseconds(Int64(s.layers.sumMicroseconds * 1000))
    s.timing.p50 = Nanoseconds(1_690_000)
    s.timing.p99 = Nanoseconds(1_920_000)
    s.timing.resultsPerSecond = 584.3
    s.timing.preprocess = Nanoseconds(213_000)
    s.timing.glassToLabel = Nanoseconds(21_430_000)
    s.timing.historyMicroseconds = (0..<300).map { 1700 + Float($0 * 7919 % 211) * ($0 % 37 == 0 ? 3 : 0.8) }
    s.crop = .init(x: 110, y: 30, width: 420, height: 420)
    return s
  }

  /// Sixteen pairs, half of them measured, the running one among them.
  package static func tradeOff() -> [Snapshot.TradeOffPair] {
    let multAdds = [
      568.7, 418.1, 290.7, 186.4, 325.4, 239.3, 166.4, 106.8, 149.5, 110.0, 76.5, 49.2, 41.0, 30.2, 21.1, 13.6,
    ]
    let top1 = [
      70.9, 70.0, 68.0, 65.2, 68.4, 67.2, 65.3, 62.1, 63.3, 61.7, 59.1, 56.3, 49.8, 47.7, 45.5, 41.5,
    ]
    return (0..<16).map { index in
      var pair = Snapshot.TradeOffPair(
        alpha: [1, 0.75, 0.5, 0.25][index / 4], resolution: [224, 192, 160, 128][index % 4],
        multAdds: Int(multAdds[index] * 1e6), parameters: [4_231_976, 2_585_560, 1_331_592, 470_072][index / 4])
      pair.publishedTop1Percent = top1[index]
      pair.latency = Nanoseconds(Int64(multAdds[index] * 21_000 + (index == 5 ? 2_000_000 : 0)))
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

  /// MobileNet V1's thirty layers at α = 0.5, 160 × 160.
  private static func layers() -> Snapshot.Layers {
    var layers = Snapshot.Layers()
    layers.each.append(.init(name: "conv1", kind: "convolution", microseconds: 88.2, multAdds: 80 * 80 * 16 * 27))
    let blocks = [(32, 1), (64, 2), (64, 1), (128, 2), (128, 1), (256, 2)] + Array(repeating: (256, 1), count: 5)
    var (side, channels) = (80, 16)
    for (index, block) in (blocks + [(512, 2), (512, 1)]).enumerated() {
      side /= block.1
      let depthwise = side * side * channels * 9
      let pointwise = side * side * channels * block.0
      layers.each.append(
        .init(
          name: "dw\(index + 1)", kind: "depthwise", microseconds: Double(depthwise) / 14_000, multAdds: depthwise))
      layers.each.append(
        .init(
          name: "pw\(index + 1)", kind: "pointwise", microseconds: Double(pointwise) / 81_000, multAdds: pointwise))
      channels = block.0
    }
    layers.each.append(.init(name: "pool", kind: "pool", microseconds: 1.4, multAdds: 0))
    layers.each.append(.init(name: "fc", kind: "fully connected", microseconds: 21.6, multAdds: 512_000))
    layers.each.append(.init(name: "softmax", kind: "softmax", microseconds: 3.1, multAdds: 0))
    layers.unaccountedMicroseconds = 9.7
    return layers
  }

  /// Fills the preview as the program does, for a screen of this size, with a bright ball before a shaded wall.
  package static func fillPreview(
    _ s: inout Snapshot, width: Int, height: Int, capabilities: Capabilities, shift: Int = 0
  ) {
    let (imageWidth, imageHeight) = (640, 480)
    let (columns, rows) = ScreenView.previewSamples(
      screenWidth: width, screenHeight: height, imageWidth: imageWidth, imageHeight: imageHeight, options: s.options,
      capabilities: capabilities)
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
      s.preview.fill($0, width: imageWidth, height: imageHeight, columns: columns, rows: rows)
    }
  }
}
