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

  /// - Throws: `UserError` if what the user asked for cannot be used. `auto` never throws for a camera: it says what is
  ///   wrong with it and plays the reel.
  static func choose(_ text: String, wish: StreamWish, isHeadless: Bool, frames: Int?) throws -> SourceChoice {
    let choice = try choose(text, wish, isHeadless: isHeadless, frames: frames)
    if wish.isSpecific, text != "auto", choice.camera == nil {
      throw UserError(
        "--format, --size, --fps, --control and --keep-controls are for cameras: expected a camera, found --source \(text). Leave them out."
      )
    }
    return choice
  }

  private static func choose(_ text: String, _ wish: StreamWish, isHeadless: Bool, frames: Int?) throws -> SourceChoice
  {
    switch text {
    case "auto": return try automatic(wish)
    case "demo": return SourceChoice(source: DemoReel(assets: try Assets.directory()))
    case "pattern": return SourceChoice(source: TestPattern())
    // Without a screen a recording is read as fast as it is worked on, frame by frame.
    case "-": return SourceChoice(source: Y4MSource(path: text, isPaced: !isHeadless), everyFrame: isHeadless)
    default:
      let kind = File.kind(of: text)
      if kind == .pipe || (kind == .regular && Y4MSource.isY4M(path: text)) {
        return SourceChoice(source: Y4MSource(path: text, isPaced: !isHeadless), everyFrame: isHeadless)
      }
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
