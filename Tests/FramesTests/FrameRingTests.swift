import Frames
import Platform
import Testing

/// What the ring does with frames, on one thread; between threads see RingStress.
struct FrameRingTests {
  @Test func aLeaseHoldsWhatWasPublished() throws {
    let ring = smallRing()
    let before = Nanoseconds.now()
    let isPublished = ring.publish { pixels in
      #expect(pixels.count == ring.frameCapacityBytes && pixels.count == 12)
      for index in 0..<6 { pixels[index] = UInt8(10 + index) }
      return FrameInfo(width: 1, height: 2, sequence: 41, captured: Nanoseconds(7), driverDrops: 3)
    }
    #expect(isPublished)
    guard let frame = ring.makeReader().next(timeout: noWait) else {
      Issue.record("expected the published frame, found none")
      return
    }
    let info = frame.info
    #expect(info.width == 1 && info.height == 2 && info.sequence == 41 && info.driverDrops == 3)
    #expect(info.captured == Nanoseconds(7))
    #expect(info.arrived >= before && info.arrived <= .now())
    #expect(info.received >= before && info.received <= info.arrived, "decoding lies between")
    #expect(Array(frame.pixels) == [10, 11, 12, 13, 14, 15])
  }

  @Test func framesAreDividedAsFarAsAllReadersAgree() {
    let ring = smallRing()
    func divisors() -> [Int] {
      [(1280, 720), (1920, 1080), (640, 480), (3, 2)].map { ring.divisor(width: $0.0, height: $0.1) }
    }
    #expect(divisors() == [1, 1, 1, 1], "nobody reads yet")
    let network = ring.makeReader()
    #expect(divisors() == [1, 1, 1, 1], "a reader that says nothing wants all")
    // 87.5 % of the height are 630, 945 and 420; of what is left of them 1.4 pixels for each of the network's.
    network.detail = .square(.central, side: 224)
    #expect(divisors() == [2, 2, 1, 1])
    network.detail = .square(.central, side: 128)
    #expect(divisors() == [2, 4, 2, 1])
    do {
      let screen = ring.makeReader()
      screen.detail = .samples(columns: 400, rows: 250)
      #expect(divisors() == [2, 4, 1, 1])
      screen.detail = .whole
      #expect(divisors() == [1, 1, 1, 1])
      screen.detail = .samples(columns: 0, rows: 0)
      #expect(divisors() == [2, 4, 2, 1])
      withExtendedLifetime(screen) {}
    }
    network.detail = .square(.cornered(x: 0, y: 0, side: 0.4), side: 128)
    #expect(divisors() == [1, 2, 1, 1], "288, 432 and 192")
    network.detail = .square(.pixels(Crop(x: 0, y: 0, side: 400)), side: 128)
    #expect(divisors() == [2, 2, 2, 1])
    network.detail = .square(.central, side: 32)
    #expect(divisors() == [8, 8, 8, 1], "a reader that is gone wants nothing")
  }

  @Test func anEmptyRingGivesNothing() {
    let reader = smallRing().makeReader()
    #expect(reader.newest()?.info == nil)
    #expect(reader.next(timeout: noWait)?.info == nil)
  }

  @Test func theNewestFrameComesOnceAndSkipsTheOlder() {
    let ring = smallRing()
    let reader = ring.makeReader()
    publish(1, into: ring)
    publish(2, into: ring)
    #expect(reader.next(timeout: noWait)?.info.sequence == 2)
    #expect(reader.next(timeout: noWait)?.info == nil)
    publish(3, into: ring)
    #expect(reader.next(timeout: noWait)?.info.sequence == 3)
  }

  @Test func framesBetweenTwoTakenOnesAreDrops() {
    let ring = smallRing()
    let reader = ring.makeReader()
    // What came before the reader's first frame was never this reader's to drop.
    for number in 1...5 { publish(number, into: ring) }
    _ = reader.next(timeout: noWait)
    #expect(reader.ringDrops == 0)
    for number in 6...9 { publish(number, into: ring) }
    #expect(reader.next(timeout: noWait)?.info.sequence == 9)
    #expect(reader.ringDrops == 3)
    // Each reader has its own count.
    #expect(ring.makeReader().ringDrops == 0)
  }

