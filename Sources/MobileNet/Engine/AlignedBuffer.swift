import Glibc
import Platform

/// Zeroed floats on a cache line's boundary; freed with the object.
///
/// Straight from the system: pages that nobody has touched take no memory, and large buffers may lie in huge pages, which
/// spares the kernels the walks through page tables.
///
/// Unchecked: the pointer never changes, and a plan says which worker writes what behind it, and when.
final class AlignedBuffer: @unchecked Sendable {
  let pointer: UnsafeMutablePointer<Float>
  let count: Int
  private let byteCount: Int

  init(_ count: Int) {
    self.count = count
    // Kernels may read a whole vector at the last element.
    byteCount = (count + 32) * MemoryLayout<Float>.stride
    let address = mmap(nil, byteCount, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
    guard let address, address != UnsafeMutableRawPointer(bitPattern: -1) else {
      fatalError("no memory for \(byteCount) bytes of weights or activations: \(SystemError.last)")
    }
    if byteCount >= Self.hugePageBytes { madvise(address, byteCount, Int32(MADV_HUGEPAGE)) }
    pointer = address.assumingMemoryBound(to: Float.self)
  }

  private static let hugePageBytes = 2 << 20

  deinit { munmap(pointer, byteCount) }
}
