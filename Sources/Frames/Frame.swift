import Platform

/// Where a frame's capture time comes from.
public enum CaptureClock: String, Sendable, Hashable, CaseIterable {
  /// The driver's own monotonic timestamp.
  case driver
  /// The moment of dequeuing, where the driver's timestamp cannot be trusted; that at which a live stream's picture had come.
  case dequeue
  /// The moment at which a source without a camera (reel, pattern, file) was due to show the frame.
  case schedule
}

/// What is known of a frame besides its pixels.
public struct FrameInfo: Sendable, Hashable {
  /// The source's width and height in pixels.
  public var sourceWidth: Int
  public var sourceHeight: Int
  /// What they were divided by, since nobody looks at more (`FrameReader.detail`).
  public var divisor: Int
  /// The source's own number of the frame (V4L2's `sequence`); gaps in it are driver drops.
  public var sequence: Int
  /// When the frame was captured.
  public var captured: Nanoseconds
  /// Where `captured` comes from.
  public var clock: CaptureClock
  /// When the program had the frame's bytes, and began to decode them into the ring. The ring fills this and `arrived`.
  public var received = Nanoseconds.zero
  /// When the frame was complete in the ring: decoded and published.
  public var arrived = Nanoseconds.zero
  /// Frames that the driver is known to have dropped since the stream began, this frame's gap included.
  public var driverDrops: Int

  /// - Parameters:
  ///   - width: the source's, like `height`.
  ///   - divisor: what both were divided by.
  public init(
    width: Int, height: Int, divisor: Int = 1, sequence: Int, captured: Nanoseconds, clock: CaptureClock = .schedule,
    driverDrops: Int = 0
  ) {
    sourceWidth = width
    sourceHeight = height
    self.divisor = divisor
    self.sequence = sequence
    self.captured = captured
    self.clock = clock
    self.driverDrops = driverDrops
  }

  /// Width and height in pixels. Pixels are `[H, W, 3]` bytes, RGB, full range, no padding between rows.
  public var width: Int { (sourceWidth + divisor - 1) / divisor }
  public var height: Int { (sourceHeight + divisor - 1) / divisor }
  public var byteCount: Int { width * height * 3 }
}

/// A frame that its holder may read until the lease ends; the producer cannot overwrite it meanwhile.
public struct FrameLease: ~Copyable {
  public let info: FrameInfo
  /// `[H, W, 3]` bytes, RGB.
  public let pixels: UnsafeRawBufferPointer
  /// The ring's publication number: 1, 2, 3 …; gaps are ring drops.
  let number: Int
  let slot: Int
  let ring: FrameRing

  deinit { ring.release(slot: slot) }
}
