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
  /// What was wrong with them, in the order in which each kind came first; empty where the source does not say.
  public private(set) var badFrameKinds: [BadFrameKind] = []
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

  /// Counts a bad frame; one of a kind that is known keeps the words of the first.
  public mutating func countBadFrame(_ kind: String, fault: String) {
    badFrames += 1
    if let index = badFrameKinds.firstIndex(where: { $0.kind == kind }) {
      badFrameKinds[index].count += 1
    } else {
      badFrameKinds.append(BadFrameKind(kind: kind, fault: fault, count: 1))
    }
  }

  public init(name: String, format: String = "", nominalRate: Double? = nil) {
    self.name = name
    self.format = format
    self.nominalRate = nominalRate
  }
}

/// Bad frames that have the same wrong with them.
public struct BadFrameKind: Sendable, Hashable {
  /// Tells kinds apart: `cut off`.
  public var kind: String
  /// What was wrong with the first of them: `a JPEG frame of 2000 bytes that is cut off`.
  public var fault: String
  public var count: Int
}
