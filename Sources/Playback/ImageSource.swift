import Frames
import Synchronization

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
  private let thread = SourceThread()
  private let state: Mutex<SourceStatus>

  /// - Parameters:
  ///   - paths: files and folders; at least one.
  ///   - secondsPerImage: how long each picture is shown; each is shown for one frame at least.
  ///   - loop: after the last picture begin again, or hold the only one for ever, until stopped; else the ring ends.
  public init(paths: [String], secondsPerImage: Double = 2, loop: Bool) {
    precondition(!paths.isEmpty && secondsPerImage >= 0)
    self.paths = paths
    self.loop = loop
    framesPerImage = max(1, Int(secondsPerImage * Double(Self.framesPerSecond)))
    state = Mutex(SourceStatus(name: paths[0], nominalRate: Double(Self.framesPerSecond)))
  }

  public var status: SourceStatus { state.withLock { $0 } }

  /// Errors: the only file is no image, a folder cannot be read, or not one image is there.
  public func start(into ring: FrameRing) throws {
    var playlist = try Playlist(paths: paths, maximumPixels: ring.frameCapacityBytes / 3)
    guard let first = playlist.next() else { throw playlist.nothingToShow() }
    report(playlist, first)
    try thread.start(name: "images", into: ring) { [self, playlist] thread in
      var playlist = playlist
      if let ending = show(first, &playlist, thread) { ring.end(ending) }
    }
  }

  public func stop() { thread.stop() }

  /// Returns how the stream ended, or `nil` when it was stopped.
  private func show(_ first: Playlist.Item, _ playlist: inout Playlist, _ thread: SourceThread) -> FrameRing.Ending? {
    var pacer = Pacer(start: .now(), framesPerSecond: Self.framesPerSecond)
    var number = pacer.advance(now: .now())
    var sequence = 0
    var item = first
    while true {
      let end = number + framesPerImage
      let picture = item.picture
      repeat {
        guard thread.sleep(until: pacer.due(number)) else { return nil }
        let isWanted = thread.publish { pixels in
          picture.pixels.withUnsafeBytes { pixels.copyMemory(from: $0) }
          return FrameInfo(width: picture.width, height: picture.height, sequence: sequence, captured: .now())
        }
        guard isWanted else { return nil }
        sequence += 1
        number = pacer.advance(now: .now())
      } while number < end
      if loop, playlist.isOnly(item) { continue }
      if playlist.isAtEnd {
        guard loop else { return .finished }
        playlist.rewind()
      }
      let next = playlist.next()
      if next == nil, loop { playlist.rewind() }
      guard let next = next ?? (loop ? playlist.next() : nil) else {
        state.withLock { $0.badFrames = playlist.badCount }
        return loop ? .failed("\(playlist.nothingToShow())") : .finished
      }
      item = next
      report(playlist, item)
    }
  }

  private func report(_ playlist: Playlist, _ item: Playlist.Item) {
    state.withLock {
      $0.name = item.path
      $0.format = "\(item.picture.width)×\(item.picture.height) RGB"
      $0.badFrames = playlist.badCount
    }
  }
}
