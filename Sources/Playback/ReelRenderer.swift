import Frames
import Pixels
import Platform

/// Makes the demo reel's pictures: slow pans and zooms over photographs, with cross-fades between them. A frame depends on
/// its number alone. The photographs of the shot that is shown and of the next one are held, no more.
/// Belongs to one thread.
public final class ReelRenderer {
  public static let width = 640
  public static let height = 480
  /// Frames from one photograph's fade-in to the next one's: 5 s.
  package static let framesPerShot = 150
  /// Frames of a shot's end during which the next one shows through: 1 s.
  package static let fadeFrames = 30
  /// After so many frames the reel begins again.
  public static var frameCount: Int { shots.count * framesPerShot }

  /// A window of the output's shape: `zoom` 1 is the largest that fits the photograph; `x` and `y` say where it lies in
  /// the room that is left, 0 at the left and top, 1 at the right and bottom.
  private struct Framing {
    var zoom: Double
    var x: Double
    var y: Double
  }

  private struct Shot {
    var file: String
    var from: Framing
    var to: Framing
  }

  /// The framings keep each photograph's subject inside the centre square that the network sees.
  private static let shots = [
    Shot(file: "coffee.jpg", from: Framing(zoom: 1, x: 0.5, y: 0), to: Framing(zoom: 1.25, x: 0.35, y: 0.2)),
    Shot(file: "chelsea.jpg", from: Framing(zoom: 1.12, x: 0.5, y: 1), to: Framing(zoom: 1, x: 0.9, y: 0)),
    Shot(file: "camera.jpg", from: Framing(zoom: 1, x: 0, y: 0.4), to: Framing(zoom: 1.12, x: 0.5, y: 0.75)),
    Shot(file: "astronaut.jpg", from: Framing(zoom: 1.15, x: 0.5, y: 0.05), to: Framing(zoom: 1, x: 0.5, y: 0.1)),
    Shot(file: "rocket.jpg", from: Framing(zoom: 1, x: 1, y: 0), to: Framing(zoom: 1.15, x: 1, y: 1)),
  ]

  private let folder: String
  private var photographs: [Int: RGBImage] = [:]
  /// The shot of the last frame.
  private var shown = 0
  /// Photographs that were looked at, from the first on.
  private var checked = 1
  private let view = BilinearView(width: ReelRenderer.width, height: ReelRenderer.height)
  /// The incoming picture of a cross-fade, `[H, W, 3]`.
  private let incoming = UnsafeMutableRawBufferPointer.allocate(
    byteCount: ReelRenderer.width * ReelRenderer.height * 3, alignment: 64)

  /// Decodes the first photograph, so that the first frame is quick.
  /// - Parameter assets: the folder `assets`, see `Assets.directory`.
  public init(assets: String) throws(UserError) {
    folder = "\(assets)/demo"
    _ = try photograph(0)
  }

  deinit { incoming.deallocate() }

  /// Decodes one photograph at most, between two frames: each of them once, since one that is missing is to be told soon; then
  /// the next shot's, long before it is shown.
  public func prepare() throws(UserError) {
    if checked < Self.shots.count {
      _ = try photograph(checked)
      checked += 1
    } else {
      _ = try photograph(following(shown))
    }
  }

  /// Shots whose photographs are held.
  package var held: Set<Int> { Set(photographs.keys) }

  private func following(_ shot: Int) -> Int { (shot + 1) % Self.shots.count }
  private func isWanted(_ shot: Int) -> Bool { shot == shown || shot == following(shown) }

  /// Writes frame `number` into `pixels`: `[480, 640, 3]` bytes, RGB.
  public func render(frame number: Int, into pixels: UnsafeMutableRawBufferPointer) throws(UserError) {
    precondition(number >= 0 && pixels.count >= Self.width * Self.height * 3)
    let index = number / Self.framesPerShot % Self.shots.count
    let position = number % Self.framesPerShot
    if index != shown {
      shown = index
      photographs = photographs.filter { isWanted($0.key) }
    }
    try draw(index, progress: position + Self.fadeFrames, into: pixels)
    let fade = position - (Self.framesPerShot - Self.fadeFrames)
    guard fade >= 0 else { return }
    try draw(following(index), progress: fade, into: incoming)
    Self.blend(incoming, into: pixels, share: UInt16((fade + 1) * 256 / (Self.fadeFrames + 1)))
  }

  /// - Parameter progress: frames since the shot began to show through.
  private func draw(_ index: Int, progress: Int, into target: UnsafeMutableRawBufferPointer) throws(UserError) {
    let picture = try photograph(index)
    let shot = Self.shots[index]
    let part = Double(progress) / Double(Self.framesPerShot + Self.fadeFrames)
    let zoom = shot.from.zoom + (shot.to.zoom - shot.from.zoom) * part
    let x = shot.from.x + (shot.to.x - shot.from.x) * part
    let y = shot.from.y + (shot.to.y - shot.from.y) * part
    let aspect = Double(Self.width) / Double(Self.height)
    let width = min(Double(picture.width), Double(picture.height) * aspect) / zoom
    let height = width / aspect
    view.draw(
      picture,
      window: ((Double(picture.width) - width) * x, (Double(picture.height) - height) * y, width, height), into: target)
  }

  private static func blend(
    _ incoming: UnsafeMutableRawBufferPointer, into target: UnsafeMutableRawBufferPointer, share: UInt16
  ) {
    let rest = 256 &- share
    for index in 0..<(width * height * 3) {
      let mixed = UInt16(target[index]) &* rest &+ UInt16(incoming[index]) &* share &+ 128
      target[index] = UInt8(truncatingIfNeeded: mixed >> 8)
    }
  }

  private func photograph(_ index: Int) throws(UserError) -> RGBImage {
    if let photograph = photographs[index] { return photograph }
    let path = "\(folder)/\(Self.shots[index].file)"
    let photograph = try ImageFile.load(path: path)
    guard photograph.width >= 2, photograph.height >= 2 else {
      throw UserError(
        "\(path): expected a photograph, found \(photograph.width)×\(photograph.height) pixels; take the one that comes "
          + "with mobilecam")
    }
    if isWanted(index) { photographs[index] = photograph }
    return photograph
  }
}
