import Pixels
import Platform

/// The first line of a YUV4MPEG2 stream (the format of mjpegtools' `yuv4mpeg(5)`, ffmpeg's `-f yuv4mpegpipe`).
public struct Y4MHeader: Sendable, Hashable {
  /// 8 bits a sample, planes in the order Y, Cb, Cr. Full range where ffmpeg's extension `XCOLORRANGE` says so.
  package let layout: PixelLayout
  /// Frames per second; `nil` where the stream does not say (`F0:0` or none), or says what no stream has: what computes with
  /// rates may rely on a sensible one.
  public let rate: Double?

  static let magic = "YUV4MPEG2"
  static let maximumSide = 16_384
  /// From a frame in a quarter of an hour to what cameras for crash tests give.
  package static let plausibleRates = 0.001...10_000

  /// - Parameters:
  ///   - line: without its line feed.
  ///   - name: what errors call the stream.
  package init(line: String, name: String) throws(UserError) {
    let words = line.split(separator: " ")
    guard words.first == Self.magic[...] else {
      throw UserError(
        "\(name): expected a Y4M stream (it begins with '\(Self.magic)') or JPEG pictures (MJPEG), found '\(Self.printable(line))'; "
          + "make one with: ffmpeg -i INPUT -pix_fmt yuv420p -f yuv4mpegpipe -")
    }
    var width: Int?
    var height: Int?
    var format = PixelFormat.yuv420
    var rate: Double?
    var isFullRange = false
    for word in words.dropFirst() {
      let value = word.dropFirst()
      switch word.first {
      case "W": width = Int(value)
      case "H": height = Int(value)
      case "F": rate = Self.rate(value)
      case "C": format = try Self.format(value, name: name)
      case "X" where value == "COLORRANGE=FULL": isFullRange = true
      default: break
      }
    }
    guard let width, let height, 1...Self.maximumSide ~= width, 1...Self.maximumSide ~= height else {
      throw UserError(
        "\(name): expected a width W and a height H from 1 to \(Self.maximumSide), found '\(Self.printable(line))'; "
          + "make the stream again")
    }
    self.rate = rate
    layout = PixelLayout(
      format, width: width, height: height, color: YUVColorSpace(matrix: .bt601, isFullRange: isFullRange))
  }

  /// `30000:1001`, a fraction.
  private static func rate(_ text: Substring) -> Double? {
    let parts = text.split(separator: ":").map { Double($0) ?? 0 }
    guard parts.count == 2, parts[1] > 0 else { return nil }
    let rate = parts[0] / parts[1]
    return plausibleRates.contains(rate) ? rate : nil
  }

  /// The kinds of 4:2:0 differ in where chroma lies by less than a pixel; they are read alike.
  private static func format(_ tag: Substring, name: String) throws(UserError) -> PixelFormat {
    switch tag {
    case "420jpeg", "420mpeg2", "420paldv", "420": return .yuv420
    case "422": return .yuv422
    case "411": return .yuv411
    case "444": return .yuv444
    case "mono": return .grey
    default:
      let found = "found C\(printable(String(tag)))"
      let help = "let ffmpeg convert it: -pix_fmt yuv420p before -f yuv4mpegpipe"
      if let depth = depth(of: tag) {
        throw UserError("\(name): expected 8 bits a sample, \(found), which has \(depth); \(help)")
      }
      throw UserError(
        "\(name): expected the colour space C420jpeg, C420mpeg2, C420paldv, C420, C422, C411, C444 or Cmono, "
          + "\(found); \(help)")
    }
  }

  /// The bits of `420p10`, `444p16`, `mono12`, as ffmpeg's `-strict -1` writes them; `nil` for other tags.
  private static func depth(of tag: Substring) -> Int? {
    for family in ["420p", "422p", "444p", "mono"] where tag.hasPrefix(family) {
      return Int(tag.dropFirst(family.count)).flatMap { (9...16).contains($0) ? $0 : nil }
    }
    return nil
  }

  /// What a message can show of a stream that may hold anything.
  static func printable(_ text: String) -> String {
    Printable.line(String(text.prefix(40))) + (text.count > 40 ? "…" : "")
  }
}
