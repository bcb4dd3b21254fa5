import Frames
import Glibc
import Platform
import Synchronization

/// 64 × 8 pixels: large enough for a torn frame to show, small enough to publish often.
let frameWidth = 64
let frameHeight = 8

/// Fills a frame with its number and publishes it; `number` counts the attempts, as the ring does.
func publish(_ number: Int, into ring: FrameRing) -> Bool {
  ring.publish { pixels in
    Stamp.write(number, to: pixels, byteCount: frameWidth * frameHeight * 3)
    return FrameInfo(width: frameWidth, height: frameHeight, sequence: number, captured: .now())
  }
}

/// One producer at full speed; a reader that takes each frame it can and pauses, one that holds two leases at a time, one
/// that looks at the newest frame without taking it.
func live(_ name: String, slots: Int, seconds: Double, seed: UInt64, _ report: Report) throws {
  let ring = FrameRing(slotCount: slots, maximumPixels: frameWidth * frameHeight)
  let attempts = Atomic(0)
  let newestPublished = Atomic(0)
  let refused = Atomic(0)
  let producer = try SystemThread(name: "producer") {
    let stop = Nanoseconds.now() + Nanoseconds(seconds: seconds)
    var number = 0
    while Nanoseconds.now() < stop {
      number += 1
      if publish(number, into: ring) {
        newestPublished.store(number, ordering: .relaxed)
      } else {
        refused.add(1, ordering: .relaxed)
      }
      if number % 8 == 0 { usleep(200) }
    }
    attempts.store(number, ordering: .relaxed)
    ring.end()
  }

  let counts = (0..<2).map { _ in Box(Mutex(ReaderCount())) }
  let taking = try SystemThread(name: "taking") {
    var random = Pauses(seed: seed)
    var count = ReaderCount()
    let reader = ring.makeReader()
    while let frame = nextFrame(reader, of: ring) {
      count.take(frame.info.sequence, name, report)
      report.check(Stamp.matches(frame), "\(name): a new lease holds another frame's pixels")
      random.pause(microseconds: 2000)
      report.check(Stamp.matches(frame), "\(name): a leased frame was overwritten")
    }
    count.drops = reader.ringDrops
    counts[0].value.withLock { $0 = count }
  }
  let holding = try SystemThread(name: "holding") {
    var random = Pauses(seed: seed &* 31)
    var count = ReaderCount()
    let reader = ring.makeReader()
    while let first = nextFrame(reader, of: ring) {
      count.take(first.info.sequence, name, report)
      random.pause(microseconds: 1000)
      guard let second = nextFrame(reader, of: ring) else { break }
      count.take(second.info.sequence, name, report)
      random.pause(microseconds: 1000)
      report.check(Stamp.matches(first) && Stamp.matches(second), "\(name): one of two leased frames was overwritten")
    }
    count.drops = reader.ringDrops
    counts[1].value.withLock { $0 = count }
  }
  let looking = try SystemThread(name: "looking") {
    var random = Pauses(seed: seed &* 97)
    let reader = ring.makeReader()
    var last = 0
    while ring.end == nil {
      if let frame = reader.newest() {
        report.check(frame.info.sequence >= last, "\(name): the newest frame went back to an older one")
        last = frame.info.sequence
        random.pause(microseconds: 500)
        report.check(Stamp.matches(frame), "\(name): the newest frame was overwritten while leased")
      }
      random.pause(microseconds: 300)
    }
    report.check(reader.ringDrops == 0, "\(name): looking counts drops")
  }
  for thread in [producer, taking, holding, looking] { thread.join() }

  let total = attempts.load(ordering: .relaxed)
  let final = newestPublished.load(ordering: .relaxed)
  report.check(final > 100, "\(name): only \(final) frames were published")
  var texts: [String] = []
  for box in counts {
    let count = box.value.withLock { $0 }
    // Published since its first frame = taken + dropped.
    report.check(
      count.last - count.first + 1 == count.taken + count.drops,
      "\(name): frames \(count.first) to \(count.last), but \(count.taken) taken + \(count.drops) dropped")
    report.check(count.last == final, "\(name): a reader ended at frame \(count.last), the newest was \(final)")
    texts.append("\(count.taken) taken + \(count.drops) dropped")
  }
  print(
    "ring-stress: \(name): \(total) frames, \(refused.load(ordering: .relaxed)) refused; "
      + texts.joined(separator: "; "))
}

/// A producer that waits for its reader: every frame arrives, in order, none is dropped.
func everyFrame(frames: Int, seed: UInt64, _ report: Report) throws {
  let name = "every frame"
  let ring = FrameRing(slotCount: 3, maximumPixels: frameWidth * frameHeight, everyFrame: true)
  let producer = try SystemThread(name: "producer") {
    for number in 1...frames { report.check(publish(number, into: ring), "\(name): frame \(number) was refused") }
    ring.end()
  }
  let reader = ring.makeReader()
  var random = Pauses(seed: seed)
  var expected = 1
  while let frame = nextFrame(reader, of: ring) {
    report.check(frame.info.sequence == expected, "\(name): frame \(frame.info.sequence) instead of \(expected)")
    expected += 1
    if expected % 16 == 0 { random.pause(microseconds: 1000) }
    report.check(Stamp.matches(frame), "\(name): a leased frame was overwritten")
  }
  producer.join()
  report.check(expected == frames + 1, "\(name): the reader ended before frame \(expected) of \(frames)")
  report.check(reader.ringDrops == 0, "\(name): \(reader.ringDrops) drops")
  print("ring-stress: \(name): \(expected - 1) of \(frames) frames")
}

/// `end` wakes a reader that waits for a frame and a producer that waits for a reader: neither would ever wake by itself.
func endReleasesTheWaiting(round: Int, _ report: Report) throws {
  let idle = FrameRing(slotCount: 3, maximumPixels: frameWidth * frameHeight)
  let waiting = try SystemThread(name: "waiting") {
    let frame = idle.makeReader().next(timeout: Nanoseconds(seconds: 1000))
    report.check(frame == nil, "ends: a frame out of nothing")
  }
  let full = FrameRing(slotCount: 3, maximumPixels: frameWidth * frameHeight, everyFrame: true)
  let producing = try SystemThread(name: "producing") {
    report.check(!publish(1, into: full), "ends: a frame was published that nobody asked for")
  }
  // From before the waiting starts to well into it.
  usleep(UInt32(round * 200))
  let start = Nanoseconds.now()
  idle.end()
  full.end(.failed("unplugged"))
  waiting.join()
  producing.join()
  report.check(Nanoseconds.now() - start < Nanoseconds(seconds: 60), "ends: the waiting were not released")
  report.check(full.end == .failed("unplugged"), "ends: the ending is lost")
}

/// Overwrites a leased frame on purpose, one byte of it: the check that every scenario rests on must see that.
func stampCheckNoticesAnOverwrite(_ report: Report) {
  let ring = FrameRing(slotCount: 3, maximumPixels: frameWidth * frameHeight)
  _ = publish(1, into: ring)
  guard let frame = ring.makeReader().newest() else { return report.check(false, "planted: no frame") }
  report.check(Stamp.matches(frame), "planted: an intact frame does not pass")
  UnsafeMutableRawPointer(mutating: frame.pixels.baseAddress!).storeBytes(of: 0xFF, toByteOffset: 700, as: UInt8.self)
  report.check(!Stamp.matches(frame), "planted: an overwritten frame passes")
}
