import Glibc
import Platform

/// A fixed number of preallocated frames between one producer and several readers.
///
/// The producer overwrites the oldest frame that nobody leases, so it never waits for a reader; a reader leases the newest
/// complete frame, never a stale one. Nothing is allocated after `init`.
public final class FrameRing: @unchecked Sendable {
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

  // Everything below is guarded by `lock`. The mutex and condition live outside the object: their address must not move.
  private let lock = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private let changed = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
  private var slots: [Slot] = []
  private var published = 0
  private var newest = -1
  private var ending: Ending?
  private var demand = 0
  private let everyFrame: Bool

  /// - Parameters:
  ///   - slotCount: at least one more than the leases that can be held at once, plus the one being written.
  ///   - maximumPixels: the largest width × height that will be written.
  ///   - everyFrame: the producer waits until each frame was leased by a call of `FrameReader.next`, for sources that
  ///     are read and not watched (a recording); a live source must never wait. `end` releases a waiting producer.
  public init(slotCount: Int = 4, maximumPixels: Int = 1920 * 1080, everyFrame: Bool = false) {
    precondition(slotCount >= 3, "a ring needs a frame to write, one to read and one in between")
    frameCapacityBytes = maximumPixels * 3
    self.everyFrame = everyFrame
    for _ in 0..<slotCount {
      slots.append(Slot(pixels: .allocate(byteCount: frameCapacityBytes, alignment: 64)))
    }
    pthread_mutex_init(lock, nil)
    var attributes = pthread_condattr_t()
    pthread_condattr_init(&attributes)
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
    pthread_cond_init(changed, &attributes)
    pthread_condattr_destroy(&attributes)
  }

  deinit {
    for slot in slots { slot.pixels.deallocate() }
    pthread_cond_destroy(changed)
    pthread_mutex_destroy(lock)
    changed.deallocate()
    lock.deallocate()
  }

  // MARK: Producer

  /// Hands `fill` a slot to write a frame's pixels into and publishes what it wrote, or nothing if it returns `nil`.
  /// Returns whether a frame was published (not when every slot is leased, which counts as a drop for every reader).
  @discardableResult
  public func publish(_ fill: (UnsafeMutableRawBufferPointer) throws -> FrameInfo?) rethrows -> Bool {
    pthread_mutex_lock(lock)
    while everyFrame, demand <= published, ending == nil { pthread_cond_wait(changed, lock) }
    guard ending == nil, let target = oldestFreeSlot() else {
      if ending == nil { published += 1 }
      pthread_mutex_unlock(lock)
      return false
    }
    slots[target].number = 0
    slots[target].leases = 1
    let pixels = slots[target].pixels
    pthread_mutex_unlock(lock)

    let received = Nanoseconds.now()
    var info: FrameInfo?
    defer {
      pthread_mutex_lock(lock)
      slots[target].leases -= 1
      if var info {
        // A source that makes up its frames says when each was due, which may be a moment later.
        info.received = max(received, info.captured)
        info.arrived = .now()
        published += 1
        slots[target].info = info
        slots[target].number = published
        newest = target
      }
      pthread_cond_broadcast(changed)
      pthread_mutex_unlock(lock)
    }
    info = try fill(pixels)
    return info != nil
  }

  /// No frame will come any more: readers get what is there, then `nil`. The first ending stays.
  public func end(_ how: Ending = .finished) {
    pthread_mutex_lock(lock)
    if ending == nil { ending = how }
    pthread_cond_broadcast(changed)
    pthread_mutex_unlock(lock)
  }

  public var end: Ending? {
    pthread_mutex_lock(lock)
    defer { pthread_mutex_unlock(lock) }
    return ending
  }

  /// The newest frame is never overwritten: a reader that comes now must find it.
  private func oldestFreeSlot() -> Int? {
    var best: Int?
    for index in slots.indices where slots[index].leases == 0 && index != newest {
      if best.map({ slots[index].number < slots[$0].number }) ?? true { best = index }
    }
    return best
  }

  // MARK: Readers

  public func makeReader() -> FrameReader { FrameReader(self) }

  /// The newest frame published after number `after`; waits for one until `deadline`.
  fileprivate func lease(after: Int, deadline: Nanoseconds?) -> FrameLease? {
    pthread_mutex_lock(lock)
    defer { pthread_mutex_unlock(lock) }
    if let deadline {
      if demand < after + 1 {
        demand = after + 1
        pthread_cond_broadcast(changed)
      }
      var until = timespec(
        tv_sec: Int(deadline.count / 1_000_000_000), tv_nsec: Int(deadline.count % 1_000_000_000))
      while newest < 0 || slots[newest].number <= after {
        if ending != nil || pthread_cond_timedwait(changed, lock, &until) == ETIMEDOUT { break }
      }
    }
    guard newest >= 0, slots[newest].number > after else { return nil }
    slots[newest].leases += 1
    let slot = slots[newest]
    let pixels = UnsafeRawBufferPointer(rebasing: slot.pixels[..<slot.info.byteCount])
    return FrameLease(info: slot.info, pixels: pixels, number: slot.number, slot: newest, ring: self)
  }

  func release(slot: Int) {
    pthread_mutex_lock(lock)
    slots[slot].leases -= 1
    pthread_mutex_unlock(lock)
  }
}

/// One reader's place in the ring. Belongs to one thread.
public final class FrameReader {
  private let ring: FrameRing
  private var lastNumber = 0
  /// Frames that were published and never leased by this reader: its ring drops.
  public private(set) var ringDrops = 0

  fileprivate init(_ ring: FrameRing) { self.ring = ring }

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
  fileprivate var newestNumber: Int {
    pthread_mutex_lock(lock)
    defer { pthread_mutex_unlock(lock) }
    return newest < 0 ? 0 : slots[newest].number
  }
}
