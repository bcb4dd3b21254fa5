import Frames

/// The bundled reel, a source for machines without a camera: 640 × 480 at 30 frames a second, for ever.
public final class DemoReel: FrameSource {
  public static let framesPerSecond = 30

  private let assets: String
  private let thread: SourceThread

  /// - Parameter assets: the folder `assets`, see `Assets.directory`.
  public init(assets: String) {
    self.assets = assets
    thread = SourceThread(
      SourceStatus(
        name: "demo reel", format: "\(ReelRenderer.width)×\(ReelRenderer.height) RGB",
        nominalRate: Double(Self.framesPerSecond)))
  }

  public var status: SourceStatus { thread.status.withLock { $0 } }

  /// Decodes one photograph here; the others follow on the reel's thread between frames, long before they are shown.
  /// Error: the first photograph cannot be read. One of the others: the ring ends as failed.
  public func start(into ring: FrameRing) throws {
    try ring.requireRoom(width: ReelRenderer.width, height: ReelRenderer.height, for: "demo reel")
    // Made here, used on the reel's thread only.
    nonisolated(unsafe) let renderer = try ReelRenderer(assets: assets)
    try thread.start(name: "demo reel", into: ring) { thread in
      try thread.play(
        width: ReelRenderer.width, height: ReelRenderer.height, framesPerSecond: Self.framesPerSecond,
        render: { number, pixels in try renderer.render(frame: number, into: pixels) },
        afterEach: { try renderer.prepare() })
    }
  }

  public func stop() { thread.stop() }
}
