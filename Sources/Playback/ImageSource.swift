import Frames
import Platform

/// Image files as a source: one is held as a still, several are shown one after the other, at 30 frames a second.
///
/// A folder stands for its files, sorted by name; files that are no images are skipped and counted as bad frames.
/// Pictures larger than the ring's frames, or than 1920 × 1080, are made smaller.
public final class ImageSource: FrameSource {
  public static let framesPerSecond = 30
  static let maximumWidth = 1920
  static let maximumHeight = 1080

  private let paths: [String]
  private let framesPerImage: Int
  private let loop: Bool
  private let thread: SourceThread

  /// - Parameters:
  ///   - paths: files and folders; at least one.
  ///   - secondsPerImage: how long each picture is shown; each is shown for one frame at least.
  ///   - loop: after the last picture begin again, or hold the only one for ever, until stopped; else the ring ends.
  public init(paths: [String], secondsPerImage: Double = 2, loop: Bool) {
    precondition(!paths.isEmpty && secondsPerImage >= 0)
    self.paths = paths
    self.loop = loop
    framesPerImage = max(1, Int(saturating: secondsPerImage * Double(Self.framesPerSecond)))
    thread = SourceThread(SourceStatus(name: paths[0], nominalRate: Double(Self.framesPerSecond)))
  }

  public var status: SourceStatus { thread.status.withLock { $0 } }

  /// A folder is listed, and its first image read, on the source's thread, which may take a while.
  /// - Throws: `UserError` if there are no files, or a folder cannot be read; where files are given, and no folder, also if
  ///   none of them is an image. Of a folder without any the ring ends as failed.
  public func start(into ring: FrameRing) throws {
    var playlist = Playlist(paths: paths, maximumPixels: ring.frameCapacityBytes / 3)
    guard try !playlist.isEmpty() else { throw playlist.nothingToShow() }
    var first: Playlist.Item?
    if !paths.contains(where: Folder.exists) {
      try playlist.list { false }
      first = try playlist.next { false }
      guard let first else { throw playlist.nothingToShow() }
      report(playlist, first)
    }
    try thread.start(name: "images", into: ring) { [self, playlist, first] thread in
      var playlist = playlist
      defer { thread.status.withLock { $0.badFrames = playlist.badCount } }
      if first == nil { try playlist.list { thread.stopping } }
      guard let first = try first ?? playlist.next(isCancelled: { thread.stopping }) else {
        throw playlist.nothingToShow()
      }
      try show(first, &playlist, thread)
    }
  }

  public func stop() { thread.stop() }

  /// Shows one picture after the other to the end.
  /// - Throws: `UserError` if no picture is left; `Cancelled` where there is nobody to show them to.
  private func show(_ first: Playlist.Item, _ playlist: inout Playlist, _ thread: SourceThread) throws {
    var pacer = Pacer(start: .now(), framesPerSecond: Self.framesPerSecond)
    var number = pacer.advance(now: .now())
    var sequence = 0
    var item = first
    report(playlist, item)
    while true {
      let end = number.addingSaturating(framesPerImage)
      let picture = item.picture
      repeat {
        try thread.sleep(until: pacer.due(number))
        try thread.publish { pixels in
          picture.pixels.withUnsafeBytes { pixels.copyMemory(from: $0) }
          return FrameInfo(width: picture.width, height: picture.height, sequence: sequence, captured: .now())
        }
        sequence += 1
        number = pacer.advance(now: .now())
      } while number < end
      if loop, playlist.isOnly(item) { continue }
      guard let next = try nextItem(&playlist) else { return }
      item = next
      report(playlist, item)
    }
  }

  /// The picture after the last one shown; `nil` at the end.
  private func nextItem(_ playlist: inout Playlist) throws -> Playlist.Item? {
    if let next = try playlist.next(isCancelled: { thread.stopping }) { return next }
    guard loop else { return nil }
    playlist.rewind()
    guard let next = try playlist.next(isCancelled: { thread.stopping }) else { throw playlist.nothingToShow() }
    return next
  }

  private func report(_ playlist: Playlist, _ item: Playlist.Item) {
    thread.status.withLock {
      $0.name = item.path
      $0.format = "\(item.picture.width)×\(item.picture.height) RGB"
      $0.badFrames = playlist.badCount
    }
  }
}
