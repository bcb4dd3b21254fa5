import Glibc

/// Bytes between two pages that nobody may touch: a read before the first or past the last ends the process.
final class GuardedMemory {
  enum Side { case start, end }

  private let region: UnsafeMutableRawPointer
  private let regionBytes: Int
  let bytes: UnsafeMutableRawBufferPointer

  /// A copy of `content` that touches the forbidden page at its start or at its end; the other side is as near as
  /// whole pages allow.
  init(_ content: some Collection<UInt8>, touching side: Side) {
    let page = Int(getpagesize())
    let inside = (content.count + page - 1) / page * page
    regionBytes = inside + 2 * page
    region = mmap(nil, regionBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
    precondition(region != MAP_FAILED)
    mprotect(region, page, PROT_NONE)
    mprotect(region + page + inside, page, PROT_NONE)
    let start = region + page + (side == .start ? 0 : inside - content.count)
    bytes = UnsafeMutableRawBufferPointer(start: start, count: content.count)
    bytes.copyBytes(from: content)
  }

  deinit { munmap(region, regionBytes) }
}
