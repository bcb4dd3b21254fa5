import Capture
import Frames
import Glibc
import Pixels
import Platform
import Playback

/// Which source `--source` means.
struct SourceChoice {
  let source: any FrameSource
  /// The source, where it is a camera.
  var camera: V4L2Camera?
  /// What the user should know about the choice.
  var notice: String?
  /// Every frame is wanted, and none comes by itself: files that are read without a screen.
  var everyFrame = false
  /// A rate can be asked of it.
  var takesRate = false

  /// - Throws: `UserError` if what the user asked for cannot be used. `auto` never throws for a camera: it says what is
  ///   wrong with it and plays the reel.
  static func choose(_ text: String, wish: StreamWish, isHeadless: Bool, frames: Int?) throws -> SourceChoice {
    let choice = try choose(text, wish, isHeadless: isHeadless, frames: frames)
    guard text != "auto", choice.camera == nil else { return choice }
    var rest = wish
    rest.namesRate = wish.namesRate && !choice.takesRate
    if rest.isSpecific {
      throw UserError(
        """
        --format, --size, --control and --keep-controls are for cameras, --fps for them and videos: expected a camera, \
        found --source \(HTTPSource.isAddress(text) ? HTTPSource.name(of: text) : text). Leave them out.
        """)
    }
    return choice
  }

  private static func choose(_ text: String, _ wish: StreamWish, isHeadless: Bool, frames: Int?) throws -> SourceChoice
  {
    switch text {
    case "auto": return try automatic(wish)
    case "demo": return SourceChoice(source: DemoReel(assets: try Assets.directory()))
    case "pattern": return SourceChoice(source: TestPattern())
    default:
      let rate = wish.namesRate ? wish.rate : nil
      if HTTPSource.isAddress(text) {
        return SourceChoice(source: try HTTPSource(address: text, rate: rate), takesRate: true)
      }
      let kind = text == "-" ? nil : File.kind(of: text)
      if text == "-" || kind == .pipe || (kind == .regular && StreamSource.isStream(path: text)) {
        // Without a screen a recording is read as fast as it is worked on, frame by frame.
        return SourceChoice(
          source: StreamSource(
            path: text, isPaced: !isHeadless, rate: rate, holdsStill: !isHeadless || frames != nil),
          everyFrame: isHeadless, takesRate: true)
      }
      if kind == nil { try refuseOtherAddress(text) }
      if kind == .regular || kind == .folder {
        // Without a screen each image is one result; with --frames it is repeated.
        return SourceChoice(
          source: ImageSource(
            paths: [text], secondsPerImage: isHeadless ? 0 : 2, loop: isHeadless ? frames != nil : true),
          everyFrame: isHeadless)
      }
      // A device is opened as it is: what is wrong with it is for the camera to say.
      if text.hasPrefix("/"), kind != nil || (text.hasPrefix("/dev/") && !hasExtension(text)) {
        return SourceChoice(V4L2Camera(path: text, wish: wish))
      }
      do {
        return SourceChoice(V4L2Camera(path: try CameraCatalog.find(text).path, wish: wish))
      } catch {
        guard kind == nil, text.contains("/") || hasExtension(text) else { throw error }
        throw missing(text)
      }
    }
  }

  /// What stands behind another scheme is shown in no message: it may hold a password.
  private static func refuseOtherAddress(_ text: String) throws(UserError) {
    guard let scheme = text.firstRange(of: "://").map({ text[..<$0.lowerBound] }), !scheme.isEmpty,
      scheme.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber) })
    else { return }
    throw UserError(
      "--source \(scheme)://…: expected an address that begins with http:// or https://. Others are read by ffmpeg: "
        + "ffmpeg -i ADDRESS -f mjpeg -q:v 3 - | mobilecam --source -")
  }

  /// Whether a name ends as files' names do, and no camera's: `.jpg`, `.y4m`.
  private static func hasExtension(_ text: String) -> Bool {
    guard let point = text.lastIndex(of: "."), point != text.startIndex else { return false }
    let ending = text[text.index(after: point)...]
    return (1...5).contains(ending.count) && ending.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber) }
      && ending.contains(where: \.isLetter)
  }

  /// Of a path that leads to nothing: why.
  private static func missing(_ path: String) -> UserError {
    do throws(SystemError) {
      _ = try File.open(path, O_RDONLY)
      return .unreadable(path, SystemError(ENOENT))
    } catch {
      return .unreadable(path, error)
    }
  }

  /// The first camera, or the reel.
  private static func automatic(_ wish: StreamWish) throws -> SourceChoice {
    let cameras = CameraCatalog.cameras()
    if let camera = cameras.first(where: { $0.holder == nil }) ?? cameras.first {
      return SourceChoice(V4L2Camera(path: camera.path, wish: wish))
    }
    return SourceChoice(
      source: DemoReel(assets: try Assets.directory()), notice: "no camera found: playing the demo reel")
  }
}

extension SourceChoice {
  fileprivate init(_ camera: V4L2Camera) { self.init(source: camera, camera: camera) }
}
