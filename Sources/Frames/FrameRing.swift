import Platform

/// A fixed number of preallocated frames between one producer and several readers.
///
/// The producer overwrites the oldest frame that nobody leases, so it never waits for a reader; a reader leases the newest
/// complete frame, never a stale one. Nothing is allocated after `init`.
public final class FrameRing: Sendable {
  /// How the stream ended.
  public enum Ending: Sendable, Hashable {
    case finished
    case failed(String)
  }

  private struct Slot {
    let pixels: UnsafeMutableRawBufferPointer
    var info = FrameInfo(width: 0, height: 0, sequence: 0, captured: .zero)
    /// The publication number; 0 while empty or being written.
    var number = 0
    var leases = 0
  }

  /// Bytes that one frame can take.
  public let frameCapacityBytes: Int

  private struct State {
    var slots: [Slot] = []
    var published = 0
    var newest = -1
    var ending: Ending?
    /// The number up to which somebody wants frames.
    var demand = 0
    /// What each reader looks at, by its number.
    var details: [Int: FrameDetail] = [:]
    var readers = 0

    /// The newest frame is never overwritten: a reader that comes now must find it.
    func oldestFreeSlot() -> Int? {
      var best: Int?
      for index in slots.indices where slots[index].leases == 0 && index != newest {
        if best.map({ slots[index].number < slots[$0].number }) ?? true { best = index }
      }
      return best
    }

    func hasFrame(after number: Int) -> Bool { newest >= 0 && slots[newest].number > number }
  }

  private let state: Monitor<State>
  private let everyFrame: Bool
  private let now: @Sendable () -> Nanoseconds

  /// - Parameters:
  ///   - slotCount: at least one more than the leases that can be held at once, plus the one being written.
  ///   - maximumPixels: the largest width × height that will be written.
  ///   - everyFrame: the producer waits until each frame was leased by a call of `FrameReader.next`, for sources that
  ///     are read and not watched (a recording); a live source must never wait. `end` releases a waiting producer.
  ///   - now: the clock that frames are dated by.
  public init(
    slotCount: Int = 4, maximumPixels: Int = 1920 * 1080, everyFrame: Bool = false,
    now: @escaping @Sendable () -> Nanoseconds = Nanoseconds.now
  ) {
    precondition(slotCount >= 3, "a ring needs a frame to write, one to read and one in between")
    frameCapacityBytes = maximumPixels * 3
    self.everyFrame = everyFrame
    self.now = now
    var state = State()
    for _ in 0..<slotCount {
      state.slots.append(Slot(pixels: .allocate(byteCount: frameCapacityBytes, alignment: 64)))
    }
    self.state = Monitor(state)
  }

  deinit { state.withLock { for slot in $0.slots { slot.pixels.deallocate() } } }

  // MARK: Producer

  /// Hands `fill` a slot to write a frame's pixels into and publishes what it wrote, or nothing if it returns `nil`.
  /// Returns whether a frame was published (not when every slot is leased, which counts as a drop for every reader).
  @discardableResult
  public func publish(_ fill: (UnsafeMutableRawBufferPointer) throws -> FrameInfo?) rethrows -> Bool {
    if everyFrame { state.wait { $0.demand > $0.published || $0.ending != nil } }
    let taken: (index: Int, pixels: UnsafeMutableRawBufferPointer)? = state.withLock { state in
      guard state.ending == nil else { return nil }
      guard let index = state.oldestFreeSlot() else {
        state.published += 1
        return nil
      }
      state.slots[index].number = 0
      state.slots[index].leases = 1
      return (index, state.slots[index].pixels)
    }
    guard let taken else { return false }

    let received = now()
    var info: FrameInfo?
    defer {
      state.withLock { state in
        state.slots[taken.index].leases -= 1
        guard var info else { return }
        // A source that makes up its frames says when each was due, which may be a moment later.
        info.received = max(received, info.captured)
        info.arrived = now()
        state.published += 1
        state.slots[taken.index].info = info
        state.slots[taken.index].number = state.published
        state.newest = taken.index
      }
      state.signal()
    }
    info = try fill(taken.pixels)
    return info != nil
  }

