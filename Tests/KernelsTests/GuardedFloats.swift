/// Floats with a guard on both sides, on a cache line's boundary: a read of a guard gives NaN, a write to one shows.
final class GuardedFloats {
  let pointer: UnsafeMutablePointer<Float>
  let count: Int
  private let storage: UnsafeMutablePointer<Float>
  private static let guardCount = 64

  /// A NaN of its own bits, so that a NaN that a kernel computed is not taken for it.
  private static let canary = Float(bitPattern: 0x7fc0_beef)

  /// Every float is a canary until it is written.
  init(count: Int) {
    self.count = count
    let total = count + 2 * Self.guardCount
    storage = UnsafeMutableRawPointer.allocate(byteCount: total * 4, alignment: 64).bindMemory(
      to: Float.self, capacity: total)
    storage.initialize(repeating: Self.canary, count: total)
    pointer = storage + Self.guardCount
  }

  convenience init(_ values: [Float]) {
    self.init(count: values.count)
    values.withUnsafeBufferPointer { pointer.update(from: $0.baseAddress!, count: count) }
  }

  deinit { UnsafeMutableRawPointer(storage).deallocate() }

  subscript(index: Int) -> Float {
    get { pointer[index] }
    set { pointer[index] = newValue }
  }

  var readable: UnsafePointer<Float> { UnsafePointer(pointer) }

  func slice(_ start: Int, _ count: Int) -> [Float] {
    precondition(start >= 0 && start + count <= self.count)
    return Array(UnsafeBufferPointer(start: pointer + start, count: count))
  }

  func isUntouched(_ index: Int) -> Bool { pointer[index].bitPattern == Self.canary.bitPattern }

  /// The first place outside `written` (guards included) that is no canary any more.
  func firstTouched(outside written: (Int) -> Bool) -> Int? {
    (-Self.guardCount..<count + Self.guardCount).first {
      !isUntouched($0) && !((0..<count).contains($0) && written($0))
    }
  }
}

extension Findings {
  /// Notes a write where none belongs.
  mutating func checkGuards(
    _ buffer: GuardedFloats, in place: @autoclosure () -> String, written: (Int) -> Bool = { _ in true }
  ) {
    if let index = buffer.firstTouched(outside: written) {
      add("\(place()): wrote to \(index) of a buffer of \(buffer.count), which is not its to write")
    }
  }
}
