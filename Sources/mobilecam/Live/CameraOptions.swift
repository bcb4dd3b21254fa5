import ArgumentParser
import Capture
import Platform

/// The options that say what to ask a camera for.
struct CameraOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp("Pixel format of the camera: YUYV, MJPG …; 'mobilecam devices' lists them.", valueName: "fourcc")
  )
  var format: String?

  @Option(
    help: ArgumentHelp("Size of the camera's picture, 640x480 unless given; the nearest there is.", valueName: "WxH"))
  var size: String?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Frames a second of the camera, 30 unless given; the nearest there is. Of a video in a file: how fast it is shown. Of a picture over HTTP: how often it is fetched.",
      valueName: "n"))
  var fps: Double?

  @Option(
    help: ArgumentHelp(
      "Set a control of the camera while it runs: brightness=200. Can be repeated.", valueName: "name=value"))
  var control: [String] = []

  @Flag(
    help: "Leave the camera's controls as they were set; without, what was found at the start is put back at the end.")
  var keepControls = false

  /// What the ring's slots hold at least; larger pictures only where they are asked for.
  private static let usualPixels = 1920 * 1080
  private static let largestSide = 8192
  private static let largestPixels = 3840 * 2160

  func validate() throws {
    if let format, format.utf8.count > 4 || format.isEmpty || !format.utf8.allSatisfy({ (33...126).contains($0) }) {
      throw ValidationError("--format \(format): expected a code of up to four characters, such as YUYV or MJPG.")
    }
    if let size, Self.sides(size) == nil {
      throw ValidationError(
        "--size \(size): expected WIDTHxHEIGHT in pixels, such as 640x480, at most \(Self.largestPixels / 1000)000 in all."
      )
    }
    for text in control where Self.setting(text) == nil {
      throw ValidationError("--control \(text): expected NAME=VALUE, such as brightness=200 or exposure_auto=off.")
    }
    if let fps, !(fps >= 0.1 && fps <= 1000) {
      throw ValidationError("--fps \(number(fps)): expected frames a second from 0.1 to 1000, such as 30.")
    }
  }

  var wish: StreamWish {
    var wish = StreamWish(format: format, size: size.flatMap(Self.sides), rate: fps)
    wish.controls = control.compactMap(Self.setting)
    wish.keepsControls = keepControls
    return wish
  }

  private static func setting(_ text: String) -> ControlSetting? {
    guard let sign = text.firstIndex(of: "="), sign != text.startIndex else { return nil }
    return ControlSetting(name: String(text[..<sign]), value: String(text[text.index(after: sign)...]))
  }

  var maximumPixels: Int {
    let sides = size.flatMap(Self.sides)
    return max(Self.usualPixels, sides.map { $0.width * $0.height } ?? 0)
  }

  /// `640x480`, with × as well.
  private static func sides(_ text: String) -> (width: Int, height: Int)? {
    let parts = text.split(separator: text.contains("×") ? "×" : "x", omittingEmptySubsequences: false)
    guard parts.count == 2, let width = Int(parts[0]), let height = Int(parts[1]),
      1...largestSide ~= width, 1...largestSide ~= height, width * height <= largestPixels
    else { return nil }
    return (width, height)
  }
}
