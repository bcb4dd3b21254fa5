/// Something that fills a `FrameRing` from a thread of its own: a camera, a file, the demo reel.
public protocol FrameSource: AnyObject, Sendable {
  /// Starts the source's thread. Errors that show at once (no such device, unreadable file) are thrown;
  /// later ones appear in `status`, or end the ring (`FrameRing.end`).
  func start(into ring: FrameRing) throws
  /// Stops the thread and waits for it; the ring stays as it is. Harmless when called twice.
  func stop()
  /// Lets go of what others may want while the program is suspended.
  func suspend()
  /// Takes it again after `suspend`.
  func resume(into ring: FrameRing) throws
  /// Safe from any thread.
  var status: SourceStatus { get }
}

/// Sources that hold nothing that others may want.
extension FrameSource {
  public func suspend() {}
  public func resume(into ring: FrameRing) throws {}
}

/// What the screen and the log say of a source.
public struct SourceStatus: Sendable, Hashable {
  /// `/dev/video0`, `demo reel`, a file's name.
  public var name: String
  /// Negotiated format as people read it: `640×480 YUYV`, empty until known.
  public var format: String
  /// Frames per second asked of, or promised by, the source; `nil` where it has no rate.
  public var nominalRate: Double?
  /// Frames lost before they reached us: gaps in the source's own sequence numbers.
  public var driverDrops = 0
  /// Frames that came, but broken (error flag, truncated, undecodable).
  public var badFrames = 0
  /// What was wrong with the newest of them; `nil` where none came, or its source does not say.
  public var badFrameReason: String?
  /// What is wrong now and what happens next, in words; `nil` while frames flow.
  public var trouble: String? {
    didSet {
      guard let trouble, trouble != oldValue else { return }
      lastTrouble = trouble
      troubleCount += 1
    }
  }
  /// The newest trouble, kept when it is over: one that is shorter than the time between two looks is seen all the same.
  public private(set) var lastTrouble: String?
  /// How many there were.
  public private(set) var troubleCount = 0
  /// What the user should know although frames flow.
  public var notice: String?

  public init(name: String, format: String = "", nominalRate: Double? = nil) {
    self.name = name
    self.format = format
    self.nominalRate = nominalRate
  }
}
