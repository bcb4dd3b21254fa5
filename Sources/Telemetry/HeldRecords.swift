import Model
import Platform

/// Keeps records back until it is known whether, and when, the screen showed them: only then a row is whole.
///
/// The screen draws the newest record when it comes round to it. A record that another one has overtaken by then was never
/// shown: it is released without `render` and `glassToLabel`. Released records keep their order.
/// Nothing is allocated after `init`.
public struct HeldRecords: Sendable {
  private var slots: [FrameRecord]
  private var head = 0
  private var count = 0
  /// Whether the oldest record is being drawn.
  private var isDrawing = false

  /// - Parameter capacity: records that may come while one is drawn. A terminal that keeps one frame longer than that
  ///   leaves its record without a time.
  public init(capacity: Int = 64, layerCount: Int) {
    precondition(capacity >= 2)
    slots = (0..<capacity).map { _ in
      var slot = FrameRecord()
      slot.reserve(layers: layerCount)
      return slot
    }
  }

  /// Takes a new record over, and gives another one back for its buffers. Those that can be shown no more go to `release`.
  public mutating func hold(_ record: inout FrameRecord, release: (borrowing FrameRecord) -> Void) {
    if !isDrawing || count == slots.count { releaseAll(release) }
    swap(&slots[(head + count) % slots.count], &record)
    count += 1
  }

  /// The screen begins to draw the newest record, of which it gets a copy.
  /// - Returns: false if there is none that was not drawn before, or one is being drawn.
  public mutating func beginDrawing(
    into record: inout FrameRecord, release: (borrowing FrameRecord) -> Void
  ) -> Bool {
    guard !isDrawing, count > 0 else { return false }
    while count > 1 { releaseOldest(release) }
    record.assign(slots[head])
    isDrawing = true
    return true
  }

  /// The terminal has taken all of what `beginDrawing` announced.
  /// - Parameters:
  ///   - began: when drawing began.
  ///   - ended: when the terminal had it.
  /// - Returns: the record's times; `nil` if nothing new was drawn.
  public mutating func endDrawing(
    began: Nanoseconds, ended: Nanoseconds, release: (borrowing FrameRecord) -> Void
  ) -> ShownResult? {
    guard isDrawing else { return nil }
    isDrawing = false
    // A driver's timestamp may be anything.
    slots[head].render = ended - began
    slots[head].glassToLabel = ended - slots[head].captured
    let shown = ShownResult(slots[head])
    release(slots[head])
    head = (head + 1) % slots.count
    count -= 1
    while count > 1 { releaseOldest(release) }
    return shown
  }

  /// Nothing will be drawn any more.
  public mutating func releaseAll(_ release: (borrowing FrameRecord) -> Void) {
    isDrawing = false
    while count > 0 { releaseOldest(release) }
  }

  private mutating func releaseOldest(_ release: (borrowing FrameRecord) -> Void) {
    slots[head].render = nil
    slots[head].glassToLabel = nil
    release(slots[head])
    head = (head + 1) % slots.count
    count -= 1
  }
}

/// What is known of a result once it was shown.
public struct ShownResult: Sendable, Hashable {
  public var configuration: Configuration
  public var isWarmUp: Bool
  public var render: Nanoseconds
  public var glassToLabel: Nanoseconds

  /// `nil` for a record that was not shown.
  public init?(_ record: borrowing FrameRecord) {
    guard let drawing = record.render, let whole = record.glassToLabel else { return nil }
    configuration = record.configuration
    isWarmUp = record.isWarmUp
    render = drawing
    glassToLabel = whole
  }
}