  @Test func lookingTakesNothing() {
    let ring = smallRing()
    let reader = ring.makeReader()
    for number in 1...3 { publish(number, into: ring) }
    #expect(reader.newest()?.info.sequence == 3)
    #expect(reader.newest()?.info.sequence == 3)
    #expect(reader.next(timeout: noWait)?.info.sequence == 3)
    #expect(reader.newest()?.info.sequence == 3)
    #expect(reader.ringDrops == 0)
  }

  @Test func skippedFramesAreNoDrops() {
    let ring = smallRing()
    let reader = ring.makeReader()
    publish(1, into: ring)
    _ = reader.next(timeout: noWait)
    for number in 2...7 { publish(number, into: ring) }
    reader.skipToNewest()
    #expect(reader.next(timeout: noWait)?.info == nil)
    publish(8, into: ring)
    #expect(reader.next(timeout: noWait)?.info.sequence == 8)
    #expect(reader.ringDrops == 0)
  }

  @Test func leasedFramesAreNotOverwritten() {
    let ring = smallRing(slots: 4)
    let reader = ring.makeReader()
    publish(1, into: ring)
    let first = reader.newest()
    publish(2, into: ring)
    let second = reader.newest()
    for number in 3...20 { #expect(publish(number, into: ring)) }
    #expect(pixels(of: first) == Array(repeating: 1, count: 6))
    #expect(pixels(of: second) == Array(repeating: 2, count: 6))
  }

  @Test func withEverySlotLeasedAFrameIsDroppedAndTheProducerDoesNotWait() {
    let ring = smallRing(slots: 3)
    let holder = ring.makeReader()
    let watcher = ring.makeReader()
    publish(1, into: ring)
    _ = watcher.next(timeout: noWait)
    let first = holder.next(timeout: noWait)
    publish(2, into: ring)
    let second = holder.next(timeout: noWait)
    publish(3, into: ring)
    // 1 and 2 are leased and 3 is the newest, which a reader that comes now must find.
    var isFilled = false
    let isPublished = ring.publish { _ in
      isFilled = true
      return nil
    }
    #expect(!isPublished && !isFilled)
    #expect(watcher.newest()?.info.sequence == 3)
    #expect(pixels(of: first) == Array(repeating: 1, count: 6))
    #expect(pixels(of: second) == Array(repeating: 2, count: 6))
    endLease(first)
    #expect(publish(5, into: ring))
    #expect(watcher.next(timeout: noWait)?.info.sequence == 5)
    // 2, 3 and the refused 4.
    #expect(watcher.ringDrops == 3)
    endLease(second)
  }

  private func pixels(of lease: borrowing FrameLease?) -> [UInt8]? {
    switch lease {
    case .some(let lease): Array(lease.pixels)
    case .none: nil
    }
  }

  private func endLease(_ lease: consuming FrameLease?) {}

  @Test func nothingIsPublishedWhereFillHasNothing() {
    let ring = smallRing(slots: 3)
    let reader = ring.makeReader()
    publish(1, into: ring)
    _ = reader.next(timeout: noWait)
    // More often than there are slots: none may leak.
    for _ in 0..<10 { #expect(!ring.publish { _ in nil }) }
    #expect(reader.next(timeout: noWait)?.info == nil)
    #expect(publish(2, into: ring))
    #expect(reader.next(timeout: noWait)?.info.sequence == 2)
    #expect(reader.ringDrops == 0)
  }

  @Test func anErrorOfFillIsPassedOnAndItsSlotIsFree() {
    struct Broken: Error {}
    let ring = smallRing(slots: 3)
    publish(1, into: ring)
    for _ in 0..<10 {
      #expect(throws: Broken.self) { try ring.publish { _ in throw Broken() } }
    }
    #expect(ring.makeReader().newest()?.info.sequence == 1)
    #expect(publish(2, into: ring))
  }
}