  /// What the sides of a frame of this size may be divided by, for all that readers look at; 1 where nobody reads yet.
  public func divisor(width: Int, height: Int) -> Int {
    state.withLock { state in
      if state.details.isEmpty { return 1 }
      return FrameDetail.divisors.last { divisor in
        divisor == 1
          || state.details.values.allSatisfy {
            $0.isServed(width: width, height: height, divisor: divisor)
          }
      } ?? 1
    }
  }

  /// No frame will come any more: readers get what is there, then `nil`. The first ending stays.
  public func end(_ how: Ending = .finished) {
    state.withLock { $0.ending = $0.ending ?? how }
    state.signal()
  }

  public var end: Ending? { state.withLock { $0.ending } }

  // MARK: Readers

  public func makeReader() -> FrameReader { FrameReader(self) }

  /// The newest frame published after number `after`; waits for one until `deadline`.
  fileprivate func lease(after: Int, deadline: Nanoseconds?) -> FrameLease? {
    if let deadline {
      let isAskedFor = state.withLock { state in
        defer { state.demand = max(state.demand, after + 1) }
        return state.demand > after
      }
      if !isAskedFor { state.signal() }
      state.wait(until: deadline) { $0.hasFrame(after: after) || $0.ending != nil }
    }
    return state.withLock { state in
      guard state.hasFrame(after: after) else { return nil }
      let index = state.newest
      state.slots[index].leases += 1
      let slot = state.slots[index]
      let pixels = UnsafeRawBufferPointer(rebasing: slot.pixels[..<slot.info.byteCount])
      return FrameLease(info: slot.info, pixels: pixels, number: slot.number, slot: index, ring: self)
    }
  }

  fileprivate func enter(_ detail: FrameDetail) -> Int {
    state.withLock { state in
      state.readers += 1
      state.details[state.readers] = detail
      return state.readers
    }
  }

  /// - Parameter detail: `nil`: the reader is gone.
  fileprivate func set(_ detail: FrameDetail?, of reader: Int) { state.withLock { $0.details[reader] = detail } }

  func release(slot: Int) { state.withLock { $0.slots[slot].leases -= 1 } }
}

/// One reader's place in the ring. Belongs to one thread.
public final class FrameReader {
  private let ring: FrameRing
  private var lastNumber = 0
  /// Frames that were published and never leased by this reader: its ring drops.
  public private(set) var ringDrops = 0

  private let number: Int

  /// What is looked at of each frame; all of it unless this says less. Frames that are there already stay as they are.
  public var detail = FrameDetail.whole {
    didSet { if detail != oldValue { ring.set(detail, of: number) } }
  }

  fileprivate init(_ ring: FrameRing) {
    self.ring = ring
    number = ring.enter(.whole)
  }

  deinit { ring.set(nil, of: number) }

  /// Waits up to `timeout` for a frame newer than the last one that this reader took. `nil` at time-out or when the
  /// stream has ended (`FrameRing.end`).
  public func next(timeout: Nanoseconds) -> FrameLease? {
    guard let lease = ring.lease(after: lastNumber, deadline: .now() + timeout) else { return nil }
    if lastNumber > 0 { ringDrops += lease.number - lastNumber - 1 }
    lastNumber = lease.number
    return lease
  }

  /// The newest frame, seen or not, without waiting; does not touch `ringDrops`.
  public func newest() -> FrameLease? {
    ring.lease(after: 0, deadline: nil)
  }

  /// Forgets the frames published while this reader was not looking, so that they don't count as drops (a held picture).
  public func skipToNewest() {
    lastNumber = max(lastNumber, ring.newestNumber)
  }
}

extension FrameRing {
  fileprivate var newestNumber: Int { state.withLock { $0.newest < 0 ? 0 : $0.slots[$0.newest].number } }
}
