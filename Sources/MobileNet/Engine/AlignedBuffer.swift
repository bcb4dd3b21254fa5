/// Floats on a cache line's boundary, zeroed; freed with the object.
final class AlignedBuffer: @unchecked Sendable {
  let pointer: UnsafeMutablePointer<Float>
  let count: Int

  init(_ count: Int) {
    self.count = count
    // Kernels may read a whole vector at the last element.
    let bytes = (count + 32) * MemoryLayout<Float>.stride
    let raw = UnsafeMutableRawPointer.allocate(byteCount: bytes, alignment: 64)
    raw.initializeMemory(as: UInt8.self, repeating: 0, count: bytes)
    pointer = raw.assumingMemoryBound(to: Float.self)
  }

  deinit { UnsafeMutableRawPointer(pointer).deallocate() }
}
