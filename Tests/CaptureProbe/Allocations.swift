import Capture
import Frames
import Glibc
import Platform

/// Objects that the Swift runtime allocates while a camera streams, and pages of memory that stay.
enum Allocations {
  private static let warmUpFrames = 30
  private static let frames = 100

  static func report(_ arguments: [String]) throws -> Never {
    let source = Colors.source(arguments[0], StreamWish(format: arguments.count > 1 ? arguments[1] : nil))
    let ring = FrameRing()
    let reader = ring.makeReader()
    try source.start(into: ring)
    func take(_ count: Int) throws {
      for _ in 0..<count {
        guard reader.next(timeout: Nanoseconds(seconds: 10)) != nil else { throw UserError("no frame within 10 s") }
      }
    }
    try take(warmUpFrames)
    let pagesBefore = writablePages()
    ObjectCount.start()
    try take(frames)
    let objects = ObjectCount.stop()
    let pages = writablePages() - pagesBefore
    // The counter must be able to count.
    ObjectCount.start()
    let proof = FrameRing(slotCount: 3, maximumPixels: 1)
    let counted = ObjectCount.stop()
    guard counted > 0, proof.end == nil else { throw UserError("the counter does not see an allocation") }
    let line = "{\"frames\":\(frames),\"objects\":\(objects),\"pages_kept\":\(pages)}\n"
    _ = write(STDOUT_FILENO, line, line.utf8.count)
    // Without stopping the source: once its hook was used, the runtime takes short strings for objects when it copies them.
    _exit(0)
  }
}

/// Pages of memory that this process can write (proc(5): statm's sixth field).
private func writablePages() -> Int {
  guard let file = fopen("/proc/self/statm", "re") else { return 0 }
  defer { fclose(file) }
  var line = [CChar](repeating: 0, count: 256)
  guard fgets(&line, Int32(line.count), file) != nil else { return 0 }
  let fields = String(decoding: line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    .split(separator: " ")
  return fields.count > 5 ? Int(fields[5]) ?? 0 : 0
}

/// Counts through the hook that the runtime has for its tools: `_swift_allocObject` holds the address of the function
/// that allocates.
private enum ObjectCount {
  private typealias Allocate = @convention(c) (UnsafeRawPointer?, Int, Int) -> UnsafeMutableRawPointer?
  nonisolated(unsafe) private static var original: Allocate?
  nonisolated(unsafe) private static var hook: UnsafeMutablePointer<Allocate>?
  // Several threads count: whole words, one after the other, whose sum may only be too small by what was lost between.
  nonisolated(unsafe) private static let count = UnsafeMutablePointer<Int>.allocate(capacity: 1)

  static func start() {
    guard let symbol = dlsym(nil, "_swift_allocObject") else { fail("the runtime has no allocation hook") }
    let place = symbol.assumingMemoryBound(to: Allocate.self)
    count.pointee = 0
    original = place.pointee
    hook = place
    place.pointee = { type, size, alignmentMask in
      ObjectCount.count.pointee += 1
      return ObjectCount.original?(type, size, alignmentMask)
    }
  }

  static func stop() -> Int {
    if let original { hook?.pointee = original }
    return count.pointee
  }
}
