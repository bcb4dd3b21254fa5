import Frames
import Glibc
import Testing

/// In the steady state a frame costs no memory: neither objects of Swift's runtime nor bytes that stay.
struct AllocationTests {
  // In a process of its own, where nothing else allocates.
  @Test func framesAllocateNothing() async {
    await #expect(processExitsWith: .success) {
      let ring = smallRing()
      let reader = ring.makeReader()
      func frames(_ numbers: ClosedRange<Int>) -> Int {
        var sum = 0
        for number in numbers {
          publish(number % 100, into: ring)
          if let frame = reader.next(timeout: noWait) { sum += Int(frame.pixels[0]) }
          if let frame = reader.newest() { sum += frame.info.sequence }
        }
        return sum
      }
      let warm = frames(1...10)
      let pagesBefore = writablePages()
      ObjectCount.start()
      let sum = frames(11...100_000)
      let objects = ObjectCount.stop()
      let pages = writablePages()
      precondition(warm > 0 && sum > 0)
      precondition(objects == 0, "\(objects) objects were allocated for 100 000 frames")
      // 16 bytes kept for each frame would be 400 pages; what else the process does may take a few.
      precondition(pages - pagesBefore < 100, "\(pagesBefore) pages before 100 000 frames, \(pages) after")
    }
  }

  /// The counter must be able to count.
  @Test func theCounterSeesAnAllocation() async {
    await #expect(processExitsWith: .success) {
      ObjectCount.start()
      let object = smallRing().makeReader()
      let count = ObjectCount.stop()
      precondition(object.ringDrops == 0 && count >= 2, "a ring and a reader counted as \(count)")
    }
  }
}

/// Pages of memory that this process can write (proc(5): statm's sixth field).
private func writablePages() -> Int {
  guard let file = fopen("/proc/self/statm", "r") else { return 0 }
  defer { fclose(file) }
  var line = [CChar](repeating: 0, count: 256)
  guard fgets(&line, 256, file) != nil else { return 0 }
  let fields = String(decoding: line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self).split(
    separator: " ")
  return fields.count > 5 ? Int(fields[5]) ?? 0 : 0
}

/// Counts the objects (class instances, closures' contexts, arrays) that the runtime allocates, through the hook that it
/// has for its tools: `_swift_allocObject` holds the address of the function that allocates. One thread only.
enum ObjectCount {
  private typealias Allocate = @convention(c) (UnsafeRawPointer?, Int, Int) -> UnsafeMutableRawPointer?
  nonisolated(unsafe) private static var count = 0
  nonisolated(unsafe) private static var original: Allocate?
  nonisolated(unsafe) private static var hook: UnsafeMutablePointer<Allocate>?

  static func start() {
    guard let symbol = dlsym(nil, "_swift_allocObject") else { fatalError("the runtime has no allocation hook") }
    let place = symbol.assumingMemoryBound(to: Allocate.self)
    original = place.pointee
    hook = place
    count = 0
    place.pointee = { type, size, alignmentMask in
      ObjectCount.count += 1
      return ObjectCount.original!(type, size, alignmentMask)
    }
  }

  static func stop() -> Int {
    hook!.pointee = original!
    return count
  }
}
