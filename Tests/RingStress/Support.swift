import Frames
import Glibc
import Platform
import Synchronization

/// What went wrong, from any thread.
final class Report: Sendable {
  private let list = Mutex<[String]>([])

  func check(_ condition: Bool, _ failure: @autoclosure () -> String) {
    if condition { return }
    let text = failure()
    list.withLock { if $0.count < 1000 { $0.append(text) } }
  }

  var failures: [String] { list.withLock { $0 } }
}

/// A frame filled with its number from end to end.
enum Stamp {
  static func write(_ number: Int, to pixels: UnsafeMutableRawBufferPointer, byteCount: Int) {
    for offset in stride(from: 0, to: byteCount, by: 8) {
      pixels.storeBytes(of: number, toByteOffset: offset, as: Int.self)
    }
  }

  static func matches(_ frame: borrowing FrameLease) -> Bool {
    let pixels = frame.pixels
    guard pixels.count == frameWidth * frameHeight * 3 else { return false }
    return stride(from: 0, to: pixels.count, by: 8).allSatisfy {
      pixels.load(fromByteOffset: $0, as: Int.self) == frame.info.sequence
    }
  }
}

/// What one reader saw.
struct ReaderCount {
  var first = 0
  var last = 0
  var taken = 0
  var drops = 0

  mutating func take(_ sequence: Int, _ name: String, _ report: Report) {
    if taken == 0 { first = sequence }
    report.check(sequence > last, "\(name): frame \(sequence) after frame \(last)")
    last = sequence
    taken += 1
  }
}

/// The next frame; `nil` when the stream has ended and its last frame was taken.
func nextFrame(_ reader: FrameReader, of ring: FrameRing) -> FrameLease? {
  while true {
    let hasEnded = ring.end != nil
    if let frame = reader.next(timeout: Nanoseconds(milliseconds: 50)) { return frame }
    if hasEnded { return nil }
  }
}

/// Pauses of random length, from none to a given one.
struct Pauses {
  private var state: UInt64
  init(seed: UInt64) { state = seed }

  mutating func pause(microseconds: UInt32) {
    // Knuth's MMIX generator; its high bits are good enough for pauses.
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    let length = UInt32(state >> 40) % (2 * microseconds)
    // Half of them don't pause at all: the ring is then as busy as it can be.
    if length < microseconds { usleep(length) }
  }
}

/// A value that cannot be copied, on the heap.
final class Box<Value: ~Copyable & Sendable>: Sendable {
  let value: Value
  init(_ value: consuming Value) { self.value = value }
}
